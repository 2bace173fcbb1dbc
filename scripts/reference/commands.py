"""Every command with its arguments and options, from the Typer application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import typer.main

from automation.i18n import Lang, Text
from scripts.reference.markdown import Page, code

if TYPE_CHECKING:
    from scripts.reference.surroundings import Surroundings

NAME = "commands"

MEANINGS: dict[str, Text] = {
    "init": Text("新建一个能直接运行的项目目录，不覆盖任何文件。",
                 "Writes a project folder that runs; nothing is overwritten."),
    "validate": Text("检查规则、目录、模板、插件与设置，一次列出全部问题（文件:行:列）。有错误时退出码为 1。",
                     "Checks rules, catalogue, templates, plugins and settings and lists every problem as "
                     "file:line:column. Exit code 1 when there is an error."),
    "schema": Text("输出规则文件的 JSON Schema，供编辑器补全与检查，含本项目的字段、事件与插件。",
                   "Prints the JSON Schema of rule files for an editor, with this project's fields, events and "
                   "plugins."),
    "render": Text("预览某人会收到的内容；短信还会显示字符数与计费条数。缺变量时退出码为 1。",
                   "Shows what a person would get; for SMS also characters and segments. Exit code 1 when it would not "
                   "be sent."),
    "send-test": Text("用真实服务商把模板或规则的消息发给名单上的测试地址（[testing] allowed），"
                      "内容按 --as 的联系人渲染。"
                      "在 messages list 中标为测试；不影响频控、冷却、预算、失败率与报表，券码是占位的。",
                      "Sends what a template or a rule would say to a contact, by the real provider, to an address on "
                      "the list [testing] allowed. It is marked as a test in `messages list` and counts nowhere: no "
                      "cap, cooldown, budget, failure rate or report; coupon codes are placeholders."),
    "lint": Text("检查消息的用词（广告法绝对化用语、品牌用语）、签名与退订方式、抽样收件人缺少的变量、短信条数与费用、"
                 "微信字段长度、链接。有错误时退出码为 1；编号与放行写法见 docs/lint.zh-CN.md。",
                 "Looks at the words of messages (absolute terms, the brand's voice), signature and unsubscribing, "
                 "what sampled people lack, SMS segments and cost, WeChat's limits, links. Exit code 1 when there is "
                 "an error; docs/lint.md lists the codes and how to allow one."),
    "test": Text("运行规则里 tests: 与 *_test.yaml 的用例：真实引擎、内存数据库、可拨动的时钟，不发送任何内容。"
                 "有用例未通过或文件有错误时退出码为 1；写法见 docs/testing-rules.zh-CN.md。",
                 "Runs the cases of `tests:` and `*_test.yaml`: the real engine, a database in memory, a clock that is "
                 "moved, nothing sent. Exit code 1 when one fails or a file has a mistake; see docs/testing-rules.md."),
    "backfill": Text("让规则补上 --since 之后已经发生的事件或已到的日期：先在副本上试算并显示谁会进入，"
                     "加 --yes 才执行。"
                     "按现在的资料与守则决定，遵守 expires_after；重复执行不会重复进入；记入审计。",
                     "Lets a rule meet the events, or the dates, since a moment: plans on a copy and shows who would "
                     "enter, and does it with --yes. Decided by profiles and guards as they are now, within "
                     "expires_after; a second run changes nothing. Audited."),
    "migrate": Text("把数据库升级到最新结构。其他命令也会自动升级。",
                    "Brings the database to the newest revision. Other commands do this by themselves."),
    "run": Text("运行守护进程；--once 只处理当前到期的工作后退出。收到 SIGTERM 会做完手头的批次再停。",
                "Runs the daemon; with --once does what is due and exits. On SIGTERM the batch in hand is finished "
                "first."),
    "status": Text("守护进程、延迟、积压、各规则的状态、隔离区与最近的错误。",
                   "The daemon, lags, backlog, rules and their state, quarantine, last errors."),
    "move": Text("把整个数据库（每一张表）复制到一个新建的空库，例如从 SQLite 迁到 PostgreSQL：要么全部，要么不动；"
                 "这里什么都不删除。守护进程须先停止。",
                 "Copies the whole database, every table, into a new and empty one, for example from SQLite to "
                 "PostgreSQL: all of it or nothing; nothing is deleted here. The daemon must be stopped."),
    "ingest": Text("导入事件（JSON Lines）。坏行进入隔离区，其余照常。",
                   "Takes events (JSON Lines). A bad line is quarantined, the others are taken."),
    "quarantine list": Text("列出隔离区里的条目与原因。", "Lists quarantined items with their reasons."),
    "quarantine retry": Text("重新接收；仍有问题的会以新编号回到隔离区。",
                             "Takes items again; what is still wrong comes back under a new id."),
    "quarantine drop": Text("放弃条目，不再重试（数据保留）。", "Puts items aside for good; nothing is deleted."),
    "prune": Text("按 [retention] 的保留期分批清理旧数据，不锁表；守护进程每晚自动执行。",
                  "Removes what is older than [retention] keeps, in small steps without locking; the daemon does it "
                  "every night."),
    "log": Text("查看执行日志：每个决定及其原因。", "Shows the execution log: every decision and its reason."),
    "why": Text("逐条说明某人为何进入或不进入某规则：每个条件与守则、看到的值、在文件中的行；--at 以另一时刻为准，"
                "--message 改问一条消息。",
                "Says condition by condition and guard by guard why a person enters a rule or not, with the values "
                "seen and the line in the file; --at asks as of another moment, --message about one message instead."),
    "explain": Text("用文字或流程图（Mermaid、SVG、PNG）解释整条规则，可直接给业务同事看。",
                    "Tells a whole rule as prose or as a diagram (Mermaid, SVG, PNG), good enough to be shown around."),
    "funnel": Text("一条规则的漏斗：看过、进入、每一步、达成目标，以及每一处为何有人离开；各数相加必相等。",
                   "One rule's funnel: looked at, entered, each step, the goal, and why people fall off at each place; "
                   "the numbers add up."),
    "plan": Text("推演发布后的影响：谁会进入、少了谁、每天各渠道多少条与费用、规则重叠与循环、流程中的人。"
                 "不写入，不发送。",
                 "What publishing the files would change: who would enter, who no longer would, messages and cost "
                 "by day, overlaps, circles, people inside. Nothing is written or sent."),
    "simulate": Text("把已存的事件与日期在一份拷贝上重放一遍，看规则当时会做什么；可与另一规则文件对比。",
                     "Replays stored events and dates on a copy: what the rules would have done then, beside another "
                     "rules file if you like."),
    "report": Text("汇总：各规则进入、跳过及原因、发送情况。",
                   "Sums up each rule: who entered, who was skipped and why, what was sent."),
    "pause": Text("立即暂停：全部、一条规则或一个渠道。一秒内对所有进程生效；事件照常入库，人在原处等待，不丢也不重。",
                  "Stops everything, a rule or a channel, within a second in every process. Events come in, people "
                  "wait where they are, nothing is lost or doubled."),
    "resume": Text("恢复被暂停的全部、规则或渠道。", "Lets everything, a rule or a channel go on."),
    "pauses": Text("列出暂停了什么、谁暂停的、为什么。", "Lists what is paused, by whom and why."),
    "approve": Text("不带编号：列出因人数过多而待批准的触发。带编号：批准，或用 --reject 否决。",
                    "Without an id: what waits because it would reach too many people. With one: lets it run, or "
                    "--reject."),
    "missed": Text("列出没有按时执行的触发，以及后来如何处理。",
                   "Schedules that were not run in time, and what became of each."),
    "contacts import": Text("导入联系人（CSV 或 JSON Lines；UTF-8、UTF-16 或 GB18030；逗号、分号或制表符）。"
                            "先显示每一列如何理解；不认识的列在终端里会询问，否则不写入任何数据、以退出码 1 结束，"
                            "除非写了 --map、--skip 或 --unknown。有误的字段略去，认不出是谁的行被拒，"
                            "都写入被拒文件，此时退出码为 3。"
                            "consent_at 列是答复同意的日期；没有日期的“是”不能推翻以前的拒绝。",
                            "Imports people from CSV or JSON Lines; UTF-8, UTF-16 or GB18030; commas, semicolons or "
                            "tabs. Shows first how each column is understood; what is unknown is asked for on a "
                            "terminal, and otherwise ends it with exit code 1 and nothing kept, unless --map, --skip "
                            "or --unknown says more. A wrong field is left out, a row that names nobody is rejected; "
                            "both go to a rejects file, and the exit code is 3. A column consent_at says when the "
                            "answers about consent were given; a yes without a date never undoes a no."),
    "contacts show": Text("查看一个人的全部资料，默认打码。", "Everything known of one person, masked by default."),
    "contacts export": Text("导出全部联系人，格式与导入一致。CSV 中的公式已失效，导入时还原；--raw-csv 原样输出。",
                            "Everybody, in the form that the import reads. Formulas in CSV do nothing, and the import "
                            "takes off what was put on for that; --raw-csv gives cells as they are."),
    "contacts recast": Text(
        "把类型与目录不符的已存值转换过来（如以前按文字导入、后来声明为日期的列）；无法转换的保留并按没有值处理，"
        "--drop 则删除。",
        "Brings stored values of another type than the catalogue says to that type, such as a column that was "
        "imported as text and declared a date later; what can't be read stays and counts as no value, or goes "
        "with --drop."),
    "contacts consent": Text("记录某人对某用途、某渠道的同意或拒绝。",
                             "Records a person's yes or no for a purpose and a channel."),
    "contacts suppress": Text("把某人加入禁发名单：一个或所有渠道，一段时间或永久。",
                              "Puts a person on the suppression list: one channel or all, for a while or for ever."),
    "contacts export-data": Text("以 JSON 导出一个人的全部数据，记入审计。",
                                 "Everything known of one person as JSON; audited."),
    "contacts erase": Text("删除一个人的个人信息，不可撤销；统计不变，之后不再联系此人；记入审计。",
                           "Erases a person's data for good; sums stay, and nothing is sent to the person again; "
                           "audited."),
    "contacts lift": Text("移出禁发名单。", "Takes a person off the suppression list."),
    "contacts problems": Text("列出因资料有误（电话、邮箱、时区）而在某渠道收不到消息的人，以及可疑的身份："
                              "不是任何人的（undefined、0、无）、写法不同其实相同的、把不同的人并到一起的；附处理办法。",
                              "Whom a wrong phone, e-mail or time zone holds back on a channel; and doubtful "
                              "identities: nobody's (undefined, 0, 无), the same written in two ways, or bringing "
                              "strangers together. Each with what to do."),
    "contacts merge": Text("把两位联系人合并为一人，保留较早的一位；两个不同的单一身份不能合并；记入审计。",
                           "Makes one of two contacts; the older one survives. Two values of a single kind are "
                           "refused. Audited."),
    "contacts split": Text("撤销最近一次合并（或以 #编号 指明被并入的那位）：各自拿回合并前的身份、字段、"
                           "标签、同意、事件、流程和消息；之后发生的分不清，留在原处并报出数量；其间的拒绝对两人都有效。"
                           "--identity 把部分身份拆到一位新联系人。记入审计。",
                           "Undoes the newest merge, or by its #id that of the contact that was merged away: each gets "
                           "back what they had: identities, fields, tags, answers, events, runs and messages. What "
                           "came since can't be told apart: it stays and is counted; denials of that time hold for "
                           "both. --identity takes identities out into a new contact. Audited."),
    "contacts normalise": Text("把已存的身份统一为规范写法（半角、无空格、按需不分大小写），"
                               "列出与别人相同的，供人工合并。",
                               "Brings stored identities to their normal form (half-width, no blanks, without case "
                               "where the catalogue says so) and lists those that another contact has, for merging."),
    "contacts retry": Text("忘记某人的资料问题，下次照常发送；记入审计。",
                           "Forgets a person's problems so that messages are tried again; audited."),
    "suppressions list": Text("列出禁发名单：谁、在哪个渠道、为什么、来自哪里、到何时；默认打码。",
                              "Who is sent nothing: on which channel, why, from which source, until when; masked by "
                              "default."),
    "suppressions export": Text("导出禁发名单，格式与导入一致；记入审计。删除个人信息时留下的摘要不在其中。",
                                "The list in the form that its import reads; audited. Hashes that erasures left are "
                                "not in it."),
    "suppressions import": Text("导入禁发名单或外部的勿扰名单。只会新增或延长，不会移出任何人；"
                                "看不懂的渠道按所有渠道、看不懂的到期按永久；认不出是谁的行被拒，退出码为 3。",
                                "Adds a suppression list, or a do-not-contact list of somebody else. It only adds or "
                                "lengthens; a channel that can't be read is all of them, an end that can't be read is "
                                "never; a row that names nobody is rejected, and the exit code is 3."),
    "suppressions lift": Text("将一个地址移出禁发名单；记入审计。", "Takes an address off the list; audited."),
    "coupons import": Text("把券码导入 pool 批次，全部成功或全部不导入。",
                           "Adds codes to a pool, all or nothing."),
    "coupons list": Text("各批次的已发与剩余。", "What each batch has issued and has left."),
    "messages list": Text("列出消息及其状态。", "Lists messages and what became of them."),
    "messages show": Text("查看一条消息：当时发出的内容与全部经过。",
                          "One message: exactly what was sent, and its history."),
    "messages settle": Text("人工认定结果未知的消息：已发出、未发出，或再发一次；记入日志与审计。",
                            "Says by hand what became of unknown messages: sent, failed, or send again. Logged and "
                            "audited."),
    "runs exit": Text(
        "让一个人立即退出规则：此人在该规则中的流程（含排队的）全部结束，尚未发出的消息作废；记入日志与审计。",
        "Lets one person leave a rule now: all their runs of it end, those in its queue too, and what is queued to be "
        "sent is dropped. Logged and audited."),
    "runs enter": Text(
        "让一个人进入规则，进入限制照常判断，不让进就说明原因、退出码为 1；由事件触发的规则用此人最近的那个事件。"
        "记入日志与审计。",
        "Lets one person into a rule. The guards at entry are asked as for everybody; when one says no, the reason is "
        "told and the exit code is 1. An event's rule gets the person's newest event. Logged and audited."),
    "runs skip": Text(
        "让一个人跳过当前的等待，立即继续：等事件的走未等到的分支，推迟发送的消息不发。记入日志与审计。",
        "Lets one person go on at once, over what they wait for: a wait for an event takes the branch of the time-out, "
        "a message that was put off is not sent. Logged and audited."),
    "publish": Text("发布编辑好的文件：先校验、算出方案，再按这个方案原样发布，记下作者、时间与原因。--plan "
                    "只发布看过的那个方案，文件、正在运行的版本或数据有变动即拒绝。publishing.mode 为 explicit 时，"
                    "守护进程只运行发布过的内容。--canary 5% 只让固定的一部分联系人运行，见 docs/canary.zh-CN.md。",
                    "Lets the edited files run: checks them, plans, and publishes exactly that plan, with author, time "
                    "and reason. With --plan only the plan that was seen: it is refused when files, what runs, or the "
                    "data moved. With publishing.mode = explicit the daemon runs only what was published. --canary 5% "
                    "lets a stable share of the contacts run it, see docs/canary.md."),
    "canary": Text("灰度发布进行中：按规则并排列出灰度与其余两边进入、跳过、发送、失败、费用与目标的数字，"
                   "比率附 95% 区间。没有灰度时退出码为 1。",
                   "While a canary runs: who entered, was skipped, got what, at what cost and with how many goals, "
                   "rule by rule, beside the others; rates with their 95 % interval. Exit code 1 when none runs."),
    "promote": Text("让灰度的文件对所有人运行：先列出两边的数字，再与 publish 一样算方案、按需批准。",
                    "Lets a canary's files run for everybody: shows the numbers, then plans and asks for approval like "
                    "publish."),
    "approve-plan": Text("批准他人的方案（[publishing.approval]）。作者不能批准自己的方案；方案一变，批准作废。",
                         "Approves somebody else's plan ([publishing.approval]). Nobody approves their own; an "
                         "approval is void once the plan has changed."),
    "versions": Text("列出什么时候、由谁、为什么换了版本；给出规则时只列该规则的版本变化。",
                     "Lists what ran since when, by whom and why; with a rule, only when that rule changed."),
    "diff": Text("用文字说明两个版本的差别：哪条规则、哪个键、由什么改为什么；files 指目录里的文件。",
                 "Tells in words what differs: which rule, which key, from what to what; `files` is the folder."),
    "rollback": Text("重新发布以前的一个版本，与 publish 一样校验、算方案、按需批准。publishing.mode 为 files 时须加 "
                     "--write-files，把文件写回目录并备份现有文件。灰度进行中不写编号即撤回灰度。",
                     "Publishes an earlier publication once more, checked, planned and approved like any other. With "
                     "publishing.mode = files it needs --write-files: the files are written back, today's are kept. "
                     "While a canary runs, without a number it takes the canary back."),
    "rules missing": Text(
        "列出文件里没有、但里面还有人或可以恢复的规则：原因、人数、处理办法。",
        "Rules that the files do not have, with people inside or able to come back: why, how many, what to do.",
    ),
    "rules remove": Text(
        "决定已不在文件里的规则中的人怎么办：exit 停在原处、过了 publishing.removal_undo 退出，"
        "finish 走完、不再有人进入；"
        "--now 立即退出，不可撤销。记入审计。",
        "Decides about those inside a rule that the files do not have: exit lets them leave once "
        "publishing.removal_undo is over, finish lets them go on to the end while nobody enters; --now lets them leave "
        "at once, for good. Audited.",
    ),
    "rules restore": Text(
        "撤销删除：还没退出的人停在原处，把规则放回文件后继续。记入审计。",
        "Undoes a removal: whoever has not left stands still and goes on once the files have the rule again. Audited.",
    ),
    "audit list": Text("查看谁改了什么；个人信息默认打码。", "Lists who changed what; personal data is masked."),
    "audit verify": Text("沿哈希链核对审计记录，指出被改动、缺失或绕过程序写入的条目；--head 用以前记下的链头核对末尾。"
                         "不符时退出码为 1。",
                         "Walks the chain of hashes and names rows that were changed, taken out or put in; --head "
                         "checks the end against a head noted earlier. Exit code 1 when anything is wrong."),
}  # fmt: skip
"""By the words that are typed."""


class Command(NamedTuple):
    """One command as Click knows it."""

    name: str
    command: Any


def commands() -> Iterator[Command]:
    """Every command, groups opened, in the order of `--help`."""
    from automation.cli.main import app

    yield from _below(typer.main.get_command(app), "")


def page(lang: Lang, around: Surroundings) -> str:
    page = Page(lang)
    page.heading(1, Text("命令", "Commands"))
    page.text(
        Text(
            "所有命令之前都可以写这些选项。联系人可写 `'#42'`、`phone:13800138000` 或一个身份的值（如会员号）。",
            "These options go before every command. A contact is written as `'#42'`, `phone:13800138000`, or a value "
            "of "
            "an identity such as a member number.",
        )
    )
    from automation.cli.main import app

    _parameters(page, typer.main.get_command(app))
    for name, command in commands():
        page.heading(2, code(f"automation {name}"))
        if name in MEANINGS:
            page.text(MEANINGS[name])
        _parameters(page, command)
    return page.markdown()


def _below(group: Any, prefix: str) -> Iterator[Command]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _below(command, f"{prefix}{name} ")
        else:
            yield Command(prefix + name, command)


def _parameters(page: Page, command: Any) -> None:
    rows = [(_written(p), _help(p, page.lang)) for p in command.params if p.name != "help"]
    if rows:
        page.table((Text("参数", "argument or option"), Text("含义", "meaning")), rows)


def _written(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return code(parameter.metavar or parameter.name.rstrip("_").upper())
    value = "" if parameter.is_flag else f" {parameter.metavar or parameter.name.rstrip('_').upper()}"
    return code(", ".join(parameter.opts) + value)


def _help(parameter: Any, lang: str) -> str:
    """Help texts are written in both languages, English first: `Rule id 规则`."""
    text = getattr(parameter, "help", None) or ""
    chinese = next((i for i, letter in enumerate(text) if "\u4e00" <= letter <= "\u9fff"), len(text))
    english = text[:chinese].strip()
    shown = (english or text) if lang == "en" else text
    default = parameter.default
    if isinstance(default, (str, int)) and not isinstance(default, bool) and str(default):
        value = getattr(default, "value", default)
        shown += f" ({'default' if lang == 'en' else '默认'} `{value}`)"
    return shown
