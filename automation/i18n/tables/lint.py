"""Findings of `automation lint`: for each code a sentence, and a remedy under the same name with `_remedy`."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "error": Text("错误", "error"),
    "warning": Text("警告", "warning"),
    "info": Text("提示", "info"),
    "remedy": Text("改法：", "remedy: "),
    "tone": Text("品牌语气（请自行对照）：", "the brand's tone (for you to compare): "),
    "closing": Text(
        "{errors} 个错误，{warnings} 个警告，{infos} 条提示", "{errors} errors, {warnings} warnings, {infos} notes"
    ),
    "no_such_name": Text(
        "没有名为“{found}”的规则或模板{hint}；已知：{known}", "no rule or template “{found}”{hint}; known: {known}"
    ),
    # lint itself
    "l001": Text("对 {found} 的放行没有写理由", "the allow of {found} gives no reason"),
    "l001_remedy": Text(
        "在编号之后写明理由，否则不放行", "write the reason behind the code; without one nothing is silenced"
    ),
    "l002": Text("放行了 {found}，但这里没有这样的问题", "{found} is allowed, but there is no such finding here"),
    "l002_remedy": Text(
        "删去这条放行；它只对本行和下一行有效", "remove the allow; it counts for its own line and the one below"
    ),
    "l003": Text("放行的编号不存在：{found}", "an allow of a code that does not exist: {found}"),
    "l003_remedy": Text(
        "写成 lint: allow L101 理由；编号见“检查”一页",
        "write lint: allow L101 reason; the page on lint lists the codes",
    ),
    "l004": Text("{reason}", "{reason}"),
    "l004_remedy": Text(
        "先改正 automation validate 报出的错误；出错的部分未作其他检查",
        "correct what automation validate says first; nothing else was checked here",
    ),
    "l005": Text("{reason}", "{reason}"),
    "l005_remedy": Text(
        "brand.yaml 只有 tone、preferred_words（应避免: 应改用）与 excluded_terms 三项",
        "brand.yaml holds tone, preferred_words (avoid: prefer) and excluded_terms",
    ),
    # words
    "l101": Text("绝对化用语“{term}”：{source}", "the absolute term “{term}”: {source}"),
    "l101_remedy": Text(
        "改成可以证明的事实；确属例外时写明理由放行",
        "say a fact that can be proved; if an exception applies, allow it with the reason",
    ),
    "l102": Text("可能属于绝对化用语：“{term}”（{source}）", "“{term}” may be an absolute term ({source})"),
    "l102_remedy": Text(
        "改成可以证明的事实，或限定时间、地域并备好依据；确属例外时写明理由放行",
        "say a fact that can be proved, or name time and place and keep the proof; else allow it with the reason",
    ),
    "l103": Text("品牌禁用词“{term}”", "the brand never says “{term}”"),
    "l103_remedy": Text(
        "删去或换一种说法（见 brand.yaml 的 excluded_terms）",
        "leave it out or say it otherwise (excluded_terms in brand.yaml)",
    ),
    "l104": Text("“{term}”应写作“{instead}”", "the brand says “{instead}” for “{term}”"),
    "l104_remedy": Text(
        "改为“{instead}”（见 brand.yaml 的 preferred_words）", "write “{instead}” (preferred_words in brand.yaml)"
    ),
    # duties
    "l201": Text(
        "规则 {rule} 的营销短信没有签名：{total} 条中的 {count} 条开头和结尾都没有【品牌】",
        "marketing SMS of rule {rule} without a signature: {count} of {total} neither begin nor end with 【brand】",
    ),
    "l201_remedy": Text(
        "以【品牌名】开头，例如 【{{ brand.name }}】；由服务商添加签名时写明理由放行",
        "begin with 【brand】, such as 【{{ brand.name }}】; if the provider adds it, allow this with that reason",
    ),
    "l202": Text(
        "规则 {rule} 的营销短信没有退订方式：{total} 条中的 {count} 条",
        "marketing SMS of rule {rule} that don't say how to refuse more: {count} of {total}",
    ),
    "l202_remedy": Text(
        "在结尾写“拒收请回复R”；不是营销内容时在规则里写 guards: {consent: transactional}",
        "end with 拒收请回复R; if it is no advertising, write guards: {consent: transactional} in the rule",
    ),
    "l203": Text(
        "规则 {rule} 的营销邮件没有退订链接：{total} 封中的 {count} 封",
        "marketing e-mails of rule {rule} without a way to unsubscribe: {count} of {total}",
    ),
    "l203_remedy": Text(
        "在正文写“退订”并链接到退订页面，或写 list_unsubscribe 块；最好放在布局文件里，供所有邮件共用",
        "write 退订 or unsubscribe with a link in the body, or a block list_unsubscribe, best in the layout that all "
        "e-mails share",
    ),
    # people
    "l301": Text(
        "{variable} 在规则 {rule} 抽样的 {total} 人中有 {share}%（{count} 人）为空，他们收不到这条消息",
        "{variable} is empty for {share} % of the people sampled for rule {rule} ({count} of {total}): they would not "
        "get the message",
    ),
    "l301_remedy": Text(
        '给出默认值，如 {{{{ {variable} | default("…") }}}}，或在人群条件里要求 {variable} 有值',
        'give a default such as {{{{ {variable} | default("…") }}}}, or ask for {variable} in the audience',
    ),
    "l302": Text(
        "{variable} 在规则 {rule} 抽样的 {total} 人中全部为空，没有人会收到这条消息",
        "{variable} is empty for all {total} people sampled for rule {rule}: nobody would get the message",
    ),
    "l302_remedy": Text(
        "检查变量名与数据来源，或给出默认值",
        "look at the variable's name and where its values come from, or give a default",
    ),
    "l303": Text(
        "规则 {rule} 抽样的 {total} 人中有 {count} 人渲染失败：{reason}",
        "can't be rendered for {count} of the {total} people sampled for rule {rule}: {reason}",
    ),
    "l303_remedy": Text(
        "用 automation render 查看其中一人，改正模板",
        "look at one of them with automation render, and mend the template",
    ),
    "l304": Text(
        "规则 {rule} 抽不到能用{channel}联系的人，以下按样例值检查",
        "nobody could be sampled for rule {rule} who can be reached by {channel}: looked at with made-up values",
    ),
    "l304_remedy": Text(
        "导入联系人，或检查人群条件是否过严", "import contacts, or see whether the audience asks too much"
    ),
    "l305": Text(
        "没有规则使用模板 {template}，只检查了用词与链接",
        "no rule sends the template {template}: only its words and links were looked at",
    ),
    "l305_remedy": Text("在规则里使用它，或删去", "use it in a rule, or remove it"),
    "l306": Text(
        "字段 {field}：{count} 人的值不是目录所说的类型，条件按没有值处理",
        "field {field}: {count} people hold a value of another type than the catalogue says; conditions take it for "
        "none",
    ),
    "l306_remedy": Text(
        "运行 automation contacts recast {field} --dry-run，再去掉 --dry-run",
        "run automation contacts recast {field} --dry-run, then without --dry-run",
    ),
    # SMS
    "l401": Text(
        "规则 {rule} 最长的一条（{whose}）：{characters} 字符，计费 {segments} 条（{encoding}），{cost}",
        "the longest for rule {rule} ({whose}): {characters} characters, {segments} segment(s) ({encoding}), {cost}",
    ),
    "l401_remedy": Text(
        "UCS-2 一条 70 字符，超过后每 67 字符计一条", "one segment holds 70 characters in UCS-2, several hold 67 each"
    ),
    "l402": Text(
        "规则 {rule}：{share}% 的人计费 {most} 条，其余 {least} 条",
        "rule {rule}: {share} % of the people cost up to {most} segments, the others {least}",
    ),
    "l402_remedy": Text(
        "缩短文字，或截断变量，如 {{ contact.name | truncate(8, true, '', 0) }}",
        "shorten the text, or cut a variable off: {{ contact.name | truncate(8, true, '', 0) }}",
    ),
    "of_sample": Text("抽样 {total} 人", "{total} people sampled"),
    "of_specimen": Text("按样例值", "with made-up values"),
    "cost": Text("每人 {amount} 元", "{amount} per person"),
    "no_price": Text("未设单价 [prices]", "no price is set under [prices]"),
    # e-mail
    "l501": Text(
        "邮件没有 text 部分，纯文本由 HTML 生成", "the e-mail has no text part: its plain text is made from the HTML"
    ),
    "l501_remedy": Text(
        "写一个 {% block text %}，或确认生成的文本读得通",
        "write a {% block text %}, or see that what is made reads well",
    ),
    "l502": Text(
        "规则 {rule} 抽样的 {total} 人中有 {count} 人的邮件主题为空，他们收不到邮件",
        "an empty subject for {count} of the {total} people sampled for rule {rule}: they would not get the e-mail",
    ),
    "l502_remedy": Text("主题里留一段固定文字", "keep some fixed words in the subject"),
    "l503": Text(
        "邮件主题过长：规则 {rule} 有 {share}% 的人超过 {most} 字符，最长 {longest}",
        "a long subject: more than {most} characters for {share} % of the people of rule {rule}, at most {longest}",
    ),
    "l503_remedy": Text(
        "手机上约显示 20 个汉字，请把要点写在前面；上限见设置 lint.subject_characters",
        "phones show about 20 Chinese characters: begin with what matters; the limit is lint.subject_characters",
    ),
    # WeChat
    "l601": Text(
        "微信会拒收字段 {field}：规则 {rule} 抽样的 {total} 人中有 {count} 人（{share}%）不合要求，最长 {length} 字符；"
        "要求：{limit}",
        "WeChat would refuse the field {field} for {count} of {total} people ({share} %) of rule {rule}, the longest "
        "with {length} characters; wanted: {limit}",
    ),
    "l601_remedy": Text(
        "截断，如 {{ … | truncate(20, true, '…', 0) }}，或换用别的字段类型",
        "cut it off: {{ … | truncate(20, true, '…', 0) }}, or use a field of another kind",
    ),
    "limit_thing": Text("20 个以内字符", "at most 20 characters"),
    "limit_number": Text("32 位以内数字，可带小数", "a number of at most 32 digits"),
    "limit_letter": Text("32 位以内字母", "at most 32 letters"),
    "limit_symbol": Text("5 位以内符号", "at most 5 symbols"),
    "limit_character_string": Text(
        "32 位以内数字、字母或符号，不含汉字", "at most 32 digits, letters or symbols, nothing Chinese"
    ),
    "limit_time": Text("24 小时制时间，可带年月日", "a time such as 15:01, with a date if wanted"),
    "limit_date": Text("年月日，可带时间", "a date such as 2019年10月1日, with a time if wanted"),
    "limit_amount": Text(
        "一个币种符号加 10 位以内数字，可带小数，结尾可带“元”",
        "a currency sign and at most 10 digits, decimals and 元 if wanted",
    ),
    "limit_phone_number": Text("17 位以内数字或符号", "at most 17 digits or symbols"),
    "limit_car_number": Text(
        "8 位以内，首尾可为汉字，其余为字母或数字",
        "at most 8, the first and last Chinese if wanted, else letters and digits",
    ),
    "limit_name": Text(
        "10 个以内汉字，或 20 个以内字母或符号，不含数字",
        "at most 10 characters with Chinese, 20 letters or symbols without, no digits",
    ),
    "limit_phrase": Text("5 个以内汉字", "at most 5 Chinese characters"),
    # links
    "l701": Text("不安全的链接：{link}", "a link that is not safe: {link}"),
    "l701_remedy": Text(
        "改用 https://；http 链接会被手机与邮箱拦截或提示风险",
        "write https://; phones and mailboxes warn of http or stop it",
    ),
    "l702": Text("营销链接没有跟踪参数：{link}", "a marketing link without tracking: {link}"),
    "l702_remedy": Text(
        "加上 {names} 参数，才能区分是哪条消息带来的访问（设置 lint.tracking）",
        "add a parameter {names}, or nobody knows which message brought a visit (setting lint.tracking)",
    ),
    "l703": Text("失效链接：{link}（{answer}）", "a dead link: {link} ({answer})"),
    "l703_remedy": Text("改正地址，或恢复页面", "correct the address, or bring the page back"),
    "l704": Text("链接未能确认：{link}（{answer}）", "a link that could not be confirmed: {link} ({answer})"),
    "l704_remedy": Text("用浏览器打开确认，或稍后再查", "open it in a browser, or check again later"),
    "l801": Text(
        "holidays.yaml 与软件自带的节假日有 {count} 天不同：{days}",
        "holidays.yaml differs from the holidays that come with the package on {count} days: {days}",
    ),
    "l801_remedy": Text(
        "对照国务院办公厅的通知；以 holidays.yaml 为准",
        "compare with the State Council's notice; holidays.yaml is what counts",
    ),
    "l802": Text(
        "规则 {rule} 按工作日走，而已知的节假日只到 {year} 年底：{next} 年起它会停下",
        "the rule {rule} goes by workdays, and those are known until the end of {year}: in {next} it will stand still",
    ),
    "l802_remedy": Text(
        "把 {next} 年的放假与调休写进 holidays.yaml，或升级 chinesecalendar",
        "write the holidays and make-up days of {next} into holidays.yaml, or upgrade chinesecalendar",
    ),
    "l803": Text("{key}: {found} 是分钟；像是想写月", "{key}: {found} means minutes, where months were likely meant"),
    "l803_remedy": Text(
        "按月请写 {month}（日历月）或天数，如 30d；确实是分钟则在此行加 lint-allow 说明原因",
        "for months write {month} (of the calendar) or days, such as 30d; if minutes are meant, allow it with a reason",
    ),
    "l804": Text(
        "等待 {field} 没有写 {keys}：没有该日期或日期已过的人会立即继续",
        "the wait for {field} has no {keys}: who has no such date, or one that is past, goes on at once",
    ),
    "l804_remedy": Text(
        "写上 if_missing 与 if_past：now（立即继续）、skip（跳到下一个等待）或 stop（结束）",
        "write if_missing and if_past: now (go on at once), skip (leave out what follows up to the next wait) or stop",
    ),
    "l805": Text(
        "limit 限制 of: {of}，但本规则没有这样的步骤，不起作用",
        "the limit of {of} holds nothing: no step of the rule gives any",
    ),
    "l805_remedy": Text(
        "改成 of: entries，或删去；要计所有规则的，写 scope: all",
        "write of: entries, or leave it out; to count those of all rules write scope: all",
    ),
    "link_timeout": Text("{seconds} 秒内没有回应", "no answer within {seconds} seconds"),
    "link_unreachable": Text("无法连接", "no connection"),
    "link_broken": Text("地址有误：{reason}", "the address is wrong: {reason}"),
    "link_status": Text("HTTP {status}", "HTTP {status}"),
}
