"""Sentences about WeChat and WeCom messages that can't be sent as they are."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {
    "no_template": Text(
        "公众号或小程序模板须有 template_id 和 data（各字段的取值）",
        "a WeChat template needs template_id and data (the values of its fields)",
    ),
    "no_content": Text(
        "企业微信模板须有 text 或 attachments",
        "a WeCom template needs text or attachments",
    ),
    "no_msgtype": Text(
        "企业微信应用消息须有 text，或 msgtype 及同名的内容",
        "a WeCom application message needs text, or msgtype and the content of that name",
    ),
    "not_reached": Text(
        "企业微信不能发给此客户：已不是任何成员的客户，或本期可接收的群发次数已满",
        "WeCom can't send to this customer: nobody has them as a contact, or this period's mass messages are used up",
    ),
    "no_member": Text(
        "企业微信中没有此成员，或应用对其不可见",
        "WeCom has no such member, or the application can't see them",
    ),
    "no_tags": Text("没有要加或要去掉的标签", "there are no tags to add or remove"),
    "unknown_tag": Text(
        "企业微信中没有客户标签 {tag}；请先在企业微信后台创建，或在设置中写 create_tags = true",
        "WeCom has no customer tag {tag}; create it in WeCom first, or set create_tags = true",
    ),
    "ambiguous_tag": Text(
        "有多个标签组都有客户标签 {tag}；请写成 标签组/标签，如 {example}",
        "several groups have a customer tag {tag}; write group/tag, e.g. {example}",
    ),
    "no_follower": Text(
        "没有成员添加此客户为好友，无法为其打标签",
        "no member has this customer as a contact, so they can't be tagged",
    ),
}
