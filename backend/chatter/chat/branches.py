"""What is known of the branches that runs are."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.chat.branch_schemas import Branched, Change
from chatter.chat.models import RunBranch

__all__ = ["ancestry_of", "branch_of"]

_DEEPEST = 50


async def branch_of(session: AsyncSession, *, run_id: UUID) -> Branched | None:
    """Where a run branched off; None for one that began at its beginning."""
    row = await session.scalar(select(RunBranch).where(RunBranch.run_id == run_id))
    if row is None:
        return None
    return msgspec.convert(
        {
            "source_run_id": row.source_run_id,
            "checkpoint_id": row.checkpoint_id,
            "step": row.step,
            "next": row.next,
            "changes": msgspec.convert(row.changes, list[Change]),
        },
        Branched,
    )


async def ancestry_of(session: AsyncSession, *, run_id: UUID) -> Sequence[tuple[UUID, Branched | None]]:
    """The run, what it branched off, and so on, each with how its follower left it; the newest first."""
    line: list[tuple[UUID, Branched | None]] = [(run_id, None)]
    while len(line) < _DEEPEST:
        branched = await branch_of(session, run_id=line[-1][0])
        if branched is None or branched.source_run_id is None:
            break
        line.append((branched.source_run_id, branched))
    return line
