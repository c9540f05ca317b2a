"""What a model costs from a day on, and amounts of money as people read them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

__all__ = ["FREE", "Price", "amount", "plain", "price_on"]

_MILLION = Decimal(1_000_000)


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What a million tokens cost from a day on, in dollars of the United States."""

    valid_from: date
    input: Decimal
    output: Decimal = Decimal(0)
    cached: Decimal | None = None
    """For input that the provider had read before; without it, the price of other input."""

    def cost(self, *, input_tokens: int, output_tokens: int, cached_tokens: int) -> Decimal:
        """What a call costs; exact."""
        cached = self.input if self.cached is None else self.cached
        fresh = input_tokens - cached_tokens
        return (fresh * self.input + cached_tokens * cached + output_tokens * self.output) / _MILLION


FREE = Price(valid_from=date(2026, 1, 1), input=Decimal(0), cached=Decimal(0))
"""What runs on this server."""


def price_on(day: date, prices: Sequence[Price]) -> Price | None:
    """The price in force on a day; before the first one, nobody knows."""
    return max((price for price in prices if price.valid_from <= day), key=lambda price: price.valid_from, default=None)


def amount(value: Decimal | None) -> str | None:
    """An amount in plain digits, without zeros that say nothing."""
    return None if value is None else plain(value)


def plain(amount: Decimal) -> str:
    """The same of one that is known."""
    return format(amount.normalize() + 0, "f")
