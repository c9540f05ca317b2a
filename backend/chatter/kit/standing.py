"""A reader's right to go on reading: asked again and again while a stream is open, so that the stream ends with it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterator

import msgspec
import structlog

from chatter.kit.errors import ChatterError
from chatter.kit.streaming import sse
from chatter.kit.web.problems import problem_of

__all__ = ["Standing", "Standings", "WhyEnded"]

WhyEnded = Callable[[], Awaitable[ChatterError | None]]

_ASK_SECONDS = 1.0
_PATIENCE = 5.0

log = structlog.get_logger()


class Standing:
    """One reader's, of one stream; readers with the same key are asked about once. (Litestar validates dataclasses.)"""

    def __init__(self, standings: "Standings", *, key: Hashable, why_ended: WhyEnded) -> None:
        self.key = key
        self.why_ended = why_ended
        """Answer with what a request would be refused with now; None while it would be answered."""
        self._standings = standings
        self._ended: ChatterError | None = None
        self._reader: asyncio.Task[object] | None = None
        self._waits = self._broken_off = False

    def end(self, error: ChatterError) -> None:
        """The reader may read no more: nothing that comes from now on is passed to them."""
        self._ended = error
        reader = self._reader
        if self._waits and not self._broken_off and reader is not None and reader is not asyncio.current_task():
            self._broken_off = reader.cancel()

    async def while_held(self, frames: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
        """Pass the frames on to one task; once the right has ended, say why in a frame named `problem`, and end."""
        self._reader = asyncio.current_task()
        with self._standings.watching(self):
            async with contextlib.aclosing(frames):
                while (frame := await self._next(frames)) is not None:
                    yield frame
        if self._ended is not None:
            yield sse(id=None, event="problem", data=msgspec.json.encode(problem_of(self._ended)))

    async def _next(self, frames: AsyncGenerator[bytes]) -> bytes | None:
        """The next frame; None at the end of them or of the right. The wait for it is what `end` breaks off."""
        if self._ended is not None:
            return None
        self._waits = True
        try:
            frame = await anext(frames, None)
        except asyncio.CancelledError:
            if not self._is_ours():
                raise
            return None
        finally:
            self._waits = False
        return None if self._ended is not None else frame

    def _is_ours(self) -> bool:
        """Whether `end` alone asked for this cancellation, which is thereby dealt with."""
        return self._broken_off and self._reader is not None and self._reader.uncancel() == 0


class Standings:
    """The open streams of a process: one look-up a second for each reader, however many streams and frames."""

    def __init__(self) -> None:
        self._open: dict[Hashable, set[Standing]] = {}
        self._some = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._asking = asyncio.create_task(self._ask_forever())

    async def stop(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})

    @contextlib.contextmanager
    def watching(self, standing: Standing) -> Iterator[None]:
        """Ask about a reader for as long as their stream is open."""
        self._open.setdefault(standing.key, set()).add(standing)
        self._some.set()
        try:
            yield
        finally:
            readers = self._open[standing.key]
            readers.discard(standing)
            if not readers:
                del self._open[standing.key]

    async def _ask_forever(self) -> None:
        while True:
            if not self._open:
                self._some.clear()
            await self._some.wait()
            await asyncio.sleep(_ASK_SECONDS)
            for key in list(self._open):
                await self._ask(key)

    async def _ask(self, key: Hashable) -> None:
        """Tell all readers of a key what ended their right. While nobody can be asked, they read on."""
        readers = self._open.get(key)
        if not readers:
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                error = await next(iter(readers)).why_ended()
        except Exception as failure:  # the outermost edge of this loop: it must outlive a database that is away
            log.warning("standing_not_asked", error=type(failure).__name__, exc_info=failure)
            return
        if error is not None:
            for standing in list(readers):
                standing.end(error)
