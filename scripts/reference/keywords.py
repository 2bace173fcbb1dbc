"""Every keyword of the rule file: type, default, meaning. A test holds these tables against the reader's own keys."""

from __future__ import annotations

from typing import NamedTuple

from automation.i18n import Text


class Keyword(NamedTuple):
    """`type` and `default` as an author thinks of them; `default` is "" for a key that is required."""

    name: str
    type: Text
    default: Text
    meaning: Text


REQUIRED = Text("必填", "required")
NONE = Text("无", "none")

TEXT = Text("文字", "text")
NAME = Text("标识", "name")
FLAG = Text("true 或 false", "true or false")
COUNT = Text("正整数", "whole number")
LIST = Text("列表", "list")
CONDITIONS = Text("条件列表", "conditions")
STEPS = Text("步骤列表", "steps")
DURATION = Text("时长", "duration")
SIGNED = Text("时长，可为负", "duration, may be negative")
TIME = Text("时刻", "time of day")
ZONE = Text("时区", "time zone")
PERCENT = Text("百分比", "percentage")
MAPPING = Text("键值", "mapping")
EVENT = Text("事件名", "event name")
CHANNEL = Text("渠道", "channel")
AMOUNT = Text("金额", "amount of money")
SETTING = Text("设置", "the setting")


def _key(name: str, type_: Text, default: Text, zh: str, en: str) -> Keyword:
    return Keyword(name, type_, default, Text(zh, en))


FILE = (
    _key("timezone", ZONE, Text("设置里的 timezone", "the setting timezone"),
         "本文件所有规则的时区", "the time zone of every rule in this file"),
    _key("defaults", MAPPING, NONE, "所有规则共用的守则，键与规则的 guards 相同；其中的 holdout 是全局对照组",
         "guards for every rule of this file, with the keys of a rule's guards; a holdout here is the global control "
         "group"),
    _key("segments", MAPPING, NONE,
         "分群：名称到条件列表（只看联系人及其历史）。条件里写 `segment: 名称` 引用，本文件的规则与别的分群都可用",
         "named condition lists on the contact and its history; the rules and the other segments of this file use one "
         "as `segment: name`"),
    _key("rules", LIST, REQUIRED, "规则，一条一项", "the rules, one an item"),
)  # fmt: skip

RULE = (
    _key("id", NAME, REQUIRED, "规则的固定标识，如 birthday_coupon：小写字母、数字、下划线，字母开头，最长 64。"
         "改了 id 就是另一条规则：旧规则视为删除，里面的人退出",
         "the rule's lasting name, like birthday_coupon: small letters, digits and _, a letter first, 64 at most. "
         "Another id is another rule: the old one counts as removed and its people leave"),
    _key("name", TEXT, Text("同 id", "the id"), "给人看的名称", "what people call it"),
    _key("owner", TEXT, NONE, "负责人或团队", "who looks after it"),
    _key("enabled", FLAG, Text("true", "true"),
         "false 停用：没有人进入，已在其中的人原地暂停，启用后继续",
         "false stops it: nobody enters, people inside stay where they are and go on once it is enabled again"),
    _key("timezone", ZONE, Text("文件的 timezone", "the file's timezone"), "本规则的时区", "this rule's time zone"),
    _key("trigger", MAPPING, REQUIRED, "什么时候触发：type 与 with", "when it fires: type and with"),
    _key("audience", CONDITIONS, Text("所有人", "everybody"), "哪些人可以进入，见“条件与运算符”",
         "who may enter, see Conditions and operators"),
    _key("guards", MAPPING, Text("defaults", "the defaults"), "守则：替换或收紧 defaults，见“守则”",
         "guards: replace or tighten the defaults, see Guards"),
    _key("mode", MAPPING, Text("on_again: parallel", "on_again: parallel"), "同一人再次触发时怎么办",
         "what happens when the same person is called again"),
    _key("digest", MAPPING, NONE, "先收集同一人的事件，到时整批只走一次流程",
         "collect a person's events first, then run the steps once for all of them"),
    _key("exit_when", CONDITIONS, NONE,
         "每一步之前检查，相关事件到达时也立即检查（等待中也查）；满足就退出，不再做后面的步骤",
         "asked before every step, and at once when an event arrives that it asks for, also during a wait; once it "
         "holds, the person leaves and nothing more happens"),
    _key("steps", STEPS, REQUIRED, "依次执行的步骤", "what happens, step by step"),
    _key("goal", MAPPING, NONE, "目标事件：在期限内发生就记为达成，此人随即退出",
         "the event the rule is for: when it happens in time, it is credited to the run, and the person leaves"),
    _key("attribution", MAPPING, NONE, "业绩归因。现在只检查并保留",
         "who is credited with the result. Checked and kept; counted from a later version on"),
    _key("tests", LIST, NONE, "规则的用例，由 automation test 运行；不影响规则的版本。也可写在 *_test.yaml 里",
         "cases for the rule, which `automation test` runs; no part of the rule's version. They may also stand in "
         "*_test.yaml"),
    _key("vars", MAPPING, NONE,
         "文字、数字或 true/false，模板与步骤里写 `{{ vars.名称 }}`，条件里可引用 `vars.名称`；"
         "几条规则可以共用一个模板",
         "texts, numbers or true/false that templates and steps show by `{{ vars.name }}` and conditions compare with "
         "(`vars.name`), so that several rules share one template"),
    _key("priority", Text("0 到 100 的整数", "whole number, 0 to 100"), Text("0", "0"),
         "优先级：频次上限只够发一条时，同一时段内优先级高的规则发，另一条记为 skipped.outranked",
         "where a frequency cap leaves room for one message, the rule with the higher one sends; the other logs "
         "skipped.outranked"),
    _key("catch_up", Text("latest、all、skip", "latest, all, skip"), Text("看触发器", "as the trigger says"),
         "停机期间错过的触发：latest 只补最近一次，all 全部补上，skip 不补",
         "firings missed while nothing ran: latest makes up for the last one, all for each, skip for none"),
    _key("expires_after", DURATION, NONE, "触发或消息晚了这么久，就不再执行、不再发送",
         "a firing or a message that is later than this is not worth sending: it is dropped, and the log says so"),
    _key("max_attempts", Text("1 到 100 的整数", "whole number, 1 to 100"), SETTING,
         "每条消息最多尝试几次，仍不成功即为失败",
         "after so many attempts a message has failed"),
    _key("max_audience", COUNT, NONE, "一次触发要进入的人数超过它时，先扣住，等 `automation approve` 批准",
         "a firing that more people would enter is held for `automation approve`"),
    _key("failure_limit", PERCENT, SETTING, "发送失败率超过它，规则自动暂停（至少 100 次尝试后才算）；none 不暂停",
         "above this rate of failed attempts, counted over at least 100, the rule pauses by itself; none: never"),
    _key("on_unknown", Text("hold、resend", "hold, resend"), Text("hold", "hold"),
         "不知道消息是否发出、也查不到时：hold 不再发送，等人处理；resend 再发一次，可能重复",
         "when it is unknown whether a message was sent, and nobody can be asked: hold leaves it to people, resend "
         "sends it once more, perhaps twice in all"),
    _key("on_change", Text("finish、move、exit", "finish, move, exit"), Text("finish", "finish"),
         "规则改了，里面的人：finish 按进入时的版本走完；move 按步骤 id 移到新版本；exit 退出",
         "what people inside do when the rule changes: finish on the version they entered, move to the new one by "
         "step id, or exit"),
)  # fmt: skip

TRIGGER = (
    _key("type", NAME, REQUIRED, "触发器类型，见“触发器”", "the trigger's type, see Triggers"),
    _key("with", MAPPING, NONE, "该触发器的参数", "its parameters"),
)

MODE = (
    _key("on_again", Text("skip、restart、queue、parallel", "skip, restart, queue, parallel"),
         Text("parallel", "parallel"),
         "skip：已在规则中则不再进入；restart：退出旧流程，从头开始；queue：排队，前一次结束后再走；parallel：同时走多次",
         "skip: whoever is inside doesn't enter again; restart: the old run ends and a new one begins; queue: the new "
         "run begins when the one before is over; parallel: several runs at once"),
    _key("per", Text("contact，或再加事件属性", "contact, or it and event properties"), Text("contact", "contact"),
         "按什么算“已在其中”：`contact` 按人；`[contact, event.sku]` 按人与该属性的每个值",
         "what counts as being inside: `contact` the person; `[contact, event.sku]` the person and each value of the "
         "property"),
)  # fmt: skip

QUIET_HOURS = (
    _key("from", TIME, REQUIRED, "开始时刻（含）", "when it begins (included)"),
    _key("to", TIME, REQUIRED, "结束时刻（不含）；早于 from 则跨午夜", "when it ends (excluded); earlier than `from`, "
         "it crosses midnight"),
    _key("days", Text("[mon, …]、workdays、days_off", "[mon, …], workdays, days_off"), Text("每天", "every day"),
         "从这些天开始的时段：星期，或中国的工作日（workdays）、休息日（days_off），含调休。"
         "只写 days 不写 from、to 指整天；to 可写 24:00",
         "of windows that begin on these days: weekdays, or Chinese workdays or days off, 调休 included. `days` alone "
         "means the whole day; `to` may be 24:00"),
    _key("then", Text("delay、drop", "delay, drop"), Text("delay", "delay"),
         "delay：推迟到时段结束；drop：这条消息不发", "delay: wait for the end; drop: this message is not sent"),
)  # fmt: skip

FREQUENCY_CAP = (
    _key("max", COUNT, REQUIRED, "最多几条", "at most so many messages"),
    _key("per", DURATION, REQUIRED, "滑动时间窗，如 7d 指最近 7 天", "in a sliding window: 7d is the last seven days"),
    _key("channel", CHANNEL, Text("所有渠道", "all channels"), "只计此渠道", "count this channel alone"),
    _key("scope", Text("all、rule", "all, rule"), Text("all", "all"), "all 计所有规则的消息，rule 只计本规则的",
         "all counts the messages of every rule, rule those of this rule"),
)  # fmt: skip

LIMIT = (
    _key("max", COUNT, REQUIRED, "最多几次", "at most so many"),
    _key("per", Text("day、week、month 或时长", "day, week, month, or a duration"), REQUIRED,
         "自然日、自然周（周一起）、自然月，按规则的时区；30d 这样的时长是滑动窗口",
         "a calendar day, week (from Monday) or month of the rule's zone; a duration such as 30d slides"),
    _key("of", Text("entries、coupons、messages", "entries, coupons, messages"), REQUIRED,
         "限什么：进入次数、发券张数、消息条数", "of what: entries, coupons or messages"),
    _key("scope", Text("rule、all", "rule, all"), Text("rule", "rule"), "rule 只计本规则的，all 计所有规则的",
         "rule counts those of this rule, all those of every rule"),
)  # fmt: skip

BUDGET = (
    _key("messages", COUNT, NONE, "一天最多几条消息", "at most so many messages a day"),
    _key("cost", AMOUNT, NONE, "一天最多花多少，以货币单位计，如 500 或 12.5；单价见设置",
         "at most so much a day, in the currency's unit, like 500 or 12.5; prices are settings"),
)  # fmt: skip

STEP = (
    _key("id", NAME, NONE, "步骤标识，在规则内唯一；on_change: move 按它把人移到新版本",
         "the step's name, unique in the rule; on_change: move finds the step by it"),
    _key("name", TEXT, NONE, "步骤说明，供人阅读", "a description of the step, for readers"),
)  # fmt: skip

DO = (
    _key("do", NAME, REQUIRED, "动作类型，见“动作”", "the action's type, see Actions"),
    _key("with", MAPPING, NONE, "该动作的参数", "its parameters"),
    _key("save_as", NAME, NONE,
         "把动作的结果存成变量，后面的条件与模板可用，如 `coupon.code`；`if`、`split` 的不同分支可以用同一个名称",
         "keep the action's outputs under this name for later conditions and templates, like `coupon.code`; other "
         "branches of an `if` or `split` may use it too"),
    _key("on_error", Text("stop、continue", "stop, continue"), Text("看动作", "as the action says"),
         "这一步对此人失败时：stop 结束此人的流程，continue 继续下一步",
         "when the step fails for a person: stop ends the run, continue goes on with the next step"),
)  # fmt: skip

WAIT = (
    _key("wait", Text("时长，或 days、until", "duration, or days, or until"), REQUIRED,
         "等待。等待中的人是数据库里的行，重启不会丢。第一步的时长从让人进入的事件的时间算起",
         "wait. Whoever waits is a row in the database; a restart loses nobody. As a first step, a duration counts "
         "from the time of the event that let the person in"),
    _key("days", Text("天数，或 [mon, …]、workdays、days_off", "a number, or [mon, …], workdays, days_off"), NONE,
         "与 at 一起：几天后的那个时刻，如次日 10:00 写 {days: 1, at: \"10:00\"}；与时刻 until 一起：限这些天",
         "with `at`: so many days later at that time, such as the next day at 10:00; with a time of day in `until`: on "
         "such days alone"),
    _key("until", Text("时刻，或日期字段", "time of day, or date field"), NONE,
         "等到下一个该时刻，或等到某日期字段（contact.…、event.…、变量）那天。联系人的日期在到点时、改动时会重新读取："
         "改到以后就继续等",
         "until the next such time of day, or until the day of a date field (contact.…, event.…, a variable). A "
         "contact's date is read again when the wait is over and when it changes: one that moved on is waited for"),
    _key("offset", SIGNED, NONE, "与日期字段相差多久，如 -1d 指前一天", "before or after the date, e.g. -1d"),
    _key("at", TIME, Text("00:00", "00:00"), "那天的几点", "at what time of that day"),
    _key("zone", Text("contact、rule", "contact, rule"), Text("rule", "rule"),
         "contact：时刻按各人自己的时区（timezone 字段），没有的按规则的",
         "contact: times are those of each person's own zone (the field timezone), or else of the rule's"),
    _key("if_missing", Text("now、skip、stop", "now, skip, stop"), Text("now", "now"),
         "没有该日期时：立即继续、跳过后面的步骤直到本列表的下一个等待、或结束",
         "without the date: go on at once, leave out the steps up to the next wait of this list, or end the run"),
    _key("if_past", Text("now、skip、stop", "now, skip, stop"), Text("now", "now"),
         "日期已过时，同上。等待中的人日期没变、只是醒来晚了，不算已过",
         "the same where the date is past. Whoever waited for a date that did not change is not late"),
)  # fmt: skip

VARS = (
    _key("…", Text("文字、数字、true 或 false", "text, number, true or false"), REQUIRED,
         "名称自己起：小写字母、数字、下划线。写什么就是什么，不渲染也不引用",
         "a name of your own: small letters, digits, underscores. The value is taken as it is: nothing in it is "
         "rendered or looked up"),
)  # fmt: skip

WAIT_FOR = (
    _key("wait_for", MAPPING, REQUIRED, "等此人的某个事件发生", "wait for an event of the person"),
    _key("event", EVENT, REQUIRED, "等哪个事件", "the event"),
    _key("where", CONDITIONS, NONE, "事件属性须满足的条件，属性名不用写 event.",
         "what its properties must satisfy; names go without `event.` here"),
    _key("within", DURATION, REQUIRED, "最多等多久", "for how long"),
    _key("then", STEPS, NONE, "等到了就执行", "do this when it came"),
    _key("else", STEPS, NONE, "没等到就执行", "do this when the time is over"),
    _key("save_as", NAME, NONE,
         "把等到的事件的属性存成变量，如 `paid.amount`；then 里可用，之后只有没等到的人都不再往下走时才可用",
         "keep the event's properties as a variable, like `paid.amount`: for `then`, and for what follows if `else` "
         "never gets there"),
)  # fmt: skip

REPEAT = (
    _key("repeat", MAPPING, REQUIRED, "重复一组步骤", "repeat some steps"),
    _key("times", Text("1 到 1000 的整数", "whole number, 1 to 1000"), REQUIRED,
         "最多几轮；嵌套的 repeat 合起来也不超过 1000 轮", "at most so many rounds; nested repeats make 1000 at most"),
    _key("every", DURATION, NONE, "两轮之间等多久", "how long to wait between two rounds"),
    _key("until", CONDITIONS, NONE, "每轮之前检查（第一轮也查）；满足就不再重复，继续下一步",
         "asked before each round, the first one too; once it holds, the journey goes on behind"),
    _key("steps", STEPS, REQUIRED, "每轮的步骤", "the steps of a round"),
)  # fmt: skip

IF = (
    _key("if", CONDITIONS, REQUIRED, "如果满足", "if this holds"),
    _key("then", STEPS, REQUIRED, "就执行", "do this"),
    _key("elif", LIST, NONE, "否则如果：每项写 if 与 then，依次检查", "else, if: items of if and then, asked in order"),
    _key("else", STEPS, NONE, "都不满足时执行", "do this when none holds"),
)

SPLIT = (
    _key("split", MAPPING, REQUIRED, "按权重分流；同一人在同名分流中总走同一支",
         "divide people by weight; in a split of one name a person's arm never changes"),
    _key("name", NAME, REQUIRED, "分流名称，在规则内唯一", "the split's name, unique in the rule"),
    _key("arms", LIST, REQUIRED, "分支", "the arms"),
    _key("arm", TEXT, REQUIRED, "分支名称，不含空格与 /", "the arm's name, without spaces and /"),
    _key("weight", COUNT, REQUIRED, "权重，按比例分配", "its weight; shares are in proportion"),
    _key("steps", STEPS, REQUIRED, "该分支的步骤", "its steps"),
)  # fmt: skip

STOP = (
    _key("stop", Text("true 或一句原因", "true, or a reason"), REQUIRED, "到此结束", "the journey ends here"),
)  # fmt: skip

DIGEST = (
    _key("for", DURATION, REQUIRED,
         "自第一个事件起最多收集多久。其间同一人的事件不单独进入（skipped.collected），之后的事件开始新的汇总。"
         "步骤里可用 `digest.count`（个数）与 `digest.events`（各事件的属性，旧的在前，最多 100 个）；"
         "`event` 是第一个事件",
         "how long events are collected at most, from the first on. Meanwhile the person's events do not enter by "
         "themselves (skipped.collected); the next one begins another digest. Steps find `digest.count` and "
         "`digest.events` (the properties of each, the oldest first, 100 at most); `event` is the first"),
    _key("at", TIME, NONE, "在 for 之内最后一个该时刻发，如每天 18:00 发前一天以来的：{for: 1d, at: \"18:00\"}",
         "they are sent at the last such time of day within `for`: {for: 1d, at: \"18:00\"} sends every day at 18:00 "
         "what came since the day before"),
)  # fmt: skip

GOAL = (
    _key("event", EVENT, REQUIRED, "目标事件", "the event"),
    _key("where", CONDITIONS, NONE, "事件属性须满足的条件", "what its properties must satisfy"),
    _key(
        "within",
        DURATION,
        REQUIRED,
        "让人进入的事件之后多久内算达成",
        "how long after the event that let the person in it counts",
    ),
)

ATTRIBUTION = (
    _key("credit", NAME, REQUIRED, "归因给哪类对象，如 store", "what kind of thing is credited, e.g. store"),
    _key("id", Text("字段", "field"), REQUIRED, "哪个字段指明它，如 event.store_id",
         "the field that names it, e.g. event.store_id"),
    _key("window", DURATION, REQUIRED, "多久内的业绩归它", "for how long results count"),
)  # fmt: skip

TESTS = (
    _key("name", TEXT, REQUIRED, "用例名称", "the case's name"),
    _key("given", MAPPING, NONE, "此人的情况：字段、身份、标签、同意、之前的事件",
         "the person: fields, identities, tags, consents, what happened before"),
    _key("at", Text("日期与时刻", "date and time"), Text("2026-06-01 12:00", "2026-06-01 12:00"),
         "规则时区的时间，如 2026-08-01 10:00；按时间触发的规则必填",
         "in the rule's zone, e.g. 2026-08-01 10:00; a rule that goes by the clock needs it"),
    _key("events", LIST, Text("一个触发规则的事件", "one event that calls the rule"),
         "此后的事件 {event, properties} 与流逝的时间 {advance: 3d}",
         "what happens from then on: {event, properties}, and time that goes by: {advance: 3d}"),
    _key("expect", Text("原因代码、动作列表或映射", "reason code, list of actions, or mapping"), REQUIRED,
         "应有的结果：一个原因代码，依次执行的动作，或 entered、steps、messages、skipped、exited、state、coupons",
         "what must come of it: a reason code, the actions in order, or entered, steps, messages, skipped, exited, "
         "state, coupons"),
)  # fmt: skip
