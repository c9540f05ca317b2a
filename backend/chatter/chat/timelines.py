"""What happened in a run, read from its numbered events, its calls on record and what they took.

The log itself is the source: it outlives the process that wrote it, and costs a turn nothing more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.chat.branches import branch_of
from chatter.chat.model_calls import ModelCall
from chatter.chat.timeline_schemas import CallMade, ModelAsked, Timeline, TimelineEntry
from chatter.kit.db.database import Database
from chatter.kit.principal import Principal
from chatter.kit.storage import ObjectStore
from chatter.runs.facade import RunService
from chatter.tools.facade import recorded_call
from chatter.usage.facade import UsedModelCall, amount, used_for

__all__ = ["call_of", "timeline_of"]

_TEXT = b"\nevent: TEXT_MESSAGE_CONTENT\n"
_DATA = b"\ndata: "
_CALLS = text("""
select key, tool, arguments, state, coalesce(result, '') as result, source, created_at, finished_at,
    coalesce(arguments_payload, result_payload) is not null as shortened
from tool_call where tenant_id = :tenant and run_id = :run and source <> 'earlier' order by key
""")


class _Event(msgspec.Struct):
    type: str
    timestamp: int | None = None
    step: str = ""
    name: str = ""
    value: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def at(self) -> datetime | None:
        return None if self.timestamp is None else datetime.fromtimestamp(self.timestamp / 1000, UTC)


class _Said(msgspec.Struct):
    text: str


class _Taker(msgspec.Struct):
    by: str = ""


class _Question(msgspec.Struct):
    label: str


_event = msgspec.json.Decoder(_Event)
_passages = msgspec.json.Decoder(list[msgspec.Raw])
_asked = msgspec.json.Decoder(ModelCall)
_said = msgspec.json.Decoder(list[_Said])
_taker = msgspec.json.Decoder(_Taker)
_question = msgspec.json.Decoder(_Question)


async def timeline_of(session: AsyncSession, principal: Principal, runs: RunService, *, run_id: UUID) -> Timeline:
    """The timeline of one's own run; raises RunNotFound."""
    run, frames = await runs.history(principal, run_id=run_id)
    used = [use for use in await used_for(session, subject_id=run.subject_id) if use.purpose == "answer"]
    calls = (await session.execute(_CALLS, {"tenant": principal.tenant_id, "run": run_id})).all()
    made = [
        TimelineEntry(
            kind="tool_call",
            name=call.tool,
            started_at=call.created_at,
            duration_ms=_milliseconds(call.created_at, call.finished_at),
            tool_call=CallMade(
                id=call.key,
                arguments=call.arguments,
                state=call.state,
                result=call.result,
                shortened=call.shortened,
                source=call.source,
            ),
        )
        for call in calls
    ]
    story = _Story(used=used)
    for frame in frames:
        if _TEXT not in frame[:64]:
            story.add(_event.decode(frame.partition(_DATA)[2]))
    story.end()
    return Timeline(
        run_id=run_id,
        state=run.state.value,
        started_at=run.created_at,
        finished_at=run.finished_at,
        trimmed=run.finished_at is not None and not frames,
        takeovers=sum(entry.kind == "takeover" for entry in story.entries),
        branched=await branch_of(session, run_id=run_id),
        entries=_in_order([*story.entries, *made], begun=run.created_at),
    )


async def call_of(
    database: Database, store: ObjectStore, principal: Principal, runs: RunService, *, run_id: UUID, call_id: str
) -> CallMade:
    """A call of one's own run with all that it was given and gave; raises RunNotFound, CallNotFound."""
    await runs.run(principal, run_id=run_id)
    call = await recorded_call(database, store, tenant_id=principal.tenant_id, run_id=run_id, key=call_id)
    return CallMade(
        id=call_id,
        arguments=call.arguments,
        state=call.state,
        result=call.result,
        shortened=False,
        source=call.source,
    )


@dataclass
class _Story:
    """The entries that the events tell of."""

    used: list[UsedModelCall]
    entries: list[TimelineEntry] = field(default_factory=list)
    _step: int | None = None
    """Where the step that is not over stands."""

    def add(self, event: _Event) -> None:
        match event.type:
            case "STEP_STARTED":
                self._step = len(self.entries)
                kind: Literal["retrieval", "step"] = "retrieval" if event.step == "retrieve" else "step"
                self.entries.append(TimelineEntry(kind=kind, name=event.step, started_at=event.at, duration_ms=None))
            case "STEP_FINISHED":
                self._finish_step(event)
            case "CUSTOM":
                self._custom(event)

    def end(self) -> None:
        """Calls that no event tells of: whoever stood in, and those of a process that was lost."""
        for use in self.used:
            asked = _model_asked(None, use)
            self.entries.append(
                TimelineEntry(
                    kind="model_call", name=use.model, started_at=None, duration_ms=use.whole_ms, model_call=asked
                )
            )
        self.used = []

    def _custom(self, event: _Event) -> None:
        at = event.at
        match event.name:
            case "passages" if self._step is not None:
                found = len(_passages.decode(event.value))
                self.entries[self._step] = msgspec.structs.replace(self.entries[self._step], passages=found)
            case "model_call":
                self.entries.append(self._call(event))
            case "steered":
                for said in _said.decode(event.value):
                    self.entries.append(
                        TimelineEntry(kind="instruction", name="", started_at=at, duration_ms=0, text=said.text)
                    )
            case "taken_over":
                self._step = None
                by = _taker.decode(event.value).by
                self.entries.append(TimelineEntry(kind="takeover", name=by, started_at=at, duration_ms=0))
            case "question":
                self._step = None
                asked = _question.decode(event.value).label
                self.entries.append(TimelineEntry(kind="question", name=asked, started_at=at, duration_ms=0))

    def _call(self, event: _Event) -> TimelineEntry:
        asked = _asked.decode(event.value)
        use = next((use for use in self.used if use.prompt_digest == asked.prompt_digest), None)
        if use is not None:
            self.used.remove(use)
        return TimelineEntry(
            kind="model_call",
            name=use.model if use else asked.model,
            started_at=event.at,
            duration_ms=use.whole_ms if use else None,
            model_call=_model_asked(asked, use),
        )

    def _finish_step(self, event: _Event) -> None:
        if self._step is None:
            return
        begun = self.entries[self._step]
        if begun.started_at is not None:
            duration = _milliseconds(begun.started_at, event.at)
            self.entries[self._step] = msgspec.structs.replace(begun, duration_ms=duration)
        self._step = None


def _model_asked(asked: ModelCall | None, use: UsedModelCall | None) -> ModelAsked:
    return ModelAsked(
        model=use.model if use else asked.model if asked else "",
        provider=use.provider if use else None,
        temperature=asked.temperature if asked else None,
        max_tokens=asked.max_tokens if asked else None,
        stop=list(asked.stop) if asked else [],
        tools=list(asked.tools) if asked else [],
        continues=asked.continues if asked else False,
        messages=asked.messages if asked else None,
        prompt_digest=asked.prompt_digest if asked else None,
        outcome=use.outcome if use else None,
        source=use.source if use else None,
        input_tokens=use.input_tokens if use else None,
        output_tokens=use.output_tokens if use else None,
        cost=amount(use.cost) if use else None,
        first_token_ms=use.first_token_ms if use else None,
    )


def _in_order(entries: Sequence[TimelineEntry], *, begun: datetime) -> list[TimelineEntry]:
    """By their begin; what has none stays behind what it came after."""
    latest, keyed = begun, []
    for entry in entries:
        latest = entry.started_at or latest
        keyed.append((latest, entry))
    return [entry for _, entry in sorted(keyed, key=lambda pair: pair[0])]


def _milliseconds(begun: datetime, ended: datetime | None) -> int | None:
    return None if ended is None else max(0, round((ended - begun).total_seconds() * 1000))
