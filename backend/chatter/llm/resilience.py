"""What stands between a question and providers that are busy, broken or silent.

Before the first token another attempt costs nobody anything: a provider that is busy, broken or silent is followed by
the next model of the chain; the last one is asked once more after the time that it names, if that is short. After the
first token nothing is repeated, and a key, a model or a request that was refused never is. A provider that failed again
and again is left alone for a while (a circuit breaker for each organisation, since keys and quotas are an
organisation's own), and each provider gets only so many calls at once, shared fairly between organisations.
"""

import asyncio
import random
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from chatter.llm.errors import (
    ProviderBroken,
    ProviderBusy,
    ProviderFault,
    ProviderHungUp,
    ProviderIncoherent,
    ProviderTimedOut,
    ProviderUnreachable,
    UpstreamCutShort,
)
from chatter.llm.ports import ChatDelta

__all__ = ["Attempt", "Breaker", "FairSlots", "Resilience", "may_be_followed"]

_FOLLOWED = (ProviderBusy, ProviderBroken, ProviderTimedOut, ProviderUnreachable, ProviderIncoherent, UpstreamCutShort)
_LONGEST_PAUSE = 5.0
"""Seconds that a person is kept waiting for a provider that asks us to wait."""
_USUAL_PAUSE = 0.5
_FAILURES = 5
_LEFT_ALONE = 30.0
_REMEMBERED = 10_000
_AT_ONCE = 256
"""Calls to one address that a process has open at a time: a core carries a hundred answers, and none of them waits."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One model that may answer: whom it is asked of, and how."""

    tenant_id: UUID
    provider_id: UUID
    provider: str
    address: str
    begin: Callable[[], AsyncGenerator[ChatDelta, None]]
    max_concurrency: int | None = None
    """Calls that the organisation lets its provider have at once; the others wait."""


class Breaker:
    """Whether a provider is worth asking. Half open after a while: one call is let through to see."""

    __slots__ = ("_clock", "_failures", "_trying", "_until")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._until = 0.0
        self._trying = False

    def admits(self) -> bool:
        """Whether the provider may be asked now."""
        if self._failures < _FAILURES:
            return True
        if self._clock() < self._until or self._trying:
            return False
        self._trying = True
        return True

    def succeeded(self) -> None:
        """It has answered."""
        self._failures = 0
        self._trying = False

    def failed(self) -> None:
        """It has failed on its own account."""
        self._failures += 1
        self._trying = False
        self._until = self._clock() + _LEFT_ALONE

    def spared(self) -> None:
        """Nothing was learnt: whoever asked has left."""
        self._trying = False


class FairSlots:
    """So many at once; when it is full, organisations take turns, however many of one wait."""

    def __init__(self, size: int = _AT_ONCE) -> None:
        self._free = size
        self._waiting: dict[UUID, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def slot(self, tenant_id: UUID) -> AsyncIterator[None]:
        """Wait for one's turn, and keep the slot for the block."""
        await self._take(tenant_id)
        try:
            yield
        finally:
            self._give()

    async def _take(self, tenant_id: UUID) -> None:
        if self._free > 0:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant_id, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give()  # it had its turn already
            raise

    def _give(self) -> None:
        """To the organisation that has waited longest since its last turn, or back."""
        while self._waiting:
            tenant_id, turns = next(iter(self._waiting.items()))
            del self._waiting[tenant_id]
            turn = turns.popleft()
            if turns:
                self._waiting[tenant_id] = turns  # behind the others now
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class Resilience:
    """What a process knows of its providers."""

    def __init__(self) -> None:
        self._breakers: dict[tuple[UUID, UUID], Breaker] = {}
        self._slots: dict[str, FairSlots] = {}
        self._own_slots: dict[tuple[UUID, UUID, int], FairSlots] = {}

    async def stream(self, attempts: Sequence[Attempt]) -> AsyncGenerator[ChatDelta, None]:
        """The answer of the first model that begins one; raises what the last one raised."""
        for number, attempt in enumerate(attempts, start=1):
            is_last = number == len(attempts)
            breaker = self._breaker(attempt)
            if not breaker.admits():
                if is_last:
                    raise _left_alone(attempt)
                continue
            tries = 2 if is_last else 1
            for left in reversed(range(tries)):
                begun = False
                try:
                    async with aclosing(self._tried(attempt, breaker)) as deltas:
                        async for delta in deltas:
                            begun = begun or delta.says_something
                            yield delta
                    return
                except ProviderFault as fault:
                    if begun or not may_be_followed(fault) or (is_last and not left):
                        raise
                    pause = _pause(fault) if is_last else 0.0
                    if pause is None:
                        raise
                await asyncio.sleep(pause)

    async def _tried(self, attempt: Attempt, breaker: Breaker) -> AsyncGenerator[ChatDelta, None]:
        """One call, in a slot of its provider; the breaker is told how it went."""
        try:
            async with self._slot(attempt), aclosing(attempt.begin()) as deltas:
                async for delta in deltas:
                    yield delta
        except ProviderFault as fault:
            (breaker.failed if may_be_followed(fault) else breaker.spared)()
            raise
        except BaseException:
            breaker.spared()
            raise
        breaker.succeeded()

    def _slot(self, attempt: Attempt) -> AbstractAsyncContextManager[None]:
        """What a call waits for: first its turn among its organisation's own, then at the address, which many share."""
        shared = self._slots.setdefault(attempt.address, FairSlots())
        if attempt.max_concurrency is None:
            return shared.slot(attempt.tenant_id)
        key = (attempt.tenant_id, attempt.provider_id, attempt.max_concurrency)
        own = self._own_slots.get(key)
        if own is None:
            if len(self._own_slots) >= _REMEMBERED:
                self._own_slots.clear()
            own = self._own_slots[key] = FairSlots(attempt.max_concurrency)
        return _both(own, shared, attempt.tenant_id)

    def _breaker(self, attempt: Attempt) -> Breaker:
        key = (attempt.tenant_id, attempt.provider_id)
        if key not in self._breakers:
            if len(self._breakers) >= _REMEMBERED:
                self._breakers.clear()
            self._breakers[key] = Breaker(asyncio.get_running_loop().time)
        return self._breakers[key]


@asynccontextmanager
async def _both(own: FairSlots, shared: FairSlots, tenant_id: UUID) -> AsyncIterator[None]:
    async with own.slot(tenant_id), shared.slot(tenant_id):
        yield


def may_be_followed(fault: ProviderFault) -> bool:
    """Whether another attempt may go better: not when a key, a model or the request itself was refused."""
    return isinstance(fault, _FOLLOWED)


def _pause(fault: ProviderFault) -> float | None:
    """How long to wait before the last model is asked once more, a little different each time; None: too long."""
    if isinstance(fault, ProviderTimedOut):
        return None  # it was waited for long enough
    if isinstance(fault, ProviderHungUp):
        return 0.0
    wanted = fault.retry_after if fault.retry_after is not None else _USUAL_PAUSE
    return None if wanted > _LONGEST_PAUSE else wanted + random.uniform(0, wanted / 2 + 0.1)  # noqa: S311 # no secret


def _left_alone(attempt: Attempt) -> ProviderUnreachable:
    return ProviderUnreachable(
        f"{attempt.provider} has failed again and again, and is left alone for a moment.",
        remedy="Ask again in half a minute, or choose another model.",
    )
