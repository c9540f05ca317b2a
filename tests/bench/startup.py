"""Starts: the web process until its first page, and everything that `make up` starts."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from chatter.embedded.processes import free_port
from tests.bench.accounting import cpu_of_tree
from tests.bench.stand import ROOT, clean_environment

__all__ = ["Installation", "settle", "until_page"]

# `-o`: the benchmark measures what is installed and never installs.
_MAKE_UP = ("/usr/bin/env", "make", "-o", ".venv/.runtime", "up")

_PATIENCE = 180.0
_QUIET = 0.03
"""CPU seconds in one second below which a process has finished its background work."""


def until_page(port: int, *, path: str, cookie: str = "") -> None:
    """Ask until the page is there; raises RuntimeError when it never comes."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if _status(port, path=path, cookie=cookie) == 200:
            return
        time.sleep(0.02)
    raise RuntimeError(f"{path} did not come within {_PATIENCE:.0f} s")


def settle(pid: int) -> float:
    """Wait until a process tree has nothing left to load; return its CPU seconds so far."""
    before = cpu_of_tree(pid)
    for _ in range(30):
        time.sleep(1)
        now = cpu_of_tree(pid)
        if now - before < _QUIET:
            break
        before = now
    return cpu_of_tree(pid)


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A folder for `make up`, and nothing that another installation uses."""

    folder: Path
    port: int

    @classmethod
    def new(cls, folder: Path) -> "Installation":
        return cls(folder=folder, port=free_port())

    @contextmanager
    def running(self) -> Iterator[int]:
        """Run `make up` until its page answers; yields the pid of make, stops everything at the end."""
        environment = clean_environment() | {"CHATTER_DATA_DIR": str(self.folder), "ARGS": f"--port {self.port}"}
        with (self.folder.parent / "make-up.log").open("ab") as log:
            made = subprocess.Popen(
                _MAKE_UP,
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            until_page(self.port, path="/login")
            yield made.pid
        finally:
            os.killpg(made.pid, signal.SIGINT)
            made.wait(60)


def _status(port: int, *, path: str, cookie: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers={"cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        answer.read()
    except OSError:
        return 0
    else:
        return answer.status
    finally:
        connection.close()
