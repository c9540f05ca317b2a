"""python -m tests.bench.sampled OUT MODULE [ARGUMENT...]: run a module and write where its main thread spent its CPU.

The kernel's profiling timer interrupts after each few ms of CPU, so waiting costs no samples; the stack at that moment
is counted. At SIGTERM or at its end the process writes two lists: functions by their own time, and with what they call.
"""

import atexit
import runpy
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

__all__ = ["main"]

_EVERY = 0.002
_LINES = 24
_PACKAGES = ("site-packages/", "backend/", "frontend/", "lib/python3")


class _Sampler:
    def __init__(self, out: Path) -> None:
        self._out = out
        self._own: Counter[str] = Counter()
        self._with_calls: Counter[str] = Counter()

    def start(self) -> None:
        signal.signal(signal.SIGPROF, self._sample)
        signal.signal(signal.SIGUSR1, self._forget)
        signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
        # uvicorn raises the signal that ended it once more: then leave by the door that `atexit` watches.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        atexit.register(self._write)

    def _sample(self, _: int, frame: FrameType | None) -> None:
        seen: set[str] = set()
        while frame is not None:
            name = _name(frame)
            if not seen:
                self._own[name] += 1
            seen.add(name)
            frame = frame.f_back
        self._with_calls.update(seen)

    def _forget(self, _: int, __: FrameType | None) -> None:
        """Begin again: the caller's warm-up is over."""
        self._own.clear()
        self._with_calls.clear()

    def _write(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        total = max(self._own.total(), 1)
        lines = [f"{total} samples of the main thread"]
        for title, counter in (("own time", self._own), ("with what it calls", self._with_calls)):
            lines.append(f"  {title}")
            lines += [f"    {100 * count / total:5.1f} %  {name}" for name, count in _notable(counter, total)]
        self._out.write_text("\n".join(lines) + "\n")


def _notable(counter: Counter[str], total: int) -> list[tuple[str, int]]:
    """Leave out what stands under everything, such as the event loop's run."""
    return [(name, count) for name, count in counter.most_common() if count < 0.9 * total][:_LINES]


def _name(frame: FrameType) -> str:
    path = frame.f_code.co_filename
    for package in _PACKAGES:
        _, found, inside = path.rpartition(package)
        if found:
            path = inside
            break
    return f"{path}:{frame.f_code.co_qualname}"


def main() -> None:
    """Run the module as if it had been called by itself."""
    _Sampler(Path(sys.argv[1])).start()
    module, sys.argv = sys.argv[2], sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
