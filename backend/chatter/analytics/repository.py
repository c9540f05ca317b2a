"""Sums over the rows themselves; nothing is counted twice or guessed."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.analytics.schemas import DayUsage, ModelUsage, RecentConversation

__all__ = ["AnalyticsRepository", "Totals"]

_DAYS = text("""
select days.day::date, coalesce(sum((m.role = 'user')::int), 0),
    coalesce(sum(m.input_tokens), 0), coalesce(sum(m.output_tokens), 0)
from generate_series(
    (now() at time zone 'UTC')::date - cast(:back as integer), (now() at time zone 'UTC')::date, interval '1 day'
) as days (day)
left join message m on m.tenant_id = :tenant
    and m.created_at >= days.day at time zone 'UTC' and m.created_at < (days.day + interval '1 day') at time zone 'UTC'
group by days.day order by days.day
""")
_MODELS = text("""
select m.model, count(*), coalesce(sum(m.input_tokens), 0), coalesce(sum(m.output_tokens), 0)
from message m
where m.tenant_id = :tenant and m.role = 'assistant' and m.model is not null and m.output_tokens is not null
    and m.created_at >= ((now() at time zone 'UTC')::date - cast(:back as integer)) at time zone 'UTC'
group by m.model order by 3 + 4 desc, m.model
""")
_TOTALS = text("""
select (select count(*) from document where tenant_id = :tenant),
    (select coalesce(sum(chunk_count), 0) from document where tenant_id = :tenant),
    (select count(*) from membership where tenant_id = :tenant and kind = 'person'),
    (select count(*) from conversation where tenant_id = :tenant)
""")
_RECENT = text("""
select id, title, updated_at from conversation where tenant_id = :tenant and owner_id = :owner
order by updated_at desc, id desc limit 8
""")


@dataclass(frozen=True, slots=True)
class Totals:
    """How much there is today."""

    documents: int
    chunks: int
    members: int
    conversations: int


class AnalyticsRepository:
    """Reads of one organisation."""

    def __init__(self, session: AsyncSession, *, tenant_id: UUID) -> None:
        self._session = session
        self._tenant = {"tenant": tenant_id}

    async def days(self, count: int) -> list[DayUsage]:
        """Return each of the last `count` days, today included."""
        rows = await self._session.execute(_DAYS, {**self._tenant, "back": count - 1})
        return [
            DayUsage(day=day, messages=messages, input_tokens=taken, output_tokens=given)
            for day, messages, taken, given in rows
        ]

    async def models(self, count: int) -> list[ModelUsage]:
        """Return what each model was used for in the last `count` days."""
        rows = await self._session.execute(_MODELS, {**self._tenant, "back": count - 1})
        return [
            ModelUsage(model=model, messages=messages, input_tokens=taken, output_tokens=given)
            for model, messages, taken, given in rows
        ]

    async def totals(self) -> Totals:
        row = (await self._session.execute(_TOTALS, self._tenant)).one()
        return Totals(*row)

    async def recent(self, owner_id: UUID) -> list[RecentConversation]:
        """Return the person's own conversations."""
        rows = await self._session.execute(_RECENT, {**self._tenant, "owner": owner_id})
        return [RecentConversation(id=row[0], title=row[1], updated_at=row[2]) for row in rows]
