"""The numbered events of one run in memory: written by one task, read by any number of readers of this process."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from types import TracebackType
from uuid import UUID

from chatter.kit.streaming import KEEP_ALIVE, LastFrame
from chatter.runs.frames import Part, TextFrames, ends_run, frame, split, texts, void
from chatter.runs.schemas import StreamEvent

__all__ = ["AHEAD", "TEXT_INTERVAL", "LiveLog", "RunLog"]

TEXT_INTERVAL = 0.03
"""Seconds between two text events of a run: eyes don't see less, and a fast model sends 60-150 tokens a second."""
GATHER_SECONDS = 0.02
"""Seconds that an event may wait for the next, and an answer's last words for its end: few steps take longer."""
KEEP_ALIVE_SECONDS = 15.0
AHEAD = 32
"""How many events readers may be ahead of what outlives this process: whoever takes the run over after a crash skips so
many numbers, and no reader misses or repeats one. At a flush every 100 ms they are ahead by three or four."""


class RunLog:
    """Frames 1…n. Readers wait on futures, so an event costs nothing but waking those who wait for it."""

    __slots__ = ("_waiting", "frames", "over")

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.over = False
        self._waiting: list[asyncio.Future[bool]] = []

    @property
    def last_seq(self) -> int:
        return len(self.frames)

    @property
    def shown(self) -> int:
        """Number of the last event that readers may have."""
        return len(self.frames)

    def extend(self, frames: Sequence[bytes]) -> None:
        """Append frames that carry the next numbers."""
        self.frames.extend(frames)
        self.over = self.over or ends_run(self.frames[-1])
        self.wake()

    def end(self) -> None:
        """Let readers go, also when the last event was not one that ends a run: they come back with its number."""
        self.over = True
        self.wake()

    def wake(self) -> None:
        """Let readers see what there is."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(True)

    def part(self, *, after: int) -> Part:
        """The events after `after`, which must exist."""
        return Part(after + 1, len(self.frames), b"".join(self.frames[after:]))

    async def read(self, *, after: int, patience: float = KEEP_ALIVE_SECONDS) -> AsyncGenerator[bytes]:
        """Yield the frames after `after`, joined as they come, until the run is over.

        A comment, so that nobody on the way hangs up, when nothing came for `patience` seconds.
        """
        cursor = max(after, 0)
        with _Quiet(patience) as quiet:
            while True:
                if cursor < (shown := self.shown):
                    fresh = b"".join(self.frames[cursor:shown])
                    cursor = shown
                    yield LastFrame(fresh) if self.over and shown == len(self.frames) else fresh
                elif self.over:
                    return
                elif not await self._changed(quiet):
                    yield KEEP_ALIVE

    async def _changed(self, quiet: "_Quiet") -> bool:
        """Wait for news; False when there was none for long."""
        future = quiet.wait()
        self._waiting.append(future)
        return await future


class _Quiet:
    """One reader's patience, by one timer that is set anew only when it rings, not for each event."""

    __slots__ = ("_future", "_loop", "_patience", "_since", "_timer")

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[bool] | None = None
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> "_Quiet":
        self._timer = self._loop.call_later(self._patience, self._ring)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def wait(self) -> "asyncio.Future[bool]":
        """A future for others to answer with True; it answers False when nobody does for so long."""
        self._since = self._loop.time()
        self._future = self._loop.create_future()
        return self._future

    def _ring(self) -> None:
        left = self._since + self._patience - self._loop.time()
        if left <= 0 and self._future is not None and not self._future.done():
            self._future.set_result(False)
        self._timer = self._loop.call_later(left if left > 0 else self._patience, self._ring)


class LiveLog(RunLog):
    """The log of a run that this process executes. `changed` is told of each new event, to publish it elsewhere."""

    __slots__ = (
        "_changed_hook",
        "_gathering",
        "_loop",
        "_message",
        "_next_text_at",
        "_pending",
        "_pieces",
        "_timer",
        "at_border",
        "confirmed",
        "fence",
        "published",
        "run_id",
        "saved",
        "tenant_id",
    )

    def __init__(self, *, tenant_id: UUID, run_id: UUID, fence: int, changed: Callable[["LiveLog"], None]) -> None:
        super().__init__()
        self.tenant_id = tenant_id
        self.run_id = run_id
        self.fence = fence
        self.published = 0
        """Number of the last event that went to Redis."""
        self.confirmed = 0
        """Number of the last event that Redis has taken."""
        self.saved = 0
        """Number of the last event that Postgres has confirmed."""
        self.at_border = False
        """A step began or ended: what there is should be saved now."""
        self._changed_hook = changed
        self._loop = asyncio.get_running_loop()
        self._message: TextFrames | None = None
        self._pending: list[str] = []
        self._pieces: list[str] = []
        self._next_text_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._gathering: asyncio.TimerHandle | None = None

    @property
    def shown(self) -> int:
        """All that outlives this process, and a few more; all of it once the last event is there."""
        end = len(self.frames)
        if end <= self.saved + AHEAD or end <= self.confirmed + AHEAD or (self.over and ends_run(self.frames[-1])):
            return end
        return max(self.saved, self.confirmed) + AHEAD

    def confirm(self, *, confirmed: int = 0, saved: int = 0) -> None:
        """Note what has been taken by Redis, or by Postgres."""
        held_back = self.shown < len(self.frames)
        self.confirmed = max(self.confirmed, confirmed)
        self.saved = max(self.saved, saved)
        if held_back:
            self.wake()

    @property
    def text_so_far(self) -> str:
        """All text that was given to `text`, sent or not."""
        return "".join(self._pieces)

    def begin_text(self, message_id: UUID) -> None:
        """From now on `text` belongs to this message."""
        self._message = TextFrames(message_id)
        self._pieces = []

    def resume_text(self, message_id: UUID, *, text: str) -> None:
        """From now on `text` goes on with what this message has."""
        self._message = TextFrames(message_id)
        self._pieces = [text]

    def wake(self) -> None:
        """The same, now: nothing waits for company any more."""
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        super().wake()

    def text(self, delta: str) -> None:
        """Add streamed text: the first piece goes out at once, the next ones at most one event an interval."""
        self._pieces.append(delta)
        self._pending.append(delta)
        if self._timer is not None:
            return
        wait = self._next_text_at - self._loop.time()
        if wait <= 0:
            self._send_text()
        else:
            self._timer = self._loop.call_later(wait, self._send_text)

    def emit(self, *events: StreamEvent, border: bool = False) -> None:
        """Append events after any text that waits. Readers get what comes within `GATHER_SECONDS` at once."""
        self.flush_text()
        self.frames.extend(self.stage(*events))
        self.over = self.over or events[-1].ends_run
        self.at_border = self.at_border or border
        self._changed_hook(self)
        self._gather()

    def stage(self, *events: StreamEvent) -> list[bytes]:
        """Encode events with the next numbers without showing them: they are stored first, then given to `extend`."""
        return [frame(number, event=event) for number, event in enumerate(events, start=len(self.frames) + 1)]

    def flush_text(self) -> None:
        """Append the text that waits for its interval; readers get it with what follows."""
        if self._timer is not None:
            self._timer.cancel()
        if self._pending:
            self._append_text()
            self._gather()

    def publish(self, frames: Sequence[bytes]) -> None:
        """Show staged frames that were stored, and all before them."""
        self.extend(frames)
        self.saved = len(self.frames)
        self._changed_hook(self)

    def end(self) -> None:
        """The same; the pieces of the text are given back, its frames stay for late readers."""
        super().end()
        self._pieces = []

    def restore(self, parts: Sequence[Part], *, saved: int, tail: Sequence[Part]) -> None:
        """Begin with what another process wrote: stored parts, then what only Redis has, as far as it has no gap."""
        pieces = [piece for part in parts for piece in split(part.frames)]
        for part in tail:
            if part.first <= len(pieces) + 1:
                pieces.extend(split(part.after(len(pieces))))
        if pieces and len(pieces) > saved and ends_run(pieces[-1]):
            pieces.pop()
        self.frames = pieces
        self.saved, self.published = saved, len(pieces)
        self.confirmed = len(pieces)
        self._pieces = texts(pieces)

    def skip_shown(self) -> None:
        """Use up the numbers under which the process that is gone may have shown what is lost."""
        self.frames.extend([void(seq) for seq in range(len(self.frames) + 1, len(self.frames) + AHEAD + 1)])
        self._changed_hook(self)

    def _gather(self) -> None:
        if self._gathering is None:
            self._gathering = self._loop.call_later(GATHER_SECONDS, self.wake)

    def _send_text(self) -> None:
        self._append_text()
        self.wake()

    def _append_text(self) -> None:
        self._timer = None
        if self._message is None:
            raise RuntimeError("text before begin_text")
        self._next_text_at = self._loop.time() + TEXT_INTERVAL
        delta = "".join(self._pending)
        self._pending.clear()
        self.frames.append(self._message.frame(len(self.frames) + 1, delta=delta))
        self._changed_hook(self)
