"""The chain: sealed in order, without anybody waiting for anybody."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL
from uuid import UUID, uuid4

import asyncpg

from chatter.audit.sealing import Sealer, seal
from chatter.kit.db.database import Database
from chatter.kit.settings import Settings
from tests.audit.log import WAITING, note, note_many, seal_all
from tests.people import Person

WRITERS = 50


async def positions(admin: asyncpg.Connection, tenant_id: UUID) -> list[int]:
    rows = await admin.fetch("select position from audit_seal where tenant_id = $1 order by position", tenant_id)
    return [row["position"] for row in rows]


async def test_rows_are_sealed_once_and_in_the_order_of_their_transactions(
    database: Database, admin: asyncpg.Connection
) -> None:
    tenant_id = uuid4()
    await note_many(database, tenant_id, count=3)
    assert await seal_all(database, tenant_id) == 3
    await note_many(database, tenant_id, count=2)
    assert (await seal_all(database, tenant_id), await seal(database, tenant_id)) == (2, 0)
    rows = await admin.fetch(
        "select s.position, s.txid::text::bigint as txid from audit_seal s where tenant_id = $1 order by position",
        tenant_id,
    )
    assert [row["position"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["txid"] for row in rows] == sorted(row["txid"] for row in rows)


async def test_the_sealer_stops_at_an_open_transaction_and_goes_on_after_it(
    database: Database, admin: asyncpg.Connection
) -> None:
    tenant_id = uuid4()
    async with database.unit(tenant_id) as held:
        await note(held, tenant_id)
        await note_many(database, tenant_id, count=4)
        assert await seal(database, tenant_id) == 0, "the open row may yet come before the four"
    assert await seal_all(database, tenant_id) == 5
    first = await admin.fetchval(
        "select e.txid = (select min(txid) from audit_event where tenant_id = $1) from audit_seal s "
        "join audit_event e on e.tenant_id = s.tenant_id and e.id = s.event_id where s.tenant_id = $1 and position = 1",
        tenant_id,
    )
    assert first is True


async def test_fifty_writers_of_one_organisation_do_not_wait_for_each_other_nor_for_the_sealer(
    database: Database, settings: Settings, admin: asyncpg.Connection
) -> None:
    """All fifty hold their rows uncommitted at the same moment, while a sealer is at work; nobody waits for a lock."""
    tenant_id = uuid4()
    await note_many(database, tenant_id, count=1)
    written, commit = asyncio.Barrier(WRITERS + 1), asyncio.Event()
    connections = [await asyncpg.connect(settings.database_url) for _ in range(WRITERS)]

    async def write(connection: asyncpg.Connection) -> None:
        async with connection.transaction():
            await connection.execute("set local role chatter_app")
            await connection.execute("select set_config('app.tenant_id', $1, true)", str(tenant_id))
            await connection.execute(
                "insert into audit_event (tenant_id, id, actor_kind, actor_role, request_id, action) "
                "values ($1, uuidv7(), 'system', '', '', 'test:bell:rung')",
                tenant_id,
            )
            await written.wait()
            await commit.wait()

    try:
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            for connection in connections:
                tasks.create_task(write(connection))
            await written.wait()
            assert await seal(database, tenant_id) is not None
            assert await admin.fetchval("select count(*) from pg_locks where not granted") == 0
            commit.set()
    finally:
        for connection in connections:
            await connection.close()
    await seal_all(database, tenant_id)
    assert await positions(admin, tenant_id) == list(range(1, WRITERS + 2))


async def test_two_sealers_at_once_seal_each_row_once(database: Database, admin: asyncpg.Connection) -> None:
    tenant_id = uuid4()
    await note_many(database, tenant_id, count=20)
    await asyncio.gather(*(Sealer(database).run() for _ in range(4)))
    await seal_all(database, tenant_id)
    assert await positions(admin, tenant_id) == list(range(1, 21))


async def test_a_sealer_that_finds_another_at_work_does_not_wait(database: Database, admin: asyncpg.Connection) -> None:
    tenant_id = uuid4()
    await note_many(database, tenant_id, count=1)
    async with admin.transaction():
        await admin.execute(
            "select pg_advisory_xact_lock(hashtextextended('audit_seal:' || $1::text, 0))", str(tenant_id)
        )
        assert await seal(database, tenant_id) is None
    assert await seal_all(database, tenant_id) == 1


async def test_a_sealer_finds_the_organisations_that_wait_by_itself(
    database: Database, admin: asyncpg.Connection
) -> None:
    sealer, first, second = Sealer(database), uuid4(), uuid4()
    await note_many(database, first, count=2)
    await _run_until_sealed(sealer, admin, first)
    await note_many(database, second, count=1)
    await note_many(database, first, count=1)
    await _run_until_sealed(sealer, admin, first, second)
    assert (await positions(admin, first), await positions(admin, second)) == ([1, 2, 3], [1])


async def test_rows_of_another_cluster_that_were_restored_are_sealed_and_later_ones_after_them(
    database: Database, admin: asyncpg.Connection
) -> None:
    tenant_id = uuid4()
    await admin.execute(
        "insert into audit_event (tenant_id, id, actor_kind, actor_role, request_id, action, txid) "
        "values ($1, uuidv7(), 'system', '', '', 'test:bell:rung', '900000000000')",
        tenant_id,
    )
    assert await seal(database, tenant_id) == 1
    await note_many(database, tenant_id, count=2)
    assert await seal_all(database, tenant_id) == 2


async def test_rows_that_were_restored_are_sealed_once_when_the_cluster_comes_to_their_number(
    database: Database, admin: asyncpg.Connection
) -> None:
    tenant_id = uuid4()
    await admin.execute(
        "insert into audit_event (tenant_id, id, actor_kind, actor_role, request_id, action, txid) values "
        "($1, uuidv7(), 'system', '', '', 'test:bell:rung', (pg_current_xact_id()::text::bigint + 20)::text::xid8)",
        tenant_id,
    )
    assert await seal(database, tenant_id) == 1
    for count in range(30):
        await note_many(database, tenant_id, count=1)
        assert await seal_all(database, tenant_id) == 1, count


async def test_a_forged_chain_holds_up_no_other(database: Database, admin: asyncpg.Connection) -> None:
    forged, other = uuid4(), uuid4()
    await note_many(database, forged, count=2)
    await seal_all(database, forged)
    await admin.execute("update audit_seal_head set position = 1 where tenant_id = $1", forged)
    for tenant_id in (forged, other):
        await note_many(database, tenant_id, count=1)
    await _run_until_sealed(Sealer(database), admin, other)


async def test_a_worker_seals_what_comes_by_itself(
    settings: Settings, owner: Person, admin: asyncpg.Connection
) -> None:
    environment = {
        "DATABASE_URL": settings.database_url or "",
        "REDIS_URL": settings.redis_url or "",
        "CHATTER_SECRET_KEY": settings.secret_key,
        "CHATTER_DATA_DIR": str(settings.data_dir),
    }
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chatter.worker"), env=os.environ | environment, stdout=DEVNULL
    )
    try:
        async with asyncio.timeout(60):
            await _sealed(admin, owner.organization_id)
            for number in range(5):
                await owner.patch("/organization", json={"name": f"Initech {number}"})
                await _sealed(admin, owner.organization_id)
    finally:
        worker.terminate()
        await worker.wait()
    waited = await admin.fetchval(
        "select max(s.sealed_at - e.at) from audit_seal s join audit_event e "
        "on e.tenant_id = s.tenant_id and e.id = s.event_id where s.tenant_id = $1 and e.action = $2",
        *(owner.organization_id, "tenancy:organization:updated"),
    )
    print(f"the slowest seal took {waited.total_seconds():.2f} s; `python -m tests.bench --only audit` measures")


async def _run_until_sealed(sealer: Sealer, admin: asyncpg.Connection, *tenants: UUID) -> None:
    """Once is not always enough: see `seal_all`."""
    async with asyncio.timeout(60):
        await sealer.run()
        while any([await admin.fetchval(WAITING, tenant_id) for tenant_id in tenants]):
            await admin.execute("select pg_sleep(0.01)")
            await sealer.run()


async def _sealed(admin: asyncpg.Connection, tenant_id: UUID) -> None:
    """Look until every row of the organisation has its seal."""
    while await admin.fetchval(WAITING, tenant_id):
        await admin.execute("select pg_sleep(0.02)")
