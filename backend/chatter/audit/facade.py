"""What other domains may ask of the audit log."""

from enum import StrEnum
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.anchoring import ANCHORS
from chatter.audit.masking import SECRET, masked_json
from chatter.audit.models import AuditEvent
from chatter.audit.permissions import AuditAction
from chatter.audit.schemas import OperatorReading
from chatter.kit.db.database import HotConnection
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.kit.telemetry import client_address, request_id
from chatter.kit.telemetry import run_id as executed_run

__all__ = ["ANCHORS", "SECRET", "record", "record_in_run", "record_on", "record_reading"]

_RECORD = """
insert into audit_event (tenant_id, id, actor_kind, actor_id, actor_label, actor_role, session_id, key_id,
    client_address, request_id, run_id, action, target, after)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
_RECORD_IN_RUN = """
insert into audit_event (tenant_id, id, actor_kind, actor_id, actor_label, actor_role, session_id, key_id,
    client_address, request_id, run_id, action, target, after)
select tenant_id, $3, actor_kind, actor_id, actor_label, actor_role, session_id, key_id,
    client_address, request_id, run_id, $4, $5, $6
from audit_event where tenant_id = $1 and run_id = $2
    and at = (select created_at from run where tenant_id = $1 and id = $2)
order by id limit 1 returning id
"""


async def record(
    session: AsyncSession,
    principal: Principal,
    action: StrEnum,
    *,
    target: UUID | None,
    before: msgspec.Struct | None = None,
    after: msgspec.Struct | None = None,
    run_id: UUID | None = None,
) -> None:
    """Add the row that tells of a change, in the transaction of the change. Secrets of the structs are masked.

    What a run does carries the run's id by itself; `run_id` is for what is done to a run from outside.
    """
    session.add(
        AuditEvent(
            tenant_id=principal.tenant_id,
            actor_kind=principal.kind,
            actor_id=principal.user_id,
            actor_label=principal.label,
            actor_role=principal.role,
            session_id=principal.session_id,
            key_id=principal.key_id,
            client_address=client_address.get(),
            request_id=request_id.get(),
            run_id=run_id or executed_run.get(),
            action=action.value,
            target=target,
            before=masked_json(before),
            after=masked_json(after),
        )
    )


async def record_on(
    connection: HotConnection, principal: Principal, action: StrEnum, *, target: UUID, after: msgspec.Struct
) -> None:
    """The same for what writes on the hot pool: something was made."""
    actor = (principal.kind, principal.user_id, principal.label, principal.role, principal.session_id, principal.key_id)
    origin = (client_address.get(), request_id.get(), executed_run.get())
    await connection.execute(
        _RECORD, principal.tenant_id, new_id(), *actor, *origin, action.value, target, masked_json(after)
    )


async def record_in_run(
    connection: HotConnection,
    tenant_id: UUID,
    action: StrEnum,
    *,
    run_id: UUID,
    target: UUID,
    after: msgspec.Struct,
) -> None:
    """The same for what a run does: in the name of whoever began it, whatever process it is in by now."""
    made = await connection.fetchval(
        _RECORD_IN_RUN, tenant_id, run_id, new_id(), action.value, target, masked_json(after)
    )
    if made is None:
        raise LookupError("the run's first row is not there")


async def record_reading(session: AsyncSession, principal: Principal, *, operation: str, target: UUID | None) -> None:
    """Add the row that tells of what the server's operator looks at, before it is shown to them."""
    await record(
        session, principal, AuditAction.READ_BY_OPERATOR, target=target, after=OperatorReading(operation=operation)
    )
