"""The keys that sign access tokens: derived from the server's secret and a stored salt, rotated by adding one."""

import asyncio
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from chatter.kit.crypto import derive
from chatter.kit.db.database import Database
from chatter.kit.identifiers import new_id

__all__ = ["SigningKeys", "add_signing_key"]

_CHECK_SECONDS = 30.0
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256."""


class SigningKeys:
    """What a process knows of the keys.

    The newest signs that every process has had a minute to hear of; those replaced less than an hour ago verify too.
    """

    def __init__(self, database: Database, secret_key: str) -> None:
        self._database = database
        self._secret_key = secret_key
        self._keys: Mapping[str, ECKey] = MappingProxyType({})
        self._signing = ""
        self._checked_at = float("-inf")

    async def start(self) -> None:
        """Read the keys; make the first one of an installation."""
        await self._read()
        if not self._keys:
            await add_signing_key(self._database)
            await self._read()

    async def current(self) -> ECKey:
        """The key to sign with."""
        await self._refresh()
        return self._keys[self._signing]

    async def of(self, key_id: str) -> ECKey | None:
        """The key that a token names; one that is not known is looked for at most every half minute."""
        if key_id not in self._keys:
            await self._refresh()
        return self._keys.get(key_id)

    async def public(self) -> list[dict[str, str | list[str]]]:
        """What may be known of each, as RFC 7517 has it."""
        await self._refresh()
        return [key.as_dict(private=False) for key in self._keys.values()]

    async def _refresh(self) -> None:
        if asyncio.get_running_loop().time() - self._checked_at > _CHECK_SECONDS:
            await self._read()

    async def _read(self) -> None:
        self._checked_at = asyncio.get_running_loop().time()
        rows = await self._database.hot.fetch("select id, salt, signs from oauth_signing_keys()")
        keys = [self._derived(row["id"], row["salt"]) for row in rows]
        self._keys = MappingProxyType({str(key.kid): key for key in keys})
        signing = next((row["id"] for row in rows if row["signs"]), rows[-1]["id"] if rows else None)
        self._signing = signing.hex if signing else ""

    def _derived(self, key_id: UUID, salt: bytes) -> ECKey:
        number = int.from_bytes(derive(self._secret_key, purpose=f"oauth-signing:{salt.hex()}"), "big")
        private = ec.derive_private_key(number % (_ORDER - 1) + 1, ec.SECP256R1())
        return ECKey.import_key(private, {"kid": key_id.hex, "alg": "ES256", "use": "sig"})


async def add_signing_key(database: Database) -> UUID:
    """Make a key that signs once a minute has passed; the one before verifies for an hour."""
    key_id = new_id()
    await database.hot.execute("select oauth_signing_key_add($1, $2)", key_id, secrets.token_bytes(32))
    return key_id
