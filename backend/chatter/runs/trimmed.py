"""The stream of a run whose events are gone: what came of it, in the words that a reader knows from a takeover."""

from uuid import UUID

from chatter.runs.engine import RunEngine
from chatter.runs.frames import frame
from chatter.runs.schemas import (
    MessagesSnapshot,
    Outcome,
    RunFinished,
    RunState,
    SnapshotMessage,
    StreamEvent,
    failed,
)

__all__ = ["end_of"]


async def end_of(engine: RunEngine, tenant_id: UUID, *, run_id: UUID, after: int) -> bytes:
    """The last two events, under their numbers: the text as it stands, and the end; what was before is not there."""
    run = await engine.repository.ended(tenant_id, run_id=run_id)
    kind = engine.kind(run.kind) if run is not None else None
    if run is None or kind is None:
        return b""
    told = await kind.told(tenant_id, subject_id=run.subject_id)
    last: StreamEvent
    if run.error is not None:
        last = failed(run.error, request_id=run.request_id)
    else:
        cancelled = run.state == RunState.CANCELLED
        last = RunFinished(run_id=run_id, outcome=Outcome.CANCELLED if cancelled else told.outcome)
    text = MessagesSnapshot(messages=[SnapshotMessage(id=run.subject_id, content=told.text)])
    events = ((run.last_seq - 1, text), (run.last_seq, last))
    return b"".join(frame(number, event=event) for number, event in events if number > after)
