"""Two answers compared: a person went back to a point of a run, changed something, and wants to see what came of it."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.chat.branch_schemas import Branched
from chatter.chat.branches import ancestry_of, branch_of
from chatter.chat.comparison_schemas import ComparedAnswer, Comparison, Parting
from chatter.chat.differences import differences
from chatter.chat.models import Message, MessagePart
from chatter.chat.receipts import cost_of
from chatter.chat.schemas import MessageState, ToolUse
from chatter.kit.principal import Principal
from chatter.runs.errors import RunNotFound
from chatter.runs.facade import RunService
from chatter.runs.schemas import Outcome
from chatter.usage.facade import used_for

__all__ = ["compared"]

_CALLS = text("""
select key as id, tool as name, arguments, state, coalesce(result, '') as result, source
from tool_call where tenant_id = :tenant and run_id = :run order by key
""")


async def compared(
    session: AsyncSession, principal: Principal, runs: RunService, *, one: UUID, other: UUID
) -> Comparison:
    """Both must be the principal's own; raises RunNotFound."""
    first, second = [await _answer(session, principal, runs, run_id=run_id) for run_id in (one, other)]
    parting = await _parting(session, one=one, other=other)
    return Comparison(
        one=first,
        other=second,
        parting=parting,
        differences=differences(first.text, second.text),
    )


async def _answer(session: AsyncSession, principal: Principal, runs: RunService, *, run_id: UUID) -> ComparedAnswer:
    run = await runs.run(principal, run_id=run_id)
    message = await session.scalar(select(Message).where(Message.run_id == run_id, Message.role == "assistant"))
    if message is None:
        raise RunNotFound
    uses = [use for use in await used_for(session, subject_id=message.id) if use.purpose == "answer"]
    calls = await session.execute(_CALLS, {"tenant": principal.tenant_id, "run": run_id})
    took = None if run.finished_at is None else round((run.finished_at - run.created_at).total_seconds() * 1000)
    return ComparedAnswer(
        run_id=run_id,
        message_id=message.id,
        question=await _text(session, message.parent_id) if message.parent_id else "",
        text=await _text(session, message.id),
        state=MessageState(message.state),
        outcome=Outcome(message.outcome) if message.outcome else None,
        model=message.model,
        model_calls=len(uses),
        input_tokens=sum(use.input_tokens for use in uses),
        output_tokens=sum(use.output_tokens for use in uses),
        cost=cost_of(uses),
        started_at=run.created_at,
        finished_at=run.finished_at,
        first_token_ms=next((use.first_token_ms for use in uses if use.first_token_ms is not None), None),
        whole_ms=took,
        tool_calls=[ToolUse(**call) for call in calls.mappings()],
        branched=await branch_of(session, run_id=run_id),
    )


async def _text(session: AsyncSession, message_id: UUID) -> str:
    parts = select(MessagePart.text).where(MessagePart.message_id == message_id, MessagePart.kind != "passages")
    return "\n\n".join((await session.scalars(parts.order_by(MessagePart.position))).all())


async def _parting(session: AsyncSession, *, one: UUID, other: UUID) -> Parting | None:
    """The nearest run that both come from, and the earlier of the points at which they left it."""
    left = dict(await ancestry_of(session, run_id=one))
    for run_id, how in await ancestry_of(session, run_id=other):
        if run_id in left:
            return _earlier(run_id, left[run_id], how)
    return None


def _earlier(run_id: UUID, one: Branched | None, other: Branched | None) -> Parting | None:
    ways = [way for way in (one, other) if way is not None]
    if not ways:
        return None
    first = min(ways, key=lambda way: way.step)
    return Parting(run_id=run_id, step=first.step, next=first.next)
