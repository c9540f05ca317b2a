"""The end of sessions that a provider vouched for."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.sso.models import SsoSession

__all__ = ["end_session", "end_sessions"]

_END = text("select session_end(:id)")


async def end_sessions(session: AsyncSession, *which: ColumnElement[bool]) -> Sequence[UUID]:
    """End them from the next request on, and say which those were."""
    ids = (await session.scalars(select(SsoSession.id).where(*which))).all()
    for session_id in ids:
        await end_session(session, session_id)
    return ids


async def end_session(session: AsyncSession, session_id: UUID | None) -> None:
    """End one, whoever vouched for it."""
    await session.execute(_END, {"id": session_id})
    await session.execute(delete(SsoSession).where(SsoSession.id == session_id))
