"""What the language knows and the engine can't run yet: checked in its shape, then refused with that reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.yamltree import Entry, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from automation.rules.names import Names
    from automation.rules.reader import Reader

WAIT_FOR_KEYS = ("event", "where", "within")
REPEAT_KEYS = ("times", "every", "until", "steps")

RULE_KEYS_LATER = ("priority", "budget", "catch_up", "expires_after", "max_attempts")
"""Keys of a rule that are refused."""

CATCH_UP = ("latest", "all", "skip")


def read_wait_for(reader: Reader, names: Names, node: Mapping, path: str) -> None:
    """`wait_for: {event: order.paid, within: 3d}`."""
    reader.error(node.key_node("wait_for") or node, path, "not_yet", what="wait_for")
    asked = node.get("wait_for")
    mapping = reader.mapping(asked, path, WAIT_FOR_KEYS, ("event", "within")) if asked is not None else None
    if mapping is None:
        return
    event_filter(reader, names, mapping, path)
    within = mapping.get("within")
    if within is not None:
        reader.duration(within, path)


def read_repeat(reader: Reader, names: Names, node: Mapping, path: str) -> Node | None:
    """`repeat: {times: 3, every: 1d, until: […], steps: […]}`; the steps are for the caller to read."""
    reader.error(node.key_node("repeat") or node, path, "not_yet", what="repeat")
    asked = node.get("repeat")
    mapping = reader.mapping(asked, path, REPEAT_KEYS, ("steps",)) if asked is not None else None
    if mapping is None:
        return None
    times, every, until = mapping.get("times"), mapping.get("every"), mapping.get("until")
    if times is not None:
        reader.count(times, path)
    if every is not None:
        reader.duration(every, path)
    if until is not None:
        names.conditions(reader, until, path, ("contact", "event", "var", "history"))
    return mapping.get("steps")


def event_filter(reader: Reader, names: Names, mapping: Mapping, path: str) -> None:
    """`event:` with its `where:`, read as the condition `did` of the same words."""
    entries = tuple(entry for entry in mapping.entries if entry.key.value in ("event", "where"))
    if mapping.get("event") is not None:
        line, column = mapping.line, mapping.column
        did = Entry(Scalar("did", "did", False, line, column), Mapping(entries, line, column))
        items = Sequence((Mapping((did,), line, column),), line, column)
        names.conditions(reader, items, path, ("history",))


def refuse_later(reader: Reader, node: Mapping, path: str) -> None:
    """The keys of a rule that the engine can't run yet, their values checked."""
    for name in RULE_KEYS_LATER:
        value, key = node.get(name), node.key_node(name)
        if value is None or key is None:
            continue
        reader.error(key, path, "not_yet", what=name)
        if name in ("priority", "max_attempts"):
            reader.count(value, path)
        elif name == "catch_up":
            reader.choice(value, path, CATCH_UP)
        elif name == "expires_after":
            reader.duration(value, path)


def refuse_segments(reader: Reader, names: Names, node: Node, key: Node) -> None:
    """`segments:` of a file: named condition lists."""
    reader.error(key, "segments", "not_yet", what="segments")
    if not isinstance(node, Mapping):
        reader.wrong(node, "segments", "mapping")
        return
    for entry in node.entries:
        names.conditions(reader, entry.value, f"segments/{entry.key.value}", ("contact", "history"))
