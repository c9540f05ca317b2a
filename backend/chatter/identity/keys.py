"""API keys: they name their organisation, so that it is bound before they are looked for; only their hash is kept."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from uuid import UUID

from asyncpg import Record

from chatter.identity.demands import require_holder
from chatter.identity.errors import KeyAddressRefused
from chatter.identity.key_uses import KeyUses
from chatter.kit.db.database import Database
from chatter.kit.identifiers import TenantId, UserId
from chatter.kit.principal import Principal

__all__ = ["GivenKey", "digest", "is_in", "new_key", "principal_by_key"]

_SHAPE = re.compile(r"chatter_sk_([0-9a-f]{32})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class GivenKey:
    """A text of the shape of a key; whether it opens anything is not known yet."""

    tenant_id: UUID
    digest: bytes

    @classmethod
    def of(cls, token: str) -> "GivenKey | None":
        """None for a token of another shape."""
        match = _SHAPE.fullmatch(token)
        return cls(UUID(match[1]), digest(token)) if match else None


def new_key(tenant_id: UUID) -> str:
    """A key with 256 random bits."""
    return f"chatter_sk_{tenant_id.hex}_{secrets.token_urlsafe(32)}"


def digest(key: str) -> bytes:
    """What is stored of a key, and looked up. It is random, so a plain hash can't be guessed back."""
    return hashlib.sha256(key.encode()).digest()


def is_in(text: str) -> bool:
    """Whether a text holds a key."""
    return _SHAPE.search(text) is not None


async def principal_by_key(
    database: Database, uses: KeyUses, key: GivenKey, *, tenant_id: UUID | None, address: str | None
) -> Principal | None:
    """Who holds this key, unless another organisation was named. One round trip, whatever comes of it.

    Raise KeyAddressRefused for a key that works, but not from this address, and HolderSsoRequired or
    HolderFactorRequired for one whose holder could not come in themselves.
    """
    row: Record | None = await database.hot.fetchrow(
        "select * from principal_by_key($1, $2)", key.tenant_id, key.digest
    )
    if row is None or tenant_id not in (None, key.tenant_id):
        return None
    if row["addresses"] and not _is_within(address, row["addresses"]):
        raise KeyAddressRefused(address)
    require_holder(row["lacks"], organization_name=row["organization_name"])
    if row["use_is_old"]:
        uses.note(key.tenant_id, row["key_id"])
    return Principal(
        tenant_id=TenantId(key.tenant_id),
        user_id=UserId(row["user_id"]),
        session_id=None,
        role=row["role"],
        email=row["email"],
        name=row["name"],
        organization_name=row["organization_name"],
        kind="service" if row["kind"] == "service" else "user",
        key_id=row["key_id"],
        scopes=None if row["scopes"] is None else frozenset(row["scopes"]),
        organization_state=row["organization_state"],
    )


def _is_within(address: str | None, networks: list[str]) -> bool:
    """Whether an address is in one of the networks; one that nobody knows is in none."""
    return address is not None and any(ip_address(address) in ip_network(network) for network in networks)
