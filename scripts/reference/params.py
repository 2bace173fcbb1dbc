"""A plugin's parameters as table rows: key, type, default, label."""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import date, time
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from automation.calendars.duration import Duration
from automation.i18n import Text
from automation.providers.accounts import BreakerParams
from automation.rules import params as marks
from automation.rules.marked import marked
from scripts.reference.markdown import code

_REFERENCES: dict[type[marks.Reference], Text] = {
    marks.EventName: Text("事件名", "event name"),
    marks.ContactField: Text("联系人字段", "contact field"),
    marks.EventProperty: Text("事件属性", "event property"),
    marks.CouponBatch: Text("券批次", "coupon batch"),
    marks.SourceName: Text("数据源名", "source name"),
    marks.ChannelName: Text("渠道", "channel"),
    marks.TemplateName: Text("模板名", "template name"),
    marks.Conditions: Text("条件列表", "conditions"),
    marks.EventMatch: Text("event、where、within", "event, where, within"),
    marks.SegmentName: Text("分群名", "segment name"),
    marks.TemplateText: Text("文字，可含 {{ }}", "text, may hold {{ }}"),
    marks.TextValues: Text("文字，可引用，可含 {{ }}", "text, may refer, may hold {{ }}"),
    marks.ContactValues: Text("字段与值，值可引用", "fields and values, which may refer"),
    marks.EventValues: Text("属性与值，值可引用", "properties and values, which may refer"),
}

_TYPES: dict[Any, Text] = {
    str: Text("文字", "text"),
    int: Text("整数", "whole number"),
    float: Text("数字", "number"),
    bool: Text("true 或 false", "true or false"),
    Duration: Text("时长", "duration"),
    time: Text("时刻", "time of day"),
    date: Text("日期", "date"),
    ZoneInfo: Text("时区", "time zone"),
    SecretStr: Text("机密", "secret"),
    dict: Text("键值", "mapping"),
    BreakerParams: Text("表", "table"),
}


class Row(NamedTuple):
    """One parameter."""

    key: str
    type: Text
    default: Text
    label: Text


def rows(model: type[BaseModel]) -> Iterator[Row]:
    """The parameters in the order in which the plugin declares them."""
    references = {mark.attribute: mark.reference for mark in marked(model)}
    for name, field in model.model_fields.items():
        extra: Any = field.json_schema_extra or {}
        kind = _REFERENCES.get(type(references.get(name))) or type_of(field.annotation)  # type: ignore[arg-type]
        if name in references and get_origin(_bare(field.annotation)) in (list, tuple):
            kind = Text(f"{kind.zh}的列表", f"list of {kind.en}s")
        label = Text(extra.get("zh", name), extra.get("en", name))
        yield Row(field.alias or name, kind, _default(field), label)


def cells(model: type[BaseModel]) -> list[tuple[str, Text, Text, Text]]:
    """The rows as they stand in a table."""
    return [(code(row.key), row.type, row.default, row.label) for row in rows(model)]


def type_of(annotation: Any) -> Text:
    """The type as somebody who writes it down thinks of it."""
    annotation = _bare(annotation)
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        words = "、".join(map(_literal, args)), ", ".join(map(_literal, args))
        return Text(*words)
    if origin in (list, tuple, set, frozenset):
        inner = type_of(args[0])
        return Text(f"{inner.zh}的列表", f"list of {inner.en}s")
    if origin in (Union, types.UnionType):
        parts = [type_of(arg) for arg in args if arg is not type(None)]
        return Text("，或".join(p.zh for p in parts), " or ".join(p.en for p in parts))
    return _TYPES.get(origin or annotation, Text("值", "value"))


def _bare(annotation: Any) -> Any:
    """Without Annotated and Optional."""
    while hasattr(annotation, "__metadata__"):
        annotation = annotation.__origin__
    args = [arg for arg in get_args(annotation) if arg is not type(None)]
    if get_origin(annotation) in (Union, types.UnionType) and len(args) == 1:
        return _bare(args[0])
    return annotation


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _default(field: Any) -> Text:
    if field.default is PydanticUndefined:
        return Text("必填", "required")
    if field.default is None or field.default in ({}, (), []):
        return Text("无", "none")
    value = field.default
    if isinstance(value, time):
        shown = f"{value:%H:%M}"
    else:
        shown = str(value).lower() if isinstance(value, bool) else str(value)
    return Text(code(shown), code(shown))
