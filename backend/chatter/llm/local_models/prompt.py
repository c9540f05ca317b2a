"""Fits a conversation into what the small language model can read in a few seconds."""

from dataclasses import dataclass

from chatter.llm.local_models.wire import Message

__all__ = ["PROMPT_BYTES", "FittedPrompt", "fit_prompt"]

PROMPT_BYTES = 2000
"""About 450 tokens of English: some five seconds of reading on one core."""

_CUT = " […] "
_LASTING = ("system", "developer")


@dataclass(frozen=True, kw_only=True, slots=True)
class FittedPrompt:
    """The messages the model gets, and how many bytes of the request it does not."""

    messages: list[Message]
    dropped_bytes: int


def fit_prompt(messages: list[Message], *, limit: int = PROMPT_BYTES) -> FittedPrompt:
    """Keep system messages, the last question and the beginning of its answer; drop the oldest of the rest.

    If that is not enough, cut the question in its middle: prompts put the best passage first and the question last.
    """
    total = sum(_size(message.content) for message in messages)
    question = _last_question(messages)
    kept = [message for message in messages[:question] if message.role in _LASTING]
    earlier = [message for message in messages[:question] if message.role not in _LASTING]
    ending = messages[question + 1 :]
    room = limit - sum(_size(message.content) for message in (*kept, *ending))
    asked = Message(role=messages[question].role, content=_cut_middle(messages[question].content, limit=max(0, room)))
    room -= _size(asked.content)
    while earlier and sum(_size(message.content) for message in earlier) > room:
        earlier.pop(0)
    fitted = [*kept, *earlier, asked, *ending]
    return FittedPrompt(messages=fitted, dropped_bytes=max(0, total - sum(_size(each.content) for each in fitted)))


def _last_question(messages: list[Message]) -> int:
    for index in range(len(messages) - 1, -1, -1):
        if messages[index].role == "user":
            return index
    return len(messages) - 1


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
