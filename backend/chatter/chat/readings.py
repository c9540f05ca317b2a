"""Administrators who read a conversation, as the organisation's policy allows: audited, and shown to its owner."""

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

# The action stands in the statement itself, or the partial index of these few rows would not serve it.
_READINGS = text("""
select coalesce(p.name, '') as name, max(e.at) as at from audit_event e
left join members_of_bound_tenant() p on p.user_id = e.actor_id
where e.tenant_id = :tenant and e.target = :conversation and e.action = 'chat:conversation:read_by_administrator'
group by e.actor_id, p.name, date_trunc('minute', e.at) order by at desc limit 20
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


async def readings(session: AsyncSession, principal: Principal, *, conversation_id: UUID) -> tuple[Reading, ...]:
    """Who read it that way, the latest first; one entry a minute."""
    rows = await session.execute(_READINGS, {"tenant": principal.tenant_id, "conversation": conversation_id})
    return tuple(Reading(reader_name=row.name, at=row.at) for row in rows)
