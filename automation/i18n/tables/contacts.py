"""Sentences about contacts: identities, merging, consent, import and export."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    # identities
    "identity_empty": Text("{kind} 为空；请填写一个值", "{kind} is empty; give a value"),
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
    "no_file": Text("无法读取 {file}：{reason}", "{file} can't be read: {reason}"),
    "bad_encoding": Text(
        "{file} 既不是 UTF-8 也不是 GB18030 编码；请另存为 UTF-8 再导入",
        "{file} is neither UTF-8 nor GB18030; save it as UTF-8 and import again",
    ),
    "bad_format": Text(
        "无法判断 {file} 的格式；请使用 .csv 或 .jsonl 文件",
        "{file} has no known format; use a .csv or .jsonl file",
    ),
    "empty_file": Text("{file} 中没有任何数据行", "{file} has no rows"),
    "no_identity_column": Text(
        "{file} 中没有能识别联系人的列；请用 --map 指定其中之一：{known}（例如 --map phone=列名）",
        "{file} has no column that identifies a contact; name one of {known} with --map (for example "
        "--map phone=COLUMN)",
    ),
    "missing_column": Text(
        "--map {target}={column}：{file} 中没有列“{column}”；现有的列：{columns}",
        "--map {target}={column}: {file} has no column “{column}”; it has: {columns}",
    ),
    "bad_target": Text(
        "不能把列“{column}”导入为“{target}”：{reason}",
        "column “{column}” can't be imported as “{target}”: {reason}",
    ),
    "target_read_only": Text(
        "它由系统维护；请用 --map 另取一个名称，例如 --map original_{target}={column}",
        "the system keeps it; give it another name, for example --map original_{target}={column}",
    ),
    "target_twice": Text(
        "列“{first}”和“{second}”都会导入为“{target}”；请用 --map 给其中一列另取名称",
        "the columns “{first}” and “{second}” would both become “{target}”; give one of them another name with --map",
    ),
    "bad_header": Text(
        "{file} 的表头无法读取：引号没有配对或位置不对（{reason}）",
        "the header of {file} can't be read: quotes are not closed or misplaced ({reason})",
    ),
    "column_twice": Text("{file} 的表头中列“{column}”出现了两次", "{file} has the column “{column}” twice"),
    "column_unnamed": Text("{file} 的第 {number} 列没有名称", "column {number} of {file} has no name"),
    "same_file": Text(
        "拒收文件不能与导入文件相同（{file}）；请另取一个名称",
        "the rejects can't go to the file that is imported ({file}); choose another name",
    ),
    # rejected rows
    "wrong_columns": Text(
        "这一行有 {found} 列，表头有 {expected} 列",
        "the row has {found} columns, the header has {expected}",
    ),
    "bad_csv": Text("引号没有配对或位置不对（{reason}）", "quotes are not closed or misplaced ({reason})"),
    "bad_json": Text("不是合法的 JSON（{reason}）", "no valid JSON ({reason})"),
    "not_an_object": Text("这一行应为一个 JSON 对象", "the line should be a JSON object"),
    "no_identity": Text("没有可识别联系人的值（{known}）", "nothing identifies a contact ({known})"),
    "in_column": Text("列“{column}”：{reason}", "column “{column}”: {reason}"),
    "unstorable": Text("文本含有无法保存的字符（{found}）", "the text has characters that can't be stored ({found})"),
    "not_plain": Text(
        "应为一个值或一组文本，而不是 {found}",
        "should be one value or a list of texts, not {found}",
    ),
}
