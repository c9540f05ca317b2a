"""What the events of a run tell of its answer, for the process that goes on with it."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from chatter.chat.schemas import PassageFound, UsageShown
from chatter.chat.showing import citations_of
from chatter.chat.turn_state import Answer
from chatter.runs.facade import texts
from chatter.runs.schemas import Outcome, TakenOver

__all__ = ["Lost", "answer_in", "lost_calls"]

_PASSAGES = b',"name":"passages",'
_USAGE = b',"name":"usage",'
_STEP = b"\nevent: STEP_STARTED\n"
_ANSWERING = b'"step":"answer"}'
_BEGUN = b"\nevent: TEXT_MESSAGE_START\n"
_END = b"\nevent: TEXT_MESSAGE_END\n"


_ASKED = b',"name":"model_call",'
_STEERED = b',"name":"steered",'
_TAKEN_OVER = b',"name":"taken_over",'
_CALLED = b"\nevent: TOOL_CALL_START\n"


_HEAD = 140
"""Bytes in which an event says what it is; what its value holds may look like it."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A call that was not noted by who made it."""

    written: str
    ended: bool = False
    """The model had said all, and its counts; only the end was not stored."""
    alone: bool = True
    """No other call was made for the answer, so the answer's counts are this one's."""


class _PassagesEvent(msgspec.Struct):
    value: list[PassageFound]


class _UsageEvent(msgspec.Struct):
    value: UsageShown


class _TakenOver(msgspec.Struct):
    value: TakenOver


_taken_over = msgspec.json.Decoder(_TakenOver)
_passages_event = msgspec.json.Decoder(_PassagesEvent)
_usage_event = msgspec.json.Decoder(_UsageEvent)


def answer_in(frames: Sequence[bytes]) -> Answer:
    """Return the answer as far as readers were shown it."""
    answer = Answer(text="".join(texts(frames)))
    for piece in frames:
        _take(answer, piece)
    if answer.ended and answer.text_kind == "text":
        answer.citations = citations_of(answer)
    return answer


def lost_calls(frames: Sequence[bytes], *, fence: int) -> dict[int, Lost]:
    """What models had written, by the fence of the process that had asked them and was gone before it noted the call.

    A call that ended with calls of tools, or that the person broke off by saying something, was noted then.
    """
    lost: dict[int, Lost] = {}
    holder, since, ended, asked = 1, None, False, 0
    for number, piece in enumerate(frames):
        if (found := _data(piece, _TAKEN_OVER)) is not None:
            if since is not None:
                lost[holder] = Lost("".join(texts(frames[since:number])), ended, asked == 1)
            holder, since, ended = _taken_over.decode(found).value.fence, None, False
        elif _CALLED in piece[:64] or _data(piece, _STEERED) is not None:
            since = None
        elif _data(piece, _ASKED) is not None:
            asked += 1
            since = number if since is None else since
        elif _data(piece, _USAGE) is not None:
            ended = True
    if since is not None and holder < fence:
        lost[holder] = Lost("".join(texts(frames[since:])), ended, asked == 1)
    return lost


def _take(answer: Answer, piece: bytes) -> None:
    head = piece[:64]
    if _BEGUN in head:
        answer.begun, answer.ended = True, False
    elif _STEP in head and _ANSWERING in piece:
        answer.asked = True
    elif _END in head and not answer.asked:
        answer.ended, answer.text_kind, answer.outcome = True, "notice", Outcome.NO_EVIDENCE
    elif (found := _data(piece, _PASSAGES)) is not None:
        answer.passages = _passages_event.decode(found).value
    elif (found := _data(piece, _USAGE)) is not None:
        usage = _usage_event.decode(found).value
        answer.ended, answer.input_tokens, answer.output_tokens = True, usage.input_tokens, usage.output_tokens
        answer.model, answer.model_id = usage.model, usage.model_id


def _data(piece: bytes, mark: bytes) -> bytes | None:
    """The rest of the object that begins with the mark."""
    _, found, data = piece.partition(mark)
    return b"{" + data.rstrip() if found and piece.find(mark) < _HEAD else None
