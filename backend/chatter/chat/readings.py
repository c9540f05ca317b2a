"""Administrators who read a conversation or its title, where the policy allows it: audited, and shown to its owner."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit import facade as audit
from chatter.chat.models import Conversation
from chatter.chat.permissions import ChatAction, ChatPermission
from chatter.chat.schemas import Reading
from chatter.kit.principal import Principal
from chatter.rbac.facade import Authorizer, PolicyService

__all__ = ["read_as_administrator", "readings"]

# The actions stand in the statement itself, or the partial indexes of these few rows would not serve it.
_READINGS = text("""
select coalesce(p.name, max(e.operator) || ' (operator)', '') as name, max(e.at) as at, e.what
from (
    select r.actor_id, r.at, 'read' as what, case when r.actor_kind = 'operator' then r.actor_label end as operator
    from audit_event r
    where r.tenant_id = :tenant and r.target = :conversation and r.action = 'chat:conversation:read_by_administrator'
    union all
    select l.actor_id, l.at, 'listed', case when l.actor_kind = 'operator' then l.actor_label end from audit_event l
    where l.tenant_id = :tenant and l.action = 'chat:conversation:listed_by_administrator' and l.at >= :begun
        and position(cast(:conversation as uuid)::text in l.after) > 0) e
left join members_of_bound_tenant() p on p.user_id = e.actor_id
group by e.actor_id, p.name, e.what, date_trunc('minute', e.at) order by at desc limit 20
""")


async def read_as_administrator(
    session: AsyncSession, principal: Principal, authorizer: Authorizer, *, conversation_id: UUID
) -> Conversation | None:
    """Return somebody else's conversation where the policy lets the principal read it, and leave the audit row."""
    if not await authorizer.allowed(principal, ChatPermission.READ_ANY):
        return None
    if not (await PolicyService(session, principal).policy()).admins_read_conversations:
        return None
    row: Conversation | None = await session.scalar(select(Conversation).where(Conversation.id == conversation_id))
    if row is not None:
        await audit.record(session, principal, ChatAction.CONVERSATION_READ, target=conversation_id)
    return row


async def readings(session: AsyncSession, principal: Principal, row: Conversation) -> tuple[Reading, ...]:
    """Who read it that way, the latest first; one entry a minute."""
    values = {"tenant": principal.tenant_id, "conversation": row.id, "begun": row.created_at}
    rows = await session.execute(_READINGS, values)
    return tuple(Reading(reader_name=row.name, at=row.at, what=row.what) for row in rows)
