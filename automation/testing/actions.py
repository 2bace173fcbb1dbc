"""The conformance suite for action plugins: run it under pytest on your own action, on each database.

    def test_it_keeps_the_contract(db):
        check_action(MyAction, {"list": "vip"}, db)

The database must be empty and migrated; the suite makes contacts and runs of its own. Each check raises AssertionError
with a sentence that says which promise was broken, and by what.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import event as listening

from automation.actions.base import Action, ActionContext, Done, Failed, Item, Outbound, Result
from automation.actions.item_params import prepare
from automation.catalogue.builtin import builtin
from automation.catalogue.model import Catalogue, FieldDef, FieldType
from automation.catalogue.types import normalise
from automation.channels import CHANNELS
from automation.clock import to_ms
from automation.contacts.profile import load_contacts
from automation.errors import AutomationError
from automation.i18n import LANGS, Text
from automation.plugin import Params, check_shape
from automation.reasons import Reason
from automation.rules.conditions.facts import Facts
from automation.rules.marked import marked
from automation.rules.params import TemplateText, TextValues
from automation.store.bulk import insert_rows
from automation.store.events import NewEvent
from automation.store.schema import contact
from automation.testing.sentences import check_sentence

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.database import Database

NOW = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
PEOPLE = 5


def check_action(
    action_class: type[Action],
    params: Mapping[str, Any],
    database: Database,
    *,
    catalogue: Catalogue | None = None,
    event: Mapping[str, Any] | None = None,
    variables: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Result]:
    """Every check, in turn; gives the results of a first run. `params` as they stand under `with:`.

    `event` and `variables` are what the runs carry: the trigger's event, and {save_as: outputs} of earlier steps.
    """
    check_class(action_class)
    trial = Trial(action_class, params, catalogue or builtin(), event or {}, variables or {})
    check_sentence(action_class(), trial.params, trial.catalogue)
    with database.write() as conn:
        people = make_people(conn)
    check_empty_batch(trial, database)
    check_statements(trial, database, people)
    check_texts(trial, database, people)
    results = check_results(trial, database, people)
    check_repeated(trial, database, people, results)
    check_one_person(trial, database, people[0])
    return results


class Trial:
    """One action with its parameters, and the surroundings it runs in."""

    def __init__(
        self,
        action_class: type[Action],
        params: Mapping[str, Any],
        catalogue: Catalogue,
        event: Mapping[str, Any],
        variables: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.action_class = action_class
        self.params = action_class.Params.model_validate(dict(params))
        self.catalogue, self.event, self.variables = catalogue, event, variables

    def run(self, conn: Connection, items: Sequence[Item]) -> tuple[Sequence[Result], list[NewEvent]]:
        """What the action answers, and what it emits. It must leave the transaction to its caller."""
        emitted: list[NewEvent] = []
        context = ActionContext(conn, NOW, ZONE, "trial", "rules/trial/steps/0", self.catalogue, emitted.extend)
        with _kept_open(conn):
            given = prepare(self.params, items, context)
            results = self.action_class().run(given.params, given.items, context)
        return given.joined(results) if len(results) == len(given.items) else results, emitted

    def items(self, contact_ids: Sequence[int], first_run: int = 1) -> list[Item]:
        return [
            Item(first_run + index, contact_id, self.facts(contact_id)) for index, contact_id in enumerate(contact_ids)
        ]

    def facts(self, contact_id: int) -> Facts:
        person = {"name": f"Person {contact_id}", "phone": f"+86138000{contact_id:05d}", "tags": frozenset()}
        return Facts(person, to_ms(NOW), ZONE, self.event, self.variables)


def check_class(action_class: type[Action]) -> None:
    """The class names itself, in both languages, with labelled parameters and typed outputs."""
    check_shape(action_class)
    name = action_class.__name__
    assert action_class.kind == "action", f"{name}: an action's `kind` is action"
    assert isinstance(action_class.title, Text), f"{name}: `title` is a Text with both languages"
    assert all(action_class.title), f"{name}: `title` is empty in one language"
    assert action_class.on_error_default in ("stop", "continue"), f"{name}: on_error_default is stop or continue"
    assert issubclass(action_class.Params, Params), f"{name}: Params must be a subclass of automation.plugin.Params"
    for key, field in action_class.Params.model_fields.items():
        labels: Any = field.json_schema_extra or {}
        missing = [lang for lang in LANGS if not labels.get(lang)]
        assert not missing, f"{name}: the parameter {key} has no label in {missing}; write it with `param(zh=…, en=…)`"
    for key, type_ in action_class.outputs.items():
        assert isinstance(type_, FieldType), f"{name}: the output {key} must be a FieldType, not {type_!r}"


def check_empty_batch(trial: Trial, database: Database) -> None:
    """Nobody in, nothing out."""
    with database.write() as conn:
        results, emitted = trial.run(conn, [])
    assert list(results) == [], f"an empty batch gave results: {results!r}"
    assert not emitted, f"an empty batch emitted events: {emitted!r}"


def check_results(trial: Trial, database: Database, people: Sequence[int]) -> list[Result]:
    """One result for each person, in their order, each of the right shape; people changed only where it is said."""
    items, name = trial.items(people), trial.action_class.__name__
    with database.write() as conn:
        before = load_contacts(conn, people)
        results, emitted = trial.run(conn, items)
        changed = load_contacts(conn, people) != before
    assert trial.action_class.changes_contacts or not changed, f"{name} says `changes_contacts = False`, and does"
    assert len(results) == len(items), f"{len(items)} people, but {len(results)} results"
    for result in results:
        check_result(trial.action_class, result)
    for event in emitted:
        check_event(event, people)
    return list(results)


def check_result(action_class: type[Action], result: Result) -> None:
    """A Done with the declared outputs, a Failed with a Reason, or an Outbound to known channels."""
    if isinstance(result, Done):
        check_outputs(action_class.outputs, result.outputs)
    elif isinstance(result, Failed):
        assert isinstance(result.reason, Reason), f"Failed needs a Reason, not {result.reason!r}"
        check_json(result.detail, "the detail of a Failed")
    elif isinstance(result, Outbound):
        assert result.channels, "an Outbound without channels reaches nobody"
        unknown = [channel for channel in result.channels if channel not in CHANNELS]
        assert not unknown, f"unknown channels {unknown}; known: {', '.join(CHANNELS)}"
        check_json(result.payload, "the payload of an Outbound")
    else:
        raise AssertionError(f"a result is a Done, a Failed or an Outbound, not {result!r}")


def check_outputs(declared: Mapping[str, FieldType], outputs: Mapping[str, Any]) -> None:
    """Only declared outputs, each in the normal form of its type."""
    unknown = outputs.keys() - declared.keys()
    assert not unknown, f"outputs that are not declared: {sorted(unknown)}; declared: {sorted(declared)}"
    for name, value in outputs.items():
        if declared[name] is FieldType.MONEY:
            assert isinstance(value, int), f"the output {name} is money: an integer of the minor unit, not {value!r}"
            continue
        normal = normalise(FieldDef(name, declared[name], Text(name, name)), value, ZONE)
        assert normal == value, f"the output {name} is {value!r}; its normal form as {declared[name]} is {normal!r}"


def check_event(event: NewEvent, people: Sequence[int]) -> None:
    """An event of one of the people, under a message_id that can be recognised."""
    assert isinstance(event, NewEvent), f"context.emit takes NewEvents, not {event!r}"
    assert event.contact_id in people, f"{event.name} names the contact {event.contact_id}, who is not in the batch"
    assert event.message_id, f"{event.name} has no message_id, so a repeat would not be recognised"
    assert event.source, f"{event.name} has no source"
    check_json(event.properties, f"the properties of {event.name}")


def check_repeated(trial: Trial, database: Database, people: Sequence[int], first: Sequence[Result]) -> None:
    """The same runs and step again, as after a crash: the same answers; events under the same identity."""
    items = trial.items(people)
    seen: list[list[tuple[Any, ...]]] = []
    for _ in range(2):
        with database.write() as conn:
            results, emitted = trial.run(conn, items)
        assert list(results) == list(first), f"repeated for the same runs, it gave {results!r} instead of {first!r}"
        seen.append([(event.name, event.occurred_at, event.source, event.message_id) for event in emitted])
    assert seen[0] == seen[1], f"repeated for the same runs, it emitted other events: {seen[0]!r}, then {seen[1]!r}"
    twice = {identity for identity in seen[0] if seen[0].count(identity) > 1}
    assert not twice, f"two people's events have one identity, so one would be lost: {twice!r}"


def check_one_person(trial: Trial, database: Database, contact_id: int) -> None:
    """Several runs of one person in one batch, as the engine takes them: one after the other, the facts read again.

    Each run has a result of its own, and no event that a later one emits is taken for an earlier one's.
    """
    seen: set[tuple[str, str]] = set()
    with database.write() as conn:
        for run_id in range(2_001, 2_004):
            facts = replace(trial.facts(contact_id), contact=load_contacts(conn, [contact_id])[contact_id])
            results, emitted = trial.run(conn, [Item(run_id, contact_id, facts)])
            assert len(results) == 1, f"one person's run, but {len(results)} results"
            check_result(trial.action_class, results[0])
            identities = {(event.source, event.message_id) for event in emitted}
            again = sorted(identities & seen)
            assert not again, f"two runs of one person emitted events of one identity, so one would be lost: {again!r}"
            seen |= identities


def check_texts(trial: Trial, database: Database, people: Sequence[int]) -> None:
    """A text with variables reaches nobody as it stands in the rule. What is written here is rolled back.

    Each parameter that may hold a template is given one in turn.
    """
    name, given = trial.action_class.__name__, trial.params
    for mark in marked(trial.action_class.Params):
        if not isinstance(mark.reference, (TemplateText, TextValues)):
            continue
        filled = _with_template(getattr(given, mark.attribute))
        trial.params = given.model_copy(update={mark.attribute: filled})
        try:
            with database.read() as conn, _counted(conn) as statements:
                results, emitted = trial.run(conn, trial.items(people, first_run=2_000))
        except AutomationError as error:
            raise AssertionError(f"{name}: run() fails with a template in {mark.key}: {error}") from error
        finally:
            trial.params = given
        _check_rendered(f"{name}: the results", results)
        _check_rendered(f"{name}: the events", emitted)
        _check_rendered(f"{name}: what is written to the database", statements)


_TEMPLATE = "{{ contact.name }}"


def _with_template(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {**value, "text": _TEMPLATE}
    return type(value)([*value, _TEMPLATE]) if isinstance(value, (list, tuple)) else _TEMPLATE


def _check_rendered(what: str, found: Sequence[Any]) -> None:
    raw = next((each for each in found if _TEMPLATE in repr(each)), None)
    assert raw is None, (
        f"{what} hold an unrendered {_TEMPLATE}: read the parameter from item.params, where it is rendered for each "
        f"person, not from params: {raw!r}"
    )


def check_statements(trial: Trial, database: Database, people: Sequence[int]) -> None:
    """The number of statements must not grow with the number of people. What it writes here is rolled back."""
    counts = []
    for group in (people[:1], people):
        with database.read() as conn, _counted(conn) as statements:
            trial.run(conn, trial.items(group, first_run=1_000))
        counts.append(len(statements))
    grown = counts[1] - counts[0]
    assert grown < len(people) - 1, f"{counts[0]} statements for one person, {counts[1]} for {len(people)}"


def check_json(value: Any, what: str) -> None:
    """What is kept must be JSON: no dates, sets or objects of one's own."""
    try:
        json.dumps(value if not isinstance(value, Mapping) else dict(value))
    except (TypeError, ValueError) as error:
        raise AssertionError(f"{what} can't be stored as JSON: {error}") from None


def make_people(conn: Connection, count: int = PEOPLE) -> list[int]:
    """Contacts for a trial; their ids."""
    rows = [(id_, json.dumps({"name": f"Person {id_}"}), to_ms(NOW), to_ms(NOW)) for id_ in range(1, count + 1)]
    insert_rows(conn, contact, ("id", "attributes", "created_at", "updated_at"), rows)
    return [row[0] for row in rows]


@contextmanager
def _kept_open(conn: Connection) -> Iterator[None]:
    """The action may neither commit nor roll back: what it writes must live or die with the run."""
    ended: list[str] = []

    def committed(_: Connection) -> None:
        ended.append("committed")

    def rolled_back(_: Connection) -> None:
        ended.append("rolled back")

    listening.listen(conn, "commit", committed)
    listening.listen(conn, "rollback", rolled_back)
    try:
        yield
    finally:
        listening.remove(conn, "commit", committed)
        listening.remove(conn, "rollback", rolled_back)
    assert not ended, f"the action {ended[0]} the transaction, which is its caller's"


@contextmanager
def _counted(conn: Connection) -> Iterator[list[str]]:
    statements: list[str] = []

    def executed(_c: Any, _cursor: Any, statement: str, values: Any, _ctx: Any, _many: bool) -> None:
        statements.append(f"{statement} {values!r}")

    listening.listen(conn, "before_cursor_execute", executed)
    try:
        yield statements
    finally:
        listening.remove(conn, "before_cursor_execute", executed)
