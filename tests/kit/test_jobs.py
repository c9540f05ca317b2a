"""Jobs: rows in Postgres, taken fairly, retried, taken back, cancelled."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from chatter.kit.db.database import Database
from chatter.kit.errors import Invalid, UpstreamFailed
from chatter.kit.job_runner import JobRunner
from chatter.kit.jobs import JobContext, JobFailure, JobKind, JobQueue
from chatter.kit.services import Services


class Note(msgspec.Struct, frozen=True):
    text: str = ""


class Recorder:
    """A kind of job of this test's own, and what its handler saw."""

    def __init__(self, behaviour: Any = None) -> None:
        self.seen: list[tuple[UUID, str, int]] = []
        self.failures: list[JobFailure] = []
        self._behaviour = behaviour
        self.kind = JobKind(
            name=f"test.{uuid4().hex}", payload=Note, handle=self._handle, gave_up=self._gave_up, max_attempts=2
        )

    async def _handle(self, context: JobContext, payload: Note) -> None:
        self.seen.append((context.tenant_id, payload.text, context.attempt))
        if self._behaviour is not None:
            await self._behaviour(context)

    async def _gave_up(self, _: JobContext, __: Note, failure: JobFailure) -> None:
        self.failures.append(failure)


@pytest_asyncio.fixture(autouse=True)
async def empty_queue(admin: asyncpg.Connection) -> AsyncIterator[None]:
    """The queue is one for all tenants, and these tests count what it holds."""
    await admin.execute("update job set state = 'cancelled' where state in ('queued', 'running')")
    yield
    await admin.execute("update job set state = 'cancelled' where state in ('queued', 'running')")


@pytest.fixture
def queue(services: Services) -> JobQueue:
    return JobQueue(services.tickets)


async def enqueue(database: Database, queue: JobQueue, recorder: Recorder, *, tenant_id: UUID, text: str = "") -> UUID:
    async with database.unit(tenant_id) as session:
        return await queue.enqueue(session, recorder.kind, Note(text))


async def state_of(admin: asyncpg.Connection, job_id: UUID) -> asyncpg.Record:
    row = await admin.fetchrow("select * from job where id = $1", job_id)
    assert row is not None
    return row


async def test_a_job_runs_once_and_is_done(services: Services, queue: JobQueue, admin: asyncpg.Connection) -> None:
    recorder = Recorder()
    job_id = await enqueue(services.database, queue, recorder, tenant_id=uuid4(), text="hello")
    runner = JobRunner(services, [recorder.kind])
    assert (await runner.take(), await runner.take()) == (True, False)
    assert [text for _, text, _ in recorder.seen] == ["hello"]
    assert (await state_of(admin, job_id))["state"] == "done"


async def test_a_job_of_a_unit_that_was_rolled_back_does_not_exist(services: Services, queue: JobQueue) -> None:
    recorder = Recorder()

    async def roll_back() -> None:
        async with services.database.unit(uuid4()) as session:
            await queue.enqueue(session, recorder.kind, Note())
            raise LookupError

    with pytest.raises(LookupError):
        await roll_back()
    assert not await JobRunner(services, [recorder.kind]).take()


async def test_tenants_take_turns_however_much_one_has_queued(services: Services, queue: JobQueue) -> None:
    recorder = Recorder()
    greedy, modest = uuid4(), uuid4()
    for _ in range(5):
        await enqueue(services.database, queue, recorder, tenant_id=greedy)
    await enqueue(services.database, queue, recorder, tenant_id=modest)
    runner = JobRunner(services, [recorder.kind])
    await runner.take()
    await runner.take()
    assert {tenant for tenant, _, _ in recorder.seen} == {greedy, modest}


async def test_a_failure_that_may_pass_is_tried_again_and_at_last_given_up(
    services: Services, queue: JobQueue, admin: asyncpg.Connection
) -> None:
    async def fail(_: JobContext) -> None:
        raise UpstreamFailed("The model did not answer.", remedy="Wait.")

    recorder = Recorder(fail)
    job_id = await enqueue(services.database, queue, recorder, tenant_id=uuid4())
    runner = JobRunner(services, [recorder.kind])
    await runner.take()
    waiting = await state_of(admin, job_id)
    assert (waiting["state"], waiting["error_code"]) == ("queued", "upstream_failed")
    assert not await runner.take()  # not before its back-off is over
    await admin.execute("update job set run_after = now() where id = $1", job_id)
    await runner.take()
    assert (await state_of(admin, job_id))["state"] == "failed"
    assert [failure.remedy for failure in recorder.failures] == ["Wait."]
    assert [attempt for _, _, attempt in recorder.seen] == [1, 2]


async def test_a_failure_that_will_not_pass_is_not_tried_again(
    services: Services, queue: JobQueue, admin: asyncpg.Connection
) -> None:
    async def fail(_: JobContext) -> None:
        raise Invalid("The file is empty.")

    recorder = Recorder(fail)
    job_id = await enqueue(services.database, queue, recorder, tenant_id=uuid4())
    await JobRunner(services, [recorder.kind]).take()
    failed = await state_of(admin, job_id)
    assert (failed["state"], failed["error_detail"]) == ("failed", "The file is empty.")


async def test_an_unexpected_failure_never_shows_its_text_to_people(
    services: Services, queue: JobQueue, admin: asyncpg.Connection
) -> None:
    async def fail(_: JobContext) -> None:
        raise RuntimeError("secret detail")

    recorder = Recorder(fail)
    job_id = await enqueue(services.database, queue, recorder, tenant_id=uuid4())
    await JobRunner(services, [recorder.kind]).take()
    assert "secret" not in str(dict(await state_of(admin, job_id)))


async def test_the_job_of_a_process_that_is_gone_is_taken_back(
    services: Services, queue: JobQueue, admin: asyncpg.Connection
) -> None:
    recorder = Recorder()
    job_id = await enqueue(services.database, queue, recorder, tenant_id=uuid4())
    await admin.execute(
        "update job set state = 'running', worker = 'gone', attempts = 1, heartbeat_at = now() - interval '1 minute' "
        "where id = $1",
        job_id,
    )
    runner = JobRunner(services, [recorder.kind])
    assert await runner.sweep() == 1
    await runner.take()
    assert (await state_of(admin, job_id))["state"] == "done"
    assert [attempt for _, _, attempt in recorder.seen] == [2]


async def test_a_job_that_was_taken_away_can_not_report_progress(
    services: Services, queue: JobQueue, admin: asyncpg.Connection
) -> None:
    async def lose(context: JobContext) -> None:
        await admin.execute("update job set worker = 'another' where id = $1", context.job_id)
        await context.progress("stage", done=1, total=2)

    recorder = Recorder(lose)
    job_id = await enqueue(services.database, queue, recorder, tenant_id=uuid4())
    await JobRunner(services, [recorder.kind]).take()
    kept = await state_of(admin, job_id)
    assert (kept["state"], kept["worker"], kept["done"]) == ("running", "another", 0)


async def test_a_cancelled_job_stops_at_its_next_report(
    services: Services, queue: JobQueue, admin: asyncpg.Connection
) -> None:
    async def work(context: JobContext) -> None:
        await context.progress("reading", done=1, total=3)
        await admin.execute("update job set cancel_requested = true where id = $1", context.job_id)
        await context.progress("reading", done=2, total=3)
        raise AssertionError("went on")

    recorder = Recorder(work)
    job_id = await enqueue(services.database, queue, recorder, tenant_id=uuid4())
    await JobRunner(services, [recorder.kind]).take()
    assert (await state_of(admin, job_id))["state"] == "cancelled"


async def test_a_stopping_worker_gives_its_job_back(
    services: Services, queue: JobQueue, admin: asyncpg.Connection
) -> None:
    begun = asyncio.Event()

    async def work(_: JobContext) -> None:
        begun.set()
        await asyncio.Event().wait()

    recorder = Recorder(work)
    job_id = await enqueue(services.database, queue, recorder, tenant_id=uuid4())
    working = asyncio.create_task(JobRunner(services, [recorder.kind]).take())
    await begun.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert (await state_of(admin, job_id))["state"] == "queued"


async def test_a_cancellation_that_a_job_swallows_is_not_handed_to_the_next(
    services: Services, queue: JobQueue, admin: asyncpg.Connection
) -> None:
    async def swallow(_: JobContext) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)

    recorder = Recorder(swallow)
    job_id = await enqueue(services.database, queue, recorder, tenant_id=uuid4())
    assert await JobRunner(services, [recorder.kind]).take()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    assert (await state_of(admin, job_id))["state"] == "done"
