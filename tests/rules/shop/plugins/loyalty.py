"""A company's own action, with parameters of every kind that the checker must explain."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from automation import plugin
from automation.actions.base import Action, Done
from automation.catalogue.model import FieldType
from automation.i18n import Text
from automation.plugin import param
from automation.rules.params import ContactField, ContactValues, EventName, EventValues, TemplateText, Zone


class Tier(plugin.Params):
    name: str = param(zh="等级", en="the tier")
    points: int = param(zh="积分", en="points", ge=1, le=1000)


class LoyaltyGrant(Action):
    type = "loyalty.grant"
    title = Text("发放积分", "grant points")
    outputs = {"balance": FieldType.INTEGER, "until": FieldType.DATE}

    class Params(plugin.Params):
        points: int = param(zh="积分", en="points", gt=0, lt=1000)
        kind: Literal["gift", "refund"] = param("gift", zh="种类", en="kind")
        rate: float | None = param(None, zh="倍率", en="rate")
        notify: bool = param(False, zh="是否通知", en="whether to notify")
        tiers: list[Tier] = param([], zh="等级", en="tiers", max_length=2)
        fields: list[Annotated[str, ContactField((FieldType.DATE,))]] | None = param(None, zh="字段", en="fields")
        note: Annotated[str, TemplateText(), Field(max_length=60)] = param("", zh="备注", en="a note")
        set: Annotated[dict[str, Any], ContactValues()] = param({}, zh="更新", en="values to set")
        event: Annotated[str, EventName()] | None = param(None, zh="事件", en="the event")
        properties: Annotated[dict[str, Any], EventValues()] = param({}, zh="事件属性", en="its properties")
        zone: Zone | None = param(None, zh="时区", en="a time zone")
        secret: str = param("", zh="暗号", en="a pass phrase")

        @field_validator("secret")
        @classmethod
        def _secret(cls, value: str) -> str:
            if value == "crash":
                raise RuntimeError("the plugin is broken")
            if value == "bad":
                raise ValueError("not this one")
            if value == "own":
                raise PydanticCustomError("rules.bad_label", "own", {"found": value})
            return value

    def run(self, params, items, context):
        return [Done({"balance": params.points})] * len(items)
