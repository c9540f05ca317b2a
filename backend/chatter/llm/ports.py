"""What the program asks of models, whoever makes them."""

from collections.abc import AsyncGenerator, Sequence
from typing import Literal, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from chatter.usage.counts import EmbeddingCall, TokenUsage

__all__ = [
    "AnswerSchema",
    "ChatCall",
    "ChatDelta",
    "ChatMessage",
    "ChatTarget",
    "ChatWire",
    "Embedder",
    "EmbeddingCall",
    "FinishReason",
    "Image",
    "Prefill",
    "TokenUsage",
    "ToolCall",
    "ToolCallPiece",
    "ToolSpec",
    "Vectors",
]

Vectors = NDArray[np.float16]
"""One row for each text."""

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]
"""Why a model ended its answer; each wire translates its own words. `stop` also stands for words nobody knows."""


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A picture in a prompt."""

    media_type: Literal["image/png", "image/jpeg", "image/webp", "image/gif"]
    data: bytes


class ToolSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that the model may call."""

    name: str
    description: str
    parameters: msgspec.Raw
    """A JSON schema whose type is object."""


class ToolCall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A whole call, as the model wrote it: nothing says that the arguments are JSON, or fit the tool."""

    id: str
    name: str
    arguments: str
    signature: str = ""
    """What the provider wants to have back with the call, as it gave it; nobody else can read it."""


class ToolCallPiece(msgspec.Struct, frozen=True, kw_only=True):
    """A fragment of the call number `index`. Id and name come once, with its first fragment."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""
    signature: str = ""


class AnswerSchema(msgspec.Struct, frozen=True, kw_only=True):
    """The shape that the answer's text must have, for models that can promise one."""

    name: str
    schema: msgspec.Raw


Prefill = Literal["none", "plain", "prefix", "flag"]
"""Whether a model goes on with an answer that was begun, and how it is asked to: not at all; by an assistant's message
at the end; by one that is marked as a prefix, which it then repeats; by flags of the request."""


class ChatMessage(msgspec.Struct, frozen=True):
    """One message of a prompt. A `tool` message answers the call that `tool_call_id` names."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    images: tuple[Image, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


class ChatTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model answers. `key` is in the clear: never log or store a target."""

    base_url: str
    model: str
    key: str | None = None
    provider: str
    """The provider's name, for people."""
    internal: bool = False
    """On the operator's own machine, by the operator's own setting: exempt from the egress policy."""
    wire: Literal["openai", "azure", "anthropic", "google", "bedrock"] = "openai"
    api_version: str | None = None
    """Where the wire has versions; None: ours."""
    built_in: bool = False
    """Our own local-models process."""
    prefill: Prefill = "none"

    def __repr__(self) -> str:
        return f"ChatTarget({self.provider!r}, {self.model!r})"


class ChatCall(msgspec.Struct, frozen=True, kw_only=True):
    """One question to one model."""

    target: ChatTarget
    messages: Sequence[ChatMessage]
    max_tokens: int
    temperature: float = 0.0
    stop: tuple[str, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    answer_schema: AnswerSchema | None = None
    idle_seconds: float = 60.0
    """How long the provider may be silent."""
    continues: bool = False
    """The last message is the beginning of the answer; only for a target that has a prefill."""


class ChatDelta(msgspec.Struct, frozen=True):
    """What arrived at once, usually one token. The last has a finish reason and, if the provider counts, the usage."""

    text: str = ""
    finish_reason: FinishReason | None = None
    usage: TokenUsage | None = None
    reasoning: str = ""
    """What the model thinks aloud before it answers."""
    tool_calls: tuple[ToolCallPiece, ...] = ()

    @property
    def says_something(self) -> bool:
        """Whether it is part of an answer, be it only its end: counts alone are not."""
        return bool(self.text or self.tool_calls or self.reasoning or self.finish_reason)


class ChatWire(Protocol):
    """A way to talk to models."""

    def stream_chat(self, call: ChatCall) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it comes. Raises a ProviderFault at any point; else the last delta has a finish reason."""
        ...


class Embedder(Protocol):
    """Turns texts into vectors of length one."""

    @property
    def dimension(self) -> int: ...

    @property
    def model_name(self) -> str:
        """The stable name that is stored beside each vector."""
        ...

    async def embed(
        self, texts: Sequence[str], *, purpose: Literal["query", "passage"], calls: list[EmbeddingCall]
    ) -> Vectors:
        """One vector for each text, in order. Raises a ProviderFault or LocalModelsAway.

        Each request that it takes is added to `calls`, also one that failed.
        """
        ...
