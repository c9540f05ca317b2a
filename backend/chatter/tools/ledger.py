"""Each call on record before it is made and after, under the fence of its run."""

from dataclasses import dataclass
from typing import Literal

from chatter.kit.db.database import Database
from chatter.runs.errors import LeaseLost
from chatter.tools.ports import CallContext

__all__ = ["Ledger", "Recorded"]

_HOLDS = "select from run where tenant_id = $1 and id = $2 and fence = $3 and state = 'running' for key share"
_BEGIN = """
insert into tool_call (tenant_id, run_id, key, tool, arguments) values ($1, $2, $3, $4, $5)
on conflict (tenant_id, run_id, key) do nothing returning state
"""
_KNOWN = "select state, result from tool_call where tenant_id = $1 and run_id = $2 and key = $3"
_AGAIN = """
update tool_call set state = 'begun' where tenant_id = $1 and run_id = $2 and key = $3 and state = 'again' returning key
"""
_END = """
update tool_call set state = $4, result = $5, finished_at = now()
where tenant_id = $1 and run_id = $2 and key = $3 and state = 'begun'
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is known of a call: `new` was never begun before, `begun` was, and nobody knows what came of it."""

    state: Literal["new", "begun", "done", "failed"]
    result: str = ""


class Ledger:
    """The calls of all runs; each entry is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, context: CallContext, *, tool: str, arguments: str) -> Recorded:
        """Write down that a call is about to be made; return what was known of it."""
        place = (context.tenant_id, context.run_id, context.key)
        async with self._database.connection(context.tenant_id) as connection:
            if await connection.fetchrow(_HOLDS, context.tenant_id, context.run_id, context.fence) is None:
                raise LeaseLost("Another process has this run.")
            if await connection.fetchval(_BEGIN, *place, tool, arguments) is not None:
                return Recorded("new")
            if await connection.fetchval(_AGAIN, *place) is not None:
                return Recorded("new")
            row = await connection.fetchrow(_KNOWN, *place)
        return Recorded("begun") if row is None else Recorded(row["state"], row["result"] or "")

    async def end(self, context: CallContext, *, failed: bool, result: str) -> None:
        """Write down what came of a call."""
        async with self._database.connection(context.tenant_id) as connection:
            state = "failed" if failed else "done"
            await connection.execute(_END, context.tenant_id, context.run_id, context.key, state, result)
