"""Settings as strict as rule files: every mistake at once, from the file or a variable, with the nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from automation.settings import Settings
from automation.settings_source import PREFIX, Source
from tests.cli.conftest import Cli

NAMES = ["AUTOMATION_DATABASE_URL", "AUTOMATION_TIMEZONE", "AUTOMATION_INGEST__BATCH_SIZE",
         "AUTOMATION_DELIVERY__BREAKER__FAILURES", "AUTOMATION_PUBLISHING__APPROVAL__REQUIRED"]  # fmt: skip


def test_every_mistake_is_told_at_once_in_the_operators_language(
    folder: Path, run: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given mistakes in the file and in variables
    toml = folder / "automation.toml"
    text = toml.read_text(encoding="utf-8").replace("timezone =", 'lang = "zh"\ntime_zone =')
    toml.write_text(text + "\n[delivery]\nmax_attempts = 0\n  backof_seconds = 3\n", encoding="utf-8")
    monkeypatch.setenv("AUTOMATION_DATABASEURL", "sqlite:///x.db")
    monkeypatch.setenv("AUTOMATION_INGEST__BATCH_SIZE", "many")
    last = len(toml.read_text(encoding="utf-8").splitlines())
    # when any command looks at them, without --lang
    said = run("--project", str(folder), "status")
    # then
    assert said.code == 1
    lines = said.err.splitlines()
    assert [line.split(" ")[0] for line in lines] == [
        "AUTOMATION_DATABASEURL:", "AUTOMATION_INGEST__BATCH_SIZE:", "automation.toml:6:1:",
        f"automation.toml:{last - 1}:1:", f"automation.toml:{last}:3:",
    ]  # fmt: skip
    assert "您是否想写 AUTOMATION_DATABASE_URL？" in lines[0]
    assert "ingest.batch_size 有误：应为整数" in lines[1]
    assert "没有 time_zone 这个设置；您是否想写 timezone？" in lines[2]
    assert "delivery.max_attempts 有误：应为不小于 1 的数" in lines[3]
    assert "您是否想写 backoff_seconds？" in lines[4]
    # and in English where that was asked for
    said = run("--project", str(folder), "--lang", "en", "validate")
    assert (said.code, said.out.count(" error: ")) == (1, 5)
    assert "did you mean AUTOMATION_DATABASE_URL?" in said.out


def test_sections_below_sections_are_set_by_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "DELIVERY__BREAKER__FAILURES": "7", "PUBLISHING__APPROVAL__REQUIRED": "true", "PUBLISHING__MODE": "explicit",
        "PROVIDERS__SMS__TYPE": "twilio", "PROVIDERS__SMS__AUTH_TOKEN": "geheim", "PROVIDERS__SMS__RATE": "3/s",
        "SOURCES__ERP__URL": "sqlite:///erp.db", "TEMPLATE_VARIABLES__NAME": "店", "PRICES__SMS": "0.05",
        "RULES": "a.yaml, b.yaml", "TESTING__ALLOWED": "a@example.com",
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(PREFIX + name, value)
    monkeypatch.setenv("AUTOMATION_SMS_TOKEN", "named by the file")
    (tmp_path / "automation.toml").write_text(
        '[providers.email]\ntype = "smtp"\npassword = {env = "AUTOMATION_SMS_TOKEN"}'
    )
    found = Settings.load(tmp_path)
    assert (found.delivery.breaker.failures, found.publishing.approval.required) == (7, True)
    assert (found.rules, found.testing.allowed) == (("a.yaml", "b.yaml"), ("a@example.com",))
    assert (found.template_variables, str(found.prices["sms"])) == ({"name": "店"}, "0.05")
    assert found.sources["erp"].url == "sqlite:///erp.db"
    ((place, table),) = found.accounts("sms")
    assert found.filled(place, table) == {"type": "twilio", "rate": "3/s", "auth_token": "geheim"}


def test_a_variable_for_one_of_several_accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "automation.toml").write_text(
        '[[providers.sms]]\ntype = "outbox"\n[[providers.sms]]\ntype = "outbox"\n'
    )
    monkeypatch.setenv("AUTOMATION_PROVIDERS__SMS__1__RATE", "2/s")
    assert [table.get("rate") for _, table in Settings.load(tmp_path).accounts("sms")] == [None, "2/s"]


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(NAMES), at=st.integers(11, 40), letter=st.sampled_from("QX_"), how=st.sampled_from("+-"))
def test_no_variable_of_ours_is_overlooked(name: str, at: int, letter: str, how: str) -> None:
    """A letter more or less in a variable's name: it is an error that offers a name, or it is another setting."""
    at = min(at, len(name) - 1)
    typed = name[:at] + (letter + name[at:] if how == "+" else name[at + 1 :])
    source = Source()
    source.overlay({typed: "1"}, Settings)
    known = typed == name or _known(typed.removeprefix(PREFIX).lower().split("__"), Settings)
    assert bool(source.problems) is not known
    assert known or "did you mean AUTOMATION_" in source.problems[0].text("en")


def _known(path: list[str], model: type[BaseModel]) -> bool:
    info = model.model_fields.get(path[0])
    if info is None or len(path) == 1:
        return info is not None
    below = info.annotation
    return isinstance(below, type) and issubclass(below, BaseModel) and _known(path[1:], below)


@pytest.mark.parametrize(
    ("text", "place", "zh"),
    [
        ("lang = en", "1:", "这里的值不对；文字要加引号"), ("a\n", "1:", "键的后面要写 ="),
        ('lang = "en"\nlang = "zh"', "2:", "同一个键或表写了两次"), ('lang = "en', "1:", "引号没有结束"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_toml_is_told_in_words(run: Cli, tmp_path: Path, text: str, place: str, zh: str) -> None:
    (tmp_path / "automation.toml").write_text(text, encoding="utf-8")
    said = run("--project", str(tmp_path), "--lang", "zh", "validate")
    assert said.code == 1
    assert said.out.startswith(f"automation.toml:{place}")
    assert "错误： automation.toml 无法读取：" in said.out
    assert zh in said.out


# ---------------------------------------------------------------- providers


def test_the_skeletons_examples_are_right(folder: Path, cli: Cli) -> None:
    """Each block that is commented out, alone: only secrets of which this machine knows nothing are missing."""
    toml = folder / "automation.toml"
    whole = toml.read_text(encoding="utf-8").splitlines()
    heads = [i for i, line in enumerate(whole) if line.startswith("# [")]
    assert len(heads) >= 4
    for head in heads:
        end = next(i for i in range(head, len(whole) + 1) if i == len(whole) or whole[i].strip() in ("", "#"))
        block = [line.removeprefix("# ") for line in whole[head:end]]
        toml.write_text("\n".join([*whole[:head], *block, *whole[end:]]), encoding="utf-8")
        said = cli("validate")
        assert said.code == 0, (block, said.out)
        assert said.out.count("which is not set") == "\n".join(block).count("{env"), said.out


WITHOUT_SECRET = """
[providers.sms]
type = "twilio"
account_sid = "AC1"
auth_token = {env = "NO_SUCH_TOKEN"}
sender = "+12025550123"
"""


def test_an_absent_secret_hides_no_other_mistake(folder: Path, cli: Cli) -> None:
    toml = folder / "automation.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + WITHOUT_SECRET, encoding="utf-8")
    said = cli("validate")
    assert said.code == 1
    assert "error: providers.sms.sender: twilio has no such parameter" in said.out
    assert "warning: providers.sms.auth_token needs the environment variable NO_SUCH_TOKEN" in said.out


def test_a_channel_that_can_not_be_used_is_an_error_of_run_once_and_status_names_it(busy: Cli, folder: Path) -> None:
    toml = folder / "automation.toml"
    whole = toml.read_text(encoding="utf-8")
    toml.write_text(whole + WITHOUT_SECRET, encoding="utf-8")
    said = busy("run", "--once")
    assert said.code == 1
    assert "a channel can't be used: providers.sms.sender: twilio has no such parameter" in said.err
    assert "everything due now is done" in said.out
    shouted = busy("status", "--format", "json").json["attention"]
    assert len(shouted) == 2
    assert "NO_SUCH_TOKEN" in shouted[1]
    assert "渠道无法使用：providers.sms" in busy("status", lang="zh").out
    toml.write_text(whole, encoding="utf-8")
    assert busy("run", "--once").code == 0
