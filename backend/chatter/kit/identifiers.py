"""Identifiers: UUIDv7, so that keys sort by the time they were made."""

from typing import NewType
from uuid import UUID

import uuid_utils.compat

__all__ = ["TenantId", "UserId", "new_id"]

TenantId = NewType("TenantId", UUID)
UserId = NewType("UserId", UUID)


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562)."""
    return uuid_utils.compat.uuid7()
