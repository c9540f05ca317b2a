"""What the next process makes of a run that it takes: the log as far as it is known, and how often that led nowhere."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from chatter.runs.frames import Part, is_progress
from chatter.runs.log import LiveLog
from chatter.runs.ports import ActiveRun
from chatter.runs.repository import Grant, LapsedRun, RunRepository
from chatter.runs.schemas import Custom, TakenOver

__all__ = ["barren_takeovers", "restored"]

_NAME = "taken_over"
_MARK = b',"name":"taken_over",'


class _Mark(msgspec.Struct):
    value: TakenOver


_mark = msgspec.json.Decoder(_Mark)


class Keeper(Protocol):
    """Who knows the events that are not in Postgres yet."""

    async def tail(self, grant: Grant, *, after: int) -> list[Part]: ...


async def restored(
    lapsed: LapsedRun, *, repository: RunRepository, keeper: Keeper, changed: Callable[[LiveLog], None], by: str
) -> ActiveRun:
    """Return the run with its log. After a crash, what its readers may have seen beyond it is void."""
    grant = lapsed.grant
    live = LiveLog(tenant_id=grant.tenant_id, run_id=grant.run_id, fence=grant.fence, changed=changed)
    stored = await repository.parts(grant.tenant_id, run_id=grant.run_id, after=0)
    saved = stored.parts[-1].last if stored.parts else 0
    tail = await keeper.tail(grant, after=saved)
    live.restore(stored.parts, saved=saved, tail=tail)
    if not lapsed.released:
        live.skip_shown()
    if grant.fence > 1:  # else it was opened for whoever takes it, and nobody had it before
        live.emit(Custom(name=_NAME, value=TakenOver(fence=grant.fence, by=by)), border=True)
    run = ActiveRun(grant, lapsed.owner_id, lapsed.request_id, live, continued=True)
    run.news.set()
    return run


def barren_takeovers(frames: Sequence[bytes], *, fence: int) -> int:
    """Return how many takeovers, this one included, came after the last event that the run achieved something by."""
    holder = last = 1
    for piece in frames:
        _, found, data = piece.partition(_MARK)
        if found:
            holder = _mark.decode(b"{" + data.rstrip()).value.fence
        elif is_progress(piece):
            last = holder
    return fence - last
