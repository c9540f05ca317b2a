"""What a person decides about a call whose outcome nobody knows; the run goes on with it."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit import facade as audit
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.runs.errors import RunNotFound
from chatter.runs.facade import RunService
from chatter.tools.errors import CallNotFound, NotAsked
from chatter.tools.events import ToolCallDecided
from chatter.tools.models import ToolCall
from chatter.tools.permissions import ToolAction
from chatter.tools.schemas import CallDecided, Decision

__all__ = ["decide"]

_TOLD = {
    Decision.DONE: "The person says that it came through.",
    Decision.SKIP: "The person chose to go on without it. It may or may not have come through.",
}


async def decide(
    session: AsyncSession, principal: Principal, runs: RunService, *, run_id: UUID, call_id: str, decision: Decision
) -> None:
    """Write the decision down and let the run go on."""
    try:
        await runs.run(principal, run_id=run_id)
    except RunNotFound as error:
        raise CallNotFound from error
    call = await session.scalar(
        select(ToolCall).where(ToolCall.run_id == run_id, ToolCall.key == call_id).with_for_update()
    )
    if call is None:
        raise CallNotFound
    if call.state != "begun" or not await runs.wake(session, principal, run_id=run_id):
        raise NotAsked("The run does not wait for a decision about this call.", remedy="Look how it went on.")
    if decision is Decision.AGAIN:
        call.state = "again"
    else:
        call.state, call.result, call.finished_at = "done", _TOLD[decision], func.now()
    told = CallDecided(call_id=call_id, tool=call.tool, decision=decision)
    await audit.record(session, principal, ToolAction.CALL_DECIDED, target=run_id, after=told, run_id=run_id)
    emit(session, ToolCallDecided(run_id=run_id, call_id=call_id, decision=decision.value))
