"""Levels on single things: a process keeps them, and never uses one that is older than the transaction that asks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from chatter.documents.resources import COLLECTION, DOCUMENT
from chatter.kit.db.database import Database, kept_levels
from chatter.kit.db.kept_levels import KeptLevels, LevelsKept
from chatter.kit.identifiers import new_id
from chatter.kit.resources import Level, ResourceKind
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from chatter.rbac.access import level_of
from tests.people import Person
from tests.rbac.conftest import team_of
from tests.rbac.library import add_document

GRANT = """
insert into resource_grant (tenant_id, id, resource_kind, resource_id, subject_kind, subject_id, level, granted_by)
values ($1, gen_random_uuid(), $2, $3, $4, $5, 'edit', $5)
"""


@dataclass(frozen=True)
class Asker:
    """Another process, which asks for one person's level."""

    database: Database
    tenant_id: UUID
    user_id: UUID

    async def level(self, resource_id: UUID, kind: ResourceKind = DOCUMENT) -> Level | None:
        async with self.database.unit(self.tenant_id) as session:
            return await level_of(session, kind, resource_id, tenant_id=self.tenant_id, user_id=self.user_id)

    async def kept(self, resource_id: UUID, kind: ResourceKind = DOCUMENT) -> int | None:
        async with self.database.unit(self.tenant_id) as session:
            return (await kept_levels(session)).get(kind.name, resource_id, self.user_id)


@pytest_asyncio.fixture
async def asker(owner: Person, settings: Settings) -> AsyncIterator[Asker]:
    reader = await owner.colleague("member")
    async with Services.open(settings) as services:
        yield Asker(services.database, owner.organization_id, reader.user_id)


@pytest_asyncio.fixture
async def collection_id(owner: Person, admin: asyncpg.Connection) -> UUID:
    """Restricted, the owner's."""
    made = await owner.post("/collections", json={"name": "Staff", "visibility": "restricted"})
    return UUID(made.json()["id"])


@pytest_asyncio.fixture
async def document_id(owner: Person, admin: asyncpg.Connection) -> UUID:
    """Restricted, the owner's."""
    tenant = owner.organization_id
    return (await add_document(admin, tenant, owner.user_id, text="x", visibility="restricted")).document_id


async def test_what_was_asked_is_known_until_something_changes(
    asker: Asker, document_id: UUID, owner: Person, admin: asyncpg.Connection
) -> None:
    await admin.execute(GRANT, owner.organization_id, "document", document_id, "user", asker.user_id)
    assert await asker.kept(document_id) is None
    assert await asker.level(document_id) is Level.EDIT
    assert await asker.kept(document_id) == Level.EDIT.rank
    await admin.execute("update document set visibility = 'organization' where id = $1", document_id)
    assert await asker.kept(document_id) is None


async def test_no_access_is_not_kept_so_that_what_is_hidden_costs_what_an_absent_thing_costs(
    asker: Asker, document_id: UUID
) -> None:
    assert await asker.level(document_id) is None
    assert await asker.kept(document_id) is None


async def test_a_grant_that_was_taken_back_opens_nothing_in_another_process_at_once(
    asker: Asker, document_id: UUID, owner: Person, admin: asyncpg.Connection
) -> None:
    for _ in range(20):
        await admin.execute(GRANT, owner.organization_id, "document", document_id, "user", asker.user_id)
        assert await asker.level(document_id) is Level.EDIT
        await admin.execute("delete from resource_grant where resource_id = $1", document_id)
        assert await asker.level(document_id) is None


async def test_who_leaves_a_team_loses_what_it_reaches_at_once(
    asker: Asker, document_id: UUID, owner: Person, database: Database, admin: asyncpg.Connection
) -> None:
    team = await team_of(owner, asker.user_id, database=database)
    await admin.execute(GRANT, owner.organization_id, "document", document_id, "team", team)
    assert await asker.level(document_id) is Level.EDIT
    await admin.execute("delete from team_member where team_id = $1", team)
    assert await asker.level(document_id) is None


@pytest.mark.parametrize(
    "change",
    [
        "update document set visibility = 'restricted' where id = $1",
        "update document set collection_id = null, visibility = 'restricted' where id = $1",
        "update collection set visibility = 'restricted' where $1::uuid is not null",
        "update document set created_by = gen_random_uuid(), visibility = 'restricted' where id = $1",
    ],
)
async def test_whatever_withdraws_a_document_does_so_at_once(
    asker: Asker, document_id: UUID, collection_id: UUID, admin: asyncpg.Connection, change: str
) -> None:
    await admin.execute(
        "update document set visibility = 'organization', collection_id = $2 where id = $1", document_id, collection_id
    )
    await admin.execute("update collection set visibility = 'organization' where id = $1", collection_id)
    assert await asker.level(document_id) is Level.VIEW
    await admin.execute(change, document_id)
    assert await asker.level(document_id) is None


async def test_what_a_collection_hands_down_ends_with_it_at_once(
    asker: Asker, document_id: UUID, collection_id: UUID, owner: Person, admin: asyncpg.Connection
) -> None:
    await admin.execute("update document set collection_id = $2 where id = $1", document_id, collection_id)
    await admin.execute(GRANT, owner.organization_id, "collection", collection_id, "user", asker.user_id)
    assert await asker.level(document_id) is Level.EDIT
    assert await asker.level(collection_id, COLLECTION) is Level.EDIT
    await admin.execute("update document set collection_id = null where id = $1", document_id)
    assert await asker.level(document_id) is None
    await admin.execute("update document set collection_id = $2 where id = $1", document_id, collection_id)
    assert await asker.level(document_id) is Level.EDIT
    await admin.execute("delete from resource_grant where resource_id = $1", collection_id)
    assert await asker.level(document_id) is None


async def test_a_grant_that_ends_is_not_used_beyond_its_end(
    asker: Asker, document_id: UUID, owner: Person, admin: asyncpg.Connection
) -> None:
    await admin.execute(GRANT, owner.organization_id, "document", document_id, "user", asker.user_id)
    end = "update resource_grant set expires_at = clock_timestamp() + interval '300 ms' where resource_id = $1"
    await admin.execute(end, document_id)
    while await asker.level(document_id) is not None:
        left = "select expires_at > clock_timestamp() - interval '1 second' from resource_grant where resource_id = $1"
        assert await admin.fetchval(left, document_id), "it is used long after its end"
    assert await admin.fetchval(
        "select expires_at <= clock_timestamp() from resource_grant where resource_id = $1", document_id
    )


async def test_what_is_not_committed_is_not_kept(asker: Asker, document_id: UUID) -> None:
    with pytest.raises(_Undone):
        await _asked_and_undone(asker, document_id)
    assert await asker.level(document_id) is None


def test_a_transaction_that_began_earlier_neither_uses_nor_loses_what_a_later_one_knows() -> None:
    kept, tenant_id, thing, person = LevelsKept(), new_id(), new_id(), new_id()
    later = kept.as_of(tenant_id, 2)
    later.keep("document", thing, person, rank=4, until=float("inf"))
    assert kept.as_of(tenant_id, 1).get("document", thing, person) is None
    assert kept.as_of(tenant_id, 2).get("document", thing, person) == 4


def test_no_more_than_its_bound_is_kept() -> None:
    kept, person, first = KeptLevels(1), new_id(), new_id()
    kept.keep("document", first, person, rank=1, until=float("inf"))
    for _ in range(10_000):
        kept.keep("document", new_id(), person, rank=1, until=float("inf"))
    assert kept.get("document", first, person) is None
    every = LevelsKept()
    oldest, tenant_id = every.as_of(first, 1), first
    for _ in range(256):
        every.as_of(new_id(), 1)
    assert every.as_of(tenant_id, 1) is not oldest


class _Undone(Exception):
    """Rolls a unit back."""


async def _asked_and_undone(asker: Asker, document_id: UUID) -> None:
    async with asker.database.unit(asker.tenant_id) as session:
        connection = await session.connection()
        await connection.exec_driver_sql(GRANT, (asker.tenant_id, "document", document_id, "user", asker.user_id))
        found = await level_of(session, DOCUMENT, document_id, tenant_id=asker.tenant_id, user_id=asker.user_id)
        assert found is Level.EDIT
        raise _Undone
