"""Consent: what an app asks is shown to a person with a word that their answer brings back, once."""

import base64
import binascii
import hmac
from datetime import timedelta
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import msgspec
from redis.asyncio import Redis

from chatter.kit.clock import Clock
from chatter.kit.crypto import derive
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.oauth.errors import ConsentSpent
from chatter.oauth.refresh_tokens import digest

__all__ = ["ConsentTokens", "answered", "consent_token"]

_MINUTES = 10


class _Said(msgspec.Struct, array_like=True, frozen=True):
    nonce: UUID
    tenant_id: UUID
    user_id: UUID
    about: bytes
    until: int


class ConsentTokens:
    """Says that this person saw this request. A page of another site can't know one, and each works once."""

    def __init__(self, secret_key: str, clock: Clock, redis: Redis) -> None:
        self._secret_key = secret_key
        self._clock = clock
        self._redis = redis

    def made(self, principal: Principal, about: str) -> str:
        """A token for one request, good for ten minutes."""
        until = self._clock.now() + timedelta(minutes=_MINUTES)
        return consent_token(
            self._secret_key,
            tenant_id=principal.tenant_id,
            user_id=principal.user_id,
            about=about,
            until=int(until.timestamp()),
        )

    async def spend(self, principal: Principal, about: str, token: str) -> None:
        """Raise ConsentSpent unless this person was shown this request, and has not answered it."""
        said = self._read(token)
        expected = (principal.tenant_id, principal.user_id, digest(about))
        if said is None or (said.tenant_id, said.user_id, said.about) != expected:
            raise ConsentSpent
        if said.until < self._clock.now().timestamp():
            raise ConsentSpent
        key = f"oauth:consent:{principal.tenant_id}:{said.nonce}"
        if not await self._redis.set(key, b"1", nx=True, ex=_MINUTES * 60):
            raise ConsentSpent

    def _read(self, token: str) -> _Said | None:
        body, _, seal = token.partition(".")
        try:
            raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
            if not hmac.compare_digest(seal, _sealed(self._secret_key, raw)):
                return None
            return msgspec.msgpack.decode(raw, type=_Said)
        except (binascii.Error, ValueError, TypeError, msgspec.DecodeError):
            return None


def consent_token(secret_key: str, *, tenant_id: UUID, user_id: UUID, about: str, until: int) -> str:
    """The token itself; `until` in seconds since 1970."""
    raw = msgspec.msgpack.encode(_Said(new_id(), tenant_id, user_id, digest(about), until))
    return base64.urlsafe_b64encode(raw).decode().rstrip("=") + "." + _sealed(secret_key, raw)


def answered(redirect_uri: str, *, issuer: str, state: str, **said: str) -> str:
    """The app's address with an answer, the state that it gave, and who answers (RFC 9207)."""
    parts = urlsplit(redirect_uri)
    answer = urlencode(said | ({"state": state} if state else {}) | {"iss": issuer})
    return parts._replace(query=f"{parts.query}&{answer}" if parts.query else answer).geturl()


def _sealed(secret_key: str, raw: bytes) -> str:
    return hmac.digest(derive(secret_key, purpose="oauth-consent"), raw, "sha256").hex()
