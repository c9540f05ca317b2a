"""SCIM tokens: they name their organisation, which is bound before they are looked for; only their hash is kept."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from uuid import UUID

from asyncpg import Record

from chatter.kit.db.database import Database
from chatter.kit.identifiers import TenantId, UserId
from chatter.kit.principal import Principal

__all__ = ["GivenToken", "digest", "is_in", "new_token", "principal_by_scim_token"]

_SHAPE = re.compile(r"chatter_scim_([0-9a-f]{32})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class GivenToken:
    """A text of the shape of a token; whether it opens anything is not known yet."""

    tenant_id: UUID
    digest: bytes

    @classmethod
    def of(cls, text: str) -> "GivenToken | None":
        """None for a text of another shape."""
        match = _SHAPE.fullmatch(text)
        return cls(UUID(match[1]), digest(text)) if match else None


def new_token(tenant_id: UUID) -> str:
    """A token with 256 random bits."""
    return f"chatter_scim_{tenant_id.hex}_{secrets.token_urlsafe(32)}"


def digest(token: str) -> bytes:
    """What is stored of a token, and looked up. It is random, so a plain hash can't be guessed back."""
    return hashlib.sha256(token.encode()).digest()


def is_in(text: str) -> bool:
    """Whether a text holds a token."""
    return _SHAPE.search(text) is not None


async def principal_by_scim_token(database: Database, token: GivenToken) -> Principal | None:
    """The directory that holds this token. One round trip, whatever comes of it."""
    row: Record | None = await database.hot.fetchrow(
        "select * from principal_by_scim_token($1, $2)", token.tenant_id, token.digest
    )
    if row is None:
        return None
    return Principal(
        tenant_id=TenantId(token.tenant_id),
        user_id=UserId(row["token_id"]),
        session_id=None,
        role=row["role"],
        email="",
        name=row["name"],
        organization_name=row["organization_name"],
        kind="scim",
        key_id=row["token_id"],
        organization_state=row["organization_state"],
    )
