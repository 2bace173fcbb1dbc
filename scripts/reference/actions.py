"""Every action with its parameters and outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.i18n import Lang, Text
from scripts.reference import examples, params
from scripts.reference.markdown import Page, code
from scripts.reference.triggers import TITLES

if TYPE_CHECKING:
    from scripts.reference.surroundings import Surroundings

NAME = "actions"

NOTES: dict[str, Text] = {
    "message.send": Text(
        "依次尝试各渠道：没有地址、没有同意、在禁发名单、达到频次上限、没有模板，或被服务商永久拒绝时，换下一个渠道。",
        "Tries the channels in order: the next one is taken when the person has no address, no consent, is suppressed "
        "or capped, when there is no template, or when the provider refuses for good.",
    ),
    "contact.tag": Text(
        "`add` 与 `remove` 至少写一个。已有的标签再加、没有的标签再删，都不会出错。"
        "标签可以引用文字（`event.category`），也可含 `{{ }}`。",
        "Name at least one of `add` and `remove`. Adding what is there and removing what is not change nothing. "
        "A tag may be a reference to a text (`event.category`) or hold `{{ }}`.",
    ),
    "wecom.tag": Text(
        "标签写名称；多个标签组有同名标签时写成 标签组/标签。须配置渠道 `wecom_tag` 的服务商，没有配置时只写文件。",
        "Tags go by name, or group/name where several groups have the name. It needs a provider for the channel "
        "`wecom_tag`; without one, it writes files only.",
    ),
    "wecom.message": Text(
        "企业微信群发给客户时，须由成员在企业微信里确认后才真正发出。",
        "Messages to WeCom customers are sent only after a member of staff confirms them in WeCom.",
    ),
    "coupon.issue": Text(
        "与流程在同一个事务里占用券码：同一步重复执行得到同一张券，库存不会超发。`expires_on` 当天结束前有效。",
        "Takes the code in the run's own transaction: the same step gives the same code, and stock is never exceeded. "
        "The code is valid to the end of `expires_on`.",
    ),
    "contact.update": Text(
        "值为空文字则删除该属性。身份（手机号等）、标签与系统字段不能改。值可以引用（`event.store_id`）；引用的值没有时，此人这一步失败。",
        "An empty text deletes the attribute. Identities, tags and system fields can't be changed. A value may be a "
        "reference (`event.store_id`); where what it refers to is missing, the step fails for that person.",
    ),
    "event.emit": Text(
        "产生的事件可触发其他规则；沿用与外部事件相同的属性检查，值可以引用（`contact.store`）。",
        "Other rules may listen to the event; its properties are checked like those of events from outside, and may be "
        "references (`contact.store`).",
    ),
    "webhook.post": Text(
        "以 POST 发送 JSON，带签名（设置了 secret 时）。默认拒绝内网地址与 http://。地址固定，不能含变量。",
        "POSTs JSON, signed when the provider has a secret. Private addresses and plain http are refused unless "
        "allowed. The address is fixed and holds no variables.",
    ),
}


def page(lang: Lang, around: Surroundings) -> str:
    page = Page(lang)
    page.heading(1, Text("动作", "Actions"))
    page.text(
        Text(
            "写在步骤里：`do` 是动作的类型，参数放在 `with:` 里。有“结果”的动作可用 `save_as` 保存结果，"
            "供后面的条件与模板使用。",
            "They stand in steps: `do` names one, its parameters go under `with:`. An action with outputs may have "
            "`save_as`, which keeps them for later conditions and templates.",
        )
    )
    for name, plugin in sorted(around.registry.of("action").items()):
        page.heading(2, code(name))
        page.text(Text(f"{plugin.title.zh}。", f"{plugin.title.en[:1].upper()}{plugin.title.en[1:]}."))
        if name in NOTES:
            page.text(NOTES[name])
        page.table(TITLES, params.cells(plugin.Params))
        _after(page, plugin)
        if name in examples.ACTIONS:
            page.code("yaml", examples.ACTIONS[name])
    return page.markdown()


def _after(page: Page, plugin: Any) -> None:
    outputs = getattr(plugin, "outputs", {})
    if outputs:
        listed = ", ".join(f"`{name}` ({type_.value})" for name, type_ in outputs.items())
        page.text(Text(f"结果：{listed}", f"Outputs: {listed}"))
    goes_on = plugin.on_error_default == "continue"
    page.text(
        Text(
            f"失败时默认：{'继续下一步' if goes_on else '结束此人的流程'}（`on_error: {plugin.on_error_default}`）。",
            f"When it fails: {'the run goes on' if goes_on else 'the run ends'} (`on_error: "
            f"{plugin.on_error_default}`).",
        )
    )
