"""What others may want to know about runs."""

from typing import ClassVar
from uuid import UUID

from chatter.kit.events import Event

__all__ = ["RunCancelRequested"]


class RunCancelRequested(Event):
    """Somebody asked it to stop; it may have ended by itself meanwhile."""

    name: ClassVar[str] = "runs.run.cancel_requested"
    run_id: UUID
