"""The worker process: ARQ hands it tickets; the work itself is in Postgres."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from typing import Any, cast

import structlog
import uvloop
from arq.connections import RedisSettings
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func

from chatter.kit.domain import Periodic
from chatter.kit.job_runner import JobRunner
from chatter.kit.relay import Relay
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from chatter.kit.telemetry import configure_logging
from chatter.kit.tickets import QUEUE, TAKE
from chatter.rbac.facade import Catalogue
from chatter.registry import DOMAINS

__all__ = ["main", "run_worker"]

SWEEP_SECONDS = 5
RELAY_SECONDS = 0.5
CONCURRENT_JOBS = 4

log = structlog.get_logger()


async def run_worker(settings: Settings, *, started: asyncio.Event | None = None) -> None:
    """Work until cancelled."""
    async with Services.open(settings) as services:
        runner = JobRunner(services, [kind for domain in DOMAINS for kind in domain.jobs])
        relay = Relay(services, [listener for domain in DOMAINS for listener in domain.listeners])
        async with _arq(runner, settings) as worker, _domains(services), asyncio.TaskGroup() as tasks:
            tasks.create_task(worker.async_run())
            tasks.create_task(_sweep(runner, relay))
            tasks.create_task(_deliver(relay))
            for work in (work for domain in DOMAINS for work in domain.periodic):
                tasks.create_task(_repeat(work, services))
            if started is not None:
                started.set()


@contextlib.asynccontextmanager
async def _domains(services: Services) -> AsyncIterator[None]:
    """What the domains keep in a process, for as long as it works."""
    services.add(Catalogue.of(DOMAINS))
    for domain in DOMAINS:
        for start in domain.on_startup:
            await start(services)
    try:
        yield
    finally:
        for domain in reversed(DOMAINS):
            for stop in domain.on_shutdown:
                await stop(services)


@contextlib.asynccontextmanager
async def _arq(runner: JobRunner, settings: Settings) -> AsyncIterator[Worker]:
    async def take(_: dict[Any, Any]) -> None:
        await runner.take()

    worker = Worker(
        functions=[func(cast(WorkerCoroutine, take), name=TAKE, keep_result=0, max_tries=1, timeout=3600)],
        queue_name=QUEUE,
        redis_settings=RedisSettings.from_dsn(settings.redis_url or ""),
        max_jobs=CONCURRENT_JOBS,
        poll_delay=0.1,
        handle_signals=False,
        keep_result=0,
    )
    try:
        yield worker
    finally:
        await worker.close()


async def _sweep(runner: JobRunner, relay: Relay) -> None:
    while True:
        await _surviving(runner.sweep())
        await _surviving(relay.sweep())
        await asyncio.sleep(SWEEP_SECONDS)


async def _deliver(relay: Relay) -> None:
    while True:
        if not await _surviving(relay.deliver()):
            await asyncio.sleep(RELAY_SECONDS)


async def _repeat(work: Periodic, services: Services) -> None:
    while True:
        await _surviving(work.step(services))
        await asyncio.sleep(work.seconds)


async def _surviving(step: Any) -> Any:
    """Run one step of a loop that must outlive a database that is away."""
    try:
        return await step
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("worker_step_failed")
        await asyncio.sleep(1)
        return None


def main() -> None:
    """`python -m chatter.worker`"""
    settings = Settings()
    configure_logging(level=settings.log_level, as_json=settings.log_json)
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        uvloop.run(_until_stopped(settings))


async def _until_stopped(settings: Settings) -> None:
    working = asyncio.ensure_future(run_worker(settings))
    for stop in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(stop, working.cancel)
    await working


if __name__ == "__main__":
    main()
