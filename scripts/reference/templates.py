"""Templates: file names per channel, variables and filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.channels import CHANNELS
from automation.i18n import Lang, Text
from automation.rules.names import RESERVED
from automation.templating.filters import FILTERS
from automation.templating.template import FORMS
from scripts.reference.markdown import Page, code, codes

if TYPE_CHECKING:
    from scripts.reference.surroundings import Surroundings

NAME = "templates"

CONTENTS: dict[str, Text] = {
    "sms": Text("短信正文；国内短信以【签名】开头或结尾", "the text; in China it begins or ends with 【signature】"),
    "email": Text("区块 subject、html，可加 text（不写则由 html 得出）、list_unsubscribe（一键退订的地址）；"
                  "可用 {% extends \"_base.html.j2\" %} 套版式",
                  "the blocks subject and html, and if you like text (else it is made from the html) and "
                  "list_unsubscribe (the address of one-click unsubscribing); a layout comes "
                  "with {% extends \"_base.html.j2\" %}"),
    "wechat": Text("YAML：template_id、data，可加 url、miniprogram", "YAML: template_id, data; url, miniprogram"),
    "wechat_subscribe": Text("YAML：template_id、data，可加 page", "YAML: template_id, data; page"),
    "wecom": Text("YAML：text，可加 attachments", "YAML: text; attachments"),
}  # fmt: skip

VARIABLES: dict[str, Text] = {
    "contact": Text("联系人字段，如 {{ contact.name }}", "contact fields, like {{ contact.name }}"),
    "event": Text(
        "触发事件的属性，以及 event.occurred_at、event.channel、event.source（同名属性优先）",
        "properties of the trigger's event, and event.occurred_at, event.channel, event.source (properties first)",
    ),
    "brand": Text("设置里的 template_variables", "the setting template_variables"),
    "rule": Text("规则：rule.id、rule.name", "the rule: rule.id, rule.name"),
    "vars": Text("规则的 vars，如 {{ vars.discount }}", "the rule's vars, like {{ vars.discount }}"),
    "now": Text("现在（规则的时区）", "now, in the rule's zone"),
    "today": Text("今天", "today"),
}

FILTER_NOTES: dict[str, Text] = {
    "money": Text("金额：{{ event.amount | money }} → 59.90", "an amount: {{ event.amount | money }} → 59.90"),
    "date": Text('日期：{{ d | date("%Y-%m-%d") }}；{{ d | date("zh") }} → 2026年8月4日',
                 'a date: {{ d | date("%Y-%m-%d") }}; {{ d | date("zh") }} → 2026年8月4日'),
    "mask": Text("打码：138****5678", "masks: 138****5678"),
    "default": Text("没有值时用别的：{{ contact.name | default(\"您好\") }}",
                    "another value where there is none: {{ contact.name | default(\"friend\") }}"),
    "urlencode": Text("放进网址里", "for use in an address"),
    "truncate": Text("截短：{{ x | truncate(20, true, '…', 0) }}", "cut: {{ x | truncate(20, true, '…', 0) }}"),
}  # fmt: skip


def page(lang: Lang, around: Surroundings) -> str:
    page = Page(lang)
    page.heading(1, Text("模板", "Templates"))
    page.text(
        Text(
            "模板放在 `templates/`，一个名称可以有多个渠道的文件。语法是 Jinja2（沙箱内）。缺少变量时不会发给那个人，"
            "校验时就会指出规则里不可能有的变量。用 `automation render 模板 --contact 联系人` 预览。",
            "Templates lie in `templates/`; one name may have a file for each channel. They are Jinja2, in a "
            "sandbox. A "
            "person for whom a variable is missing gets nothing; validation already finds variables that nothing "
            "provides. `automation render TEMPLATE --contact CONTACT` shows one.",
        )
    )
    page.table(
        (Text("渠道", "channel"), Text("文件名", "file"), Text("内容", "holds")),
        [(CHANNELS[name].title, code(f"NAME{ending}"), CONTENTS[name]) for name, (ending, _) in FORMS.items()],
    )
    page.heading(2, Text("语言", "Languages"))
    page.text(
        Text(
            "`NAME.en.sms.j2` 放在 `NAME.sms.j2` 旁边，发给 `language` 字段为 `en` 的人；`en-GB` 的人也用它，除非另有 "
            "`NAME.en-GB.sms.j2`；其余的人（包括没有写明语言的）用不带语言的那份，它不可缺少。"
            "语言是标签，如 en、en-GB、zh-Hant，不分大小写。规则里只写 `NAME`。"
            "各语言同属一个模板：一份有错误，谁也不会收到别的语言的；改动任何一份都算模板改动，计划、审批与灰度都看得到。",
            "`NAME.en.sms.j2` beside `NAME.sms.j2` goes to people whose field `language` is `en`; those with `en-GB` "
            "get it too, unless there is a `NAME.en-GB.sms.j2`. Everybody else, also those without a language, gets "
            "the one without, which must exist. A language is a tag such as en, en-GB or zh-Hant, in small or capital "
            "letters. Rules name `NAME` alone. All languages are one template: if one has a mistake nobody gets "
            "another instead, and a change of any is a change of the template for plans, approvals and canaries.",
        )
    )
    page.heading(2, Text("变量", "Variables"))
    page.table(
        (Text("名称", "name"), Text("含义", "meaning")),
        [(code(name), VARIABLES[name]) for name in VARIABLES if name in RESERVED]
        + [(code("coupon.…"), Text("前面步骤 save_as 保存的结果", "what an earlier step saved with save_as"))],
    )
    page.heading(2, Text("过滤器", "Filters"))
    page.table(
        (Text("过滤器", "filter"), Text("用途", "use")),
        [(code(name), note) for name, note in FILTER_NOTES.items() if name in FILTERS],
    )
    page.text(Text(f"全部可用：{codes(FILTERS)}", f"All of them: {codes(FILTERS)}"))
    return page.markdown()
