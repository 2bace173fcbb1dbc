"""Where two JSON trees of one rule differ: the shortest list of keys, each from what to what."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from automation.i18n import lookup, say
from automation.jsontext import writer

Kind = Literal["added", "changed", "removed"]
STEP_KINDS = ("do", "wait", "wait_for", "if", "split", "repeat", "stop")

_canonical = writer(sort_keys=True)
_BARE = re.compile(r"[\w+%./*-]+( [\w+%./*-]+)*\Z")
_LONG = 200


@dataclass(frozen=True)
class KeyChange:
    """One key. `path` is where it is written, by the keys of the file: `rules/birthday/steps/1/with/template`.

    Items of lists count from 0; what was removed is named by its place in the old rule. `place` is the line of the
    new file, where there is one.
    """

    path: str
    kind: Kind
    old: Any = None
    new: Any = None
    place: str = ""

    @property
    def address(self) -> str:
        """The path that errors and traces use: it passes over `with`."""
        return "/".join(part for part in self.path.split("/") if part != "with")

    def sentence(self, lang: str | None = None) -> str:
        if self.old is None and self.new is None:
            return say("changes.template_reads_otherwise", lang, template=self.path.rsplit("templates/", 1)[-1])
        where = _label(self.path, lang)
        told = say(f"changes.key_{self.kind}", lang, where=where, old=shown(self.old, lang), new=shown(self.new, lang))
        return f"{told}  ({self.place})" if self.place and self.kind != "removed" else told

    def as_dict(self) -> dict[str, Any]:
        both = {name: value for name, value in (("from", self.old), ("to", self.new)) if value is not None}
        return {"path": self.path, "kind": self.kind, **both, "place": self.place or None, "sentence": self.sentence()}


def differences(old: Any, new: Any, path: str) -> Iterator[KeyChange]:
    """What must be written to come from `old` to `new`."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _of_mappings(old, new, path)
    elif _is_list_of_parts(old) and _is_list_of_parts(new):
        yield from _of_lists(old, new, path)
    elif old != new or type(old) is not type(new):
        yield KeyChange(path, "changed", old, new)


def shown(value: Any, lang: str | None = None) -> str:
    """A value as YAML writes it on one line; lists of plain values as words."""
    if isinstance(value, Sequence) and not isinstance(value, str) and not any(map(_is_part, value)):
        text = say("changes.list", lang).join(_scalar(item) for item in value) or "[]"
    else:
        text = _flow(value)
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"


# ---------------------------------------------------------------- comparing


def _of_mappings(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[KeyChange]:
    for name in [*new, *(name for name in old if name not in new)]:
        below = f"{path}/{name}"
        if name not in old:
            yield KeyChange(below, "added", new=new[name])
        elif name not in new:
            yield KeyChange(below, "removed", old[name])
        else:
            yield from differences(old[name], new[name], below)


def _of_lists(old: Sequence[Any], new: Sequence[Any], path: str) -> Iterator[KeyChange]:
    """What stayed the same is found first; between, items of one kind are taken for the same item, changed."""
    matcher = SequenceMatcher(None, list(map(_canonical, old)), list(map(_canonical, new)), autojunk=False)
    for tag, a, z, start, end in matcher.get_opcodes():
        if tag != "equal":
            yield from _of_stretches(old, new, range(a, z), range(start, end), path)


def _of_stretches(
    old: Sequence[Any], new: Sequence[Any], before: range, after: range, path: str
) -> Iterator[KeyChange]:
    kinds = SequenceMatcher(None, [_kind(old[i]) for i in before], [_kind(new[i]) for i in after], autojunk=False)
    for tag, a, z, start, end in kinds.get_opcodes():
        if tag == "equal":
            for i, k in zip(before[a:z], after[start:end], strict=True):
                yield from differences(old[i], new[k], f"{path}/{k}")
            continue
        yield from (KeyChange(f"{path}/{i}", "removed", old[i]) for i in before[a:z])
        yield from (KeyChange(f"{path}/{k}", "added", new=new[k]) for k in after[start:end])


def _kind(item: Any) -> tuple[str, ...]:
    """What makes two items of a list the same item: a step's id, its action, an arm's name, a condition's keys."""
    if not isinstance(item, Mapping):
        return ("",)
    for name in ("id", "arm"):
        if name in item:
            return (name, str(item[name]))
    kind = next((name for name in STEP_KINDS if name in item), None)
    if kind is not None:
        return (kind, str(item["do"]) if kind == "do" else "")
    return tuple(item)


def _is_list_of_parts(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and any(map(_is_part, value))


def _is_part(value: Any) -> bool:
    return isinstance(value, (Mapping, list, tuple))


# ---------------------------------------------------------------- telling


def _label(path: str, lang: str | None) -> str:
    """`步骤 2（steps/1/with/template）` of `rules/birthday/steps/1/with/template`."""
    inside = path.split("/")[2:]
    try:
        label = lookup(f"changes.part_{inside[0]}").get(lang)
    except LookupError:  # a key of a later version
        return "/".join(inside)
    if len(inside) == 1:
        return f"{label} ({inside[0]})" if label != inside[0] else label
    number = f" {int(inside[1]) + 1}" if inside[1].isdecimal() else ""
    return f"{label}{number} ({'/'.join(inside)})"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """Quoted where YAML would take the text for something else."""
    if isinstance(value, str):
        return (
            value
            if _BARE.match(value) and value not in ("true", "false", "null")
            else json.dumps(value, ensure_ascii=False)
        )
    return json.dumps(value, ensure_ascii=False)
