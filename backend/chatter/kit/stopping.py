"""A process that is asked to end: what must go first begins with the signal, not once all requests have ended."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

__all__ = ["told_first"]


@contextlib.contextmanager
def told_first(hear: Callable[[], None]) -> Iterator[None]:
    """Call `hear` in the running loop when a signal asks the process to end, then whoever else listens to it."""
    loop = asyncio.get_running_loop()
    others = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def on_signal(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(hear)
        other = others[signal.Signals(number)]
        if callable(other):
            other(number, frame)

    for number in others:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number, other in others.items():
            signal.signal(number, other)
