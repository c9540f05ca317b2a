"""Where mutants are made and tried: clones of one database, and copies of the tree."""

import asyncio
import pickle
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import asyncpg

from chatter.kit.db.urls import DatabaseUrls
from tests.mutation.code import CodeMutant, code_mutants
from tests.mutation.database import DatabaseMutant, database_mutants
from tests.mutation.nest import ROOT, Nest, nest
from tests.mutation.noticed import Noticed
from tests.mutation.trial import DATABASE, READ_OFF, REQUESTS, first_failure
from tests.security.stand import Cast, Place, Stand, lift_policies
from tests.servers import Servers

__all__ = ["Laboratory", "Mutant", "Verdict", "sampled"]

Mutant = DatabaseMutant | CodeMutant
CAST = "chatter_mutation_cast"
BARE = "chatter_mutation_bare_cast"


class Verdict(NamedTuple):
    """What became of a mutant: the test that noticed it, or None for a survivor."""

    mutant: Mutant
    killed_by: str | None
    seconds: float


@dataclass
class Laboratory:
    """One Postgres, one cast, one nest."""

    servers: Servers
    redis_url: str
    cast: Cast
    folder: Path
    nest: Nest
    noticed: Noticed = field(default_factory=Noticed.read)
    urls: dict[str, DatabaseUrls] = field(default_factory=dict)

    @classmethod
    @asynccontextmanager
    async def open(cls, servers: Servers, *, redis_url: str) -> "AsyncIterator[Laboratory]":
        async with AsyncExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            urls = await servers.database(CAST)
            async with Stand.open(Place(urls, redis_url, folder / "cast"), None) as stand:
                cast = stand.cast.on(None)
            await lift_policies(await servers.clone(BARE, template=CAST))
            (folder / "cast.pickle").write_bytes(pickle.dumps(cast))
            yield cls(servers, redis_url, cast, folder, stack.enter_context(nest(folder / "tree")))

    async def mutants(self) -> list[Mutant]:
        """All mutants, of the database and of the program."""
        admin = await asyncpg.connect(self.servers.urls(CAST).admin)
        try:
            return [*await database_mutants(admin), *code_mutants(ROOT)]
        finally:
            await admin.close()

    async def fails_anyway(self, *, program: bool = True) -> str | None:
        """The test that fails without a mutant, in the database or (`program`) in both: nothing is told by it then."""
        failing = await self._database(DatabaseMutant("nothing", "select", asks=not program))
        return failing or (await self._hatched(None, (*READ_OFF, *REQUESTS)) if program else None)

    async def judge(self, mutants: Iterable[Mutant]) -> AsyncIterator[Verdict]:
        """Try each; those that nothing nearby notices come last, as every attack is run for them."""
        unnoticed = list[Mutant]()
        for mutant in mutants:
            verdict = await _timed(mutant, self._nearby(mutant))
            if verdict.killed_by is None:
                unnoticed.append(mutant)
            else:
                yield verdict
        for mutant in unnoticed:
            yield await _timed(mutant, self._by_attacks(mutant))

    async def _nearby(self, mutant: Mutant) -> str | None:
        return await self._asked_again(mutant) or (
            await self._code_nearby(mutant) if isinstance(mutant, CodeMutant) else None
        )

    async def _by_attacks(self, mutant: Mutant) -> str | None:
        return await (self._database(mutant) if isinstance(mutant, DatabaseMutant) else self._code(mutant))

    async def _asked_again(self, mutant: Mutant) -> str | None:
        """The test that noticed the mutant last time, if it does so again."""
        test = self.noticed.by(mutant.name)
        if test is None:
            return None
        if isinstance(mutant, DatabaseMutant):
            return await self._database(mutant, only=test)
        if test.startswith("tests/"):
            return await asyncio.to_thread(self.nest.ask_one, mutant, test)
        return await self._hatched(mutant, (*READ_OFF, *REQUESTS), only=test)

    async def _database(self, mutant: DatabaseMutant, *, only: str | None = None) -> str | None:
        urls = await self.servers.clone("chatter_mutant", template=CAST)
        admin = await asyncpg.connect(urls.admin)
        try:
            await admin.execute(mutant.statement)
        finally:
            await admin.close()
        place = Place(urls, self.redis_url, self.folder / "files")
        async with Stand.of_database(place, self.cast) as stand:
            if (noticed := await _first_failure(DATABASE, stand, only)) or not mutant.asks:
                return noticed
        async with Stand.open(place, self.cast) as stand:
            return await _first_failure(REQUESTS, stand, only)

    async def _code_nearby(self, mutant: CodeMutant) -> str | None:
        """What is read off the program first, then the nearest tests, which are quick."""
        if _is_attacked(mutant) and mutant.declared and (noticed := await self._hatched(mutant, READ_OFF)):
            return noticed
        return await asyncio.to_thread(self.nest.ask_near, mutant)

    async def _code(self, mutant: CodeMutant) -> str | None:
        """Every attack, then the domain's other tests."""
        if _is_attacked(mutant) and (noticed := await self._hatched(mutant, (*READ_OFF, *REQUESTS))):
            return noticed
        return await asyncio.to_thread(self.nest.ask_others, mutant)

    async def _hatched(
        self, mutant: CodeMutant | None, modules: Sequence[str], *, only: str | None = None
    ) -> str | None:
        order = {
            "only": only,
            "modules": list(modules),
            "templates": {"policies": CAST, "no_policies": BARE},
            "redis": self.redis_url,
            "cast": str(self.folder / "cast.pickle"),
        }
        return await asyncio.to_thread(self.nest.hatch, mutant, order)


async def _timed(mutant: Mutant, trying: Awaitable[str | None]) -> Verdict:
    started = time.monotonic()
    killed_by = await trying
    return Verdict(mutant, killed_by, time.monotonic() - started)


def _is_attacked(mutant: CodeMutant) -> bool:
    return mutant.path.startswith("backend/")


async def _first_failure(modules: Sequence[str], stand: Stand, only: str | None) -> str | None:
    async def build(_: str) -> Stand:
        return stand

    return await first_failure(modules, ["policies"], build, only=only)


def sampled(mutants: Sequence[Mutant], *, count: int, seed: int) -> list[Mutant]:
    """As many of the database as of the program, chosen by the seed."""
    chance = random.Random(seed)  # noqa: S311  # not a secret
    kinds = [[m for m in mutants if isinstance(m, kind)] for kind in (DatabaseMutant, CodeMutant)]
    return [mutant for kind in kinds for mutant in chance.sample(kind, min(len(kind), count // 2))]
