"""How fast this machine is right now: the same work costs more CPU where neighbours share the caches and the cores."""

import time

__all__ = ["reference_milliseconds"]

_ROUNDS = 5


def reference_milliseconds() -> float:
    """Return the CPU time of a fixed piece of Python work, the median of a few."""
    times = sorted(_once() for _ in range(_ROUNDS))
    return times[_ROUNDS // 2] * 1000


def _once() -> float:
    started = time.process_time()
    counts: dict[int, str] = {}
    for number in range(100_000):
        counts[number % 1000] = str(number)
    return time.process_time() - started
