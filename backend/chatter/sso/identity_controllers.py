"""Routes of what providers call people: one's own, and for administrators those of everybody."""

from uuid import UUID

from litestar import Controller, delete, get

from chatter.kit.routes import route
from chatter.sso.identities import Identities
from chatter.sso.permissions import SsoAction, SsoPermission
from chatter.sso.schemas import ExternalIdentityList

__all__ = ["ExternalIdentityController", "OwnExternalIdentityController"]


class OwnExternalIdentityController(Controller):
    """`/me/external-identities`"""

    path = "/me/external-identities"
    tags = ("Single sign-on",)

    @get(
        operation_id="ListOwnExternalIdentities",
        summary="The accounts by which I come in here",
        opt=route(signed_in=True, people_only=True),
    )
    async def index(self, identities: Identities) -> ExternalIdentityList:
        return await identities.own()

    @delete(
        "/{external_identity_id:uuid}",
        operation_id="UnlinkOwnExternalIdentity",
        summary="Come in by this account no longer, and end the sessions that it vouched for",
        opt=route(signed_in=True, people_only=True, recent=True, audit=SsoAction.IDENTITY_UNLINKED),
    )
    async def unlink(self, identities: Identities, external_identity_id: UUID) -> None:
        await identities.unlink_own(external_identity_id)


class ExternalIdentityController(Controller):
    """`/identity-providers/…/identities`"""

    path = "/identity-providers/{identity_provider_id:uuid}/identities"
    tags = ("Single sign-on",)

    @get(
        operation_id="ListExternalIdentities",
        summary="Whom a provider has named",
        opt=route(permission=SsoPermission.PROVIDER_READ),
    )
    async def index(self, identities: Identities, identity_provider_id: UUID) -> ExternalIdentityList:
        return await identities.known_to(identity_provider_id)

    @delete(
        "/{external_identity_id:uuid}",
        operation_id="UnlinkExternalIdentity",
        summary="Forget what a provider calls somebody, and end the sessions that it vouched for",
        opt=route(permission=SsoPermission.IDENTITY_DELETE, audit=SsoAction.IDENTITY_UNLINKED),
    )
    async def unlink(self, identities: Identities, identity_provider_id: UUID, external_identity_id: UUID) -> None:
        await identities.unlink(identity_provider_id, external_identity_id)
