"""Deals with everything that an offboarded person owned, a few things a transaction, and tells how far it is."""

from uuid import UUID

import msgspec

from chatter.kit.identifiers import TenantId, UserId
from chatter.kit.jobs import JobContext, JobKind
from chatter.kit.principal import ActorKind, Principal
from chatter.tenancy.models import Offboarding
from chatter.tenancy.ports import Belongings, BelongingsRegistry

__all__ = ["OFFBOARD", "OffboardMember"]

_AT_ONCE = 25


class OffboardMember(msgspec.Struct, kw_only=True, frozen=True):
    """Which offboarding, and as whom the person who ordered it acted."""

    offboarding_id: UUID
    role: str
    session_id: UUID | None
    kind: ActorKind = "user"
    key_id: UUID | None = None
    label: str = ""

    @classmethod
    def ordered(cls, offboarding_id: UUID, *, by: Principal) -> "OffboardMember":
        return cls(
            offboarding_id=offboarding_id,
            role=by.role,
            session_id=by.session_id,
            kind=by.kind,
            key_id=by.key_id,
            label=by.label,
        )


async def _offboard(context: JobContext, payload: OffboardMember) -> None:
    """A second call finds less to do, or nothing."""
    database = context.services.database
    async with database.unit(context.tenant_id) as session:
        row = await session.get(Offboarding, (context.tenant_id, payload.offboarding_id))
        if row is None:
            return
        kinds = list(context.services.part(BelongingsRegistry))
        total = sum([await kind.count(session, owner_id=row.user_id) for kind in kinds])
    actor = _actor(context, payload, ordered_by=row.ordered_by)
    done = 0
    for kind in kinds:
        while moved := await _step(context, row, actor, kind):
            done += moved
            await context.progress(kind.kind, done=done, total=max(done, total))


async def _step(context: JobContext, row: Offboarding, actor: Principal, kind: Belongings) -> int:
    async with context.services.database.unit(context.tenant_id) as session:
        if kind.kind in row.handed_over and row.successor_id is not None:
            return await kind.hand_over(
                session, actor, owner_id=row.user_id, successor_id=row.successor_id, limit=_AT_ONCE
            )
        return await kind.delete(session, actor, owner_id=row.user_id, limit=_AT_ONCE)


def _actor(context: JobContext, payload: OffboardMember, *, ordered_by: UUID) -> Principal:
    return Principal(
        tenant_id=TenantId(context.tenant_id),
        user_id=UserId(ordered_by),
        session_id=payload.session_id,
        role=payload.role,
        email=payload.label,
        name=payload.label,
        organization_name="",
        kind=payload.kind,
        key_id=payload.key_id,
    )


OFFBOARD = JobKind(name="tenancy.offboard", payload=OffboardMember, handle=_offboard)
