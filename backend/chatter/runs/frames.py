"""Events as bytes: one SSE frame each, encoded once. Everything that stores or sends events handles these bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from chatter.kit.streaming import sse
from chatter.runs.schemas import Custom, MessagesSnapshot, StreamEvent, TextMessageContent

__all__ = ["Part", "TextFrames", "ends_run", "frame", "is_progress", "split", "texts", "void"]

_encoder = msgspec.json.Encoder()
_END = b"\n\n"
_LAST = (b"\nevent: RUN_FINISHED\n", b"\nevent: RUN_ERROR\n")
_TEXT = b"\nevent: TEXT_MESSAGE_CONTENT\ndata: "
_BEGUN = b"\nevent: TEXT_MESSAGE_START\n"
_RESET = b"\nevent: MESSAGES_SNAPSHOT\ndata: "
_PROGRESS = (_TEXT, b"\nevent: STEP_FINISHED\n", b"\nevent: TOOL_CALL_RESULT\n")
_VOID = Custom(name="void", value=None)
_text_decoder = msgspec.json.Decoder(TextMessageContent)
_reset_decoder = msgspec.json.Decoder(MessagesSnapshot)


@dataclass(frozen=True, slots=True)
class Part:
    """The frames of events first…last, joined."""

    first: int
    last: int
    frames: bytes

    def after(self, seq: int) -> bytes:
        """The frames whose number is greater than `seq`."""
        if seq < self.first:
            return self.frames
        return b"".join(split(self.frames)[seq - self.first + 1 :])


class TextFrames:
    """Frames of one message's text; all but the delta and the number is encoded beforehand."""

    def __init__(self, message_id: UUID) -> None:
        self._before = (
            b'\nevent: TEXT_MESSAGE_CONTENT\ndata: {"type":"TEXT_MESSAGE_CONTENT","message_id":"%b","delta":'
            % (str(message_id).encode())
        )

    def frame(self, seq: int, *, delta: str) -> bytes:
        return b"id: %d%b%b}\n\n" % (seq, self._before, _encoder.encode(delta))


def frame(seq: int, *, event: StreamEvent) -> bytes:
    """Encode any event as the frame with this number."""
    name = event.__struct_config__.tag
    return sse(id=seq, event=str(name), data=_encoder.encode(event))


def split(joined: bytes) -> list[bytes]:
    """Take joined frames apart again."""
    return [piece + _END for piece in joined.split(_END)[:-1]]


def ends_run(last_frame: bytes) -> bool:
    """Say whether this frame tells of the run's end."""
    return any(mark in last_frame[:64] for mark in _LAST)


def is_progress(piece: bytes) -> bool:
    """Say whether this frame tells of something that the run has achieved."""
    return any(mark in piece[:64] for mark in _PROGRESS)


def void(seq: int) -> bytes:
    """The frame of a number under which something may have been shown that is lost."""
    return frame(seq, event=_VOID)


def texts(frames: Sequence[bytes]) -> list[str]:
    """Return the pieces of text that stand after these frames: what was begun anew or reset counts no more."""
    pieces: list[str] = []
    for piece in frames:
        _, found, data = piece.partition(_TEXT)
        if found:
            pieces.append(_text_decoder.decode(data.rstrip()).delta)
        elif _BEGUN in piece[:64]:
            pieces = []
        elif _RESET in piece[:64]:
            data = piece.partition(_RESET)[2]
            pieces = [message.content for message in _reset_decoder.decode(data.rstrip()).messages]
    return pieces
