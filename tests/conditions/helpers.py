"""What the condition tests share: a catalogue, and trees from YAML."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from automation.catalogue.loader import load_catalogue
from automation.catalogue.model import FieldType
from automation.rules.conditions.parse import parse_conditions
from automation.rules.conditions.scope import Scope
from automation.rules.conditions.tree import Condition
from automation.yamltree import parse

ZONE = ZoneInfo("Asia/Shanghai")
EVERYWHERE = frozenset({"contact", "event", "var", "history"})
VARIABLES = {"coupon": {"code": FieldType.TEXT, "expires_at": FieldType.DATETIME}}

CATALOGUE, _problems = load_catalogue(
    """
contact:
  level: {type: text, label: {zh: 等级, en: level}, choices: [普卡, 银卡, 金卡, 钻石]}
  points: {type: integer, label: {zh: 积分, en: points}}
  score: {type: number, label: {zh: 评分, en: score}}
  spent: {type: money, label: {zh: 累计消费, en: total spent}}
  vip: {type: boolean, label: {zh: 贵宾, en: VIP}}
  seen_at: {type: datetime, label: {zh: 最近到店, en: last visit}}
  likes: {type: list, label: {zh: 喜好, en: likes}}
events:
  order.paid:
    label: {zh: 付款, en: order paid}
    properties:
      amount: {type: money, label: {zh: 金额, en: amount}}
      sku: {type: text, label: {zh: 商品, en: product}}
      skus: {type: list, label: {zh: 商品们, en: products}}
      count: {type: integer, label: {zh: 件数, en: pieces}}
      gift: {type: boolean, label: {zh: 礼品, en: gift}}
      at: {type: date, label: {zh: 送货日, en: delivery day}}
coupons:
  BDAY_50: {kind: generated, label: 生日券}
""",
    "catalogue.yaml",
)
assert not _problems


def tree(yaml: str, event: str | None = None, namespaces: frozenset[str] = EVERYWHERE) -> Condition | None:
    """The tree of a condition list that has no problem."""
    condition, problems = checked(yaml, event, namespaces)
    assert not problems, problems
    return condition


def checked(
    yaml: str, event: str | None = None, namespaces: frozenset[str] = EVERYWHERE
) -> tuple[Condition | None, list[str]]:
    """The tree and the problems as `line:column: sentence` in English."""
    node, problems = parse(yaml, "rules.yaml")
    assert not problems, problems
    scope = Scope(CATALOGUE, CATALOGUE.events[event] if event else None, VARIABLES, namespaces, ZONE)
    scope = replace(scope, referring=scope if namespaces != {"event"} else None)
    found: list = []
    condition = parse_conditions(node, scope, found, "rules.yaml", "rules/r/audience")
    return condition, [f"{problem.line}:{problem.column}: {problem.text('en')}" for problem in found]
