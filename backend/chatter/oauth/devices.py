"""Devices that wait for a person's answer (RFC 8628): kept in Redis, for no organisation is known of them yet."""

import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from chatter.kit.clock import Clock
from chatter.oauth.errors import (
    AccessDenied,
    AuthorizationPending,
    ConsentSpent,
    DeviceCodeUnknown,
    ExpiredToken,
    SlowDown,
)
from chatter.oauth.refresh_tokens import digest

__all__ = ["INTERVAL_SECONDS", "LIFETIME_SECONDS", "Devices", "Waiting"]

LIFETIME_SECONDS = 600
INTERVAL_SECONDS = 5
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Without vowels, so that no code is a word (RFC 8628, 6.1): 8 of them are 34 bits."""
_LENGTH = 8


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A device that nobody has answered yet."""

    user_code: str
    client_id: str
    scope: str


class Devices:
    """What waits. If Redis loses it, the person starts again on the device."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock

    async def start(self, *, client_id: str, scope: str) -> tuple[str, str]:
        """The device's code, and the one that a person types."""
        device_code, user_code = secrets.token_urlsafe(32), "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        key = _key(device_code)
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hset(key, mapping={"client": client_id, "scope": scope, "interval": INTERVAL_SECONDS})
            pipeline.expire(key, LIFETIME_SECONDS)
            pipeline.set(f"oauth:user-code:{user_code}", key, ex=LIFETIME_SECONDS)
            await pipeline.execute()
        return device_code, f"{user_code[:4]}-{user_code[4:]}"

    async def waiting(self, typed: str) -> Waiting:
        """The device that shows this code; raises DeviceCodeUnknown, also for one that was answered."""
        key = await self._found(typed)
        content = await self._read(key)
        if not content or "decided" in content:
            raise DeviceCodeUnknown
        return Waiting(user_code=_plain(typed), client_id=content["client"], scope=content["scope"])

    async def decide(self, waiting: Waiting) -> str:
        """Keep the right to answer for oneself; raises ConsentSpent when somebody has answered. Tells where to."""
        key = await self._found(waiting.user_code)
        if not await self._redis.hsetnx(key, "decided", "1"):  # type: ignore[misc]  # redis types both kinds of client
            raise ConsentSpent
        await self._redis.expire(key, LIFETIME_SECONDS)
        await self._redis.delete(f"oauth:user-code:{waiting.user_code}")
        return key

    async def allow(self, key: str, *, tenant_id: UUID, family_id: UUID) -> None:
        """Let the device collect its tokens."""
        said = {"tenant": str(tenant_id), "family": str(family_id), "answer": "yes"}
        await self._redis.hset(key, mapping=said)  # type: ignore[misc]

    async def refuse(self, key: str) -> None:
        """Tell the device that the person said no."""
        await self._redis.hset(key, "answer", "no")  # type: ignore[misc]

    async def collect(self, device_code: str, *, client_id: str) -> tuple[UUID, UUID]:
        """The organisation and family that were allowed, once.

        Raise AuthorizationPending, SlowDown, AccessDenied, ExpiredToken.
        """
        key = _key(device_code)
        content = await self._read(key)
        if content.get("client") != client_id:
            raise ExpiredToken
        if (answer := content.get("answer")) is None:
            await self._require_patience(key, content)
            raise AuthorizationPending
        if not await self._redis.delete(key):
            raise ExpiredToken
        if answer == "no":
            raise AccessDenied
        return UUID(content["tenant"]), UUID(content["family"])

    async def _require_patience(self, key: str, content: dict[str, str]) -> None:
        now, interval = self._clock.now().timestamp(), int(content["interval"])
        early = now - float(content.get("asked", 0)) < interval
        changed: dict[str, Any] = {"asked": now, "interval": interval + INTERVAL_SECONDS if early else interval}
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hset(key, mapping=changed)
            pipeline.expire(key, LIFETIME_SECONDS, nx=True)  # it may have gone since it was read
            await pipeline.execute()
        if early:
            raise SlowDown

    async def _found(self, typed: str) -> str:
        key = await self._redis.get(f"oauth:user-code:{_plain(typed)}")
        if key is None:
            raise DeviceCodeUnknown
        return bytes(key).decode()

    async def _read(self, key: str) -> dict[str, str]:
        content = await self._redis.hgetall(key)  # type: ignore[misc]
        return {bytes(name).decode(): bytes(value).decode() for name, value in content.items()}


def _key(device_code: str) -> str:
    return f"oauth:device:{digest(device_code).hex()}"


def _plain(typed: str) -> str:
    """As it was made, however it was typed."""
    return "".join(letter for letter in typed.upper() if letter in _LETTERS)[:20]
