"""A step of a graph, as the domain that has the graph describes it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

__all__ = ["Step"]

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Step(Generic[C]):
    """A named piece of work: takes the graph's state and the run's context, returns what changes in the state."""

    name: str
    work: Callable[[Any, C], Awaitable[Mapping[str, object]]]
    """The state is a TypedDict of the domain."""
    ends_early: Callable[[Any], bool] | None = None
    """Asked after the step: true ends the run here."""
