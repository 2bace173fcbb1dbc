"""Sentences of the command line."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "ingesting": Text("导入事件", "taking events"),
    "ingested": Text(
        "共 {total} 条：新存 {stored}，重复 {duplicates}，隔离 {quarantined}；"
        "进入规则 {entered} 人次，未进入 {skipped} 人次",
        "{total} items: {stored} stored, {duplicates} known already, {quarantined} quarantined;"
        " {entered} entries into rules, {skipped} skipped",
    ),
    "see_quarantine": Text(
        "被隔离的条目可用 automation quarantine list 查看，改正后用 automation quarantine retry 重试",
        "see the quarantined items with `automation quarantine list`, and take them again with"
        " `automation quarantine retry`",
    ),
    "retried": Text(
        "重试 {total} 条：已接收 {stored}，仍被隔离 {still}",
        "{total} items tried again: {stored} taken, {still} still wrong",
    ),
    "dropped": Text("已放弃 {count} 条", "{count} items put aside"),
    "bad_line": Text("{file} 第 {line} 行：{reason}", "{file}, line {line}: {reason}"),
    "cannot_read": Text("无法读取 {file}：{reason}", "can't read {file}: {reason}"),
    # lists
    "nothing": Text("（没有内容）", "(nothing)"),
    "column_state": Text("状态", "state"),
    "column_count": Text("数量", "count"),
    "column_what": Text("项目", "what"),
    "column_before": Text("早于", "older than"),
    "column_value": Text("数值", "value"),
    "column_name": Text("名称", "name"),
    "column_instance": Text("实例", "instance"),
    "column_pid": Text("进程号", "pid"),
    "column_started_at": Text("启动时间", "started"),
    "column_heartbeat_at": Text("最近心跳", "last heartbeat"),
    "column_last_error": Text("最近错误", "last error"),
    "column_active": Text("进行中", "active"),
    "column_sending": Text("等消息", "sending"),
    "column_held": Text("暂停", "held"),
    "column_done": Text("走完", "done"),
    "column_exited": Text("退出", "exited"),
    "column_failed": Text("失败", "failed"),
    "column_problem": Text("错误", "problem"),
    "event_pruned": Text("（事件已清理）", "(event pruned)"),
    "column_actor": Text("操作人", "by"),
    "column_decided_by": Text("决定人", "decided by"),
    "column_key": Text("触发", "occurrence"),
    "column_inside": Text("里面人数", "inside"),
    "column_leaves_at": Text("退出时间", "leave at"),
    "column_why": Text("原因", "why it waits"),
    "column_what_became": Text("结果", "what became of it"),
    "column_entered": Text("进入人次", "entered"),
    "column_id": Text("编号", "id"),
    "column_at": Text("时间", "time"),
    "column_rule": Text("规则", "rule"),
    "column_contact": Text("联系人", "contact"),
    "column_contact_id": Text("联系人", "contact"),
    "column_reason": Text("原因", "reason"),
    "column_step": Text("步骤", "step"),
    "column_detail": Text("详情", "detail"),
    "column_origin": Text("来源", "origin"),
    "column_item": Text("内容", "item"),
    "column_channel": Text("渠道", "channel"),
    "column_address": Text("地址", "address"),
    "column_template": Text("模板", "template"),
    "column_template_version": Text("模板版本", "template version"),
    "column_status": Text("状态", "status"),
    "column_outcome": Text("结果", "outcome"),
    "column_outcome_code": Text("结果代码", "outcome code"),
    "column_outcome_detail": Text("结果说明", "outcome detail"),
    "column_queued_at": Text("排队时间", "queued"),
    "column_due_at": Text("到期时间", "due"),
    "column_settled_at": Text("落定时间", "settled"),
    "column_run_id": Text("流程", "run"),
    "column_attempts": Text("尝试次数", "attempts"),
    "column_provider": Text("服务商", "provider"),
    "column_provider_message_id": Text("服务商消息号", "provider's id"),
    "column_batch": Text("券批次", "batch"),
    "column_label": Text("名称", "label"),
    "column_kind": Text("类型", "kind"),
    "column_issued": Text("已发", "issued"),
    "column_left": Text("剩余", "left"),
    # naming
    "no_contact": Text(
        "没有找到联系人“{found}”；可写 '#编号'、类型:值（如 phone:13800138000）或一个身份的值",
        "nobody is known as “{found}”; write '#id', kind:value (like phone:13800138000) or an identity's value",
    ),
    "no_rule": Text("没有规则 {found}{hint}；已有：{known}", "there is no rule {found}{hint}; known: {known}"),
    "no_reason": Text(
        "没有原因代码 {found}{hint}；可写一类（{groups}）或完整代码",
        "there is no reason code {found}{hint}; write a group ({groups}) or a whole code",
    ),
    "bad_moment": Text(
        "看不懂时间“{found}”；请写 30m、2h、3d 这样的时长，或 2026-08-01、2026-08-01T10:00 这样的时间",
        "“{found}” is no time; write a duration like 30m, 2h or 3d, or a date like 2026-08-01 or 2026-08-01T10:00",
    ),
    # init, validate, migrate
    "init_taken": Text(
        "{folder} 中已有 {files}；不会覆盖任何文件，请换一个目录",
        "{folder} has {files} already; nothing is overwritten, choose another folder",
    ),
    "init_done": Text("已在 {folder} 写入 {count} 个文件。接下来：", "{count} files written to {folder}. Next:"),
    "init_next": Text(
        "{enter}  automation validate\n  automation contacts import contacts.csv\n  automation ingest events.jsonl\n"
        "  automation run --once\n  automation log\n  automation why whitepaper_nurture M002\n"
        "消息写在 outbox/ 里，没有真的发出；接入服务商见 automation.toml。",
        "{enter}  automation validate\n  automation contacts import contacts.csv\n  automation ingest events.jsonl\n"
        "  automation run --once\n  automation log\n  automation why whitepaper_nurture M002\n"
        "Messages are written to outbox/, nothing is sent; automation.toml says how to connect a provider.",
    ),
    "moving": Text("复制数据", "copying"),
    "moved": Text(
        "全部 {rows} 行已从 {before} 复制到 {url}。请把 database_url 改为新地址，并移走旧的数据库",
        "all {rows} rows of {before} are in {url} now; set database_url to it, and put the old database away",
    ),
    "daemon_runs": Text(
        "守护进程正在运行（{host}，进程号 {pid}）；请先停止它（异常退出的需等 {seconds} 秒）",
        "a daemon is running ({host}, process {pid}); stop it first (one that died counts for {seconds} seconds more)",
    ),
    "column_table": Text("表", "table"),
    "column_rows": Text("行数", "rows"),
    "cannot_write": Text("无法写入 {file}：{reason}", "can't write {file}: {reason}"),
    "valid": Text(
        "校验通过：{rules} 条规则，{errors} 个错误，{warnings} 个提示",
        "valid: {rules} rules, {errors} errors, {warnings} warnings",
    ),
    "not_valid": Text(
        "校验未通过：{errors} 个错误，{warnings} 个提示；{rules} 条规则可用",
        "not valid: {errors} errors, {warnings} warnings; {rules} rules are in order",
    ),
    "migrated": Text("{url}：已从 {before} 升级到 {after}", "{url}: brought from {before} to {after}"),
    "migrated_already": Text("{url}：已是最新版本 {after}", "{url}: up to date at {after}"),
    "empty_database": Text("空库", "an empty database"),
    # render and messages
    "no_template": Text("没有模板 {name}；已有：{known}", "there is no template {name}; known: {known}"),
    "no_template_on": Text(
        "模板 {name} 没有 {channel} 渠道的文件；已有：{known}",
        "the template {name} has no file for {channel}; it has: {known}",
    ),
    "broken_template": Text(
        "模板 {name} 的 {channel} 文件有误；请运行 automation validate 查看",
        "the file of {name} for {channel} is broken; run `automation validate` to see why",
    ),
    "would_not_be_sent": Text("不会发送：{reason}", "would not be sent: {reason}"),
    "give_values": Text(
        "缺少的值可用 --event '{\"…\": …}' 或 --var coupon.code=A1 补上",
        "give the missing values with --event '{\"…\": …}' or --var coupon.code=A1",
    ),
    "part_subject": Text("主题：", "subject:"),
    "part_text": Text("正文：", "text:"),
    "part_html": Text("HTML：", "html:"),
    "part_list_unsubscribe": Text("一键退订：", "one-click unsubscribe:"),
    "part_data": Text("内容：", "data:"),
    "sms_parts": Text(
        "字符 {characters}，计费 {segments} 条，编码 {encoding}，签名 {signature}",
        "{characters} characters, {segments} segment(s), {encoding}, signature {signature}",
    ),
    "no_signature": Text("无（国内短信须以【签名】开头或结尾）", "none"),
    "content": Text("内容", "content"),
    "payload": Text("附加参数", "payload"),
    "history": Text("经过", "history"),
    "not_unknown": Text(
        "消息 {id} 的状态是 {status}，不是 unknown；只能处理结果未知的消息",
        "message {id} is {status}, not unknown; only messages whose outcome is unknown can be settled by hand",
    ),
    "settle_what": Text(
        "请写一个消息编号，或 --all-unknown（可加 --channel、--older-than），二者选一",
        "name one message by its id, or use --all-unknown (with --channel and --older-than); one of the two",
    ),
    "settle_filters": Text(
        "--channel 与 --older-than 只能和 --all-unknown 一起用",
        "--channel and --older-than go with --all-unknown only",
    ),
    "settled_sent": Text("{count} 条消息记为已发出", "{count} message(s) settled as sent"),
    "settled_failed": Text("{count} 条消息记为未发出", "{count} message(s) settled as not sent"),
    "settled_resend": Text("{count} 条消息将再发一次", "{count} message(s) will be sent once more"),
    "no_message": Text("没有编号为 {id} 的消息", "there is no message {id}"),
    "column_test": Text("测试", "test"),
    "test_of": Text("【测试】{rule}", "[test] {rule}"),
    "no_template_used": Text("（该消息不使用模板）", "(this message has no template)"),
    "not_rendered_yet": Text("（尚未渲染：发送前才渲染）", "(not rendered yet: that happens just before sending)"),
    "template_not_kept": Text("（模板版本 {version} 未保留）", "(the template's version {version} was not kept)"),
    # contacts
    "importing": Text("导入联系人", "importing people"),
    "imported": Text(
        "共 {read} 行：新建 {created}，更新 {updated}，无变化 {unchanged}，被拒 {rejected}；合并 {merged} 人",
        "{read} rows: {created} created, {updated} updated, {unchanged} unchanged, {rejected} rejected;"
        " {merged} merged",
    ),
    "overruled": Text(
        "{count} 个“同意”未被采用：本人此前已拒绝。确为之后重新同意的，请加一列 consent_at 写明同意时间，"
        "或用 contacts consent 逐个登记",
        "{count} answers “yes” count for nothing, because the person said no before; where they agreed again later, "
        "add a column consent_at with the date, or record it with `contacts consent`",
    ),
    "no_stands": Text(
        "{contact} 在 {at} 拒绝过，晚于或无法确定早于这次同意：拒绝仍然有效",
        "{contact} said no at {at}, which is not known to be before this yes: the no stands",
    ),
    "see_rejects": Text(
        "这些行连同原因在 {file}；改正后可直接再次导入",
        "these rows with their reasons are in {file}; correct it and import it again",
    ),
    "left_out": Text(
        "有 {rows} 行已导入，但其中 {fields} 个有误的字段被略去",
        "{rows} of the rows were taken without {fields} field(s) that are wrong",
    ),
    "columns": Text("列：{columns}", "columns: {columns}"),
    "column_left_out": Text("不导入", "not imported"),
    "column_free": Text("（目录中没有的属性）{near}", " (an attribute that is not in the catalogue){near}"),
    "column_unknown_stop": Text("不认识{near}", "not known{near}"),
    "column_unknown_attribute": Text("不认识{near}；作为新属性", "not known{near}; a new attribute"),
    "column_unknown_ignore": Text("不认识{near}；不导入", "not known{near}; not imported"),
    "ask_column": Text(
        "列“{column}”是什么{near}？写已知名称（如 phone、consent.marketing），+ 作为新属性，- 不导入，Ctrl-C 放弃",
        "what is column “{column}”{near}? A known name (phone, consent.marketing …), + for a new attribute, "
        "- to leave it out, Ctrl-C to give up",
    ),
    "ask_date_order": Text(
        "“{found}”里哪个是日？dmy：日/月/年；mdy：月/日/年",
        "which is the day in “{found}”? dmy: day first; mdy: month first",
    ),
    "dry_run": Text("这是试运行，没有写入任何数据", "this was a dry run; nothing was kept"),
    "exported": Text("已导出 {count} 人到 {file}", "{count} people exported to {file}"),
    "consent_set": Text(
        "{contact}：{purpose} / {channel} 记为 {state}", "{contact}: {purpose} on {channel} is now {state}"
    ),
    "suppressed": Text(
        "{contact} 已加入禁发名单：渠道 {channel}，到期 {until}", "{contact} is suppressed on {channel}, until {until}"
    ),
    "list_imported": Text(
        "共 {read} 行：列入 {listed}，已过期 {ended}，被拒 {rejected}；新增或延长 {added} 条，为此新建 {created} 人",
        "{read} rows: {listed} on the list, {ended} ended already, {rejected} rejected; {added} entries new or longer, "
        "{created} people created for them",
    ),
    "list_left_out": Text(
        "{fields} 个看不懂的单元格按最严格的理解处理（所有渠道、永久）",
        "{fields} cell(s) that can't be read count in the strictest way: all channels, for ever",
    ),
    "list_exported": Text("已导出 {count} 条到 {file}", "{count} entries exported to {file}"),
    "list_left_behind": Text(
        "有 {count} 条是删除个人信息时留下的，导出后无法识别，未写入；整库迁移请用 automation move",
        "{count} entries that an erasure left are not in it, nobody could read them; `automation move` takes them "
        "along",
    ),
    "address_lifted": Text("{address}：移出禁发名单 {count} 条", "{address}: {count} suppression(s) lifted"),
    "column_source": Text("来源", "source"),
    "column_until_at": Text("到期时间", "until"),
    "lifted": Text("{contact} 已移出禁发名单（{count} 条）", "{contact}: {count} suppression(s) lifted"),
    "column_since_at": Text("起始时间", "since"),
    "column_failures": Text("连续失败", "failures"),
    "column_last_code": Text("最近代码", "last code"),
    "column_next_try_at": Text("下次尝试", "next try"),
    "column_remedy": Text("处理办法", "remedy"),
    "column_figure": Text("项目", "figure"),
    "column_canary": Text("灰度", "canary"),
    "column_others": Text("其余", "others"),
    "column_difference": Text("差异（95% 区间）", "difference (95 % interval)"),
    "column_publication": Text("发布", "publication"),
    "column_author": Text("作者", "author"),
    "column_rules": Text("规则数", "rules"),
    "column_version": Text("版本", "version"),
    "column_note": Text("备注", "note"),
    "column_action": Text("动作", "action"),
    "column_subject": Text("对象", "subject"),
    "problem_address": Text("地址格式不对", "not an address of its kind"),
    "problem_timezone": Text("时区不存在", "no such time zone"),
    "problem_do_not_disturb": Text("免打扰时段无法识别", "not a do-not-disturb window"),
    "problem_type": Text("{field} 不是目录所说的类型 {type}", "{field} is not of the catalogue's type {type}"),
    "remedy_type": Text("automation contacts recast {field}", "automation contacts recast {field}"),
    "remedy_type_by_hand": Text(
        "无法转换：改正后重新导入，或 automation contacts recast {field} --drop",
        "can't be read: import it again, corrected, or automation contacts recast {field} --drop",
    ),
    "recast": Text(
        "类型不符的值 {found} 个：已转换 {changed}，已删除 {dropped}，无法转换而保留 {left}",
        "{found} values of another type: {changed} brought to it, {dropped} removed, {left} can't be read and stay",
    ),
    "no_field": Text("目录中没有字段 {found}{hint}", "the catalogue has no field {found}{hint}"),
    "problem_provider": Text("服务商拒收（{code}）", "refused by the provider ({code})"),
    "remedy_address": Text(
        "改正联系人 #{contact} 的地址（重新导入即可）",
        "correct the address of contact #{contact}, for example by an import",
    ),
    "remedy_timezone": Text(
        "改正联系人 #{contact} 的 timezone，写成 Asia/Shanghai 这样",
        "correct the timezone of contact #{contact}; write one like Asia/Shanghai",
    ),
    "remedy_do_not_disturb": Text(
        "改正联系人 #{contact} 的 do_not_disturb，写成 22:00-08:00 这样",
        "correct the do_not_disturb of contact #{contact}; write it like 22:00-08:00",
    ),
    "remedy_provider": Text(
        "换一个地址；确认地址无误时执行 automation contacts retry '#{contact}'",
        "get another address; if it is right after all: automation contacts retry '#{contact}'",
    ),
    "problems_forgotten": Text(
        "{contact}：已忘记 {count} 个资料问题，下次照常发送", "{contact}: {count} problem(s) forgotten"
    ),
    "unchanged": Text("{contact}：没有变化", "{contact}: nothing changed"),
    "for_ever": Text("永久", "for ever"),
    "until": Text("到期：{end}", "until {end}"),
    "since": Text("自 {at}", "since {at}"),
    "address_first": Text("先发这个", "used first"),
    "address_next": Text("前面的发不到时才用", "used where those before it can't be"),
    "address_hearsay": Text("不用：只在事件里出现过，资料里没有", "not used: only events mention it, no record does"),
    "address_stated": Text("（资料来自 {source}，{at}）", " (a record from {source}, {at})"),
    "merged_from": Text("已并入：{ids}", "merged from {ids}"),
    "person_identities": Text("身份", "identities"),
    "person_attributes": Text("属性", "attributes"),
    "person_tags": Text("标签", "tags"),
    "person_consents": Text("同意", "consents"),
    "person_suppressions": Text("禁发", "suppressions"),
    "no_consents": Text("（没有表示过同意：营销消息不会发送）", "(none given: no marketing message is sent)"),
    "state_granted": Text("同意", "granted"),
    "state_denied": Text("拒绝", "denied"),
    # coupons
    "codes_imported": Text(
        "共 {total} 个券码：新增 {added}，已有 {known}；批次 {batch} 现有 {left} 个可发",
        "{total} codes: {added} added, {known} known already; {batch} has {left} left",
    ),
    "no_code_column": Text(
        "{file} 有多列（{columns}），但没有名为 code 的列",
        "{file} has several columns ({columns}), but none named code",
    ),
}
