"""Routes of invitations, as those who invite use them."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import QueryParameter

from chatter.kit.pagination import Cursor
from chatter.kit.principal import Principal
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.routes import route
from chatter.kit.schema import Page
from chatter.tenancy.invitations import Invitations
from chatter.tenancy.permissions import TenancyAction, TenancyPermission
from chatter.tenancy.schemas import Invitation, InvitationCreate, InvitationState

__all__ = ["InvitationController"]


class InvitationController(Controller):
    """`/invitations`"""

    path = "/invitations"
    tags = ("Invitations",)

    @get(
        operation_id="ListInvitations",
        summary="Invitations, newest first",
        opt=route(permission=TenancyPermission.INVITATION_READ),
    )
    async def index(
        self,
        *,
        invitations: Invitations,
        in_state: Annotated[
            InvitationState | None, QueryParameter(name="state", description="Only those in this state.")
        ] = None,
        address: Annotated[
            str, QueryParameter(name="query", max_length=200, description="A part of the address.")
        ] = "",
        cursor: str | None = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
    ) -> Page[Invitation]:
        return await invitations.newest(state=in_state, query=address, after=Cursor.decode(cursor), limit=limit)

    @post(
        operation_id="CreateInvitation",
        summary="Invite an address by mail",
        opt=route(
            permission=TenancyPermission.INVITATION_CREATE, audit=TenancyAction.INVITATION_CREATED, limit=Kind.MAIL
        ),
    )
    async def create(self, invitations: Invitations, principal: Principal, data: InvitationCreate) -> Invitation:
        return await invitations.create(principal, data)

    @post(
        "/{invitation_id:uuid}/resend",
        operation_id="ResendInvitation",
        summary="Send a new link; the one before stops to work",
        status_code=200,
        opt=route(
            permission=TenancyPermission.INVITATION_CREATE, audit=TenancyAction.INVITATION_RESENT, limit=Kind.MAIL
        ),
    )
    async def resend(self, invitations: Invitations, principal: Principal, invitation_id: UUID) -> Invitation:
        return await invitations.resend(principal, invitation_id)

    @delete(
        "/{invitation_id:uuid}",
        operation_id="RevokeInvitation",
        summary="Withdraw an invitation",
        opt=route(permission=TenancyPermission.INVITATION_DELETE, audit=TenancyAction.INVITATION_REVOKED),
    )
    async def revoke(self, invitations: Invitations, principal: Principal, invitation_id: UUID) -> None:
        await invitations.revoke(principal, invitation_id)
