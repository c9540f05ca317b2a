"""Titles of other people's conversations, for administrators whom the organisation's policy lets read them.

A title is content: each page is a row in the audit log, and shown to those whose conversations it named.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit import facade as audit
from chatter.chat.errors import ConversationNotFound
from chatter.chat.permissions import ChatAction
from chatter.chat.schemas import ConversationsListed, OthersConversation
from chatter.kit.pagination import Cursor
from chatter.kit.principal import Principal
from chatter.kit.schema import Page
from chatter.rbac.facade import PolicyService

__all__ = ["OthersFilter", "list_others"]

_OTHERS = text("""
select c.id, c.title, c.owner_id, coalesce(p.name, '') as owner_name, c.created_at, c.updated_at
from conversation c left join members_of_bound_tenant() p on p.user_id = c.owner_id
where c.tenant_id = :tenant and c.owner_id <> :reader
    and (cast(:owner as uuid) is null or c.owner_id = :owner)
    and (cast(:since as timestamptz) is null or c.updated_at >= :since)
    and (cast(:until as timestamptz) is null or c.updated_at < :until)
    and (cast(:before as timestamptz) is null or (c.updated_at, c.id) < (:before, :before_id))
order by c.updated_at desc, c.id desc limit :limit
""")


@dataclass(frozen=True, kw_only=True)
class OthersFilter:
    """Every condition that is given must hold; times are those of the last message."""

    owner_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_others(
    session: AsyncSession, principal: Principal, wanted: OthersFilter, *, cursor: str | None, limit: int
) -> Page[OthersConversation]:
    """The last used first; ConversationNotFound where the policy lets nobody read them, as for a single one."""
    if not (await PolicyService(session, principal).policy()).admins_read_conversations:
        raise ConversationNotFound
    after = Cursor.decode(cursor)
    values = {
        "tenant": principal.tenant_id,
        "reader": principal.user_id,
        "owner": wanted.owner_id,
        "since": wanted.since,
        "until": wanted.until,
        "before": after.created_at if after else None,
        "before_id": after.id if after else None,
        "limit": limit + 1,
    }
    found = [OthersConversation(**row._mapping) for row in await session.execute(_OTHERS, values)]
    items = found[:limit]
    listed = ConversationsListed(conversations=[item.id for item in items])
    seen = (
        wanted.owner_id if items else None
    )  # of somebody who has none nothing was read, or they are of no concern here
    await audit.record(session, principal, ChatAction.CONVERSATIONS_LISTED, target=seen, after=listed)
    last = items[-1] if len(found) > limit else None
    return Page(items=items, next_cursor=Cursor(last.updated_at, last.id).encode() if last else None)
