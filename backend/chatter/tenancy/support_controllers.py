"""Routes of the access that an organisation grants to the server's operator."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import QueryParameter

from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.rbac.facade import Authorizer
from chatter.tenancy.permissions import TenancyAction, TenancyPermission
from chatter.tenancy.schemas import SupportGrant, SupportGrantCreate, SupportGrantList
from chatter.tenancy.support import SupportGrants

__all__ = ["SupportController"]


class SupportController(Controller):
    """`/support-grants`"""

    path = "/support-grants"
    tags = ("Support access",)

    @get(
        operation_id="ListSupportGrants",
        summary="The newest accesses of the operator, with their visits",
        opt=route(permission=TenancyPermission.SUPPORT_READ),
    )
    async def index(
        self,
        support: SupportGrants,
        only_open: Annotated[bool, QueryParameter(name="open", description="Only those that hold.")] = False,
    ) -> SupportGrantList:
        return SupportGrantList(items=await support.newest(only_open=only_open))

    @post(
        operation_id="GrantSupport",
        summary="Let the operator of the server in for a time",
        opt=route(permission=TenancyPermission.SUPPORT_MANAGE, audit=TenancyAction.SUPPORT_GRANTED, people_only=True),
    )
    async def create(
        self, support: SupportGrants, principal: Principal, authorizer: Authorizer, data: SupportGrantCreate
    ) -> SupportGrant:
        return await support.grant(principal, data, authorizer=authorizer)

    @delete(
        "/{support_grant_id:uuid}",
        operation_id="RevokeSupport",
        summary="Show the operator out at once",
        opt=route(permission=TenancyPermission.SUPPORT_MANAGE, audit=TenancyAction.SUPPORT_REVOKED),
    )
    async def revoke(self, support: SupportGrants, principal: Principal, support_grant_id: UUID) -> None:
        await support.revoke(principal, support_grant_id)
