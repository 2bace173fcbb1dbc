"""Sentences about the database."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "bad_url": Text(
        "数据库地址 {url} 无效；请写 sqlite:///文件.db 或 postgresql+psycopg://用户@主机/库名",
        "{url} is no database URL; write sqlite:///file.db or postgresql+psycopg://user@host/name",
    ),
    "unreachable": Text(
        "连不上数据库 {url}：{reason}；请检查地址与服务是否可用",
        "can't reach the database {url}: {reason}; check the URL and that the server runs",
    ),
}
