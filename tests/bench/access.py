"""Decisions in an organisation with ten thousand grants: kept, asked anew, and on single things."""

import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from chatter.documents.permissions import DocumentPermission
from chatter.documents.resources import DOCUMENT
from chatter.kit.db.database import Database
from chatter.kit.db.urls import DatabaseUrls
from chatter.kit.identifiers import TenantId, UserId, new_id
from chatter.kit.principal import Principal
from chatter.rbac.access import access_to
from chatter.rbac.authorizer import Authorizer
from chatter.rbac.catalogue import Catalogue
from chatter.rbac.enforcer import OrganizationEnforcer
from chatter.registry import DOMAINS
from tests.bench.organization import Organization

__all__ = ["GRANTS", "Decisions", "decide"]

GRANTS = 10_000
_KEPT_ROUNDS = 20_000
_ROUNDS = 400
_TEAMS = 5
_FILL = """
with people as (
    insert into app_user (id, email, name, password_hash)
    select gen_random_uuid(), $1::text || n || '@bench.test', 'P', 'x' from generate_series(1, $3::int) n returning id),
members as (
    insert into membership (tenant_id, user_id, role) select $1::text::uuid, id, 'member' from people returning user_id)
insert into resource_grant (tenant_id, id, resource_kind, resource_id, subject_kind, subject_id, level, granted_by)
select $1::text::uuid, gen_random_uuid(), 'document', $2, 'user', user_id, 'view', user_id from members
"""
_TO_ONE = """
insert into resource_grant (tenant_id, id, resource_kind, resource_id, subject_kind, subject_id, level, granted_by)
select $1, gen_random_uuid(), 'document', gen_random_uuid(), 'user', $2, 'view', $2 from generate_series(1, $3::int)
"""
_ON_ONE = "select rank from document_access($1, $2, $3)"


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """Median seconds of each way to decide."""

    kept: float
    casbin: float
    refreshed: float
    loaded: float
    on_one_thing: float
    kept_on_one_thing: float


async def decide(organization: Organization, *, urls: DatabaseUrls) -> Decisions:
    """Fill the organisation and ask: half of the grants are on one document, half are one person's."""
    async with Database.open(urls, pool_size=2) as database:
        admin = await asyncpg.connect(urls.admin)
        try:
            principal, document = await _fill(admin, organization.tenant_id)
        finally:
            await admin.close()
        return await _decisions(database, principal, document)


async def _fill(admin: asyncpg.Connection, tenant_id: UUID) -> tuple[Principal, UUID]:
    document = new_id()
    owner = await admin.fetchval("select user_id from membership where tenant_id = $1 limit 1", tenant_id)
    await admin.execute(
        "insert into document (tenant_id, id, name, state, stage, created_by, visibility) "
        "values ($1, $2, 'Plans', 'ready', 'ready', $3, 'restricted')",
        *(tenant_id, document, owner),
    )
    await admin.execute(_FILL, str(tenant_id), document, GRANTS // 2)
    person = await admin.fetchval("select user_id from resource_grant where tenant_id = $1 limit 1", tenant_id)
    await admin.execute(_TO_ONE, tenant_id, person, GRANTS // 2)
    for number in range(_TEAMS):
        team = new_id()
        await admin.execute("insert into team (tenant_id, id, name) values ($1, $2, $3)", tenant_id, team, f"T{number}")
        await admin.execute("insert into team_member values ($1, $2, $3)", tenant_id, team, person)
    await admin.execute("analyze resource_grant, team_member, document")
    return _principal(tenant_id, person), document


async def _decisions(database: Database, principal: Principal, document: UUID) -> Decisions:
    authorizer = Authorizer(database, Catalogue.of(DOMAINS))
    enforcer = OrganizationEnforcer(principal.tenant_id, version=1, roles=authorizer.catalogue.built_in, names={})

    async def kept() -> None:
        await authorizer.allowed(principal, DocumentPermission.READ)

    async def casbin() -> None:
        enforcer.decide("member", DocumentPermission.READ.value)

    async def refreshed() -> None:
        authorizer.doubt(principal.tenant_id)
        await authorizer.allowed(principal, DocumentPermission.READ)

    async def loaded() -> None:
        await Authorizer(database, authorizer.catalogue).allowed(principal, DocumentPermission.READ)

    async def on_one_thing() -> None:
        async with database.connection(principal.tenant_id) as connection:
            await connection.fetchval(_ON_ONE, principal.tenant_id, principal.user_id, document)

    async def kept_on_one_thing(rounds: int) -> float:
        """Within one unit of work, as a handler asks it; the first asks Postgres."""
        async with database.unit(principal.tenant_id) as session:

            async def ask() -> None:
                await access_to(session, principal, DOCUMENT, document)

            return await _median(ask, rounds=rounds)

    return Decisions(
        kept=await _median(kept, rounds=_KEPT_ROUNDS),
        casbin=await _median(casbin, rounds=_ROUNDS),
        refreshed=await _median(refreshed, rounds=_ROUNDS),
        loaded=await _median(loaded, rounds=_ROUNDS // 8),
        on_one_thing=await _median(on_one_thing, rounds=_ROUNDS),
        kept_on_one_thing=await kept_on_one_thing(_KEPT_ROUNDS),
    )


async def _median(ask: Callable[[], Awaitable[None]], *, rounds: int) -> float:
    await ask()
    times: list[float] = []
    for _ in range(rounds):
        started = time.perf_counter()
        await ask()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def _principal(tenant_id: UUID, user_id: UUID) -> Principal:
    return Principal(
        tenant_id=TenantId(tenant_id),
        user_id=UserId(user_id),
        session_id=new_id(),
        role="member",
        email="p@bench.test",
        name="P",
        organization_name="Bench",
    )
