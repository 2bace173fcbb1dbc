"""The reference is what the code says: nothing is missing, nothing is out of date, and every example is valid."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from automation.catalogue import coupons, fields, loader
from automation.catalogue.loader import load_catalogue
from automation.catalogue.model import FieldType
from automation.channels import CHANNELS
from automation.engine.delivery.message_guards import MESSAGE_GUARDS
from automation.engine.entry.guards import ENTRY_GUARDS
from automation.engine.entry.reading import IncomingEvent
from automation.i18n import LANGS, table
from automation.plugin import Registry
from automation.reasons import Reason
from automation.rules import guards as guard_reader
from automation.rules import measured
from automation.rules.cases.reader import CASE_KEYS
from automation.rules.checker import FILE_KEYS, CheckEnv, check_rules
from automation.rules.conditions import parse as condition_parser
from automation.rules.conditions.operators import OPERATORS
from automation.rules.digest import DIGEST_KEYS
from automation.rules.event_match import EVENT_MATCH_KEYS
from automation.rules.flow import REPEAT_KEYS
from automation.rules.names import RESERVED
from automation.rules.rule import RULE_KEYS
from automation.rules.steps import STEP_KEYS, STEP_KINDS
from automation.rules.waits import WAIT_KEYS
from automation.templating import TemplateSet
from automation.templating.filters import FILTERS
from automation.templating.template import FORMS
from scripts.make_reference import OUT, built_in, differences, pages
from scripts.reference import (
    actions,
    catalogue,
    commands,
    conditions,
    events,
    examples,
    guards,
    keywords,
    providers,
    reasons,
    rules,
    settings,
    templates,
    triggers,
)

PROJECT = Path(examples.__file__).parent / "project"
HAN = re.compile("[\u4e00-\u9fff]")


@cache
def surroundings() -> CheckEnv:
    """The project that the examples are checked against."""
    text = (PROJECT / "catalog.yaml").read_text(encoding="utf-8")
    known, problems = load_catalogue(text, "catalog.yaml")
    assert not problems, [problem.shown("en") for problem in problems]
    return CheckEnv(Registry.load(), known, TemplateSet.load(PROJECT / "templates"))


def errors_in(text: str) -> list[str]:
    checked = check_rules([("example.yaml", text)], surroundings())
    assert checked.rules or checked.problems
    return [problem.shown("en") for problem in checked.problems if problem.severity == "error"]


def page_texts(name: str) -> list[str]:
    return [(OUT / lang / f"{name}.md").read_text(encoding="utf-8") for lang in LANGS]


def names_of(words: tuple[keywords.Keyword, ...]) -> set[str]:
    return {word.name for word in words}


def test_the_pages_are_what_the_code_says() -> None:
    assert differences(pages(built_in()), OUT) == [], "run `make docs`"


def test_no_page_falls_back_to_the_other_language() -> None:
    found = pages(built_in())
    assert {path.partition("/")[2] for path in found if path.startswith("en/")} == {
        path.partition("/")[2] for path in found if path.startswith("zh/")
    }
    for path, text in found.items():
        headings = [line for line in text.splitlines() if line.startswith("# ")]
        assert headings, path
        assert bool(HAN.search(headings[0])) == path.startswith("zh/"), headings


# ---------------------------------------------------------------- keywords


def test_every_keyword_of_the_rule_language_is_there_and_no_other() -> None:
    assert names_of(keywords.FILE) == set(FILE_KEYS)
    assert names_of(keywords.RULE) == set(RULE_KEYS)
    assert names_of(keywords.DO) == set(STEP_KEYS["do"])
    assert names_of(keywords.IF) == set(STEP_KEYS["if"])
    assert names_of(keywords.WAIT_FOR) == {*STEP_KEYS["wait_for"], *EVENT_MATCH_KEYS}
    assert names_of(keywords.REPEAT) == {"repeat", *REPEAT_KEYS}
    assert names_of(keywords.WAIT) == {"wait", *WAIT_KEYS}
    sections = {words[0].name for _, words, _ in rules.SECTIONS}
    assert set(STEP_KINDS) <= sections
    assert names_of(keywords.DIGEST) == set(DIGEST_KEYS)
    assert names_of(keywords.GOAL) == set(EVENT_MATCH_KEYS)
    assert names_of(keywords.ATTRIBUTION) == set(measured.ATTRIBUTION_KEYS)
    assert names_of(keywords.TESTS) == set(CASE_KEYS)
    assert names_of(guards.GUARDS) == set(guard_reader.GUARD_KEYS)
    assert names_of(keywords.QUIET_HOURS) == set(guard_reader._WINDOW_KEYS)
    assert names_of(keywords.FREQUENCY_CAP) == set(guard_reader._CAP_KEYS)
    assert names_of(keywords.BUDGET) == set(guard_reader._BUDGET_KEYS)


def test_the_condition_words_are_there() -> None:
    words = {
        *condition_parser.GROUPS,
        *condition_parser.HISTORIES,
        condition_parser.SEGMENT,
        "reachable",
        "has_identity",
    }
    assert {name for name, _ in conditions.GROUPS} == words
    assert {name for name, *_ in conditions.HISTORY} == set(condition_parser._HISTORY_KEYS)


def test_every_keyword_has_a_row_on_its_page() -> None:
    for text in page_texts("rules"):
        for _, words, _ in rules.SECTIONS:
            for word in words:
                assert f"\n| `{word.name}` |" in text, word.name


@pytest.mark.parametrize("name", sorted(examples.RULES))
def test_an_example_of_rules_validates(name: str) -> None:
    assert errors_in(examples.RULES[name]) == []


# ---------------------------------------------------------------- conditions


def test_every_operator_has_a_row_and_an_example_that_reads_as_a_condition() -> None:
    assert set(examples.OPERATORS) == set(OPERATORS)
    for text in page_texts("conditions"):
        for name in OPERATORS:
            assert f"\n| `{name}` |" in text
            assert f"{{{name}: {examples.OPERATORS[name][1]}}}" in text
    for name in OPERATORS:
        assert conditions.example_of(name)


@pytest.mark.parametrize("name", sorted(examples.CONDITIONS))
def test_an_example_of_conditions_validates(name: str) -> None:
    key = "exit_when" if name == "exit" else "audience"
    listed = indent(examples.CONDITIONS[name].strip(), "      ")
    text = (
        "segments: {big_spenders: [{contact.spent: {gte: 1000}}]}\n"
        "rules:\n  - id: one\n    trigger: {type: event, with: {name: order.paid}}\n"
        f"    {key}:\n{listed}\n    steps: [{{wait: 1d}}]\n"
    )
    assert errors_in(text) == []


# ---------------------------------------------------------------- plugins


def built_in_plugins(kind: Any) -> list[tuple[str, Any]]:
    return sorted(Registry.load().of(kind).items())


def check_plugin_page(page: str, kind: Any) -> None:
    for name, plugin in built_in_plugins(kind):
        for text in page_texts(page):
            section = text.partition(f"\n## `{name}`\n")[2].partition("\n## ")[0]
            assert section, f"{page}: {name} has no heading"
            for attribute, field in plugin.Params.model_fields.items():
                assert f"\n| `{field.alias or attribute}` |" in section, f"{name}.{attribute} has no row"


def test_every_trigger_has_a_heading_its_parameters_and_a_valid_example() -> None:
    check_plugin_page("triggers", "trigger")
    for name, _ in built_in_plugins("trigger"):
        assert name in triggers.NOTES
        example = indent(examples.TRIGGERS[name], "    ").strip()
        segments = "segments: {big_spenders: [{contact.level: 金卡}]}\n" if name == "segment" else ""
        assert errors_in(f"{segments}rules:\n  - id: one\n    {example}\n    steps: [{{wait: 1d}}]\n") == []


def test_every_action_has_a_heading_its_parameters_and_a_valid_example() -> None:
    check_plugin_page("actions", "action")
    for name, plugin in built_in_plugins("action"):
        step = indent(examples.ACTIONS[name], "        ").strip()
        head = "rules:\n  - id: one\n    trigger: {type: event, with: {name: order.paid}}\n    steps:\n"
        assert errors_in(f"{head}      - {step}\n") == []
        for text in page_texts("actions"):
            for output in plugin.outputs:
                assert f"`{output}`" in text.partition(f"\n## `{name}`\n")[2].partition("\n## ")[0]
    assert set(actions.NOTES) <= set(examples.ACTIONS)


def test_every_provider_has_a_heading_its_settings_and_an_example_that_it_takes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from automation.clock import SystemClock
    from automation.providers.loader import build_providers
    from automation.settings import Settings
    from automation.store.database import Database

    check_plugin_page("providers", "provider")
    for name in ("TWILIO_AUTH_TOKEN", "SENDGRID_API_KEY", "SMTP_PASSWORD", "WECHAT_SECRET", "WECOM_SECRET",
                 "WEBHOOK_SECRET"):  # fmt: skip
        monkeypatch.setenv(name, "a-secret-of-this-test")
    database = Database(f"sqlite:///{tmp_path / 'automation.db'}")
    for name, _ in built_in_plugins("provider"):
        assert name in providers.NOTES
        (tmp_path / "automation.toml").write_text(providers.EXAMPLES[name], encoding="utf-8")
        made = build_providers(Settings.load(tmp_path), Registry.load(), database, SystemClock())
        assert [error.text("en") for error in made.problems()] == [], name
        made.close()
    database.close()
    for text in page_texts("providers"):
        for channel in CHANNELS:
            assert f"\n| `{channel}` |" in text


# ---------------------------------------------------------------- guards, reasons, settings, commands


def test_every_guard_stands_in_its_order() -> None:
    for text in page_texts("guards"):
        for name in guard_reader.GUARD_KEYS:
            assert f"\n| `{name}` |" in text
        for table_of in (ENTRY_GUARDS, MESSAGE_GUARDS):
            place = 0
            for guard in table_of:  # a reason may stand in both tables
                place = text.index(f"| `{guard.reason.value}` |", place)
    assert set(guards.ORDER_NOTES) == {guard.reason for guard in (*ENTRY_GUARDS, *MESSAGE_GUARDS)}


def test_every_reason_code_has_a_row() -> None:
    for lang, text in zip(LANGS, page_texts(reasons.NAME), strict=True):
        for reason in Reason:
            assert f"\n| `{reason.value}` | {reason.sentence(lang)} |" in text


def test_every_setting_has_a_row_and_a_meaning_in_both_languages() -> None:
    names = [one.name for one in settings.settings()]
    assert set(names) == set(table("settings_help"))
    assert {"database_url", "ingest.batch_size", "delivery.lease_seconds"} <= set(names)
    for text in page_texts("settings"):
        for name in names:
            assert f"\n| `{name}` |" in text
    tomllib.loads(settings._EXAMPLE)


def test_every_command_has_a_heading_and_a_meaning() -> None:
    names = {command.name for command in commands.commands()}
    assert names == set(commands.MEANINGS)
    for text in page_texts("commands"):
        for name in names:
            assert f"\n## `automation {name}`\n" in text
        assert "`--dry-run`" in text


# ---------------------------------------------------------------- catalogue, events, templates


def test_every_key_of_the_catalogue_is_there() -> None:
    assert {name for name, *_ in catalogue.TOP} == set(loader._KEYS)
    assert {name for name, _ in catalogue.FIELD} == set(fields._EVENT_KEYS)
    assert {name for name, _ in catalogue.COUPON} == set(coupons._KEYS)
    assert set(catalogue.TYPES) == set(FieldType)
    known = built_in().catalogue
    for text in page_texts("catalogue"):
        for name in (*known.fields, *known.identity_kinds, *known.events):
            assert f"`{name}`" in text


def test_every_key_of_an_event_is_there_and_the_examples_are_taken() -> None:
    import msgspec

    assert tuple(name for name, *_ in events.KEYS) == tuple(IncomingEvent.__struct_fields__)
    for line in events.EXAMPLE.strip().splitlines():
        assert msgspec.json.decode(line.encode(), type=IncomingEvent).name in surroundings().catalogue.events


def test_every_channel_with_templates_has_its_file_name() -> None:
    assert set(templates.CONTENTS) == set(FORMS)
    assert set(templates.VARIABLES) == RESERVED
    assert set(templates.FILTER_NOTES) <= set(FILTERS)
    for text in page_texts("templates"):
        for ending, _ in FORMS.values():
            assert f"`NAME{ending}`" in text
