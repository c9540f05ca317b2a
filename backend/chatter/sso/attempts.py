"""A sign-in on its way: begun by a browser, finished once by the same browser, within ten minutes.

The browser keeps a secret in a cookie of the attempt's own. PKCE verifier and nonce are derived from it, so whoever
reads the database, or has the address that the provider sends the browser back to, can finish nothing.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.clock import Clock
from chatter.kit.identifiers import new_id
from chatter.sso.errors import AttemptInvalid
from chatter.sso.models import SsoAttempt

__all__ = ["VALID_FOR", "Attempts", "Begun", "Returned", "cookie_of"]

VALID_FOR = timedelta(minutes=10)
_COOKIE = "chatter_sso_"


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What the browser takes along."""

    attempt_id: UUID
    secret: str
    state: str

    @property
    def nonce(self) -> str:
        return _derived(self.secret, "nonce")

    @property
    def verifier(self) -> str:
        return _derived(self.secret, "pkce")

    @property
    def challenge(self) -> str:
        """S256 (RFC 7636, 4.2)."""
        return _encoded(hashlib.sha256(self.verifier.encode()).digest())


@dataclass(frozen=True, kw_only=True)
class Returned:
    """An attempt whose browser has come back: it is used up."""

    row: SsoAttempt
    begun: Begun


class Attempts:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._tenant_id: UUID = session.info["tenant_id"]

    async def begin(self, provider_id: UUID) -> Begun:
        """Begin a sign-in; forgets those of the provider that ended long ago."""
        old = (SsoAttempt.provider_id == provider_id, SsoAttempt.expires_at < self._clock.now() - timedelta(days=1))
        await self._session.execute(delete(SsoAttempt).where(*old))
        row = self._row(provider_id, purpose="sign_in", started_by=None)
        begun = _begun(row.id)
        row.state_hash, row.browser_hash = _digest(begun.state), _digest(begun.secret)
        self._session.add(row)
        return begun

    def announce_test(self, provider_id: UUID, *, started_by: UUID, report: str) -> UUID:
        """Prepare a test, which the browser of the same person begins."""
        row = self._row(provider_id, purpose="test", started_by=started_by)
        row.report = report
        self._session.add(row)
        return row.id

    async def begin_test(self, provider_id: UUID, attempt_id: UUID, *, person_id: UUID | None) -> Begun:
        """Raise AttemptInvalid unless this person has prepared the test, and has not begun it."""
        begun = _begun(attempt_id)
        is_it = (
            *(SsoAttempt.id == attempt_id, SsoAttempt.provider_id == provider_id, SsoAttempt.purpose == "test"),
            *(SsoAttempt.started_by == person_id, SsoAttempt.browser_hash.is_(None)),
            *(SsoAttempt.used_at.is_(None), SsoAttempt.expires_at > self._clock.now()),
        )
        values = {"state_hash": _digest(begun.state), "browser_hash": _digest(begun.secret)}
        found = await self._session.scalar(update(SsoAttempt).where(*is_it).values(values).returning(SsoAttempt.id))
        if found is None:
            raise AttemptInvalid
        return begun

    async def finish(self, provider_id: UUID, state: str, *, cookies: Mapping[str, str]) -> Returned:
        """Use the attempt up; raises AttemptInvalid for one that this browser has not begun, or that has ended."""
        try:
            attempt_id = UUID(state.partition(".")[0])
        except ValueError as error:
            raise AttemptInvalid from error
        secret = cookies.get(cookie_of(attempt_id), "")
        is_it = (
            *(SsoAttempt.id == attempt_id, SsoAttempt.provider_id == provider_id),
            *(SsoAttempt.state_hash == _digest(state), SsoAttempt.browser_hash == _digest(secret)),
            *(SsoAttempt.used_at.is_(None), SsoAttempt.expires_at > self._clock.now()),
        )
        used = update(SsoAttempt).where(*is_it).values(used_at=self._clock.now()).returning(SsoAttempt)
        row = await self._session.scalar(used)
        if row is None:
            raise AttemptInvalid
        return Returned(row=row, begun=Begun(attempt_id=attempt_id, secret=secret, state=state))

    def _row(self, provider_id: UUID, *, purpose: str, started_by: UUID | None) -> SsoAttempt:
        now = self._clock.now()
        return SsoAttempt(
            tenant_id=self._tenant_id,
            id=new_id(),
            provider_id=provider_id,
            purpose=purpose,
            started_by=started_by,
            created_at=now,
            expires_at=now + VALID_FOR,
        )


def cookie_of(attempt_id: UUID) -> str:
    """Its own for each attempt: two tabs may sign in at once."""
    return f"{_COOKIE}{attempt_id.hex}"


def _begun(attempt_id: UUID) -> Begun:
    state = f"{attempt_id.hex}.{secrets.token_urlsafe(32)}"
    return Begun(attempt_id=attempt_id, secret=secrets.token_urlsafe(32), state=state)


def _derived(secret: str, purpose: str) -> str:
    return _encoded(hmac.digest(secret.encode(), purpose.encode(), hashlib.sha256))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
