"""Sentences of `explain`: every part of a rule in words that can be shown to a manager."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    # small words
    "yes": Text("是", "yes"),
    "no": Text("否", "no"),
    "semicolon": Text("；", "; "),
    "parameter": Text("{label}：{value}", "{label}: {value}"),
    "titled": Text("{title}（{parameters}）", "{title} ({parameters})"),
    "happening": Text("“{event}”{where}", "“{event}”{where}"),
    "variable": Text("〔{label}〕", "[{label}]"),
    "heading": Text("{name}（{id}）", "{name} ({id})"),
    # headings
    "part_about": Text("概况", "At a glance"),
    "part_trigger": Text("何时触发", "When it fires"),
    "part_audience": Text("谁能进入", "Who enters"),
    "part_entry": Text("进入时的限制", "Limits on entering"),
    "part_steps": Text("流程", "What happens"),
    "part_message": Text("发送前的守则", "Before every message"),
    "part_exit": Text("何时提前退出", "When people leave early"),
    "part_goal": Text("目标", "The goal"),
    "part_handling": Text("运行约定", "How it is run"),
    "part_diagram": Text("流程图", "Diagram"),
    # about
    "owner": Text("负责人：{owner}", "Owner: {owner}"),
    "disabled": Text("规则目前停用（enabled: false），不会有人进入", "The rule is disabled: nobody enters"),
    "zone": Text("时间均指 {zone} 当地时间", "Times are local times of {zone}"),
    "version": Text("版本 {version}，写在 {file} 第 {line} 行", "Version {version}, written in {file}, line {line}"),
    "version_alone": Text("版本 {version}", "Version {version}"),
    # triggers
    "event": Text("每当发生{event}", "Whenever {event} happens"),
    "event_people": Text("{sentence}，对{field}所指的人触发", "{sentence}, for everybody whom {field} names"),
    "event_after": Text(
        "{sentence}，且此人在此前 {duration}内发生过{event}",
        "{sentence}, if the person had {event} within {duration} before",
    ),
    "event_not_followed": Text(
        "{sentence}，且此人在此后 {duration}内没有发生{event}（届时才决定是否进入）",
        "{sentence}, unless the person has {event} within {duration} after (decided only then)",
    ),
    "anniversary_on": Text("每年{field}当天 {at}{calendar}", "Every year at {at} on the contact's {field}{calendar}"),
    "anniversary_before": Text(
        "每年{field}前 {offset}的 {at}{calendar}", "Every year at {at}, {offset} before the contact's {field}{calendar}"
    ),
    "anniversary_after": Text(
        "每年{field}后 {offset}的 {at}{calendar}", "Every year at {at}, {offset} after the contact's {field}{calendar}"
    ),
    "calendar_lunar": Text("（按农历）", " (lunar calendar)"),
    "feb29_feb28": Text("2 月 29 日出生者在平年算 2 月 28 日", "29 February counts as 28 February in other years"),
    "feb29_mar1": Text("2 月 29 日出生者在平年算 3 月 1 日", "29 February counts as 1 March in other years"),
    "feb29_skip": Text("2 月 29 日出生者在平年不触发", "29 February is left out in other years"),
    "leap_regular": Text("闰月出生者过平月", "a leap month counts as the regular month"),
    "leap_leap": Text("闰月出生者在有该闰月的年份过闰月", "a leap month counts as the leap month where there is one"),
    "with_note": Text("{sentence}；{note}", "{sentence}; {note}"),
    "every": Text("每隔 {duration}", "Every {duration}"),
    "every_at": Text("每隔 {duration}，在 {at}", "Every {duration} at {at}"),
    "on_dates": Text("在 {dates} 的 {at}", "On {dates} at {at}"),
    "workdays": Text("每个工作日（含调休）{at}", "On every Chinese workday at {at}"),
    "workdays_first": Text("每月第一个工作日（含调休）{at}", "On the first Chinese workday of each month at {at}"),
    "workdays_last": Text("每月最后一个工作日（含调休）{at}", "On the last Chinese workday of each month at {at}"),
    "cron": Text("按 cron 时间表“{cron}”", "By the cron schedule “{cron}”"),
    "cron_daily": Text("每天 {at}", "Every day at {at}"),
    "cron_weekly": Text("每{days} {at}", "Every {days} at {at}"),
    "cron_monthly": Text("每月 {days} 日 {at}", "On day {days} of each month at {at}"),
    "cron_last_day": Text("每月最后一天 {at}", "On the last day of each month at {at}"),
    "cron_last_weekday": Text("每月最后一个周一至周五 {at}", "On the last Monday to Friday of each month at {at}"),
    "cron_placed": Text("每月{days} {at}", "On {days} of each month at {at}"),
    "last_day": Text("末", "the last"),
    "place_0": Text("最后一个{day}", "the last {day}"),
    "place_1": Text("第一个{day}", "the first {day}"),
    "place_2": Text("第二个{day}", "the second {day}"),
    "place_3": Text("第三个{day}", "the third {day}"),
    "place_4": Text("第四个{day}", "the fourth {day}"),
    "place_5": Text("第五个{day}", "the fifth {day}"),
    "cron_months": Text("{sentence}（仅 {months} 月）", "{sentence} (only in month {months})"),
    "weekday_0": Text("周日", "Sunday"),
    "weekday_1": Text("周一", "Monday"),
    "weekday_2": Text("周二", "Tuesday"),
    "weekday_3": Text("周三", "Wednesday"),
    "weekday_4": Text("周四", "Thursday"),
    "weekday_5": Text("周五", "Friday"),
    "weekday_6": Text("周六", "Saturday"),
    "inactivity_daily": Text(
        "每天 {at} 检查，对距最近一次{event}超过 {duration}的人触发",
        "Every day at {at}, for those whose latest {event} is more than {duration} ago",
    ),
    "inactivity_every": Text(
        "每隔 {every}检查，对距最近一次{event}超过 {duration}的人触发",
        "Every {every}, for those whose latest {event} is more than {duration} ago",
    ),
    "segment_entered": Text(
        "有人进入分群“{name}”（{condition}）时", "When somebody comes to belong to the segment “{name}” ({condition})"
    ),
    "segment_left": Text(
        "有人离开分群“{name}”（{condition}）时", "When somebody ceases to belong to the segment “{name}” ({condition})"
    ),
    "segment_sweep": Text(
        "{sentence}；每隔 {duration}另作一次全面核对", "{sentence}; everybody is looked at again every {duration}"
    ),
    "poll": Text(
        "每隔 {every}查询数据源 {source}，每读到一行新数据即视为发生{event}，对{contact}所指的人触发",
        "Every {every} the source {source} is asked; each new row counts as {event} of whom {contact} names",
    ),
    "poll_rows": Text(
        "{sentence}；新行按 {watermark} 列识别，从 {start} 之后读起，{key} 相同的算同一行，SQL 见规则文件",
        "{sentence}; rows are new by the column {watermark}, read from after {start}, and the same by {key}; "
        "the rule file has the SQL",
    ),
    "poll_occurred": Text(
        "{sentence}，发生时间取 {column} 列", "{sentence}; it happened when the column {column} says"
    ),
    # actions
    "message": Text("{title}（模板 {template}）", "{title} (template {template})"),
    "message_opens": Text("{sentence}，点击后打开 {target}", "{sentence}; a tap opens {target}"),
    "message_by": Text("通过{channel}发送模板“{template}”", "send the template “{template}” by {channel}"),
    "message_in_turn": Text(
        "发送模板“{template}”，依次尝试{channels}，送达即止",
        "send the template “{template}” by the first of these that reaches the person: {channels}",
    ),
    "coupon": Text("发一张“{coupon}”", "issue a “{coupon}”"),
    "coupon_term": Text("{sentence}，有效期 {duration}", "{sentence}, valid for {duration}"),
    "coupon_until": Text("{sentence}，最晚用到 {date}", "{sentence}, until {date} at the latest"),
    "coupon_kept": Text("{sentence}；消息没发出也保留券码", "{sentence}; it is kept even when no message gets out"),
    "vars": Text("给模板的值：{values}", "values for its templates: {values}"),
    "tags_add": Text("打上标签“{tags}”", "add the tags “{tags}”"),
    "tags_remove": Text("去掉标签“{tags}”", "remove the tags “{tags}”"),
    "tags_wecom": Text("在企业微信里{sentence}", "in WeCom, {sentence}"),
    "update": Text("更新资料：{changes}", "update the contact: {changes}"),
    "update_set": Text("{field}改为 {value}", "{field} becomes {value}"),
    "update_clear": Text("清空{field}", "{field} is cleared"),
    "emit": Text("产生事件“{event}”", "emit the event “{event}”"),
    "emit_with": Text("产生事件“{event}”（{properties}）", "emit the event “{event}” ({properties})"),
    "webhook": Text("通知外部系统 {url}", "tell another system at {url}"),
    "webhook_with": Text("{sentence}，附上 {names}", "{sentence}, with {names}"),
    # audience
    "everybody": Text("没有人群条件：触发到的人都可进入", "No conditions: everybody whom the trigger names may enter"),
    "one_condition": Text("条件：{condition}", "Only if {condition}"),
    "all_conditions": Text("须同时满足：", "Only if all of these hold:"),
    # guards at entry
    "holdout": Text(
        "本规则随机留出 {share} 的人作对照组，始终不进入",
        "{share} of the people are this rule's control group and never enter",
    ),
    "global_holdout": Text(
        "所有规则共用的对照组占 {share}，始终不进入",
        "{share} of the people are the control group of all rules and never enter",
    ),
    "cooldown": Text("同一人 {duration}内最多进入一次", "Nobody enters twice within {duration}"),
    "digest": Text(
        "{who}的事件先收集，自第一个起{duration}后，整批只走一次流程",
        "The events of {who} are collected, and {duration} after the first the steps run once for all of them",
    ),
    "digest_at": Text(
        "{who}的事件先收集，自第一个起{duration}之内最后一个 {at} 时，整批只走一次流程",
        "The events of {who} are collected, and at the last {at} within {duration} of the first the steps run once for "
        "all of them",
    ),
    "again_skip": Text("{who}已在流程中时，再次触发不进入", "{who} who is inside does not enter again"),
    "again_restart": Text("{who}已在流程中时，再次触发则从头开始", "{who} who is inside and enters again starts over"),
    "again_queue": Text(
        "{who}已在流程中时，再次触发先排队，前一次结束后再进入",
        "{who} who is inside enters again once the earlier run is over",
    ),
    "again_parallel": Text("{who}可以同时走多次流程", "{who} may be inside several times at once"),
    "per_person": Text("同一人", "A person"),
    "per_fields": Text("同一人（且{fields}相同）", "A person (with the same {fields})"),
    "max_audience": Text(
        "一次触发若会进入超过 {count} 人，先等人批准",
        "A firing that would let in more than {count} people waits for approval",
    ),
    # guards before a message
    "transactional": Text(
        "服务通知：无需营销同意，也不计入频次上限",
        "Transactional: needs no consent and counts towards no frequency cap",
    ),
    "marketing": Text(
        "只发给同意在该渠道接收营销消息的人", "Only to those who have agreed to marketing on the channel"
    ),
    "consent": Text("只发给同意“{purpose}”用途的人", "Only to those who have agreed to “{purpose}” on the channel"),
    "suppression": Text("不发给禁发名单上的人", "Never to anybody on the suppression list"),
    "cap": Text("{channel}：每人每 {per}最多 {max} 条", "{channel}: at most {max} per person in {per}"),
    "cap_rule": Text(
        "{channel}：每人每 {per}最多 {max} 条（只算本规则）",
        "{channel}: at most {max} per person in {per}, of this rule",
    ),
    "limit_entries": Text("每人{period}最多进入 {max} 次", "Nobody enters more than {max} times {period}"),
    "limit_entries_all": Text(
        "每人{period}最多进入 {max} 次（所有规则合计），超过的不进入本规则",
        "Nobody enters who has entered {max} times {period}, all rules together",
    ),
    "limit_coupons": Text("每人{period}最多领 {max} 张券", "At most {max} coupons per person {period}"),
    "limit_coupons_all": Text(
        "每人{period}最多领 {max} 张券（所有规则合计）",
        "At most {max} coupons per person {period}, of all rules together",
    ),
    "limit_messages": Text("每人{period}最多 {max} 条（只算本规则）", "At most {max} messages per person {period}"),
    "limit_messages_all": Text(
        "每人{period}最多 {max} 条（所有规则合计）",
        "At most {max} messages per person {period}, of all rules together",
    ),
    "limit_day": Text("每个自然日", "in a calendar day"),
    "limit_week": Text("每个自然周（周一起）", "in a calendar week (from Monday)"),
    "limit_month": Text("每个自然月", "in a calendar month"),
    "limit_sliding": Text("在任意 {duration}内", "within any {duration}"),
    "cap_everything": Text("所有渠道合计", "All channels together"),
    "quiet_delay": Text(
        "{start} 到 {end} 免打扰（按收信人所在时区），推迟到 {end} 后发",
        "Quiet from {start} to {end}, where the person lives: sent after {end}",
    ),
    "quiet_drop": Text(
        "{start} 到 {end} 免打扰（按收信人所在时区），落在其中的不发",
        "Quiet from {start} to {end}, where the person lives: what falls into it is not sent",
    ),
    "send_delay": Text(
        "只在 {start} 到 {end} 之间发（按收信人所在时区），其余推迟",
        "Sent between {start} and {end} alone, where the person lives; the rest waits for it",
    ),
    "send_drop": Text(
        "只在 {start} 到 {end} 之间发（按收信人所在时区），其余不发",
        "Sent between {start} and {end} alone, where the person lives; the rest is not sent",
    ),
    "on_days": Text("{days}：{sentence}", "On {days}: {sentence}"),
    "days_workdays": Text("工作日（含调休）", "Chinese workdays (调休 included)"),
    "days_days_off": Text(
        "休息日（周末与法定节假日，含调休）", "Chinese days off (weekends and holidays, 调休 included)"
    ),
    "do_not_disturb_ignored": Text(
        "不理会收信人自己设的免打扰时段", "A person's own do-not-disturb time is not minded"
    ),
    "budget_messages": Text("每天最多发 {messages} 条", "At most {messages} messages a day"),
    "budget_cost": Text("每天花费不超过 {cost}（货币单位）", "At most {cost} a day, in the currency of the price list"),
    "budget_both": Text(
        "每天最多发 {messages} 条，花费不超过 {cost}（货币单位）",
        "At most {messages} messages and {cost} a day, in the currency of the price list",
    ),
    # steps
    "named": Text("{name}：{sentence}", "{name}: {sentence}"),
    "saved": Text("{sentence}（结果记作 {name}）", "{sentence} (kept as “{name}”)"),
    "on_error_stop": Text("{sentence}；失败则流程结束", "{sentence}; a failure ends the run"),
    "on_error_continue": Text("{sentence}；失败也继续", "{sentence}; the run goes on after a failure"),
    "wait": Text("等待 {duration}", "wait {duration}"),
    "wait_time": Text("等到下一个 {until}", "wait until the next {until}"),
    "wait_date": Text("等到{field}", "wait until {field}"),
    "wait_before": Text("等到{field}前 {offset}", "wait until {offset} before {field}"),
    "wait_after": Text("等到{field}后 {offset}", "wait until {offset} after {field}"),
    "wait_at": Text("{sentence}的 {at}", "{sentence}, at {at}"),
    "wait_days": Text("{sentence}（限{days}）", "{sentence} on {days}"),
    "wait_ahead": Text("等到 {days} 天后的 {at}", "wait until {at}, {days} days later"),
    "wait_ahead_1": Text("等到次日 {at}", "wait until {at} the next day"),
    "own_zone": Text("{sentence}（按各人自己的时区）", "{sentence}, in each person's own time zone"),
    "wait_own_zone": Text("{sentence}（按各人自己的时区）", "{sentence}, in each person's own time zone"),
    "if_missing_now": Text("{sentence}；没有日期则立即继续", "{sentence}; without a date go on at once"),
    "if_missing_skip": Text(
        "{sentence}；没有日期则跳到下一个等待", "{sentence}; without a date leave out what follows up to the next wait"
    ),
    "if_missing_stop": Text("{sentence}；没有日期则结束", "{sentence}; without a date end here"),
    "if_past_now": Text("{sentence}；日期已过则立即继续", "{sentence}; if that is past go on at once"),
    "if_past_skip": Text(
        "{sentence}；日期已过则跳到下一个等待", "{sentence}; if that is past leave out what follows up to the next wait"
    ),
    "if_past_stop": Text("{sentence}；日期已过则结束", "{sentence}; if that is past end here"),
    "wait_for": Text("等待{event}发生，最多等 {within}", "wait for {event}, at most {within}"),
    "came": Text("等到了", "it came"),
    "missed": Text("没等到", "it did not come"),
    "if": Text("如果{condition}", "if {condition}"),
    "if_so": Text("满足", "then"),
    "elif": Text("否则，如果{condition}", "or else, if {condition}"),
    "else": Text("否则", "otherwise"),
    "then": Text("{sentence}：", "{sentence}:"),
    "nothing": Text("直接往下走", "go straight on"),
    "split": Text(
        "随机分流“{name}”，同一人总在同一组", "divide people at random (“{name}”); each stays in the same group"
    ),
    "arm": Text("分组 {arm}，{share}", "group {arm}, {share}"),
    "repeat": Text("重复以下步骤，最多 {times} 轮", "repeat these steps, at most {times} times"),
    "repeat_every": Text("{sentence}，每轮相隔 {every}", "{sentence}, {every} apart"),
    "repeat_until": Text("{sentence}；每轮开始前若{condition}，就不再重复", "{sentence}; no more once {condition}"),
    "stop": Text("流程到此结束", "the run ends here"),
    "stop_because": Text("流程到此结束：{reason}", "the run ends here: {reason}"),
    # leaving and the goal
    "exit": Text("一旦{condition}，立即退出", "As soon as {condition}, the person leaves"),
    "goal": Text(
        "进入后 {within}内发生{event}，即达成目标；还在流程中的人随即退出",
        "{event} within {within} of entering; whoever is still inside then leaves",
    ),
    # handling
    "priority": Text(
        "频次上限只容得下一条时，按优先级让大的先发；本规则为 {value}（默认 0）",
        "Where a frequency cap leaves room for one message, the higher priority goes first; this rule has {value}"
        " (default 0)",
    ),
    "catch_up_latest": Text(
        "停机期间错过的触发只补最近一次", "Of the firings missed while nothing ran, the latest is made up for"
    ),
    "catch_up_all": Text("停机期间错过的触发全部补上", "All firings missed while nothing ran are made up for"),
    "catch_up_skip": Text("停机期间错过的触发不补", "Firings missed while nothing ran are left out"),
    "expires_after": Text(
        "触发或消息迟了超过 {duration}就作废", "A firing or a message that is more than {duration} late is dropped"
    ),
    "max_attempts": Text("每条消息最多尝试发送 {count} 次", "A message is tried at most {count} times"),
    "failure_limit": Text(
        "发送失败率超过 {share} 就自动暂停", "The rule pauses by itself when more than {share} of the sends fail"
    ),
    "failure_limit_none": Text("失败再多也不自动暂停", "The rule never pauses by itself, however many sends fail"),
    "on_unknown_resend": Text(
        "不知道消息是否发出时会再发一次（可能有人收到两次）",
        "A message of which nobody knows whether it went out is sent again (somebody may get it twice)",
    ),
    "on_unknown_hold": Text(
        "不知道消息是否发出时不会重发", "A message of which nobody knows whether it went out is not sent again"
    ),
    "on_change_finish": Text(
        "规则修改后，里面的人按原版本走完", "When the rule changes, people inside finish on their version"
    ),
    "on_change_move": Text(
        "规则修改后，里面的人转到新版本", "When the rule changes, people inside move to the new version"
    ),
    "on_change_exit": Text("规则修改后，里面的人退出", "When the rule changes, people inside leave"),
    "attribution": Text(
        "业绩归因：{window}内的成果归给 {credit}（{id}）", "Results within {window} are credited to {credit} ({id})"
    ),
    "tests": Text("附有 {count} 个用例", "It comes with {count} test cases"),
    # the diagram
    "entering": Text("进入检查", "Who enters"),
    "not_entered": Text("不进入", "does not enter"),
    "done": Text("流程走完", "the end"),
    "round": Text("每一轮", "each round"),
    "next_round": Text("下一轮", "next round"),
    "rounds_over": Text("轮次用完或不再重复", "no more rounds"),
    # errors
    "broken": Text(
        "规则 {rule} 有错误，无法解释：{reason}；请先改正（automation validate 会列出全部错误）",
        "the rule {rule} has a mistake and can't be explained: {reason}; correct it first"
        " (`automation validate` lists everything)",
    ),
    "no_library": Text(
        "画图需要 {package}，尚未安装；请执行 pip install 'marketing-rules-engine[diagram]'，或用 --format mermaid",
        "drawing needs {package}, which is not installed; run pip install 'marketing-rules-engine[diagram]',"
        " or use --format mermaid",
    ),
    "not_drawn": Text(
        "流程图无法画出：{reason}；可改用 --format mermaid",
        "the diagram can't be drawn: {reason}; --format mermaid still works",
    ),
    "no_font": Text(
        "没有能显示图中文字的字体，图片会是空白方框；请安装中文字体（如 apt install fonts-noto-cjk），"
        "或用 --font 指定字体文件（.ttf、.otf、.ttc），或改用 --format svg",
        "no font here can show the diagram's characters, the picture would be full of empty boxes; install one"
        " (for Chinese, e.g. apt install fonts-noto-cjk), or name a font file (.ttf, .otf, .ttc) with --font,"
        " or use --format svg",
    ),
    "bad_font": Text(
        "字体文件 {file} 无法使用：{reason}；请换一个 .ttf、.otf 或 .ttc 文件",
        "the font file {file} can't be used: {reason}; name another .ttf, .otf or .ttc file",
    ),
    "needs_output": Text(
        "PNG 图片不能显示在终端里；请加上 --output 文件.png",
        "a PNG can't be shown in a terminal; add --output FILE.png",
    ),
    "written": Text("已写入 {file}", "written to {file}"),
}
