"""Lists: the page that everybody opens first."""

import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

from tests.bench.accounting import CpuWatch
from tests.bench.client import Connection
from tests.bench.organization import Organization

__all__ = ["Reads", "read"]

_CONNECTIONS = 8


@dataclass(frozen=True, kw_only=True)
class Reads:
    """What a read costs: CPU seconds by process, and its median time."""

    cpu: dict[str, float]
    median: float
    bytes: int


async def read(organization: Organization, path: str, *, rounds: int, processes: dict[str, int]) -> Reads:
    """Read a path over eight connections, `rounds` times on each."""
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(organization.connect()) for _ in range(_CONNECTIONS)]
        await asyncio.gather(*(_times(connection, path, rounds=20) for connection in opened))
        watch = CpuWatch(processes)
        times = await asyncio.gather(*(_times(connection, path, rounds=rounds) for connection in opened))
        spent = watch.spent()
        size = len((await opened[0].send("GET", path)).body)
    requests = rounds * _CONNECTIONS
    cpu = {name: seconds / requests for name, seconds in spent.items()}
    return Reads(cpu=cpu, median=statistics.median(second for each in times for second in each), bytes=size)


async def _times(connection: Connection, path: str, *, rounds: int) -> list[float]:
    times: list[float] = []
    for _ in range(rounds):
        started = time.monotonic()
        answer = await connection.send("GET", path)
        if answer.status != 200:
            raise RuntimeError(f"GET {path} answers {answer.status}: {answer.body[:300].decode(errors='replace')}")
        times.append(time.monotonic() - started)
    return times
