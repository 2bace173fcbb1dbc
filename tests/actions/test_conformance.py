"""The conformance suite: every built-in action passes it, and each way to break the contract is found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, ClassVar

import pytest

from automation.actions.base import Action, Done, Failed, Outbound
from automation.catalogue.model import FieldType
from automation.contacts.profile import add_tags
from automation.i18n import Text, current_language
from automation.plugin import Params, Registry, param
from automation.reasons import Reason
from automation.rules.params import TemplateText
from automation.store.database import Database
from automation.store.events import NewEvent
from automation.testing import check_action
from tests.actions.helpers import batch, catalogue

BUILT_IN: dict[str, dict[str, Any]] = {
    "message.send": {"channels": ["wechat", "sms"], "template": "t"},
    "sms.send": {"template": "t"},
    "email.send": {"template": "t"},
    "wechat.template": {"template": "t", "url": "https://x.example/{{ contact.name | urlencode }}"},
    "wechat.subscribe": {"template": "t", "page": "p"},
    "wecom.message": {"template": "t"},
    "wecom.tag": {"add": ["a"]},
    "coupon.issue": {"batch": "BDAY", "valid_for": "14d"},
    "contact.tag": {"add": ["a"], "remove": ["b"]},
    "contact.update": {"set": {"level": "金卡", "last_sku": "{{ event.sku }}"}},
    "event.emit": {"name": "cart.rescued", "properties": {"sku": "{{ event.sku }}"}},
    "webhook.post": {"url": "https://x.example", "body": {"who": "{{ contact.name }}"}},
}


def test_every_built_in_action_is_tried_here() -> None:
    own = {name for name, action in Registry.load().actions.items() if action.__module__.startswith("automation.")}

    assert own == set(BUILT_IN)


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_actions_keep_the_contract(db: Database, name: str) -> None:
    action: Any = Registry.load().actions[name]
    known = catalogue(batch(value=5000))

    results = check_action(action, BUILT_IN[name], db, catalogue=known, event={"sku": "S1"})

    assert not [result for result in results if isinstance(result, Failed)]


def test_a_coupon_batch_that_runs_out_keeps_the_contract(db: Database) -> None:
    action: Any = Registry.load().actions["coupon.issue"]

    results = check_action(action, {"batch": "BDAY"}, db, catalogue=catalogue(batch(stock=3)))

    assert [type(result) for result in results] == [Done, Done, Done, Failed, Failed]


class Good(Action):
    type = "test.good"
    title = Text("试", "test")
    outputs: ClassVar[dict[str, FieldType]] = {"on": FieldType.DATE}

    class Params(Params):
        word: str = param("x", zh="词", en="a word")

    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        return [Done({"on": "2026-08-01"}) for _ in items]


class TooFew(Good):
    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        return [Done()] * (len(items) - 1)


class NotEmpty(Good):
    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        return [Done()] * max(1, len(items))


class Commits(Good):
    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        if items:
            context.conn.commit()
        return [Done() for _ in items]


class Undeclared(Good):
    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        return [Done({"other": 1}) for _ in items]


class WrongType(Good):
    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        return [Done({"on": date(2026, 8, 1)}) for _ in items]


class NoReason(Good):
    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        return [Failed("because") for _ in items]  # type: ignore[arg-type]


class NoJson(Good):
    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        return [Failed(Reason.STEP_FAILED, {"x": {1, 2}}) for _ in items]


class NoChannel(Good):
    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        return [Outbound(("pigeon",)) for _ in items]


class Nothing(Good):
    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        return [None for _ in items]


class Counting(Good):
    calls: ClassVar[int] = 0
    outputs: ClassVar[dict[str, FieldType]] = {"n": FieldType.INTEGER}

    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        Counting.calls += 1
        return [Done({"n": Counting.calls}) for _ in items]


class OneByOne(Good):
    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        for _ in items:
            context.conn.exec_driver_sql("SELECT 1")
        return [Done() for _ in items]


class Denies(Good):
    changes_contacts = False

    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        add_tags(context.conn, {item.contact_id: ["seen"] for item in items}, 0)
        return [Done() for _ in items]


class OneIdentity(Good):
    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        context.emit([NewEvent("x", item.contact_id, 0, "test", "same", {}) for item in items])
        return [Done() for _ in items]


class OnceAPerson(Good):
    """Takes a person's second run for a repeat of the first."""

    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        context.emit([NewEvent("x", i.contact_id, 0, "test", f"{i.contact_id}", {}) for i in items])
        return super().run(params, items, context)


class NoLabel(Good):
    class Params(Params):
        word: str = "x"


class NoEnglish(Good):
    title = Text("试", "")


class Mute(Good):
    def sentence(self, params: Any, telling: Any) -> str:
        return "试" if current_language() == "zh" else " "


class Stammers(Good):
    def sentence(self, params: Any, telling: Any) -> str:
        return "test" if current_language() == "en" else params.wrod  # type: ignore[no-any-return]


class Wordless(Good):
    def sentence(self, params: Any, telling: Any) -> str:
        return None  # type: ignore[return-value]


class Stops(Good):
    def sentence(self, params: Any, telling: Any) -> str:
        return "试。" if current_language() == "zh" else "test"


class Chats(Good):
    def sentence(self, params: Any, telling: Any) -> str:
        return "one\ntwo"


class Raw(Good):
    """Keeps the text of the rule, in spite of all."""

    class Params(Params):
        note: Annotated[str, TemplateText()] = param("x", zh="备注", en="a note")

    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        return [Failed(Reason.STEP_FAILED, {"note": getattr(params.note, "raw", "")}) for _ in items]


class ForAll(Raw):
    """Reads the parameter where all people have the same."""

    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        return [Failed(Reason.STEP_FAILED, {"note": f"{params.note}"}) for _ in items]


class Each(Raw):
    def run(self, params: Any, items: Sequence[Any], context: Any) -> Sequence[Any]:
        return [Failed(Reason.STEP_FAILED, {"note": item.params.note}) for item in items]


def test_a_text_is_rendered_for_each_person(sqlite_db: Database) -> None:
    results = check_action(Each, {"note": "Dear {{ contact.name }}"}, sqlite_db)

    assert [result.detail["note"] for result in results] == [f"Dear Person {number}" for number in range(1, 6)]


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (Raw, "Raw: the results hold an unrendered {{ contact.name }}: read the parameter from item.params"),
        (ForAll, "ForAll: run() fails with a template in note: "),
        (TooFew, "results"),
        (NotEmpty, "an empty batch gave results"),
        (Commits, "the action committed the transaction"),
        (Undeclared, "outputs that are not declared: ['other']; declared: ['on']"),
        (WrongType, "the output on is datetime.date(2026, 8, 1)"),
        (NoReason, "Failed needs a Reason, not 'because'"),
        (NoJson, "the detail of a Failed can't be stored as JSON"),
        (NoChannel, "unknown channels ['pigeon']; known: sms"),
        (Nothing, "a result is a Done, a Failed or an Outbound, not None"),
        (Counting, "repeated for the same runs, it gave"),
        (OneByOne, "1 statements for one person, 5 for 5"),
        (Denies, "Denies says `changes_contacts = False`, and does"),
        (OneIdentity, "two people's events have one identity"),
        (OnceAPerson, "two runs of one person emitted events of one identity, so one would be lost: [('test', '1')]"),
        (NoLabel, "the parameter word has no label in ['zh', 'en']"),
        (NoEnglish, "`title` is empty in one language"),
        (Mute, "Mute: sentence() is empty in en"),
        (Stammers, "Stammers: sentence() fails in zh: AttributeError: "),
        (Wordless, "Wordless: sentence() must give text; in zh it gives None"),
        (Stops, "Stops: sentence() ends in a full stop in zh: '试。'"),
        (Chats, "Chats: sentence() has several lines in zh"),
    ],
)
def test_a_broken_action_is_told_what_it_breaks(sqlite_db: Database, action: type[Action], said: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_action(action, {}, sqlite_db)

    assert said in str(caught.value)


def test_a_good_action_passes(db: Database) -> None:
    assert check_action(Good, {"word": "y"}, db) == [Done({"on": "2026-08-01"})] * 5
