"""From rows to what the API shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args
from uuid import UUID

from chatter.llm.catalog import ModelFacts, catalog
from chatter.llm.models import Model as ModelRow
from chatter.llm.models import ModelPrice as PriceRow
from chatter.llm.models import Provider as ProviderRow
from chatter.llm.presets import (
    BUILT_IN_CONTEXT_TOKENS,
    BUILT_IN_MODEL_ID,
    BUILT_IN_MODEL_LABEL,
    BUILT_IN_MODEL_NAME,
    BUILT_IN_NOTICE,
    BUILT_IN_PROVIDER_ID,
    BUILT_IN_PROVIDER_NAME,
)
from chatter.llm.schemas import (
    Abilities,
    KeySource,
    Model,
    ModelKind,
    ModelPrice,
    ModelRecord,
    PriceRecord,
    Provider,
    ProviderRecord,
)
from chatter.llm.targets import as_kind
from chatter.usage.facade import Price, plain, price_on

__all__ = [
    "Beside",
    "built_in_model",
    "built_in_provider",
    "key_source",
    "model_record",
    "model_view",
    "price_record",
    "provider_record",
    "provider_view",
]


def built_in_model(*, default_model_id: UUID | None) -> Model:
    """The small model that every organisation has."""
    return Model(
        id=BUILT_IN_MODEL_ID,
        provider_id=BUILT_IN_PROVIDER_ID,
        provider_name=BUILT_IN_PROVIDER_NAME,
        name=BUILT_IN_MODEL_NAME,
        label=BUILT_IN_MODEL_LABEL,
        kind="chat",
        enabled=True,
        is_default=default_model_id is None,
        small=True,
        context_tokens=BUILT_IN_CONTEXT_TOKENS,
    )


def built_in_provider(*, default_model_id: UUID | None) -> Provider:
    """The provider of the small model; it has no row."""
    return Provider(
        id=BUILT_IN_PROVIDER_ID,
        kind="built_in",
        name=BUILT_IN_PROVIDER_NAME,
        base_url=None,
        key_source="none",
        key_hint=None,
        api_version=None,
        max_concurrency=None,
        built_in=True,
        notice=BUILT_IN_NOTICE,
        models=[built_in_model(default_model_id=default_model_id)],
        created_at=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is shown of models beside their own rows."""

    default_model_id: UUID | None
    prices: Sequence[PriceRow] = ()
    """The organisation's own."""
    fallbacks: Sequence[UUID] = ()


def model_view(row: ModelRow, *, provider: ProviderRow, beside: Beside) -> Model:
    """A model of a provider."""
    facts = catalog().facts(kind=provider.kind, name=row.name)
    return Model(
        id=row.id,
        provider_id=row.provider_id,
        provider_name=provider.name,
        name=row.name,
        label=row.label,
        kind=_model_kind(row.kind),
        enabled=row.enabled,
        is_default=row.id == beside.default_model_id,
        context_tokens=row.context_tokens or (facts.context_tokens if facts else None),
        abilities=_abilities(row, facts),
        price=_price(row, facts, prices=beside.prices),
        restricted=row.restricted,
        stands_in=beside.fallbacks.index(row.id) + 1 if row.id in beside.fallbacks else None,
    )


def provider_view(row: ProviderRow, models: Sequence[ModelRow], *, beside: Beside) -> Provider:
    """A provider with its models."""
    return Provider(
        id=row.id,
        kind=as_kind(row.kind),
        name=row.name,
        base_url=row.base_url,
        key_source=key_source(row),
        key_hint=row.key_hint,
        api_version=row.api_version,
        max_concurrency=row.max_concurrency,
        built_in=False,
        notice=None,
        models=[model_view(model, provider=row, beside=beside) for model in models],
        created_at=row.created_at,
    )


def provider_record(row: ProviderRow) -> ProviderRecord:
    """What the audit log keeps: no key."""
    return ProviderRecord(
        kind=row.kind,
        name=row.name,
        base_url=row.base_url,
        key_source=key_source(row),
        key_hint=row.key_hint,
        max_concurrency=row.max_concurrency,
    )


def model_record(row: ModelRow) -> ModelRecord:
    """What the audit log keeps of a model."""
    return ModelRecord(**{name: getattr(row, name) for name in ModelRecord.__struct_fields__})


def price_record(row: PriceRow) -> PriceRecord:
    """What the audit log keeps of a price."""
    return PriceRecord(
        valid_from=row.valid_from,
        input=plain(row.input),
        output=plain(row.output),
        cached=None if row.cached is None else plain(row.cached),
    )


def _abilities(row: ModelRow, facts: ModelFacts | None) -> Abilities:
    """What the organisation says, else what the catalog says."""
    found = {}
    for name in Abilities.__struct_fields__:
        own = getattr(row, name)
        found[name] = own if own is not None else bool(facts and getattr(facts, name))
    return Abilities(**found)


def _price(row: ModelRow, facts: ModelFacts | None, *, prices: Sequence[PriceRow]) -> ModelPrice | None:
    """Today's: the organisation's own goes before the catalog's."""
    today = datetime.now(UTC).date()
    own = [price for price in prices if price.model_id == row.id and price.valid_from <= today]
    if own:
        found: PriceRow | Price | None = max(own, key=lambda price: price.valid_from)
    else:
        found = price_on(today, facts.prices) if facts else None
    if found is None:
        return None
    return ModelPrice(
        valid_from=found.valid_from,
        input=plain(found.input),
        output=plain(found.output),
        cached=None if found.cached is None else plain(found.cached),
        source="organization" if own else "catalog",
    )


def key_source(row: ProviderRow) -> KeySource:
    """Where the key of a provider lies."""
    if row.key_sealed is not None:
        return "stored"
    return "environment" if row.key_reference is not None else "none"


def _model_kind(value: str) -> ModelKind:
    if value not in get_args(ModelKind):
        raise ValueError(value)
    return value  # type: ignore[return-value]  # checked above
