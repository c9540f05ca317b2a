"""Routes of the organisation's rate limits."""

from typing import Annotated

from litestar import Controller, delete, get, put
from litestar.params import PathParameter

from chatter.kit.principal import Principal
from chatter.kit.rate_limits.rules import RULES
from chatter.kit.routes import route
from chatter.kit.services import Services
from chatter.tenancy.permissions import TenancyAction, TenancyPermission
from chatter.tenancy.rate_limits import RateLimits
from chatter.tenancy.schemas import RateLimit, RateLimitAmount, RateLimitList

__all__ = ["RateLimitController"]

RuleName = Annotated[str, PathParameter(description="The rule's name.", max_length=60)]
_CHANGE = route(permission=TenancyPermission.RATE_LIMIT_UPDATE, audit=TenancyAction.RATE_LIMIT_CHANGED)


class RateLimitController(Controller):
    """`/organization/rate-limits`"""

    path = "/organization/rate-limits"
    tags = ("Rate limits",)

    @get(
        operation_id="ListRateLimits",
        summary="The rate limits and how much of them is in use",
        opt=route(permission=TenancyPermission.RATE_LIMIT_READ),
    )
    async def index(self, services: Services, principal: Principal, rate_limits: RateLimits) -> RateLimitList:
        adjustable = [rule for rule in RULES if rule.adjustable]
        used = await services.limiter.used(adjustable, principal)
        return await rate_limits.all({rule.name: count for rule, count in zip(adjustable, used, strict=True)})

    @put("/{rule:str}", operation_id="SetRateLimit", summary="Let another amount hold here", opt=_CHANGE)
    async def set(self, rate_limits: RateLimits, rule: RuleName, data: RateLimitAmount) -> RateLimit:
        return await rate_limits.set(rule, data)

    @delete(
        "/{rule:str}",
        operation_id="ResetRateLimit",
        summary="Let the usual amount hold again",
        status_code=200,
        opt=_CHANGE,
    )
    async def reset(self, rate_limits: RateLimits, rule: RuleName) -> RateLimit:
        return await rate_limits.reset(rule)
