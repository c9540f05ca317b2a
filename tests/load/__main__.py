"""python -m tests.load [--people N] [--organizations N] [--seconds S] [--seed N]: work, then look for what is missing.

Exit status 1 when anything failed or is missing. Waiting times are those of this machine, with the clients, the fake
provider and the servers on it: compare them with another run here, not with a promise.
"""

import argparse
import asyncio
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import uvloop

from tests.bench.accounting import CpuWatch, resident_megabytes
from tests.bench.corpus import Writer
from tests.bench.organization import sign_up
from tests.bench.provider import Load
from tests.bench.stand import Program, Stand
from tests.load.people import Ledger, Worker

_LOAD = Load(streams=1, tokens=100, rate=50)
_PATIENCE = 120.0
_UNANSWERED = """
select count(*) from unnest($1::uuid[]) a (id) where not exists (
    select from message m where m.conversation_id = a.id and m.role = 'assistant' and m.state = 'complete')
"""
_UNREAD = """
select count(*) from unnest($1::uuid[]) a (id)
where not exists (select from document d where d.id = a.id and d.state = 'ready')
"""


def main() -> int:
    """Work and print."""
    arguments = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="chatter-load-"))
    faults = uvloop.run(_measure(folder, arguments))
    if faults:
        sys.stdout.write(f"{faults} faults; the logs of the processes are in {folder}\n")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.load", description=__doc__)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--organizations", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


async def _measure(folder: Path, arguments: argparse.Namespace) -> int:
    async with Stand.open(folder) as stand:
        with ExitStack() as stack:
            web, worker = stack.enter_context(stand.web()), stack.enter_context(stand.worker())
            people, ledger = await _people(stand, web, arguments), Ledger()
            processes = {"web": web.pid, "worker": worker.pid, **stand.servers(), "provider": stand.upstream.pid}
            watch, started = CpuWatch(processes), time.monotonic()
            async with asyncio.TaskGroup() as tasks:
                for number, person in enumerate(people):
                    person.ledger, person.random = ledger, random.Random(arguments.seed + number)  # noqa: S311
                    tasks.create_task(person.work(until=started + arguments.seconds))
            spent, seconds = watch.spent(), time.monotonic() - started
            missing = await _missing(stand, ledger)
            _print(ledger, people=len(people), seconds=seconds, spent=spent, memory=resident_megabytes(web.pid))
            for fault in [*missing, *ledger.faults[:20]]:
                sys.stdout.write(f"FAULT {fault}\n")
            return len(ledger.faults) + len(missing)


async def _people(stand: Stand, web: Program, arguments: argparse.Namespace) -> list[Worker]:
    """People of several organisations, each of which has asked its provider's model in and has a few documents."""
    found: list[Worker] = []
    for number in range(arguments.organizations):
        organization = await sign_up(web.port, name=f"Organization {number}")
        async with organization.connect() as connection:
            models = await organization.add_models(connection, upstream=stand.upstream.port, names=[_LOAD.model])
        writer = Writer(seed=number, topics=20)
        share = range(number, arguments.people, arguments.organizations)
        found += [
            Worker(
                organization=organization,
                model=models[_LOAD.model],
                writer=writer,
                ledger=Ledger(),
                random=random.Random(0),  # noqa: S311
            )
            for _ in share
        ]
    return found


async def _missing(stand: Stand, ledger: Ledger) -> list[str]:
    """Look, as somebody who sees everything, for questions without an answer and documents that were never read."""
    admin = await asyncpg.connect(stand.urls.admin)
    deadline = time.monotonic() + _PATIENCE
    try:
        while True:
            unanswered = await admin.fetchval(_UNANSWERED, ledger.asked)
            unread = await admin.fetchval(_UNREAD, ledger.added)
            if not (unanswered or unread) or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.5)
    finally:
        await admin.close()
    counted = ((unanswered, "answers are not stored"), (unread, "documents were never read"))
    return [f"{count} {what}" for count, what in counted if count]


def _print(ledger: Ledger, *, people: int, seconds: float, spent: dict[str, float], memory: float) -> None:
    sys.stdout.write(f"{people} people at once, {seconds:.0f} s\n")
    sys.stdout.write(f"  {'':28}{'times':>7}{'a second':>10}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}\n")
    for act, taken in sorted(ledger.seconds.items()):
        row = "".join(f"{1000 * value:9.0f}" for value in _percentiles(taken))
        sys.stdout.write(f"  {act:28}{len(taken):7}{len(taken) / seconds:10.1f}{row}\n")
    shares = ", ".join(f"{name} {100 * used / seconds:.0f} %" for name, used in spent.items())
    sys.stdout.write(f"  of one core: {shares}\n  memory of the web process: {memory:.0f} MB\n")
    sys.stdout.write(f"  {len(ledger.asked)} questions answered, {len(ledger.added)} documents added\n")


def _percentiles(values: Sequence[float]) -> tuple[float, float, float]:
    cuts = statistics.quantiles([*values, values[-1]], n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98]


if __name__ == "__main__":
    sys.exit(main())
