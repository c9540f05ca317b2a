"""Providers and models, as the API shows them. A key goes in and never comes out."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chatter.kit.schema import Schema

__all__ = [
    "Abilities",
    "Audience",
    "DefaultModel",
    "Fallbacks",
    "KeySource",
    "Model",
    "ModelCreate",
    "ModelKind",
    "ModelList",
    "ModelPrice",
    "ModelUpdate",
    "Offer",
    "OfferList",
    "PriceSet",
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
    "openai",
    "azure",
    "anthropic",
    "google",
    "bedrock",
    "mistral",
    "groq",
    "openrouter",
    "together",
    "deepseek",
    "vllm",
    "lmstudio",
    "ollama",
    "custom",
]
ModelKind = Literal["chat", "embedding", "other"]
KeySource = Literal["none", "stored", "environment"]

ProviderName = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"\S", examples=["Mistral"])]
BaseUrl = Annotated[str, Meta(min_length=1, max_length=500, examples=["https://api.mistral.ai/v1"])]
Key = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[\x21-\x7e]+$", examples=["sk-0123456789abcdef"])]
ApiVersion = Annotated[
    str,
    Meta(max_length=40, pattern=r"^[0-9A-Za-z.-]+$", examples=["2024-10-21"], description="Azure's, where not ours."),
]
Amount = Annotated[str, Meta(max_length=24, pattern=r"^[0-9]{1,9}(\.[0-9]{1,9})?$", examples=["0.15"])]
ModelName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S", examples=["mistral-small-latest"])]


class Abilities(Schema):
    """What a model can do, by the catalog or by an administrator; false also where nobody knows."""

    vision: bool = False
    tools: bool = False
    structured_output: bool = False
    reasoning: bool = False
    prefill: Annotated[bool, Meta(description="It continues an answer that was begun for it.")] = False


class ModelPrice(Schema):
    """What a million tokens cost in dollars of the United States, from a day on."""

    valid_from: date
    input: Amount
    output: Amount
    cached: Amount | None
    source: Annotated[Literal["catalog", "organization"], Meta(description="Who says so.")]


class PriceSet(Schema):
    """A price of the organisation's own, in force from a day on; without one, from today."""

    input: Amount
    output: Amount
    cached: Annotated[
        Amount | None, Meta(description="For input that the provider had read before.", examples=["0.02"])
    ] = None
    valid_from: date | None = None


class Fallbacks(Schema):
    """Which models stand in for the default, in their order, when its provider is busy, broken or silent."""

    model_ids: Annotated[tuple[UUID, ...], Meta(max_length=5)]


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
    abilities: Abilities = Abilities()
    price: Annotated[ModelPrice | None, Meta(description="In force today; null when nobody knows.")] = None
    stands_in: Annotated[int | None, Meta(description="Its place among those that stand in for the default.")] = None
    restricted: Annotated[bool, Meta(description="Whether only chosen roles and teams may use it.")] = False


class ModelList(Schema):
    """The models, the built-in one first."""

    items: list[Model]
    default_model_id: Annotated[
        UUID, Meta(description="The model that answers when none is chosen; of those that one may use.")
    ]


class Audience(Schema):
    """Who may use a model: everyone, or whoever has one of the roles or is in one of the teams."""

    everyone: bool
    roles: Annotated[
        tuple[Annotated[str, Meta(max_length=60)], ...],
        Meta(max_length=100, description="Keys of roles, as a membership names them.", examples=[["editor"]]),
    ] = ()
    team_ids: Annotated[tuple[UUID, ...], Meta(max_length=100)] = ()


class ModelCreate(Schema):
    """A model that the provider does not list."""

    name: ModelName
    label: ModelName | None = None
    context_tokens: Annotated[int, Meta(gt=0, le=100_000_000)] | None = None


class ModelUpdate(Schema):
    """What to change; absent fields stay. An ability that is null is the catalog's to say."""

    enabled: bool | UnsetType = UNSET
    label: ModelName | UnsetType = UNSET
    context_tokens: Annotated[int, Meta(gt=0, le=100_000_000)] | UnsetType | None = UNSET
    vision: bool | UnsetType | None = UNSET
    tools: bool | UnsetType | None = UNSET
    structured_output: bool | UnsetType | None = UNSET
    reasoning: bool | UnsetType | None = UNSET
    prefill: bool | UnsetType | None = UNSET


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
    api_version: str | None
    max_concurrency: Annotated[
        int | None, Meta(description="Calls that it gets at once from a process; null: as many as come.")
    ]
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


MaxConcurrency = Annotated[
    int,
    Meta(ge=1, le=1000, description="Calls that it gets at once from a process of this server; the others wait."),
]


class ProviderCreate(Schema):
    """A new provider. Without an address, that of its kind; `models` are enabled at once."""

    kind: ProviderKind
    name: ProviderName | None = None
    base_url: BaseUrl | None = None
    key: Key | None = None
    api_version: ApiVersion | None = None
    max_concurrency: MaxConcurrency | None = None
    models: Annotated[tuple[ModelName, ...], Meta(max_length=200)] = ()


class ProviderUpdate(Schema):
    """What to change; absent fields stay, a null key removes it. A new address needs the key again."""

    name: ProviderName | UnsetType = UNSET
    base_url: BaseUrl | UnsetType = UNSET
    key: Key | UnsetType | None = UNSET
    api_version: ApiVersion | UnsetType | None = UNSET
    max_concurrency: MaxConcurrency | UnsetType | None = UNSET


class ProviderDraft(Schema):
    """A provider that is tried before it is saved."""

    kind: ProviderKind
    base_url: BaseUrl | None = None
    key: Key | None = None
    api_version: ApiVersion | None = None
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
    max_concurrency: int | None = None


class ModelRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the audit log keeps of a model."""

    name: str
    label: str
    enabled: bool
    context_tokens: int | None
    vision: bool | None
    tools: bool | None
    structured_output: bool | None
    reasoning: bool | None
    prefill: bool | None


class PriceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the audit log keeps of a price."""

    valid_from: date
    input: str
    output: str
    cached: str | None
