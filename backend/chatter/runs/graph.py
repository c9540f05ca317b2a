"""Graphs of named steps on LangGraph, for domains that give steps and know nothing of LangGraph.

Importing this module imports LangGraph (4 s of CPU on a small machine), so `chatter.runs.facade` does it in the
background once the process listens.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, get_type_hints
from uuid import UUID

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, StateSnapshot

from chatter.runs.checkpointer import FENCE, FRESH, PostgresSaver
from chatter.runs.ports import ActiveRun
from chatter.runs.schemas import StepFinished, StepStarted
from chatter.runs.steps import Moment, Step

__all__ = ["LangGraphSteps"]

C = TypeVar("C")
_NEXT = "branch:to:"
"""How LangGraph names the channel that holds a step to go on with."""


@dataclass(frozen=True, slots=True)
class _Context(Generic[C]):
    run: ActiveRun
    own: C


class LangGraphSteps(Generic[C]):
    """Steps one after another; a step may name the one to go on with, or end the run early.

    State is a TypedDict of plain values (text, numbers, bytes), because it is checkpointed after each step. The context
    is the domain's own object for one run; it is handed to each step and never stored.
    """

    def __init__(self, state: type, *, steps: Sequence[Step[C]], saver: PostgresSaver) -> None:
        self._saver = saver
        self._steps = _with_following(steps)
        self._graph: CompiledStateGraph[Any, Any, Any, Any] = _compile(state, steps=self._steps, saver=saver)

    async def run(self, run: ActiveRun, *, context: C, start: Mapping[str, object], at: str | None = None) -> None:
        """Execute a run from its beginning, or go on where it was when another process left it.

        With `at` it begins before that step, with the state `start` as what the steps before have left. When this
        returns, all checkpoints are stored but those in `run.steps`, which the end of the run stores; with an error,
        all are.
        """
        config = _config(run)
        known = run.continued and await self._has_left_off(config)
        begin = None if known else await self._begin(config, start, at=at)
        try:
            told = self._graph.astream(begin, config, context=_Context(run, context), durability="sync", stream_mode=[])
            async for _ in told:  # nothing: the steps write to the run's log themselves
                pass
            run.steps = await self._saver.take(config)
        finally:
            await self._saver.close(config)

    async def _has_left_off(self, config: RunnableConfig) -> bool:
        """Say whether there is a checkpoint to go on from; one before a step of another version of Chatter is none."""
        kept = await self._saver.aget_tuple(config)
        names = {step.name for step, _ in self._steps}
        waiting = kept.checkpoint["channel_values"] if kept else {}
        nexts = {channel.removeprefix(_NEXT) for channel in waiting if channel.startswith(_NEXT)}
        return kept is not None and nexts <= names

    async def state(self, tenant_id: UUID, *, run_id: UUID) -> dict[str, Any]:
        """Return the newest state of a run, empty when it has none."""
        snapshot = await self._graph.aget_state({"configurable": {"tenant_id": tenant_id, "thread_id": str(run_id)}})
        values: dict[str, Any] = snapshot.values
        return values

    async def moments(self, tenant_id: UUID, *, run_id: UUID) -> list[Moment]:
        """Return the checkpoints of a run that have a step after them, the first first."""
        config: RunnableConfig = {"configurable": {"tenant_id": tenant_id, "thread_id": str(run_id)}}
        names = {step.name for step, _ in self._steps}
        found = [
            snapshot async for snapshot in self._graph.aget_state_history(config) if names.intersection(snapshot.next)
        ]
        return [_moment(snapshot, number=number) for number, snapshot in enumerate(reversed(found))]

    async def _begin(
        self, config: RunnableConfig, start: Mapping[str, object], *, at: str | None
    ) -> dict[str, object] | None:
        """Return what to begin with; in the midst of the steps that is a checkpoint, which is made here."""
        first = self._steps[0][0].name
        if at in {None, first}:
            return {**start, _NEXT + first: None}
        await self._graph.aupdate_state(config, Command(update=dict(start), goto=at or first), as_node=first)
        return None


def _moment(snapshot: StateSnapshot, *, number: int) -> Moment:
    return Moment(
        id=snapshot.config["configurable"]["checkpoint_id"],
        number=number,
        at=datetime.fromisoformat(str(snapshot.created_at)),
        next=snapshot.next[0],
        state=snapshot.values,
    )


def _config(run: ActiveRun) -> RunnableConfig:
    grant = run.grant
    return {
        "configurable": {
            "tenant_id": grant.tenant_id,
            "thread_id": str(grant.run_id),
            FENCE: grant.fence,
            FRESH: not run.continued,
        }
    }


def _with_following(steps: Sequence[Step[C]]) -> list[tuple[Step[C], str]]:
    """Each step with the name of the one that follows it."""
    names = [step.name for step in steps]
    return [(step, step.then or after) for step, after in zip(steps, [*names[1:], END], strict=True)]


def _compile(
    state: type, *, steps: Sequence[tuple[Step[Any], str]], saver: PostgresSaver
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """A step names the one that follows, which costs less than an edge that reads the state again to choose.

    What a run begins with names its first step too: LangGraph's own start would be one more superstep.
    """
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(state, context_schema=_Context)
    for step, following in steps:
        graph.add_node(step.name, _node(step, following=following, saver=saver), destinations=(following, END))
    first = steps[0][0].name
    graph.add_edge(START, first)
    compiled = graph.compile(checkpointer=saver).copy({"input_channels": [*get_type_hints(state), _NEXT + first]})
    for step, _ in steps:
        node = compiled.nodes[step.name]
        vars(node)["node"] = _Plain(node.bound, node.flat_writers)  # in the place of what LangGraph would keep there
    return compiled


class _Plain(Runnable[Any, Any]):
    """A step, then what writes its result down, in place of LangGraph's own sequence of both.

    That one runs each step in a task of its own and tells tracers, of which there are none: 3 % of a turn's CPU. What
    LangGraph finds by context (`interrupt`, `get_config`) is not there for a step, which gets its run as an argument.
    """

    def __init__(self, work: Runnable[Any, Any], writers: Sequence[Runnable[Any, Any]]) -> None:
        self._parts = (work, *writers)

    def invoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002  # their word
        """Steps are asynchronous."""
        raise NotImplementedError

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Do each with what the one before it has returned."""
        for part in self._parts:
            input = await part.ainvoke(input, config)  # noqa: A001
        return input


def _node(step: Step[C], *, following: str, saver: PostgresSaver) -> Callable[..., Awaitable[Command[Any]]]:
    async def node(state: Any, runtime: Runtime[_Context[C]]) -> Command[Any]:
        context = runtime.context
        if step.settles:
            await saver.settle(_config(context.run))
        context.run.log.emit(StepStarted(step=step.name), border=True)
        update = await step.work(state, context.own)
        context.run.log.emit(StepFinished(step=step.name), border=True)
        ends = step.ends_early is not None and step.ends_early({**state, **update})
        return Command(update=update, goto=END if ends else following)

    return node
