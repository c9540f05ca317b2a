"""A few mutants on every change, chosen by a seed; `make mutation` tries all of them."""

import os

import pytest

from tests.mutation.laboratory import Laboratory, Verdict, sampled
from tests.servers import Servers, note, worker_number

COUNT = int(os.environ.get("MUTANTS", "12"))
SEED = int(os.environ.get("MUTANTS_SEED", "114190"))
"""One sample on every machine, so that a change is judged by itself; `make mutation` tries all."""


@pytest.mark.timeout(900)
async def test_a_defence_that_is_taken_away_is_missed(servers: Servers, worker_id: str) -> None:
    async with Laboratory.open(servers, redis_url=servers.redis_url(worker_number(worker_id))) as laboratory:
        assert (failing := await laboratory.fails_anyway()) is None, f"fails without a mutant: {failing}"
        mutants = await laboratory.mutants()
        verdicts = [verdict async for verdict in laboratory.judge(sampled(mutants, count=COUNT, seed=SEED))]
    note(_report(verdicts, of=len(mutants)))
    survivors = [verdict.mutant.name for verdict in verdicts if verdict.killed_by is None]
    assert survivors == [], f"again with: make mutation ARGS='--sample {COUNT} --seed {SEED}'"


def _report(verdicts: list[Verdict], *, of: int) -> str:
    killed = sum(verdict.killed_by is not None for verdict in verdicts)
    seconds = sum(verdict.seconds for verdict in verdicts)
    return f"{len(verdicts)} of {of} mutants (seed {SEED}), {killed} killed, {seconds:.0f} s"
