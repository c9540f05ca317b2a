"""A real `chatter up` in a folder of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from chatter.embedded.postgres import EmbeddedPostgres
from chatter.embedded.processes import ProcessIdentity, identify
from chatter.embedded.valkey import EmbeddedValkey
from tests.limits import UNHURRIED

LONGEST_START = 150.0


class Running:
    """One folder, and the `chatter up` that runs there at the moment."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.data = folder / ".chatter"
        self.postgres = EmbeddedPostgres(self.data / "postgres")
        self.valkey = EmbeddedValkey(self.data / "valkey")
        self.environment = environment
        self._output = folder / "output.txt"
        self._process: subprocess.Popen[bytes] | None = None

    def up(self, *options: str) -> str:
        """Start it, wait until it is ready, and return what it printed."""
        self._output.write_bytes(b"")
        with self._output.open("ab") as sink:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "chatter.cli", "up", *options],
                env=self._env(),
                cwd=self.folder,
                stdout=sink,
                stderr=sink,
            )
        process = self._process
        until(lambda: "Ctrl-C" in self.output or process.poll() is not None, seconds=LONGEST_START)
        assert process.poll() is None, self.output
        return self.output

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run another command of the same installation to its end."""
        command = [sys.executable, "-m", "chatter.cli", *arguments]
        return subprocess.run(
            command, env=self._env(), cwd=self.folder, capture_output=True, text=True, input=stdin, check=False
        )

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def address(self) -> str:
        return (self.data / "run" / "address").read_text().strip()

    @property
    def password(self) -> str | None:
        found = re.search(r"Password +(\S+)", self.output)
        return found[1] if found else None

    def supervisor(self) -> ProcessIdentity:
        assert self._process is not None
        return existing(identify(self._process.pid))

    def process(self, name: str) -> ProcessIdentity | None:
        """Return the live process of that name."""
        if name == "Postgres":
            return self.postgres.process()
        if name == "Valkey":
            return self.valkey.process()
        rows = json.loads((self.data / "run" / "children.json").read_text())
        row = rows.get(name)
        found = ProcessIdentity(pid=row["pid"], started=row["started"]) if row else None
        return found if found and found.alive() else None

    def everything(self) -> list[ProcessIdentity]:
        names = ("web", "worker", "local models", "Postgres", "Valkey")
        return [found for name in names if (found := self.process(name))]

    def stop(self, *, by: signal.Signals = signal.SIGINT) -> int:
        """Send a signal to the supervisor and return its exit status."""
        assert self._process is not None
        self._process.send_signal(by)
        return self._process.wait(60)

    def clean(self) -> None:
        """Leave nothing running, whatever the test did."""
        if self._process is not None and self._process.poll() is None:
            self.stop()
        self.run("down")

    def _env(self) -> dict[str, str]:
        mine = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CHATTER_", "DATABASE_", "REDIS_"))
        }
        mine |= {"XDG_CONFIG_HOME": str(self.folder / "config"), "CHATTER_RATE_LIMITS": UNHURRIED}
        return mine | self.environment


def until(condition: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Wait for something that happens in another process; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def existing(identity: ProcessIdentity | None) -> ProcessIdentity:
    assert identity is not None
    return identity
