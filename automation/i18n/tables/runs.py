"""Sentences about one person's runs, moved by hand."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "exited": Text("{contact} 已退出规则 {rule}（{count} 次流程）", "{contact} has left {rule} ({count} runs)"),
    "entered": Text("{contact} · 规则 {rule} · 流程 {run}：{told}", "{contact} · {rule} · run {run}: {told}"),
    "not_entered": Text("{contact} 没有进入规则 {rule}：{told}", "{contact} did not enter {rule}: {told}"),
    "skipped": Text(
        "{contact} 已跳过规则 {rule} 的 {step}，立即继续",
        "{contact} goes on at once in {rule}, over {step}",
    ),
    "not_inside": Text(
        "{contact} 不在规则 {rule} 中；经过见 automation why {rule} '{contact}'",
        "{contact} is not inside {rule}; what happened: automation why {rule} '{contact}'",
    ),
    "several": Text(
        "此人在规则 {rule} 中有几次流程（{runs}）；请用 --run 指明一次",
        "the person has several runs of {rule} ({runs}); name one with --run",
    ),
    "waits_for_nothing": Text(
        "规则 {rule} 的流程 {run} 没有可以跳过的等待（状态 {status}）：在排队、规则已停、消息正在发送，或马上就会继续",
        "run {run} of {rule} waits for nothing that could be skipped (status {status}): it stands in a queue, its rule "
        "is stopped, its message is being sent, or it goes on by itself now",
    ),
    "not_running": Text(
        "规则 {rule} 没有在运行，不能进入；请先校验并发布它",
        "the rule {rule} does not run, so nobody can enter it; validate and publish it first",
    ),
    "no_event": Text(
        "规则 {rule} 由事件触发，而 {contact} 还没有这样的事件；请先摄入一个事件",
        "{rule} is called by an event, and {contact} has none that would call it; ingest one",
    ),
}
