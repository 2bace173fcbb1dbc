"""Money: major units outside (59.90), integers of the minor unit inside (5990)."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

# ISO 4217: how many decimals the minor unit has, where it isn't two.
_EXPONENTS = dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
     "XPF"), 0
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3) | dict.fromkeys(("CLF", "UYW"), 4)  # fmt: skip

_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?\Z", re.ASCII)
_PLAIN = re.compile(r"[+-]?(\d{1,18}(\.\d{0,30})?|\.\d{1,30})\Z", re.ASCII)


def exponent(currency: str) -> int:
    """The decimals of a currency's minor unit: 2 for CNY, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


def minor(value: object, currency: str) -> int | None:
    """`value` in the minor unit, exactly; None when it is no amount. ArithmeticError when it is finer than that."""
    amount = _decimal(value)
    if amount is None:
        return None
    scaled = amount.scaleb(exponent(currency))
    whole = int(scaled)
    if whole != scaled:
        raise ArithmeticError
    return whole


def major(amount: int, currency: str) -> Decimal:
    """The amount in major units."""
    return Decimal(amount).scaleb(-exponent(currency))


def shown(amount: int, currency: str, lang: str | None = None) -> str:
    """`59.90 元`, `CNY 59.90`; without decimals when there are none."""
    value = major(amount, currency)
    places = 0 if value == value.to_integral_value() else exponent(currency)
    text = f"{value:.{places}f}"
    return f"{text} 元" if currency == "CNY" and lang == "zh" else f"{currency} {text}"


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        value = repr(value) if abs(value) < 1e15 else ""
        if "e" in value:  # 1e-05: finer than any minor unit
            raise ArithmeticError
    if isinstance(value, Decimal):
        value = format(value, "f") if value.is_finite() else ""
    text = str(value).strip() if isinstance(value, (str, int)) else ""
    if _GROUPED.match(text):
        text = text.replace(",", "")
    try:
        return Decimal(text) if _PLAIN.match(text) else None
    except InvalidOperation:
        return None
