"""`automation contacts merge`, `split` and `normalise`: who is one person and who is not, decided by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from automation.cli.context import open_catalogue, open_database, open_settings
from automation.cli.masking import RevealOption, shown
from automation.cli.naming import CONTACT_HELP, contact_id_of
from automation.cli.output import Format, FormatOption, emit_table
from automation.i18n import say

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.contacts.splitting import Split
    from automation.contacts.suspects import Suspect

ACTOR = "cli"
COLUMNS = ("contact_id", "channel", "problem", "value", "since_at", "remedy")
_Contact = Annotated[str, typer.Argument(metavar="CONTACT", help=CONTACT_HELP)]


def register(app: typer.Typer) -> None:
    app.command("merge", help="Two contacts are one person 合并两位联系人")(merge)
    app.command("split", help="One contact is two people 拆分误合并的联系人")(split)
    app.command("normalise", help="Bring stored identities to their normal form 统一身份的写法")(normalise)


def merge(
    contact: _Contact, other: Annotated[str, typer.Argument(metavar="OTHER", help="The other one 另一位")]
) -> None:
    """The older one survives; `contacts split` undoes it."""
    from automation.clock import SystemClock, to_ms
    from automation.contacts.suspects import merge_by_hand

    settings = open_settings()
    catalogue, database = open_catalogue(settings), open_database(settings)
    with database.write() as conn:
        one, two = (contact_id_of(conn, catalogue, text) for text in (contact, other))
        survivor, absorbed = merge_by_hand(conn, catalogue, one, two, to_ms(SystemClock().now()), ACTOR)
    database.close()
    typer.echo(say("merging.merged", survivor=survivor, absorbed=absorbed))


def split(
    contact: _Contact,
    identity: Annotated[
        list[str] | None,
        typer.Option("--identity", metavar="KIND:VALUE", help="Take these out into a new contact 拆出的身份"),
    ] = None,
) -> None:
    """Undoes the newest merge, or by its #id that of the one that was merged away; what came since stays together."""
    from automation.clock import SystemClock, to_ms
    from automation.contacts.splitting import take_out, undo_merge

    settings = open_settings()
    catalogue, database = open_catalogue(settings), open_database(settings)
    with database.write() as conn:
        now, today = to_ms(SystemClock().now()), contact_id_of(conn, catalogue, contact)
        if identity:
            done = take_out(conn, today, [_pair(catalogue, text) for text in identity], now, ACTOR)
        else:
            asked = int(contact[1:]) if contact.startswith("#") and contact[1:].isdecimal() else today
            done = undo_merge(conn, catalogue, asked, now, ACTOR)
    database.close()
    _tell(done)


def normalise(format_: FormatOption = Format.table, reveal: RevealOption = False) -> None:
    """After `ignore_case` was changed, or for what an older version stored; lists what two contacts have."""
    from automation.contacts.suspects import normalise_stored

    settings = open_settings()
    catalogue, database = open_catalogue(settings), open_database(settings)
    with database.write() as conn:
        renamed, doubled = normalise_stored(conn, catalogue)
    for_people = format_ is Format.table
    typer.echo(say("merging.normalised", count=renamed, doubled=len(doubled)), err=not for_people)
    if doubled or not for_people:
        with shown(database, catalogue, "contacts normalise", {one.contact_id for one in doubled}, reveal=reveal):
            emit_table(COLUMNS, [suspect_row(one) for one in doubled], format_)
    database.close()


def suspect_row(one: Suspect) -> dict[str, Any]:
    """As `contacts problems` lists it."""
    from automation.contacts.masking import masker

    code = one.code if one.other is not None or one.code != "doubled" else "unwritten"
    value = one.value if code == "crowded" else masker().personal(one.value)
    params = {"contact": one.contact_id, "other": one.other, "kind": one.kind}
    return {"contact_id": one.contact_id, "channel": one.kind, "problem": say(f"merging.suspect_{code}", **params),
            "value": value, "since_at": one.since, "remedy": say(f"merging.remedy_{code}", **params)}  # fmt: skip


def _pair(catalogue: Catalogue, text: str) -> tuple[str, str]:
    """Also what is nobody's, or was stored before identities had one normal form."""
    from automation.contacts.identity import normal_form
    from automation.contacts.names import ContactError

    kind, colon, value = text.partition(":")
    if not colon or kind not in catalogue.identity_kinds:
        raise ContactError("contacts.unknown_kind", found=text[:60], known=", ".join(catalogue.identity_kinds))
    return kind, normal_form(kind, value, catalogue.country, caseless=kind in catalogue.caseless_identities)


def _tell(done: Split) -> None:
    typer.echo(say("merging.split", survivor=done.survivor, other=done.other, back=_counts(done.back)))
    if done.mixed:
        typer.echo(say("merging.mixed", survivor=done.survivor, mixed=_counts(done.mixed)))
    if done.ended_runs:
        typer.echo(say("merging.ended", count=done.ended_runs))


def _counts(found: dict[str, int]) -> str:
    return ", ".join(f"{say(f'merging.what_{name}')} {count}" for name, count in sorted(found.items())) or "–"
