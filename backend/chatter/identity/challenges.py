"""Questions to a browser that is signing in: random, answered once, within minutes, by the browser that was asked.

It is told apart by a cookie that only the sign-in routes get; of both we keep the hash.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from chatter.kit.clock import Clock
from chatter.kit.db.database import Database

__all__ = ["VALID_FOR", "Attempt", "Challenges", "IssuedChallenge", "Purpose", "new_browser"]

VALID_FOR = timedelta(minutes=5)
ATTEMPTS = 5
ATTEMPTS_PER_HOUR = 10
"""Of one person, over all challenges: somebody who knows the password can start as many as they like."""

Purpose = Literal["second_factor", "passkey_registration", "passkey_sign_in"]


@dataclass(frozen=True, kw_only=True)
class IssuedChallenge:
    """A challenge that was just made; the only place where its token is seen."""

    token: bytes
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Whom a challenge is about, and how often it may still be tried after this time."""

    user_id: UUID
    email: str
    name: str
    methods: tuple[str, ...]
    left: int
    too_many: bool


class Challenges:
    """Each call is one statement that is committed by itself: an attempt counts whatever comes of it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def issue(
        self, purpose: Purpose, *, browser: str, user_id: UUID | None = None, methods: Sequence[str] = ()
    ) -> IssuedChallenge:
        """Ask; `user_id` is None when anybody may answer, `methods` is what the person has shown so far."""
        issued = IssuedChallenge(token=secrets.token_bytes(32), expires_at=self._clock.now() + VALID_FOR)
        await self._database.hot.execute(
            "select challenge_create($1, $2, $3, $4, $5, $6)",
            *(_digest(issued.token), purpose, _digest(browser.encode()), user_id, list(methods), issued.expires_at),
        )
        return issued

    async def attempt(self, token: bytes, *, browser: str) -> Attempt | None:
        """Count one more attempt at a second factor; None when there is nothing to attempt (any more)."""
        row = await self._database.hot.fetchrow(
            "select * from challenge_attempt($1, $2, $3, $4)",
            *(_digest(token), _digest(browser.encode()), ATTEMPTS, ATTEMPTS_PER_HOUR),
        )
        if row is None:
            return None
        return Attempt(
            user_id=row["user_id"],
            email=row["email"] or "",
            name=row["name"] or "",
            methods=tuple(row["methods"] or ()),
            left=row["attempts_left"],
            too_many=row["too_many"],
        )

    async def take(self, purpose: Purpose, *, token: bytes, browser: str, user_id: UUID | None) -> bool:
        """Use the challenge up; False when it is over, another's, or was used up a moment ago."""
        return bool(
            await self._database.hot.fetchval(
                "select challenge_take($1, $2, $3, $4)",
                *(_digest(token), _digest(browser.encode()), purpose, user_id),
            )
        )


def new_browser() -> str:
    """What tells a browser apart from now on."""
    return secrets.token_urlsafe(32)


def _digest(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()
