"""Refresh tokens: half of one is its family's, half its own, so that a used one is known for what it is."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from uuid import UUID

__all__ = ["GivenCode", "GivenRefreshToken", "digest", "new_code", "next_token"]

_TOKEN = re.compile(r"chatter_rt_([0-9a-f]{32})_([A-Za-z0-9_-]{43})([A-Za-z0-9_-]{43})")
_CODE = re.compile(r"chatter_ac_([0-9a-f]{32})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class GivenRefreshToken:
    """A text of the shape of a refresh token; whether it opens anything is not known yet."""

    tenant_id: UUID
    secret: str
    own: str

    @classmethod
    def of(cls, text: str) -> "GivenRefreshToken | None":
        match = _TOKEN.fullmatch(text)
        return cls(UUID(match[1]), match[2], match[3]) if match else None

    @property
    def secret_hash(self) -> bytes:
        """What the family is looked up by."""
        return digest(self.secret)

    @property
    def own_hash(self) -> bytes:
        """What must be the newest."""
        return digest(self.own)

    @property
    def text(self) -> str:
        """As the app gets it."""
        return f"chatter_rt_{self.tenant_id.hex}_{self.secret}{self.own}"


def next_token(tenant_id: UUID, *, secret: str | None = None) -> GivenRefreshToken:
    """The first token of a family, or the next one of the family with this secret."""
    return GivenRefreshToken(tenant_id, secret or secrets.token_urlsafe(32), secrets.token_urlsafe(32))


@dataclass(frozen=True, slots=True)
class GivenCode:
    """A text of the shape of an authorization code."""

    tenant_id: UUID
    code_hash: bytes

    @classmethod
    def of(cls, text: str) -> "GivenCode | None":
        match = _CODE.fullmatch(text)
        return cls(UUID(match[1]), digest(text)) if match else None


def new_code(tenant_id: UUID) -> str:
    """A code with 256 random bits that names its organisation."""
    return f"chatter_ac_{tenant_id.hex}_{secrets.token_urlsafe(32)}"


def digest(text: str) -> bytes:
    """What is stored. The texts are random, so a plain hash can't be guessed back."""
    return hashlib.sha256(text.encode()).digest()
