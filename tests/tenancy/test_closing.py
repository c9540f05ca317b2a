"""Closing an organisation: suspended by the operator, deleted by an owner after a grace period, and the way back."""

from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx

from chatter.audit.facade import ANCHORS
from chatter.kit.db.database import Database
from chatter.kit.db.urls import DatabaseUrls
from chatter.kit.job_runner import JobRunner
from chatter.kit.mail_folder import MailFolder
from chatter.tenancy.facade import Closing, operator_in
from chatter.tenancy.purging import purge_what_is_due
from tests.cli.running import Running
from tests.people import Person, sign_up
from tests.security.catalogue import GLOBAL_TABLES
from tests.security.world import populate
from tests.servers import SECRET_KEY
from tests.tenancy.conftest import MovableClock, work_off

SURVIVORS = {"audit_event", "audit_seal", "audit_seal_head", "audit_anchor", "job", "job_turn", "outbox"}
"""What is kept of an organisation that is gone: the log and its chain, the job that purged it, and events on their
way."""


async def suspend(database: Database, tenant_id: UUID, *, suspended: bool = True) -> None:
    async with database.unit(tenant_id) as session:
        closing = Closing(session)
        await (closing.suspend if suspended else closing.resume)(operator_in(tenant_id))


async def delete(person: Person, *, name: str = "Acme") -> httpx.Response:
    return await person.post("/organization/deletion", json={"name": name})


class TestSuspension:
    async def test_members_are_told_clearly_and_let_in_again_when_it_is_resumed(
        self, owner: Person, database: Database
    ) -> None:
        await suspend(database, owner.organization_id)
        for refused in (await owner.get("/documents"), await owner.patch("/organization", json={"name": "X"})):
            assert (refused.status_code, refused.json()["code"]) == (403, "organization_suspended")
            assert refused.headers["content-type"] == "application/problem+json"
        assert (await owner.get("/me")).json()["organization"]["state"] == "suspended"
        await suspend(database, owner.organization_id, suspended=False)
        assert (await owner.get("/documents")).status_code == 200

    async def test_other_organisations_of_its_members_stay_open_and_come_first(
        self, owner: Person, database: Database
    ) -> None:
        second = (await owner.post("/organizations", json={"name": "Second"})).json()["id"]
        await suspend(database, owner.organization_id)
        assert (await owner.get("/documents", headers={"Chatter-Organization": second})).status_code == 200
        assert (await owner.get("/me")).json()["organization"]["name"] == "Second"

    async def test_an_owner_can_not_undo_it(self, owner: Person, database: Database) -> None:
        await suspend(database, owner.organization_id)
        assert (await owner.post("/organization/restore")).json()["code"] == "organization_suspended"

    async def test_nobody_joins_a_suspended_organisation(self, owner: Person, database: Database) -> None:
        await owner.post("/invitations", json={"email": f"{uuid4().hex}@example.test"})
        await suspend(database, owner.organization_id)
        link = {"organization_id": str(owner.organization_id), "token": "x" * 43}
        assert (await owner.client.post("/api/v1/invitations/look-up", json=link)).status_code == 404

    async def test_the_operator_is_named_in_the_audit_log(
        self, owner: Person, database: Database, admin: asyncpg.Connection
    ) -> None:
        await suspend(database, owner.organization_id)
        await suspend(database, owner.organization_id)
        rows = await admin.fetch(
            "select actor_role from audit_event where tenant_id = $1 and action = 'tenancy:organization:suspended'",
            owner.organization_id,
        )
        assert [row["actor_role"] for row in rows] == ["operator"]

    def test_the_command_line_lists_suspends_and_resumes(
        self, database_urls: DatabaseUrls, tmp_path: Path, owner: Person
    ) -> None:
        shell = Running(tmp_path, DATABASE_URL=database_urls.admin, CHATTER_SECRET_KEY=SECRET_KEY)
        own = str(owner.organization_id)
        assert shell.run("organizations", "suspend", own).returncode == 0
        assert f"{own}  suspended  Acme" in shell.run("organizations", "list").stdout
        assert shell.run("organizations", "resume", own).returncode == 0
        unknown = shell.run("organizations", "suspend", str(uuid4()))
        assert (unknown.returncode, "no organisation of this id" in unknown.stderr) == (1, True)


class TestDeletion:
    async def test_everything_is_refused_until_an_owner_restores_it(self, owner: Person) -> None:
        admin = await owner.colleague("admin")
        deleted = await delete(owner)
        assert (deleted.status_code, deleted.json()["state"]) == (200, "deleting")
        for person in (owner, admin):
            refused = await person.get("/documents")
            assert (refused.status_code, refused.json()["code"]) == (403, "organization_deleting")
        assert (await admin.post("/organization/restore")).status_code == 403
        assert (await owner.post("/organization/restore")).json()["purge_after"] is None
        assert (await admin.get("/documents")).status_code == 200

    async def test_it_takes_an_owner_and_the_name(self, owner: Person) -> None:
        admin = await owner.colleague("admin")
        refused = [await delete(admin), await delete(owner, name="acme")]
        assert [one.json()["code"] for one in refused] == ["permission_missing", "name_differs"]
        assert (await owner.get("/documents")).status_code == 200

    async def test_the_grace_period_is_thirty_days(self, owner: Person, worker: JobRunner, clock: MovableClock) -> None:
        await delete(owner)
        clock.advance(days=29, hours=23)
        await purge_what_is_due(worker.services)
        await work_off(worker)
        assert (await owner.post("/organization/restore")).status_code == 200

    async def test_after_it_every_row_file_and_mail_is_gone_and_others_keep_theirs(
        self, client: httpx.AsyncClient, worker: JobRunner, clock: MovableClock, admin: asyncpg.Connection
    ) -> None:
        doomed, other = await sign_up(client), await sign_up(client)
        for person in (doomed, other):
            await populate(admin, person, skip=GLOBAL_TABLES)
            for key in ("documents/x/original", f"{ANCHORS}/2026-01-01.json"):
                await worker.services.store.put(person.organization_id, key, b"text")
            await person.post("/invitations", json={"email": f"{uuid4().hex}@example.test"})
        await work_off(worker)
        before = await counts(admin, other)
        await delete(doomed)
        clock.advance(days=30, minutes=1)
        await purge_what_is_due(worker.services)
        await work_off(worker)
        left = {table for table, count in (await counts(admin, doomed)).items() if count}
        assert left == SURVIVORS
        assert await counts(admin, other) == before
        store = worker.services.store
        assert await store.keys(doomed.organization_id, ANCHORS) == [f"{ANCHORS}/2026-01-01.json"]
        files = [await store.delete_all(person.organization_id, besides=ANCHORS) for person in (doomed, other)]
        assert files == [0, 1]
        mailer = worker.services.mailer
        assert isinstance(mailer, MailFolder)
        assert not await mailer.newest(doomed.organization_id, limit=1)
        assert await mailer.newest(other.organization_id, limit=1)

    async def test_once_it_is_over_nothing_can_be_restored(self, owner: Person, admin: asyncpg.Connection) -> None:
        await delete(owner)
        await admin.execute("update organization set purge_after = now() where tenant_id = $1", owner.organization_id)
        assert (await owner.post("/organization/restore")).json()["code"] == "not_deleting"

    async def test_a_suspension_by_the_operator_holds_the_deletion_up(
        self, owner: Person, worker: JobRunner, clock: MovableClock, database: Database
    ) -> None:
        await delete(owner)
        await suspend(database, owner.organization_id)
        clock.advance(days=31)
        await purge_what_is_due(worker.services)
        await work_off(worker)
        assert (await owner.get("/me")).json()["organization"]["state"] == "suspended"
        await suspend(database, owner.organization_id, suspended=False)
        assert (await owner.get("/me")).json()["organization"]["state"] == "deleting"

    async def test_each_organisation_has_one_job_whoever_else_is_purged(
        self, client: httpx.AsyncClient, worker: JobRunner, clock: MovableClock, admin: asyncpg.Connection
    ) -> None:
        first, second = await sign_up(client), await sign_up(client)
        await delete(first)
        clock.advance(days=31)
        await purge_what_is_due(worker.services)
        await delete(second)
        clock.advance(days=31)
        await purge_what_is_due(worker.services)
        assert await _purges(admin, first) == await _purges(admin, second) == 1

    async def test_a_job_that_comes_after_a_restoration_purges_nothing(
        self, owner: Person, worker: JobRunner, clock: MovableClock
    ) -> None:
        await delete(owner)
        clock.advance(days=31)
        await purge_what_is_due(worker.services)
        await owner.post("/organization/restore")
        await work_off(worker)
        assert (await owner.get("/documents")).status_code == 200


async def _purges(admin: asyncpg.Connection, person: Person) -> object:
    jobs = "select count(*) from job where tenant_id = $1 and kind = 'tenancy.purge'"
    return await admin.fetchval(jobs, person.organization_id)


async def counts(admin: asyncpg.Connection, person: Person) -> dict[str, int]:
    """How many rows of the organisation each tenant table holds."""
    tables = await admin.fetch(
        "select distinct table_name from information_schema.columns c join pg_class p on p.relname = c.table_name "
        "where c.table_schema = 'public' and c.column_name = 'tenant_id' and not p.relispartition "
        "and p.relkind in ('r', 'p')"
    )
    return {
        row["table_name"]: await admin.fetchval(
            f"select count(*) from {row['table_name']} where tenant_id = $1", person.organization_id
        )
        for row in tables
    }
