"""Whether an organisation's chain holds: recomputed row by row, held against the anchors outside the database, and
neither without its beginning (the organisation's creation) nor without its end (the head that the sealer noted)."""

import re
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import asyncpg
import msgspec

from chatter.audit.anchoring import SEALED_ORGANIZATIONS, Anchor, anchors_of
from chatter.audit.digest import FIELDS, first_link, link, payload_digest
from chatter.audit.schemas import ChainBreak, ChainReport
from chatter.kit.db.database import Database
from chatter.kit.storage import ObjectStore

__all__ = ["audited_organizations", "verify"]

ERASED = "audit:event:erased"
CREATED = "tenancy:organization:created"

_BATCH = 2000
_LINKS = f"""
select s.position, s.event_id, s.digest, s.previous, s.chain, e.id is not null as kept,
    {", ".join("e.txid::text" if name == "txid" else f"e.{name}" for name in FIELDS)}
from audit_seal s left join audit_event e on e.tenant_id = s.tenant_id and e.id = s.event_id
where s.tenant_id = $1 and s.position > $2 order by s.position limit $3
"""  # noqa: S608  # only names of columns
_UNSEALED = """
select e.id from audit_event e where e.tenant_id = $1
and not exists (select from audit_seal s where s.tenant_id = $1 and s.event_id = e.id) order by e.txid, e.id
"""
_ORGANIZATIONS = f"""
{SEALED_ORGANIZATIONS}
select tenant_id from sealed where tenant_id is not null union select tenant_id from audit_event
union select tenant_id from audit_seal_head union select tenant_id from audit_anchor
union select tenant_id from organization order by 1
"""  # noqa: S608  # a constant of ours
_EXPECTED = """
select h.position, h.chain, exists (select from organization o where o.tenant_id = $1) and not exists (
    select from audit_event e where e.tenant_id = $1 and e.target = $1 and e.action = $2) as uncreated
from (select $1::uuid as tenant_id) t left join audit_seal_head h on h.tenant_id = t.tenant_id
"""
_RANGE = re.compile(r"\[(\d+),(\d+)\)")
_FIRST_FIELD = 6
_ACTION, _AFTER = (_FIRST_FIELD + FIELDS.index(name) for name in ("action", "after"))


class Erasure(msgspec.Struct):
    """What a row tells of rows that were erased."""

    positions: str


async def audited_organizations(database: Database) -> list[UUID]:
    """Every organisation that there is, or that ever left something in the log, its chain or its anchors."""
    async with database.platform() as connection:
        return [row["tenant_id"] for row in await connection.fetch(_ORGANIZATIONS)]


async def verify(database: Database, store: ObjectStore, tenant_id: UUID) -> ChainReport:
    """Recompute the chain; stops at the first broken position, since nothing after it can be trusted."""
    anchors, unreadable = await anchors_of(store, tenant_id)
    async with database.connection(tenant_id) as connection:
        expected = (await connection.fetch(_EXPECTED, tenant_id, CREATED))[0]
    walk = _Walk(tenant_id, anchors, unreadable=unreadable, expected=expected)
    async for batch in _links(database, tenant_id):
        for row in batch:
            walk.step(row)
            if walk.broken is not None:
                break
        if walk.broken is not None:
            break
    async with database.connection(tenant_id) as connection:
        unsealed = [row["id"] for row in await connection.fetch(_UNSEALED, tenant_id)]
    return walk.report(unsealed)


async def _links(database: Database, tenant_id: UUID) -> AsyncIterator[Sequence[asyncpg.Record]]:
    position = 0
    while True:
        async with database.connection(tenant_id) as connection:
            rows = await connection.fetch(_LINKS, tenant_id, position, _BATCH)
        if rows:
            position = rows[-1][0]
            yield rows
        if len(rows) < _BATCH:
            return


class _Walk:
    """What is known on the way along one chain."""

    def __init__(
        self, tenant_id: UUID, anchors: Sequence[Anchor], *, unreadable: Sequence[str], expected: asyncpg.Record
    ) -> None:
        self._tenant_id = tenant_id
        self._unreadable = unreadable
        self._sealed, self._head, self._uncreated = expected
        self._anchors = {anchor.position: anchor for anchor in anchors}
        self._position = 0
        self._link = first_link(tenant_id)
        self._missing: list[int] = []
        self._erased: list[range] = []
        self.broken: ChainBreak | None = None

    def step(self, row: asyncpg.Record) -> None:
        """Check one link; `broken` is set when it does not hold."""
        position, event_id, digest, previous, chain, kept = row[:_FIRST_FIELD]
        expected = link(self._link, position=position, event_id=event_id, digest=digest)
        anchor = self._anchors.get(position)
        if position != self._position + 1:
            self._break(self._position + 1, "The seals skip this position.")
        elif previous != self._link:
            self._break(position, "The link to the row before does not hold.")
        elif chain != expected:
            self._break(position, "The hash of this link does not hold.")
        elif kept and payload_digest(row[_FIRST_FIELD:]) != digest:
            self._break(position, "The row was changed after it was sealed.")
        elif anchor is not None and bytes.fromhex(anchor.chain) != chain:
            self._break(position, f"The chain differs from the anchor of {anchor.day}.")
        elif position == self._sealed and chain != self._head:
            self._break(position, "The chain differs from the head that the sealer noted.")
        else:
            self._position, self._link = position, chain
            self._note(row, position=position, kept=kept)

    def report(self, unsealed: list[UUID]) -> ChainReport:
        """What came of it."""
        if self.broken is None:
            self._finish()
        return ChainReport(
            organization_id=self._tenant_id,
            intact=self.broken is None,
            position=self._position,
            head=self._link.hex(),
            erased=len(self._missing),
            anchors=len(self._anchors),
            unsealed=unsealed,
            broken=self.broken,
        )

    def _note(self, row: asyncpg.Record, *, position: int, kept: bool) -> None:
        if not kept:
            self._missing.append(position)
        elif row[_ACTION] == ERASED:
            erasure = msgspec.json.decode(row[_AFTER], type=Erasure)
            self._erased += [range(int(first), int(last)) for first, last in _RANGE.findall(erasure.positions)]

    def _finish(self) -> None:
        lost = next((n for n in self._missing if not self._accounted(n)), None)
        beyond = min((n for n in self._anchors if n > self._position), default=None)
        if lost is not None:
            self._break(lost, "The row is gone, and no erasure accounts for it.")
        elif beyond is not None:
            self._break(self._position + 1, f"The chain ends here, but was anchored at {beyond}.")
        elif self._position < (self._sealed or 0):
            self._break(self._position + 1, f"The chain ends here, but was sealed up to {self._sealed}.")
        elif self._unreadable:
            self._break(1, f"The anchor {self._unreadable[0]} can't be read, so nothing is held against it.")
        elif self._uncreated and not self._accounted(1):
            self._break(1, "The log does not tell of the organisation's creation: its beginning is gone.")

    def _accounted(self, position: int) -> bool:
        """Whether the row there was erased by right."""
        return any(position in erased for erased in self._erased)

    def _break(self, position: int, reason: str) -> None:
        self.broken = ChainBreak(position=position, reason=reason)
