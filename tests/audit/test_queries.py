"""Reading the audit log: who may, what is found, and page by page."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chatter.audit.repository import AuditRepository
from chatter.audit.tail import tail
from chatter.kit.db.database import Database
from tests.audit.log import note_many, seal_all
from tests.people import Person, sign_up


async def found(person: Person, **query: str) -> list[dict[str, Any]]:
    answer = await person.get("/audit/events", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def actions(items: list[dict[str, Any]]) -> list[str]:
    return [item["action"] for item in items]


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("auditor", 200), ("editor", 403), ("member", 403), ("viewer", 403), ("billing", 403)],
)
async def test_only_owners_administrators_and_auditors_read_it(owner: Person, *, role: str, status: int) -> None:
    person = await owner.colleague(role)
    for path in ("/audit/events", "/audit/head", "/audit/export"):
        assert (await person.get(path)).status_code == status, path


async def test_rows_come_newest_first_with_what_they_changed(owner: Person) -> None:
    await owner.patch("/organization", json={"name": "Initech"})
    newest = (await found(owner))[0]
    assert newest["action"] == "tenancy:organization:updated"
    assert newest["changes"] == [{"field": "name", "before": '"Acme"', "after": '"Initech"'}]
    assert newest["actor_label"] == owner.email
    assert (await owner.get(f"/audit/events/{newest['id']}")).json() == newest


async def test_filters_narrow_by_actor_action_target_request_and_time(owner: Person) -> None:
    colleague = await owner.colleague("admin")
    await colleague.patch("/organization", json={"name": "Initech"}, headers={"X-Request-ID": "request-of-bo"})
    [row] = await found(owner, request_id="request-of-bo")
    assert row["actor_id"] == str(colleague.user_id)
    invited = {"tenancy:invitation:created", "tenancy:invitation:accepted"}
    assert set(actions(await found(owner, action="tenancy:invitation:"))) == invited
    assert {item["actor_id"] for item in await found(owner, actor=str(colleague.user_id))} == {str(colleague.user_id)}
    assert set(actions(await found(owner, target=row["target"]))) >= {"tenancy:organization:updated"}
    assert await found(owner, target=row["id"]) == []
    assert row["id"] not in [item["id"] for item in await found(owner, until=row["at"])]
    assert row["id"] in [item["id"] for item in await found(owner, since=row["at"])]


async def test_words_are_found_anywhere_in_a_row(owner: Person) -> None:
    await owner.patch("/organization", json={"name": "Zephyr Instruments"})
    for words in ("zephyr", "instruments organization", owner.email, '"Zephyr Instruments"'):
        assert "tenancy:organization:updated" in actions(await found(owner, query=words)), words
    assert await found(owner, query="zephyr -instruments") == []


async def test_pages_hold_each_row_once_also_where_rows_have_the_same_time(
    owner: Person, database: Database, admin: asyncpg.Connection
) -> None:
    await admin.execute(
        "insert into audit_event (tenant_id, id, actor_kind, actor_role, request_id, action) "
        "select $1, uuidv7(), 'system', '', '', 'test:bell:rung' from generate_series(1, 23)",
        owner.organization_id,
    )
    seen, cursor = [], ""
    while True:
        page = (await owner.get("/audit/events", params={"limit": 5, "cursor": cursor})).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    total = await admin.fetchval("select count(*) from audit_event where tenant_id = $1", owner.organization_id)
    assert len(seen) == len(set(seen)) == total


async def test_nobody_finds_a_word_or_a_row_of_another_organisation(owner: Person, client: httpx.AsyncClient) -> None:
    other = await sign_up(client, organization="Zanzibar")
    await other.patch("/organization", json={"name": "Zanzibar Traders"})
    theirs = (await found(other))[0]
    assert await found(owner, query="zanzibar") == []
    assert (await owner.get(f"/audit/events/{theirs['id']}")).status_code == 404


async def test_the_head_tells_what_is_sealed_and_what_waits(owner: Person, database: Database) -> None:
    before = (await owner.get("/audit/head")).json()
    assert (before["position"], before["chain"]) == (0, None)
    waiting = before["unsealed"]
    assert waiting > 0
    await seal_all(database, owner.organization_id)
    after = (await owner.get("/audit/head")).json()
    assert (after["position"], after["unsealed"], len(after["chain"])) == (waiting, 0, 64)
    assert {item["position"] for item in await found(owner)} == set(range(1, waiting + 1))


class TestTail:
    async def test_it_tells_each_sealed_row_once_and_in_order_from_the_place_that_is_named(
        self, database: Database
    ) -> None:
        tenant_id = uuid4()
        log = AuditRepository(database, tenant_id)
        await note_many(database, tenant_id, count=3)
        await seal_all(database, tenant_id)
        frames = [frame async for frame in tail(log, after=1, seconds=0)]
        assert [frame.split(b"\n")[0] for frame in frames[1:]] == [b"id: 2", b"id: 3"]

    async def test_rows_that_are_sealed_meanwhile_follow_without_a_gap(self, database: Database) -> None:
        tenant_id = uuid4()
        following = tail(AuditRepository(database, tenant_id), after=0)
        await anext(following)

        async def write() -> None:
            for _ in range(3):
                await note_many(database, tenant_id, count=2)
                await seal_all(database, tenant_id)

        writing = asyncio.create_task(write())
        ids = [int((await anext(following)).split(b"\n")[0][4:]) for _ in range(6)]
        await writing
        await following.aclose()
        assert ids == [1, 2, 3, 4, 5, 6]

    async def test_erased_rows_are_passed_over(self, database: Database, admin: asyncpg.Connection) -> None:
        tenant_id = uuid4()
        await note_many(database, tenant_id, count=3)
        await seal_all(database, tenant_id)
        await _erase(admin, tenant_id, position=2)
        frames = [frame async for frame in tail(AuditRepository(database, tenant_id), after=0, seconds=0)]
        assert [frame.split(b"\n")[0] for frame in frames[1:]] == [b"id: 1", b"id: 3"]

    async def test_it_holds_nothing_of_another_organisation(self, database: Database) -> None:
        theirs, ours = uuid4(), uuid4()
        await note_many(database, theirs, count=2)
        await seal_all(database, theirs)
        frames = [frame async for frame in tail(AuditRepository(database, ours), after=0, seconds=0)]
        assert frames == [b"id: 0\n\n"], "only the place to come back to"

    @pytest.mark.parametrize("place", ["x", "-1", "1" * 19])
    async def test_a_place_that_is_none_is_refused(self, owner: Person, place: str) -> None:
        refused = await owner.get("/audit/tail", headers={"Last-Event-ID": place})
        assert refused.status_code == 422


async def _erase(admin: asyncpg.Connection, tenant_id: UUID, *, position: int) -> None:
    await admin.execute(
        "delete from audit_event where tenant_id = $1 "
        "and id = (select event_id from audit_seal where tenant_id = $1 and position = $2)",
        tenant_id,
        position,
    )
