"""What becomes of whole files: good rules as specs, broken ones beside them, versions, the way back from the store."""

from __future__ import annotations

import json
from datetime import time

import pytest

from automation.calendars.duration import Duration
from automation.plugin import Registry
from automation.rules.checker import CheckEnv, StoredRuleError, check_rules, respec
from automation.rules.conditions.tree import FieldRef, Group
from automation.rules.spec import FrequencyCap, Guards, Mode, QuietHours
from tests.rules.conftest import check, errors, only_rule, rule_with

STEPS = "steps: [{wait: 1d}]"


def guards_of(body: str, defaults: str = "") -> Guards:
    return only_rule(defaults + rule_with(f"{body}\n{STEPS}" if body else STEPS)).guards


class TestFiles:
    def test_a_broken_rule_stays_visible_and_the_others_run(self) -> None:
        checked = check(
            "rules:\n"
            "  - {id: good, trigger: {type: event, with: {name: order.paid}}, steps: [{wait: 1d}]}\n"
            "  - {id: bad, name: 坏规则, trigger: {type: event, with: {name: order.payd}}, steps: [{wait: 1d}]}\n"
        )

        assert [rule.id for rule in checked.rules] == ["good"]
        (broken,) = checked.broken
        assert (broken.id, broken.name, broken.file, broken.line) == ("bad", "坏规则", "rules.yaml", 3)
        assert [p.path for p in broken.problems] == ["rules/bad/trigger"]
        assert not checked.fatal

    @pytest.mark.parametrize("wrong", ["defaults: {holdout: 5}", "timezone: Mars", "rules: ["])
    def test_a_wrong_frame_stops_its_file_and_no_other(self, env: CheckEnv, wrong: str) -> None:
        good = rule_with(STEPS)
        bad = good.replace("id: one", "id: two") + wrong

        checked = check_rules([("a.yaml", good), ("b.yaml", bad)], env)

        assert checked.fatal
        assert [rule.id for rule in checked.rules] == ["one"]
        assert checked.broken == ()

    def test_problems_of_all_files_come_in_order(self, env: CheckEnv) -> None:
        wrong = rule_with("stepz: 1")

        checked = check_rules([("b.yaml", wrong), ("a.yaml", wrong.replace("id: one", "id: two"))], env)

        assert [(p.file, p.line) for p in checked.problems] == [
            ("a.yaml", 2),
            ("a.yaml", 4),
            ("b.yaml", 2),
            ("b.yaml", 4),
        ]

    def test_an_id_is_used_once_in_all_files(self, env: CheckEnv) -> None:
        checked = check_rules([("a.yaml", rule_with(STEPS)), ("b.yaml", rule_with(STEPS))], env)

        assert [(rule.id, rule.file) for rule in checked.rules] == [("one", "a.yaml")]
        assert [p.shown("zh") for p in checked.problems] == [
            "b.yaml:2:9: 错误： 规则 id one 重复，a.yaml 第 2 行已用过"
        ]

    def test_an_empty_file_says_what_it_needs(self) -> None:
        assert errors("") == ["1:1: the file is empty; it needs at least `rules:`"]
        assert errors("timezone: Asia/Shanghai\n") == ["1:1: rules is missing"]

    def test_warnings_break_nothing(self) -> None:
        checked = check(rule_with(f"{STEPS}\nattribution: {{credit: store, id: event.sku, window: 3d}}"))

        assert [rule.id for rule in checked.rules] == ["one"]
        assert [(p.severity, p.text("zh")) for p in checked.problems] == [
            ("warning", "attribution：已检查并保留，以后的版本才会统计")
        ]

    def test_an_action_whose_plugin_failed_to_load_is_refused_with_the_reason(self) -> None:
        (found,) = errors(rule_with("steps: [{do: sms_blast}]"), "zh")

        assert found == "4:18: 没有动作 sms_blast（插件 sms_blast.py 无法载入：ImportError: no such library）"


class TestParts:
    def test_what_is_not_written_has_its_usual_value(self) -> None:
        rule = only_rule(rule_with(STEPS))

        assert (rule.name, rule.owner, rule.enabled, rule.zone.key) == ("one", None, True, "Asia/Shanghai")
        assert rule.mode == Mode("parallel", ())
        assert rule.guards == Guards()
        assert (rule.audience, rule.exit_when) == (None, None)

    def test_the_rule_s_zone_goes_before_the_file_s(self) -> None:
        file = "timezone: Asia/Tokyo\n" + rule_with(STEPS)

        assert only_rule(file).zone.key == "Asia/Tokyo"
        assert only_rule(file + "    timezone: Europe/Paris\n").zone.key == "Europe/Paris"

    def test_mode_names_event_properties_beside_the_contact(self) -> None:
        rule = only_rule(rule_with(f"mode: {{on_again: skip, per: [contact, event.sku]}}\n{STEPS}"))

        assert rule.mode.on_again == "skip"
        assert [str(ref) for ref in rule.mode.per] == ["event.sku"]

    def test_references_in_parameters_become_what_they_name(self) -> None:
        rule = only_rule(
            rule_with(STEPS, "{type: event, with: {name: store.stock_out, contact: event.member_id, "
                             "where: [{event.sku: A}]}}")
        )  # fmt: skip

        params = rule.trigger.params.model_dump()
        assert isinstance(rule.trigger.params.contact, FieldRef)  # type: ignore[attr-defined]
        assert rule.trigger.params.contact.name == "member_id"  # type: ignore[attr-defined]
        assert isinstance(rule.trigger.params.where, Group)  # type: ignore[attr-defined]
        assert params["name"] == "store.stock_out"

    def test_exit_when_may_look_at_every_step_s_outputs(self) -> None:
        rule = only_rule(
            rule_with("exit_when: [{coupon.code: {exists: true}}]\n"
                      "steps: [{do: coupon.issue, with: {batch: SHIP}, save_as: coupon}]")
        )  # fmt: skip

        assert rule.exit_when is not None


class TestGuards:
    DEFAULTS = (
        'defaults: {quiet_hours: {from: "21:00", to: "09:00"}, frequency_cap: [{max: 4, per: 7d}], '
        "cooldown: 30d, holdout: 5%}\n"
    )

    def test_defaults_hold_for_every_rule(self) -> None:
        assert guards_of("", self.DEFAULTS) == Guards(
            quiet_hours=(QuietHours(time(21), time(9), None, "delay"),),
            frequency_cap=(FrequencyCap(4, Duration(7, "d")),),
            cooldown=Duration(30, "d"),
            global_holdout=500,
        )

    def test_a_rule_replaces_the_keys_it_names(self) -> None:
        own = guards_of("guards: {cooldown: 1d, holdout: 2.5%, consent: birthday_club}", self.DEFAULTS)

        assert (own.cooldown, own.holdout, own.global_holdout) == (Duration(1, "d"), 250, 500)
        assert own.purpose == "birthday_club"
        assert own.quiet_hours

    def test_a_rule_s_caps_tighten_the_defaults(self) -> None:
        own = guards_of("guards: {frequency_cap: [{max: 1, per: 1d, channel: sms, scope: rule}]}", self.DEFAULTS)

        assert own.frequency_cap == (
            FrequencyCap(4, Duration(7, "d")),
            FrequencyCap(1, Duration(1, "d"), "sms", "rule"),
        )

    def test_none_drops_a_default(self) -> None:
        own = guards_of("guards: {quiet_hours: none, frequency_cap: none, cooldown: none}", self.DEFAULTS)

        assert own == Guards(global_holdout=500)


class TestVersions:
    RULE = rule_with('name: 规则\nguards: {cooldown: 1d, consent: marketing}\nsteps: [{wait: {until: "09:30"}}]')

    @pytest.mark.parametrize(
        "same",
        [
            RULE.replace("name: 规则", "name: 规则   # 备注"),
            RULE.replace("cooldown: 1d, consent: marketing", "consent: marketing, cooldown: 1d"),
            RULE.replace("cooldown: 1d, consent: marketing", "cooldown: 1d"),
            RULE.replace("    name: 规则\n", "") + "    name: 规则\n",
            "timezone: Asia/Shanghai\n" + RULE,
        ],
    )
    def test_what_means_the_same_is_the_same_version(self, same: str) -> None:
        assert only_rule(same).version == only_rule(self.RULE).version

    @pytest.mark.parametrize(
        "other",
        [
            RULE.replace("09:30", "09:31"),
            RULE.replace("1d", "2d"),
            "timezone: Asia/Tokyo\n" + RULE,
            "defaults: {holdout: 5%}\n" + RULE,
        ],
    )
    def test_what_means_something_else_is_another_version(self, other: str) -> None:
        assert only_rule(other).version != only_rule(self.RULE).version

    def test_a_version_is_16_hex_digits(self) -> None:
        assert len(only_rule(self.RULE).version) == 16
        int(only_rule(self.RULE).version, 16)

    def test_the_file_and_the_defaults_are_not_needed_to_read_a_stored_version(self, env: CheckEnv) -> None:
        rule = only_rule('defaults: {quiet_hours: {from: "21:00", to: "9:00"}, holdout: 5%}\n' + self.RULE)

        assert respec(json.loads(json.dumps(rule.content)), env) == rule

    def test_numbers_that_mean_texts_keep_their_form(self, env: CheckEnv) -> None:
        rule = only_rule(rule_with(f"audience: [{{contact.code: 1.50, contact.points: {{gt: 1e3}}}}]\n{STEPS}"))

        again = respec(json.loads(json.dumps(rule.content)), env)
        assert again == rule
        assert again.version == rule.version
        assert isinstance(rule.audience, Group)

    def test_a_stored_version_that_no_longer_fits_says_why(self, env: CheckEnv) -> None:
        rule = only_rule(rule_with("steps: [{do: loyalty.grant, with: {points: 5}}]"))
        without_plugins = CheckEnv(Registry.load(), env.catalogue, env.templates)

        with pytest.raises(StoredRuleError) as caught:
            respec(rule.content, without_plugins)

        assert caught.value.text("en") == (
            "a stored version of the rule one can't be used any more: there is no action loyalty.grant"
        )
