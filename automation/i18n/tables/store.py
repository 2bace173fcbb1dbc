"""Sentences about the database."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "no_file": Text(
        "打不开数据库 {url}：{reason}；请检查文件夹是否存在、文件是否为本程序的数据库、能否写入",
        "can't open the database {url}: {reason}; check that the folder exists, and that the file is a database of "
        "this program and may be written to",
    ),
    "not_migrated": Text(
        "数据库 {url} 的表结构无法更新：{reason}；数据未改动",
        "the tables of the database {url} can't be brought up to date: {reason}; no data was changed",
    ),
    "not_empty": Text(
        "目标数据库 {url} 不是空的（表 {table} 中已有数据）；请新建一个空库",
        "the database {url} is not empty (there are rows in {table}); make a new one",
    ),
    "not_copied": Text(
        "表 {table} 未能完整复制：{reason}；目标数据库中没有写入任何数据",
        "the table {table} could not be copied as it is: {reason}; nothing was written to the new database",
    ),
    "newer": Text(
        "数据库 {url} 的版本 {revision} 比本程序新；请升级程序",
        "the database {url} is at revision {revision}, which is newer than this program; upgrade the program",
    ),
    "failed": Text(
        "数据库出错：{reason}；没有留下半截内容，可以重试",
        "the database failed: {reason}; nothing was left half written, so it can be tried again",
    ),
    "bad_url": Text(
        "数据库地址 {url} 无效；请写 sqlite:///文件.db 或 postgresql+psycopg://用户@主机/库名",
        "{url} is no database URL; write sqlite:///file.db or postgresql+psycopg://user@host/name",
    ),
    "unreachable": Text(
        "连不上数据库 {url}：{reason}；请检查地址与服务是否可用",
        "can't reach the database {url}: {reason}; check the URL and that the server runs",
    ),
}
