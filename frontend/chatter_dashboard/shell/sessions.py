"""Which tabs belong to which session, so that a socket is only opened by its owner and closes with the session."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

__all__ = ["TabRegistry"]

_TRUSTED_SECONDS = 30.0
_WATCH_SECONDS = 2.0
"""How often open tabs are asked about: one statement for each session and organisation that has some."""

SessionCheck = Callable[[str, UUID | None], Awaitable[bool]]
"""Whether a session still opens an organisation; None: any."""


@dataclass
class _Session:
    tabs: dict[str, UUID | None] = field(default_factory=dict)
    """Which organisation each of them shows."""
    checked_at: float = 0.0


class TabRegistry:
    """Session token to NiceGUI client ids. Lives and dies with this process, as the clients do."""

    def __init__(self, is_valid: SessionCheck) -> None:
        self._is_valid = is_valid
        self._sessions: dict[str, _Session] = {}

    def add(self, token: str, tab: str, *, organization_id: UUID | None = None) -> None:
        """Remember a tab that was just built for a session that was just checked."""
        session = self._sessions.setdefault(token, _Session())
        session.tabs[tab] = organization_id
        session.checked_at = time.monotonic()

    def remove(self, token: str, tab: str) -> None:
        """Forget a tab; forget its session with the last one."""
        session = self._sessions.get(token)
        if session is None:
            return
        session.tabs.pop(tab, None)
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
        if not await self._is_valid(token, None):
            return False
        if session is not None:
            session.checked_at = time.monotonic()
        return True

    async def watch(self, expel: Callable[[str], None]) -> None:
        """Until cancelled: send away the tabs whose session has ended, or opens their organisation no more."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            for token, organization_id in self._open():
                if not await self._is_valid(token, organization_id):
                    for tab in self._shut(token, organization_id):
                        expel(tab)

    def _open(self) -> list[tuple[str, UUID | None]]:
        return [(token, shown) for token, session in self._sessions.items() for shown in set(session.tabs.values())]

    def _shut(self, token: str, organization_id: UUID | None) -> Iterator[str]:
        """The tabs that show it; no socket of the session is trusted any more."""
        if session := self._sessions.get(token):
            session.checked_at = float("-inf")
            yield from [tab for tab, shown in session.tabs.items() if shown == organization_id]
