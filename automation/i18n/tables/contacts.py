"""Sentences about contacts: identities, merging, consent, import and export."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    # identities
    "identity_empty": Text("{kind} 为空；请填写一个值", "{kind} is empty; give a value"),
    "identity_nobody": Text(
        "{kind} 的值“{found}”不是任何人的身份（空缺时常写的占位内容）；请填写真实的值或留空。"
        "如需补充此类值，请写入 catalog.yaml 的 identities/{kind}/nobody",
        "{kind}: “{found}” is nobody's (it is what is written for nothing); give a real value or leave it empty. "
        "Further values of this kind go into identities/{kind}/nobody of catalog.yaml",
    ),
    "identity_unreadable": Text(
        "{kind} 的值 {found} 含有不可见的控制字符；请删去",
        "{kind}: {found} contains control characters; remove them",
    ),
    "identity_long": Text("{kind} 的值 {found} 超过 {max} 个字符", "{kind}: {found} is longer than {max} characters"),
    "bad_phone": Text(
        "“{found}”不是有效的电话号码（按国家/地区 {country} 识别）；请写 13800138000 或 +8613800138000 这样的号码",
        "“{found}” is no valid phone number (read as of {country}); write it like +8613800138000",
    ),
    "bad_email": Text(
        "“{found}”不是有效的邮箱地址；请写 name@example.com 这样的地址",
        "“{found}” is no valid e-mail address; write it like name@example.com",
    ),
    "conflict": Text(
        "这些身份不可能属于同一个人：合并后会有两个不同的 {kinds}（涉及联系人 {ids}）；请核对后更正",
        "these identities can't be one person: there would be two values of {kinds} (contacts {ids}); "
        "check and correct",
    ),
    "crowded": Text(
        "这些身份不可能属于同一个人：会有超过 {most} 个不同的 {kinds}（涉及联系人 {ids}）；"
        "其中某个值多半是很多人共用的默认值，请核对后写入 catalog.yaml 的 identities/<种类>/nobody",
        "these identities can't be one person: there would be more than {most} values of {kinds} (contacts {ids}); one "
        "of them is probably a default value that many share: check, and put it into identities/<kind>/nobody of "
        "catalog.yaml",
    ),
    # merging and splitting by hand
    "same_contact": Text("两者是同一位联系人 #{id}", "both are the same contact #{id}"),
    "not_merged": Text(
        "联系人 #{id} 没有可撤销的合并；要拆出部分身份，请用 --identity 种类:值",
        "contact #{id} has no merge that could be undone; take single identities out with --identity KIND:VALUE",
    ),
    "merge_untold": Text(
        "#{other} 并入 #{id} 时还没有记录双方各有什么，无法自动撤销；"
        "请用 --identity 种类:值 拆出，审计记录里有当时的资料",
        "when #{other} was merged into #{id}, it was not yet written down who had what; take identities out with "
        "--identity KIND:VALUE, the audit has the profiles of that time",
    ),
    "not_theirs": Text("联系人 #{id} 没有这样的身份：{found}", "contact #{id} has no such identity: {found}"),
    "nothing_left": Text(
        "联系人 #{id} 会一个身份也不剩；至少留下一个", "contact #{id} would have no identity left; leave at least one"
    ),
    # profile, consent, suppression
    "bad_key": Text(
        "“{found}”不能用作属性名：不可为空、不可超过 {max} 个字符，首尾不可有空格，"
        "且不可含有引号、反斜杠、句点和控制字符",
        "“{found}” can't be an attribute's name: 1 to {max} characters, without quotes, backslashes, dots, "
        "control characters and spaces around it",
    ),
    "bad_tag": Text(
        "“{found}”不能用作标签：不可为空、不可超过 {max} 个字符，且不可含有控制字符",
        "“{found}” can't be a tag: 1 to {max} characters, without control characters",
    ),
    "bad_purpose": Text(
        "“{found}”不能用作同意的用途；请写 marketing 这样的名称（不超过 40 个字符，不含空格和句点）",
        "“{found}” can't be a purpose of consent; write a name like marketing (at most 40 characters, no spaces, "
        "no dots)",
    ),
    "bad_channel": Text("没有渠道“{found}”；可用：{known}", "there is no channel “{found}”; known: {known}"),
    "bad_state": Text(
        "“{found}”不是同意状态；请写 granted（是）或 denied（否）",
        "“{found}” is no consent state; write granted (yes) or denied (no)",
    ),
    "suppression_target": Text(
        "免打扰名单的一行要么指定联系人，要么指定地址，且只能二选一",
        "a suppression names either a contact or an address, one of the two",
    ),
    # looking a contact up
    "ambiguous": Text(
        "“{found}”可能指多个联系人：{candidates}；请用 #编号 或 类型:值 指明",
        "“{found}” could be several contacts: {candidates}; name one by #id or kind:value",
    ),
    "erased_already": Text("编号为 {id} 的联系人已删除过个人信息", "the data of the contact {id} were erased before"),
    "changed_meanwhile": Text(
        "联系人 {id} 在删除期间有了新的身份；没有删除任何内容，请再执行一次",
        "the contact {id} got another identity meanwhile; nothing was erased, run the command again",
    ),
    "message_in_hand": Text(
        "消息 {message} 正在发送，无法确定内容是否已送达；没有删除任何内容，请几分钟后再执行一次",
        "message {message} is being sent at this moment; nothing was erased, run the command again in some minutes",
    ),
    "unknown_id": Text("没有编号为 {id} 的联系人", "there is no contact with the id {id}"),
    # import
    "bad_format": Text(
        "无法判断 {file} 的格式；请使用 .csv 或 .jsonl 文件",
        "{file} has no known format; use a .csv or .jsonl file",
    ),
    "no_identity_column": Text(
        "{file} 中没有能识别联系人的列；请用 --map 指定其中之一：{known}（例如 --map phone=列名）",
        "{file} has no column that identifies a contact; name one of {known} with --map (for example "
        "--map phone=COLUMN)",
    ),
    "unknown_columns": Text(
        "{file} 中有不认识的列：{columns}；请用 --map 已知名称=列名 说明它是什么，"
        "或 --map contact.名称=列名 作为新属性，或 --skip 列名 不导入；"
        "也可用 --unknown attribute|ignore 一并处理。没有写入任何数据",
        "{file} has columns that are not known: {columns}; say what one is with --map KEY=COLUMN, take it as a new "
        "attribute with --map contact.NAME=COLUMN, or leave it out with --skip COLUMN; --unknown attribute|ignore does "
        "so for all. Nothing was written",
    ),
    "unknown_list_columns": Text(
        "{file} 中有不认识的列：{columns}；请用 --map phone=列名 说明它是什么，"
        "或 --skip 列名、--unknown ignore 不导入。没有写入任何数据",
        "{file} has columns that are not known: {columns}; say what one is with --map phone=COLUMN, or leave it out "
        "with --skip COLUMN or --unknown ignore. Nothing was written",
    ),
    "list_key": Text("可用：{known}", "known: {known}"),
    "no_kind": Text(
        "“{found}”没有写明类型；请写 phone:13800138000 这样的 类型:值",
        "“{found}” says no kind; write kind:value, like phone:13800138000",
    ),
    "unknown_kind": Text(
        "“{found}”不是 类型:值；身份类型有：{known}",
        "“{found}” is no kind:value; the kinds of identities are: {known}",
    ),
    "bad_time": Text(
        "“{found}”不是时间；请写 2026-08-01 10:00 这样的时间",
        "“{found}” is no time; write one like 2026-08-01 10:00",
    ),
    "sealed_entry": Text(
        "这一行是删除个人信息时留下的摘要，只在原来的数据库里有用；整库迁移请用 automation move",
        "this is a hash that an erasure left, which only the database it comes from can read; `automation move` takes "
        "it along",
    ),
    "perhaps": Text("（也许是 {nearest}）", " (perhaps {nearest})"),
    "missing_column": Text(
        "--map {target}={column}：{file} 中没有列“{column}”；现有的列：{columns}",
        "--map {target}={column}: {file} has no column “{column}”; it has: {columns}",
    ),
    "bad_target": Text(
        "不能把列“{column}”导入为“{target}”：{reason}",
        "column “{column}” can't be imported as “{target}”: {reason}",
    ),
    "target_read_only": Text(
        "它由系统维护；请用 --map 另取一个名称，例如 --map contact.original_{target}={column}",
        "the system keeps it; give it another name, for example --map contact.original_{target}={column}",
    ),
    "target_twice": Text(
        "列“{first}”和“{second}”都会导入为“{target}”；请用 --map 给其中一列另取名称",
        "the columns “{first}” and “{second}” would both become “{target}”; give one of them another name with --map",
    ),
    "same_file": Text(
        "拒收文件不能与导入文件相同（{file}）；请另取一个名称",
        "the rejects can't go to the file that is imported ({file}); choose another name",
    ),
    # rejected rows
    "bad_json": Text("不是合法的 JSON（{reason}）", "no valid JSON ({reason})"),
    "not_an_object": Text("这一行应为一个 JSON 对象", "the line should be a JSON object"),
    "no_identity": Text("没有可识别联系人的值（{known}）", "nothing identifies a contact ({known})"),
    "rejected": Text("{reasons}", "{reasons}"),
    "taken_without": Text("已导入，但略去：{reasons}", "taken without: {reasons}"),
    "between": Text("；", "; "),
    "spoilt_number": Text(
        "“{found}”是 Excel 把长数字改写成的科学计数，原来的数字已丢失；请把这一列设为“文本”格式，重新从来源导出",
        "“{found}” is a long number that Excel has shortened, and the digits are lost; set the column to “Text” and "
        "export it from its source again",
    ),
    "date_order": Text(
        "“{found}”分不清日和月；请用 --date-order dmy（日/月/年）或 mdy（月/日/年）说明",
        "“{found}” does not say which is the day; say so with --date-order dmy (day first) or mdy (month first)",
    ),
    "bad_zone": Text(
        "没有时区“{found}”{hint}；请写 Asia/Shanghai 这样的名称",
        "there is no time zone “{found}”{hint}; write one like Asia/Shanghai",
    ),
    "in_column": Text("列“{column}”：{reason}", "column “{column}”: {reason}"),
    "unstorable": Text("文本含有无法保存的字符（{found}）", "the text has characters that can't be stored ({found})"),
    "not_plain": Text(
        "应为一个值或一组文本，而不是 {found}",
        "should be one value or a list of texts, not {found}",
    ),
}
