"""`poll`: reads new rows of a database of your own; each becomes an event, for which the rule fires."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from automation import plugin
from automation.calendars.duration import Duration
from automation.catalogue.model import FieldType
from automation.i18n import Text, say
from automation.plugin import param
from automation.rules.conditions.tree import Condition
from automation.rules.params import Conditions, EventName, EventProperty, Interval, SourceName
from automation.triggers import base
from automation.triggers.base import Poll

if TYPE_CHECKING:
    from automation.rules.telling import Telling

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^']|'')*'")


def check_query(text: str) -> str:
    """`text` unchanged; PydanticCustomError when it is not one SELECT that asks for what is new."""
    bare = _QUOTED.sub("''", _COMMENT.sub(" ", text)).strip().removesuffix(";").strip()
    if ";" in bare or not re.match(r"(select|with)\b", bare, re.IGNORECASE):
        raise PydanticCustomError("triggers.poll_select", "not one SELECT", {})
    if not re.search(r"(?<![:\w]):watermark\b", bare):
        raise PydanticCustomError("triggers.poll_watermark", "no :watermark", {})
    return text.strip().removesuffix(";")


class PollTrigger(base.EventTrigger):
    """Asks `query` every `every` for rows after the last `watermark`, and fires for each that satisfies `where`.

    The rows come in the order of the watermark. A row that is read twice is the same event, named by `key`.
    """

    type = "poll"
    title = Text("轮询数据库", "new rows of a database of your own")

    class Params(plugin.Params):
        source: Annotated[str, SourceName()] = param(
            zh="automation.toml 中 [sources.名称] 的名称", en="the name of a [sources.NAME] of automation.toml"
        )
        query: Annotated[str, AfterValidator(check_query)] = param(
            zh="一条 SELECT，用 :watermark 只取新行，并按 watermark 列排序；列名即事件属性名",
            en="one SELECT of the rows after :watermark, in that order; its columns are the event's properties",
        )
        watermark: str = param(zh="只增不减的列，如 changed_at", en="the column that only grows, e.g. changed_at")
        start: str | int | float = param(
            zh="首次从哪个值之后读起；更早的行不会触发", en="the value after which the first rows are read"
        )
        every: Interval = param(Duration(5, "m"), zh="每隔多久查询一次", en="how often the query is asked")
        key: tuple[str, ...] = param(
            zh="唯一标识一行的列；同一行读到两次仍是同一事件",
            en="the columns that name a row: read twice, it is still one event",
            min_length=1,
        )
        event: Annotated[str, EventName()] = param(zh="每行成为哪个事件", en="the event that each row becomes")
        contact: Annotated[Any, EventProperty(identity=True)] = param(
            zh="指明联系人的事件属性（列），如 event.member_id",
            en="the event property (a column) that names the person or persons, e.g. event.member_id",
        )
        occurred_at: str | None = param(
            None,
            zh="事件发生时间所在的列；不写则为读到的时间",
            en="the column that says when it happened; without it, when it was read",
        )
        where: Annotated[Any, Conditions("event")] = param(
            None, zh="事件属性须满足的条件", en="what the event's properties must satisfy"
        )

    def names(self, params: Params) -> tuple[str, ...]:
        return (params.event,)

    def where(self, params: Params) -> Condition | None:
        condition: Condition | None = params.where
        return condition

    def people(self, params: Params) -> str | None:
        """A list of persons; a single one is the event's own contact."""
        return str(params.contact.name) if params.contact.type is FieldType.LIST else None

    def polls(self, params: Params) -> Poll:
        own = None if params.contact.type is FieldType.LIST else str(params.contact.name)
        return Poll(
            params.source, params.query, params.watermark, params.start, params.every, params.key, params.event, own,
            params.occurred_at,
        )  # fmt: skip

    def sentence(self, params: Params, telling: Telling) -> str:
        """The SQL is for those who read the file."""
        where = telling.where(params.where, params.event)
        told = say(
            "explain.poll",
            every=params.every.sentence(),
            source=params.source,
            event=say("explain.happening", event=telling.happening(params.event), where=where),
            contact=telling.field(params.contact),
        )
        key = telling.listed(params.key)
        told = say("explain.poll_rows", sentence=told, watermark=params.watermark, start=params.start, key=key)
        if params.occurred_at is None:
            return told
        return say("explain.poll_occurred", sentence=told, column=params.occurred_at)
