"""Each call on record before it is made and after, under the fence of its run."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from chatter.audit import facade as audit
from chatter.kit.db.database import Database
from chatter.kit.events import emit_on
from chatter.runs.errors import LeaseLost
from chatter.tools.events import ToolCallRefused
from chatter.tools.payloads import NOTHING, Kept
from chatter.tools.permissions import ToolAction
from chatter.tools.ports import CallContext
from chatter.tools.schemas import CallRefused

__all__ = ["Ledger", "Recorded"]

_HOLDS = """
select m.role from run r
left join membership m on m.tenant_id = $1 and m.user_id = r.owner_id and m.suspended_at is null
where r.tenant_id = $1 and r.id = $2 and r.fence = $3 and r.state = 'running' for key share of r
"""
_BEGIN = """
insert into tool_call (tenant_id, run_id, key, tool, arguments, arguments_payload) values ($1, $2, $3, $4, $5, $6)
on conflict (tenant_id, run_id, key) do nothing returning state
"""
_KNOWN = "select state, result, result_payload from tool_call where tenant_id = $1 and run_id = $2 and key = $3"
_AGAIN = """
update tool_call set state = 'begun' where tenant_id = $1 and run_id = $2 and key = $3 and state = 'again' returning key
"""
_END = """
update tool_call set state = $4, result = $5, result_payload = $6, finished_at = now()
where tenant_id = $1 and run_id = $2 and key = $3 and state = 'begun'
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is known of a call: `new` was never begun before, `begun` was, and nobody knows what came of it."""

    state: Literal["new", "begun", "done", "failed"]
    result: Kept = NOTHING
    role: str | None = None
    """The role that whoever asked has now; None: they are no member any more."""


class Ledger:
    """The calls of all runs; each entry is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, context: CallContext, *, tool: str, arguments: Kept) -> Recorded:
        """Write down that a call is about to be made; return what was known of it."""
        place = (context.tenant_id, context.run_id, context.key)
        async with self._database.connection(context.tenant_id) as connection:
            held = await connection.fetchrow(_HOLDS, context.tenant_id, context.run_id, context.fence)
            if held is None:
                raise LeaseLost("Another process has this run.")
            if await connection.fetchval(_BEGIN, *place, tool, arguments.text, arguments.payload_id) is not None:
                return Recorded("new", role=held["role"])
            if await connection.fetchval(_AGAIN, *place) is not None:
                return Recorded("new", role=held["role"])
            row = await connection.fetchrow(_KNOWN, *place)
        if row is None:
            return Recorded("begun", role=held["role"])
        return Recorded(row["state"], Kept(row["result"] or "", row["result_payload"]), role=held["role"])

    async def refuse(self, context: CallContext, *, tool: str, permission: StrEnum, told: str) -> None:
        """Write down that a call was not made: whoever asked may not make it any more."""
        tenant_id, run_id = context.tenant_id, context.run_id
        refused = CallRefused(call_id=context.key, tool=tool, permission=permission.value)
        async with self._database.connection(tenant_id) as connection:
            await connection.execute(_END, tenant_id, run_id, context.key, "failed", told, None)
            await audit.record_in_run(
                connection, tenant_id, ToolAction.CALL_REFUSED, run_id=run_id, target=run_id, after=refused
            )
            await emit_on(connection, tenant_id, ToolCallRefused(run_id=run_id, call_id=context.key, tool=tool))

    async def end(self, context: CallContext, *, failed: bool, result: Kept) -> None:
        """Write down what came of a call."""
        async with self._database.connection(context.tenant_id) as connection:
            state = "failed" if failed else "done"
            place = (context.tenant_id, context.run_id, context.key)
            await connection.execute(_END, *place, state, result.text, result.payload_id)
