"""`automation suppressions`, as it is typed."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli


def test_a_list_comes_in_is_shown_masked_goes_out_and_holds(folder: Path, both: Cli) -> None:
    file = folder / "dnc.csv"
    file.write_text("手机号,姓名,原因\n13800138001,李雷,投诉\n12,,\n", encoding="gb18030")
    said = both("suppressions", "import", str(file))
    assert said.code == 3
    assert said.out.splitlines()[:4] == [
        "  手机号 → phone", "  姓名 → not imported", "  原因 → reason",
        "2 rows: 1 on the list, 0 ended already, 1 rejected; 1 entries new or longer, 0 people created for them",
    ]  # fmt: skip
    both("contacts", "suppress", "M002", "--channel", "email", "--reason", "=1+1")
    shown = both("suppressions", "list")
    assert "13800138001" not in shown.out
    assert "import:dnc.csv" in shown.out
    assert "+8613800138001" in both("suppressions", "list", "--reveal").out
    assert '"action": "contact.revealed"' in both("audit", "list", "--format", "json").out
    (only,) = both("suppressions", "list", "--channel", "email", "--format", "json").json
    assert {"contact_id": 2, "reason": "=1+1", "source": "cli"}.items() <= only.items()

    out = folder / "list.csv"
    assert "2 entries exported" in both("suppressions", "export", "-o", str(out)).out
    assert "'=1+1" in out.read_text(encoding="utf-8")
    assert "suppressions.exported" in both("audit", "list").out
    again = both("suppressions", "import", str(out))
    assert (again.code, "0 entries new or longer" in again.out) == (0, True)
    assert both("suppressions", "export").out == out.read_text(encoding="utf-8")

    assert "1 suppression(s) lifted" in both("suppressions", "lift", "phone:13800138001").out
    assert len(both("suppressions", "list", "--format", "json").json) == 1


def test_who_is_on_an_imported_list_is_sent_nothing(folder: Path, both: Cli) -> None:
    file = folder / "dnc.csv"
    file.write_text("email\nLiLei@Example.com\n", encoding="utf-8")
    assert both("suppressions", "import", str(file), "--reason", "12321").code == 0
    both("ingest", str(folder / "events.jsonl"))
    both("run", "--once")
    assert both("messages", "list", "--format", "json").json == []
    assert "suppress" in both("log", "--contact", "M001").out


def test_lifting_an_address_leaves_what_an_erasure_left(folder: Path, people: Cli) -> None:
    assert people("contacts", "erase", "M001", "--yes").code == 0
    assert "0 suppression(s) lifted" in people("suppressions", "lift", "13800138001").out
    assert "entries that an erasure left" in people("suppressions", "export").err


def test_wrong_words_are_refused(folder: Path, people: Cli) -> None:
    file = folder / "dnc.csv"
    file.write_text("phone,levle\n13800138001,x\n", encoding="utf-8")
    said = people("suppressions", "import", str(file))
    assert (said.code, "“levle”" in said.err) == (1, True)
    assert people("suppressions", "import", str(file), "--unknown", "attribute").code == 2
    assert people("suppressions", "import", str(file), "--unknown", "ignore", "--channel", "pigeon").code == 2
    assert people("suppressions", "export", "--format", "xml").code == 2
    assert people("suppressions", "import", str(file), "--unknown", "ignore").code == 0
