"""The organisation one is in."""

from litestar import Controller, get, patch
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.tenancy.permissions import TenancyAction, TenancyPermission
from chatter.tenancy.schemas import Organization, OrganizationUpdate
from chatter.tenancy.service import TenancyService

__all__ = ["OrganizationController"]


class OrganizationController(Controller):
    """`/organization`"""

    path = "/organization"
    tags = ("Organization",)

    @get(operation_id="GetOrganization", summary="The organisation you act in", opt=route(signed_in=True))
    async def show(self, session: AsyncSession, principal: Principal) -> Organization:
        return await TenancyService(session).organization(principal)

    @patch(
        operation_id="UpdateOrganization",
        summary="Rename the organisation",
        opt=route(permission=TenancyPermission.ORGANIZATION_UPDATE, audit=TenancyAction.ORGANIZATION_UPDATED),
    )
    async def update(self, session: AsyncSession, principal: Principal, data: OrganizationUpdate) -> Organization:
        return await TenancyService(session).update(principal, data)
