"""`contacts problems` lists whom wrong data hold back, with the remedy; `contacts retry` forgets it."""

from __future__ import annotations

from pathlib import Path

from automation.store.database import Database
from automation.store.problems import Problem, note_problems
from tests.cli.conftest import Cli


def note(database: Database, cli: Cli) -> int:
    """Two problems of M001: a phone that the provider refused, and a time zone of an older import."""
    anna = int(cli("contacts", "show", "M001", "--format", "json").json["id"])
    with database.write() as conn:
        conn.exec_driver_sql('UPDATE contact SET attributes = \'{"timezone": "Mars/Olympus"}\' WHERE id = ' + str(anna))
        note_problems(
            conn,
            [
                Problem(anna, "sms", "21211", "+8613800138001", 1_785_556_800_000),
                Problem(anna, "*", "timezone", "Mars/Olympus", 1_785_556_700_000),
            ],
        )
    return anna


def test_problems_are_listed_with_the_remedy_and_forgotten(folder: Path, db: Database, both: Cli) -> None:
    anna = note(db, both)
    said = both("contacts", "problems")
    assert said.code == 0
    assert "refused by the provider (21211)" in said.out
    assert "138****8001" in said.out
    assert "13800138001" not in said.out
    assert "correct the timezone of contact #" in said.out
    rows = both("contacts", "problems", "--channel", "sms", "--format", "json", "--reveal").json
    assert [(row["contact_id"], row["channel"], row["value"]) for row in rows] == [(anna, "sms", "+8613800138001")]
    assert f"automation contacts retry '#{anna}'" in rows[0]["remedy"]
    assert "服务商拒收（21211）" in both("contacts", "problems", lang="zh").out
    # when somebody has looked into it
    said = both("contacts", "retry", f"#{anna}", "--channel", "sms")
    assert f"#{anna}: 1 problem(s) forgotten" in said.out
    assert "21211" not in both("contacts", "problems").out
    assert "nothing changed" in both("contacts", "retry", f"#{anna}", "--channel", "sms").out


def test_an_unknown_channel_is_refused(folder: Path, cli: Cli) -> None:
    said = cli("contacts", "problems", "--channel", "pigeon")
    assert said.code == 2
    assert "sms" in said.err


def test_strangers_are_listed_and_split_again(folder: Path, db: Database, both: Cli) -> None:
    rows = ["member_no,phone,name,wechat_openid", "S1,13800138021,张三,oS1", "S2,13800138022,李四,oS2"]
    (folder / "two.csv").write_text("\n".join(rows), encoding="utf-8")
    assert both("contacts", "import", str(folder / "two.csv")).code == 0
    one, two = (both("contacts", "show", member, "--format", "json").json["id"] for member in ("S1", "S2"))
    said = both("contacts", "merge", "S1", "S2")  # each has a member number, of which a person has one
    assert said.code == 1
    assert "can't be one person" in said.err
    with db.write() as conn:
        conn.exec_driver_sql("DELETE FROM identity WHERE value = 'S2'")
        conn.exec_driver_sql("UPDATE identity SET value = 'null' WHERE value = 'oS1'")
    assert f"contact #{two} is now part of #{one}" in both("contacts", "merge", "S1", "phone:13800138022").out
    said = both("contacts", "problems")
    assert "a merge brought two names or two phones together" in said.out
    assert "the wechat_openid is nobody's" in said.out
    assert "合并把不同的姓名或手机号并到了一起" in both("contacts", "problems", lang="zh").out
    said = both("contacts", "split", f"#{two}")
    assert f"#{one} and #{two} are two contacts now; back with #{two}: identities 2" in said.out
    assert both("contacts", "show", "phone:13800138022", "--format", "json").json["id"] == two
    assert "没有可撤销的合并" in both("contacts", "split", f"#{two}", lang="zh").err
    said = both("contacts", "split", f"#{two}", "--identity", "wechat_openid:oS2")
    assert f"#{two} and #" in said.out
    assert "0 identities were brought to their normal form; 0 are" in both("contacts", "normalise").out


def test_values_of_another_type_are_listed_and_brought_to_it(folder: Path, db: Database, both: Cli) -> None:
    # given columns that were imported as text, and are declared otherwise today
    catalog = folder / "catalog.yaml"
    text = catalog.read_text(encoding="utf-8")
    catalog.write_text(text.replace("  level:", "  joined: date\n  visits: integer\n  level:", 1), encoding="utf-8")
    ids = [int(both("contacts", "show", number, "--format", "json").json["id"]) for number in ("M001", "M002")]
    values = ('{"joined": "2031年5月1日", "visits": "12"}', '{"joined": "n/a", "visits": 3}')
    with db.write() as conn:
        for id_, attributes in zip(ids, values, strict=True):
            conn.exec_driver_sql(f"UPDATE contact SET attributes = '{attributes}' WHERE id = {id_}")
    # then they are listed, with the remedy
    rows = both("contacts", "problems", "--format", "json", "--reveal").json
    told = {(row["contact_id"], row["problem"], row["value"]): row["remedy"] for row in rows}
    assert told == {
        (ids[0], "joined is not of the catalogue's type date", "2031年5月1日"): "automation contacts recast joined",
        (ids[0], "visits is not of the catalogue's type integer", "12"): "automation contacts recast visits",
        (ids[1], "joined is not of the catalogue's type date", "n/a"):
            "can't be read: import it again, corrected, or automation contacts recast joined --drop",
    }  # fmt: skip
    assert "joined 不是目录所说的类型 date" in both("contacts", "problems", lang="zh").out
    # and lint and status warn
    assert {"L306"} <= {one["code"] for one in both("lint", "--format", "json").json["findings"]}
    assert "field joined: at least 2 people hold a value of another type" in both("status").out.replace("\n", " ")
    # a dry run counts the same and changes nothing
    said = "3 values of another type: 2 brought to it, 0 removed, 1 can't be read and stay"
    assert said in both("contacts", "recast", "--dry-run").out
    assert len(both("contacts", "problems", "--format", "json").json) == 3
    # recast brings what can be read to its type; --drop removes the rest
    assert said in both("contacts", "recast").out
    shown = both("contacts", "show", "M001", "--format", "json", "--reveal").json["attributes"]
    assert (shown["joined"], shown["visits"]) == ("2031-05-01", 12)
    assert "1 values of another type: 0 brought to it, 1 removed" in both("contacts", "recast", "joined", "--drop").out
    assert both("contacts", "problems", "--format", "json").json == []
    assert "did you mean joined" in both("contacts", "recast", "joind").err


def test_an_identity_of_an_unknown_kind_is_told_in_the_operators_language(folder: Path, both: Cli) -> None:
    for text in ("foo:1", "foo"):
        said = both("contacts", "split", "M001", "--identity", text, lang="zh")
        assert said.code == 1
        assert f"“{text}”不是 类型:值；身份类型有：member_no" in said.err
    assert "“foo:1” is no kind:value" in both("contacts", "split", "M001", "--identity", "foo:1").err


def test_of_several_phones_it_is_said_which_one_is_used(folder: Path, both: Cli) -> None:
    for phone in ("13800138021", "13800138022"):
        (folder / "crm.csv").write_text(f"member_no,phone\nS1,{phone}\n", encoding="utf-8")
        assert both("contacts", "import", str(folder / "crm.csv")).code == 0
    lines = [line for line in both("contacts", "show", "S1").out.splitlines() if "138****" in line]
    assert "138****8022" in lines[0]
    assert "used first (a record from import:crm.csv" in lines[0]
    assert "138****8021" in lines[1]
    assert "used where those before it can't be" in lines[1]
    assert "先发这个" in both("contacts", "show", "S1", lang="zh").out
    used = both("contacts", "show", "S1", "--format", "json").json["identities"]
    assert [one["used"] for one in used if one["kind"] == "phone"] == ["first", "next"]
