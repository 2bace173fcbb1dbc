"""`make demo`: the rules of this repository at work on real orders and invented members, under a moved clock.

No account, no service, no network: everything goes to the outbox, files that can be read.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from automation.clock import ManualClock
from automation.contacts.importing import ImportReport, import_contacts
from automation.engine.engine import Engine
from automation.engine.entry.ingest import Incoming, IngestResult
from automation.i18n import Text, set_language
from automation.insight.report import read_report
from automation.reasons import Reason
from automation.rules.project import Project
from automation.settings import Settings, locale_language
from automation.store.database import Database
from examples import foresight
from examples.cdnow import LAST_DAY, ZONE, Order, expected_win_backs, read_orders, replay
from examples.crash import crash_and_go_on

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "examples"
FOLDER = ROOT / "demo-project"
MOVED_BY = (date(2026, 7, 31) - LAST_DAY).days
"""The orders are moved by this many days, so that their history ends on 2026-07-31."""

SETTINGS = """# Made by `make demo`.
database_url = "sqlite:///automation.db"
timezone = "Asia/Shanghai"

[template_variables]
name = "示例商城"
"""


def main() -> None:
    """Set up, live through eighteen months and five days, and tell what happened."""
    set_language(locale_language())
    set_up()
    settings = Settings.load(FOLDER)
    project = Project.load(settings)
    tell(Text("规则已校验：{ok} 条可运行，{wrong} 条有错误", "rules checked: {ok} can run, {wrong} are broken"),
         ok=len(project.checked.rules), wrong=len(project.checked.broken))  # fmt: skip
    database = Database(settings.database_url)
    database.migrate()
    orders = read_orders()
    clock = ManualClock(datetime.combine(orders[0].day + timedelta(days=MOVED_BY - 1), datetime.min.time(), ZONE))
    import_people(database, project, clock, orders)
    engine = Engine(project, database, clock)
    head(Text("二、十八个月的真实订单", "2. Eighteen months of real orders"))
    live_through(engine, clock, orders)
    head(Text("三、2026 年 8 月的五天", "3. Five days in August 2026"))
    five_days(engine, clock)
    engine.close()
    tell_all(database, orders)
    look_ahead(database, project, clock.now())
    database.close()
    survive_a_crash()
    tell_where_to_look()


def set_up() -> None:
    """A fresh project folder with the repository's rules, catalogue and templates."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    (FOLDER / "automation.toml").write_text(SETTINGS, encoding="utf-8")
    for name in ("rules.yaml", "catalog.yaml"):
        shutil.copy(ROOT / name, FOLDER / name)
    shutil.copytree(ROOT / "templates", FOLDER / "templates")
    head(Text("一、项目与联系人（demo-project/）", "1. The project and its contacts (demo-project/)"))


def import_people(database: Database, project: Project, clock: ManualClock, orders: list[Order]) -> None:
    """The invented members, and the customers of the real orders: four in five allow e-mails."""
    customers = FOLDER / "customers.csv"
    with customers.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["member_no", "email", "consent.marketing.email"])
        for i, customer in enumerate(sorted({order.customer for order in orders})):
            rows.writerow([f"CD{customer}", f"cd{customer}@example.com", "granted" if i % 5 else "denied"])
    members = FOLDER / "members.csv"
    shutil.copy(HERE / "members.csv", members)
    for path in (customers, members):
        report = import_contacts(database, project.catalogue, path, mapping={}, zone=ZONE, clock=clock)
        tell_import(path, report)


def tell_import(path: Path, report: ImportReport) -> None:
    tell(Text("{file}：读取 {read} 行 = 新建 {created} + 更新 {updated} + 不变 {unchanged} + 拒绝 {rejected}",
              "{file}: {read} rows = {created} created + {updated} updated + {unchanged} unchanged"
              " + {rejected} rejected"),
         file=path.name, read=report.read, created=report.created, updated=report.updated,
         unchanged=report.unchanged, rejected=report.rejected)  # fmt: skip
    if report.left_out:
        tell(Text("其中 {rows} 行略去了 {fields} 个有误的字段",
                  "{rows} of them without {fields} field(s) that are wrong"),
             rows=report.partly, fields=report.left_out)  # fmt: skip
    if report.rejects_file is not None:
        with report.rejects_file.open(newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                print(f"    {row['import_line']:>4}  {row['import_reason']}")


def live_through(engine: Engine, clock: ManualClock, orders: list[Order]) -> None:
    """Each day's orders come in as of 00:00, then the engine does what is due."""
    months: Counter[str] = Counter(f"{order.day + timedelta(days=MOVED_BY):%Y-%m}" for order in orders)

    def each_day(day: date) -> None:
        if (day + timedelta(days=1)).day == 1:
            show_progress(f"{day:%Y-%m}", months[f"{day:%Y-%m}"])

    replay(engine, clock, orders, moved_by=MOVED_BY, each_day=each_day)
    print()
    tell(Text("{count:,} 笔订单已入库（原始日期整体后移 {days} 天）",
              "{count:,} orders are in (all dates moved by {days} days)"),
         count=len(orders), days=MOVED_BY)  # fmt: skip


def five_days(engine: Engine, clock: ManualClock) -> None:
    """Birthdays, white papers and stock-outs, each event at its own minute."""
    lines = (HERE / "events.jsonl").read_text(encoding="utf-8").splitlines()
    total = IngestResult()
    for line in sorted(lines, key=lambda line: json.loads(line)["occurred_at"]):
        to(engine, clock, datetime.fromisoformat(json.loads(line)["occurred_at"]))
        total.add(engine.ingest([Incoming(line, "events.jsonl")]))
        engine.run_due()
    to(engine, clock, datetime(2026, 8, 5, 20, 0, tzinfo=ZONE))
    tell(Text("{all} 个事件：新存 {stored}，重复 {duplicates}，隔离 {quarantined}（见 automation quarantine list）",
              "{all} events: {stored} stored, {duplicates} known already, {quarantined} quarantined"
              " (see `automation quarantine list`)"),
         all=len(lines), stored=total.stored, duplicates=total.duplicates, quarantined=total.quarantined)  # fmt: skip


def to(engine: Engine, clock: ManualClock, moment: datetime) -> None:
    """Move the clock hour by hour, and let the engine do what is due on the way."""
    while clock.now() < moment:
        clock.set(min(clock.now() + timedelta(hours=1), moment))
        engine.run_due()


def tell_all(database: Database, orders: list[Order]) -> None:
    """The report, and the check against the independent computation."""
    head(Text("四、谁进入了、谁没有、发了什么", "4. Who entered, who did not, what was sent"))
    for report in read_report(database):
        print("\n".join(report.lines()))
        if report.rule == "win_back":
            held_back = sum(count for reason, count in report.skipped.items() if reason != Reason.SKIPPED_AUDIENCE)
            check_win_backs(report.entered + held_back, orders)


def look_ahead(database: Database, project: Project, now: datetime) -> None:
    """What somebody would do before they let an edit loose on these people."""
    head(Text("五、先看到结果：测试、模拟、推演、追问", "5. See it before it happens: test, simulate, plan, why"))
    passed, count, each = foresight.tested(project)
    tell(Text("automation test：{passed} / {count} 条规则测试通过，每条 {each:.0f} 毫秒",
              "automation test: {passed} of {count} tests of the rules pass, {each:.0f} ms each"),
         passed=passed, count=count, each=each)  # fmt: skip
    edited = foresight.edit(project.settings)
    tell(Text("若把唤回从 90 天改为 60 天（demo-project/{file}）：", "With the win-back after 60 days instead of 90 "
              "(demo-project/{file}):"), file=foresight.EDITED)  # fmt: skip
    local = now.astimezone(ZONE)
    for lines in (foresight.simulated(database, project, edited, local), foresight.planned(database, edited, local)):
        print("\n" + "\n".join(f"    {line}" for line in lines))
    print(f"\nautomation why {foresight.ASKED} {':'.join(foresight.MEMBER)}")
    print(f"    {foresight.reason(database, project, local)}")
    if passed < count:
        raise SystemExit(1)


def survive_a_crash() -> None:
    """A process of its own is killed while it sends; what came of it is counted in the outbox, not in our tables."""
    head(Text("六、发送途中被 kill -9", "6. Killed while sending: kill -9"))
    folder = FOLDER / "crash"
    folder.mkdir()
    done = crash_and_go_on(folder)
    tell(Text("进程被杀时已写出 {at_death:,} / {people:,} 封邮件，其中 {in_doubt} 封它还来不及记账",
              "when the process died, {at_death:,} of {people:,} e-mails were out, {in_doubt} of them not yet noted"),
         **done._asdict())  # fmt: skip
    tell(Text("十分钟后由另一个进程接手：向发件箱核对未记账的邮件，再发其余的",
              "ten minutes later another process goes on: it asks the outbox about those, and sends the rest")
         )  # fmt: skip
    safe = not done.twice and not done.nobody
    tell(Text("    {mark} {people:,} 人：收到两封的 {twice} 人，没收到的 {nobody} 人",
              "    {mark} {people:,} people: {twice} got it twice, {nobody} got nothing"),
         mark="✓" if safe else "✗", **done._asdict())  # fmt: skip
    if not safe:
        raise SystemExit(1)


def tell_where_to_look() -> None:
    head(Text("七、接下来看哪里", "7. Where to look next"))
    written = Counter(path.parts[-3] for path in (FOLDER / "outbox").rglob("*") if path.is_file())
    tell(Text("渲染好的消息在 demo-project/outbox/：{files}",
              "the rendered messages are in demo-project/outbox/: {files}"),
         files=", ".join(f"{channel} {count:,}" for channel, count in sorted(written.items())))  # fmt: skip
    show_a_message()
    for command in COMMANDS:
        print(f"    {command}")


def check_win_backs(accounted: int, orders: list[Order]) -> None:
    """Everybody whom the CSV names is accounted for: entered, or held back by a guard with the reason."""
    lapses = expected_win_backs(orders, last_day=LAST_DAY + timedelta(days=5))
    tell(Text("    {mark} 按 CSV 独立核算应有 {expected:,} 次流失；进入的与有原因未进入的合计 {ours:,} 次",
              "    {mark} the CSV alone says {expected:,} lapses; entered, or held back with the reason: {ours:,}"),
         mark="✓" if accounted == len(lapses) else "✗", expected=len(lapses), ours=accounted)  # fmt: skip
    if accounted != len(lapses):
        raise SystemExit(1)


def show_a_message() -> None:
    """The newest SMS, as it would have gone out."""
    found = sorted((FOLDER / "outbox" / "sms").rglob("*.txt"))
    if found:
        print("\n" + "\n".join("    │ " + line for line in found[-1].read_text(encoding="utf-8").splitlines()) + "\n")


COMMANDS = (
    ".venv/bin/automation -p demo-project log --rule birthday_coupon",
    ".venv/bin/automation -p demo-project why birthday_coupon member_no:M0001",
    ".venv/bin/automation -p demo-project messages list --channel wechat",
    ".venv/bin/automation -p demo-project contacts show member_no:M0004",
    ".venv/bin/automation -p demo-project quarantine list",
    ".venv/bin/automation -p demo-project test --coverage",
    ".venv/bin/automation -p demo-project explain win_back",
    ".venv/bin/automation -p demo-project funnel win_back",
    ".venv/bin/automation -p demo-project simulate win_back --from 2026-05-01 --to 2026-08-01",
    ".venv/bin/automation -p demo-project plan --rules demo-project/what-if.yaml",
    ".venv/bin/automation -p demo-project status",
    "docs/tutorial.md · docs/tutorial.zh-CN.md",
)


def show_progress(month: str, orders: int) -> None:
    print(f"    {month} {'▇' * max(orders // 40, 1)} {orders:,}", flush=True)


def head(text: Text) -> None:
    print(f"\n{text.get()}\n")


def tell(text: Text, **values: Any) -> None:
    print(text.get().format(**values))


if __name__ == "__main__":
    main()
