"""`automation runs`: what it says, and its exit codes."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli

RULES = """
rules:
  - {id: nurture, trigger: {type: event, with: {name: order.paid}}, mode: {on_again: skip}, steps: [{wait: 3d}]}
"""


def test_one_person_by_hand(cli: Cli, folder: Path) -> None:
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    assert cli("contacts", "import", str(folder / "contacts.csv")).code == 0
    paid = '{"name": "order.paid", "contact": "M001", "properties": {"order_id": "A1", "amount": 1}}'
    (folder / "one.jsonl").write_text(paid, encoding="utf-8")
    assert cli("ingest", str(folder / "one.jsonl")).code == 0
    assert cli("run", "--once").code == 0
    said = cli("runs", "enter", "M001", "nurture")
    assert (said.code, said.err) == (1, "M001 did not enter nurture: not entered: already inside this rule\n")
    said = cli("runs", "skip", "M001", "nurture", "--by", "wang", lang="zh")
    assert (said.code, said.out) == (0, "M001 已跳过规则 nurture 的 rules/nurture/steps/0，立即继续\n")
    said = cli("runs", "exit", "M001", "nurture", "--reason", "hotline", "--by", "wang")
    assert (said.code, said.out) == (0, "M001 has left nurture (1 runs)\n")
    said = cli("runs", "enter", "M001", "nurture", "--by", "wang")
    assert (said.code, said.out) == (0, "M001 · nurture · run 2: entered the rule\n")
    assert cli("runs", "exit", "M002", "nurture").code == 1
    assert "wang" in cli("audit", "list").out
