"""Secrets at rest: envelope encryption with AES-256-GCM, bound to their tenant; the master key can be changed."""

import os
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chatter.kit.errors import ChatterError

__all__ = ["SealedUnder", "SecretBox", "SecretUnreadable", "derive"]

_FIRST, _VERSION = b"\x01", b"\x02"
_ID = 4
_NONCE = 12
_WRAPPED = _NONCE + 32 + 16

SealedUnder = Literal["current", "old", "unknown"]


class SecretUnreadable(ChatterError):
    """The sealed value was made with another key, or for another tenant."""

    code, status, title = "secret_unreadable", 500, "A stored secret can't be read"


def derive(secret_key: str, *, purpose: str) -> bytes:
    """32 bytes for one purpose, by HKDF-SHA256 (RFC 5869)."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=b"chatter", info=purpose.encode()).derive(
        secret_key.encode()
    )


class SecretBox:
    """Seals short texts: a data key for each value, wrapped by the master key, with the tenant authenticated.

    A sealed value names its master key by an id that tells nothing of it. Values of the first form named none.
    """

    def __init__(self, secret_key: str, *, old: Sequence[str] = ()) -> None:
        """`old` holds the keys of before, which still open and never seal."""
        keys = [secret_key, *old]
        self._masters = {_id_of(key): AESGCM(derive(key, purpose="secret-box")) for key in reversed(keys)}
        self._id = _id_of(secret_key)

    @property
    def mark(self) -> bytes:
        """What every value that is sealed now begins with."""
        return _VERSION + self._id

    def seal(self, plain: str, *, tenant_id: UUID) -> bytes:
        """Encrypt for one tenant: version, key id, wrapped data key, nonce, ciphertext."""
        data_key, key_nonce, nonce = AESGCM.generate_key(256), os.urandom(_NONCE), os.urandom(_NONCE)
        wrapped = key_nonce + self._masters[self._id].encrypt(key_nonce, data_key, tenant_id.bytes)
        return self.mark + wrapped + nonce + AESGCM(data_key).encrypt(nonce, plain.encode(), tenant_id.bytes)

    def open(self, sealed: bytes, *, tenant_id: UUID) -> str:
        """Decrypt a value of this tenant; raises SecretUnreadable."""
        masters, body = self._masters_of(sealed)
        for master in masters:
            try:
                data_key = master.decrypt(body[:_NONCE], body[_NONCE:_WRAPPED], tenant_id.bytes)
                nonce = body[_WRAPPED : _WRAPPED + _NONCE]
                return AESGCM(data_key).decrypt(nonce, body[_WRAPPED + _NONCE :], tenant_id.bytes).decode()
            except (InvalidTag, ValueError):
                continue
        raise SecretUnreadable(
            "The stored secret was sealed with another key.",
            remedy="Enter the secret again, or name the key of then in CHATTER_SECRET_KEYS_OLD.",
        )

    def under(self, sealed: bytes, *, tenant_id: UUID) -> SealedUnder:
        """Which key a value is sealed with, as far as this box has it."""
        try:
            self.open(sealed, tenant_id=tenant_id)
        except SecretUnreadable:
            return "unknown"
        return "current" if sealed.startswith(self.mark) else "old"

    def _masters_of(self, sealed: bytes) -> tuple[list[AESGCM], bytes]:
        """The keys that may open it, and what they open."""
        if sealed[:1] == _FIRST:
            return list(self._masters.values()), sealed[1:]
        master = self._masters.get(sealed[1 : 1 + _ID])
        return [master] if master else [], sealed[1 + _ID :]


def _id_of(secret_key: str) -> bytes:
    return derive(secret_key, purpose="secret-box-id")[:_ID]
