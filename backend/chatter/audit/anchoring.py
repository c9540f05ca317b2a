"""Anchors: once a day the head of each chain is stored outside the database, where it can be compared later."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from chatter.kit.schema import Schema
from chatter.kit.services import Services
from chatter.kit.storage import ObjectStore

__all__ = ["ANCHORS", "SEALED_ORGANIZATIONS", "Anchor", "anchor_heads", "anchors_of"]

ANCHORS = "audit/anchors"
"""The folder of an organisation's anchors; it stays as long as the log does, also when the organisation is gone."""
# From one organisation to the next by the key: a plain `distinct` would read every seal.
SEALED_ORGANIZATIONS = """
with recursive sealed as (
    (select tenant_id from audit_seal order by tenant_id limit 1)
    union all
    select (select s.tenant_id from audit_seal s where s.tenant_id > sealed.tenant_id order by s.tenant_id limit 1)
    from sealed where sealed.tenant_id is not null)
"""
_WAITING = f"""
{SEALED_ORGANIZATIONS}
select tenant_id from sealed where tenant_id is not null
and not exists (select from audit_anchor a where a.tenant_id = sealed.tenant_id and a.day = $1)
"""  # noqa: S608  # a constant of ours
_HEAD = "select position, chain from audit_seal where tenant_id = $1 order by position desc limit 1"
_DONE = (
    "insert into audit_anchor (tenant_id, day, position, chain) values ($1, $2, $3, $4) "
    "on conflict (tenant_id, day) do nothing"
)


class Anchor(Schema):
    """The head of a chain on one day."""

    day: date
    position: int
    chain: str
    """In hexadecimal."""
    anchored_at: datetime


async def anchor_heads(services: Services) -> int:
    """Anchor every chain that has no anchor of today yet; returns how many were anchored."""
    today = services.clock.now().date()
    async with services.database.platform() as connection:
        tenants = [row["tenant_id"] for row in await connection.fetch(_WAITING, today)]
    for tenant_id in tenants:
        await _anchor(services, tenant_id, day=today)
    return len(tenants)


async def anchors_of(store: ObjectStore, tenant_id: UUID) -> tuple[list[Anchor], list[str]]:
    """Every anchor of an organisation, as the storage has them, whatever the database says; and those unreadable."""
    anchors, unreadable = [], []
    for key in await store.keys(tenant_id, ANCHORS):
        try:
            anchors.append(msgspec.json.decode(await store.get(tenant_id, key), type=Anchor))
        except msgspec.DecodeError:
            unreadable.append(key.rpartition("/")[2])
    return anchors, unreadable


async def _anchor(services: Services, tenant_id: UUID, *, day: date) -> None:
    """Store the head; an anchor that is there already is kept, since the first one of a day counts."""
    async with services.database.connection(tenant_id) as connection:
        head = await connection.fetchrow(_HEAD, tenant_id)
    if head is None:
        return
    anchor = Anchor(day=day, position=head["position"], chain=head["chain"].hex(), anchored_at=services.clock.now())
    key = f"{ANCHORS}/{day.isoformat()}.json"
    if not await services.store.put_new(tenant_id, key, msgspec.json.encode(anchor)):
        anchor = msgspec.json.decode(await services.store.get(tenant_id, key), type=Anchor)
    async with services.database.connection(tenant_id) as connection:
        await connection.execute(_DONE, tenant_id, day, anchor.position, bytes.fromhex(anchor.chain))
