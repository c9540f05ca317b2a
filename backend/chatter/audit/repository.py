"""Reads of the audit log within one organisation."""

from uuid import UUID

import asyncpg
import msgspec

from chatter.audit.filters import EventFilter
from chatter.audit.schemas import AuditChange, AuditEvent, AuditHead
from chatter.kit.db.database import Database
from chatter.kit.pagination import Cursor

__all__ = ["AuditRepository"]

_FIND = "select * from audit_find($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
_SEALED = """
select e.id, e.at, e.actor_kind, e.actor_id, e.actor_label, e.actor_role, e.session_id, e.key_id, e.client_address,
    e.request_id, e.run_id, e.action, e.target, e.before, e.after, s.position as seal_position
from audit_seal s join audit_event e on e.tenant_id = s.tenant_id and e.id = s.event_id
where s.tenant_id = $1 and s.position > $2 and s.position <= $3 order by s.position
"""
_LAST = "select coalesce(max(position), 0) from audit_seal where tenant_id = $1"
_HEAD = """
select h.position, h.chain, h.sealed_at, a.position as anchored_position, a.anchored_at,
    (select count(*) from audit_event e where e.tenant_id = $1
        and e.txid >= case when h.txid < pg_snapshot_xmax(pg_current_snapshot()) then h.txid else '0' end
        and not exists (select from audit_seal s where s.tenant_id = $1 and s.event_id = e.id)) as unsealed
from (select $1::uuid as tenant_id) t
left join lateral (select * from audit_seal s where s.tenant_id = $1 order by position desc limit 1) h on true
left join lateral (select * from audit_anchor a where a.tenant_id = $1 order by day desc limit 1) a on true
"""
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


class AuditRepository:
    """Each call is a transaction of its own: no stream holds one while its reader is slow."""

    def __init__(self, database: Database, tenant_id: UUID) -> None:
        self._database = database
        self._tenant_id = tenant_id

    async def find(self, wanted: EventFilter, *, after: Cursor | None, limit: int) -> list[AuditEvent]:
        """Return the newest first, beyond the cursor."""
        seen = (after.created_at, after.id) if after else (None, None)
        async with self._database.connection(self._tenant_id) as connection:
            rows = await connection.fetch(_FIND, *wanted.columns(), *seen, limit)
        return [_event(row) for row in rows]

    async def sealed(self, *, after: int, limit: int) -> tuple[list[AuditEvent], int]:
        """Return the rows beyond a place in the chain, in its order, and the place up to which was looked.

        Rows that were erased are missing from the list, never from the count of places.
        """
        async with self._database.connection(self._tenant_id) as connection:
            last = min(await connection.fetchval(_LAST, self._tenant_id), after + limit)
            if last <= after:
                return [], after
            rows = await connection.fetch(_SEALED, self._tenant_id, after, last)
        return [_event(row) for row in rows], last

    async def last_position(self) -> int:
        """Return the last sealed place."""
        async with self._database.connection(self._tenant_id) as connection:
            position: int = await connection.fetchval(_LAST, self._tenant_id)
        return position

    async def head(self) -> AuditHead:
        """Return the state of the chain."""
        async with self._database.connection(self._tenant_id) as connection:
            row = (await connection.fetch(_HEAD, self._tenant_id))[0]
        return AuditHead(
            position=row["position"] or 0,
            chain=row["chain"].hex() if row["chain"] else None,
            sealed_at=row["sealed_at"],
            unsealed=row["unsealed"],
            anchored_position=row["anchored_position"],
            anchored_at=row["anchored_at"],
        )


def _event(row: asyncpg.Record) -> AuditEvent:
    return AuditEvent(
        id=row["id"],
        at=row["at"],
        actor_kind=row["actor_kind"],
        actor_id=row["actor_id"],
        actor_label=row["actor_label"],
        actor_role=row["actor_role"],
        session_id=row["session_id"],
        key_id=row["key_id"],
        client_address=row["client_address"],
        request_id=row["request_id"],
        run_id=row["run_id"],
        action=row["action"],
        target=row["target"],
        changes=_changes(row["before"], row["after"]),
        position=row["seal_position"],
    )


def _changes(before: str | None, after: str | None) -> list[AuditChange]:
    """The fields that differ; those that stayed as they were say nothing."""
    old, new = _decoded(before), _decoded(after)
    names = list(dict.fromkeys((*old, *new)))
    return [
        AuditChange(field=name, before=old.get(name), after=new.get(name))
        for name in names
        if old.get(name) != new.get(name) or "[secret]" in (old.get(name) or "")
    ]


def _decoded(text: str | None) -> dict[str, str]:
    """A row's JSON by field; what is no object stands under `value`."""
    if text is None:
        return {}
    try:
        return {name: bytes(value).decode() for name, value in _fields.decode(text).items()}
    except msgspec.DecodeError:
        return {"value": text}
