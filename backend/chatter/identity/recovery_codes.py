"""Codes that stand in for a lost second factor: 80 random bits each, so that a plain hash of one can't be reversed."""

import hashlib
import re
import secrets
from uuid import UUID

__all__ = ["COUNT", "code_hash", "new_codes"]

COUNT = 10
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's Base32: none that is read as another."""
_BETWEEN = re.compile(r"[\s-]+")
_READ_AS = str.maketrans("oil", "011")


def new_codes() -> list[str]:
    """Ten codes of four groups."""
    return ["-".join(_group() for _ in range(4)) for _ in range(COUNT)]


def code_hash(code: str, *, user_id: UUID) -> bytes:
    """What is stored; the same however the code is typed."""
    typed = _BETWEEN.sub("", code).lower().translate(_READ_AS)
    return hashlib.sha256(user_id.bytes + typed.encode()).digest()


def _group() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(4))
