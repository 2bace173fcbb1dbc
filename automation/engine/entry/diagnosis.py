"""What is wrong with an event that the decoder refuses, in a sentence that names the place and the remedy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from automation.catalogue.nearest import offer
from automation.errors import AutomationError
from automation.i18n import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MEMBERS: dict[str, tuple[type, ...]] = {
    "name": (str,), "contact": (str, int, dict, type(None)), "occurred_at": (str, int, float, type(None)),
    "message_id": (str, type(None)), "source": (str, type(None)), "channel": (str, type(None)),
    "properties": (dict, type(None)),
}  # fmt: skip
"""What an event may have, and the JSON types of each."""
LONGEST = {"name": 120, "message_id": 200, "source": 80, "channel": 40}

_TYPES: dict[type, Text] = {
    str: Text("文字", "text"), int: Text("整数", "a whole number"), float: Text("数字", "a number"),
    bool: Text("true/false", "true/false"), dict: Text("{…}", "a mapping {…}"), list: Text("[…]", "a list […]"),
    type(None): Text("null", "null"),
}  # fmt: skip


class EventError(AutomationError):
    """An event that can't be taken, with the reason."""


def of_source(source: str) -> Text:
    """How a sentence begins that is about what a source sent."""
    return Text(f"来源 {source}：", f"source {source}: ") if source else Text("", "")


def diagnose(payload: bytes | str) -> EventError:
    """The first thing that is wrong with an event that the decoder refused."""
    try:
        text = payload if isinstance(payload, str) else payload.decode("utf-8")
        event = json.loads(text, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        return EventError("ingest.not_utf8", at=error.start + 1)
    except json.JSONDecodeError as error:
        return EventError("ingest.not_json", at=error.pos + 1, near=error.doc[max(0, error.pos - 20) : error.pos + 20])
    except RecursionError:
        return EventError("ingest.too_deep")
    except ValueError:
        return EventError("ingest.not_json", at=1, near=text[:40])
    if not isinstance(event, dict):
        return EventError("ingest.not_object", found=_TYPES[type(event)])
    return next(_problems(event), EventError("ingest.not_an_event"))


def unknown_field(source: str, field: str, known: Iterable[str]) -> EventError:
    """A field that the source has and nobody knows, with the nearest that is known."""
    near = offer(field, known := list(known))
    near.pop("found")
    return EventError("ingest.unknown_field", of_source=of_source(source), field=field, known=", ".join(known), **near)


def _problems(event: dict[str, Any]) -> Iterator[EventError]:
    source = event.get("source")
    for field in event:
        if field not in MEMBERS:
            yield unknown_field(source if isinstance(source, str) else "", field, MEMBERS)
    if "name" not in event:
        yield EventError("ingest.no_name")
    for field, kinds in MEMBERS.items():
        if field in event:
            yield from _member(field, event[field], kinds)
    contact = event.get("contact")
    for kind, value in contact.items() if isinstance(contact, dict) else ():
        if isinstance(value, bool) or not isinstance(value, (str, int, type(None))):
            yield _wrong_type(f"contact.{kind}", (str, int), value)


def _member(field: str, value: Any, kinds: tuple[type, ...]) -> Iterator[EventError]:
    if isinstance(value, bool) or not isinstance(value, kinds):
        yield _wrong_type(field, kinds, value)
    elif field in LONGEST and isinstance(value, str):
        if len(value) > LONGEST[field]:
            yield EventError("ingest.too_long", field=field, max=LONGEST[field], length=len(value))
        elif not value and field in ("name", "message_id"):
            yield EventError("ingest.empty", field=field)


def _wrong_type(field: str, kinds: tuple[type, ...], value: Any) -> EventError:
    named = [_TYPES[kind] for kind in kinds if kind is not type(None)]
    expected = Text("或".join(text.zh for text in named), " or ".join(text.en for text in named))
    return EventError("ingest.wrong_type", field=field, expected=expected, kind=_TYPES[type(value)])


def _no_constant(name: str) -> Any:
    raise ValueError(name)
