"""Chat over Amazon Bedrock's Converse API, for every model that it has.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

import base64
import re
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec
from yarl import URL

from chatter.llm.adapters.aws_frames import EventFrames
from chatter.llm.adapters.aws_signing import AwsKey, signed_headers
from chatter.llm.adapters.dialects import Dialect
from chatter.llm.adapters.exchange import Exchange, WireRequest
from chatter.llm.adapters.gathering import Gathering
from chatter.llm.errors import ProviderBroken
from chatter.llm.ports import (
    ChatCall,
    ChatDelta,
    ChatMessage,
    ChatTarget,
    FinishReason,
    TokenUsage,
    ToolCall,
    ToolCallPiece,
)
from chatter.llm.tool_calls import arguments_of

__all__ = ["BedrockWire"]

_encode = msgspec.json.Encoder().encode
_REGION = re.compile(r"(?:^|\.)bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.")
_ELSEWHERE = "us-east-1"
_REASONS: dict[str, FinishReason] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}


class _Thought(msgspec.Struct, frozen=True):
    text: str | None = None


class _ToolUse(msgspec.Struct, frozen=True, rename="camel"):
    tool_use_id: str = ""
    name: str = ""
    input: str = ""


class _Piece(msgspec.Struct, frozen=True, rename="camel"):
    text: str | None = None
    tool_use: _ToolUse | None = None
    reasoning_content: _Thought | None = None


class _Block(msgspec.Struct, frozen=True, rename="camel"):
    content_block_index: int = 0
    start: _Piece = _Piece()
    delta: _Piece = _Piece()


class _Stopped(msgspec.Struct, frozen=True, rename="camel"):
    stop_reason: str = ""


class _Usage(msgspec.Struct, frozen=True, rename="camel"):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None


class _Metadata(msgspec.Struct, frozen=True):
    usage: _Usage | None = None


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    content_block_start: _Block | None = None
    content_block_delta: _Block | None = None
    message_stop: _Stopped | None = None
    metadata: _Metadata | None = None
    exception: msgspec.Raw | None = None


_read_event = msgspec.json.Decoder(_Event).decode


class BedrockWire:
    """A key is `ID:SECRET`, with which requests are signed, or an API key of Bedrock."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def stream_chat(self, call: ChatCall) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it comes; raises a ProviderFault or EgressRefused."""
        return self._exchange.stream(call, _request, framing=EventFrames(), read=_Reader(call))


def _request(call: ChatCall, dialect: Dialect) -> WireRequest:
    config: dict[str, object] = {"maxTokens": call.max_tokens}
    if dialect.temperature:
        config["temperature"] = call.temperature
    if stops := [stop for stop in call.stop if stop.strip()]:
        config["stopSequences"] = stops
    told = call.messages if call.tools else [*map(_in_words, call.messages)]
    body: dict[str, object] = {"messages": _messages(told), "inferenceConfig": config}
    if system := [{"text": message.content} for message in call.messages if message.role == "system"]:
        body["system"] = system
    tools = [_tool(tool.name, tool.description, tool.parameters) for tool in call.tools]
    if shape := call.answer_schema:
        tools.append(_tool(shape.name, "Give the answer.", shape.schema))
    if tools:
        body["toolConfig"] = {"tools": tools} | ({"toolChoice": {"tool": {"name": shape.name}}} if shape else {})
    url = URL(f"{call.target.base_url}/model/{quote(call.target.model, safe='')}/converse-stream", encoded=True)
    encoded = _encode(body)
    return WireRequest(url=url, body=encoded, headers=_headers(call.target, url, encoded))


def _headers(target: ChatTarget, url: URL, body: bytes) -> dict[str, str]:
    headers = {"content-type": "application/json", "accept": "application/vnd.amazon.eventstream"}
    if target.key is None:
        return headers
    key = AwsKey.read(target.key)
    if key is None:
        return headers | {"authorization": f"Bearer {target.key}"}
    named = _REGION.search(url.raw_host or "")
    region = named[1] if named else _ELSEWHERE
    now = datetime.now(UTC)
    return headers | signed_headers(key, method="POST", url=url, body=body, region=region, service="bedrock", now=now)


def _tool(name: str, description: str, schema: msgspec.Raw) -> dict[str, object]:
    return {"toolSpec": {"name": name, "description": description, "inputSchema": {"json": schema}}}


def _messages(messages: Sequence[ChatMessage]) -> list[dict[str, object]]:
    """Its roles must take turns: what one says in several messages, and results of tools, go together."""
    found: list[dict[str, object]] = []
    content: list[dict[str, object]] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "user" if message.role == "tool" else message.role
        if not found or found[-1]["role"] != role:
            content = []
            found.append({"role": role, "content": content})
        content.extend([_result(message)] if message.role == "tool" else _content(message))
    return found


def _in_words(message: ChatMessage) -> ChatMessage:
    """Calls and results as text: where no tool is offered, it refuses them, and it has no way to offer one in vain."""
    if message.role == "tool":
        return ChatMessage("user", message.content)
    if not message.tool_calls:
        return message
    calls = [f"(I called {call.name} with {call.arguments or '{}'}.)" for call in message.tool_calls]
    return ChatMessage(message.role, "\n\n".join(filter(None, [message.content, *calls])), message.images)


def _result(message: ChatMessage) -> dict[str, object]:
    return {"toolResult": {"toolUseId": message.tool_call_id, "content": [{"text": message.content}]}}


def _content(message: ChatMessage) -> list[dict[str, object]]:
    blocks: list[dict[str, object]] = [
        {
            "image": {
                "format": image.media_type.removeprefix("image/"),
                "source": {"bytes": base64.b64encode(image.data).decode()},
            }
        }
        for image in message.images
    ]
    if message.content:
        blocks.append({"text": message.content.rstrip() if message.role == "assistant" else message.content})
    return [*blocks, *map(_called, message.tool_calls)]


def _called(call: ToolCall) -> dict[str, object]:
    return {"toolUse": {"toolUseId": call.id, "name": call.name, "input": arguments_of(call)}}


class _Reader:
    """Reads one event after another; the counts come after the end, so the stream says by its end that it is done."""

    def __init__(self, call: ChatCall) -> None:
        self._provider = call.target.provider
        self._shaped = call.answer_schema is not None

    def __call__(self, gathering: Gathering, payload: bytes) -> None:
        event = _read_event(payload)
        if event.content_block_delta is not None:
            self._content(gathering, event.content_block_delta)
        elif event.content_block_start is not None:
            block, tool = event.content_block_start, event.content_block_start.start.tool_use
            if tool is not None and not self._shaped:
                piece = ToolCallPiece(index=block.content_block_index, id=tool.tool_use_id, name=tool.name)
                gathering.pieces.append(piece)
        elif event.message_stop is not None:
            reason = _REASONS.get(event.message_stop.stop_reason, "stop")
            gathering.reason = "stop" if reason == "tool_calls" and self._shaped else reason
        elif event.metadata is not None and event.metadata.usage is not None:
            gathering.usage = _usage(event.metadata.usage)
        elif event.exception is not None:
            gathering.fault = ProviderBroken(
                f"{self._provider} reported an error in the middle of its answer.",
                remedy="Ask again, or choose another model.",
            )

    def _content(self, gathering: Gathering, block: _Block) -> None:
        delta = block.delta
        if delta.text:
            gathering.texts.append(delta.text)
        if delta.reasoning_content is not None and delta.reasoning_content.text:
            gathering.thoughts.append(delta.reasoning_content.text)
        if delta.tool_use is not None and self._shaped:
            gathering.texts.append(delta.tool_use.input)
        elif delta.tool_use is not None:
            gathering.pieces.append(ToolCallPiece(index=block.content_block_index, arguments=delta.tool_use.input))


def _usage(usage: _Usage) -> TokenUsage | None:
    """What was cached is counted apart from other input."""
    if usage.input_tokens is None or usage.output_tokens is None or usage.input_tokens < 0 or usage.output_tokens < 0:
        return None
    cached, kept = max(usage.cache_read_input_tokens or 0, 0), max(usage.cache_write_input_tokens or 0, 0)
    return TokenUsage(
        input_tokens=usage.input_tokens + cached + kept, output_tokens=usage.output_tokens, cached_tokens=cached
    )
