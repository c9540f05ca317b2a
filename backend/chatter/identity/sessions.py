"""Sessions: a random token for its owner, only its hash for us."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from asyncpg import Record

from chatter.identity.methods import SignInMethod
from chatter.identity.schemas import OrganizationChoice
from chatter.identity.session_uses import SessionUses
from chatter.identity.user_agents import device_of
from chatter.kit.clock import Clock
from chatter.kit.db.database import Database
from chatter.kit.identifiers import TenantId, UserId, new_id
from chatter.kit.principal import Principal
from chatter.kit.settings import Settings
from chatter.kit.telemetry import client_address
from chatter.tenancy.facade import as_state, is_support_token, visitor_by_token

__all__ = [
    "NewSession",
    "digest_of",
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


async def start_session(
    database: Database,
    clock: Clock,
    settings: Settings,
    *,
    user_id: UUID,
    user_agent: str,
    methods: Iterable[SignInMethod],
    bound_to: UUID | None = None,
) -> NewSession:
    """Start a session of a person who has proven to be that person, to this organisation alone or to all of theirs."""
    ends_at = clock.now() + timedelta(days=settings.session_days)
    session = NewSession(new_id(), secrets.token_urlsafe(32), ends_at)
    idle = timedelta(days=settings.session_idle_days)
    await database.hot.execute(
        "select session_create($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        *(session.id, user_id, digest_of(session.token), session.expires_at, idle),
        *(sorted(set(methods)), bound_to, user_agent[:300], client_address.get(), device_of(user_agent)),
    )
    return session


async def end_session(database: Database, session_id: UUID) -> None:
    await database.hot.execute("select session_end($1)", session_id)


async def principal_by_token(
    database: Database, token: str, *, tenant_id: UUID | None, uses: SessionUses | None
) -> Principal | None:
    """Who holds this token, acting in this organisation (None: their first). One round trip, noted in `uses`."""
    if is_support_token(token):
        return await visitor_by_token(database, token, tenant_id=tenant_id)
    row: Record | None = await database.hot.fetchrow(
        "select * from session_by_token($1, $2)", digest_of(token), tenant_id
    )
    if row is None:
        return None
    if uses is not None and row["use_is_old"]:
        uses.note(row["session_id"])
    return Principal(
        tenant_id=TenantId(row["tenant_id"]),
        user_id=UserId(row["user_id"]),
        session_id=row["session_id"],
        role=row["role"],
        email=row["email"],
        name=row["name"],
        organization_name=row["organization_name"],
        methods=frozenset(row["methods"]),
        authenticated_at=row["authenticated_at"],
        bound=row["bound"],
        demands=frozenset(name for name in ("second_factor", "passkey", "sso") if row[f"require_{name}"]),
        organization_state=row["organization_state"],
    )


async def session_stands(database: Database, token: str, *, tenant_id: UUID) -> bool:
    """Whether this is the token of a session that this organisation would accept, had it the person as a member."""
    return bool(await database.hot.fetchval("select session_stands($1, $2)", digest_of(token), tenant_id))


async def organizations_of(database: Database, user_id: UUID) -> list[OrganizationChoice]:
    rows = await database.hot.fetch("select * from organizations_of($1)", user_id)
    return [
        OrganizationChoice(id=row["id"], name=row["name"], role=row["role"], state=as_state(row["state"]))
        for row in rows
    ]


def digest_of(token: str) -> bytes:
    """What is stored of a session's token."""
    return hashlib.sha256(token.encode()).digest()
