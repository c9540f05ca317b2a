"""Fits a conversation into what the small language model can read in a few seconds."""

from dataclasses import dataclass

from chatter.llm.local_models.wire import Message

__all__ = ["PROMPT_BYTES", "FittedPrompt", "fit_prompt"]

PROMPT_BYTES = 2000
"""About 450 tokens of English: some five seconds of reading on one core."""

_CUT = " […] "


@dataclass(frozen=True, kw_only=True, slots=True)
class FittedPrompt:
    """The messages the model gets, and how many bytes of the request it does not."""

    messages: list[Message]
    dropped_bytes: int


def fit_prompt(messages: list[Message], *, limit: int = PROMPT_BYTES) -> FittedPrompt:
    """Keep system messages and the last message; drop the oldest of the rest, then cut the last one in its middle.

    The middle, because prompts put the best passage first and the question last.
    """
    total = sum(_size(message.content) for message in messages)
    kept = list(messages)
    size = total
    while size > limit and (oldest := _oldest_droppable(kept)) is not None:
        size -= _size(kept.pop(oldest).content)
    if size > limit:
        last = kept[-1]
        room = max(0, limit - (size - _size(last.content)))
        kept[-1] = Message(role=last.role, content=_cut_middle(last.content, limit=room))
    return FittedPrompt(messages=kept, dropped_bytes=max(0, total - sum(_size(message.content) for message in kept)))


def _oldest_droppable(messages: list[Message]) -> int | None:
    for index, message in enumerate(messages[:-1]):
        if message.role not in ("system", "developer"):
            return index
    return None


def _cut_middle(text: str, *, limit: int) -> str:
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    head = limit * 3 // 5
    tail = max(0, limit - head - _size(_CUT))
    end = encoded[len(encoded) - tail :].decode(errors="ignore") if tail else ""
    return encoded[:head].decode(errors="ignore") + _CUT + end


def _size(text: str) -> int:
    return len(text.encode())
