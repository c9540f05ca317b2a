"""`chatter ask` and `chatter search`."""

import http.client
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
import rich_click as click
from rich.markup import escape

from chatter.chat.schemas import Citation, Conversation, ConversationCreate, Turn, TurnRequest
from chatter.cli.api import Api, StreamedEvent, Unreachable
from chatter.cli.api_errors import explained
from chatter.cli.sign_in import signed_in_api, with_key
from chatter.cli.terminal import fail, out
from chatter.documents.schemas import SearchRequest, SearchResults
from chatter.runs.schemas import (
    Custom,
    MessagesSnapshot,
    RunFailed,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    TextMessageContent,
    TextMessageEnd,
    TextMessageStart,
)

RunEvent = (
    RunStarted
    | StepStarted
    | StepFinished
    | TextMessageStart
    | TextMessageContent
    | TextMessageEnd
    | MessagesSnapshot
    | Custom
    | RunFinished
    | RunFailed
)
_LAST = (b"RUN_FINISHED", b"RUN_ERROR")
_ATTEMPTS = 40
_PAUSE = 0.5
"""Seconds; twenty in all: another process takes a run over within ten."""
_SILENCE = 90.0


@dataclass(kw_only=True)
class Answer:
    """What has come of an answer."""

    citations: list[Citation] = field(default_factory=list)
    failed: RunFailed | None = None
    text: str = ""
    written: str = ""

    def take(self, event: RunEvent) -> None:
        """Note what an event says."""
        if isinstance(event, TextMessageStart):
            self.text = ""
        elif isinstance(event, TextMessageContent):
            self.text += event.delta
        elif isinstance(event, MessagesSnapshot):
            self.text = "".join(message.content for message in event.messages)
        elif isinstance(event, Custom) and event.name == "citations":
            self.citations = msgspec.convert(event.value, list[Citation])
        elif isinstance(event, RunFailed):
            self.failed = event

    def unwritten(self, *, complete: bool = False) -> str:
        """Return what to write next. What was written stays as long as an answer begun anew says the same."""
        same = self.text.startswith(self.written)
        if not same and not complete and self.written.startswith(self.text):
            return ""
        rest = self.text[len(self.written) :] if same else f"\n\n(Begun anew.)\n\n{self.text}"
        self.written = self.text
        return rest


@click.command()
@click.argument("question")
@click.option("--conversation", "conversation_id", type=UUID, help="Go on with this conversation.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each event of the run.")
@with_key
@explained
def ask(question: str, conversation_id: UUID | None, as_json: bool) -> None:
    """Ask your documents. The answer streams in; its citations follow. Ctrl-C stops it."""
    api = signed_in_api(timeout=_SILENCE)
    if conversation_id is None:
        conversation_id = api.post("/conversations", Conversation, body=ConversationCreate()).id
    path, wanted = f"/conversations/{conversation_id}/turns", TurnRequest(question=question)
    told = api.events_of(path, body=wanted, key=str(uuid.uuid4()))
    turn = _turn(told)
    try:
        answer = _follow(api, turn, told, as_json=as_json)
    except KeyboardInterrupt:
        api.call("POST", f"/runs/{turn.run_id}/cancel")
        fail("Stopped.", remedy="What had come is kept in the conversation.")
    if answer.failed:
        fail(answer.failed.message, remedy=answer.failed.remedy or "", request_id=answer.failed.request_id)
    if not as_json:
        _print_citations(answer.citations)
        out.print(f'\n  [dim]Go on: chatter ask --conversation {conversation_id} "..."[/]')


@click.command()
@click.argument("query")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 50), help="How many passages at most.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a passage.")
@with_key
@explained
def search(query: str, limit: int, as_json: bool) -> None:
    """Find passages, the best first."""
    hits = signed_in_api().post("/search", SearchResults, body=SearchRequest(query=query, limit=limit)).items
    if as_json:
        for hit in hits:
            _write(msgspec.json.encode(hit))
        return
    if not hits:
        out.print("  Nothing found.")
    for number, hit in enumerate(hits, start=1):
        out.print(f"  [bold]{number:>2}[/]  {escape(hit.document_name)}, page {hit.page} [dim]{hit.similarity:.2f}[/]")
        out.print(f"      {escape(_shortened(hit.text))}\n")


def _turn(told: Iterator[StreamedEvent]) -> Turn:
    first = next(told, None)
    if first is None:
        raise Unreachable("the server took the question, or not: it said nothing of it")
    return msgspec.json.decode(first.data, type=Turn)


def _follow(api: Api, turn: Turn, told: Iterator[StreamedEvent], *, as_json: bool) -> Answer:
    """Write the answer as it comes."""
    answer = Answer()
    for streamed in _events(api, turn.run_id, told):
        event = msgspec.json.decode(streamed.data, type=RunEvent)
        if as_json:
            _write(msgspec.json.encode({"id": streamed.id, "event": msgspec.Raw(streamed.data)}))
        answer.take(event)
        if not as_json:
            sys.stdout.write(answer.unwritten(complete=isinstance(event, TextMessageEnd | RunFinished | RunFailed)))
            sys.stdout.flush()
    if answer.written and not as_json:
        sys.stdout.write("\n")
    return answer


def _events(api: Api, run_id: UUID, told: Iterator[StreamedEvent]) -> Iterator[StreamedEvent]:
    """Read a run to its end; when the stream ends before, another process has the run: go on after the last event."""
    last, attempts = 0, 0
    while True:
        broken: Exception | None = None
        try:
            for streamed in told:
                last, attempts = streamed.id or last, 0
                yield streamed
                if any(word in streamed.data[:24] for word in _LAST):
                    return
        except (Unreachable, OSError, http.client.HTTPException) as error:
            broken = error
        attempts += 1
        if attempts >= _ATTEMPTS:
            raise Unreachable(f"the answer broke off, {broken or 'its stream ended early'}") from broken
        time.sleep(_PAUSE)
        told = api.events(f"/runs/{run_id}/events", after=last)


def _print_citations(citations: list[Citation]) -> None:
    if not citations:
        return
    out.print()
    shown: set[tuple[int, str]] = set()
    for citation in citations:
        if (citation.n, citation.quote) in shown:
            continue
        shown.add((citation.n, citation.quote))
        page = f", page {citation.page}" if citation.page else ""
        out.print(f"  [bold cyan]\\[{citation.n}][/] {escape(citation.document_name)}{page}")
        out.print(f"      [dim]“{escape(_shortened(citation.quote))}”[/]")


def _shortened(text: str, *, limit: int = 240) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[:limit].rstrip()}…"


def _write(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()
