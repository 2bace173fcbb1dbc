"""One contact as people and programs read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from automation.cli.masking import mask, mask_fields
from automation.cli.output import iso_time, local_time, visible
from automation.i18n import say

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.contacts.view import ContactView

_OWN = ("tags", "created_at", "updated_at")


def print_person(view: ContactView, catalogue: Catalogue, *, reveal: bool) -> None:
    """Identities, attributes, tags, consents, suppressions."""
    merged = ", ".join(f"#{id_}" for id_ in view.merged_ids)
    typer.echo(f"#{view.id}" + (f"  {say('cli.merged_from', ids=merged)}" if merged else ""))
    _section("identities", _identities(view, catalogue, reveal))
    _section("attributes", _attributes(view, catalogue, reveal))
    if view.tags:
        _section("tags", [", ".join(view.tags)])
    _section("consents", [_consent(key, row) for key, row in view.consents.items()] or [say("cli.no_consents")])
    _section("suppressions", [_suppression(row, reveal) for row in view.suppressions])


def as_dict(view: ContactView, catalogue: Catalogue, *, reveal: bool) -> dict[str, Any]:
    """The same for programs: stored values, ISO times."""
    return {
        "id": view.id,
        "merged_ids": list(view.merged_ids),
        "identities": [
            {"kind": kind, "value": value if reveal else mask(value), "since": iso_time(since)}
            for kind, value, since in view.identities
        ],
        "attributes": _own_attributes(view, catalogue, reveal),
        "tags": list(view.tags),
        "consents": [
            {"purpose": purpose, "channel": channel, "state": row.state, "source": row.source,
             "changed_at": iso_time(row.changed_at)}
            for (purpose, channel), row in view.consents.items()
        ],
        "suppressions": [
            {"channel": row.channel, "address": row.address if reveal or not row.address else mask(row.address),
             "reason": row.reason, "until": iso_time(row.until)}
            for row in view.suppressions
        ],
    }  # fmt: skip


def _section(name: str, lines: list[str]) -> None:
    if lines:
        typer.echo(f"\n{say(f'cli.person_{name}')}")
        for line in lines:
            typer.echo(f"  {visible(line)}")


def _identities(view: ContactView, catalogue: Catalogue, reveal: bool) -> list[str]:
    return [
        f"{catalogue.identity_kinds[kind].get() if kind in catalogue.identity_kinds else kind}  "
        f"{value if reveal else mask(value)}  ({say('cli.since', at=local_time(since))})"
        for kind, value, since in view.identities
    ]


def _attributes(view: ContactView, catalogue: Catalogue, reveal: bool) -> list[str]:
    from automation.catalogue.types import show
    from automation.i18n import current_language

    lines = []
    for name, value in _own_attributes(view, catalogue, reveal).items():
        field = catalogue.fields.get(name)
        if field is None:
            lines.append(f"{name}  {value}")
        else:
            hidden = field.personal and not reveal
            lines.append(f"{field.label.get()}  {value if hidden else show(field, value, current_language())}")
    return lines


def _own_attributes(view: ContactView, catalogue: Catalogue, reveal: bool) -> dict[str, Any]:
    """The profile without what is shown elsewhere."""
    shown = {*_OWN, *(kind for kind, _, _ in view.identities)}
    values = {name: value for name, value in view.profile.items() if name not in shown}
    return values if reveal else mask_fields(values, [f.name for f in catalogue.fields.values() if f.personal])


def _consent(key: tuple[str, str], row: Any) -> str:
    purpose, channel = key
    state = say(f"cli.state_{row.state}")
    return f"{purpose}  {channel}  {state}  ({row.source}, {local_time(row.changed_at)})"


def _suppression(row: Any, reveal: bool) -> str:
    end = say("cli.for_ever") if row.until is None else local_time(row.until)
    address = "" if not row.address else f"{row.address if reveal else mask(row.address)}  "
    return f"{address}{row.channel}  {row.reason}  ({say('cli.until', end=end)})"
