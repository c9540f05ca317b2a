"""The Postgres and Valkey of one test run, shared by its workers: whoever needs them first starts them.

They stand below the temporary folder, named after the process that leads the run. That process stops them at its
end; what a killed run left is swept by the next one.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from chatter.embedded.postgres import EmbeddedPostgres
from chatter.embedded.processes import identify
from chatter.embedded.valkey import EmbeddedValkey
from chatter.kit.db.bootstrap import bootstrap
from chatter.kit.db.migrate import upgrade
from chatter.kit.db.urls import DatabaseUrls

RUN = "CHATTER_TEST_RUN"
GUEST = "CHATTER_TEST_GUEST"
"""Set in a run that uses the servers of the one that started it, and has databases of its own by this name."""
SECRET_KEY = "the secret key of every test run, long enough to pass"
_TEMPLATE = "chatter_template"


class Servers:
    """The servers of this run, running."""

    secret_key = SECRET_KEY

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.postgres = EmbeddedPostgres(folder / "postgres", durable=False)
        self.valkey = EmbeddedValkey(folder / "valkey", durable=False)

    @classmethod
    def of_this_run(cls) -> "Servers":
        folder = Path(os.environ[RUN])
        folder.mkdir(parents=True, exist_ok=True)
        servers = cls(folder)
        with servers._locked():
            _sweep(folder.parent)
            servers.postgres.start()
            servers.valkey.start()
        return servers

    async def database(self, name: str) -> DatabaseUrls:
        """Return the addresses of a fresh database with every migration applied, cloned from a template."""
        with self._locked():
            if not (self._folder / "template-is-ready").exists():
                await self._create(_TEMPLATE)
                await upgrade(self.urls(_TEMPLATE))
                (self._folder / "template-is-ready").touch()
            await self._create(name, template=_TEMPLATE)
        return self.urls(name)

    async def clone(self, name: str, *, template: str) -> DatabaseUrls:
        """Return the addresses of a copy of another database, which nobody may be connected to."""
        with self._locked():
            await self._create(name, template=template)
        return self.urls(name)

    async def empty_database(self, name: str) -> DatabaseUrls:
        """Return the addresses of a fresh database with the roles and no table."""
        with self._locked():
            await self._create(name)
        return self.urls(name)

    def redis_url(self, number: int) -> str:
        """Return the address of one of the sixteen numbered databases."""
        return f"{self.valkey.url.rpartition('/')[0]}/{(number + 8 * (GUEST in os.environ)) % 16}"

    async def _create(self, name: str, *, template: str = "template0") -> None:
        connection = await asyncpg.connect(self.postgres.superuser_url)
        try:
            await connection.execute(f'drop database if exists "{_own(name)}" with (force)')
            await connection.execute(f'create database "{_own(name)}" template "{_own(template)}"')
        finally:
            await connection.close()
        await bootstrap(self.urls(name))  # rights on a database are not copied with it

    def urls(self, name: str) -> DatabaseUrls:
        """Return the addresses of a database by its name."""
        admin = f"{self.postgres.superuser_url.rpartition('/')[0]}/{_own(name)}"
        return DatabaseUrls.derived(admin, secret_key=SECRET_KEY)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _own(database: str) -> str:
    """The name for a guest; what all databases are made from is shared."""
    guest = os.environ.get(GUEST)
    return database if guest is None or database in (_TEMPLATE, "template0") else f"{database}_{guest}"


def lead_run() -> None:
    """Name this run after this process, for itself and for the workers that it starts; a guest keeps the name."""
    if GUEST in os.environ:
        return
    identity = identify(os.getpid())
    assert identity is not None
    runs = Path(tempfile.gettempdir()) / f"chatter-tests-{os.geteuid()}"
    os.environ[RUN] = str(runs / f"{identity.pid}-{identity.started.rpartition(':')[2].replace(' ', '-')}")


def note(figure: str) -> None:
    """Keep a line for the end of this run's report, from whichever worker."""
    with (Path(os.environ[RUN]) / "figures").open("a") as figures:
        figures.write(f"{figure}\n")


def noted() -> list[str]:
    """What was kept, in order."""
    figures = Path(os.environ[RUN]) / "figures"
    return figures.read_text().splitlines() if figures.exists() else []


def end_run() -> None:
    """Stop what this run started."""
    if GUEST not in os.environ:
        _remove(Path(os.environ[RUN]))


def _sweep(runs: Path) -> None:
    """Remove the runs whose leading process is gone."""
    for folder in runs.iterdir():
        pid, _, started = folder.name.partition("-")
        leader = identify(int(pid)) if pid.isdecimal() else None
        if leader is None or leader.started.rpartition(":")[2].replace(" ", "-") != started:
            _remove(folder)


def _remove(folder: Path) -> None:
    if folder.exists():
        EmbeddedValkey(folder / "valkey").stop()
        EmbeddedPostgres(folder / "postgres").stop()
        shutil.rmtree(folder, ignore_errors=True)


def worker_number(worker_id: str) -> int:
    """xdist calls its workers gw0, gw1, ...; without it there is one, `master`."""
    return int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
