"""The file by which a running Postgres describes itself: `postmaster.pid` in its data folder."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from chatter.embedded import files
from chatter.embedded.processes import ProcessIdentity, command_line, identify, reap, start_of

_LINES = 8  # pid, data folder, start, port, socket folder, address, shared memory, status


@dataclass(frozen=True, kw_only=True)
class PostmasterStatus:
    pid: int
    port: int
    ready: bool


class PostmasterFile:
    """What stands in the file, and whether it is still true."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._path = data / "postmaster.pid"

    def read(self) -> PostmasterStatus | None:
        """Return what the server last wrote; None when there is no file or it is still being written."""
        lines = (files.read_or_none(self._path) or "").splitlines()
        if len(lines) < _LINES or not lines[0].isdecimal() or not lines[3].isdecimal():
            return None
        return PostmasterStatus(pid=int(lines[0]), port=int(lines[3]), ready=lines[7].strip() == "ready")

    def process(self) -> ProcessIdentity | None:
        """Return the live postmaster of exactly this data folder."""
        pid = self._pid()
        if pid is None:
            return None
        if str(self._data) not in command_line(pid):
            reap(pid)
            return None
        return identify(pid)

    def forget_stranger(self) -> None:
        """Remove the file when its pid belongs to an unrelated process by now, say after a reboot.

        Postgres would take that process for a running server and refuse. When the pid belongs to nobody the file
        stays: Postgres reads in it which shared memory to look at for sessions that outlived a killed server.
        """
        pid = self._pid()
        if pid is not None and start_of(pid) is not None and not orphaned_backends(self._data):
            self._path.unlink(missing_ok=True)

    def _pid(self) -> int | None:
        lines = (files.read_or_none(self._path) or "").splitlines()
        return int(lines[0]) if lines and lines[0].isdecimal() else None


def orphaned_backends(data: Path) -> list[int]:
    """Return the processes that still work in a data folder (each of Postgres' makes it its current folder)."""
    if sys.platform != "linux":
        return []
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            try:
                working_in = os.readlink(f"/proc/{entry.name}/cwd")
            except OSError:
                continue
            if working_in == str(data):
                found.append(int(entry.name))
    return found
