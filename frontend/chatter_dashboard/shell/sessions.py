"""Which tabs belong to which session, so that a socket is only opened by its owner and closes with the session."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

__all__ = ["TabRegistry"]

_TRUSTED_SECONDS = 30.0

SessionCheck = Callable[[str], Awaitable[bool]]


@dataclass
class _Session:
    tabs: set[str] = field(default_factory=set)
    checked_at: float = 0.0


class TabRegistry:
    """Session token to NiceGUI client ids. Lives and dies with this process, as the clients do."""

    def __init__(self, is_valid: SessionCheck) -> None:
        self._is_valid = is_valid
        self._sessions: dict[str, _Session] = {}

    def add(self, token: str, tab: str) -> None:
        """Remember a tab that was just built for a session that was just checked."""
        session = self._sessions.setdefault(token, _Session())
        session.tabs.add(tab)
        session.checked_at = time.monotonic()

    def remove(self, token: str, tab: str) -> None:
        """Forget a tab; forget its session with the last one."""
        session = self._sessions.get(token)
        if session is None:
            return
        session.tabs.discard(tab)
        if not session.tabs:
            del self._sessions[token]

    def owns(self, token: str, tab: str) -> bool:
        """Whether the tab was built for this session."""
        session = self._sessions.get(token)
        return session is not None and tab in session.tabs

    async def valid(self, token: str) -> bool:
        """Whether the session still holds, asked of the API at most every 30 seconds."""
        session = self._sessions.get(token)
        if session is not None and time.monotonic() - session.checked_at < _TRUSTED_SECONDS:
            return True
        if not await self._is_valid(token):
            return False
        if session is not None:
            session.checked_at = time.monotonic()
        return True

    def tabs_of_ended(self, ended: set[str]) -> Iterator[str]:
        """The tabs of these sessions."""
        for token in ended:
            if session := self._sessions.get(token):
                yield from session.tabs

    async def watch(self, expel: Callable[[str], None]) -> None:
        """Until cancelled: send away the tabs of sessions that ended elsewhere."""
        while True:
            await asyncio.sleep(_TRUSTED_SECONDS)
            ended = {token for token in list(self._sessions) if not await self.valid(token)}
            for tab in list(self.tabs_of_ended(ended)):
                expel(tab)
