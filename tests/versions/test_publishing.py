"""What was published runs, and nothing else: plans, approvals, rollbacks, and the daemon that notices them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from automation.daemon.reloading import Reloader
from automation.errors import AutomationError
from automation.insight.auditing import verify
from automation.insight.publishing import RefusedError, approve
from automation.store.audit import list_audit
from automation.store.publications import list_publications
from tests.conftest import NOON
from tests.engine.world import World
from tests.versions.conftest import APPROVED, EXPLICIT, RULES, Shop, tag_of

Shops = Callable[..., Shop]


def publications(shop: Shop) -> list[tuple[int, str, str, int | None]]:
    with shop.database.read() as conn:
        return [(row.id, row.kind, row.author, row.parent_id) for row in list_publications(conn, 100)]


def refusal(act: Callable[[], object], lang: str = "en") -> str:
    with pytest.raises(AutomationError) as raised:
        act()
    return raised.value.text(lang)


ONLY_ALL = "rules:\n" + RULES[RULES.index("  - id: all") :]
"""The rule that everybody enters within the horizon, without the one that waits for an event."""


def people(shop: Shop, count: int) -> None:
    with shop.database.write() as conn:
        for _ in range(count):
            conn.exec_driver_sql("INSERT INTO contact (attributes, created_at, updated_at) VALUES ('{}', 1, 1)")


# ---------------------------------------------------------------- explicit


def test_nothing_runs_before_it_was_published(shop: Shops) -> None:
    s = shop()
    assert refusal(s.running) == (
        "nothing is published yet: with publishing.mode = explicit, run automation publish --reason WHY first"
    )


def test_an_edit_runs_once_it_is_published(shop: Shops) -> None:
    s = shop()
    s.publish()
    engine = s.engine()
    reload = Reloader(engine)
    s.edit("旧", "新")
    assert (reload(), tag_of(engine.project), tag_of(s.running())) == (False, "旧", "旧")
    s.publish("better")
    assert (reload(), tag_of(engine.project), tag_of(s.running())) == (True, "新", "新")
    assert reload() is False
    engine.close()


def test_a_new_process_runs_what_was_published_even_where_the_files_are_gone(shop: Shops) -> None:
    s = shop()
    s.publish()
    for name in ("rules.yaml", "catalog.yaml", "templates/hello.sms.j2"):
        (s.folder / name).unlink()
    project = s.running()
    assert [p.shown("en") for p in project.problems if p.severity == "error"] == []
    assert tag_of(project) == "旧"
    assert project.templates.get("hello", "sms") is not None
    assert project.catalogue.coupons["BDAY"].prefix == "BD"


def test_the_time_zone_and_the_names_of_the_files_are_published_too(shop: Shops) -> None:
    s = shop()
    s.publish()
    version = s.running().checked.rules[0].version
    s.write("automation.toml", 'timezone = "Europe/Berlin"\nrules = ["other.yaml"]\n' + EXPLICIT)
    assert s.running().checked.rules[0].version == version


def test_files_with_errors_are_refused_and_named(shop: Shops) -> None:
    s = shop()
    s.edit("contact.tag", "contact.tga")
    with pytest.raises(RefusedError) as raised:
        s.publish()
    assert raised.value.text("en") == "not published: 2 errors in the files, listed above"
    assert "contact.tga" in raised.value.problems[0].shown("en")
    assert publications(s) == []


def test_a_reason_is_wanted(shop: Shops) -> None:
    s = shop()
    assert refusal(lambda: s.publish("  ")) == "say why with --reason"


def test_the_same_files_are_not_published_twice(shop: Shops) -> None:
    s = shop()
    s.publish()
    assert refusal(s.publish) == "nothing to publish: the files are those of publication 1, which runs"


# ---------------------------------------------------------------- plans


def test_the_plan_that_was_shown_is_published(shop: Shops) -> None:
    s = shop()
    plan = s.plan()
    done = s.publish(plan=plan.hash)
    assert done.plan.hash == plan.hash
    with s.database.read() as conn:
        (row,) = list_publications(conn, 10)
    assert (row.plan_hash, row.rules) == (plan.hash, {rule.id: rule.version for rule in s.files().checked.rules})


def test_what_moved_since_the_plan_is_named(shop: Shops) -> None:
    s = shop()
    s.publish()
    s.edit("旧", "新")
    plan = s.plan().hash
    # another edit
    s.edit("新", "更新")
    assert "since the plan was shown the files changed" in refusal(lambda: s.publish(plan=plan))
    assert "看过方案之后有了变动（文件已修改）" in refusal(lambda: s.publish(plan=plan), "zh")
    # more people
    s.edit("更新", "新")
    people(s, 1)
    assert "since the plan was shown the data moved" in refusal(lambda: s.publish(plan=plan))
    # another publication
    s.publish()
    s.edit("新", "三")
    s.publish()
    s.edit("三", "新")
    assert "since the plan was shown another publication has come to run" in refusal(lambda: s.publish(plan=plan))
    assert refusal(lambda: s.publish(plan="abc")).startswith("not published: since the plan was shown it has become")


def test_a_publication_that_comes_between_plan_and_commit_is_not_overrun(shop: Shops) -> None:
    s = shop()
    s.publish()
    s.edit("旧", "新")

    def slow(*asked: object) -> object:
        from automation.insight.planning.plan import plan as forecast

        plan = forecast(*asked)  # type: ignore[arg-type]
        s.edit("新", "别人的")
        s.publish("faster", "li")
        return plan

    from automation.insight.publishing import Wish, publish

    wish = Wish(s.files(), "wang", "slow")
    found = refusal(lambda: publish(s.database, wish, NOON, slow))  # type: ignore[arg-type]
    assert "another publication has come to run" in found
    assert publications(s) == [(1, "publish", "wang", None), (2, "publish", "li", 1)]


# ---------------------------------------------------------------- approval


def test_a_large_plan_waits_for_another_person(shop: Shops) -> None:
    s = shop(APPROVED)
    people(s, 2)
    plan = s.plan()
    assert refusal(s.publish) == (
        "not published: 2 people would enter new or changed rules, and above 1 somebody else than wang must approve: "
        f"automation approve-plan {plan.hash}"
    )
    # one's own approval doesn't count
    approve(s.database, s.files(), plan.hash, "wang", NOON)
    assert refusal(s.publish).startswith("not published: 2 people")
    assert refusal(lambda: approve(s.database, s.files(), plan.hash, "wang", NOON)) == (
        "wang has approved this plan already"
    )
    # somebody else's does
    approve(s.database, s.files(), plan.hash, "li", NOON)
    assert s.publish(plan=plan.hash).id == 1


def test_an_edit_voids_the_approval(shop: Shops) -> None:
    s = shop(APPROVED)
    people(s, 2)
    plan = s.plan()
    approve(s.database, s.files(), plan.hash, "li", NOON)
    s.edit("旧", "新")
    assert refusal(s.publish).startswith("not published: 2 people")
    assert "the files changed" in refusal(lambda: approve(s.database, s.files(), plan.hash, "zhao", NOON))


def test_a_name_that_would_be_kept_as_another_is_refused(shop: Shops) -> None:
    s = shop()
    for name in ("", "wang ", "w" * 81):
        assert refusal(lambda: s.publish(author=name)) == (  # noqa: B023
            f"a name has 1 to 80 characters and no space around it: {name}"
        )


def test_approval_is_refused_where_it_could_not_hold(shop: Shops) -> None:
    s = shop(APPROVED.replace("explicit", "files"))
    assert refusal(lambda: s.settings) == (
        'automation.toml:1:1: error: publishing is wrong: expected mode = "explicit" with approval.required: with '
        '"files" an edit runs at once'
    )


def test_a_small_plan_needs_nobody(shop: Shops) -> None:
    s = shop(APPROVED)
    s.write("rules.yaml", ONLY_ALL)
    people(s, 1)
    assert s.publish().id == 1


def test_what_nobody_can_foresee_is_not_small(shop: Shops) -> None:
    """A rule on an event that never came yet, or beyond the horizon, shows nobody, and may reach everybody."""
    s = shop(APPROVED)
    people(s, 1)
    found = refusal(s.publish)
    assert found.startswith(
        "not published: nobody can foresee how many people would enter thanks, so somebody else than wang must "
        "approve: automation approve-plan "
    )
    approve(s.database, s.files(), s.plan().hash, "li", NOON)
    assert s.publish().id == 1


# ---------------------------------------------------------------- rollback


def test_a_rollback_publishes_the_old_files_again(shop: Shops) -> None:
    s = shop()
    s.publish()
    engine = s.engine()
    reload = Reloader(engine)
    s.edit("旧", "新")
    s.edit("您好", "你好", "templates/hello.sms.j2")
    s.publish("better")
    assert reload()
    done = s.rollback(1)
    assert reload()
    assert (done.id, tag_of(engine.project)) == (3, "旧")
    template = engine.project.templates.get("hello", "sms")
    assert template is not None
    assert "您好" in template.content
    assert publications(s)[-1] == (3, "rollback", "wang", 2)
    assert refusal(lambda: s.rollback(99)) == "there is no publication 99; see automation versions"
    engine.close()


def test_a_rollback_needs_approval_too(shop: Shops) -> None:
    s = shop(APPROVED)
    s.write("rules.yaml", ONLY_ALL)
    people(s, 1)
    s.publish()
    s.edit("旧", "新")
    s.publish()
    people(s, 2)
    found = refusal(lambda: s.rollback(1))
    assert found.endswith(" --rollback 1")


# ---------------------------------------------------------------- files


def test_where_the_files_decide_what_was_taken_over_is_kept(world: Callable[..., World], tmp_path: object) -> None:
    rules = "rules:\n  - {id: a, trigger: {type: event, with: {name: order.paid}}, steps: [{wait: 1d}]}\n"
    w = world(rules)
    w.reload()
    w.reload(rules.replace("1d", "2d"))
    rows = w.table("publication")
    assert [(row.kind, row.author, row.parent_id) for row in rows] == [
        ("reload", "daemon", None),
        ("reload", "daemon", 1),
    ]
    assert rows[1].files["rules.yaml"] == rules.replace("1d", "2d")
    assert rows[1].rules == {"a": w.engine.book.rules["a"].spec.version}


def test_a_broken_rule_is_kept_as_broken(world: Callable[..., World]) -> None:
    rules = "rules:\n  - {id: a, trigger: {type: event, with: {name: order.paid}}, steps: [{wait: 1d}]}\n"
    w = world(rules)
    w.reload(rules.replace("order.paid", "order.piad"))
    assert w.table("publication")[1].rules == {"a": None}


def test_everything_is_audited_and_a_missing_audit_row_shows(shop: Shops) -> None:
    s = shop(APPROVED)
    people(s, 2)
    approve(s.database, s.files(), s.plan().hash, "li", NOON)
    s.publish()
    with s.database.read() as conn:
        rows = [(row.action, row.actor, row.subject.partition(":")[0]) for row in list_audit(conn)]
    assert rows == [("plan.approved", "li", "plan"), ("publication.publish", "wang", "publication")]
    assert verify(s.database).ok
    # the end was cut off
    with s.database.engine.begin() as conn:
        conn.exec_driver_sql("DELETE FROM audit WHERE id = 2")
    assert [one.sentence("en") for one in verify(s.database).findings] == [
        "publication 1 has no audit row: the row was taken out"
    ]
