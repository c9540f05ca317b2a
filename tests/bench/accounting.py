"""CPU seconds and memory of processes, read from /proc. CPU holds on a busy machine, a wall clock does not."""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CpuWatch", "cpu_of_tree", "on_one_core", "resident_megabytes", "tree"]

_PROC = Path("/proc")
_TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class _Stat:
    parent: int
    ticks: int
    """User and system time, with that of the children it has reaped."""


class CpuWatch:
    """Reads how much CPU each named process tree takes between two looks."""

    def __init__(self, roots: dict[str, int]) -> None:
        """`roots` maps a name to the pid at the top of its tree."""
        self._roots = roots
        self._before = self._now()

    def spent(self) -> dict[str, float]:
        """Return the CPU seconds of each tree since the watch began."""
        now = self._now()
        return {name: now[name] - self._before[name] for name in self._roots}

    def _now(self) -> dict[str, float]:
        stats = _stats()
        return {name: _sum(stats, root=pid) for name, pid in self._roots.items()}


def cpu_of_tree(pid: int) -> float:
    """Return user and system seconds of a process, its living descendants and all that they have reaped."""
    return _sum(_stats(), root=pid)


def tree(pid: int) -> list[int]:
    """Return a process and its living descendants."""
    return _members(_stats(), root=pid)


def resident_megabytes(pid: int) -> float:
    """Return the memory of one process that is in RAM, shared pages included."""
    pages = int((_PROC / str(pid) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def on_one_core(pid: int) -> Iterator[None]:
    """Keep a process and its threads on one core, and let it go again."""
    everywhere = os.sched_getaffinity(pid)
    threads = [int(thread.name) for thread in (_PROC / str(pid) / "task").iterdir()]
    for thread in threads:
        os.sched_setaffinity(thread, {min(everywhere)})
    try:
        yield
    finally:
        for thread in threads:
            os.sched_setaffinity(thread, everywhere)


def _sum(stats: dict[int, _Stat], *, root: int) -> float:
    return sum(stats[pid].ticks for pid in _members(stats, root=root)) * _TICK


def _members(stats: dict[int, _Stat], *, root: int) -> list[int]:
    children: defaultdict[int, list[int]] = defaultdict(list)
    for pid, stat in stats.items():
        children[stat.parent].append(pid)
    members = [root] if root in stats else []
    for pid in members:
        members.extend(children[pid])
    return members


def _stats() -> dict[int, _Stat]:
    found: dict[int, _Stat] = {}
    for entry in _PROC.iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            # The command's name stands in brackets and may itself hold blanks and brackets.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found[int(entry.name)] = _Stat(int(fields[1]), sum(map(int, fields[11:15])))
    return found
