"""Every key of automation.toml, from the Settings model."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from automation.i18n import Lang, Text, lookup
from automation.settings import Settings
from scripts.reference.markdown import Page, code

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from scripts.reference.surroundings import Surroundings

NAME = "settings"
_NOT_WRITTEN = ("folder",)  # where the project is, not what stands in its file

_EXAMPLE = """
database_url = "sqlite:///automation.db"
timezone = "Asia/Shanghai"
rules = ["rules.yaml"]

[template_variables]
name = "示例商城"

[providers.email]
type = "smtp"
host = "smtp.example.com"
user = "robot"
password = {env = "SMTP_PASSWORD"}
sender = "会员中心 <club@example.com>"

[delivery]
max_attempts = 5
"""


class Setting(NamedTuple):
    """One key: its dotted name, its type and default as they are written."""

    name: str
    type: str
    default: str


def settings() -> Iterator[Setting]:
    """Every key, in the order of the model."""
    yield from _of(Settings, "")


def page(lang: Lang, around: Surroundings) -> str:
    page = Page(lang)
    page.heading(1, Text("设置：automation.toml", "Settings: automation.toml"))
    page.text(
        Text(
            "放在项目目录里。不认识的键会报错。环境变量优先于文件：`AUTOMATION_DATABASE_URL` 对应 `database_url`，"
            "`AUTOMATION_INGEST__BATCH_SIZE`（各级之间双下划线）对应 `[ingest]` 的 `batch_size`，"
            "`AUTOMATION_DELIVERY__BREAKER__FAILURES` 对应 `[delivery.breaker]` 的 `failures`，"
            "`AUTOMATION_PROVIDERS__SMS__AUTH_TOKEN` 对应 `[providers.sms]` 的 `auth_token`（有几个账号时写 "
            "`AUTOMATION_PROVIDERS__SMS__0__…`）；列表用逗号分隔。拼错的 `AUTOMATION_…` 变量会报错。"
            "`AUTOMATION_PROJECT` 指定项目目录，`AUTOMATION_LANG` 指定语言。改动设置后须重启守护进程。",
            "It lies in the project folder. Unknown keys are errors. Environment variables win over the file: "
            "`AUTOMATION_DATABASE_URL` is `database_url`, `AUTOMATION_INGEST__BATCH_SIZE` (two underscores) is "
            "`batch_size` in `[ingest]`, `AUTOMATION_DELIVERY__BREAKER__FAILURES` is `failures` in "
            "`[delivery.breaker]`, `AUTOMATION_PROVIDERS__SMS__AUTH_TOKEN` is `auth_token` in `[providers.sms]` (of "
            "several accounts, `AUTOMATION_PROVIDERS__SMS__0__…`); lists are written with commas. A misspelt "
            "`AUTOMATION_…` variable is an error. `AUTOMATION_PROJECT` names the project folder and "
            "`AUTOMATION_LANG` the language. Restart the daemon after a change of the settings.",
        )
    )
    page.text(
        Text(
            '机密不能直接写在文件里：写成 `{env = "变量名"}` 从环境变量读，或 `{file = "路径"}` 从文件读。',
            'A secret never stands in the file: write `{env = "NAME"}` to read it from the environment or '
            '`{file = "path"}` to read it from a file.',
        )
    )
    page.code("toml", _EXAMPLE)
    titles = (Text("键", "key"), Text("类型", "type"), Text("默认值", "default"), Text("含义", "meaning"))
    page.table(
        titles,
        [
            (
                code(one.name),
                code(one.type),
                code(one.default) if one.default else "–",
                lookup(f"settings_help.{one.name}"),
            )
            for one in settings()
        ],
    )
    return page.markdown()


def _of(model: type[BaseModel], prefix: str) -> Iterator[Setting]:
    for name, field in model.model_fields.items():
        if prefix + name in _NOT_WRITTEN:
            continue
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _of(kind, f"{prefix}{name}.")
        else:
            yield Setting(prefix + name, written_type(kind), written_default(field))


def written_type(annotation: Any) -> str:
    """`text`, `"zh" | "en"`, `list of text` … as somebody who writes the file thinks of it."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " | ".join(f'"{value}"' if isinstance(value, str) else str(value).lower() for value in args)
    if origin in (Union, types.UnionType):
        return " | ".join(written_type(arg) for arg in args if arg is not type(None))
    if origin in (list, tuple):
        return f"list of {written_type(args[0])}"
    if origin is dict:
        return "table"
    names = {str: "text", int: "integer", float: "number", bool: "true | false"}
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)))


def written_default(field: FieldInfo) -> str:
    """As it would stand in TOML; nothing where there is none."""
    if field.default is PydanticUndefined or field.default is None:
        return ""
    if isinstance(field.default, tuple):
        return "[" + ", ".join(f'"{item}"' for item in field.default) + "]"
    if isinstance(field.default, bool):
        return str(field.default).lower()
    return f'"{field.default}"' if isinstance(field.default, str) else str(field.default)
