"""One contact as people and programs read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from automation.cli.output import iso_time, local_time, visible
from automation.i18n import say

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.contacts.view import ContactView

_OWN = ("tags", "created_at", "updated_at")


def print_person(view: ContactView, catalogue: Catalogue) -> None:
    """Identities, attributes, tags, consents, suppressions; masked by the masker of the block."""
    merged = ", ".join(f"#{id_}" for id_ in view.merged_ids)
    typer.echo(f"#{view.id}" + (f"  {say('cli.merged_from', ids=merged)}" if merged else ""))
    _section("identities", _identities(view, catalogue))
    _section("attributes", _attributes(view, catalogue))
    if view.tags:
        _section("tags", [", ".join(view.tags)])
    _section("consents", [_consent(key, row) for key, row in view.consents.items()] or [say("cli.no_consents")])
    _section("suppressions", [_suppression(row) for row in view.suppressions])


def as_dict(view: ContactView, catalogue: Catalogue) -> dict[str, Any]:
    """The same for programs: stored values, ISO times."""
    from automation.contacts.masking import masker

    show = masker()
    return {
        "id": view.id,
        "merged_ids": list(view.merged_ids),
        "identities": [
            {"kind": kind, "value": show.personal(value), "since": iso_time(since)}
            | ({"used": place} if (place := view.standing.get((kind, value))) is not None else {})
            for kind, value, since in view.identities
        ],
        "attributes": _own_attributes(view, catalogue),
        "tags": list(view.tags),
        "consents": [
            {"purpose": purpose, "channel": channel, "state": row.state, "source": show.text(row.source),
             "changed_at": iso_time(row.changed_at)}
            for (purpose, channel), row in view.consents.items()
        ],
        "suppressions": [
            {"channel": row.channel, "address": show.personal(row.address or None),
             "reason": show.text(row.reason), "source": show.text(row.source), "until": iso_time(row.until)}
            for row in view.suppressions
        ],
    }  # fmt: skip


def _section(name: str, lines: list[str]) -> None:
    if lines:
        typer.echo(f"\n{say(f'cli.person_{name}')}")
        for line in lines:
            typer.echo(f"  {visible(line)}")


def _identities(view: ContactView, catalogue: Catalogue) -> list[str]:
    from automation.contacts.masking import masker

    return [
        f"{catalogue.identity_kinds[kind].get() if kind in catalogue.identity_kinds else kind}  "
        f"{masker().personal(value)}  ({say('cli.since', at=local_time(since))})" + _standing(view, kind, value)
        for kind, value, since in view.identities
    ]


def _standing(view: ContactView, kind: str, value: str) -> str:
    """Of several, which one is used, and why another one isn't."""
    from automation.contacts.masking import masker

    place = view.standing.get((kind, value))
    if place is None:
        return ""
    told = "  " + say(f"cli.address_{place}")
    at, source = view.stated.get((kind, value), (None, ""))
    return told if at is None else told + say("cli.address_stated", at=local_time(at), source=masker().text(source))


def _attributes(view: ContactView, catalogue: Catalogue) -> list[str]:
    from automation.catalogue.types import show
    from automation.contacts.masking import masker
    from automation.i18n import current_language

    lines = []
    for name, value in _own_attributes(view, catalogue).items():
        field = catalogue.fields.get(name)
        if field is None:
            lines.append(f"{name}  {value}")
        else:
            hidden = field.personal and not masker().revealed
            lines.append(f"{field.label.get()}  {value if hidden else show(field, value, current_language())}")
    return lines


def _own_attributes(view: ContactView, catalogue: Catalogue) -> dict[str, Any]:
    """The profile without what is shown elsewhere."""
    from automation.contacts.masking import masked_profile

    shown = {*_OWN, *(kind for kind, _, _ in view.identities)}
    values = {name: value for name, value in view.profile.items() if name not in shown}
    return masked_profile(catalogue, values)


def _consent(key: tuple[str, str], row: Any) -> str:
    from automation.contacts.masking import masker

    purpose, channel = key
    source = masker().text(row.source)
    state = say(f"cli.state_{row.state}")
    return f"{purpose}  {channel}  {state}  ({source}, {local_time(row.changed_at)})"


def _suppression(row: Any) -> str:
    from automation.contacts.masking import masker

    show = masker()
    end = say("cli.for_ever") if row.until is None else local_time(row.until)
    address = f"{show.personal(row.address)}  " if row.address else ""
    return f"{address}{row.channel}  {show.text(row.reason)}  ({say('cli.until', end=end)})"
