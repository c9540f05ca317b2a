"""Reads what models took: sums over the rows themselves, and the rows."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Date, Row, and_, cast, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.pagination import Cursor
from chatter.kit.schema import Page
from chatter.usage.models import ModelUsage
from chatter.usage.ports import PriceList
from chatter.usage.prices import amount
from chatter.usage.schemas import (
    Outcome,
    ProviderHealth,
    ProviderHealthList,
    Purpose,
    Source,
    UsageDay,
    UsageSummary,
    UsedCall,
    UsedModel,
)

__all__ = ["UsageService", "UsedModelCall", "provider_health", "used_for"]

_HEALTH = text("""
select u.provider_id, (array_agg(u.error_code is not null order by u.at desc, u.id desc))[1], count(*),
    count(u.error_code), percentile_cont(0.5) within group (order by u.first_token_ms),
    (array_agg(u.error_code order by u.at desc, u.id desc) filter (where u.error_code is not null))[1],
    max(u.at) filter (where u.error_code is not null)
from model_usage u
where u.tenant_id = :tenant and u.at > now() - interval '24 hours' and u.provider_id is not null
    and u.outcome <> 'stopped'
group by u.provider_id
""")
_DAY = cast(func.timezone("UTC", ModelUsage.at), Date)


class UsageService:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, prices: PriceList) -> None:
        self._session = session
        self._prices = prices

    async def summary(self, *, days: int) -> UsageSummary:
        """The last `days` days, today included."""
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        within = ModelUsage.at >= today - timedelta(days=days - 1)
        reported = await self._models(within, ModelUsage.source == "reported")
        estimated = await self._models(within, ModelUsage.source == "estimated")
        return UsageSummary(
            days=await self._days(within),
            reported=reported,
            estimated=estimated,
            cost=_sum(reported),
            estimated_cost=_sum(estimated),
            prices_from=self._prices.source,
            prices_taken=self._prices.taken,
        )

    async def calls(
        self, *, source: Literal["reported", "estimated"] | None, cursor: str | None, limit: int
    ) -> Page[UsedCall]:
        """The calls, newest first."""
        after, where = Cursor.decode(cursor), []
        if source is not None:
            where.append(ModelUsage.source == source)
        if after is not None:
            same = and_(ModelUsage.at == after.created_at, ModelUsage.id < after.id)
            where.append(or_(ModelUsage.at < after.created_at, same))
        order = (ModelUsage.at.desc(), ModelUsage.id.desc())
        found = (await self._session.scalars(select(ModelUsage).where(*where).order_by(*order).limit(limit + 1))).all()
        items = [_call(row) for row in found[:limit]]
        last = items[-1] if len(found) > limit else None
        return Page(items=items, next_cursor=Cursor(last.at, last.id).encode() if last else None)

    async def _models(self, *where: ColumnElement[bool]) -> list[UsedModel]:
        row = ModelUsage
        sums = (
            row.input_tokens,
            row.output_tokens,
            row.cached_tokens,
            row.reasoning_tokens,
            row.embeddings,
            row.images,
        )
        columns: list[ColumnElement[Any]] = [func.count(), *map(func.sum, sums), func.sum(row.cost)]
        unpriced = func.count().filter(row.cost.is_(None))
        statement = select(row.provider, row.model, *columns, unpriced).where(*where).group_by(row.provider, row.model)
        order = (func.sum(row.cost).desc().nulls_last(), row.model)
        return [_used(found) for found in await self._session.execute(statement.order_by(*order))]

    async def _days(self, within: ColumnElement[bool]) -> list[UsageDay]:
        statement = select(_DAY, func.count(), func.sum(ModelUsage.cost)).where(within).group_by(_DAY).order_by(_DAY)
        found = await self._session.execute(statement)
        return [UsageDay(day=day, calls=calls, cost=amount(cost)) for day, calls, cost in found]


async def provider_health(session: AsyncSession) -> ProviderHealthList:
    """How the providers did in the last 24 hours."""
    found = await session.execute(_HEALTH, {"tenant": session.info["tenant_id"]})
    return ProviderHealthList(items=[_health(row) for row in found])


def _health(row: Row[Any]) -> ProviderHealth:
    provider_id, failed_last, calls, failures, first_token_ms, last_error, last_error_at = tuple(row)
    return ProviderHealth(
        provider_id=provider_id,
        state="failing" if failed_last else "answering",
        calls=calls,
        failures=failures,
        first_token_ms=None if first_token_ms is None else round(first_token_ms),
        last_error=last_error,
        last_error_at=last_error_at,
    )


def _used(found: Row[Any]) -> UsedModel:
    provider, model, calls, taken, given, cached, thought, embeddings, images, cost, unpriced = tuple(found)
    return UsedModel(
        provider=provider,
        model=model,
        calls=calls,
        input_tokens=int(taken),
        output_tokens=int(given),
        cached_tokens=int(cached),
        reasoning_tokens=int(thought),
        embeddings=int(embeddings),
        images=int(images),
        cost=amount(cost),
        unpriced_calls=unpriced,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedModelCall:
    """A call as other domains see it."""

    purpose: Purpose
    outcome: Outcome
    source: Source
    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    cost: Decimal | None
    input_price: Decimal | None
    output_price: Decimal | None
    first_token_ms: int | None
    whole_ms: int
    prompt_digest: str | None


async def used_for(session: AsyncSession, *, subject_id: UUID) -> list[UsedModelCall]:
    """What one answer or document asked of models, the search before the answer."""
    where = ModelUsage.subject_id == subject_id
    order = (ModelUsage.at, ModelUsage.purpose.desc(), ModelUsage.id)
    return [_seen(row) for row in await session.scalars(select(ModelUsage).where(where).order_by(*order))]


def _seen(row: ModelUsage) -> UsedModelCall:
    digest = row.prompt_digest.hex() if row.prompt_digest else None
    values = {each.name: getattr(row, each.name) for each in fields(UsedModelCall)}
    return msgspec.convert({**values, "prompt_digest": digest}, UsedModelCall)


def _call(row: ModelUsage) -> UsedCall:
    names = UsedCall.__struct_fields__
    values = {name: getattr(row, name) for name in names}
    money = ("input_price", "output_price", "cached_price", "cost")
    return msgspec.convert(values | {name: amount(values[name]) for name in money}, UsedCall)


def _sum(models: Sequence[UsedModel]) -> str | None:
    known = [Decimal(model.cost) for model in models if model.cost is not None]
    return amount(sum(known, Decimal(0))) if known else None
