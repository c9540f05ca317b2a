"""What the benchmark stands on: embedded servers as durable as in production, the fake provider, and our processes."""

import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import asyncpg

from chatter.embedded.postgres import EmbeddedPostgres
from chatter.embedded.processes import free_port, listens
from chatter.embedded.valkey import EmbeddedValkey
from chatter.kit.db.bootstrap import bootstrap
from chatter.kit.db.migrate import upgrade
from chatter.kit.db.urls import DatabaseUrls
from tests.limits import UNHURRIED
from tests.servers import SECRET_KEY

__all__ = ["ROOT", "Program", "Stand", "clean_environment"]

ROOT = Path(__file__).parents[2]
_PATIENCE = 90.0


class Program:
    """A process of ours; its output goes to a log in the benchmark's folder."""

    def __init__(self, name: str, *, pid: int, port: int, popen: subprocess.Popen[bytes]) -> None:
        self.name = name
        self.pid = pid
        self.port = port
        self._popen = popen

    @classmethod
    def start(
        cls, name: str, arguments: Sequence[str], *, port: int, environment: Mapping[str, str], folder: Path
    ) -> Self:
        """Start `python -m ARGUMENTS`."""
        with (folder / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", *arguments]
            popen = subprocess.Popen(command, cwd=ROOT, env=dict(environment), stdout=log, stderr=log)
        return cls(name, pid=popen.pid, port=port, popen=popen)

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait for what the process should bring about; raises RuntimeError when it ends before."""
        deadline = time.monotonic() + _PATIENCE
        while not ready():
            if self._popen.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not start; its log is in the benchmark's folder (--keep)")
            time.sleep(0.01)

    def signal(self, number: int) -> None:
        self._popen.send_signal(number)

    def stop(self) -> None:
        self._popen.terminate()
        try:
            self._popen.wait(20)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()


@dataclass(frozen=True, kw_only=True)
class Stand:
    """Everything that runs below the measurements."""

    folder: Path
    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    urls: DatabaseUrls
    upstream: Program
    relay: Program
    storing_relay: Program
    """A relay on our framework that stores the question and the answer."""

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path) -> AsyncIterator["Stand"]:
        """Start the servers, migrate, start the fake provider and the raw relays; stops all of them at the end."""
        async with AsyncExitStack() as stack:
            postgres, valkey = EmbeddedPostgres(folder / "postgres"), EmbeddedValkey(folder / "valkey")
            for server in (postgres, valkey):
                stack.callback(server.stop)
                server.start()
            urls = await _database(postgres, secret_key=SECRET_KEY)
            upstream = stack.enter_context(_upstream(folder))
            relay = stack.enter_context(_relay("relay", folder, upstream=upstream.port))
            storing_relay = stack.enter_context(
                _relay("storing_relay", folder, "--database", postgres.superuser_url, upstream=upstream.port)
            )
            yield cls(
                folder=folder,
                postgres=postgres,
                valkey=valkey,
                urls=urls,
                upstream=upstream,
                relay=relay,
                storing_relay=storing_relay,
            )

    @contextmanager
    def web(self, *, profile: Path | None = None) -> Iterator[Program]:
        """A web process, listening; with `profile` under the sampler."""
        port = free_port()
        arguments = ["chatter.cli.serve", "--port", str(port)]
        environment = self._environment(models=self.upstream)
        with self._running("web", arguments, port=port, environment=environment, profile=profile) as program:
            program.wait_until(lambda: listens(port))
            yield program

    @contextmanager
    def worker(self, *, profile: Path | None = None, models: Program | None = None) -> Iterator[Program]:
        """A worker process, which takes jobs as soon as it has loaded; `models` embeds for it, else the fake does."""
        environment = self._environment(models=models or self.upstream)
        with self._running("worker", ["chatter.worker"], port=0, environment=environment, profile=profile) as program:
            yield program

    @contextmanager
    def local_models(self) -> Iterator[Program]:
        """The process of the built-in models."""
        port = free_port()
        arguments = ["chatter.llm.local_models", "--port", str(port)]
        with _plain("local models", arguments, port=port, folder=self.folder) as program:
            yield program

    def _environment(self, *, models: Program) -> dict[str, str]:
        """What our processes are told."""
        return {
            **clean_environment(),
            "CHATTER_DATA_DIR": str(self.folder / "data"),
            "CHATTER_SECRET_KEY": SECRET_KEY,
            "CHATTER_SIGN_UP_OPEN": "true",
            "CHATTER_RATE_LIMITS": UNHURRIED,
            "CHATTER_LOG_LEVEL": "WARNING",
            "CHATTER_LOCAL_MODELS_URL": f"http://127.0.0.1:{models.port}/v1",
            "CHATTER_EGRESS_ALLOW": f'["127.0.0.1:{self.upstream.port}"]',
            "DATABASE_URL": self.urls.admin,
            "REDIS_URL": self.valkey.url,
        }

    def servers(self) -> dict[str, int]:
        """The pids of Postgres and Valkey, by name."""
        found = {"Postgres": self.postgres.process(), "Valkey": self.valkey.process()}
        return {name: process.pid for name, process in found.items() if process is not None}

    @contextmanager
    def _running(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        port: int,
        environment: Mapping[str, str],
        profile: Path | None,
    ) -> Iterator[Program]:
        command = ["tests.bench.sampled", str(profile), *arguments] if profile else arguments
        program = Program.start(name, command, port=port, environment=environment, folder=self.folder)
        try:
            yield program
        finally:
            program.stop()


def clean_environment() -> dict[str, str]:
    """The environment without what an operator has set for an installation of their own."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CHATTER_") and name not in {"DATABASE_URL", "REDIS_URL"}
    }


async def _database(postgres: EmbeddedPostgres, *, secret_key: str) -> DatabaseUrls:
    connection = await asyncpg.connect(postgres.superuser_url)
    await connection.execute("create database chatter template template0")
    await connection.close()
    admin = f"{postgres.superuser_url.rpartition('/')[0]}/chatter"
    urls = DatabaseUrls.derived(admin, secret_key=secret_key)
    await bootstrap(urls)
    await upgrade(urls)
    return urls


@contextmanager
def _plain(name: str, arguments: Sequence[str], *, port: int, folder: Path) -> Iterator[Program]:
    program = Program.start(name, arguments, port=port, environment=clean_environment(), folder=folder)
    try:
        program.wait_until(lambda: listens(port))
        yield program
    finally:
        program.stop()


def _upstream(folder: Path) -> AbstractContextManager[Program]:
    port = free_port()
    return _plain("upstream", ["tests.upstream", "--port", str(port)], port=port, folder=folder)


def _relay(name: str, folder: Path, *options: str, upstream: int) -> AbstractContextManager[Program]:
    port = free_port()
    arguments = [f"tests.bench.{name}", "--port", str(port), "--upstream", str(upstream), *options]
    return _plain(name, arguments, port=port, folder=folder)
