"""The organisation one is in, and the mails that it kept."""

from litestar import Controller, get, patch, post
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.tenancy.mails import Mails
from chatter.tenancy.permissions import TenancyAction, TenancyPermission
from chatter.tenancy.schemas import KeptMailList, Organization, OrganizationUpdate
from chatter.tenancy.service import TenancyService

__all__ = ["MailController", "OrganizationController"]


class OrganizationController(Controller):
    """`/organization`"""

    path = "/organization"
    tags = ("Organization",)

    @get(
        operation_id="GetOrganization",
        summary="The organisation you act in",
        opt=route(signed_in=True, even_closed=True, operators=True),
    )
    async def show(self, session: AsyncSession, principal: Principal) -> Organization:
        return await TenancyService(session).organization(principal)

    @patch(
        operation_id="UpdateOrganization",
        summary="Rename the organisation",
        opt=route(permission=TenancyPermission.ORGANIZATION_UPDATE, audit=TenancyAction.ORGANIZATION_UPDATED),
    )
    async def update(self, session: AsyncSession, principal: Principal, data: OrganizationUpdate) -> Organization:
        return await TenancyService(session).update(principal, data)

    @post(
        "/leave",
        operation_id="LeaveOrganization",
        summary="Leave the organisation",
        status_code=204,
        opt=route(signed_in=True, people_only=True, audit=TenancyAction.MEMBER_LEFT),
    )
    async def leave(self, session: AsyncSession, principal: Principal) -> None:
        await TenancyService(session).leave(principal)


class MailController(Controller):
    """`/mails`"""

    path = "/mails"
    tags = ("Mails",)

    @get(
        operation_id="ListMails",
        summary="Mails kept on the server",
        opt=route(permission=TenancyPermission.MAIL_READ),
    )
    async def index(self, mails: Mails, principal: Principal) -> KeptMailList:
        return KeptMailList(items=await mails.newest(principal))
