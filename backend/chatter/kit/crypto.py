"""Secrets at rest: envelope encryption with AES-256-GCM, bound to their tenant."""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chatter.kit.errors import ChatterError

__all__ = ["SecretBox", "SecretUnreadable", "derive"]

_VERSION = b"\x01"
_NONCE = 12
_WRAPPED = _NONCE + 32 + 16


class SecretUnreadable(ChatterError):
    """The sealed value was made with another key, or for another tenant."""

    code, status, title = "secret_unreadable", 500, "A stored secret can't be read"


def derive(secret_key: str, *, purpose: str) -> bytes:
    """32 bytes for one purpose, by HKDF-SHA256 (RFC 5869)."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=b"chatter", info=purpose.encode()).derive(
        secret_key.encode()
    )


class SecretBox:
    """Seals short texts: a data key for each value, wrapped by the master key, with the tenant authenticated."""

    def __init__(self, secret_key: str) -> None:
        self._master = AESGCM(derive(secret_key, purpose="secret-box"))

    def seal(self, plain: str, *, tenant_id: UUID) -> bytes:
        """Encrypt for one tenant: version byte, wrapped data key, nonce, ciphertext."""
        data_key, key_nonce, nonce = AESGCM.generate_key(256), os.urandom(_NONCE), os.urandom(_NONCE)
        wrapped = key_nonce + self._master.encrypt(key_nonce, data_key, tenant_id.bytes)
        return _VERSION + wrapped + nonce + AESGCM(data_key).encrypt(nonce, plain.encode(), tenant_id.bytes)

    def open(self, sealed: bytes, *, tenant_id: UUID) -> str:
        """Decrypt a value of this tenant; raises SecretUnreadable."""
        body = sealed[1:]
        try:
            data_key = self._master.decrypt(body[:_NONCE], body[_NONCE:_WRAPPED], tenant_id.bytes)
            nonce = body[_WRAPPED : _WRAPPED + _NONCE]
            return AESGCM(data_key).decrypt(nonce, body[_WRAPPED + _NONCE :], tenant_id.bytes).decode()
        except (InvalidTag, ValueError) as error:
            raise SecretUnreadable(
                "The stored secret was sealed with another key.",
                remedy="Enter the secret again, or restore CHATTER_SECRET_KEY.",
            ) from error
