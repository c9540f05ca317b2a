"""The log of events is kept by month, and for as long as the organisation says; its messages stay."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest

from chatter.kit.db.database import Database
from chatter.kit.identifiers import TenantId, UserId, new_id
from chatter.kit.principal import Principal
from chatter.runs.frames import split
from chatter.runs.ports import ActiveRun
from chatter.runs.repository import Grant
from chatter.runs.retention import keep_log, trim
from chatter.runs.service import RunService
from tests.people import sign_up
from tests.runs.conftest import Process
from tests.runs.work import nothing

PARTS = "select count(*) from run_part where tenant_id = $1 and run_id = $2"
PARTITIONS = "select inhrelid::regclass::text from pg_inherits where inhparent = 'run_part'::regclass"
REST = "select tenant_id, run_id from run_part_rest order by run_id"
LATER = timedelta(days=90, seconds=5)


async def ended(here: Process, *, tenant_id: UUID, owner_id: UUID) -> Grant:
    grant, work = await here.begin(nothing, tenant_id=tenant_id, owner_id=owner_id)
    await work.ended.wait()
    return grant


def id_of(moment: datetime) -> UUID:
    """The id of a run that was begun then."""
    return UUID(int=int(moment.timestamp() * 1000) << 80 | new_id().int & (1 << 80) - 1)


async def insert_run(admin: asyncpg.Connection, tenant_id: UUID, *, moment: datetime, state: str = "finished") -> UUID:
    run_id = id_of(moment)
    finished_at = moment if state == "finished" else None
    await admin.execute(
        "insert into run (tenant_id, id, kind, subject_id, owner_id, state, finished_at, last_seq) "
        "values ($1, $2, 'test', $2, $2, $3, $4, 1)",
        *(tenant_id, run_id, state, finished_at),
    )
    await admin.execute("insert into run_part values ($1, $2, 1, 1, '')", tenant_id, run_id)
    return run_id


async def test_the_events_of_a_run_are_in_the_partition_of_its_month(
    here: Process, admin: asyncpg.Connection, tenant_id: UUID, owner_id: UUID
) -> None:
    grant = await ended(here, tenant_id=tenant_id, owner_id=owner_id)
    tables = await admin.fetch(
        "select distinct tableoid::regclass::text as name from run_part where run_id = $1", grant.run_id
    )
    assert [row["name"] for row in tables] == [f"run_part_{datetime.now(UTC):%Y_%m}"]


async def test_months_are_made_ahead_once(here: Process, admin: asyncpg.Connection) -> None:
    await keep_log(here.services)
    before = {row[0] for row in await admin.fetch(PARTITIONS)}
    now = datetime.now(UTC)
    for month in range(4):
        year, number = divmod(now.year * 12 + now.month - 1 + month, 12)
        assert f"run_part_{year}_{number + 1:02}" in before
    await keep_log(here.services)
    assert {row[0] for row in await admin.fetch(PARTITIONS)} == before


async def test_events_of_a_month_that_nobody_made_are_kept_all_the_same(
    here: Process, admin: asyncpg.Connection, tenant_id: UUID
) -> None:
    moment = datetime(2031, 5, 7, tzinfo=UTC)
    run_id = await insert_run(admin, tenant_id, moment=moment)
    assert (
        await admin.fetchval("select tableoid::regclass::text from run_part where run_id = $1", run_id)
        == "run_part_rest"
    )
    async with here.services.database.platform() as platform:
        made = await platform.fetchval("select run_part_ahead($1, 1)", moment)
        assert made == 1, f"June, unless it is there: {await admin.fetch(PARTITIONS)}, {await admin.fetch(REST)}"
        await admin.execute("delete from run where id = $1", run_id)
        assert await platform.fetchval("select run_part_ahead($1, 1)", moment) == 1, "May, now that it is free"
    await admin.execute("drop table run_part_2031_05, run_part_2031_06")


async def test_a_month_goes_once_nobody_has_anything_in_it(
    here: Process, admin: asyncpg.Connection, tenant_id: UUID
) -> None:
    moment = datetime(2021, 3, 4, tzinfo=UTC)
    async with here.services.database.platform() as platform:
        assert await platform.fetchval("select run_part_ahead($1, 0)", moment) == 1
        run_id = await insert_run(admin, tenant_id, moment=moment)
        assert await platform.fetchval("select run_part_drop_empty($1)", datetime.now(UTC)) == 0
        assert await admin.fetchval(PARTS, tenant_id, run_id) == 1
        await admin.execute("delete from run where id = $1", run_id)
        assert await platform.fetchval("select run_part_drop_empty($1)", datetime.now(UTC)) == 1
    assert "run_part_2021_03" not in {row[0] for row in await admin.fetch(PARTITIONS)}


async def test_what_ended_longer_ago_than_is_kept_goes_and_nothing_else(
    here: Process, admin: asyncpg.Connection, tenant_id: UUID
) -> None:
    now = datetime.now(UTC)
    old, recent = now - timedelta(days=91), now - timedelta(days=89)
    gone = await insert_run(admin, tenant_id, moment=old)
    kept = [
        await insert_run(admin, tenant_id, moment=recent),
        await insert_run(admin, tenant_id, moment=old, state="running"),
        await insert_run(admin, tenant_id, moment=old, state="queued"),
    ]
    other = new_id()
    await admin.execute("insert into organization (tenant_id, name) values ($1, 'Globex')", other)
    theirs = await insert_run(admin, other, moment=old)
    long_answer = await insert_run(admin, tenant_id, moment=old)
    await admin.execute("update run set finished_at = $2 where id = $1", long_answer, recent)
    assert await trim(here.services.database, tenant_id, now=now) == 1
    assert await admin.fetchval(PARTS, tenant_id, gone) == 0
    assert [await admin.fetchval(PARTS, tenant_id, run_id) for run_id in (*kept, long_answer)] == [1, 1, 1, 1]
    assert await admin.fetchval(PARTS, other, theirs) == 1
    assert await admin.fetchval("select count(*) from run where id = $1", gone) == 1
    events = await admin.fetch(
        "select payload from outbox where tenant_id = $1 and name = 'runs.runs.trimmed'", tenant_id
    )
    assert [str(gone) in row["payload"] for row in events] == [True]
    await admin.execute("delete from run where tenant_id = any ($1)", [tenant_id, other])


async def test_an_organisation_keeps_them_for_as_long_as_it_says(
    here: Process, admin: asyncpg.Connection, tenant_id: UUID, owner_id: UUID
) -> None:
    grant = await ended(here, tenant_id=tenant_id, owner_id=owner_id)
    await admin.execute("insert into run_retention (tenant_id, days) values ($1, 365)", tenant_id)
    now = datetime.now(UTC)
    assert await trim(here.services.database, tenant_id, now=now + LATER) == 0
    assert await trim(here.services.database, tenant_id, now=now + timedelta(days=365, seconds=5)) == 1
    assert await admin.fetchval(PARTS, tenant_id, grant.run_id) == 0


@pytest.mark.parametrize("after", [0, 2])
async def test_who_reads_a_trimmed_run_is_told_what_came_of_it(
    here: Process, elsewhere: Process, tenant_id: UUID, owner_id: UUID, after: int
) -> None:
    async def some(run: ActiveRun) -> None:
        for word in ("one ", "two ", "three"):
            run.log.text(word)
            run.log.flush_text()

    grant, work = await here.begin(some, tenant_id=tenant_id, owner_id=owner_id)
    await work.ended.wait()
    assert await trim(here.services.database, tenant_id, now=datetime.now(UTC) + LATER) == 1
    reader = Principal(
        tenant_id=TenantId(tenant_id),
        user_id=UserId(owner_id),
        session_id=None,
        role="owner",
        email="",
        name="",
        organization_name="",
    )
    runs = RunService(elsewhere.engine)
    frames = await runs.events(reader, run_id=grant.run_id, after=after)
    assert frames is not None
    told, end = split(b"".join([piece async for piece in frames]))
    last = work_last(here, grant)
    assert told.startswith(b"id: %d\nevent: MESSAGES_SNAPSHOT\n" % (last - 1))
    assert b"What it said." in told
    assert end.startswith(b"id: %d\nevent: RUN_FINISHED\n" % last)
    assert await runs.events(reader, run_id=grant.run_id, after=last) is None


def work_last(here: Process, grant: Grant) -> int:
    run = here.engine.find(grant.run_id)
    assert run is not None
    return run.log.last_seq


async def test_administrators_say_how_long_and_it_is_noted(client: httpx.AsyncClient, database: Database) -> None:
    owner = await sign_up(client)
    assert (await owner.get("/runs/retention")).json() == {"days": 90}
    for days in (6, 3651, "many"):
        refused = await owner.put("/runs/retention", json={"days": days})
        assert refused.status_code == 422, days
    for days in (7, 3650, 30):
        answer = await owner.put("/runs/retention", json={"days": days})
        assert (answer.status_code, answer.json()) == (200, {"days": days})
    assert (await owner.get("/runs/retention")).json() == {"days": 30}
    async with database.connection(owner.organization_id) as connection:
        rows = await connection.fetch("select before, after from audit_event where action = 'runs:retention:updated'")
        [*_, event] = await connection.fetch(
            "select payload from outbox where name = 'runs.retention.updated' order by id"
        )
    assert (rows[0]["before"], rows[0]["after"]) == ('{"days":90}', '{"days":7}')
    assert event["payload"] == '{"days":30}'


async def test_the_application_can_neither_make_nor_drop_a_month(database: Database, tenant_id: UUID) -> None:
    for call in ("run_part_ahead(now(), 1)", "run_part_drop_empty(now())"):
        async with database.connection(tenant_id) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetchval(f"select {call}")
            await connection.execute("rollback; begin")
