"""What other domains may hear about models and providers."""

from typing import ClassVar
from uuid import UUID

from chatter.kit.events import Event

__all__ = [
    "DefaultModelChanged",
    "FallbacksChanged",
    "ModelAdded",
    "ModelAudienceChanged",
    "ModelPriceSet",
    "ModelUpdated",
    "ProviderCreated",
    "ProviderDeleted",
    "ProviderDraftTested",
    "ProviderTested",
    "ProviderUpdated",
]


class ProviderCreated(Event):
    name: ClassVar[str] = "llm.provider.created"
    provider_id: UUID


class ProviderUpdated(Event):
    name: ClassVar[str] = "llm.provider.updated"
    provider_id: UUID


class ProviderDeleted(Event):
    name: ClassVar[str] = "llm.provider.deleted"
    provider_id: UUID


class ProviderDraftTested(Event):
    """One that is not stored (yet)."""

    name: ClassVar[str] = "llm.provider.draft_tested"
    passed: bool


class ProviderTested(Event):
    name: ClassVar[str] = "llm.provider.tested"
    provider_id: UUID
    passed: bool


class ModelAdded(Event):
    name: ClassVar[str] = "llm.model.added"
    model_id: UUID


class ModelUpdated(Event):
    name: ClassVar[str] = "llm.model.updated"
    model_id: UUID
    enabled: bool


class ModelPriceSet(Event):
    name: ClassVar[str] = "llm.model.price_set"
    model_id: UUID
    valid_from: str
    """A day."""


class ModelAudienceChanged(Event):
    """Others may use it than before."""

    name: ClassVar[str] = "llm.model.audience_changed"
    model_id: UUID


class FallbacksChanged(Event):
    name: ClassVar[str] = "llm.fallbacks.changed"
    model_ids: list[UUID]


class DefaultModelChanged(Event):
    name: ClassVar[str] = "llm.default_model.changed"
    model_id: UUID
