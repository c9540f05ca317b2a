"""What others may want to know about runs."""

from typing import ClassVar
from uuid import UUID

from chatter.kit.events import Event

__all__ = ["RetentionUpdated", "RunCancelRequested", "RunsTrimmed"]


class RunCancelRequested(Event):
    """Somebody asked it to stop; it may have ended by itself meanwhile."""

    name: ClassVar[str] = "runs.run.cancel_requested"
    run_id: UUID


class RetentionUpdated(Event):
    """The organisation keeps what happened in its runs for so many days from now on."""

    name: ClassVar[str] = "runs.retention.updated"
    days: int


class RunsTrimmed(Event):
    """Their events are gone: they ended longer ago than the organisation keeps them."""

    name: ClassVar[str] = "runs.runs.trimmed"
    run_ids: list[UUID]
