"""The processes of an installation: started, watched, started again, stopped.

Web, worker and local models hold nothing that a restart would lose, so they end with their supervisor (Linux sends
them SIGTERM when it dies; elsewhere, and for what is stuck, the next run stops them by recorded pid and start time).
Postgres and Valkey outlive it and are adopted.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chatter.embedded import files
from chatter.embedded.processes import ProcessIdentity, die_with_parent, identify, stop

_LONGEST_PAUSE = 30.0
_STABLE_AFTER = 60.0


@dataclass
class Child:
    """One process that should run."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    inherited: Sequence[int] = ()
    identity: ProcessIdentity | None = None
    _process: subprocess.Popen[bytes] | None = None
    _started: float = 0.0
    _due: float = 0.0
    _pause: float = field(default=0.0)

    def start(self) -> None:
        files.keep_log_short(self.log)
        with files.open_log(self.log) as sink:
            self._process = subprocess.Popen(
                self.arguments,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                pass_fds=self.inherited,
                start_new_session=True,
                preexec_fn=_prepare,  # noqa: PLW1509 - the supervisor has no threads
            )
        self.identity = identify(self._process.pid)
        self._started = time.monotonic()

    def ended(self) -> int | None:
        """Return the exit status, negative for a signal; None while it runs or before it was started."""
        return self._process.poll() if self._process else None

    def start_again_when_due(self, *, report: Callable[[str], None]) -> bool:
        """Start a process that ended, after a pause that grows while it keeps ending; return whether it was started."""
        status = self.ended()
        if status is None:
            return False
        now = time.monotonic()
        if not self._due:
            lived = now - self._started
            self._pause = 0.0 if lived > _STABLE_AFTER else min(max(1.0, self._pause * 2), _LONGEST_PAUSE)
            self._due = now + self._pause
            report(f"{self.name} {_reason(status)}; starting again{f' in {self._pause:.0f} s' if self._pause else ''}")
        if now < self._due:
            return False
        self._due = 0.0
        self.start()
        return True

    def stop(self, *, patience: float) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def stop_leftovers(children: Mapping[str, ProcessIdentity]) -> list[str]:
    """Stop the processes of an earlier run that still live; return their names."""
    alive = {name: child for name, child in children.items() if child.alive()}
    for child in alive.values():
        child.signal(signal.SIGTERM)
    for child in alive.values():
        stop(child, patience=5.0)
    return list(alive)


def _reason(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    return f"was ended by {signal.Signals(-status).name}"


def _prepare() -> None:
    """In the child: a supervisor in the background may ignore Ctrl-C, its children must not inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    die_with_parent()
