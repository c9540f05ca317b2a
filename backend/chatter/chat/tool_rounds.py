"""The rounds of one answer: what the model said, which tools it called, and what it was told of them."""

import re
from collections.abc import Sequence

import msgspec

from chatter.llm.ports import ChatMessage, ToolCall

__all__ = ["MOST_ROUNDS", "Called", "Round", "called", "messages_of", "read_rounds", "write_rounds"]

MOST_ROUNDS = 5
"""After so many the model answers with what it has."""
_MOST_CALLS = 8
_TAG = re.compile(r"<\s*/?\s*result\s*>", re.IGNORECASE)


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """One call. `content` is what the model was told, once it was made."""

    id: str
    name: str
    arguments: str
    content: str = ""
    misused: bool = False


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What the model said, and the calls that it ended with."""

    said: str
    calls: tuple[Called, ...]


_decoder = msgspec.json.Decoder(list[Round])
write_rounds = msgspec.json.Encoder().encode


def read_rounds(stored: bytes) -> list[Round]:
    """The rounds as the graph keeps them."""
    return _decoder.decode(stored)


def _call_id(number: int, index: int) -> str:
    """Return the id of a call by its place: nine letters and digits, which every provider takes."""
    return f"call{number:02}{index:03}"


def called(number: int, calls: Sequence[ToolCall]) -> tuple[Called, ...]:
    """Take the model's calls under ids of our own; it may give several the same."""
    return tuple(
        Called(id=_call_id(number, index), name=call.name, arguments=call.arguments)
        for index, call in enumerate(calls[:_MOST_CALLS])
    )


def messages_of(rounds: Sequence[Round]) -> list[ChatMessage]:
    """The rounds as a model is told of them. Results are data of strangers: delimited like passages."""
    messages: list[ChatMessage] = []
    for each in rounds:
        calls = tuple(ToolCall(id=call.id, name=call.name, arguments=call.arguments) for call in each.calls)
        messages.append(ChatMessage(role="assistant", content=each.said, tool_calls=calls))
        messages.extend(
            ChatMessage(role="tool", content=_fenced(call.content), tool_call_id=call.id) for call in each.calls
        )
    return messages


def _fenced(content: str) -> str:
    return f"<result>\n{_TAG.sub('(result)', content)}\n</result>"
