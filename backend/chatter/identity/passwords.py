"""Passwords by argon2id, in a thread: one check costs tens of milliseconds of CPU."""

import asyncio

from pwdlib import PasswordHash

__all__ = ["hash_password", "is_outdated", "verify_password"]

_HASHER = PasswordHash.recommended()
_UNKNOWN = "$argon2id$v=19$m=65536,t=3,p=4$NJsIHuAPWCk2tPc8WkxA1w$PXEsH8xXrQTHxxQiXGdZfBTQZYPbvyXe8TGJxrcGKzk"
"""A hash of nothing in particular, so that an unknown address costs the same check as a known one."""


async def hash_password(password: str) -> str:
    return await asyncio.to_thread(_HASHER.hash, password)


async def verify_password(password: str, stored: str | None) -> bool:
    """Whether the password fits; takes as long for an unknown person (None) as for a known one."""
    fits = await asyncio.to_thread(_HASHER.verify, password, stored or _UNKNOWN)
    return fits and stored is not None


def is_outdated(stored: str) -> bool:
    """Whether it was hashed with less effort than is spent today."""
    return _HASHER.current_hasher.check_needs_rehash(stored)
