"""What is too large for a row: the whole in object storage, a short beginning beside its name in the row."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from obstore.exceptions import BaseError

from chatter.kit.db.database import Database
from chatter.kit.identifiers import new_id
from chatter.kit.services import Services
from chatter.kit.storage import ObjectStore

__all__ = [
    "DAILY_SECONDS",
    "LARGEST_IN_ROW",
    "NOTHING",
    "Kept",
    "Payloads",
    "beginning",
    "erase_payloads",
    "sweep",
    "sweep_payloads",
]

LARGEST_IN_ROW = 8192
"""Bytes of UTF-8."""
DAILY_SECONDS = 24 * 60 * 60
FOLDER = "payloads"
_BEGINNING = 1000
_ORPHAN_AFTER = timedelta(days=1)
_TENANTS = "select tenant_id from organization"
_NAMED = """
select unnest(array[arguments_payload, result_payload]) as id from tool_call
where tenant_id = $1 and (arguments_payload is not null or result_payload is not null)
"""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands in the row: all of it, or its beginning and the name of the object that is the whole."""

    text: str
    payload_id: UUID | None = None


NOTHING = Kept("")


def beginning(text: str) -> str:
    """The text itself while it is small, else how it begins."""
    return text if len(text.encode()) <= LARGEST_IN_ROW else f"{text[:_BEGINNING]}…"


class Payloads:
    """Objects of tenants. One is written before the transaction that names it; the sweep finds those that none did."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def keep(self, tenant_id: UUID, text: str, *, without_storage: int) -> Kept:
        """Put away what is large.

        While the storage is away, so many characters stay in the row: a call that was made is not lost for its length.
        """
        if len(text.encode()) <= LARGEST_IN_ROW:
            return Kept(text)
        payload_id = new_id()
        try:
            await self._store.put(tenant_id, _key(payload_id), text.encode())
        except (BaseError, OSError) as error:
            log.warning("payload_not_kept", size=len(text), error=type(error).__name__)
            return Kept(text[:without_storage])
        return Kept(beginning(text), payload_id)

    async def whole(self, tenant_id: UUID, kept: Kept) -> str:
        """All of it; raises ObjectMissing."""
        if kept.payload_id is None:
            return kept.text
        return (await self._store.get(tenant_id, _key(kept.payload_id))).decode()


async def erase_payloads(store: ObjectStore, tenant_id: UUID, payload_ids: list[UUID]) -> None:
    """Remove objects that no row names any more."""
    for payload_id in payload_ids:
        await store.delete(tenant_id, _key(payload_id))


async def sweep_payloads(services: Services) -> None:
    """Remove from all organisations what no row names and nobody is about to name."""
    async with services.database.platform() as platform:
        tenants = [row["tenant_id"] for row in await platform.fetch(_TENANTS)]
    for tenant_id in tenants:
        await sweep(services.database, services.store, tenant_id=tenant_id, now=services.clock.now())


async def sweep(database: Database, store: ObjectStore, *, tenant_id: UUID, now: datetime) -> int:
    """Do so in one organisation; returns how many objects that were."""
    names = [key.rpartition("/")[2] for key in await store.keys(tenant_id, FOLDER)]
    before = now - _ORPHAN_AFTER
    old = [payload_id for payload_id in map(UUID, names) if _made_at(payload_id) < before]
    if not old:
        return 0
    async with database.connection(tenant_id) as connection:
        named = {row["id"] for row in await connection.fetch(_NAMED, tenant_id)}
    orphans = [payload_id for payload_id in old if payload_id not in named]
    await erase_payloads(store, tenant_id, orphans)
    return len(orphans)


def _made_at(payload_id: UUID) -> datetime:
    """When a UUIDv7 was made: its first 48 bits count milliseconds."""
    return datetime.fromtimestamp((payload_id.int >> 80) / 1000, UTC)


def _key(payload_id: UUID) -> str:
    return f"{FOLDER}/{payload_id}"
