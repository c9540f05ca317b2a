"""What other domains may ask of models."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import UUID
from weakref import WeakKeyDictionary

import asyncpg
import msgspec

from chatter.kit.crypto import SecretBox
from chatter.kit.db.database import Database
from chatter.kit.http import HttpSessions
from chatter.kit.settings import Settings
from chatter.llm.adapters.local_embedder import LocalEmbedder, built_in_target
from chatter.llm.adapters.repeated_prefix import without_beginning
from chatter.llm.adapters.wires import Wires, wires_of
from chatter.llm.catalog import catalog, price_today
from chatter.llm.errors import ModelNotAllowed, ModelNotFound
from chatter.llm.metering import metered, prompt_digest
from chatter.llm.ports import ChatCall, ChatDelta, ChatMessage, ChatTarget, Embedder, Prefill, ToolSpec
from chatter.llm.presets import (
    BUILT_IN_CONTEXT_TOKENS,
    BUILT_IN_MODEL_ID,
    BUILT_IN_MODEL_LABEL,
    BUILT_IN_MODEL_NAME,
    BUILT_IN_PROVIDER_ID,
    BUILT_IN_PROVIDER_NAME,
    EMBEDDING_MODEL_NAME,
)
from chatter.llm.resilience import Attempt, Resilience
from chatter.llm.targets import StoredKey, target_of
from chatter.llm.tool_calls import ToolCalls
from chatter.usage.facade import FREE, Billed, Ledger, Price

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

__all__ = [
    "LOCAL_EMBEDDING",
    "ChatModelHandle",
    "ToolCalls",
    "is_small",
    "make_embedder",
    "prompt_digest",
    "resolve_chat_model",
]

LOCAL_EMBEDDING = Billed(
    model_id=None,
    model=EMBEDDING_MODEL_NAME,
    label=EMBEDDING_MODEL_NAME,
    provider=BUILT_IN_PROVIDER_NAME,
    price=FREE,
)
"""The embedding model of this installation, as it is paid for."""

_ASSUMED_CONTEXT_TOKENS = 8192
_resiliences: WeakKeyDictionary[HttpSessions, Resilience] = WeakKeyDictionary()


@dataclass(frozen=True, kw_only=True)
class ChatModelHandle:
    """A model that is ready to answer. It holds the key in the clear: keep it for one run, never store it."""

    tenant_id: UUID
    provider_id: UUID
    model_id: UUID
    name: str
    label: str
    provider: str
    context_tokens: int
    """How much prompt it takes well; for the built-in model far less than it could read."""
    small: bool
    price: Price | None
    """Today's; None: nobody knows."""
    target: ChatTarget
    wire: Wires
    resilience: Resilience
    stand_ins: "tuple[ChatModelHandle, ...]" = ()
    """Who answers, in this order, when this one's provider is busy, broken or silent."""
    max_concurrency: int | None = None
    """Calls that its provider gets at once."""

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        ledger: Ledger,
        max_tokens: int,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        continues: bool = False,
        tools: Sequence[ToolSpec] = (),
    ) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it comes; raises a ProviderFault. Close it early (aclosing) to stop the provider.

        With `continues`, the last message is the answer's beginning, which is not repeated, and nobody stands in. What
        it took, with each attempt, is in the ledger once it has ended, however it ended.
        """
        call = ChatCall(
            target=self.target,
            messages=messages,
            max_tokens=max_tokens,
            temperature=temperature,
            stop=tuple(stop),
            continues=continues,
            tools=tuple(tools),
        )
        models = (self,) if continues else (self, *self.stand_ins)
        deltas = self.resilience.stream([model._attempt(call, ledger) for model in models])
        return without_beginning(deltas, messages[-1].content) if continues and self._repeats else deltas

    @property
    def continues(self) -> bool:
        """Whether it can go on with an answer that was begun."""
        return self.target.prefill != "none"

    @property
    def _repeats(self) -> bool:
        return self.target.prefill == "prefix"

    @property
    def billed(self) -> Billed:
        """The model as it is paid for."""
        return Billed(
            model_id=self.model_id,
            model=self.name,
            label=self.label,
            provider=self.provider,
            provider_id=self.provider_id,
            price=self.price,
        )

    def as_langchain(self, *, max_tokens: int, temperature: float = 0.0) -> "BaseChatModel":
        """The same model for LangChain and LangGraph; 0.2 ms of CPU a token instead of 0.05."""
        # langchain_core costs 0.9 s of CPU to import: only when it is wanted.
        adapter: Any = import_module("chatter.llm.adapters.langchain_chat")
        model: BaseChatModel = adapter.WireChatModel(
            wire=self.wire, target=self.target, max_tokens=max_tokens, temperature=temperature
        )
        return model

    def _attempt(self, call: ChatCall, ledger: Ledger) -> Attempt:
        own = msgspec.structs.replace(call, target=self.target)
        return Attempt(
            tenant_id=self.tenant_id,
            provider_id=self.provider_id,
            provider=self.provider,
            address=self.target.base_url,
            max_concurrency=self.max_concurrency,
            begin=lambda: metered(self.wire.stream_chat(own), call=own, billed=self.billed, ledger=ledger),
        )


async def resolve_chat_model(
    database: Database,
    http: HttpSessions,
    settings: Settings,
    *,
    tenant_id: UUID,
    user_id: UUID,
    model_id: UUID | None = None,
) -> ChatModelHandle:
    """The chosen model, or the first that the person may use: of the organisation's default and those that stand in.

    Raises ModelNotFound, ModelNotAllowed, ProviderKeyRefused, LocalModelsAway. One round trip; no connection is held
    afterwards.
    """
    if model_id == BUILT_IN_MODEL_ID:
        return _built_in(http, settings, tenant_id=tenant_id)
    rows = await database.hot.fetch("select * from llm_chat_models($1, $2, $3)", tenant_id, user_id, model_id)
    usable = [row for row in rows if row["may_use"]]
    if model_id is not None:
        _require_usable(rows, model_id=model_id)
    elif not usable:
        return _built_in(http, settings, tenant_id=tenant_id)
    chosen, *others = usable
    stand_ins = [_stored(row, http, settings, tenant_id=tenant_id) for row in others if _is_usable(row, settings)]
    return replace(_stored(chosen, http, settings, tenant_id=tenant_id), stand_ins=tuple(stand_ins))


def _require_usable(rows: Sequence[asyncpg.Record], *, model_id: UUID) -> None:
    found = next((row for row in rows if row["id"] == model_id), None)
    if found is None:
        raise ModelNotFound("This model is not available.", remedy="Choose another model.")
    if not found["may_use"]:
        raise ModelNotAllowed(
            f"{found['label']} is not open to your role or your teams.",
            remedy="Choose another model, or ask an administrator of your organization: they say under Models who "
            "may use it.",
        )


def _stored(row: asyncpg.Record, http: HttpSessions, settings: Settings, *, tenant_id: UUID) -> ChatModelHandle:
    key = _key(row).open(
        tenant_id=tenant_id,
        kind=row["provider_kind"],
        base_url=row["base_url"],
        secrets=_secrets(settings.secret_key, tuple(settings.secret_keys_old)),
        settings=settings,
    )
    target = target_of(
        kind=row["provider_kind"],
        provider=row["provider_name"],
        base_url=row["base_url"],
        model=row["name"],
        key=key,
        settings=settings,
        api_version=row["api_version"],
    )
    target = msgspec.structs.replace(target, prefill=_prefill(row, usual=target.prefill))
    return ChatModelHandle(
        tenant_id=tenant_id,
        provider_id=row["provider_id"],
        model_id=row["id"],
        name=row["name"],
        label=row["label"],
        provider=row["provider_name"],
        context_tokens=row["context_tokens"] or _ASSUMED_CONTEXT_TOKENS,
        small=False,
        price=_own_price(row) or price_today(kind=row["provider_kind"], name=row["name"]),
        target=target,
        wire=wires_of(http),
        resilience=_resilience_of(http),
        max_concurrency=row["max_concurrency"],
    )


@cache
def _secrets(secret_key: str, old: tuple[str, ...]) -> SecretBox:
    """The box of this installation: deriving its keys takes 0.1 ms, and it never changes."""
    return SecretBox(secret_key, old=old)


def _key(row: asyncpg.Record) -> StoredKey:
    return StoredKey(sealed=row["key_sealed"], reference=row["key_reference"])


def _is_usable(row: asyncpg.Record, settings: Settings) -> bool:
    """A stand-in whose key the operator took back does not keep the others from answering."""
    return row["key_reference"] is None or settings.offer_environment_providers


def _prefill(row: asyncpg.Record, *, usual: Prefill) -> Prefill:
    """How the model is asked to go on with an answer: as its kind is, or by the last message where models differ."""
    if row["prefill"] is False or row["provider_kind"] not in ("anthropic", "bedrock"):
        return "none" if row["prefill"] is False else usual
    facts = catalog().facts(kind=row["provider_kind"], name=row["name"])
    return "plain" if row["prefill"] or (facts is not None and facts.prefill) else "none"


def _own_price(row: asyncpg.Record) -> Price | None:
    if row["input"] is None:
        return None
    today = datetime.now(UTC).date()
    return Price(valid_from=today, input=row["input"], output=row["output"], cached=row["cached"])


def _resilience_of(http: HttpSessions) -> Resilience:
    """What a process knows of its providers, kept as long as its sessions."""
    return _resiliences.setdefault(http, Resilience())


def make_embedder(http: HttpSessions, settings: Settings) -> Embedder:
    """The embedding model of this installation; one for each process, so that its limit on requests holds."""
    return LocalEmbedder(wires_of(http), settings)


def is_small(model_id: UUID | None) -> bool:
    """Whether a model is the built-in one, which gets prompts of its own."""
    return model_id is None or model_id == BUILT_IN_MODEL_ID


def _built_in(http: HttpSessions, settings: Settings, *, tenant_id: UUID) -> ChatModelHandle:
    return ChatModelHandle(
        tenant_id=tenant_id,
        provider_id=BUILT_IN_PROVIDER_ID,
        model_id=BUILT_IN_MODEL_ID,
        name=BUILT_IN_MODEL_NAME,
        label=BUILT_IN_MODEL_LABEL,
        provider=BUILT_IN_PROVIDER_NAME,
        context_tokens=BUILT_IN_CONTEXT_TOKENS,
        small=True,
        price=FREE,
        target=built_in_target(settings, model=BUILT_IN_MODEL_NAME),
        wire=wires_of(http),
        resilience=_resilience_of(http),
    )
