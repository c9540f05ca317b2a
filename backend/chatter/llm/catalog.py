"""What is known of models beforehand: what they can do, and what their providers asked for them from which day on.

The data is `catalog.json`, one model a line, with its source and the day it was taken; `.ci/catalog.py` writes it anew.
"""

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import msgspec

from chatter.llm.presets import BUILT_IN_KIND
from chatter.usage.facade import FREE, Price, price_on

__all__ = ["Capabilities", "Catalog", "ModelFacts", "catalog", "price_today"]

_FILE = Path(__file__).parent / "catalog.json"


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


@cache
def _by_name() -> dict[tuple[str, str], ModelFacts]:
    return {(model.kind, model.name): model for model in catalog().models}
