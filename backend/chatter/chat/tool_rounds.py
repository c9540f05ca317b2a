"""The rounds of one answer: what the model said, which tools it called, what it was told of them and by the person."""

import re
from collections.abc import Sequence
from uuid import UUID

import msgspec

from chatter.llm.ports import ChatMessage, ToolCall

__all__ = ["MOST_ROUNDS", "Added", "Called", "Round", "called", "messages_of", "read_rounds", "write_rounds"]

MOST_ROUNDS = 5
"""After so many the model answers with what it has."""
_MOST_CALLS = 8
_GO_ON = "(Said while you were answering. What you have written stays; go on after it.)"
_TAG = re.compile(r"<\s*/?\s*result\s*>", re.IGNORECASE)


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """One call. `content` is what the model was told, once it was made."""

    id: str
    name: str
    arguments: str
    signature: str = ""
    content: str = ""
    misused: bool = False
    by_person: bool = False
    """A person put the content in the place of what the tool said: it is not made."""


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """An instruction of the person's."""

    id: UUID
    text: str


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What the model said, and the calls that it ended with, or what the person added and it was interrupted for."""

    said: str
    calls: tuple[Called, ...] = ()
    added: tuple[Added, ...] = ()


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
        Called(id=_call_id(number, index), name=call.name, arguments=call.arguments, signature=call.signature)
        for index, call in enumerate(calls[:_MOST_CALLS])
    )


def messages_of(rounds: Sequence[Round]) -> list[ChatMessage]:
    """The rounds as a model is told of them. Results are data of strangers: delimited like passages."""
    messages: list[ChatMessage] = []
    for each in rounds:
        calls = tuple(
            ToolCall(id=call.id, name=call.name, arguments=call.arguments, signature=call.signature)
            for call in each.calls
        )
        if each.said or calls:
            messages.append(ChatMessage(role="assistant", content=each.said, tool_calls=calls))
        messages.extend(
            ChatMessage(role="tool", content=_fenced(call.content), tool_call_id=call.id) for call in each.calls
        )
        if each.added:
            messages.append(ChatMessage(role="user", content=_told(each)))
    return messages


def _told(each: Round) -> str:
    said = "\n\n".join(added.text for added in each.added)
    return f"{said}\n\n{_GO_ON}" if each.said else said


def _fenced(content: str) -> str:
    return f"<result>\n{_TAG.sub('(result)', content)}\n</result>"
