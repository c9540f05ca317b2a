"""What the fake provider does, chosen by the model's name.

echo                the last message, word by word
tokens-N[@R]        N tokens, at R a second or at once; asked to go on with an answer, after its last whole token
noter-N[@R]         calls save_note in fragments; once it is told what came of that, N tokens
scribe              calls save_note with more than 8 kB, then repeats what it was told
seeker              calls search_documents, then repeats what it was told
payer               calls `pay`, a tool of tests, then repeats what it was told
spender             calls `pay` as long as it may
misuser, inventor   calls save_note with arguments that do not fit, a tool that there is not, as long as it may
stamped-N[@R]       N tokens, each the monotonic time in ns at which it was written
quote               the first sentence of the first numbered passage in the prompt
odd-bytes           echo in CRLF lines, with comments, cut at every byte
no-usage, length    an answer without counts; one that stopped at its limit
401 403 404 429 500 503   that status
html                a web page instead of an answer
moved               a redirect to another address
rubbish             two tokens, then a line that is not JSON
error-event         two tokens, then an error inside the stream
cut-after-N         N tokens, then the connection is torn
no-finish           three tokens, then a clean end without a finish reason
wordless            counts, then a clean end without a word or a finish reason
nul                 tokens with the character that Postgres keeps in no text
nul-error           400, and an error that holds it
picky               refuses stream_options, max_tokens and temperature, each with its own 400
stall, silent       two tokens and then nothing; nothing at all
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from tests.upstream.wire import (
    LAST_CHUNK,
    STREAM_HEAD,
    body,
    chunked,
    delta,
    error_event,
    finish,
    json_response,
    tool_delta,
    usage_event,
)

__all__ = ["ABORT", "STALL", "Action", "ChatRequest", "Pause", "answer"]


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before the next bytes."""

    seconds: float


ABORT = "abort"
STALL = "stall"
Action = bytes | Pause | str


class _Message(msgspec.Struct):
    role: str = "user"
    content: str | None = None
    prefix: bool = False


class _Function(msgspec.Struct):
    name: str = ""


class _Tool(msgspec.Struct):
    function: _Function


class _StreamOptions(msgspec.Struct):
    include_usage: bool = False


class ChatRequest(msgspec.Struct):
    """As much of the request as the fake looks at."""

    model: str
    messages: list[_Message] = []
    stream: bool = False
    stream_options: _StreamOptions | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    continue_final_message: bool = False
    tools: list[_Tool] = []

    @property
    def told(self) -> str | None:
        """What a tool said last, if one did."""
        return next((each.content or "" for each in reversed(self.messages) if each.role == "tool"), None)

    @property
    def begun(self) -> str | None:
        """What the answer has already, when it is asked to go on."""
        goes_on = bool(self.messages) and (self.continue_final_message or self.messages[-1].prefix)
        return self.last if goes_on else None

    @property
    def last(self) -> str:
        return (self.messages[-1].content or "") if self.messages else ""


def answer(request: ChatRequest) -> Iterator[Action]:
    """The actions that make up the response to this request."""
    if request.model.isdigit():
        return iter([_status(int(request.model))])
    special = _SPECIAL.get(re.sub(r"-?\d+$", "", request.model))
    if special is not None:
        return special(request)
    if (call := _call(request)) is not None:
        return _calling(*call)
    tokens, rate = _tokens(request)
    if not request.stream:
        return iter([_whole(request, "".join(tokens))])
    return _stream(request, tokens, rate=rate)


_CALLS: dict[str, tuple[str, dict[str, object]]] = {
    "noter": ("save_note", {"text": "Apples were counted."}),
    "scribe": ("save_note", {"text": "りんごを数えた。" * 480}),
    "seeker": ("search_documents", {"query": "remote work allowance"}),
    "payer": ("pay", {"amount": 7}),
    "spender": ("pay", {"amount": 7}),
    "misuser": ("save_note", {"text": 7}),
    "inventor": ("erase_everything", {}),
}
_STUBBORN = ("misuser", "inventor", "spender")


def _call(request: ChatRequest) -> tuple[str, dict[str, object]] | None:
    """The tool that this model calls now, and with what."""
    kind = request.model.partition("-")[0]
    if not request.tools or (request.told is not None and kind not in _STUBBORN):
        return None
    return _CALLS.get(kind)


def _calling(name: str, arguments: dict[str, object]) -> Iterator[Action]:
    """The call as models stream it: id and name first, then the arguments in pieces."""
    text = msgspec.json.encode(arguments).decode()
    yield STREAM_HEAD + chunked(tool_delta(id="provider-7", name=name, arguments=""))
    for start in range(0, len(text), 5):
        yield chunked(tool_delta(arguments=text[start : start + 5]))
    yield chunked(finish("tool_calls") + usage_event(prompt=9, completion=3) + b"data: [DONE]\n\n") + LAST_CHUNK


def _tokens(request: ChatRequest) -> tuple[Iterator[str], float]:
    counted = re.fullmatch(r"(tokens|stamped|noter)-(\d+)(?:@(\d+))?", request.model)
    if counted is None:
        text = _first_passage(request.last) if request.model == "quote" else request.told or request.last
        return iter(re.findall(r"\S+\s*|\s+", text)), 0.0
    count, rate = int(counted[2]), float(counted[3] or 0)
    if counted[1] == "stamped":
        return (f"{time.monotonic_ns()} " for _ in range(count)), rate
    begun = len((request.begun or "").split())
    return (f" w{n}" if request.begun else f"w{n} " for n in range(begun, count)), rate


def _stream(request: ChatRequest, tokens: Iterator[str], *, rate: float) -> Iterator[Action]:
    count = 0
    for count, token in enumerate(tokens, 1):
        event = chunked(delta(token))
        yield STREAM_HEAD + event if count == 1 else event
        if rate:
            yield Pause(1 / rate)
    head = b"" if count else STREAM_HEAD
    wanted = request.stream_options is not None and request.stream_options.include_usage
    usage = wanted and request.model != "no-usage"
    counts = usage_event(prompt=len(request.last.split()), completion=count) if usage else b""
    reason = "length" if request.model == "length" else "stop"
    yield head + chunked(finish(reason) + counts + b"data: [DONE]\n\n") + LAST_CHUNK


def _whole(request: ChatRequest, text: str) -> bytes:
    prompt, completion = len(request.last.split()), len(text.split())
    return json_response(
        {
            "id": "c",
            "object": "chat.completion",
            "model": request.model,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion},
        }
    )


def _status(status: int) -> bytes:
    headers = {"retry-after": "7"} if status == 429 else {}
    problem = {"error": {"message": f"the fake provider answers {status}", "type": "fake", "code": str(status)}}
    return json_response(problem, status=status, headers=headers)


def _first_passage(prompt: str) -> str:
    found = re.search(r"\[1\]\s*(.+?[.!?])(?:\s|$)", prompt, re.DOTALL)
    return found[1] if found else "I found nothing."


def _some(count: int) -> bytes:
    return STREAM_HEAD + b"".join(chunked(delta(f"w{n} ")) for n in range(count))


def _cut(request: ChatRequest) -> Iterator[Action]:
    yield _some(int(request.model.rpartition("-")[2]))
    yield Pause(0.01)
    yield ABORT


def _no_finish(_: ChatRequest) -> Iterator[Action]:
    yield _some(3) + LAST_CHUNK


def _wordless(_: ChatRequest) -> Iterator[Action]:
    yield STREAM_HEAD + chunked(usage_event(prompt=9, completion=0)) + LAST_CHUNK


def _nul(request: ChatRequest) -> Iterator[Action]:
    return _stream(request, iter(["One\0 ", "\0", "two.\0"]), rate=0.0)


def _nul_error(_: ChatRequest) -> Iterator[Action]:
    yield json_response({"error": {"message": "too\0 long"}}, status=400)


def _rubbish(_: ChatRequest) -> Iterator[Action]:
    yield _some(2) + chunked(b'data: {"choices": [{"delta"\n\n') + chunked(b"data: [DONE]\n\n") + LAST_CHUNK


def _error_event(_: ChatRequest) -> Iterator[Action]:
    yield _some(2) + chunked(error_event("the engine overheated")) + LAST_CHUNK


def _stall(_: ChatRequest) -> Iterator[Action]:
    yield _some(2)
    yield STALL


def _silent(_: ChatRequest) -> Iterator[Action]:
    yield STALL


def _html(_: ChatRequest) -> Iterator[Action]:
    yield body(b"<!doctype html><title>Welcome</title>", kind="text/html")


def _moved(_: ChatRequest) -> Iterator[Action]:
    yield json_response({}, status=307, headers={"location": "http://127.0.0.1:1/v1/chat/completions"})


def _picky(request: ChatRequest) -> Iterator[Action]:
    unwanted = {
        "stream_options": request.stream_options,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
    }
    for name, value in unwanted.items():
        if value is not None:
            yield json_response({"error": {"message": f"Unsupported parameter: '{name}'", "param": name}}, status=400)
            return
    yield from _stream(request, iter(["fine"]), rate=0.0)


def _odd_bytes(request: ChatRequest) -> Iterator[Action]:
    events = b": keep-alive\r\n\r\n" + delta(request.last).replace(b"\n", b"\r\n")
    events += (
        b"event: ping\r\n\r\n" + finish().replace(b"\n", b"\r\n").replace(b"data: ", b"data:") + b"data: [DONE]\r\n\r\n"
    )
    yield STREAM_HEAD + b"".join(chunked(events[n : n + 1]) for n in range(len(events))) + LAST_CHUNK


_SPECIAL: dict[str, Callable[[ChatRequest], Iterator[Action]]] = {
    "cut-after": _cut,
    "no-finish": _no_finish,
    "wordless": _wordless,
    "nul": _nul,
    "nul-error": _nul_error,
    "rubbish": _rubbish,
    "error-event": _error_event,
    "stall": _stall,
    "silent": _silent,
    "html": _html,
    "moved": _moved,
    "picky": _picky,
    "odd-bytes": _odd_bytes,
}
