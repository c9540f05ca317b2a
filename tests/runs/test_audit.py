"""Whatever a run writes into the audit log carries the run's id."""

import asyncio
from pathlib import Path
from uuid import UUID

import asyncpg

from chatter.runs.ports import ActiveRun
from tests.audit.log import note_many
from tests.runs.conftest import Process
from tests.runs.work import open_run

BACKEND = Path(__file__).parents[2] / "backend/chatter"
# Functions of the database that write a row and work in no run, each with its reason.
OUTSIDE_OF_RUNS = {"audit_erase": "an operator's command"}
_WRITERS = """
select p.proname, p.prosrc from pg_proc p
where p.pronamespace = 'public'::regnamespace and p.prosrc ~* 'insert into audit_event'
"""


async def test_a_row_that_a_run_leaves_names_it_also_from_a_task_of_its_own(
    here: Process, admin: asyncpg.Connection, tenant_id: UUID, owner_id: UUID
) -> None:
    database = here.services.database

    async def work(_: ActiveRun) -> None:
        await note_many(database, tenant_id, count=1)
        await asyncio.create_task(note_many(database, tenant_id, count=1))

    grant, done = await here.begin(work, tenant_id=tenant_id, owner_id=owner_id)
    await done.ended.wait()
    await note_many(database, tenant_id, count=1)
    rows = await admin.fetch("select run_id from audit_event where tenant_id = $1 order by txid", tenant_id)
    assert [row["run_id"] for row in rows] == [grant.run_id, grant.run_id, None], "what comes after it names none"


async def test_the_end_of_a_run_that_another_process_left_names_that_run(
    here: Process, elsewhere: Process, admin: asyncpg.Connection, tenant_id: UUID, owner_id: UUID
) -> None:
    grant = await open_run(here.engine, here.services.database, tenant_id=tenant_id, owner_id=owner_id)
    await admin.execute("update run set lease_expires_at = now() - interval '1 s' where id = $1", grant.run_id)
    lapsed = await elsewhere.engine.repository.seize(tenant_id, run_id=grant.run_id, lease_owner=elsewhere.engine.name)
    assert lapsed is not None
    await elsewhere.engine.take_over(lapsed)
    revived = elsewhere.kind.revived[grant.run_id]
    await revived.ended.wait()
    assert revived.closed_as == grant.run_id


async def test_every_function_of_the_database_that_writes_a_row_names_the_run(admin: asyncpg.Connection) -> None:
    writers = {row["proname"]: row["prosrc"] for row in await admin.fetch(_WRITERS)}
    assert "chat_open_turn" in writers
    assert {name for name, source in writers.items() if "run_id" not in source} == set(OUTSIDE_OF_RUNS)


def test_the_program_makes_rows_in_one_place() -> None:
    sources = {path.relative_to(BACKEND): path.read_text() for path in BACKEND.rglob("*.py")}
    makers = {str(path) for path, text in sources.items() if "\n        AuditEvent(\n" in text}
    makers |= {str(path) for path, text in sources.items() if "insert into audit_event" in text}
    assert makers == {"audit/facade.py"}
