"""CSV that leaves: every command that offers it gives it, and no spreadsheet runs what is in it."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automation.cli.context import remember
from automation.cli.main import _hoisted
from automation.cli.output import Format, emit_table
from automation.csvfiles.cells import is_formula
from tests.cli.conftest import COMMAND, Cli
from tests.test_architecture import modules

ROOM = "csvfiles"
NEEDED = {
    "audit list": (), "messages list": (), "log": ("--reveal",), "funnel": ("order_thanks",), "pauses": (),
    "missed": (), "approve": (), "quarantine list": ("--reveal",), "coupons list": (), "contacts problems": (),
    "report": (), "prune": ("--dry-run",), "versions": (),
    "move": ("sqlite:///{folder}/moved.db",),
}  # fmt: skip
"""What a command needs to say something."""


def offering_csv(group: Any = COMMAND, path: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        here = f"{path} {name}".strip()
        if hasattr(command, "commands"):
            yield from offering_csv(command, here)
        elif any("--format" in each.opts and "csv" in (each.help or "") for each in command.params):
            yield here


def test_every_command_that_offers_csv_gives_it(busy: Cli, folder: Path) -> None:
    with (folder / "automation.toml").open("a", encoding="utf-8") as file:
        file.write('\n[retention]\nlog = "400d"\n')
    busy("pause", "sms", "--reason", "=1+1")
    offered = set(offering_csv())
    assert len(offered) >= 10
    for command in sorted(offered):
        needed = [word.format(folder=folder) for word in NEEDED.get(command, ())]
        said = busy(*command.split(), *needed, "--format", "csv")
        assert said.code == 0, (command, said.err)
        header, *rows = csv.reader(io.StringIO(said.out, newline=""))
        assert all(name.replace(".", "").isidentifier() for name in header), command
        for row in rows:
            assert len(row) == len(header), command
            assert not any(is_formula(cell) for cell in row), command


def test_commands_without_csv_refuse_it(people: Cli) -> None:
    said = people("status", "--format", "csv")
    assert said.code == 2
    assert "daemons" not in said.out


def test_a_formula_is_told_as_text_and_machines_get_it_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"reason": '=HYPERLINK("http://x")', "count": -3}]
    emit_table(("reason", "count"), rows, Format.csv)
    assert list(csv.reader(io.StringIO(capsys.readouterr().out)))[1] == ['\'=HYPERLINK("http://x")', "-3"]
    remember(None, "en", raw_csv=True)
    emit_table(("reason", "count"), rows, Format.csv)
    assert list(csv.reader(io.StringIO(capsys.readouterr().out)))[1] == ['=HYPERLINK("http://x")', "-3"]


def test_the_switch_may_stand_anywhere() -> None:
    assert _hoisted(["pauses", "--format", "csv", "--raw-csv"]) == ["--raw-csv", "pauses", "--format", "csv"]


def test_rejects_and_exports_run_nothing(folder: Path, both: Cli) -> None:
    file = folder / "evil.csv"
    evil = "=cmd|' /C calc'!A0"
    file.write_text(f"member_no,name,phone\nM7,{evil},\n,{evil},@x\n", encoding="utf-8")
    assert both("contacts", "import", str(file)).code == 3
    rejects = list(csv.reader((folder / "evil.rejects.csv").open(encoding="utf-8-sig", newline="")))
    assert rejects[1][3:] == ["'" + evil, "'@x"]
    exported = list(csv.reader(io.StringIO(both("contacts", "export").out, newline="")))
    assert any("'" + evil in row for row in exported)
    raw = both("--raw-csv", "contacts", "export").out
    assert f",{evil}," in raw
    out = folder / "all.csv"
    out.write_text(raw, encoding="utf-8")
    assert "4 unchanged" in both("--raw-csv", "contacts", "import", str(out)).out


def test_csv_is_read_and_written_in_one_place_only() -> None:
    outside = [
        f"{m.name}:{line}" for m in modules() for line, name in m.imports()
        if name.split(".")[0] == "csv" and m.room != ROOM
    ]  # fmt: skip
    assert outside == []
    assert any(isinstance(node, ast.Import) for m in modules() if m.room == ROOM for node in ast.walk(m.tree))


# ---------------------------------------------------------------- exit codes


def test_ingest_and_retry_say_by_their_exit_code_that_something_was_quarantined(folder: Path, both: Cli) -> None:
    file = folder / "bad.jsonl"
    file.write_text('{"name": "order.paid"}\nnonsense\n', encoding="utf-8")
    said = both("ingest", str(file))
    assert (said.code, "2 quarantined" in said.out) == (3, True)
    assert both("quarantine", "retry").code == 3
    assert both("quarantine", "drop", "3", "4").code == 0
    assert both("quarantine", "retry").code == 0
    assert both("ingest", str(folder / "events.jsonl")).code == 0
