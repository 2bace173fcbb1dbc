"""Rules change while people are inside: a run finishes on the version it entered, and nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.engine.world import World

RULE = """
rules:
  - id: nurture
    name: 培育
    trigger: {{type: event, with: {{name: whitepaper.downloaded}}}}
    steps:
      - wait: 3d
      - do: contact.tag
        with: {{add: [{tag}]}}
"""


def tags(w: World) -> dict[int, str]:
    return {row.contact_id: row.tag for row in w.table("contact_tag")}


def test_a_run_finishes_on_the_version_it_entered(world: Callable[..., World]) -> None:
    w = world(RULE.format(tag="旧"))
    anna, bob = w.person("M1"), w.person("M2")
    w.event("whitepaper.downloaded", "M1")
    w.run()
    w.reload(RULE.format(tag="新"))
    w.event("whitepaper.downloaded", "M2")
    w.run()
    w.go(days=3)
    assert tags(w) == {anna: "旧", bob: "新"}
    versions = {row.contact_id: row.rule_version_id for row in w.log("completed")}
    assert versions[anna] != versions[bob]
    assert len(w.table("rule_version")) == 2


def test_going_back_to_an_old_text_is_the_old_version_again(world: Callable[..., World]) -> None:
    w = world(RULE.format(tag="一"))
    w.reload(RULE.format(tag="二"))
    w.reload("# 注释\n" + RULE.format(tag="一"))
    assert len(w.table("rule_version")) == 2


def test_a_disabled_rule_holds_its_people_and_lets_them_go_on(world: Callable[..., World]) -> None:
    w = world(RULE.format(tag="旧"))
    anna = w.person("M1")
    w.event("whitepaper.downloaded", "M1")
    w.run()
    w.reload(RULE.format(tag="旧").replace("    name: 培育", "    name: 培育\n    enabled: false"))
    assert w.event("whitepaper.downloaded", "M1", title="2").entered == 0
    w.go(days=5)
    assert tags(w) == {}
    assert [run.status for run in w.runs()] == ["held"]
    w.reload(RULE.format(tag="旧"))
    w.run()
    assert tags(w) == {anna: "旧"}
    assert w.codes()[-4:] == ["held.disabled", "released", "step.done", "completed"]


def test_a_broken_rule_holds_its_people_and_the_others_run(world: Callable[..., World]) -> None:
    other = """  - id: other
    name: 其他
    trigger: {type: event, with: {name: order.paid}}
    steps: [{do: contact.tag, with: {add: [买]}}]
"""
    w = world(RULE.format(tag="旧") + other)
    anna = w.person("M1")
    w.event("whitepaper.downloaded", "M1")
    w.run()
    w.reload(RULE.format(tag="旧").replace("wait: 3d", "wait: 三天") + other)
    w.event("order.paid", "M1", amount=1)
    w.go(days=4)
    assert tags(w) == {anna: "买"}
    states = {row.key: (row.status, row.status_detail) for row in w.table("rule")}
    assert states["other"] == ("active", None)
    assert states["nurture"][0] == "broken"
    assert "rules.yaml:7" in states["nurture"][1]


def test_a_removed_rule_lets_its_people_out(world: Callable[..., World]) -> None:
    w = world(RULE.format(tag="旧"))
    anna = w.person("M1")
    w.event("whitepaper.downloaded", "M1")
    w.run()
    w.reload("rules: []\n")
    w.go(days=4)
    assert w.codes(anna)[-1] == "exited.removed"
    assert tags(w) == {}


def test_a_version_whose_plugin_is_gone_is_held_until_it_is_back(world: Callable[..., World], tmp_path: Path) -> None:
    plugin = tmp_path / "project" / "plugins" / "greet.py"
    plugin.parent.mkdir(parents=True)
    text = """
from automation.actions.base import Action, Done
from automation.i18n import Text
class Greet(Action):
    type = "greet"
    title = Text("问候", "greet")
    def run(self, params, items, context):
        return [Done() for _ in items]
"""
    plugin.write_text(text, encoding="utf-8")
    rule = RULE.format(tag="旧").replace("      - do: contact.tag\n        with: {add: [旧]}", "      - do: greet")
    w = world(rule)
    anna = w.person("M1")
    w.event("whitepaper.downloaded", "M1")
    w.run()
    # when the rule no longer uses the plugin, and the plugin is removed
    plugin.unlink()
    w.reload(RULE.format(tag="新"))
    w.go(days=3)
    assert w.codes(anna)[-1] == "held.version_unusable"
    # and when it is back
    plugin.write_text(text, encoding="utf-8")
    w.reload(RULE.format(tag="新"))
    w.run()
    assert w.codes(anna)[-2:] == ["step.done", "completed"]
