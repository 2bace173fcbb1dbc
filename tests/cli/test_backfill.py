"""`backfill`: plan, consent, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli

RULE = """
  - id: again
    name: 再来
    max_audience: %s
    trigger: {type: event, with: {name: order.paid}}
    guards: {consent: transactional}
    steps: [{do: contact.tag, with: {add: [再来]}}]
"""


@pytest.fixture
def shop(folder: Path, people: Cli) -> Cli:
    """With the sample events stored before there was a rule `again`."""
    assert people("ingest", str(folder / "events.jsonl")).code == 0
    return people


def write(folder: Path, limit: str) -> None:
    rules = folder / "rules.yaml"
    text = rules.read_text("utf-8").partition("\n  - id: again")[0]
    rules.write_text(text + RULE % limit, encoding="utf-8")


def test_nothing_is_done_without_yes_and_more_than_may_be_reached_is_refused(shop: Cli, folder: Path) -> None:
    write(folder, "1")
    said = shop("backfill", "again", "--since", "1d", "--yes")
    assert said.code == 1
    assert "2 would enter the rule again, more than its max_audience of 1; nothing was done" in said.err
    write(folder, "2")
    plan = shop("backfill", "again", "--since", "1d", "--format", "json").json["plan"]
    assert (plan["entered"], plan["by"]) == (2, "event")
    assert shop("log", "--rule", "again", "--format", "json").json == []
    done = shop("backfill", "again", "--since", "1d", "--yes", "--by", "anna", "--format", "json").json["done"]
    assert {**done, "since": ""} == {**plan, "since": ""}
    assert len(shop("log", "--rule", "again", "--format", "json").json) == 2


def test_what_is_wrong_is_a_sentence(shop: Cli) -> None:
    for rule, since, words in (
        ("nobody", "1d", "the rule nobody does not run"),
        ("order_thanks", "2090-01-01", "is not in the past"),
        ("order_thanks", "soon", "“soon” is no time"),
    ):
        said = shop("backfill", rule, "--since", since)
        assert said.code == 1
        assert words in said.err
