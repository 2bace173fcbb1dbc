"""`validate`: every problem of every file, placed, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_good_project(cli: Cli) -> None:
    said = cli("validate")
    assert (said.code, said.out) == (0, "valid: 3 rules, 0 errors, 0 warnings\n")


def test_problems_of_all_files_in_one_run(folder: Path, cli: Cli) -> None:
    # given mistakes in rules, catalogue and templates
    change(folder / "rules.yaml", "contact.level", "contact.levle")
    change(folder / "rules.yaml", "template: case_study", "template: case_stduy")
    change(folder / "catalog.yaml", "type: money", "type: mony")
    change(folder / "templates" / "birthday.sms.j2", "{{ coupon.code }}", "{{ coupon.code }")
    # when
    said = cli("validate")
    # then
    assert said.code == 1
    files = {line.split(":")[0] for line in said.out.splitlines()[:-1]}
    assert files == {"rules.yaml", "catalog.yaml", "templates/birthday.sms.j2"}
    for line in said.out.splitlines()[:-1]:
        _, number, column, severity = line.split(":")[:4]
        assert number.isdigit(), line
        assert column.isdigit(), line
        assert severity.strip() in ("error", "warning"), line
    assert "did you mean contact.level?" in said.out
    assert said.out.splitlines()[-1].startswith("not valid: ")


def test_in_chinese(folder: Path, cli: Cli) -> None:
    change(folder / "rules.yaml", "contact.level", "contact.levle")
    said = cli("validate", lang="zh")
    assert "错误：" in said.out
    assert "contact.level" in said.out
    assert said.out.splitlines()[-1] == "校验未通过：1 个错误，0 个提示；2 条规则可用"


def test_as_json(folder: Path, cli: Cli) -> None:
    change(folder / "rules.yaml", "contact.level", "contact.levle")
    said = cli("validate", "--format", "json")
    assert said.code == 1
    (problem,) = said.json["problems"]
    assert {"file", "line", "column", "severity", "key", "path", "message"} == problem.keys()
    assert (problem["file"], problem["severity"]) == ("rules.yaml", "error")
    assert problem["path"].startswith("rules/birthday_coupon/audience")
    assert (said.json["ok"], said.json["errors"], said.json["warnings"]) == (False, 1, 0)


def test_given_files_are_checked_against_the_project(folder: Path, cli: Cli, tmp_path: Path) -> None:
    other = tmp_path / "draft.yaml"
    other.write_text((folder / "rules.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert cli("validate", str(other)).code == 0
    change(other, "contact.level", "contact.levle")
    change(folder / "rules.yaml", "order.paid", "order.payed")  # not asked for
    said = cli("validate", str(other))
    assert said.code == 1
    assert str(other) in said.out
    assert "order.payed" not in said.out


def test_a_given_file_is_shown_as_it_was_named(folder: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    change(folder / "rules.yaml", "contact.level", "contact.levle")
    monkeypatch.chdir(folder)
    assert cli("validate", "rules.yaml").out.startswith("rules.yaml:")


def test_a_file_that_is_not_there(cli: Cli) -> None:
    said = cli("validate", "nothing.yaml")
    assert said.code == 1
    assert "nothing.yaml" in said.out


def test_warnings_alone_do_not_fail(folder: Path, cli: Cli) -> None:
    (folder / "templates" / "stray.html").write_text("x", encoding="utf-8")
    said = cli("validate")
    assert said.code == 0
    assert "templates/stray.html:1:1: warning:" in said.out
    assert "1 warnings" in said.out


# ---------------------------------------------------------------- settings


def test_a_wrong_provider_is_named_with_its_line(folder: Path, cli: Cli) -> None:
    toml = folder / "automation.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + '\n[providers.sms]\ntype = "twillio"\n', encoding="utf-8")
    line = toml.read_text(encoding="utf-8").splitlines().index('type = "twillio"') + 1
    said = cli("validate")
    assert said.code == 1
    assert said.out.startswith(f"automation.toml:{line}:1: error:")
    assert "twilio" in said.out


def test_a_wrong_setting_of_one_of_several_accounts_is_named_with_its_line(folder: Path, cli: Cli) -> None:
    toml = folder / "automation.toml"
    tables = '\n[[providers.sms]]\ntype = "outbox"\nrate = "1/s"\n[[providers.sms]]\ntype = "outbox"\nrate = "fast"\n'
    toml.write_text(toml.read_text(encoding="utf-8") + tables, encoding="utf-8")
    line = toml.read_text(encoding="utf-8").splitlines().index('rate = "fast"') + 1
    said = cli("validate")
    assert said.code == 1
    assert said.out.startswith(f"automation.toml:{line}:1: error: providers.sms.1.rate")


def test_a_secret_that_this_machine_lacks_is_a_warning(folder: Path, cli: Cli) -> None:
    toml = folder / "automation.toml"
    provider = '\n[providers.sms]\ntype = "twilio"\naccount_sid = "AC1"\nauth_token = {env = "NO_SUCH_VARIABLE"}\n'
    provider += 'from_number = "+12025550123"\n'
    toml.write_text(toml.read_text(encoding="utf-8") + provider, encoding="utf-8")
    said = cli("validate")
    assert said.code == 0
    assert "NO_SUCH_VARIABLE" in said.out
    assert "warning:" in said.out


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ('timezone = "Asia/Shanghai"', 'timezone = "Asia/Shanghia"', 5, "no such time zone"),
        ('timezone = "Asia/Shanghai"', 'time_zone = "Asia/Shanghai"', 5, "time_zone"),
        ('timezone = "Asia/Shanghai"', "timezone = Asia", 5, "can't be read"),
    ],
)
def test_wrong_settings_are_problems_of_their_file(
    folder: Path, cli: Cli, old: str, new: str, place: int, words: str
) -> None:
    change(folder / "automation.toml", old, new)
    said = cli("validate")
    assert said.code == 1
    assert said.out.startswith(f"automation.toml:{place}:")
    assert words in said.out


def test_other_commands_say_wrong_settings_in_one_line_each(folder: Path, cli: Cli) -> None:
    change(folder / "automation.toml", "Asia/Shanghai", "Asia/Shanghia")
    said = cli("log", lang="zh")
    assert said.code == 1
    assert said.err.startswith("automation.toml:5:1: 错误：")
    assert said.err.count("\n") == 1
