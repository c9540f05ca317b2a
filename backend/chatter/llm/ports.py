"""What the program asks of models, whoever makes them."""

from collections.abc import AsyncGenerator, Sequence
from typing import Literal, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

__all__ = ["ChatCall", "ChatDelta", "ChatMessage", "ChatTarget", "ChatWire", "Embedder", "Prefill", "Vectors"]

Vectors = NDArray[np.float16]
"""One row for each text."""


Prefill = Literal["none", "plain", "prefix", "flag"]
"""Whether a model goes on with an answer that was begun, and how it is asked to: not at all; by an assistant's message
at the end; by one that is marked as a prefix, which it then repeats; by flags of the request."""


class ChatMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str
    prefix: bool = False
    """The answer begins with it; only for providers that know the word."""


class ChatTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model answers. `key` is in the clear: never log or store a target."""

    base_url: str
    model: str
    key: str | None = None
    provider: str
    """The provider's name, for people."""
    internal: bool = False
    """On the operator's own machine, by the operator's own setting: exempt from the egress policy."""
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
    idle_seconds: float = 60.0
    """How long the provider may be silent."""
    continues: bool = False
    """The last message is the beginning of the answer; only for a target that has a prefill."""


class ChatDelta(msgspec.Struct, frozen=True):
    """What arrived at once, usually one token. The last has a finish reason and, if the provider counts, the counts."""

    text: str = ""
    finish_reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


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

    async def embed(self, texts: Sequence[str], *, purpose: Literal["query", "passage"]) -> Vectors:
        """One vector for each text, in order. Raises a ProviderFault or LocalModelsAway."""
        ...
