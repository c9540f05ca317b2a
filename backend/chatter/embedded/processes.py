"""Processes by identity: a pid alone may have been given to somebody else since it was written down."""

import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from chatter.embedded.errors import ServerRefused

_PROC = Path("/proc")
_PR_SET_PDEATHSIG = 1
_SERVER_PORTS = range(20000, 32000)
_ATTEMPTS = 100


@dataclass(frozen=True, kw_only=True)
class ProcessIdentity:
    """A pid together with the moment its process began, which no later process with that pid shares."""

    pid: int
    started: str

    def alive(self) -> bool:
        return start_of(self.pid) == self.started

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless the process is gone or its pid belongs to another one by now."""
        if not self.alive():
            return
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return


def identify(pid: int) -> ProcessIdentity | None:
    started = start_of(pid)
    return None if started is None else ProcessIdentity(pid=pid, started=started)


def start_of(pid: int) -> str | None:
    """Return what tells this process from any other that had or will have its pid; None when it has ended."""
    if sys.platform != "linux":
        return _ask_ps(pid, column="lstart=")
    try:
        # The command's name stands in brackets and may itself hold blanks and brackets.
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, ticks_since_boot = fields[0], fields[19]
    return None if state in "ZX" else f"{_boot()}:{ticks_since_boot}"


def command_line(pid: int) -> str:
    """Return the arguments a process was started with, blank-separated; empty when it has ended."""
    if sys.platform != "linux":
        return _ask_ps(pid, column="args=") or ""
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def stop(identity: ProcessIdentity, *, first: signal.Signals = signal.SIGTERM, patience: float = 10.0) -> None:
    """Ask a process to end, wait for it, and kill it once `patience` seconds are over."""
    identity.signal(first)
    if not wait_until_gone(identity, seconds=patience):
        identity.signal(signal.SIGKILL)
        wait_until_gone(identity, seconds=5.0)


def wait_until_gone(identity: ProcessIdentity, *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while identity.alive():
        reap(identity.pid)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    reap(identity.pid)
    return True


def release(child: subprocess.Popen[bytes]) -> None:
    """Let a child run on without its handle: Python takes one that is dropped before the child's end for a mistake."""
    child.returncode = 0  # as if it had been waited for


def die_with_parent() -> None:
    """For `preexec_fn`: ask Linux for a SIGTERM when the parent dies; elsewhere the recorded pids must do."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def port_is_free(port: int, *, host: str = "127.0.0.1") -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def listens(port: int, *, host: str = "127.0.0.1") -> bool:
    """Return whether somebody takes connections there."""
    try:
        socket.create_connection((host, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def free_port(*, preferred: int | None = None, host: str = "127.0.0.1") -> int:
    """Return the preferred port when nobody listens there, else one that is free.

    It lies below the ports that the system gives to outgoing connections: one of those could take it while a server
    is being replaced, even a client that keeps trying to reach that server and so reaches itself.
    """
    candidates = random.sample(_SERVER_PORTS, _ATTEMPTS)
    for port in candidates if preferred is None else [preferred, *candidates]:
        if port_is_free(port, host=host):
            return port
    raise ServerRefused(f"No port is free on {host}.", remedy="Stop some of the servers on this machine.")


def _boot() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()


def reap(pid: int) -> None:
    """Collect a child's exit status; other people's children are not ours.

    Until then a killed Postgres is a zombie, and the next one takes its pid for a running server.
    """
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _ask_ps(pid: int, *, column: str) -> str | None:
    answer = subprocess.run(
        ["/bin/ps", "-ww", "-o", column, "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or None
