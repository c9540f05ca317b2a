"""Search: how fast by the API, and how much of the exact answer comes back."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import msgspec

from tests.bench.accounting import CpuWatch
from tests.bench.library import Library
from tests.bench.organization import API
from tests.upstream.vectors import embed

__all__ = ["Found", "search"]

_LIMIT = 10
_ANYBODY = UUID(int=1)
"""Sees what is open to the whole organisation, which is everything here."""
_WARM_UP = 5
# The exact answer comes from the same function when the graph index is not used.
_EXACT = "set local enable_indexscan = off"
_SEARCH = "select chunk_id from search_chunks($1, $2, $3, $4, $5)"


@dataclass(frozen=True, kw_only=True)
class Found:
    """How well and how fast one organisation's passages are found."""

    median: float
    cpu: dict[str, float]
    nearest_recall: float
    """Of the ten nearest vectors, how many the search without any known word returns."""
    hybrid_recall: float
    """Of the ten best of words and vectors together, how many come back when the vectors are searched by the graph."""


async def search(library: Library, *, app_url: str, rounds: int, processes: dict[str, int]) -> Found:
    """Ask by the API for time, and the search function itself, as the program's role, for recall."""
    questions = library.questions(rounds)
    watch = CpuWatch(processes)
    times = await _times(library, questions)
    cpu = {name: seconds / (rounds + _WARM_UP) for name, seconds in watch.spent().items()}
    recalls = await _recalls(library, questions[: rounds // 2], app_url=app_url)
    return Found(
        median=statistics.median(times),
        cpu=cpu,
        nearest_recall=statistics.mean(recall.nearest for recall in recalls),
        hybrid_recall=statistics.mean(recall.hybrid for recall in recalls),
    )


@dataclass(frozen=True)
class _Recall:
    nearest: float
    hybrid: float


@dataclass(frozen=True)
class _Best:
    nearest: set[UUID]
    hybrid: set[UUID]


async def _times(library: Library, questions: Sequence[str]) -> list[float]:
    times: list[float] = []
    async with library.organization.connect() as connection:
        for question in [*questions[:_WARM_UP], *questions]:
            body = msgspec.json.encode({"query": question, "limit": _LIMIT})
            started = time.monotonic()
            answer = await connection.send("POST", f"{API}/search", body=body)
            times.append(time.monotonic() - started)
            if answer.status >= 300:
                raise RuntimeError(f"a search was answered with {answer.status}: {answer.body[:500]!r}")
    return times[_WARM_UP:]


async def _recalls(library: Library, questions: Sequence[str], *, app_url: str) -> list[_Recall]:
    connection = await asyncpg.connect(app_url)
    try:
        async with connection.transaction():
            await connection.execute(f"set local app.tenant_id = '{library.organization.tenant_id}'")
            ours = [await _best(connection, question, model=library.model) for question in questions]
            await connection.execute(_EXACT)
            exact = [await _best(connection, question, model=library.model) for question in questions]
    finally:
        await connection.close()
    return [
        _Recall(_share(found.nearest, of=best.nearest), _share(found.hybrid, of=best.hybrid))
        for found, best in zip(ours, exact, strict=True)
    ]


async def _best(connection: asyncpg.Connection, question: str, *, model: str) -> _Best:
    vector = str(embed(question).tolist())
    nearest = await connection.fetch(_SEARCH, _ANYBODY, "", vector, model, _LIMIT)
    hybrid = await connection.fetch(_SEARCH, _ANYBODY, question, vector, model, _LIMIT)
    return _Best({row[0] for row in nearest}, {row[0] for row in hybrid})


def _share(found: set[UUID], *, of: set[UUID]) -> float:
    return len(found & of) / len(of) if of else 0.0
