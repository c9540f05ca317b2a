"""From the fragments in which a model calls tools to whole calls."""

from collections.abc import Iterable

import msgspec

from chatter.llm.ports import ChatMessage, ToolCall, ToolCallPiece

__all__ = ["ToolCalls", "arguments_of", "called_tools"]


class ToolCalls:
    """The calls of one answer, gathered in the order in which they began."""

    def __init__(self) -> None:
        self._begun: dict[int, list[ToolCallPiece]] = {}

    def add(self, pieces: Iterable[ToolCallPiece]) -> None:
        """Take the fragments of one delta."""
        for piece in pieces:
            self._begun.setdefault(piece.index, []).append(piece)

    def whole(self) -> tuple[ToolCall, ...]:
        """The calls as far as they came; they are whole once the answer has a finish reason."""
        return tuple(_joined(index, pieces) for index, pieces in self._begun.items())


def arguments_of(call: ToolCall) -> msgspec.Raw:
    """The arguments for a wire that wants an object; nothing when the model wrote none."""
    try:
        msgspec.json.decode(call.arguments, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError:
        return msgspec.Raw(b"{}")
    return msgspec.Raw(call.arguments.encode())


def called_tools(messages: Iterable[ChatMessage]) -> list[str]:
    """The names of the tools that were called in a conversation, in the order in which they first were."""
    return list(dict.fromkeys(call.name for message in messages for call in message.tool_calls))


def _joined(index: int, pieces: list[ToolCallPiece]) -> ToolCall:
    return ToolCall(
        id=next((piece.id for piece in pieces if piece.id), f"call_{index}"),
        name="".join(piece.name for piece in pieces),
        arguments="".join(piece.arguments for piece in pieces),
        signature="".join(piece.signature for piece in pieces),
    )
