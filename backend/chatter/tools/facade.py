"""What other domains may ask of tools."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.db.database import Database
from chatter.kit.events import emit
from chatter.kit.storage import ObjectStore
from chatter.tools.earlier import EarlierCall, keep_earlier
from chatter.tools.errors import CallNotFound, OutcomeUnknown
from chatter.tools.events import PayloadsForgotten
from chatter.tools.models import ToolCall
from chatter.tools.payloads import Kept, Payloads, beginning
from chatter.tools.ports import CallContext
from chatter.tools.toolbox import Outcome, Toolbox

__all__ = [
    "CallContext",
    "CallOnRecord",
    "EarlierCall",
    "Outcome",
    "OutcomeUnknown",
    "Toolbox",
    "beginning",
    "forget",
    "keep_earlier",
    "recorded_call",
]

_CALL = """
select tool, state, arguments, arguments_payload, coalesce(result, '') as result, result_payload, source
from tool_call where tenant_id = $1 and run_id = $2 and key = $3
"""


@dataclass(frozen=True, slots=True)
class CallOnRecord:
    """A call with all that it was given and gave."""

    tool: str
    state: Literal["begun", "again", "done", "failed"]
    arguments: str
    result: str
    source: Literal["tool", "earlier", "person"]


async def recorded_call(
    database: Database, store: ObjectStore, *, tenant_id: UUID, run_id: UUID, key: str
) -> CallOnRecord:
    """One call of a run that its caller may see, whole; raises CallNotFound, ObjectMissing."""
    async with database.connection(tenant_id) as connection:
        row = await connection.fetchrow(_CALL, tenant_id, run_id, key)
    if row is None:
        raise CallNotFound
    payloads = Payloads(store)
    return CallOnRecord(
        tool=row["tool"],
        state=row["state"],
        arguments=await payloads.whole(tenant_id, Kept(row["arguments"], row["arguments_payload"])),
        result=await payloads.whole(tenant_id, Kept(row["result"], row["result_payload"])),
        source=row["source"],
    )


async def forget(session: AsyncSession, *, run_ids: Sequence[UUID]) -> None:
    """Let what is kept outside of the rows go with runs that are about to be deleted, once that is committed."""
    kept = or_(ToolCall.arguments_payload.is_not(None), ToolCall.result_payload.is_not(None))
    named = select(ToolCall.arguments_payload, ToolCall.result_payload).where(ToolCall.run_id.in_(run_ids), kept)
    # Runs that branched off share what they took over.
    payload_ids = list({each for row in await session.execute(named) for each in row if each is not None})
    if payload_ids:
        emit(session, PayloadsForgotten(payload_ids=payload_ids))
