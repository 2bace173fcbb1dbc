"""The plugin guide: its blocks are the example files, and the examples keep every promise and run end to end."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from automation.catalogue.builtin import builtin
from automation.clock import ManualClock
from automation.engine.engine import Engine
from automation.plugin import Registry
from automation.providers.base import Content, Outgoing
from automation.providers.context import ProviderContext
from automation.rules.project import Project
from automation.rules.schema_json import json_schema
from automation.settings import Settings
from automation.store import schema
from automation.testing import check_action
from scripts.make_reference import of_project, pages
from tests.docs.tutorials import blocks
from tests.engine.world import at
from tests.fakes.server import FakeServer, Hang, Recorded, Reply, nobody

if TYPE_CHECKING:
    from automation.store.database import Database

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "plugins"
GUIDE = ROOT / "docs" / "plugins.md"
KEY = "key-of-the-gateway-71"
SHANGHAI = ZoneInfo("Asia/Shanghai")

REGISTRY = Registry.load(EXAMPLES)
AddPoints: Any = REGISTRY.actions["points.add"]
Payday: Any = REGISTRY.triggers["payday"]
SmsGateway: Any = REGISTRY.providers["sms_gateway"]


class Gateway(FakeServer):
    """What the in-house gateway does: it wants its key, knows numbers by their +, and gives each message an id."""

    def respond(self, request: Recorded) -> Reply:
        if request.headers["Authorization"] != f"Bearer {KEY}":
            return Reply(401)
        if not request.json()["to"].startswith("+"):
            return Reply(400, body="bad number")
        return Reply(200, body={"id": f"g{len(self.accepted)}"})


def provider_at(url: str, database: Database, folder: Path, timeout: float = 5.0) -> Any:
    params = SmsGateway.Params(url=url, api_key=SecretStr(KEY), timeout=timeout)
    return SmsGateway(params, ProviderContext("sms", folder, database, ManualClock(at("2026-08-14 09:00")), SHANGHAI))


def message(number: int) -> Outgoing:
    return Outgoing(f"m{number}", "sms", f"+8613800138{number:03d}", Content(text="你好"))


def test_the_guides_tests_run_in_a_folder_of_ones_own(tmp_path: Path) -> None:
    # given a folder with nothing but the blocks of the guide
    for block in blocks(GUIDE.read_text(encoding="utf-8")):
        if len(block.words) > 1:
            file = tmp_path / block.words[1].removeprefix("examples/plugins/")
            file.parent.mkdir(exist_ok=True)
            file.write_text(block.body, encoding="utf-8")
    # when its author runs them
    typed = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    ran = subprocess.run(typed, cwd=tmp_path, capture_output=True, text=True, check=False)
    # then
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "4 passed" in ran.stdout


def test_the_action_keeps_the_contract_on_postgresql_too(db: Database) -> None:
    check_action(AddPoints, {"points": 100}, db)


def test_the_blocks_of_the_guide_are_the_example_files() -> None:
    shown = [block for block in blocks(GUIDE.read_text(encoding="utf-8")) if len(block.words) > 1]
    for block in shown:
        assert block.body == excerpt(*block.words[1:]), f"line {block.line}: {block.words[1]} reads otherwise"
    names = {block.words[1] for block in shown}
    assert {f"examples/plugins/{path.name}" for path in EXAMPLES.glob("*.py")} <= names


def excerpt(name: str, mark: str | None = None) -> str:
    """A file of the repository, or what stands in it between `# MARK: begin` and `# MARK: end`."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return text if mark is None else text.partition(f"# {mark}: begin\n")[2].partition(f"# {mark}: end\n")[0]


def test_the_parameter_table_names_what_there_is() -> None:
    from automation.rules import params

    table = GUIDE.read_text(encoding="utf-8").partition("| annotation |")[2].partition("\n\n")[0]
    for name in re.findall(r"\b([A-Z]\w+)\(", table):
        assert hasattr(params, name), name
    for name in ("PositiveDuration", "SignedDuration", "TimeOfDay", "LocalDate", "Zone"):
        assert name in table
        assert hasattr(params, name)


@pytest.mark.parametrize(
    ("day", "days"),
    [
        (15, ["2026-08-14", "2026-09-15", "2026-10-15"]),  # 15 August 2026 is a Saturday
        (31, ["2026-08-31", "2026-09-30", "2026-10-30"]),  # a month without a 31st; 31 October 2026 is a Saturday
        (1, ["2026-09-01", "2026-10-01", "2026-10-30"]),  # 1 November 2026 is a Sunday
    ],
)
def test_payday_is_the_friday_before_a_weekend(day: int, days: list[str]) -> None:
    params, moment = Payday.Params(day=day), at("2026-08-02 00:00")
    found = []
    for _ in days:
        firing = Payday().next(params, SHANGHAI, moment)
        found.append(f"{firing.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}")
        moment = firing.at
    assert found == [f"{each} 10:00" for each in days]


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (Reply(429, {"Retry-After": "7"}), "transient"),
        (Reply(401), "transient"),
        (Reply(400, body="bad number"), "permanent"),
        (Reply(502), "unknown"),
        (Hang(after_accept=True), "unknown"),
    ],
)
def test_the_gateways_answers_become_outcomes(behaviour: Any, kind: str, sqlite_db: Database, tmp_path: Path) -> None:
    with Gateway() as gateway:
        gateway.script(behaviour)
        outcome = provider_at(gateway.url, sqlite_db, tmp_path, timeout=0.5).send([message(1)])[0]
    assert outcome.kind == kind
    assert outcome.retry_after == (7.0 if isinstance(behaviour, Reply) and behaviour.headers else None)


def test_a_gateway_that_is_not_there_proves_that_nothing_was_sent(sqlite_db: Database, tmp_path: Path) -> None:
    assert provider_at(nobody(), sqlite_db, tmp_path).send([message(1)])[0].kind == "transient"


def project_in(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The example project, with its gateway at `url`."""
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    settings = (folder / "automation.toml").read_text(encoding="utf-8")
    (folder / "automation.toml").write_text(settings.replace("http://127.0.0.1:8900/messages", url), encoding="utf-8")
    monkeypatch.setenv("GATEWAY_KEY", KEY)
    return Project.load(Settings.load(folder))


def test_the_project_runs_from_payday_to_the_gateway(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from automation.clock import to_ms
    from automation.contacts.consent import ConsentChange, record_consent
    from automation.contacts.profile import load_contacts
    from automation.contacts.resolve import resolve

    with Gateway() as gateway:
        project = project_in(tmp_path / "shop", gateway.url, monkeypatch)
        assert [problem.shown("en") for problem in project.problems] == []
        clock = ManualClock(at("2026-08-13 12:00"))
        engine = Engine(project, db, clock)
        with db.write() as conn:
            now = to_ms(clock.now())
            found = resolve(conn, project.catalogue, [{"phone": "+8613800138001"}], now, create=True, actor="test")
            assert isinstance(found[0], int)
            record_consent(conn, [ConsentChange(found[0], "marketing", "*", "granted", "test", now)], actor="test")
        engine.run_due()
        assert gateway.accepted == []

        clock.set(at("2026-08-14 10:00"))  # the Friday before Saturday the 15th
        engine.run_due()
        engine.run_due()
        engine.close()

        assert [request.json()["text"] for request in gateway.accepted] == [
            "【示例商城】发薪日快乐！送您 100 积分，现有 100 分。拒收请回复R"
        ]
    with db.read() as conn:
        assert load_contacts(conn, [found[0]])[found[0]]["points"] == 100
        assert conn.scalars(select(schema.event.c.name).where(schema.event.c.name == "points.added")).all() == [
            "points.added"
        ]
        assert conn.scalars(select(schema.message.c.status)).all() == ["accepted"]


def test_the_plugins_are_validated_like_built_in_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project_in(tmp_path / "shop", "http://127.0.0.1:1", monkeypatch)
    rules = tmp_path / "shop" / "rules.yaml"
    text = (
        rules.read_text(encoding="utf-8")
        .replace("{points: 100}", "{points: 0, bonus: 1}")
        .replace("day: 15", "dya: 15")
    )
    rules.write_text(text, encoding="utf-8")
    found = [problem.shown("en") for problem in Project.load(Settings.load(tmp_path / "shop")).problems]
    assert any("payday has no parameter dya" in each and "did you mean day?" in each for each in found), found
    assert any("points.add has no parameter bonus" in each for each in found), found
    assert any("0 is too small; at least 1" in each for each in found), found


def test_the_plugins_are_documented_like_built_in_ones() -> None:
    written = pages(of_project(EXAMPLES))
    assert "## `points.add`" in written["en/actions.md"]
    assert "| `points` | 整数 | 必填 | 加多少积分 |" in written["zh/actions.md"]
    assert (
        "| `day` | whole number | required | the day of the month; the last day where there is none |"
        in written["en/triggers.md"]
    )
    assert "## `sms_gateway`" in written["zh/providers.md"]
    assert "how many points to add" in str(json_schema(REGISTRY, builtin()))
