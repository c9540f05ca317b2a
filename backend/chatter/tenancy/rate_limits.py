"""The rate limits of an organisation: what holds, how much of it is in use, and other amounts of its own."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.db.database import after_commit
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.kit.rate_limits.limiter import RateLimiter
from chatter.kit.rate_limits.rules import RULES, Rule
from chatter.tenancy.errors import RateLimitOutOfBounds, RateLimitUnknown
from chatter.tenancy.events import RateLimitChanged
from chatter.tenancy.models import RateLimitOverride
from chatter.tenancy.permissions import TenancyAction
from chatter.tenancy.rate_limit_feed import RateLimitFeed
from chatter.tenancy.schemas import RateLimit, RateLimitAmount, RateLimitList, RateLimitSetting

__all__ = ["RateLimits"]


class RateLimits:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, principal: Principal, limiter: RateLimiter, feed: RateLimitFeed) -> None:
        self._session = session
        self._principal = principal
        self._limiter = limiter
        self._feed = feed

    async def all(self, used: dict[str, int]) -> RateLimitList:
        """Every rule, those of the server too: an administrator may see what people run into."""
        own = {row.rule: row.amount for row in await self._session.scalars(select(RateLimitOverride))}
        items = [self._shown(rule, own.get(rule.name), used=used.get(rule.name)) for rule in RULES]
        return RateLimitList(items=items, counted_together=self._limiter.shared)

    async def set(self, name: str, data: RateLimitAmount) -> RateLimit:
        """Let another amount hold in this organisation; raises RateLimitUnknown, RateLimitOutOfBounds."""
        rule = _adjustable(name)
        least, most = rule.least, self._limiter.rules.ceiling(rule)
        if not least <= data.amount <= most:
            raise RateLimitOutOfBounds(
                f"This limit can be set from {least} to {most}.",
                remedy="Choose an amount within these bounds, or ask the operator of the server for a higher ceiling.",
            )
        row = await self._row(rule)
        before = row.amount if row else None
        if row is None:
            row = RateLimitOverride(tenant_id=self._principal.tenant_id, rule=rule.name)
            self._session.add(row)
        row.amount = data.amount
        await self._changed(rule, before=before, after=data.amount)
        return self._shown(rule, data.amount, used=None)

    async def reset(self, name: str) -> RateLimit:
        """Let the usual amount hold again."""
        rule = _adjustable(name)
        row = await self._row(rule)
        before = row.amount if row else None
        if row is not None:
            await self._session.delete(row)
        await self._changed(rule, before=before, after=None)
        return self._shown(rule, None, used=None)

    async def _row(self, rule: Rule) -> RateLimitOverride | None:
        return await self._session.get(RateLimitOverride, (self._principal.tenant_id, rule.name), with_for_update=True)

    async def _changed(self, rule: Rule, *, before: int | None, after: int | None) -> None:
        tenant_id: UUID = self._principal.tenant_id
        await record(
            self._session,
            self._principal,
            TenancyAction.RATE_LIMIT_CHANGED,
            target=tenant_id,
            before=RateLimitSetting(rule=rule.name, amount=before),
            after=RateLimitSetting(rule=rule.name, amount=after),
        )
        emit(self._session, RateLimitChanged(rule=rule.name))
        after_commit(self._session, self._feed.load)

    def _shown(self, rule: Rule, own: int | None, *, used: int | None) -> RateLimit:
        usual, ceiling = self._limiter.rules.usual(rule), self._limiter.rules.ceiling(rule)
        return RateLimit(
            name=rule.name,
            kind=rule.kind.value,
            subject=rule.subject.value,
            amount=usual if own is None else min(own, ceiling),
            seconds=rule.seconds,
            usual=usual,
            least=rule.least,
            ceiling=ceiling,
            adjustable=rule.adjustable,
            own=own is not None,
            used=used,
        )


def _adjustable(name: str) -> Rule:
    """The rule of this name that organisations may set; raises RateLimitUnknown."""
    for rule in RULES:
        if rule.name == name and rule.adjustable:
            return rule
    raise RateLimitUnknown
