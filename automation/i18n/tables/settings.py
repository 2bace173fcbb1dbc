"""Sentences about settings."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "bad_file": Text("{file} 无法读取：{reason}", "{file} can't be read: {reason}"),
    "bad_value": Text("{file} 中的 {setting} 有误：{reason}", "{setting} in {file} is wrong: {reason}"),
    "no_env": Text(
        "{setting} 需要环境变量 {name}，但它没有设置",
        "{setting} needs the environment variable {name}, which is not set",
    ),
    "no_file": Text("{setting} 需要文件 {name}：{reason}", "{setting} needs the file {name}: {reason}"),
}
