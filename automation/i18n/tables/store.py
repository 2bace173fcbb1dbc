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
    "other_project": Text(
        "这个数据库属于项目 {owner}，而本文件夹的 project_id 是 {mine}；请检查 AUTOMATION_DATABASE_URL 与项目文件夹。"
        "如果同一项目改了名字，请运行 automation migrate --adopt",
        "this database belongs to the project {owner}, and the project_id of this folder is {mine}; check "
        "AUTOMATION_DATABASE_URL and the project folder. If it is the same project under a new name: "
        "automation migrate --adopt",
    ),
    "foreign_rules": Text(
        "数据库里有 {count} 条规则（{rules} 等），文件里一条也没有：这像是另一个项目的数据库，没有作任何改动。请检查 "
        "AUTOMATION_DATABASE_URL 与项目文件夹；确属本项目时，在 automation.toml 中写 project_id，再运行 "
        "automation migrate --adopt",
        "the database has {count} rules ({rules} …) and the files have none of them: it looks like another project's, "
        "and nothing was changed. Check AUTOMATION_DATABASE_URL and the project folder; if it is this project's, write "
        "project_id in automation.toml and run automation migrate --adopt",
    ),
    "no_project_id": Text(
        '请先在 automation.toml 中写上 project_id，例如 project_id = "shop"',
        'first write project_id in automation.toml, for example project_id = "shop"',
    ),
    "adopted": Text(
        "数据库现在属于项目 {mine}（先前：{before}）",
        "the database belongs to the project {mine} now (before: {before})",
    ),
    "unreachable": Text(
        "连不上数据库 {url}：{reason}；请检查地址与服务是否可用",
        "can't reach the database {url}: {reason}; check the URL and that the server runs",
    ),
}
