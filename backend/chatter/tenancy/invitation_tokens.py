"""The secret in an invitation's link: derived when the mail is written, so that it is stored nowhere."""

import base64
import hashlib
import hmac
from uuid import UUID

from chatter.kit.crypto import derive

__all__ = ["digest", "invitation_link", "invitation_token"]


def invitation_token(secret_key: str, *, tenant_id: UUID, invitation_id: UUID, serial: int) -> str:
    """256 bits that only the holder of the server's key can compute; each serial gives another token."""
    message = tenant_id.bytes + invitation_id.bytes + serial.to_bytes(8)
    mac = hmac.digest(derive(secret_key, purpose="invitation"), message, hashlib.sha256)
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def digest(token: str) -> bytes:
    """What is stored of a token, and looked up."""
    return hashlib.sha256(token.encode()).digest()


def invitation_link(address: str, *, tenant_id: UUID, token: str) -> str:
    """The token stands behind `#`: browsers do not send it, so no server's log holds it."""
    return f"{address}/invite/{tenant_id}#{token}"
