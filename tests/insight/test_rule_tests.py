"""Rule tests through their public door: a project folder, `Suite.of(project).run(project)`, what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree as Xml

import pytest

from automation.errors import AutomationError
from automation.i18n import set_language
from automation.insight.rule_tests.account import differences, failure
from automation.insight.rule_tests.junit import junit_xml
from automation.insight.rule_tests.suite import Report, Suite
from automation.rules.project import Project
from automation.settings import Settings
from tests.engine.world import CATALOG, TEMPLATES

Write = Callable[..., Path]
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _in_english() -> None:
    set_language("en")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A project folder with these rules, and the files named by path."""

    def write(rules: str, settings: str = "", **files: str) -> Path:
        (tmp_path / "templates").mkdir(exist_ok=True)
        for name, text in TEMPLATES.items():
            (tmp_path / "templates" / name).write_text(text, encoding="utf-8")
        texts = {"catalog.yaml": CATALOG, "automation.toml": settings, "rules.yaml": dedent(rules)}
        texts |= {f"{name}.yaml": dedent(text) for name, text in files.items()}
        for name, text in texts.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write


def run(folder: Path, *wanted: str) -> Report:
    project = Project.load(Settings.load(folder))
    return Suite.of(project, wanted).run(project)


def told(report: Report) -> list[str]:
    """What is said about each test: nothing for one that passes."""
    assert [problem.shown() for problem in report.suite.problems] == []
    return [" | ".join(" ".join(line.split()) for line in differences(result)) for result in report.results]


THANKS = """
    rules:
      - id: thanks
        trigger: {type: event, with: {name: order.paid, where: [{event.amount: {gte: 100}}]}}
        audience: [{contact.level: [银卡, 金卡]}]
        guards: {consent: marketing, frequency_cap: {max: 1, per: 7d}, quiet_hours: {from: "21:00", to: "09:00"}}
        steps:
          - {do: contact.tag, id: mark, with: {add: [买过]}}
          - {do: message.send, with: {channels: [sms, email], template: hello}}
        tests:
"""


class TestWhatACaseCanSay:
    def test_the_person_the_event_and_what_must_come_of_it(self, write: Write) -> None:
        folder = write(
            THANKS
            + """
          - name: everything
            given: {contact.level: 金卡, contact.name: 李雷}
            events: [{event: order.paid, properties: {amount: 100.00}}]
            expect:
              entered: true
              steps: [mark, message.send]
              messages: [{channel: sms, template: hello, contains: [李雷, 拒收请回复R]}]
              state: done
          - name: properties in given, the calling event made for it
            given: {contact.level: 金卡, contact.name: 李雷, event.amount: 100}
            expect: [contact.tag, message.send]
          - name: no phone, so an e-mail
            given: {contact.level: 金卡, contact.name: 李雷, event.amount: 100, phone: none}
            expect: {messages: [{channel: email, contains: 您好 李雷}]}
          - name: nobody to reach
            given: {contact.level: 金卡, contact.name: 李雷, event.amount: 100, phone: none, email: none}
            expect: {skipped: unreachable, messages: none}
          - name: consent for e-mail alone
            given:
              contact.level: 金卡
              contact.name: 李雷
              event.amount: 100
              consents: {marketing: {sms: denied}}
            expect: {messages: [{channel: email}]}
          - name: no consent asked for is no consent
            given: {contact.level: 金卡, contact.name: 李雷, event.amount: 100, consents: {marketing: none}}
            expect: skipped.consent
          - name: outside
            given: {contact.level: 普卡, event.amount: 100}
            expect: {entered: false, skipped: skipped.audience}
        """
        )
        assert told(run(folder)) == [""] * 7

    def test_time_goes_by_in_the_order_of_what_comes_due(self, write: Write) -> None:
        folder = write("""
            rules:
              - id: nurture
                trigger: {type: event, with: {name: whitepaper.downloaded}}
                exit_when: [{did: {event: order.paid, since: entry}}]
                steps:
                  - {do: contact.tag, with: {add: [one]}}
                  - wait: 3d
                  - {do: contact.tag, with: {add: [two]}}
                  - wait: 3d
                  - {do: contact.tag, with: {add: [three]}}
                tests:
                  - name: in one stride
                    events: [{event: whitepaper.downloaded}, {advance: 6d}]
                    expect: {steps: [contact.tag, contact.tag, contact.tag], state: done}
                  - name: not yet
                    events: [{event: whitepaper.downloaded}, {advance: 5d}]
                    expect: {steps: [contact.tag, contact.tag], state: waiting}
                  - name: left
                    events: [{event: whitepaper.downloaded}, {advance: 2d}, {event: order.paid}, {advance: 2d}]
                    expect: {steps: [contact.tag], exited: condition, state: exited}
        """)
        assert told(run(folder)) == [""] * 3

    def test_a_clock_rule_fires_at_the_moment_and_sees_the_past(self, write: Write) -> None:
        folder = write("""
            rules:
              - id: lapsed
                trigger: {type: inactivity, with: {event: order.paid, for: 90d, at: "10:00"}}
                audience: [{did: {event: order.paid, at_least: 2}}]
                steps: [{do: message.send, with: {channels: [sms], template: hello}}]
                tests:
                  - name: two orders, the last 91 days ago
                    given: {contact.name: 李雷, events: [{event: order.paid, ago: 91d}, {event: order.paid, ago: 200d}]}
                    at: 2026-08-01 10:00
                    expect: [message.send]
                  - name: one order
                    given: {events: [{event: order.paid, at: 2026-05-02 10:00}]}
                    at: 2026-08-01 10:00
                    expect: skipped.audience
              - id: weekly
                trigger: {type: schedule, with: {cron: "0 9 * * mon"}}
                steps: [{do: contact.tag, with: {add: [周一]}}]
                tests:
                  - {name: Monday, at: 2026-08-03 09:00, expect: [contact.tag]}
                  - {name: Tuesday, at: 2026-08-04 09:00, expect: [contact.tag]}
        """)
        report = run(folder)
        assert told(report) == ["", "", "", "the steps | expected contact.tag | got none"]
        said = "\n".join(failure(report.results[3], report.suite.rules[1].zone))
        assert "the rule does not fire at 2026-08-04 09:00; it fires next at 2026-08-10 09:00" in said

    def test_who_comes_into_a_segment_is_seen_coming(self, write: Write) -> None:
        folder = write("""
            segments:
              vip: [{contact.level: 金卡}]
              buyers: [{did: {event: order.paid, within: 30d}}]
            rules:
              - id: welcome
                trigger: {type: segment, with: {name: vip}}
                steps: [{do: contact.tag, with: {add: [vip]}}]
                tests:
                  - {name: gold, given: {contact.level: 金卡}, at: 2026-08-01 10:00, expect: [contact.tag]}
                  - {name: silver, given: {contact.level: 银卡}, at: 2026-08-01 10:00, expect: {entered: false}}
              - id: gone
                trigger: {type: segment, with: {name: buyers, on: left}}
                steps: [{do: contact.tag, with: {add: [gone]}}]
                tests:
                  - name: the month is over
                    given: {events: [{event: order.paid, ago: 28d}]}
                    at: 2026-08-01 10:00
                    events: [{advance: 3d}]
                    expect: [contact.tag]
                  - name: it is not
                    given: {events: [{event: order.paid, ago: 20d}]}
                    at: 2026-08-01 10:00
                    events: [{advance: 2d}]
                    expect: {entered: false}
        """)
        assert told(run(folder)) == [""] * 4

    def test_arms_and_the_control_group_pick_the_person(self, write: Write) -> None:
        folder = write("""
            rules:
              - id: tried
                trigger: {type: event, with: {name: order.paid}}
                guards: {holdout: 50%}
                steps:
                  - split:
                      name: half
                      arms:
                        - {arm: A, weight: 1, steps: [{do: contact.tag, with: {add: [a]}}]}
                        - {arm: B, weight: 9, steps: [{do: event.emit, with: {name: vip.welcome}}]}
                tests:
                  - {name: A, given: {arms: {half: A}}, expect: [contact.tag]}
                  - {name: B, given: {arms: {half: B}}, expect: [event.emit]}
                  - {name: out, given: {control_group: true}, expect: skipped.holdout}
        """)
        assert told(run(folder)) == [""] * 3

    def test_an_event_may_name_its_people_and_coupons_are_counted(self, write: Write) -> None:
        folder = write("""
            rules:
              - id: rescue
                trigger: {type: event, with: {name: store.stock_out, contact: event.member_id}}
                guards: {cooldown: 1d}
                steps: [{do: coupon.issue, with: {batch: BDAY}}]
                tests:
                  - name: twice in a day
                    given: {event.sku: A}
                    events: [{event: store.stock_out}, {advance: 1h}, {event: store.stock_out, properties: {sku: B}}]
                    expect: {coupons: {BDAY: 1}, skipped: cooldown}
                  - {name: all batches, given: {event.sku: A}, expect: {coupons: 1}}
        """)
        assert told(run(folder)) == [""] * 2

    def test_one_case_leaves_nothing_to_the_next(self, write: Write) -> None:
        again = "\n".join(
            f"          - {{name: case {i}, given: {{contact.level: 金卡, contact.name: 李雷, event.amount: 100}}, "
            "expect: [contact.tag, message.send]}"
            for i in range(3)
        )
        assert told(run(write(THANKS + again))) == [""] * 3  # the cap of one message a week would hold back the second


class TestWhatAFailureSays:
    def test_a_broken_rule_fails_its_test_and_says_how(self, write: Write) -> None:
        case = """
          - name: gold
            given: {contact.level: 金卡, contact.name: 李雷, event.amount: 100}
            expect: {steps: [contact.tag, message.send], messages: [{channel: sms}]}
        """
        folder = write(THANKS + case)
        assert told(run(folder)) == [""]

        write(THANKS.replace("[银卡, 金卡]", "[银卡]") + case)
        report = run(folder)

        assert told(report) == [
            "the steps | expected contact.tag, message.send | got none | "
            "the messages | expected 1 | got 0 (skipped.audience (not entered: outside the audience))"
        ]
        said = failure(report.results[0], report.suite.rules[0].zone)
        assert said[0] == "rules.yaml:12"
        assert said[-3:] == [
            "  2026-06-01 12:00  not entered: outside the audience",
            "  ✗  all of these hold  〔0 of 1 hold〕  rules.yaml:5",
            "  ✗  level is one of 银卡  〔金卡〕  rules.yaml:5",
        ]

    def test_each_difference_in_words(self, write: Write) -> None:
        folder = write(
            THANKS
            + """
          - name: all wrong
            given: {contact.level: 金卡, contact.name: 李雷, event.amount: 100}
            expect:
              entered: false
              skipped: consent
              exited: condition
              state: waiting
              coupons: {BDAY: 1}
              messages: [{channel: email, template: coupon, contains: 韩梅}]
        """
        )
        assert told(run(folder))[0].split(" | ") == [
            "whether the person enters", "expected does not enter", "got enters",
            "why somebody is skipped", "expected skipped.consent (not sent: no consent for this channel)", "got none",
            "why the person leaves", "expected exited.condition (left: an exit condition holds)",
            "got completed (reached the end)",
            "the channel of message 1", "expected email", "got sms",
            "the template of message 1", "expected coupon", "got hello",
            "the text of message 1", "expected has “韩梅”", "got 【店】李雷您好，拒收请回复R",
            "where the person stands", "expected waiting inside (waiting)", "got at the end (done)",
            "the coupons of BDAY", "expected 1", "got 0",
        ]  # fmt: skip

    def test_a_test_that_can_not_be_what_it_says_fails(self, write: Write) -> None:
        folder = write("""
            rules:
              - id: tried
                trigger: {type: event, with: {name: order.paid}}
                guards: {holdout: 100%}
                steps: [{do: contact.tag, with: {add: [a]}}]
                tests: [{name: everybody is held out, expect: {entered: false}}]
        """)
        assert told(run(folder)) == [
            "the test itself | expected it can run | "
            "got nobody is in these arms and in or out of the control group at once"
        ]

    def test_an_event_that_does_not_call_the_rule_is_named(self, write: Write) -> None:
        folder = write(
            THANKS
            + """
          - {name: too small, given: {contact.level: 金卡, event.amount: 99.99}, expect: [message.send]}
        """
        )
        report = run(folder)
        said = failure(report.results[0], report.suite.rules[0].zone)
        assert said[-4:-2] == ["  (nothing)", "  the event order.paid does not call the rule (its name, or `where`)"]
        assert said[-1] == "  ✗  the event's amount is at least CNY 100  〔CNY 99.99〕  rules.yaml:4"


class TestFilesAndChoice:
    FILE = """
        tests:
          - {rule: thanks, name: from a file, given: {contact.level: 普卡, event.amount: 100}, expect: skipped.audience}
    """
    OWN = "\n          - {name: own, given: {contact.level: 普卡, event.amount: 100}, expect: skipped.audience}"

    def test_cases_stand_in_rules_and_in_files(self, write: Write) -> None:
        folder = write(THANKS + self.OWN, more_test=self.FILE)
        names = lambda *wanted: [result.case.name for result in run(folder, *wanted).results]  # noqa: E731

        assert names() == ["own", "from a file"]
        assert names("thanks") == ["own", "from a file"]
        assert names("more_test.yaml") == ["from a file"]
        assert names("rules.yaml") == ["own", "from a file"]
        with pytest.raises(AutomationError, match="did you mean thanks") as error:
            names("thank")
        assert error.value.key == "tests.no_such"

    def test_mistakes_in_a_file_are_named_and_the_right_cases_run(self, write: Write) -> None:
        folder = write(
            THANKS + self.OWN,
            more_test=self.FILE
            + "      - {rule: thank, name: x, expect: entered}\n"
            + "          - {name: y, expect: entered}\n",
        )
        report = run(folder)

        assert [problem.shown() for problem in report.suite.problems] == [
            "more_test.yaml:4:12: error: there is no rule thank; did you mean thanks?",
            "more_test.yaml:5:5: error: rule is missing",
        ]
        assert len(report.results) == 2
        assert not report.ok

    def test_the_tests_of_a_rule_are_no_part_of_its_version(self, write: Write) -> None:
        versions = [
            Project.load(Settings.load(write(THANKS + own))).checked.rules[0].version
            for own in (self.OWN, self.OWN.replace("own", "other"))
        ]
        assert versions[0] == versions[1]


class TestReports:
    def test_coverage_names_what_no_case_reached(self, write: Write) -> None:
        folder = write("""
            rules:
              - id: branching
                trigger: {type: event, with: {name: order.paid}}
                audience: [{contact.level: {not_in: [普卡]}}]
                guards: {consent: marketing, cooldown: 1d}
                steps:
                  - if: [{event.amount: {gte: 100}}]
                    then: [{do: contact.tag, with: {add: [big]}}]
                    else: [{stop: small}]
                  - wait_for: {event: whitepaper.downloaded, within: 2d}
                    then: [{do: message.send, with: {channels: [sms], template: hello}}]
                tests:
                  - name: big
                    given: {contact.level: 金卡, contact.name: 李雷}
                    events:
                      - {event: order.paid, properties: {amount: 100}}
                      - {advance: 1d}
                      - {event: whitepaper.downloaded}
                    expect: [contact.tag, message.send]
                  - {name: plain, given: {contact.level: 普卡}, expect: skipped.audience}
        """)
        found = run(folder).coverage()[0]

        assert [(unit.what, unit.place) for unit in found.never] == [
            ("steps/0: the condition does not hold", "rules.yaml:8"),
            ("steps/0/else/0 (stop)", "rules.yaml:10"),
            ("steps/1: whitepaper.downloaded does not come", "rules.yaml:11"),
            ("the cooldown", "rules.yaml:6"),
            ("consent", "rules.yaml:6"),
        ]
        assert found.count(guards=False) == (4, 7)
        assert found.count(guards=True) == (1, 3)

    def test_junit_holds_each_case_and_why_it_failed(self, write: Write) -> None:
        folder = write(
            THANKS
            + """
          - {name: right, given: {contact.level: 普卡, event.amount: 100}, expect: skipped.audience}
          - {name: "wrong <&> \\u0007", given: {contact.level: 普卡, event.amount: 100}, expect: entered}
        """
        )
        root = Xml.fromstring(junit_xml(run(folder)))

        assert (root.get("tests"), root.get("failures")) == ("2", "1")
        cases = root.findall("testsuite[@name='thanks']/testcase")
        assert [(case.get("name"), case.get("line")) for case in cases] == [("right", "12"), ("wrong <&> �", "13")]
        (failed,) = root.iter("failure")
        assert failed.get("message") == (
            "the reason: entered (entered the rule) ≠ skipped.audience (not entered: outside the audience)"
        )
        assert "what happened" in (failed.text or "")

    def test_the_rules_that_come_with_the_product_pass_their_tests(self) -> None:
        for folder in (ROOT, ROOT / "automation" / "cli" / "skeleton"):
            project = Project.load(Settings.load(folder))
            report = Suite.of(project).run(project)
            assert told(report) == [""] * len(report.results)
            assert report.untested == []
            for each in report.coverage():
                assert [unit.what for unit in each.never if not unit.guard] == []

    def test_a_test_takes_milliseconds(self, write: Write) -> None:
        again = "".join(
            f"\n          - {{name: case {i}, given: {{contact.level: 普卡, event.amount: 100}}, "
            "expect: skipped.audience}"
            for i in range(20)
        )
        report = run(write(THANKS + again))
        assert min(result.seconds for result in report.results) < 0.25  # 10 ms on an idle machine
