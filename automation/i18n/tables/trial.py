"""Sentences of test sends."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "mark": Text("【测试】", "[Test] "),
    "nobody_allowed": Text(
        '还没有允许的测试地址：请在 automation.toml 的 [testing] 中写 allowed = ["{entry}"]（写完整地址）',
        'nobody may be sent tests yet: write allowed = ["{entry}"] (in full) under [testing] in automation.toml',
    ),
    "not_allowed": Text(
        "{to} 不在允许的测试地址中，没有发送；确实是测试人员的，请把 {entry}（写完整地址）加入 automation.toml 的 "
        "[testing] allowed",
        "{to} is not on the list of allowed testers, nothing was sent; if it is a tester's, add {entry} (in full) to "
        "[testing] allowed in automation.toml",
    ),
    "bad_tester": Text(
        "automation.toml 的 testing.allowed 中“{found}”不是可用的地址：{reason}",
        "testing.allowed in automation.toml: “{found}” is no address: {reason}",
    ),
    "no_address": Text(
        "{reason}；手机号、邮箱可直接写，其他写 openid:…、mini_openid:…、wecom:…",
        "{reason}; a phone or an e-mail is written as it is, others as openid:…, mini_openid:…, wecom:…",
    ),
    "no_channel": Text(
        "没有可发给人的渠道 {found}；可写：{known}", "no message goes out on {found}; channels: {known}"
    ),
    "other_channel": Text(
        "{to} 是 {meant} 的地址，不能用 {channel} 发送；去掉 --channel，或换一个地址",
        "{to} is an address of {meant}, not of {channel}; leave --channel out, or give another address",
    ),
    "suppressed": Text(
        "{to} 在禁发名单中，测试也不发送；请用另一个地址，或先移出：automation contacts lift",
        "{to} is suppressed, and is sent no tests either; use another address, or lift it first: automation contacts "
        "lift",
    ),
    "paused": Text(
        "{scope} 已暂停，测试也不发送；恢复请用：automation resume {scope}",
        "{scope} is paused, and so are tests; to go on: automation resume {scope}",
    ),
    "resting": Text(
        "账号 {accounts} 正在停用或已到速度上限，没有发送；请在 {seconds} 秒后再试",
        "{accounts}: left alone after failures, or at its highest rate; nothing was sent, try again in {seconds} s",
    ),
    "both": Text(
        "{found} 既是规则也是模板；请写 rule:{found} 或 template:{found}",
        "{found} is a rule and a template; write rule:{found} or template:{found}",
    ),
    "nothing_named": Text(
        "没有名为 {found} 的规则或模板{hint}；已有：{known}",
        "there is no rule or template {found}{hint}; known: {known}",
    ),
    "broken_rule": Text("规则 {rule} 有误，请先改正：{problem}", "the rule {rule} is broken; put it right: {problem}"),
    "no_messages": Text("规则 {rule} 没有发送消息的步骤", "the rule {rule} has no step that sends a message"),
    "other_way": Text(
        "该步骤走 {known}，不适用于这个地址", "this step goes out on {known}, which this address is not for"
    ),
    "give_values": Text(
        "；缺少的值可用 --set event.属性=… 或 --set 变量.名称=… 补上",
        "; give the missing values with --set event.NAME=… or --set VARIABLE.NAME=…",
    ),
    # the command
    "status_accepted": Text("已交给服务商", "the provider has it"),
    "status_failed": Text("没有发出：{reason}", "not sent: {reason}"),
    "status_unknown": Text(
        "结果未知：{reason}；请看是否收到，不会自动重发", "unknown: {reason}; look whether it came, nothing is resent"
    ),
    "status_unsent": Text("不发送：{reason}", "nothing to send: {reason}"),
    "sent_to": Text("测试 {id} → {to}（{channel}）", "test {id} → {to} ({channel})"),
    "see": Text("查看：automation messages show {id}", "see it: automation messages show {id}"),
}
