"""Routes of a further organisation and of its ownership."""

from litestar import Controller, post

from chatter.identity.organizations import Organizations
from chatter.identity.schemas import OrganizationChoice, OrganizationCreate, OwnershipTransfer
from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.tenancy.permissions import TenancyAction, TenancyPermission
from chatter.tenancy.schemas import Member

__all__ = ["OrganizationLifeController"]


class OrganizationLifeController(Controller):
    """Where an organisation begins and whom it belongs to."""

    tags = ("Organization",)

    @post(
        "/organizations",
        operation_id="CreateOrganization",
        summary="Create a further organisation",
        opt=route(signed_in=True, even_closed=True, audit=TenancyAction.ORGANIZATION_CREATED),
    )
    async def create(
        self, organizations: Organizations, principal: Principal, data: OrganizationCreate
    ) -> OrganizationChoice:
        return await organizations.create(principal, data)

    @post(
        "/organization/ownership",
        operation_id="TransferOwnership",
        summary="Make another member the owner",
        status_code=200,
        opt=route(permission=TenancyPermission.OWNERSHIP_UPDATE, audit=TenancyAction.OWNERSHIP_TRANSFERRED),
    )
    async def transfer(self, organizations: Organizations, principal: Principal, data: OwnershipTransfer) -> Member:
        return await organizations.transfer_ownership(principal, data)
