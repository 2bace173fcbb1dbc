"""What would hold back the messages of a rule's steps, were they sent now: every guard on every channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automation.channels import CHANNELS
from automation.clock import to_ms
from automation.contacts.masking import masker
from automation.engine.delivery.addresses import unused_addresses
from automation.engine.delivery.message_guards import Held, Request, ask_with, load_past
from automation.engine.delivery.outranking import NOBODY
from automation.i18n import say
from automation.insight.account import Line
from automation.insight.as_of import past_then
from automation.insight.details import summary
from automation.reasons import Reason
from automation.rules.marked import named_templates
from automation.rules.program import Act
from automation.store.rules import list_rules

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.delivery.message_guards import Past, Refused
    from automation.engine.delivery.outranking import Ranked
    from automation.insight.subject import Subject
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec


@dataclass(frozen=True)
class Sending:
    """One step that sends a template. `refusal` is what stands in its way on the first channel; None: it can go."""

    path: str
    lines: tuple[Line, ...]
    refusal: str | None


def sendings(conn: Connection, project: Project, subject: Subject) -> list[Sending]:
    """Every step that sends a template to a person, in the order of the steps."""
    found, ranked = [], _ranked(conn, project)
    for op in subject.rule.program.ops:
        if isinstance(op, Act):
            found += [_sending(conn, ranked, subject, op, *use) for use in named_templates(op.params)]
    return found


def _ranked(conn: Connection, project: Project) -> Ranked:
    """The project's rules where they differ in priority."""
    ids = {row.key: row.id for row in list_rules(conn)}
    specs = {ids[spec.id]: spec for spec in project.checked.rules if spec.id in ids}
    return specs if len({spec.priority for spec in specs.values()}) > 1 else NOBODY


def _sending(
    conn: Connection, ranked: Ranked, subject: Subject, op: Act, template: str,
    channels: tuple[str, ...],
) -> Sending:  # fmt: skip
    request = Request(
        subject.rule, 0, subject.contact_id, op.path, subject.profile, channels, template, payload={}
    )  # fmt: skip
    past = _past(conn, subject, request, ranked)
    answers = ask_with(request, past)
    lines, refusals = [], []
    for channel, asked in answers.items():
        first = next((refusal for _, refusal in asked if refusal is not None), None)
        label = say("insight.channel", channel=CHANNELS[channel].title, template=template)
        lines.append(Line("message", first is None, label, _goes_to(request, channel, past), op.path))
        lines += [guard_line(subject.rule.spec, op.path, reason, refusal) for reason, refusal in asked]
        refusals.append(first)
    stuck = all(refusal is not None and not isinstance(refusal, Held) for refusal in refusals)
    return Sending(op.path, tuple(lines), _told(refusals[0]) if stuck else None)


def _past(conn: Connection, subject: Subject, request: Request, ranked: Ranked) -> Past:
    if not subject.moment.past:
        return load_past(conn, [request], to_ms(subject.now), ranked)
    return past_then(conn, request, subject.moment.ms, ranked, subject.people)


def _goes_to(request: Request, channel: str, past: Past) -> str:
    """Of several addresses, which one, and why not the others."""
    others, show = unused_addresses(request, channel, past.listed, past.problems), masker().personal
    if not others:
        return ""
    told = [say("insight.goes_to", address=show(past.address(request, channel)))]
    told += [say(f"insight.address_{why}", address=show(address)) for address, why in others]
    return say("insight.then").join(told)


def guard_line(spec: RuleSpec, step: str, reason: Reason, refusal: Refused | Held | None) -> Line:
    """What one guard says. Its path is its key in the rule, or the step where it follows from that and the person."""
    path = f"{spec.path}/guards/{_WRITTEN[reason]}" if reason in _WRITTEN else step
    if refusal is None:
        return Line("message", True, say(f"insight.passes_{reason.value}"), "", path, 1)
    detail = refusal.detail if isinstance(refusal, Held) else refusal[1]
    return Line("message", False, _told(refusal), summary(detail, spec.zone), path, 1)


_WRITTEN = {
    Reason.SKIPPED_CONSENT: "consent",
    Reason.SKIPPED_FREQUENCY_CAP: "frequency_cap",
    Reason.SKIPPED_LIMIT: "limit",
    Reason.HELD_QUIET_HOURS: "quiet_hours",
    Reason.HELD_DO_NOT_DISTURB: "do_not_disturb",
    Reason.SKIPPED_BUDGET: "budget",
}
"""Under which key of `guards:` a guard stands; the others follow from the step and the person."""


def _told(refusal: Refused | Held | None) -> str:
    if refusal is None:
        return ""
    return (refusal.reason if isinstance(refusal, Held) else refusal[0]).sentence()
