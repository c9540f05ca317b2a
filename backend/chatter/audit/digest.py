"""The digest of a row and the hash of a link, computed apart from the database that seals them.

A row's bytes are its fields in one order, each with its length before it and null as `-`, joined by commas: what the
database's `audit_payload` makes. A link is sha256(previous link + position as eight bytes + event id + digest).
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

__all__ = ["FIELDS", "first_link", "link", "payload_digest"]

FIELDS = (
    *("tenant_id", "id", "at", "txid", "actor_kind", "actor_id", "actor_label", "actor_role", "session_id", "key_id"),
    *("client_address", "request_id", "run_id", "action", "target", "before", "after"),
)
"""The columns of a row, in the order of its bytes."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def payload_digest(values: Sequence[object]) -> bytes:
    """The SHA-256 of a row, whose values come in the order of FIELDS."""
    return hashlib.sha256(b",".join([_field(value) for value in values])).digest()


def first_link(tenant_id: UUID) -> bytes:
    """What stands before the first row of an organisation."""
    return hashlib.sha256(b"chatter.audit:" + str(tenant_id).encode()).digest()


def link(previous: bytes, *, position: int, event_id: UUID, digest: bytes) -> bytes:
    """The hash that seals a row at its position."""
    return hashlib.sha256(previous + position.to_bytes(8, "big") + event_id.bytes + digest).digest()


def _field(value: object) -> bytes:
    if value is None:
        return b"-"
    text = str((value - _EPOCH) // _MICROSECOND) if isinstance(value, datetime) else str(value)
    encoded = text.encode()
    return b"%d:%b" % (len(encoded), encoded)
