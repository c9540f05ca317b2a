"""Chat over Google's Gemini API: https://ai.google.dev/api/generate-content."""

import base64
import re
from collections.abc import AsyncGenerator, Sequence
from urllib.parse import quote

import msgspec

from chatter.llm.adapters.dialects import Dialect
from chatter.llm.adapters.exchange import Exchange, WireRequest
from chatter.llm.adapters.gathering import Gathering
from chatter.llm.adapters.sse import DataLines
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

__all__ = ["GoogleWire", "google_headers", "read_google_models"]

_UNSIGNED = "skip_thought_signature_validator"
"""Google's word for calls that another model made. From Gemini 3 on, a step whose first call has no signature is
refused: https://ai.google.dev/gemini-api/docs/thought-signatures."""
_SIGNS_NOTHING = re.compile(r"gemini-[12]\b|gemma-|learnlm-")
_encode = msgspec.json.Encoder().encode
_REASONS: dict[str, FinishReason] = {
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
}


class _Call(msgspec.Struct, frozen=True):
    name: str = ""
    args: msgspec.Raw = msgspec.Raw(b"{}")
    id: str = ""


class _Part(msgspec.Struct, frozen=True, rename="camel"):
    text: str | None = None
    thought: bool = False
    thought_signature: str = ""
    function_call: _Call | None = None


class _Content(msgspec.Struct, frozen=True):
    parts: list[_Part] = []


class _Candidate(msgspec.Struct, frozen=True, rename="camel"):
    content: _Content = _Content()
    finish_reason: str | None = None


class _Feedback(msgspec.Struct, frozen=True, rename="camel"):
    block_reason: str | None = None


class _Usage(msgspec.Struct, frozen=True, rename="camel"):
    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    cached_content_token_count: int | None = None
    thoughts_token_count: int | None = None


class _Error(msgspec.Struct, frozen=True):
    message: str = ""


class _Chunk(msgspec.Struct, frozen=True, rename="camel"):
    candidates: list[_Candidate] = []
    usage_metadata: _Usage | None = None
    prompt_feedback: _Feedback | None = None
    error: _Error | None = None


class _Model(msgspec.Struct, frozen=True):
    name: str


class _Models(msgspec.Struct, frozen=True):
    models: list[_Model] = []


_read_chunk = msgspec.json.Decoder(_Chunk).decode
_read_models = msgspec.json.Decoder(_Models).decode


class GoogleWire:
    """Calls of tools come whole: each is one fragment."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def stream_chat(self, call: ChatCall) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it comes; raises a ProviderFault or EgressRefused."""
        return self._exchange.stream(call, _request, framing=DataLines(), read=_Reader(call.target))


def google_headers(target: ChatTarget) -> dict[str, str]:
    """What each request carries."""
    headers = {"content-type": "application/json"}
    return headers | {"x-goog-api-key": target.key} if target.key else headers


def read_google_models(body: bytes) -> list[str]:
    """The names of a list of models."""
    return [model.name.removeprefix("models/") for model in _read_models(body).models]


def _request(call: ChatCall, dialect: Dialect) -> WireRequest:
    system = [message.content for message in call.messages if message.role == "system"]
    config: dict[str, object] = {"maxOutputTokens": call.max_tokens}
    if dialect.temperature:
        config["temperature"] = call.temperature
    if call.stop:
        config["stopSequences"] = call.stop
    if call.answer_schema is not None:
        config |= {"responseMimeType": "application/json", "responseJsonSchema": call.answer_schema.schema}
    body: dict[str, object] = {
        "contents": _contents(call.messages, model=call.target.model),
        "generationConfig": config,
    }
    if system:
        body["systemInstruction"] = {"parts": [{"text": text} for text in system]}
    if call.tools:
        declared = [
            {"name": tool.name, "description": tool.description, "parametersJsonSchema": tool.parameters}
            for tool in call.tools
        ]
        body["tools"] = [{"functionDeclarations": declared}]
    model = quote(call.target.model, safe="")
    url = f"{call.target.base_url}/models/{model}:streamGenerateContent?alt=sse"
    return WireRequest(url=url, body=_encode(body), headers=google_headers(call.target))


def _contents(messages: Sequence[ChatMessage], *, model: str) -> list[dict[str, object]]:
    """A result names the function that it is of; results of one answer go back together."""
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    found: list[dict[str, object]] = []
    results: list[dict[str, object]] = []
    for message in messages:
        if message.role == "system":
            continue
        if message.role != "tool":
            results = []
            found.append(
                {"role": "model" if message.role == "assistant" else "user", "parts": _parts(message, model=model)}
            )
            continue
        if not results:
            found.append({"role": "user", "parts": results})
        name = names.get(message.tool_call_id, message.tool_call_id)
        results.append({"functionResponse": {"name": name, "response": {"result": message.content}}})
    return found


def _parts(message: ChatMessage, *, model: str) -> list[dict[str, object]]:
    parts: list[dict[str, object]] = [
        {"inlineData": {"mimeType": image.media_type, "data": base64.b64encode(image.data).decode()}}
        for image in message.images
    ]
    if message.content or not message.tool_calls:
        parts.append({"text": message.content})
    called = [_called(call, model=model) for call in message.tool_calls]
    if called and "thoughtSignature" not in called[0] and not _SIGNS_NOTHING.match(model):
        called[0]["thoughtSignature"] = _UNSIGNED
    return [*parts, *called]


def _called(call: ToolCall, *, model: str) -> dict[str, object]:
    """A call, with its signature if this very model gave one: no other can read it."""
    part: dict[str, object] = {"functionCall": {"name": call.name, "args": arguments_of(call)}}
    signer, _, signature = call.signature.rpartition(" ")
    return part | {"thoughtSignature": signature} if signature and signer == model else part


class _Reader:
    """Reads one payload after another."""

    def __init__(self, target: ChatTarget) -> None:
        self._provider, self._model = target.provider, target.model
        self._called = 0

    def __call__(self, gathering: Gathering, payload: bytes) -> None:
        chunk = _read_chunk(payload)
        if chunk.error is not None:
            gathering.fault = ProviderBroken(
                f"{self._provider} reported an error in the middle of its answer.",
                remedy="Ask again, or choose another model.",
            )
            return
        for candidate in chunk.candidates:
            for part in candidate.content.parts:
                self._part(gathering, part)
            if candidate.finish_reason:
                usual: FinishReason = "tool_calls" if self._called else "stop"
                gathering.reason = _REASONS.get(candidate.finish_reason, usual)
        if chunk.prompt_feedback is not None and chunk.prompt_feedback.block_reason:
            gathering.reason = "content_filter"
        if chunk.usage_metadata is not None:
            gathering.usage = _usage(chunk.usage_metadata) or gathering.usage

    def _part(self, gathering: Gathering, part: _Part) -> None:
        if part.text:
            (gathering.thoughts if part.thought else gathering.texts).append(part.text)
        if part.function_call is not None:
            call, index = part.function_call, self._called
            self._called += 1
            gathering.pieces.append(
                ToolCallPiece(
                    index=index,
                    id=call.id or f"call_{index}",
                    name=call.name,
                    arguments=bytes(call.args).decode(),
                    signature=f"{self._model} {part.thought_signature}" if part.thought_signature else "",
                )
            )


def _usage(usage: _Usage) -> TokenUsage | None:
    """What was thought is counted apart from what was said."""
    read, said, thought = usage.prompt_token_count, usage.candidates_token_count, usage.thoughts_token_count or 0
    if read is None or read < 0 or (said or 0) < 0 or thought < 0:
        return None
    cached = min(max(usage.cached_content_token_count or 0, 0), read)
    return TokenUsage(
        input_tokens=read, output_tokens=(said or 0) + thought, cached_tokens=cached, reasoning_tokens=thought
    )
