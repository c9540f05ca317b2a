"""From rows to what the API shows."""

from collections.abc import Sequence
from typing import get_args
from uuid import UUID

from chatter.llm.models import Model as ModelRow
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
from chatter.llm.schemas import KeySource, Model, ModelKind, ModelRecord, Provider, ProviderRecord
from chatter.llm.targets import as_kind

__all__ = [
    "built_in_model",
    "built_in_provider",
    "key_source",
    "model_record",
    "model_view",
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
        built_in=True,
        notice=BUILT_IN_NOTICE,
        models=[built_in_model(default_model_id=default_model_id)],
        created_at=None,
    )


def model_view(row: ModelRow, *, provider_name: str, default_model_id: UUID | None) -> Model:
    """A model of a provider."""
    return Model(
        id=row.id,
        provider_id=row.provider_id,
        provider_name=provider_name,
        name=row.name,
        label=row.label,
        kind=_model_kind(row.kind),
        enabled=row.enabled,
        is_default=row.id == default_model_id,
        context_tokens=row.context_tokens,
    )


def provider_view(row: ProviderRow, models: Sequence[ModelRow], *, default_model_id: UUID | None) -> Provider:
    """A provider with its models."""
    return Provider(
        id=row.id,
        kind=as_kind(row.kind),
        name=row.name,
        base_url=row.base_url,
        key_source=key_source(row),
        key_hint=row.key_hint,
        built_in=False,
        notice=None,
        models=[model_view(model, provider_name=row.name, default_model_id=default_model_id) for model in models],
        created_at=row.created_at,
    )


def provider_record(row: ProviderRow) -> ProviderRecord:
    """What the audit log keeps: no key."""
    return ProviderRecord(
        kind=row.kind, name=row.name, base_url=row.base_url, key_source=key_source(row), key_hint=row.key_hint
    )


def model_record(row: ModelRow) -> ModelRecord:
    return ModelRecord(name=row.name, label=row.label, enabled=row.enabled, context_tokens=row.context_tokens)


def key_source(row: ProviderRow) -> KeySource:
    """Where the key of a provider lies."""
    if row.key_sealed is not None:
        return "stored"
    return "environment" if row.key_reference is not None else "none"


def _model_kind(value: str) -> ModelKind:
    if value not in get_args(ModelKind):
        raise ValueError(value)
    return value  # type: ignore[return-value]  # checked above
