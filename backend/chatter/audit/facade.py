"""What other domains may ask of the audit log."""

from enum import StrEnum
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.models import AuditEvent
from chatter.kit.principal import Principal
from chatter.kit.telemetry import request_id

__all__ = ["record"]


async def record(
    session: AsyncSession,
    principal: Principal,
    action: StrEnum,
    *,
    target: UUID | None,
    before: msgspec.Struct | None = None,
    after: msgspec.Struct | None = None,
) -> None:
    """Add the row that tells of a change, in the transaction of the change. The structs must hold no secrets."""
    session.add(
        AuditEvent(
            tenant_id=principal.tenant_id,
            actor_id=principal.user_id,
            actor_role=principal.role,
            session_id=principal.session_id,
            request_id=request_id.get(),
            action=action.value,
            target=target,
            before=_json(before),
            after=_json(after),
        )
    )


def _json(value: msgspec.Struct | None) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
