"""What each setting of automation.toml means, keyed by its dotted name. The reference is made from it."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "project_id": Text(
        "项目的身份；数据库记住它，别的项目就不会误用这个数据库。同一项目在各台机器、各个副本中写相同的值",
        "the project's identity; the database remembers it, so that no other project runs on it by mistake. The same "
        "on every machine and in every copy of the project",
    ),
    "database_url": Text(
        "数据库地址。SQLite 写 sqlite:///文件名（相对于项目目录），PostgreSQL 写 postgresql+psycopg://用户@主机/库名。"
        "密码请用环境变量 AUTOMATION_DATABASE_URL 传入整个地址，不要写进文件",
        "The database: sqlite:///FILE (relative to the project folder) or postgresql+psycopg://user@host/name. "
        "Pass an address with a password through AUTOMATION_DATABASE_URL instead of writing it into the file",
    ),
    "lang": Text(
        "命令输出与报错的语言：zh 或 en；不写则按系统语言。命令行的 --lang 优先",
        "The language of output and errors: zh or en; without it, as the system says. --lang goes first",
    ),
    "timezone": Text(
        "项目时区：规则文件没写 timezone 时用它，命令里的日期与显示的时间也按它",
        "The project's time zone: for rule files without a timezone, for dates on the command line, for times shown",
    ),
    "rules": Text("规则文件，可写多个", "The rule files, one or more"),
    "catalogue": Text(
        "目录文件：联系人字段、事件与券批次", "The catalogue file: contact fields, events and coupon batches"
    ),
    "templates": Text("模板文件夹", "The folder of templates"),
    "plugins": Text("自定义插件文件夹", "The folder of your own plugins"),
    "ingest.batch_size": Text(
        "导入事件时每个事务处理多少条", "How many events one transaction takes when events come in"
    ),
    "ingest.create_contacts": Text(
        "事件里的联系人不存在时是否自动建档；false 则该事件进入隔离区",
        "Whether an event about somebody unknown makes a contact; with false the event is quarantined",
    ),
    "delivery.max_attempts": Text(
        "服务商暂时失败时，一条消息最多尝试几次", "How often a message is tried when the provider fails for the moment"
    ),
    "delivery.backoff_seconds": Text(
        "首次重试前等待的秒数，之后每次翻倍，最长 6 小时；服务商要求等更久时以服务商为准",
        "Seconds before the first retry; doubled each time, up to 6 hours; longer when the provider asks for it",
    ),
    "delivery.lease_seconds": Text(
        "消息标记为“发送中”后，多少秒没有结果就判为“结果未知”。须大于一批消息的发送时间",
        "Seconds after which a message still being sent is called unknown. Keep it longer than sending a batch takes",
    ),
    "delivery.batch_size": Text(
        "每批最多取多少条消息发送（服务商自身的上限更小时以服务商为准）",
        "How many messages are sent in one batch at most; a provider's own limit may be lower",
    ),
    "delivery.failure_limit": Text(
        "一条规则的消息失败率超过它（至少 100 次之后才计算）就自动暂停该规则，例如 20%；none 表示不自动暂停。"
        "规则里的 failure_limit 优先",
        "When more of a rule's messages fail than this share, counted over at least 100, the rule is paused by itself; "
        "none: never. A rule's own failure_limit goes first",
    ),
    "delivery.breaker.failures": Text(
        "一个服务商账号连续失败几次后停用一段时间；其间消息照常排队，不计入尝试次数，有备用账号时改由备用账号发送",
        "After how many failures in a row a provider account is left alone for a while; meanwhile messages stay "
        "queued, use up no attempt, and go to the channel's next account if there is one",
    ),
    "delivery.breaker.seconds": Text(
        "首次停用的秒数，之后用一条消息试探；试探失败则加倍，最长 1 小时",
        "Seconds for which it is left alone at first; then one message tries it, and each failure doubles them, "
        "up to an hour",
    ),
    "daemon.tick_seconds": Text("守护进程每隔多少秒查看一次到期工作", "How often the daemon looks for what is due"),
    "daemon.reload_seconds": Text(
        "每隔多少秒检查规则、目录、模板、插件文件是否改动", "How often the daemon looks for changed project files"
    ),
    "daemon.log_format": Text(
        "守护进程日志格式：console 给人看，json 每行一个对象，给日志系统收集",
        "The daemon's log: console for people, json (one object a line) for collectors",
    ),
    "retention.events": Text(
        "事件保留多久，如 400d；不写则永久保留（以下各项相同）。不能短于规则回看的时长；更早的事件不再接收，进入隔离区",
        "How long events are kept, like 400d; for ever without it, as for the others here. Not shorter than what rules "
        "look back; older events are no longer taken but quarantined",
    ),
    "retention.log": Text(
        "执行日志保留多久；汇总报告只统计保留的部分",
        "How long the execution log is kept; reports count what is kept",
    ),
    "retention.content": Text(
        "消息内容（模板变量与附加参数，测试发送也算）保留多久；之后消息记录仍在，但看不到当时发了什么",
        "How long the content of messages and test sends is kept (variables and parameters); after that the message is "
        "still listed, but not what it said",
    ),
    "retention.messages": Text(
        "消息记录与测试发送记录保留多久，不能短于频次上限的时长；汇总报告只统计保留的部分",
        "How long messages and test sends are kept, not shorter than the frequency caps look back; reports count what "
        "is kept",
    ),
    "retention.quarantine": Text("隔离区的条目保留多久", "How long quarantined items are kept"),
    "retention.event_times": Text(
        "没有自带时间的事件，系统给定的时间保留多久，不能短于 events；这些事件靠它识别，之后再来一次就当作新事件",
        "How long the time is kept that was given to events without one, not shorter than events; they are recognised "
        "by it, and taken for new ones when they come again later",
    ),
    "retention.merges": Text(
        "合并记录（两人合并前的资料）保留多久；之后该次合并不能再用 contacts split 撤销",
        "How long it is kept what two contacts were before they were merged; after that `contacts split` can't undo it",
    ),
    "webhook.allow_private": Text(
        "是否允许 webhook.post 访问内网地址与 http:// 地址；默认拒绝",
        "Whether webhook.post may call private addresses and plain http; refused by default",
    ),
    "testing.allowed": Text(
        'send-test 可以发到的地址，如 ["+8613800138000", "me@example.com", "openid:o…", "wecom:…"]；不在其中的一律拒绝',
        'The addresses that send-test may send to: ["+8613800138000", "me@example.com", "openid:o…", "wecom:…"]. Any '
        "other is refused",
    ),
    "testing.mark": Text(
        "测试消息是否在主题或正文前加“【测试】”；短信加在开头的【签名】之后",
        "Whether a test says [Test] before its subject or text; in an SMS that begins with 【…】, after it",
    ),
    "publishing.mode": Text(
        "什么在运行：files 为目录里的文件，保存即生效；explicit 为最近一次 automation publish 发布的内容，改文件不生效",
        "What runs: files, as they lie in the folder; or explicit: what automation publish published last, and an "
        "edited file changes nothing",
    ),
    "firings.ask_from": Text(
        "一次触发进入的人少于这个数，从不等待批准；规则写了 max_audience 时以它为准，不看这里",
        "a firing that enters fewer people than this never waits for approval; a rule's max_audience replaces it",
    ),
    "publishing.removal_limit": Text(
        "规则从文件里删去时，里面合计不超过这么多人就按删除处理；超过则这些人停在原处，等 automation rules remove 确认",
        "when rules are gone from their file and at most so many people are inside, they are removed; with more, those "
        "people stand still until automation rules remove decides",
    ),
    "publishing.removal_undo": Text(
        "删除规则后，里面的人停在原处这么久才退出，其间放回文件或 automation rules restore 即可撤销（m、h、d、w）",
        "how long those inside a removed rule stand still before they leave; until then the rule's return to the "
        "files, or automation rules restore, undoes it (m, h, d, w)",
    ),
    "publishing.approval.required": Text(
        "新增或改动的规则将进入的人数超过 publishing.approval.over 的方案，是否须由作者以外的人批准"
        "（automation approve-plan）才能发布",
        "Whether somebody else than the author must approve a plan (automation approve-plan) by which more people than "
        "publishing.approval.over would enter its new or changed rules",
    ),
    "publishing.approval.over": Text(
        "新增或改动的规则将进入的人数超过它的方案须经批准；0 表示凡有人进入都须批准",
        "How many people may enter new or changed rules by a plan that nobody approved; 0: none",
    ),
    "lint.tracking": Text(
        "营销链接须带的跟踪参数，按参数名的开头匹配；写 [] 则 automation lint 不检查",
        "The beginnings of the tracking parameters that links of marketing messages carry; [] switches the check of "
        "`automation lint` off",
    ),
    "lint.subject_characters": Text(
        "邮件主题超过多少个字符时 automation lint 给出警告",
        "Above how many characters `automation lint` warns of an e-mail's subject",
    ),
    "providers": Text(
        "每个渠道一张表 [providers.渠道]，用 type 指定服务商，其余键见“服务商”一页；一个渠道有多个账号时写多张 "
        "[[providers.渠道]]，按顺序使用。没有写的渠道使用 outbox，只写文件不发送",
        "One table per channel, [providers.CHANNEL]: `type` names the provider, the other keys are on the page about "
        "providers. Several accounts of a channel are several tables [[providers.CHANNEL]], used in order. A channel "
        "without a table uses the outbox, which writes files and sends nothing",
    ),
    "prices": Text(
        '每个渠道一条消息的价格，[prices] 表，如 sms = "0.045"、email = "0.001"，单位为货币元，最多 4 位小数；'
        "短信按每一分条计价；免费的渠道写 0。没有写价格的渠道不计费用，而有费用预算的规则不会用它发送",
        'What one message costs by channel, a table [prices]: sms = "0.045", email = "0.001", in the currency unit, at '
        "most 4 decimals; an SMS costs it for every segment, what is free says 0. Without a price no cost is kept, and "
        "rules whose budget limits the cost do not send on that channel",
    ),
    "sources": Text(
        "poll 触发器可以读取的数据库，每个一张表 [sources.名称]。url 是 SQLAlchemy 格式的地址，含密码时写成 "
        '{env = "NAME"}；只读，不写入。timeout_seconds 是一次查询最多执行的秒数，默认 30',
        "The databases that poll triggers may read, one table [sources.NAME] each. `url` is an address as SQLAlchemy "
        'writes it; with a password, write {env = "NAME"}. They are only read. `timeout_seconds` is how long one query '
        "may take, 30 if absent",
    ),
    "template_variables": Text(
        "所有模板都能用的文字，写作 {{ brand.名称 }}", "Texts that every template may use as {{ brand.NAME }}"
    ),
}
