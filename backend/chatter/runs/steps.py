"""A step of a graph, as the domain that has the graph describes it, and the graph as that domain sees it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from chatter.runs.ports import ActiveRun

__all__ = ["Moment", "Step", "StepGraph"]

C = TypeVar("C")
C_contra = TypeVar("C_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Step(Generic[C]):
    """A named piece of work: takes the graph's state and the run's context, returns what changes in the state."""

    name: str
    work: Callable[[Any, C], Awaitable[Mapping[str, object]]]
    """The state is a TypedDict of the domain."""
    ends_early: Callable[[Any], bool] | None = None
    """Asked after the step: true ends the run here."""
    then: str | None = None
    """The step that follows, when it is not the next one."""
    settles: bool = False
    """Whether all before it must be stored when it begins: it does what a repetition could not undo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A checkpoint of a run before one of its steps."""

    id: str
    number: int
    """How many steps came before it."""
    at: datetime
    next: str
    """The step that comes next."""
    state: Mapping[str, Any]


class StepGraph(Protocol[C_contra]):
    """Steps that are ready to run, with their checkpoints."""

    async def run(
        self, run: ActiveRun, *, context: C_contra, start: Mapping[str, object], at: str | None = None
    ) -> None:
        """Execute a run from its beginning, or go on where it was when another process left it.

        A run that begins in the midst of the steps, `at` one of them, takes the state there as given.
        """
        ...

    async def moments(self, tenant_id: UUID, *, run_id: UUID) -> list[Moment]:
        """Return the checkpoints of a run that have a step after them, the first first."""
        ...

    async def state(self, tenant_id: UUID, *, run_id: UUID) -> Mapping[str, Any]:
        """Return the newest state of a run, empty when it has none."""
        ...
