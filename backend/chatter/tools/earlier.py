"""Calls that a run begins with: made in the run that it branched from, or answered by a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.principal import Principal
from chatter.tools.models import ToolCall

__all__ = ["EarlierCall", "keep_earlier"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCall:
    """A call that is not made again."""

    key: str
    tool: str
    arguments: str
    given: str | None = None
    """What a person says that came of it."""


async def keep_earlier(
    session: AsyncSession, principal: Principal, *, run_id: UUID, source_run_id: UUID, calls: Sequence[EarlierCall]
) -> None:
    """Put the calls on record for the new run, each with whose its result is."""
    keys = [call.key for call in calls]
    of_source = select(ToolCall).where(ToolCall.run_id == source_run_id, ToolCall.key.in_(keys))
    recorded = {row.key: row for row in await session.scalars(of_source)}
    for call in calls:
        known = recorded.get(call.key)
        if call.given is None and known is None:
            continue  # it was never made: its arguments did not fit
        row = ToolCall(
            tenant_id=principal.tenant_id, run_id=run_id, key=call.key, tool=call.tool, arguments=call.arguments
        )
        if known is not None:
            row.arguments, row.arguments_payload = known.arguments, known.arguments_payload
        if call.given is not None:
            row.state, row.result, row.source, row.finished_at = "done", call.given, "person", func.now()
        elif known is not None:
            row.state, row.finished_at = known.state, known.finished_at
            row.result, row.result_payload = known.result, known.result_payload
            row.source = "person" if known.source == "person" else "earlier"
        session.add(row)
