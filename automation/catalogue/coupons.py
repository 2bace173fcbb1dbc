"""The coupon batches of the catalogue file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, cast

from automation.catalogue import dates, money
from automation.catalogue.model import CouponBatchDef
from automation.catalogue.reading import found
from automation.i18n import Text
from automation.yamltree import Scalar

if TYPE_CHECKING:
    from automation.catalogue.reading import Reader
    from automation.yamltree import Mapping, Node

_KEYS = ("label", "kind", "stock", "per_contact", "valid_for", "expires_at", "prefix", "length", "value", "currency")
_GENERATED_ONLY = ("stock", "prefix", "length")
_PREFIX = re.compile(r"[A-Za-z0-9-]{1,20}\Z")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")


def read_coupons(reader: Reader, node: Node | None) -> dict[str, CouponBatchDef]:
    """Every batch that has a kind; each wrong key leaves a problem."""
    batches: dict[str, CouponBatchDef] = {}
    for key, value in reader.named(node, "coupons"):
        path = f"coupons/{key.text}"
        spec = reader.mapping(value, path, _KEYS)
        kind = reader.option(spec.get("kind"), path, ("generated", "pool"))
        if kind is None:
            if spec.get("kind") is None:
                reader.report(key, "no_kind", path)
            continue
        _refuse_for_pool(reader, spec, path, kind)
        batches[key.text] = _batch(reader, key.text, cast("Literal['pool', 'generated']", kind), spec, path)
    return batches


def _batch(reader: Reader, key: str, kind: Literal["pool", "generated"], spec: Mapping, path: str) -> CouponBatchDef:
    currency = _matching(reader, spec.get("currency"), path, _CURRENCY, "bad_currency") or "CNY"
    return CouponBatchDef(
        key=key,
        label=reader.label(spec.get("label"), path, Text(key, key)),
        kind=kind,
        stock=reader.whole(spec.get("stock"), path, 0),
        per_contact=reader.whole(spec.get("per_contact"), path, 1) or 1,
        valid_for=reader.duration(spec.get("valid_for"), path),
        expires_at=_date(reader, spec.get("expires_at"), path),
        prefix=_matching(reader, spec.get("prefix"), path, _PREFIX, "bad_prefix") or "",
        length=reader.whole(spec.get("length"), path, 6, 40) or 10,
        value=_value(reader, spec.get("value"), path, currency),
        currency=currency,
    )


def _refuse_for_pool(reader: Reader, spec: Mapping, path: str, kind: str) -> None:
    for name in _GENERATED_ONLY if kind == "pool" else ():
        node = spec.key_node(name)
        if node is not None:
            reader.report(node, "not_for_pool", path, found=name)


def _matching(reader: Reader, node: Node | None, path: str, pattern: re.Pattern[str], key: str) -> str | None:
    text = reader.text(node, path)
    if text is None or node is None or pattern.match(text):
        return text
    reader.report(node, key, path, found=text)
    return None


def _date(reader: Reader, node: Node | None, path: str) -> str | None:
    day = dates.read_date(node.text) if isinstance(node, Scalar) else None
    if node is not None and day is None:
        reader.report(node, "expected_date", path, found=found(node))
    return day


def _value(reader: Reader, node: Node | None, path: str, currency: str) -> int | None:
    if node is None:
        return None
    try:
        amount = money.minor(node.text, currency) if isinstance(node, Scalar) else None
    except ArithmeticError:
        amount = None
    if amount is None or amount <= 0:
        reader.report(node, "expected_money", path, found=found(node), currency=currency)
        return None
    return amount
