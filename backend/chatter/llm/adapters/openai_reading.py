"""Reads the events of an OpenAI-compatible chat stream."""

from chatter.llm.adapters.gathering import Gathering
from chatter.llm.adapters.openai_schema import Choice, Usage, read_chunk
from chatter.llm.errors import ProviderBroken
from chatter.llm.ports import ChatTarget, FinishReason, TokenUsage, ToolCallPiece

__all__ = ["ChunkReader", "token_usage"]

_DONE = b"[DONE]"
_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


class ChunkReader:
    """Reads one payload after another."""

    __slots__ = ("_provider",)

    def __init__(self, target: ChatTarget) -> None:
        self._provider = target.provider

    def __call__(self, gathering: Gathering, payload: bytes) -> None:
        if payload == _DONE:
            gathering.done = True
            return
        chunk = read_chunk(payload)
        if chunk.error is not None:
            gathering.fault = ProviderBroken(
                f"{self._provider} reported an error in the middle of its answer.",
                remedy="Ask again, or choose another model.",
            )
            return
        for choice in chunk.choices:
            _read_choice(gathering, choice)
        if chunk.usage is not None:
            gathering.usage = token_usage(chunk.usage)


def token_usage(usage: Usage) -> TokenUsage | None:
    """The counts; None when they are not whole, or make no sense."""
    read, written = usage.prompt_tokens, usage.completion_tokens
    if read is None or written is None or read < 0 or written < 0:
        return None
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else None
    thought = usage.completion_tokens_details.reasoning_tokens if usage.completion_tokens_details else None
    return TokenUsage(
        input_tokens=read,
        output_tokens=written,
        cached_tokens=min(max(cached or 0, 0), read),
        reasoning_tokens=min(max(thought or 0, 0), written),
    )


def _read_choice(gathering: Gathering, choice: Choice) -> None:
    delta = choice.delta
    if delta.content:
        gathering.texts.append(delta.content)
    if thought := delta.reasoning_content or delta.reasoning:
        gathering.thoughts.append(thought)
    if delta.tool_calls:
        gathering.pieces.extend(
            ToolCallPiece(
                index=call.index,
                id=call.id or "",
                name=call.function.name or "",
                arguments=call.function.arguments or "",
            )
            for call in delta.tool_calls
        )
    if choice.finish_reason:
        gathering.reason = _REASONS.get(choice.finish_reason, "stop")
