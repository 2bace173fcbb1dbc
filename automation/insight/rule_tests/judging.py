"""Where a case's record differs from what it expects, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from automation.i18n import say
from automation.reasons import Reason
from automation.rules.spec import each_step

if TYPE_CHECKING:
    from automation.insight.rule_tests.record import Record, SentMessage
    from automation.rules.cases.spec import Expect, ExpectedMessage
    from automation.rules.spec import RuleSpec


@dataclass(frozen=True)
class Difference:
    """One thing that is not as expected; all three are sentences or names for a person."""

    what: str
    expected: str
    got: str


def judge(spec: RuleSpec, expect: Expect, record: Record) -> list[Difference]:
    """Nothing when all is as expected."""
    broken = [Difference(say("tests.what_case"), say("tests.runs"), fault) for fault in record.faults]
    return [*broken, *_entry(expect, record), *_reasons(expect, record), *_steps(spec, expect, record),
            *_messages(expect, record), *_end(expect, record)]  # fmt: skip


def _entry(expect: Expect, record: Record) -> Iterator[Difference]:
    entered = record.state is not None
    if expect.entered is not None and expect.entered is not entered:
        words = {True: say("tests.enters"), False: say("tests.enters_not")}
        got = words[True] if entered else _with_reasons(words[False], record, "skipped.")
        yield Difference(say("tests.what_entered"), words[expect.entered], got)


def _reasons(expect: Expect, record: Record) -> Iterator[Difference]:
    if expect.code is not None and expect.code not in record.codes:
        yield Difference(say("tests.what_code"), _reason(expect.code), _all_of(record, ""))
    if expect.skipped is not None and expect.skipped not in record.codes:
        yield Difference(say("tests.what_skipped"), _reason(expect.skipped), _all_of(record, "skipped."))
    if expect.exited is not None and expect.exited != record.ended:
        got = _reason(Reason(record.ended)) if record.ended in set(Reason) else _state(record.state)
        yield Difference(say("tests.what_exited"), _reason(expect.exited), got)


def _steps(spec: RuleSpec, expect: Expect, record: Record) -> Iterator[Difference]:
    if expect.steps is None:
        return
    ids = {step.path: step.id for step in each_step(spec.steps)}
    fits = len(expect.steps) == len(record.steps) and all(
        wanted in (taken.action, ids.get(taken.path)) for wanted, taken in zip(expect.steps, record.steps, strict=True)
    )
    if not fits:
        got = ", ".join(taken.action for taken in record.steps) or say("tests.nothing")
        yield Difference(say("tests.what_steps"), ", ".join(expect.steps) or say("tests.nothing"), got)


# ---------------------------------------------------------------- messages


def _messages(expect: Expect, record: Record) -> Iterator[Difference]:
    if expect.messages is None:
        return
    if len(expect.messages) != len(record.messages):
        got = ", ".join(map(_short, record.messages))
        got = f"{len(record.messages)} ({got})" if got else _with_reasons("0", record, "skipped.")
        yield Difference(say("tests.what_messages"), str(len(expect.messages)), got)
    for number, (wanted, sent) in enumerate(zip_longest(expect.messages, record.messages), start=1):
        if wanted is not None and sent is not None:
            yield from _message(number, wanted, sent)


def _message(number: int, wanted: ExpectedMessage, sent: SentMessage) -> Iterator[Difference]:
    for part in ("channel", "template"):
        expected, got = getattr(wanted, part), getattr(sent, part)
        if expected is not None and expected != got:
            yield Difference(_part(number, part), expected, got or say("tests.nothing"))
    for text in wanted.contains:
        if text not in sent.text:
            yield Difference(_part(number, "contains"), say("tests.contains", text=text), sent.text)


def _part(number: int, part: str) -> str:
    return say("tests.what_message", number=number, part=say(f"tests.part_{part}"))


def _short(message: SentMessage) -> str:
    return f"{message.channel}: {message.template}" if message.template else message.channel


# ---------------------------------------------------------------- the end


def _end(expect: Expect, record: Record) -> Iterator[Difference]:
    if expect.state is not None and expect.state != record.state:
        yield Difference(say("tests.what_state"), _state(expect.state), _state(record.state))
    for batch, count in (expect.coupons or {}).items():
        got = sum(record.coupons.values()) if batch == "*" else record.coupons.get(batch, 0)
        if got != count:
            name = say("tests.all_batches") if batch == "*" else batch
            yield Difference(say("tests.what_coupons", batch=name), str(count), str(got))


def _state(state: str | None) -> str:
    return say(f"tests.state_{state or 'none'}") + (f" ({state})" if state else "")


def _reason(reason: Reason) -> str:
    return f"{reason.value} ({reason.sentence()})"


def _all_of(record: Record, prefix: str) -> str:
    """The reasons that there were, each once, in order."""
    known = [Reason(code) for code in dict.fromkeys(record.codes) if code in set(Reason) and code.startswith(prefix)]
    told = [reason for reason in known if reason is not Reason.OCCURRENCE_DONE]
    if not told:
        return say("tests.nothing")
    return ", ".join(map(_reason, told)) if len(told) < 3 else ", ".join(reason.value for reason in told)


def _with_reasons(text: str, record: Record, prefix: str) -> str:
    reasons = _all_of(record, prefix)
    return text if reasons == say("tests.nothing") else f"{text} ({reasons})"
