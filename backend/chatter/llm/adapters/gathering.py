"""What one stream has brought since it was last asked, and what it has said about its end."""

from chatter.llm.ports import ChatDelta, FinishReason, TokenUsage, ToolCallPiece

__all__ = ["Gathering"]


class Gathering:
    """Filled by whoever reads a wire format, emptied once for each read of the socket."""

    __slots__ = ("done", "fault", "pieces", "reason", "texts", "thoughts", "usage")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.thoughts: list[str] = []
        self.pieces: list[ToolCallPiece] = []
        self.reason: FinishReason | None = None
        self.usage: TokenUsage | None = None
        self.done = False
        """The stream said that nothing follows."""
        self.fault: Exception | None = None
        """What broke the stream; raised once what arrived before it has been passed on."""

    def take(self) -> ChatDelta | None:
        """What came since the last time, as one delta."""
        texts = self.texts
        if not self.thoughts and not self.pieces:
            if not texts:
                return None
            text = texts[0] if len(texts) == 1 else "".join(texts)
            texts.clear()
            return ChatDelta(text)
        delta = ChatDelta("".join(texts), None, None, "".join(self.thoughts), tuple(self.pieces))
        for kept in (texts, self.thoughts, self.pieces):
            kept.clear()
        return delta

    def is_over(self) -> bool:
        """Whether nothing follows; raises what broke the stream."""
        if self.fault is not None:
            raise self.fault
        return self.done

    def last(self) -> ChatDelta:
        """The delta that ends the answer."""
        return ChatDelta("", self.reason, self.usage)
