"""Routes of a further organisation, of its ownership, and of its end."""

from litestar import Controller, post

from chatter.identity.organizations import Organizations
from chatter.identity.schemas import OrganizationChoice, OrganizationCreate, OrganizationDeletion, OwnershipTransfer
from chatter.kit.principal import Principal
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.routes import route
from chatter.tenancy.permissions import TenancyAction, TenancyPermission
from chatter.tenancy.schemas import Member, Organization

__all__ = ["OrganizationLifeController"]


class OrganizationLifeController(Controller):
    """Where an organisation begins, whom it belongs to, and how it ends."""

    tags = ("Organization",)

    @post(
        "/organizations",
        operation_id="CreateOrganization",
        summary="Create a further organisation",
        opt=route(
            signed_in=True,
            even_closed=True,
            people_only=True,
            unbound=True,
            audit=TenancyAction.ORGANIZATION_CREATED,
        ),
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
        opt=route(
            permission=TenancyPermission.OWNERSHIP_UPDATE,
            audit=TenancyAction.OWNERSHIP_TRANSFERRED,
            limit=Kind.PROOF,
            people_only=True,
            recent=True,
        ),
    )
    async def transfer(self, organizations: Organizations, principal: Principal, data: OwnershipTransfer) -> Member:
        return await organizations.transfer_ownership(principal, data)

    @post(
        "/organization/deletion",
        operation_id="RequestDeletion",
        summary="Delete the organisation after a grace period",
        status_code=200,
        opt=route(
            permission=TenancyPermission.ORGANIZATION_DELETE,
            audit=TenancyAction.ORGANIZATION_DELETION_REQUESTED,
            limit=Kind.PROOF,
            people_only=True,
            recent=True,
        ),
    )
    async def delete(
        self, organizations: Organizations, principal: Principal, data: OrganizationDeletion
    ) -> Organization:
        return await organizations.request_deletion(principal, data)

    @post(
        "/organization/restore",
        operation_id="RestoreOrganization",
        summary="Undo the deletion within the grace period",
        status_code=200,
        opt=route(
            permission=TenancyPermission.ORGANIZATION_DELETE,
            audit=TenancyAction.ORGANIZATION_RESTORED,
            even_closed=True,
            people_only=True,
        ),
    )
    async def restore(self, organizations: Organizations, principal: Principal) -> Organization:
        return await organizations.restore(principal)
