"""Sessions: a random token for its owner, only its hash for us."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from asyncpg import Record

from chatter.identity.schemas import OrganizationChoice
from chatter.kit.clock import Clock
from chatter.kit.db.database import Database
from chatter.kit.identifiers import TenantId, UserId, new_id
from chatter.kit.principal import Principal
from chatter.tenancy.facade import as_state, is_support_token, visitor_by_token

__all__ = [
    "NewSession",
    "end_session",
    "organizations_of",
    "principal_by_token",
    "session_stands",
    "start_session",
]


@dataclass(frozen=True)
class NewSession:
    """A session that was just started; the only place where its token is seen."""

    id: UUID
    token: str
    expires_at: datetime


async def start_session(database: Database, clock: Clock, *, user_id: UUID, days: int, user_agent: str) -> NewSession:
    """Start a session of a person who has proven to be that person."""
    session = NewSession(new_id(), secrets.token_urlsafe(32), clock.now() + timedelta(days=days))
    await database.hot.execute(
        "select session_create($1, $2, $3, $4, $5)",
        *(session.id, user_id, _digest(session.token), session.expires_at, user_agent[:300]),
    )
    return session


async def end_session(database: Database, session_id: UUID) -> None:
    await database.hot.execute("select session_end($1)", session_id)


async def principal_by_token(database: Database, token: str, *, tenant_id: UUID | None) -> Principal | None:
    """Who holds this token, acting in this organisation (None: their first). One round trip."""
    if is_support_token(token):
        return await visitor_by_token(database, token, tenant_id=tenant_id)
    row: Record | None = await database.hot.fetchrow(
        "select * from session_by_token($1, $2)", _digest(token), tenant_id
    )
    if row is None:
        return None
    return Principal(
        tenant_id=TenantId(row["tenant_id"]),
        user_id=UserId(row["user_id"]),
        session_id=row["session_id"],
        role=row["role"],
        email=row["email"],
        name=row["name"],
        organization_name=row["organization_name"],
        organization_state=row["organization_state"],
    )


async def session_stands(database: Database, token: str) -> bool:
    """Whether this is the token of a session, also when no organisation lets its person in."""
    return bool(await database.hot.fetchval("select session_stands($1)", _digest(token)))


async def organizations_of(database: Database, user_id: UUID) -> list[OrganizationChoice]:
    rows = await database.hot.fetch("select * from organizations_of($1)", user_id)
    return [
        OrganizationChoice(id=row["id"], name=row["name"], role=row["role"], state=as_state(row["state"]))
        for row in rows
    ]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
