"""A canary from its publication to its end: what runs for whom, what `why` says, and the numbers side by side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from automation.calendars.duration import Duration
from automation.clock import ManualClock, to_ms
from automation.contacts.resolve import resolve
from automation.daemon.reloading import Reloader
from automation.engine.engine import Engine
from automation.engine.entry.ingest import Incoming
from automation.errors import AutomationError
from automation.insight.auditing import verify
from automation.insight.canary import CanaryReport, difference, read_canary
from automation.insight.planning.plan import Plan, plan
from automation.insight.publishing import Published, Wish, approve, publish
from automation.insight.why import why
from automation.jsontext import writer
from automation.rules.canary import Part
from automation.rules.published import as_canary, canary_project, published_project
from automation.store.audit import list_audit
from automation.store.publications import list_publications
from tests.conftest import NOON
from tests.versions.conftest import APPROVED, EXPLICIT, Shop, tag_of

Shops = Callable[..., Shop]
_json = writer()


def canary(s: Shop, share: int = 5000, author: str = "wang", plan: str | None = None) -> Published:
    return publish(s.database, Wish(s.files(), author, "try", plan, canary=share), NOON)


def promote(s: Shop, author: str = "wang", plan: str | None = None) -> Published:
    project = canary_project(s.settings, s.database)
    return publish(s.database, Wish(project, author, "good", plan, promotes=project.publication), NOON)


def planned(s: Shop, share: int) -> Plan:
    return plan(s.database, as_canary(s.settings, s.database, s.files(), share), NOON, Duration(14, "d"))


def refusal(act: Callable[[], object], lang: str = "en") -> str:
    with pytest.raises(AutomationError) as raised:
        act()
    return raised.value.text(lang)


def people(s: Shop, count: int) -> None:
    """Contacts 1, 2, … with member numbers M1, M2, …"""
    with s.database.write() as conn:
        named = [{"member_no": f"M{number}"} for number in range(1, count + 1)]
        found = resolve(conn, s.files().catalogue, named, to_ms(NOON), create=True, actor="test")
    assert found == list(range(1, count + 1))


def pay(engine: Engine, contacts: range) -> None:
    lines = [
        _json({"name": "order.paid", "message_id": f"p{id_}", "contact": {"member_no": f"M{id_}"},
               "occurred_at": engine.clock.now().isoformat(), "properties": {"sku": "A"}})
        for id_ in contacts
    ]  # fmt: skip
    result = engine.ingest([Incoming(line) for line in lines])
    assert (result.stored, result.reasons) == (len(lines), [])
    engine.run_due()


@pytest.fixture
def running(shop: Shops) -> Shop:
    """A shop in which `旧` runs for everybody, and `新` lies in the folder."""
    s = shop(EXPLICIT)
    s.publish()
    s.edit("旧", "新")
    return s


def test_the_daemon_notices_a_canary_and_its_end(running: Shop) -> None:
    s, engine = running, running.engine()
    reload = Reloader(engine)
    assert not reload()
    canary(s)
    assert (reload(), reload()) == (True, False)
    assert [tag_of(it) for it in (engine.project, engine.project.newest)] == ["旧", "新"]
    promote(s)
    assert (reload(), engine.project.canary, tag_of(engine.project)) == (True, None, "新")
    engine.close()


def test_it_is_kept_and_audited(running: Shop) -> None:
    s = running
    canary(s, 500)
    promote(s)
    with s.database.read() as conn:
        rows = [
            (row.id, row.kind, row.canary_share, row.canary_of_id, row.restores_id, row.parent_id)
            for row in list_publications(conn, 9)
        ]
        told = [(row.action, row.detail.get("canary_share")) for row in list_audit(conn)]
    assert rows == [
        (1, "publish", None, None, None, None),
        (2, "canary", 500, 1, None, 1),
        (3, "promote", None, None, 2, 1),
    ]
    assert told == [("publication.publish", None), ("publication.canary", 500), ("publication.promote", None)]
    assert verify(s.database).ok


def test_only_the_files_of_the_others_end_it_without_approval(shop: Shops) -> None:
    s = shop(APPROVED)
    people(s, 40)
    approve(s.database, s.files(), s.plan().hash, "li", NOON)
    s.publish()
    s.edit("旧", "新")
    approve(s.database, as_canary(s.settings, s.database, s.files(), 5000), planned(s, 5000).hash, "li", NOON)
    canary(s)
    s.edit("新", "三")
    smuggled = Wish(s.files(), "wang", "back", restores=1)
    assert "somebody else than wang must approve" in refusal(lambda: publish(s.database, smuggled, NOON))
    assert s.rollback(1).ended == 2


def test_the_plan_of_a_rule_that_only_the_others_keep_reaches_nobody(running: Shop) -> None:
    s = running
    people(s, 40)
    s.edit("    name: 所有人", "    name: 所有人\n    enabled: false")
    assert planned(s, 5000).reach == 0


def test_while_it_runs_only_it_can_be_changed(running: Shop) -> None:
    s = running
    canary(s, 500)
    assert refusal(lambda: canary(s, 500)) == "nothing to publish: the files are those of publication 2, which runs"
    s.edit("新", "三")
    assert refusal(s.publish).startswith("not published: publication 2 runs as a canary (5%). First automation promote")
    # a wider one, and another text
    assert canary(s, 2000).id == 3
    assert (s.running().running, tag_of(s.running().newest)) == (3, "三")
    # back to what the others run
    done = s.rollback(1)
    assert (done.id, s.running().canary, tag_of(s.running())) == (4, None, "旧")
    assert refusal(lambda: promote(s)) == "no canary is running"


def test_where_files_decide_or_nothing_runs_there_is_no_canary(shop: Shops) -> None:
    told = "a canary needs publications to decide what runs"
    s = shop("")
    s.engine().close()
    assert refusal(lambda: canary(s)).startswith(told)
    s.write("automation.toml", EXPLICIT)
    with s.database.write() as conn:
        conn.exec_driver_sql("DELETE FROM publication")
    assert refusal(lambda: canary(s)).startswith(told)


def test_its_plan_is_about_its_people(running: Shop) -> None:
    s = running
    people(s, 40)
    share = Part(1, 5000, canary=True)
    mine = sum(share.holds(id_) for id_ in range(1, 41))
    assert 0 < mine < 40
    seen = planned(s, 5000)
    assert (seen.reach, seen.canary, planned(s, 1).reach) == (mine, 5000, 0)
    assert "since the plan was shown" in refusal(lambda: canary(s, 2500, plan=seen.hash))
    canary(s, plan=seen.hash)
    # the plan of a promotion is about everybody
    everybody = plan(s.database, canary_project(s.settings, s.database), NOON, Duration(14, "d"))
    assert (everybody.reach, everybody.rules["all"].newcomers) == (40, 0)
    promote(s, plan=everybody.hash)


def test_a_promotion_is_approved_by_another_person_and_the_way_back_by_nobody(shop: Shops) -> None:
    s = shop(APPROVED.replace("over = 1", "over = 30"))
    s.write(
        "rules.yaml",
        "rules:\n" + (s.folder / "rules.yaml").read_text("utf-8").split("  - id: all")[1].join(["  - id: all", ""]),
    )
    people(s, 40)
    first = s.plan()
    approve(s.database, s.files(), first.hash, "li", NOON)
    s.publish()
    s.edit("旧", "新")
    canary(s)
    assert refusal(lambda: promote(s)).endswith(" --promote")
    s.rollback(1)
    canary(s)
    project = canary_project(s.settings, s.database)
    everybody = plan(s.database, project, NOON, Duration(14, "d"))
    approve(s.database, project, everybody.hash, "li", NOON)
    promote(s)


def test_a_large_canary_names_the_command_for_its_approval(shop: Shops) -> None:
    s = shop(APPROVED)
    people(s, 40)
    approve(s.database, s.files(), s.plan().hash, "li", NOON)
    s.publish()
    s.edit("旧", "新")
    seen = planned(s, 5000)
    assert refusal(lambda: canary(s)).endswith(f"automation approve-plan {seen.hash} --canary 50%")
    approve(s.database, as_canary(s.settings, s.database, s.files(), 5000), seen.hash, "li", NOON)
    canary(s)


# ---------------------------------------------------------------- afterwards


def lived(s: Shop) -> tuple[Engine, CanaryReport]:
    """40 people pay while a canary runs for half of them."""
    people(s, 40)
    clock = ManualClock(NOON)
    canary(s)
    engine = Engine(s.running(), s.database, clock)
    clock.set(NOON + timedelta(hours=1))
    pay(engine, range(1, 41))
    report = read_canary(s.database, s.running())
    assert report is not None
    return engine, report


def test_the_numbers_stand_side_by_side(running: Shop) -> None:
    engine, report = lived(running)
    mine = sum(Part(1, 5000, canary=True).holds(id_) for id_ in range(1, 41))
    assert (report.publication, report.of, report.below, report.since) == (2, 1, 5000, NOON)
    thanks = next(rule for rule in report.rules if rule.rule == "thanks")
    assert thanks.new is not None
    assert thanks.old is not None
    assert (thanks.new.contacts, thanks.new.entered, thanks.new.people) == (mine, mine, mine)
    assert (thanks.old.contacts, thanks.old.entered) == (40 - mine, 40 - mine)
    assert dict(thanks.rates())["of_people"].new == 1
    engine.close()


def test_only_those_who_came_since_it_began_are_counted(running: Shop) -> None:
    s = running
    people(s, 40)
    engine = Engine(s.running(), s.database, ManualClock(NOON - timedelta(hours=1)))
    pay(engine, range(1, 41))
    engine.close()
    canary(s)
    report = read_canary(s.database, s.running())
    assert report is not None
    assert {(rule.rule, side.entered) for rule in report.rules for side in (rule.new, rule.old) if side} == {
        ("thanks", 0), ("all", 0),
    }  # fmt: skip
    # and nothing is forgotten when it is widened
    wish = Wish(s.files(), "wang", "wider", canary=6000)
    publish(s.database, wish, NOON + timedelta(hours=1))
    report = read_canary(s.database, s.running())
    assert report is not None
    assert (report.publication, report.since) == (3, NOON)


def test_why_says_which_version_a_person_meets(running: Shop) -> None:
    s = running
    engine, _ = lived(s)
    project, now = s.running(), NOON + timedelta(hours=2)
    inside = next(id_ for id_ in range(1, 41) if Part(1, 5000, canary=True).holds(id_))
    outside = next(id_ for id_ in range(1, 41) if not Part(1, 5000, canary=True).holds(id_))
    told = {
        id_: [line.sentence for line in why(s.database, project, "thanks", id_, now).lines] for id_ in (inside, outside)
    }
    assert any("belongs to the 50% of canary 2" in line for line in told[inside])
    assert any("canary 2 (50%) is running without this contact" in line for line in told[outside])
    # neither version is taken for one that isn't published
    assert not any("otherwise" in line for lines in told.values() for line in lines)
    # and afterwards it is still known who met which
    back = published_project(s.settings, s.database, 1)
    publish(s.database, Wish(back, "wang", "worse", restores=1), NOON + timedelta(minutes=90))
    at = NOON + timedelta(hours=1)
    then = {id_: why(s.database, s.running(), "thanks", id_, now, at).lines for id_ in (inside, outside)}
    versions = {id_: next(line.seen for line in lines if line.kind == "rule") for id_, lines in then.items()}
    with s.database.read() as conn:
        old, new = (row.rules["thanks"] for row in list_publications(conn, 9)[:2])
    assert (versions[inside], versions[outside]) == (new, old)
    engine.close()


@pytest.mark.parametrize(
    ("new", "old", "inside"), [((30, 100), (20, 100), True), ((300, 1000), (200, 1000), False), ((0, 3), (0, 3), True)]
)
def test_the_interval_holds_zero_unless_the_numbers_are_clear(
    new: tuple[int, int], old: tuple[int, int], inside: bool
) -> None:
    found = difference(*new, *old)
    assert found.low <= found.new - found.old <= found.high
    assert (found.low <= 0 <= found.high) is inside


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """19 times in 20, over every outcome of two small groups with known rates."""
    from math import comb

    def chance(k: int, n: int, p: float) -> float:
        return comb(n, k) * p**k * (1 - p) ** (n - k)

    for one, other in ((0.1, 0.1), (0.5, 0.2), (0.05, 0.3)):
        covered = sum(
            chance(a, 20, one) * chance(b, 40, other)
            for a in range(21)
            for b in range(41)
            if (found := difference(a, 20, b, 40)).low <= one - other <= found.high
        )
        assert 0.93 < covered < 1


def test_a_moment_before_the_canary_is_not_the_canary(running: Shop) -> None:
    s = running
    engine, _ = lived(s)
    with s.database.read() as conn:
        (first, _) = list_publications(conn, 9)
    with s.database.write() as conn:
        conn.exec_driver_sql(f"UPDATE publication SET at = {to_ms(NOON - timedelta(days=2))} WHERE id = {first.id}")
        conn.exec_driver_sql(f"UPDATE rule_version SET created_at = {to_ms(NOON - timedelta(days=2))}")
    inside = next(id_ for id_ in range(1, 41) if Part(1, 5000, canary=True).holds(id_))
    account = why(s.database, s.running(), "thanks", inside, NOON + timedelta(hours=2), NOON - timedelta(days=1))
    assert next(line.seen for line in account.lines if line.kind == "rule") == first.rules["thanks"]
    engine.close()
