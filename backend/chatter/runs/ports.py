"""What a domain gives to have its work run: the work itself, and how to end it honestly."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from chatter.runs.checkpoint_batch import CheckpointBatch
from chatter.runs.frames import Part
from chatter.runs.log import LiveLog
from chatter.runs.repository import Closing, Grant, LapsedRun
from chatter.runs.schemas import Outcome, RunError, RunState, StreamEvent

__all__ = ["ActiveRun", "Ending", "RunKind", "RunWork", "Told"]


@dataclass(frozen=True, slots=True)
class Ending:
    """How the execution ended; the work knows its own results."""

    state: RunState
    error: RunError | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a run, for readers who come when its events are gone."""

    text: str
    outcome: Outcome


@dataclass(slots=True)
class ActiveRun:
    """A run that this process executes."""

    grant: Grant
    owner_id: UUID
    request_id: str
    log: LiveLog
    continued: bool = False
    """Another process began it: its log holds what that one had shown."""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when somebody may have said something to the run; its work clears it before it looks."""
    unsaved: Sequence[Part] = ()
    """Parts that the end of the run has to store, set when the execution has ended."""
    steps: CheckpointBatch | None = None
    """Checkpoints that the end of the run has to store, set when its graph has."""

    def closing(self, ending: Ending, *, events: Sequence[StreamEvent]) -> tuple[Closing, list[bytes]]:
        """Return what to store at the end, and the frames to show once it is stored."""
        frames = self.log.stage(*events)
        first = self.log.last_seq + 1
        last_part = Part(first, first + len(frames) - 1, b"".join(frames))
        error = ending.error
        closing = Closing(
            state=ending.state,
            parts=[*self.unsaved, last_part],
            steps=self.steps,
            error_code=error.code if error else None,
            error_message=error.message if error else None,
            error_remedy=error.remedy if error else None,
        )
        return closing, frames


class RunWork(Protocol):
    """One run's work. It holds no database session while somebody else's service is at work."""

    async def execute(self, run: ActiveRun) -> None:
        """Do it, emitting events to the run's log. Cancelled when somebody stops it, or the process ends.

        When it is `continued`, go on where its checkpoints and its log end. Raises RunWaits when a person has to
        decide something first: whoever takes the run after that goes on.
        """
        ...

    async def close(self, run: ActiveRun, *, ending: Ending) -> bool:
        """Store results and end in one transaction under the fence, then show the last events.

        May be called again after an error of the connection. False: the fence has moved and nothing was stored.
        """
        ...

    async def hand_over(self, run: ActiveRun) -> None:
        """Keep what only this process knows, before another goes on with the run."""
        ...


class RunKind(Protocol):
    """A kind of run, registered at the start of a process."""

    name: str

    def prepare(self) -> None:
        """Get ready: a run of this kind may soon have to be taken over."""
        ...

    def revive(self, lapsed: LapsedRun) -> RunWork:
        """Return the work of a run that another process left, to go on with it or to close it."""
        ...

    async def told(self, tenant_id: UUID, *, subject_id: UUID) -> Told:
        """What came of a run that ended, read from where this kind keeps it."""
        ...
