"""Providers and models, as the API shows them. A key goes in and never comes out."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chatter.kit.schema import Schema

__all__ = [
    "DefaultModel",
    "KeySource",
    "Model",
    "ModelCreate",
    "ModelKind",
    "ModelList",
    "ModelUpdate",
    "Offer",
    "OfferList",
    "Provider",
    "ProviderCreate",
    "ProviderDraft",
    "ProviderKind",
    "ProviderList",
    "ProviderPreset",
    "ProviderTest",
    "ProviderTestRequest",
    "ProviderUpdate",
    "TestStep",
]

ProviderKind = Literal[
    "openai", "mistral", "groq", "openrouter", "together", "deepseek", "vllm", "lmstudio", "ollama", "custom"
]
ModelKind = Literal["chat", "embedding", "other"]
KeySource = Literal["none", "stored", "environment"]

ProviderName = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"\S", examples=["Mistral"])]
BaseUrl = Annotated[str, Meta(min_length=1, max_length=500, examples=["https://api.mistral.ai/v1"])]
Key = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[\x21-\x7e]+$", examples=["sk-0123456789abcdef"])]
ModelName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S", examples=["mistral-small-latest"])]


class Model(Schema):
    """A model of the organisation. `small` means: the built-in one, which is quick to confuse."""

    id: UUID
    provider_id: UUID
    provider_name: str
    name: str
    label: str
    kind: ModelKind
    enabled: bool
    is_default: bool
    small: bool = False
    context_tokens: int | None = None


class ModelList(Schema):
    """The models, the built-in one first."""

    items: list[Model]
    default_model_id: UUID


class ModelCreate(Schema):
    """A model that the provider does not list."""

    name: ModelName
    label: ModelName | None = None
    context_tokens: Annotated[int, Meta(gt=0, le=100_000_000)] | None = None


class ModelUpdate(Schema):
    """What to change; absent fields stay."""

    enabled: bool | UnsetType = UNSET
    label: ModelName | UnsetType = UNSET
    context_tokens: Annotated[int, Meta(gt=0, le=100_000_000)] | UnsetType | None = UNSET


class DefaultModel(Schema):
    """The model that answers when nobody chose another."""

    model_id: UUID


class Provider(Schema):
    """A provider. `key_hint` is the end of its key, to tell keys apart."""

    id: UUID
    kind: ProviderKind | Literal["built_in"]
    name: str
    base_url: str | None
    key_source: KeySource
    key_hint: str | None
    built_in: bool
    notice: str | None
    models: list[Model]
    created_at: datetime | None


class ProviderPreset(Schema):
    """What is known about a kind of provider. `base_url` is null where only the person knows it."""

    kind: ProviderKind
    label: str
    base_url: str | None
    needs_key: bool
    example: str


class ProviderList(Schema):
    """The providers, the built-in one first, and the kinds that can be added."""

    items: list[Provider]
    presets: list[ProviderPreset]


class ProviderCreate(Schema):
    """A new provider. Without an address, that of its kind; `models` are enabled at once."""

    kind: ProviderKind
    name: ProviderName | None = None
    base_url: BaseUrl | None = None
    key: Key | None = None
    models: Annotated[tuple[ModelName, ...], Meta(max_length=200)] = ()


class ProviderUpdate(Schema):
    """What to change; absent fields stay, a null key removes it. A new address needs the key again."""

    name: ProviderName | UnsetType = UNSET
    base_url: BaseUrl | UnsetType = UNSET
    key: Key | UnsetType | None = UNSET


class ProviderDraft(Schema):
    """A provider that is tried before it is saved."""

    kind: ProviderKind
    base_url: BaseUrl | None = None
    key: Key | None = None
    model: ModelName | None = None


class ProviderTestRequest(Schema):
    """Which model to try; without one, an enabled or the first one."""

    model: ModelName | None = None


class TestStep(Schema):
    """One thing that was tried."""

    __test__ = False

    name: Literal["list_models", "complete"]
    passed: bool
    milliseconds: int
    detail: str
    code: str | None = None
    remedy: str | None = None


class ProviderTest(Schema):
    """What came of it. `models` are the names that the provider listed."""

    passed: bool
    steps: list[TestStep]
    models: list[str]
    model: str | None


class Offer(Schema):
    """A provider that was found on the server."""

    id: str
    kind: ProviderKind
    name: str
    base_url: str
    source: Annotated[str, Meta(examples=["The key MISTRAL_API_KEY of this server's environment"])]


class OfferList(Schema):
    """What was found and is not yet used."""

    items: list[Offer]


class ProviderRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the audit log keeps of a provider."""

    kind: str
    name: str
    base_url: str
    key_source: KeySource
    key_hint: str | None


class ModelRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the audit log keeps of a model."""

    name: str
    label: str
    enabled: bool
    context_tokens: int | None
