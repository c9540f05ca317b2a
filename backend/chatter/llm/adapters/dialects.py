"""Providers share a wire format but not every parameter: what each refuses is learnt from its first refusal."""

import msgspec

from chatter.llm.adapters.openai_messages import (
    ResponseFormat,
    WireMessage,
    WireTool,
    response_format,
    wire_messages,
    wire_tools,
)
from chatter.llm.ports import ChatCall, ChatTarget

__all__ = ["ChatRequestBody", "Dialect", "Dialects"]

_REMEMBERED = 1000


class _StreamOptions(msgspec.Struct, frozen=True):
    include_usage: bool = True


class ChatRequestBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """POST /chat/completions."""

    model: str
    messages: list[WireMessage]
    stream: bool = False
    stream_options: _StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    stop: list[str] = []
    tools: list[WireTool] = []
    response_format: ResponseFormat | None = None
    continue_final_message: bool = False
    add_generation_prompt: bool | None = None


class Dialect(msgspec.Struct, frozen=True):
    """Which parameters a model takes."""

    counts: bool = True
    """stream_options.include_usage; without it there are no counts, which is tolerated."""
    old_limit: bool = True
    """max_tokens; newer OpenAI models want max_completion_tokens."""
    temperature: bool = True

    def request(self, call: ChatCall) -> ChatRequestBody:
        """The body as this model wants it."""
        flagged = call.continues and call.target.prefill == "flag"
        return ChatRequestBody(
            model=call.target.model,
            messages=_messages(call),
            stream=True,
            stream_options=_StreamOptions() if self.counts else None,
            max_tokens=call.max_tokens if self.old_limit else None,
            max_completion_tokens=None if self.old_limit else call.max_tokens,
            temperature=call.temperature if self.temperature else None,
            stop=list(call.stop),
            tools=wire_tools(call.tools),
            response_format=response_format(call.answer_schema),
            continue_final_message=flagged,
            add_generation_prompt=False if flagged else None,
        )


class Dialects:
    """The dialects learnt by this process; forgotten at its end."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Dialect] = {}

    def of(self, target: ChatTarget) -> Dialect:
        """The dialect of this model as far as it is known."""
        return self._known.get((target.base_url, target.model), Dialect())

    def learn(self, target: ChatTarget, *, problem: bytes) -> bool:
        """Whether the refusal names a parameter that can be left out and was not yet."""
        dialect = self.of(target)
        learnt = _without_refused(dialect, problem)
        if learnt == dialect:
            return False
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[target.base_url, target.model] = learnt
        return True


def _messages(call: ChatCall) -> list[WireMessage]:
    messages = wire_messages(call.messages)
    if call.continues and call.target.prefill == "prefix":
        messages[-1] = msgspec.structs.replace(messages[-1], prefix=True)
    return messages


def _without_refused(dialect: Dialect, problem: bytes) -> Dialect:
    if dialect.counts and (b"stream_options" in problem or b"include_usage" in problem):
        return msgspec.structs.replace(dialect, counts=False)
    if dialect.old_limit and b"max_tokens" in problem:
        return msgspec.structs.replace(dialect, old_limit=False)
    if dialect.temperature and b"temperature" in problem:
        return msgspec.structs.replace(dialect, temperature=False)
    return dialect
