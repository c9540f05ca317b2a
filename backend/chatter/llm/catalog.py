"""What is known of models beforehand: what they can do, and what their providers asked for them from which day on.

The data is `catalog.json`, one model a line, with its source and the day it was taken; `.ci/catalog.py` writes it anew.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import msgspec

from chatter.llm.presets import BUILT_IN_KIND

__all__ = ["FREE", "Capabilities", "Catalog", "ModelFacts", "Price", "catalog", "price_on", "price_today"]

_FILE = Path(__file__).parent / "catalog.json"
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


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a model can do; false also where nobody knows."""

    vision: bool = False
    tools: bool = False
    structured_output: bool = False
    reasoning: bool = False
    prefill: bool = False
    """It continues an answer that was begun for it."""


class ModelFacts(Capabilities, frozen=True, kw_only=True):
    """One line of the catalog."""

    kind: str
    name: str
    mode: str
    context_tokens: int | None = None
    prices: tuple[Price, ...] = ()
    ends: date | None = None
    """The day from which its provider does not offer it any more."""


class Catalog(msgspec.Struct, frozen=True, kw_only=True):
    """All models, and where what is said of them comes from."""

    source: str
    licence: str
    taken: date
    models: list[ModelFacts]

    def facts(self, *, kind: str, name: str) -> ModelFacts | None:
        """What is known of a model of this kind of provider."""
        return _by_name().get((kind, name))


FREE = Price(valid_from=date(2026, 1, 1), input=Decimal(0), cached=Decimal(0))
"""What runs on this server."""


@cache
def catalog() -> Catalog:
    """The catalog of this release, read when it is first wanted."""
    return msgspec.json.decode(_FILE.read_bytes(), type=Catalog)


def price_today(*, kind: str, name: str) -> Price | None:
    """What the catalog says that a model costs today; None when it does not say."""
    if kind == BUILT_IN_KIND:
        return FREE
    facts = catalog().facts(kind=kind, name=name)
    return price_on(datetime.now(UTC).date(), facts.prices) if facts else None


def price_on(day: date, prices: Sequence[Price]) -> Price | None:
    """The price in force on a day; before the first one, nobody knows."""
    return max((price for price in prices if price.valid_from <= day), key=lambda price: price.valid_from, default=None)


@cache
def _by_name() -> dict[tuple[str, str], ModelFacts]:
    return {(model.kind, model.name): model for model in catalog().models}
