"""Sentences about actions and coupons."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "no_batch": Text(
        "没有券批次 {batch}；请先在目录文件的 coupons 中定义它，再启用规则",
        "there is no coupon batch {batch}; define it under `coupons` in the catalogue and publish first",
    ),
    "not_a_pool": Text(
        "券批次 {batch} 的券码由系统生成，不能导入；要导入请改为 kind: pool",
        "the codes of the batch {batch} are generated, so none can be imported; for that, write kind: pool",
    ),
    "bad_code": Text(
        "券批次 {batch} 的第 {number} 个券码有误：应为 1 到 {max} 个可见字符；没有导入任何券码",
        "code number {number} for the batch {batch} is wrong: expected 1 to {max} visible characters; none was added",
    ),
    "tags_missing": Text("请写明要添加（add）或移除（remove）的标签", "name the tags to `add` or to `remove`"),
    "bad_url": Text(
        "{found} 不是有效的网址；应以 https:// 开头", "{found} is no usable address; it must begin with https://"
    ),
    "bad_header": Text(
        "请求头 {found} 有误；名称只能包含字母、数字和 -，值不能换行",
        "the header {found} is wrong; names hold letters, digits and -, values no line breaks",
    ),
}
