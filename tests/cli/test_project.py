"""`init`, `validate`, `schema`, `migrate`: from nothing to a project that runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.cli.conftest import Cli


def test_init_names_next_commands_that_really_work(tmp_path: Path, run: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    said = run("--lang", "en", "init", str(tmp_path / "shop"))
    assert said.code == 0
    assert "12 files written" in said.out
    # when every command of the closing text is run, in its order
    commands = [line.strip() for line in said.out.splitlines() if line.startswith("  ")]
    assert commands[0] == f"cd {tmp_path / 'shop'}"
    monkeypatch.chdir(tmp_path / "shop")
    outputs = {}
    for command in commands[1:]:
        program, *arguments = shlex.split(command)
        assert program == "automation"
        done = run(*arguments)
        assert done.code == 0, f"{command}: {done.err}{done.out}"
        outputs[command] = done.out
    # then people were imported, rules ran, a message lies in the outbox, and `why` tells of it
    assert "entered the rule" in outputs["automation log"]
    assert "entered on" in outputs["automation why whitepaper_nurture M002"]
    assert list((tmp_path / "shop" / "outbox" / "email").rglob("*.eml"))


def test_init_writes_everything_that_a_project_needs(folder: Path) -> None:
    for name in ("automation.toml", "rules.yaml", "catalog.yaml", ".gitignore", "templates", "plugins"):
        assert (folder / name).exists(), name
    assert (folder / "plugins" / "_example_action.py").exists()


@pytest.mark.parametrize(("lang", "words"), [("en", "nothing is overwritten"), ("zh", "不会覆盖任何文件")])
def test_init_overwrites_nothing(tmp_path: Path, run: Cli, lang: str, words: str) -> None:
    (tmp_path / "rules.yaml").write_text("mine", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("mine too", encoding="utf-8")
    said = run("--lang", lang, "init", str(tmp_path))
    assert said.code == 1
    assert "rules.yaml" in said.err
    assert words in said.err
    assert (tmp_path / "rules.yaml").read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "rules.yaml"]


def test_init_fills_a_folder_that_holds_other_things(tmp_path: Path, run: Cli) -> None:
    (tmp_path / "README").write_text("ours", encoding="utf-8")
    assert run("--lang", "en", "init", str(tmp_path)).code == 0
    assert (tmp_path / "rules.yaml").exists()


def test_the_example_plugin_works_once_it_is_renamed(folder: Path, both: Cli) -> None:
    # given the example without its underscore, and a rule that uses it
    (folder / "plugins" / "_example_action.py").rename(folder / "plugins" / "example_action.py")
    rules = (folder / "rules.yaml").read_text(encoding="utf-8")
    step = "      - do: contact.tag\n        with: {add: [大额客户]}\n"
    assert step in rules
    points = "      - do: points.add\n        with: {points: 100}\n        save_as: gift\n"
    (folder / "rules.yaml").write_text(rules.replace(step, points), encoding="utf-8")
    assert both("validate").code == 0
    # when
    both("ingest", str(folder / "events.jsonl"))
    both("run", "--once")
    # then
    assert both("contacts", "show", "M001", "--reveal", "--format", "json").json["attributes"]["points"] == 100
    # and its parameters are checked like a built-in's
    (folder / "rules.yaml").write_text(rules.replace(step, points.replace("100", "0")), encoding="utf-8")
    said = both("validate")
    assert said.code == 1
    assert "0 is too small; at least 1" in said.out


def test_an_unused_example_is_not_loaded(folder: Path, cli: Cli) -> None:
    rules = folder / "rules.yaml"
    text = rules.read_text(encoding="utf-8").replace("do: contact.tag", "do: points.add", 1)
    rules.write_text(text, encoding="utf-8")
    assert "points.add" in cli("validate").out


# ---------------------------------------------------------------- schema and migrate


def test_the_schema_accepts_the_sample_rules_and_knows_the_project(folder: Path, cli: Cli) -> None:
    schema = cli("schema").json
    jsonschema.Draft202012Validator.check_schema(schema)
    rules = yaml.safe_load((folder / "rules.yaml").read_text(encoding="utf-8"))
    jsonschema.validate(rules, schema)
    rules["rules"][0]["trigger"]["with"]["name"] = "order.payed"
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(rules))


def test_migrate_says_from_where_to_where(cli: Cli) -> None:
    first = cli("migrate")
    assert re.search(r"brought from an empty database to \d+", first.out)
    again = cli("migrate", lang="zh")
    assert re.search(r"已是最新版本 \d+", again.out)
    assert again.code == 0


def test_a_database_out_of_reach_is_one_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATION_DATABASE_URL", "postgresql+psycopg://nobody:geheim@127.0.0.1:1/none")
    said = cli("migrate")
    assert said.code == 1
    assert "can't reach the database" in said.err
    assert "geheim" not in said.err
    assert "Traceback" not in said.err
