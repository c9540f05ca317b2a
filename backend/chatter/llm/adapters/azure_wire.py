"""Chat over Azure OpenAI: the OpenAI wire under the path of a deployment, which is what its models are called by."""

from collections.abc import AsyncGenerator
from urllib.parse import quote

import msgspec

from chatter.llm.adapters.dialects import Dialect
from chatter.llm.adapters.exchange import Exchange, WireRequest
from chatter.llm.adapters.openai_reading import ChunkReader
from chatter.llm.adapters.sse import DataLines
from chatter.llm.ports import ChatCall, ChatDelta, ChatTarget

__all__ = ["AZURE_VERSION", "AzureWire"]

AZURE_VERSION = "2024-10-21"
"""Of its API, where the provider names no other: the last that is generally available for deployments."""
_encode = msgspec.json.Encoder().encode


class AzureWire:
    """The model of a target is the name of a deployment."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def stream_chat(self, call: ChatCall) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it comes; raises a ProviderFault or EgressRefused."""
        return self._exchange.stream(call, _request, framing=DataLines(), read=ChunkReader(call.target))


def _request(call: ChatCall, dialect: Dialect) -> WireRequest:
    target = call.target
    deployment, version = quote(target.model, safe=""), quote(target.api_version or AZURE_VERSION, safe="")
    return WireRequest(
        url=f"{target.base_url}/openai/deployments/{deployment}/chat/completions?api-version={version}",
        body=_encode(dialect.request(call)),
        headers=_headers(target),
    )


def _headers(target: ChatTarget) -> dict[str, str]:
    headers = {"content-type": "application/json"}
    return headers | {"api-key": target.key} if target.key else headers
