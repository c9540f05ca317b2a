"""Every wire of a process, behind one port: a target says which it is spoken to over."""

from collections.abc import AsyncGenerator, Sequence
from weakref import WeakKeyDictionary

import aiohttp

from chatter.kit.http import HttpSessions
from chatter.llm.adapters.anthropic_wire import AnthropicWire, anthropic_headers
from chatter.llm.adapters.azure_wire import AzureWire
from chatter.llm.adapters.bedrock_wire import BedrockWire
from chatter.llm.adapters.exchange import Exchange
from chatter.llm.adapters.faults import translated
from chatter.llm.adapters.google_wire import GoogleWire, google_headers, read_google_models
from chatter.llm.adapters.openai_schema import read_models
from chatter.llm.adapters.openai_wire import OpenAIWire, openai_headers
from chatter.llm.ports import ChatCall, ChatDelta, ChatTarget, ChatWire, EmbeddingCall, Vectors

__all__ = ["Wires", "wires_of"]

_wires: WeakKeyDictionary[HttpSessions, "Wires"] = WeakKeyDictionary()
_HEADERS = {"openai": openai_headers, "anthropic": anthropic_headers, "google": google_headers}
"""Of those whose list of models can be asked for with the same key."""


class Wires:
    """One for each process; the key travels with each request."""

    def __init__(self, http: HttpSessions) -> None:
        self._exchange = Exchange(http)
        self._openai = OpenAIWire(self._exchange)
        self._wires: dict[str, ChatWire] = {
            "openai": self._openai,
            "azure": AzureWire(self._exchange),
            "anthropic": AnthropicWire(self._exchange),
            "google": GoogleWire(self._exchange),
            "bedrock": BedrockWire(self._exchange),
        }

    def stream_chat(self, call: ChatCall) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it comes; raises a ProviderFault or EgressRefused."""
        return self._wires[call.target.wire].stream_chat(call)

    async def embed(
        self, target: ChatTarget, texts: Sequence[str], *, calls: list[EmbeddingCall], seconds: float = 120.0
    ) -> Vectors:
        """One vector of length one for each text, in order; the request is added to `calls`, however it ends."""
        return await self._openai.embed(target, texts, calls=calls, seconds=seconds)

    async def list_models(self, target: ChatTarget, *, seconds: float = 10.0) -> list[str]:
        """The names of the provider's models, in its order; none where only its console lists them."""
        headers = _HEADERS.get(target.wire)
        if headers is None:
            return []
        timeout = aiohttp.ClientTimeout(total=seconds)
        session = self._exchange.session(target)
        async with (
            translated(target, idle_seconds=seconds),
            session.get(
                f"{target.base_url}/models", headers=headers(target), timeout=timeout, allow_redirects=False
            ) as response,
        ):
            body = await self._exchange.content(target, response)
            if target.wire == "google":
                return read_google_models(body)
            return [entry.id for entry in read_models(body).data]


def wires_of(http: HttpSessions) -> Wires:
    """The wires of a process: they remember which parameters each model refuses."""
    return _wires.setdefault(http, Wires(http))
