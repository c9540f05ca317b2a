"""Chat over Anthropic's Messages API: https://docs.claude.com/en/api/messages."""

import base64
from collections.abc import AsyncGenerator, Sequence

import msgspec

from chatter.llm.adapters.dialects import Dialect
from chatter.llm.adapters.exchange import Exchange, WireRequest
from chatter.llm.adapters.gathering import Gathering
from chatter.llm.adapters.sse import DataLines
from chatter.llm.errors import ProviderBroken, ProviderBusy
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
from chatter.llm.tool_calls import arguments_of, called_tools

__all__ = ["AnthropicWire", "anthropic_headers"]

_VERSION = "2023-06-01"
_encode = msgspec.json.Encoder().encode
_REASONS: dict[str, FinishReason] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class _Usage(msgspec.Struct, frozen=True):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


class _Started(msgspec.Struct, frozen=True):
    usage: _Usage = _Usage()


class _Block(msgspec.Struct, frozen=True):
    type: str = ""
    id: str = ""
    name: str = ""


class _Delta(msgspec.Struct, frozen=True):
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None


class _Error(msgspec.Struct, frozen=True):
    type: str = ""


class _Event(msgspec.Struct, frozen=True):
    type: str
    index: int = 0
    message: _Started = _Started()
    content_block: _Block = _Block()
    delta: _Delta = _Delta()
    usage: _Usage | None = None
    error: _Error = _Error()


_read_event = msgspec.json.Decoder(_Event).decode


class AnthropicWire:
    """The answer's shape is asked for as a tool that must be called, which every model of theirs understands."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def stream_chat(self, call: ChatCall) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it comes; raises a ProviderFault or EgressRefused."""
        return self._exchange.stream(call, _request, framing=DataLines(), read=_Reader(call))


def anthropic_headers(target: ChatTarget) -> dict[str, str]:
    """What each request carries."""
    headers = {"content-type": "application/json", "anthropic-version": _VERSION}
    return headers | {"x-api-key": target.key} if target.key else headers


def _request(call: ChatCall, dialect: Dialect) -> WireRequest:
    system = [message.content for message in call.messages if message.role == "system"]
    tools: list[dict[str, object]] = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.parameters} for tool in call.tools
    ]
    body: dict[str, object] = {
        "model": call.target.model,
        "max_tokens": call.max_tokens,
        "messages": _messages([message for message in call.messages if message.role != "system"]),
        "stream": True,
    }
    if system:
        body["system"] = "\n\n".join(system)
    if dialect.temperature:
        body["temperature"] = call.temperature
    if stops := [stop for stop in call.stop if stop.strip()]:  # it refuses those of white space only
        body["stop_sequences"] = stops
    if shape := call.answer_schema:
        tools.append({"name": shape.name, "description": "Give the answer.", "input_schema": shape.schema})
        body["tool_choice"] = {"type": "tool", "name": shape.name}
    elif not tools and (known := called_tools(call.messages)):
        # Without their tools it refuses the calls of earlier rounds.
        tools = [{"name": name, "input_schema": {"type": "object"}} for name in known]
        body["tool_choice"] = {"type": "none"}
    if tools:
        body["tools"] = tools
    return WireRequest(
        url=f"{call.target.base_url}/messages", body=_encode(body), headers=anthropic_headers(call.target)
    )


def _messages(messages: Sequence[ChatMessage]) -> list[dict[str, object]]:
    """Results of tools that were called together go back together."""
    found: list[dict[str, object]] = []
    results: list[dict[str, object]] = []
    for message in messages:
        if message.role != "tool":
            results = []
            found.append({"role": message.role, "content": _content(message)})
            continue
        if not results:
            found.append({"role": "user", "content": results})
        results.append({"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.content})
    if found and found[-1]["role"] == "assistant" and isinstance(found[-1]["content"], str):
        found[-1]["content"] = found[-1]["content"].rstrip()  # what it continues may not end in white space
    return found


def _content(message: ChatMessage) -> str | list[dict[str, object]]:
    if not message.images and not message.tool_calls:
        return message.content
    blocks: list[dict[str, object]] = [
        {
            "type": "image",
            "source": {
                "type": "base64",
                "media_type": image.media_type,
                "data": base64.b64encode(image.data).decode(),
            },
        }
        for image in message.images
    ]
    if message.content:
        blocks.append({"type": "text", "text": message.content})
    return [*blocks, *map(_called, message.tool_calls)]


def _called(call: ToolCall) -> dict[str, object]:
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments_of(call)}


class _Reader:
    """Reads one payload after another."""

    def __init__(self, call: ChatCall) -> None:
        self._provider = call.target.provider
        self._shaped = call.answer_schema is not None
        self._read = _Usage()

    def __call__(self, gathering: Gathering, payload: bytes) -> None:
        event = _read_event(payload)
        match event.type:
            case "content_block_delta":
                self._content(gathering, event)
            case "content_block_start" if event.content_block.type == "tool_use" and not self._shaped:
                block = event.content_block
                gathering.pieces.append(ToolCallPiece(index=event.index, id=block.id, name=block.name))
            case "message_start":
                self._read = event.message.usage
                gathering.usage = _usage(self._read, event.message.usage)
            case "message_delta":
                self._end(gathering, event)
            case "message_stop":
                gathering.done = True
            case "error":
                gathering.fault = self._fault(event.error)

    def _content(self, gathering: Gathering, event: _Event) -> None:
        delta = event.delta
        if delta.text:
            gathering.texts.append(delta.text)
        if delta.thinking:
            gathering.thoughts.append(delta.thinking)
        if delta.partial_json and self._shaped:
            gathering.texts.append(delta.partial_json)
        elif delta.partial_json:
            gathering.pieces.append(ToolCallPiece(index=event.index, arguments=delta.partial_json))

    def _end(self, gathering: Gathering, event: _Event) -> None:
        if event.delta.stop_reason is not None:
            reason = _REASONS.get(event.delta.stop_reason, "stop")
            gathering.reason = "stop" if reason == "tool_calls" and self._shaped else reason
        if event.usage is not None:
            gathering.usage = _usage(self._read, event.usage)

    def _fault(self, error: _Error) -> Exception:
        if error.type in ("overloaded_error", "rate_limit_error"):
            return ProviderBusy(f"{self._provider} is overloaded.", remedy="Ask again, or choose another model.")
        return ProviderBroken(
            f"{self._provider} reported an error in the middle of its answer.",
            remedy="Ask again, or choose another model.",
        )


def _usage(begun: _Usage, now: _Usage) -> TokenUsage | None:
    """What was read stands at the beginning, what was written at the end; cached input is counted apart from other."""
    fresh = now.input_tokens if now.input_tokens is not None else begun.input_tokens
    if fresh is None or now.output_tokens is None or fresh < 0 or now.output_tokens < 0:
        return None
    cached = max(now.cache_read_input_tokens or begun.cache_read_input_tokens or 0, 0)
    kept = max(now.cache_creation_input_tokens or begun.cache_creation_input_tokens or 0, 0)
    return TokenUsage(input_tokens=fresh + cached + kept, output_tokens=now.output_tokens, cached_tokens=cached)
