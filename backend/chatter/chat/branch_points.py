"""The points of a past run that a person can go back to, and what the state there lets them change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.chat.branch_schemas import CheckpointCall, RunCheckpoint, RunCheckpoints
from chatter.chat.branch_state import Start, start_at
from chatter.chat.errors import AnswerInProgress, NotAsker
from chatter.chat.models import Conversation, Message
from chatter.chat.tool_rounds import Called
from chatter.chat.turns import TurnService
from chatter.kit.db.database import Database
from chatter.kit.principal import Principal
from chatter.runs.errors import RunNotFound
from chatter.runs.facade import RunService
from chatter.runs.schemas import RunState

__all__ = ["BranchPoints", "Past", "Point", "calls_at"]

_TOOLS = text("select tools from run where tenant_id = :tenant and id = :run")
_OPEN = frozenset({RunState.QUEUED, RunState.RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A run that is over, and the answer that came of it."""

    run_id: UUID
    conversation_id: UUID
    answer_id: UUID
    question_id: UUID | None
    model: str | None
    model_id: UUID | None
    tools: Sequence[str]
    """What its model might call."""


@dataclass(frozen=True, slots=True)
class Point:
    """A checkpoint with the state that a branch would begin with."""

    id: str
    number: int
    start: Start


class BranchPoints:
    """Reads without holding a transaction: a process may have to load LangGraph first."""

    def __init__(self, database: Database, turns: TurnService, runs: RunService) -> None:
        self._database = database
        self._turns = turns
        self._runs = runs

    async def shown(self, principal: Principal, *, run_id: UUID) -> RunCheckpoints:
        """The points of one's own run, the first first; RunNotFound, AnswerInProgress while it is at work."""
        past = await self.past(principal, run_id=run_id)
        graph = await self._turns.graph()
        moments = await graph.moments(principal.tenant_id, run_id=run_id)
        items = [
            _shown(Point(moment.id, moment.number, start_at(moment.next, moment.state)), at=moment.at)
            for moment in moments
        ]
        return RunCheckpoints(run_id=run_id, model=past.model, model_id=past.model_id, items=items)

    async def point(self, principal: Principal, *, run_id: UUID, checkpoint_id: str) -> Point | None:
        """One of them; None when it is not kept (any more)."""
        graph = await self._turns.graph()
        for moment in await graph.moments(principal.tenant_id, run_id=run_id):
            if moment.id == checkpoint_id:
                return Point(moment.id, moment.number, start_at(moment.next, moment.state))
        return None

    async def past(self, principal: Principal, *, run_id: UUID) -> Past:
        """The run as one that can be gone back to; only whoever asked does."""
        try:
            run = await self._runs.run(principal, run_id=run_id)
        except RunNotFound:
            if await self._runs.is_shared(principal, run_id=run_id):
                raise NotAsker("Only whoever asked goes back.", remedy="Ask in a conversation of your own.") from None
            raise
        async with self._database.unit(principal.tenant_id) as session:
            past = await _past(session, principal, run_id=run_id)
        if run.state in _OPEN:
            raise AnswerInProgress("The answer is still being written.", remedy="Wait until it is done, or stop it.")
        return past


async def _past(session: AsyncSession, principal: Principal, *, run_id: UUID) -> Past:
    of_run = (
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.run_id == run_id, Message.role == "assistant", Conversation.owner_id == principal.user_id)
    )
    answer = await session.scalar(of_run)
    if answer is None:
        raise RunNotFound
    tools = (await session.execute(_TOOLS, {"tenant": principal.tenant_id, "run": run_id})).scalar_one()
    return Past(
        run_id=run_id,
        conversation_id=answer.conversation_id,
        answer_id=answer.id,
        question_id=answer.parent_id,
        model=answer.model,
        model_id=answer.model_id,
        tools=tools,
    )


def calls_at(start: Start) -> list[Called]:
    """The calls whose results can be changed: all that the model was, or is about to be, told of."""
    return [call for each in start.talked() for call in each.calls]


def _shown(point: Point, *, at: datetime) -> RunCheckpoint:
    start = point.start
    coming = {call.id for call in start.talked()[-1].calls} if start.at == "tools" else set()
    return RunCheckpoint(
        id=point.id,
        step=point.number,
        at=at,
        next=start.at,
        question=start.question if start.at == "retrieve" else None,
        instructions=start.instructions,
        tool_calls=[_call(call, comes=call.id in coming) for call in calls_at(start)],
    )


def _call(call: Called, *, comes: bool) -> CheckpointCall:
    return CheckpointCall(
        id=call.id,
        name=call.name,
        arguments=call.arguments,
        content=None if comes and not call.by_person else call.content,
        source="person" if call.by_person else "tool",
    )
