"""Keyset pagination: newest first, by creation time and id, without counting; and the times that narrow a list."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from chatter.kit.errors import Invalid

__all__ = ["Cursor", "moment"]


@dataclass(frozen=True)
class Cursor:
    """The last row that was seen."""

    created_at: datetime
    id: UUID

    def encode(self) -> str:
        """An opaque, URL-safe text."""
        return base64.urlsafe_b64encode(msgspec.msgpack.encode((self.created_at, self.id))).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str | None) -> "Cursor | None":
        """None for no cursor; raises Invalid for one that we did not make."""
        if not text:
            return None
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            created_at, row_id = msgspec.msgpack.decode(raw, type=tuple[datetime, UUID])
        except (binascii.Error, ValueError, msgspec.DecodeError) as error:
            raise Invalid("This cursor was not made by us.", remedy="Start again without a cursor.") from error
        return cls(created_at, row_id)


def moment(given: datetime | None) -> datetime | None:
    """A time from a query, in UTC, which it is in when it names no zone; raises Invalid beyond what there is."""
    if given is None or given.tzinfo is None:
        return None if given is None else given.replace(tzinfo=UTC)
    try:
        return given.astimezone(UTC)
    except OverflowError as error:
        raise Invalid("This time is none in UTC.", remedy="Name one between the years 1 and 9999.") from error
