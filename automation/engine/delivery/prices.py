"""What a message costs: the price of its channel, for an SMS times its segments. In 1/10,000 of the currency unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.templating.sms import sms_parts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from automation.templating.content import Content

UNITS = 10_000
"""Of these make one currency unit."""


class Prices:
    """The price list of the settings. False where nothing has a price: then no cost is kept."""

    def __init__(self, prices: Mapping[str, Decimal]) -> None:
        """`prices`: in the currency unit, by channel."""
        self._prices = {channel: int(price * UNITS) for channel, price in prices.items()}

    def __bool__(self) -> bool:
        return bool(self._prices)

    def knows(self, channel: str) -> bool:
        """Whether the channel has a price; what is free says so by 0."""
        return channel in self._prices

    def of(self, channel: str, content: Content) -> int:
        """What it costs to send `content` once; 0 where no price is known."""
        price = self._prices.get(channel, 0)
        if price and channel == "sms" and content.text is not None:
            return price * max(1, sms_parts(content.text).segments)
        return price
