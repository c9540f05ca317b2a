"""What does not go through a table: event streams, Redis, jobs, files, checkpoints, vectors, sealed secrets."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from langchain_core.runnables import RunnableConfig

from chatter.audit.delivery import deliver_due
from chatter.documents.jobs import ERASE, INGEST, EraseFile, IngestDocument
from chatter.kit.crypto import SecretUnreadable
from chatter.kit.job_runner import JobRunner
from chatter.kit.jobs import JobCancelled, JobContext
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from chatter.kit.storage import ObjectMissing
from chatter.runs.checkpointer import PostgresSaver, TenantMissing
from chatter.runs.engine import RunEngine
from chatter.runs.follower import Followers
from chatter.runs.frames import Part
from chatter.runs.ports import ActiveRun, Ending
from chatter.runs.repository import Grant, RunRepository
from chatter.runs.wire import Outgoing, RunWire, stream_key
from tests.audit.receiver import Receiver, receiving
from tests.security.operations import NOBODYS
from tests.security.sending import alike, probe
from tests.security.stand import Stand
from tests.security.world import MARKER, World, digest
from tests.servers import SECRET_KEY


@dataclass
class _Waiting:
    """A run that says something and then waits until it is let go."""

    text: str
    said: asyncio.Event
    leave: asyncio.Event

    async def execute(self, run: ActiveRun) -> None:
        if self.text:
            run.log.begin_text(run.grant.run_id)
            run.log.text(self.text)
        self.said.set()
        await self.leave.wait()

    async def close(self, run: ActiveRun, *, ending: Ending) -> bool:
        return True

    async def hand_over(self, run: ActiveRun) -> None:
        """Nobody else goes on with it."""


async def test_a_live_run_of_another_tenant_is_as_absent_as_one_that_never_existed(stand: Stand) -> None:
    person = stand.attacker.person
    operations = [operation for operation in stand.operations if "run_id" in operation.parameters]
    async with _live(stand, stand.victim) as run_id:
        for operation in operations:
            for headers in ({}, {"Last-Event-ID": "0"}, {"Last-Event-ID": "1"}):
                ask = partial(probe, stand, person, operation, headers=headers)
                unknown, theirs = ({**NOBODYS, "run_id": one} for one in (uuid4(), run_id))
                foreign = await alike(partial(ask, unknown), partial(ask, theirs))
                assert foreign.status == 404, operation.name


async def test_a_live_run_of_a_colleague_is_absent_too(stand: Stand) -> None:
    operation = next(operation for operation in stand.operations if operation.name == "StreamRunEvents")
    async with _live(stand, stand.victim) as run_id:
        for role, person in stand.cast.insiders.items():
            if role != "owner":
                ask = partial(probe, stand, person, operation)
                await alike(partial(ask, {"run_id": uuid4()}), partial(ask, {"run_id": run_id}))


async def test_a_live_run_of_a_twin_does_not_stand_before_ones_own(stand: Stand) -> None:
    """Ids of runs are only unique within a tenant."""
    async with _live(stand, stand.twin, text=MARKER):
        own = await stand.attacker.person.get(f"/runs/{stand.attacker.id_of('run')}/events")
    assert (own.status_code, MARKER in own.text, "INTRUDER" in own.text) == (200, False, True)


async def test_a_run_that_waits_is_woken_by_its_owner_alone(stand: Stand) -> None:
    tenant_id, run_id = stand.attacker.person.organization_id, stand.attacker.id_of("run")
    async with stand.services.database.hot.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("select set_config('app.tenant_id', $1, true)", str(tenant_id))
        owner_id = await connection.fetchval(
            "update run set state = 'queued', lease_expires_at = 'infinity' where tenant_id = $1 and id = $2 "
            "returning owner_id",
            *(tenant_id, run_id),
        )
        wake = "select run_wake($1, $2, $3)"
        stand.attacks += 1
        woken = [await connection.fetchval(wake, tenant_id, run_id, who) for who in (uuid4(), owner_id)]
        await transaction.rollback()
    assert woken == [False, True]


async def test_followers_of_twins_hear_each_their_own(stand: Stand) -> None:
    followers = Followers(stand.services.redis, repository=RunRepository(stand.services.database), name="attack")
    run_id = stand.attacker.id_of("run")
    streams = [
        followers.read(world.person.organization_id, run_id=run_id, after=0) for world in (stand.twin, stand.attacker)
    ]
    heard = [await anext(stream) for stream in streams]
    stand.attacks += 1
    assert [MARKER.encode() in frames for frames in heard] == [True, False]
    for stream in streams:
        await stream.aclose()


async def test_a_stream_in_redis_is_found_only_under_its_tenant(stand: Stand) -> None:
    wire, run_id = RunWire(stand.services.redis), uuid4()
    theirs, own = stand.victim.person.organization_id, stand.attacker.person.organization_id
    part = Part(1, 1, MARKER.encode())
    await wire.send([Outgoing(theirs, run_id, part, False)])
    stand.attacks += 1
    assert [p.frames for p in await wire.tail(theirs, run_id=run_id, after=0)] == [part.frames]
    assert await wire.tail(own, run_id=run_id, after=0) == []
    await stand.services.redis.delete(stream_key(theirs, run_id=run_id))


async def test_events_are_not_appended_to_a_run_of_another_tenant(stand: Stand) -> None:
    before = await digest(stand.admin, stand.victim)
    repository, own = RunRepository(stand.services.database), stand.attacker.person.organization_id
    for run_id in (stand.victim.id_of("run"), uuid4()):
        stand.attacks += 1
        grant = Grant(own, run_id, 1)
        assert await repository.append([grant], parts=[Part(9, 9, b"x")]) == {run_id}
        assert not any(beat.held or beat.cancelled for beat in await repository.beat([grant]))
        assert await repository.seize(own, run_id=run_id, lease_owner="attack") is None
        assert (await repository.parts(own, run_id=run_id, after=0)).parts == []
    assert await digest(stand.admin, stand.victim) == before


async def test_a_foreign_checkpoint_is_not_loaded_listed_or_written(stand: Stand) -> None:
    before = await digest(stand.admin, stand.victim)
    saver, run_id = PostgresSaver(stand.services.database), stand.victim.id_of("run")
    thread = _thread(stand.attacker, run_id, ns=MARKER)
    stand.attacks += 3
    assert await saver.aget_tuple(thread) is None
    assert [found async for found in saver.alist(thread)] == []
    named: dict[str, Any] = {**thread["configurable"], "checkpoint_id": MARKER}
    assert await saver.aget_tuple({"configurable": named}) is None
    own = await saver.aget_tuple(_thread(stand.victim, run_id, ns=MARKER))
    assert own is not None, "nobody finds it, so this proves nothing"
    with pytest.raises(TenantMissing):
        await saver.aget_tuple({"configurable": {"thread_id": str(run_id)}})
    with pytest.raises(TenantMissing):
        await anext(saver.alist(None))
    assert await digest(stand.admin, stand.victim) == before


async def test_a_job_with_a_foreign_document_finds_nothing_to_do(stand: Stand) -> None:
    before = await digest(stand.admin, stand.victim)
    context = JobContext(stand.services, stand.attacker.person.organization_id, uuid4(), 1, "attack")
    for document_id, version_id in (
        (stand.victim.id_of("document"), stand.victim.id_of("document_version")),
        (stand.attacker.id_of("document"), stand.victim.id_of("document_version")),
        (stand.victim.id_of("document"), stand.attacker.id_of("document_version")),
    ):
        stand.attacks += 1
        await INGEST.handle(context, IngestDocument(document_id=document_id, version_id=version_id))
    assert await digest(stand.admin, stand.victim) == before


async def test_a_job_is_run_in_the_tenant_of_its_row_whatever_its_payload_says(stand: Stand) -> None:
    """A payload that names the victim's file by the attacker's job: the job is taken, and the file stays."""
    own, key = stand.attacker.person.organization_id, stand.victim.rows["document_version"]["storage_key"]
    await stand.admin.execute("update job set state = 'done'")
    await stand.admin.execute(
        "insert into job (tenant_id, id, kind, payload, max_attempts) values ($1, $2, $3, $4, 1)",
        *(own, uuid4(), ERASE.name, msgspec.json.encode(EraseFile(storage_key=key)).decode()),
    )
    stand.attacks += 1
    assert await JobRunner(stand.services, [ERASE]).take()
    assert await stand.services.store.get(stand.victim.person.organization_id, key) == MARKER.encode()


async def test_the_progress_of_a_foreign_job_can_not_be_reported(stand: Stand) -> None:
    before = await digest(stand.admin, stand.victim)
    context = JobContext(stand.services, stand.attacker.person.organization_id, stand.victim.id_of("job"), 1, MARKER)
    stand.attacks += 1
    with pytest.raises(JobCancelled):
        await context.progress("stolen", done=1, total=1)
    assert await digest(stand.admin, stand.victim) == before


@pytest.mark.parametrize("how", ["get", "stream"])
async def test_a_storage_key_opens_nothing_outside_its_tenant(stand: Stand, how: str) -> None:
    theirs, own = stand.victim.person.organization_id, stand.attacker.person.organization_id
    key = stand.victim.rows["document_version"]["storage_key"]
    store = stand.services.store
    await store.put(theirs, "plain", MARKER.encode())
    for attempt in _paths_to(f"{theirs}/plain"):
        stand.attacks += 1
        with pytest.raises((ValueError, ObjectMissing)):
            await getattr(store, how)(own, attempt)
    with pytest.raises(ObjectMissing):
        await getattr(store, how)(own, key if key != "INTRUDER" else "plain")


async def test_a_storage_key_replaces_and_removes_nothing_outside_its_tenant(stand: Stand) -> None:
    theirs, own = stand.victim.person.organization_id, stand.attacker.person.organization_id
    await stand.services.store.put(theirs, "plain", MARKER.encode())
    for attempt in ("plain", *_paths_to(f"{theirs}/plain")):
        stand.attacks += 2
        for act in (stand.services.store.put(own, attempt, b"x"), stand.services.store.delete(own, attempt)):
            try:
                await act
            except ValueError:
                continue
        assert await stand.services.store.get(theirs, "plain") == MARKER.encode(), attempt


async def test_a_name_of_an_uploaded_file_does_not_choose_where_it_is_kept(stand: Stand) -> None:
    theirs = stand.victim.person.organization_id
    for name in (f"../../{theirs}/plain", "..\\..\\plain.txt", "/etc/passwd", "%2e%2e/plain.txt"):
        stand.attacks += 1
        answer = await stand.attacker.person.post("/documents", files=[("files", (name, name.encode()))])
        assert answer.status_code == 201, answer.text
    keys = await stand.admin.fetch(
        "select storage_key from document_version where tenant_id = $1 and id <> $2",
        *(stand.attacker.person.organization_id, stand.attacker.id_of("document_version")),
    )
    assert keys
    assert all(row["storage_key"].startswith("documents/") and ".." not in row["storage_key"] for row in keys)


async def test_a_vector_of_another_tenant_is_not_reached_by_any_bound_tenant(stand: Stand) -> None:
    model, user = stand.victim.marker, stand.victim.id_of("app_user")
    for tenant in (stand.attacker.person.organization_id, uuid4()):
        async with stand.services.database.connection(tenant) as connection:
            stand.attacks += 1
            rows = await connection.fetch(
                "select * from search_chunks($1, $2, $3::text::halfvec, $4, 50)", user, MARKER, str([0.1] * 384), model
            )
            assert all(MARKER not in str(row) for row in rows)
            assert await connection.fetchval("select count(*) from embedding_384 where tenant_id <> $1", tenant) == 0


@pytest.mark.parametrize("cursor", [-1, 0, 1, 10**9])
async def test_a_destination_gets_rows_of_its_own_organisation_only_whatever_its_cursor_says(
    stand: Stand, cursor: int
) -> None:
    """Also when somebody writes the cursor who may: the victim's chain has the same places."""
    await stand.admin.execute("update audit_sink set state = 'paused'")
    before = await digest(stand.admin, stand.victim)
    async with receiving() as receiver, _sending(stand, receiver) as services:
        await stand.admin.execute(
            "update audit_sink set state = 'active', url = $2, position = $3, next_attempt_at = now(), "
            "header_name = null, header_sealed = null where tenant_id = $1",
            *(stand.attacker.person.organization_id, receiver.url, cursor),
        )
        stand.attacks += 1
        await deliver_due(services)
        await stand.admin.execute(
            "update audit_sink set state = 'paused' where tenant_id = $1", stand.attacker.person.organization_id
        )
    told = json.dumps(receiver.lines)
    assert ("INTRUDER" in told) is (cursor < 1)
    assert MARKER not in told
    assert await digest(stand.admin, stand.victim) == before


async def test_a_secret_that_was_sealed_for_one_tenant_does_not_open_for_another(stand: Stand) -> None:
    theirs = stand.victim.person.organization_id
    sealed = stand.services.secrets.seal("the key", tenant_id=theirs)
    assert stand.services.secrets.open(sealed, tenant_id=theirs) == "the key"
    stand.attacks += 1
    with pytest.raises(SecretUnreadable):
        stand.services.secrets.open(sealed, tenant_id=stand.attacker.person.organization_id)


def _paths_to(target: str) -> list[str]:
    return [
        f"../{target}",
        f"x/../../{target}",
        f"./../{target}",
        f"/{target}",
        f"//{target}",
        f"%2e%2e/{target}",
        f"%2E%2E%2F{target}",
        f"..%2f{target}",
        f"..\\{target}",
        f"\u002e\u002e/{target}",
        "",
        ".",
        "..",
    ]


def _thread(world: World, run_id: UUID, *, ns: str) -> RunnableConfig:
    return {
        "configurable": {
            "tenant_id": str(world.person.organization_id),
            "thread_id": str(run_id),
            "checkpoint_ns": ns,
        }
    }


@asynccontextmanager
async def _sending(stand: Stand, receiver: Receiver) -> AsyncIterator[Services]:
    """A worker that may call the receiver."""
    settings = Settings(
        data_dir=stand.place.folder,
        secret_key=SECRET_KEY,
        database_url=stand.place.urls.admin,
        redis_url=stand.place.redis_url,
        egress_allow=[f"127.0.0.1:{receiver.port}"],
    )
    async with Services.open(settings) as services:
        yield services


@asynccontextmanager
async def _live(stand: Stand, world: World, *, text: str = "") -> AsyncIterator[UUID]:
    """A run of the world that this process executes at the moment; a silent one sends no statements of its own."""
    engine = stand.services.part(RunEngine)
    work = _Waiting(text, asyncio.Event(), asyncio.Event())
    run_id = world.id_of("run")
    engine.admit(
        Grant(world.person.organization_id, run_id, 1), owner_id=world.rows["app_user"]["id"], request_id="r", work=work
    )
    await work.said.wait()
    try:
        yield run_id
    finally:
        work.leave.set()
        engine.lose(run_id)
