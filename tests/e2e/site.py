"""A whole installation for browser tests: web, worker, local models and the fake provider, as processes."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from chatter.kit.db.urls import DatabaseUrls
from tests.limits import UNHURRIED
from tests.servers import SECRET_KEY

__all__ = ["Site", "serve_site"]

_ROOT = Path(__file__).parents[2]
_MODELS_KEY = "the key of the local models of a test run"


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where it is, where its fake provider is, and where its processes write what they do."""

    url: str
    provider_url: str
    logs: Path
    settings: Mapping[str, str]

    def command(self, *arguments: str) -> str:
        """What `chatter` prints on this server."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CHATTER_")}
        environment |= {**self.settings, "CHATTER_PUBLIC_URL": self.url, "PYTHONPATH": str(_ROOT)}
        ran = subprocess.run(
            [sys.executable, "-m", "chatter.cli", *arguments],
            env=environment,
            cwd=self.logs,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def output(self) -> str:
        """The end of what every process wrote, for a failing test."""
        return "\n".join(f"== {log.name}\n{log.read_text()[-3000:]}" for log in sorted(self.logs.glob("*.log")))


@contextlib.contextmanager
def serve_site(folder: Path, *, database: DatabaseUrls, redis_url: str) -> Iterator[Site]:
    """Start everything, wait until it answers, stop everything."""
    processes = _Processes(folder)
    try:
        provider = processes.announced("provider", ["-m", "tests.upstream"], {})
        models = processes.announced(
            "models", ["-m", "chatter.llm.local_models", "--threads", "1"], {"CHATTER_LOCAL_MODELS_KEY": _MODELS_KEY}
        )
        listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        listening.set_inheritable(True)
        settings = {
            "DATABASE_URL": database.admin,
            "REDIS_URL": redis_url,
            "CHATTER_DATA_DIR": str(folder / "data"),
            "CHATTER_SECRET_KEY": SECRET_KEY,
            "CHATTER_LOCAL_MODELS_URL": models,
            "CHATTER_LOCAL_MODELS_KEY": _MODELS_KEY,
            "CHATTER_EGRESS_ALLOW": '["127.0.0.0/8"]',
            "CHATTER_PUBLIC_URL": "http://{}:{}".format(*listening.getsockname()),
            "CHATTER_SIGN_UP_OPEN": "true",
            "CHATTER_RATE_LIMITS": UNHURRIED,
        }
        processes.start("worker", ["-m", "chatter.worker"], settings)
        web = ["-m", "chatter.cli.serve", "--fd", str(listening.fileno())]
        processes.start("web", web, settings, keep=listening)
        host, port = listening.getsockname()
        listening.close()
        site = Site(url=f"http://{host}:{port}", provider_url=provider, logs=folder, settings=settings)
        _wait_until_ready(site)
        yield site
    finally:
        processes.stop()


class _Processes:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def start(
        self, name: str, arguments: Sequence[str], settings: Mapping[str, str], *, keep: socket.socket | None = None
    ) -> None:
        """Start a process that writes to its log; it inherits the socket to keep."""
        with (self._folder / f"{name}.log").open("wb") as log:
            self._run(arguments, settings, stdout=log.fileno(), stderr=log.fileno(), keep=keep)

    def announced(self, name: str, arguments: Sequence[str], settings: Mapping[str, str]) -> str:
        """Start a process that says READY and its address on its first line; answer the address."""
        with (self._folder / f"{name}.log").open("wb") as log:
            process = self._run(arguments, settings, stdout=subprocess.PIPE, stderr=log.fileno())
        assert process.stdout is not None
        line = process.stdout.readline().decode().split()
        assert line[:1] == ["READY"], (self._folder / f"{name}.log").read_text()
        return line[1]

    def stop(self) -> None:
        for process in self._running:
            process.send_signal(signal.SIGTERM)
            if process.stdout is not None:
                process.stdout.close()
        for process in reversed(self._running):
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _run(
        self,
        arguments: Sequence[str],
        settings: Mapping[str, str],
        *,
        stdout: int,
        stderr: int,
        keep: socket.socket | None = None,
    ) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CHATTER_")}
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env={**environment, **settings, "PYTHONPATH": str(_ROOT)},
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            pass_fds=[keep.fileno()] if keep else [],
        )
        self._running.append(process)
        return process


def _wait_until_ready(site: Site) -> None:
    """The socket listens already: the request waits in its queue until the process takes it."""
    try:
        answer = httpx.get(f"{site.url}/api/v1/health/ready", timeout=150)
    except httpx.TransportError as error:
        raise AssertionError(site.output()) from error
    assert answer.status_code == 200, answer.text + site.output()
