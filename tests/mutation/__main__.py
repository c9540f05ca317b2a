"""`make mutation`: every mutant, or those whose name holds a word; exits with 1 when one survives."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.limits import UNHURRIED
from tests.mutation.code import CodeMutant
from tests.mutation.database import DatabaseMutant
from tests.mutation.laboratory import Laboratory, Mutant, sampled
from tests.mutation.record import Record
from tests.servers import Servers, end_run, lead_run

_FEW = 20
"""Mutants for which it is not worth while to ask which tests run which lines."""


def main() -> int:
    options = _options()
    os.environ["CHATTER_RATE_LIMITS"] = UNHURRIED
    lead_run()
    try:
        return asyncio.run(_judge(options))
    finally:
        end_run()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutation", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[""], help="mutants whose name holds one of these")
    parser.add_argument("--kind", choices=("database", "code"), help="of the database alone, or of the program")
    parser.add_argument("--sample", type=int, help="this many, chosen by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", default="1/1", help="a half of them with 1/2, the other with 2/2: one for each core")
    parser.add_argument(
        "--record",
        type=Path,
        help="a file to note each verdict in; what it holds of an earlier run is not judged again",
    )
    parser.add_argument(
        "--covering",
        type=Path,
        help="a folder for which test runs which lines, for runs beside this one or after it",
    )
    parser.add_argument("--quiet", action="store_true", help="name survivors only")
    return parser.parse_args()


async def _judge(options: argparse.Namespace) -> int:
    servers = Servers.of_this_run()
    async with Laboratory.open(servers, redis_url=servers.redis_url(0)) as laboratory:
        if failing := await laboratory.fails_anyway(program=options.kind != "database"):
            print(f"The program fails without a mutant: {failing}")
            return 1
        everything = await laboratory.mutants()
        mutants = _chosen(everything, options)
        record = Record.read(options.record)
        laboratory.noticed.note_all(record.verdicts)
        left = [mutant for mutant in mutants if mutant.name not in record]
        if sum(laboratory.noticed.by(mutant.name) is None for mutant in left) > _FEW:
            laboratory.nest.ask_what_tests_run(options.covering)
        seconds = 0.0
        try:
            async for mutant, killed_by, took in laboratory.judge(left):
                seconds += took
                record.note(mutant.name, killed_by)
                laboratory.noticed.note(mutant.name, killed_by or "")
                if killed_by is None or not options.quiet:
                    print(f"{took:5.1f} s  {mutant.name}: {killed_by or 'SURVIVED'}", flush=True)
        finally:
            laboratory.noticed.write(among={mutant.name for mutant in everything})
    survivors = [mutant.name for mutant in mutants if mutant.name in record.survived]
    print(f"{len(mutants)} mutants, {len(mutants) - len(survivors)} killed, {len(survivors)} survived, {seconds:.0f} s")
    for name in survivors:
        print(f"SURVIVED {name}")
    return 1 if survivors else 0


def _chosen(mutants: Sequence[Mutant], options: argparse.Namespace) -> Sequence[Mutant]:
    unwanted = {"database": CodeMutant, "code": DatabaseMutant}.get(options.kind, ())
    chosen = [m for m in mutants if any(each in m.name for each in options.only) and not isinstance(m, unwanted)]
    if options.sample:
        print(f"seed {options.seed}")
        chosen = sampled(chosen, count=options.sample, seed=options.seed)
    part, parts = map(int, options.part.split("/"))
    return chosen[part - 1 :: parts]


if __name__ == "__main__":
    sys.exit(main())
