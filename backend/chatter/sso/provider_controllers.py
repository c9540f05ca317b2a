"""Routes of identity providers."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post, put
from litestar.params import QueryParameter

from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.kit.web.openapi import ELSEWHERE
from chatter.sso.enforcement import Enforcement
from chatter.sso.permissions import SsoAction, SsoPermission
from chatter.sso.providers import IdentityProviders
from chatter.sso.schemas import (
    IdentityProvider,
    IdentityProviderCreate,
    IdentityProviderList,
    IdentityProviderUpdate,
    SsoEffect,
    SsoEnforcement,
    SsoTest,
    SsoTestStart,
)
from chatter.sso.trials import Trials

__all__ = ["IdentityProviderController", "SsoEnforcementController"]

OwnerIds = Annotated[
    list[UUID] | None, QueryParameter(max_items=20, description="Owners who come in without; once for each.")
]


class SsoEnforcementController(Controller):
    """`/sso-enforcement`"""

    path = "/sso-enforcement"
    tags = ("Single sign-on",)

    @get(
        operation_id="GetSsoEnforcement",
        summary="Whether only the organisation's own sign-in opens it",
        opt=route(permission=SsoPermission.PROVIDER_READ),
    )
    async def show(self, enforcement: Enforcement) -> SsoEnforcement:
        return await enforcement.present()

    @get(
        "/effect",
        operation_id="GetSsoEffect",
        summary="Whom enforcing single sign-on would keep out, and which keys and apps it would stop",
        opt=route(permission=SsoPermission.PROVIDER_READ),
    )
    async def effect(self, enforcement: Enforcement, *, break_glass_id: OwnerIds = None) -> SsoEffect:
        return await enforcement.effect(break_glass_id or [])

    @put(
        operation_id="ChangeSsoEnforcement",
        summary="Enforce single sign-on, and name the owners who come in without",
        opt=route(permission=SsoPermission.PROVIDER_UPDATE, audit=SsoAction.ENFORCEMENT_CHANGED, recent=True),
    )
    async def change(self, enforcement: Enforcement, data: SsoEnforcement) -> SsoEnforcement:
        return await enforcement.change(data)


class IdentityProviderController(Controller):
    """`/identity-providers`"""

    path = "/identity-providers"
    tags = ("Single sign-on",)

    @get(
        operation_id="ListIdentityProviders",
        summary="Identity providers",
        opt=route(permission=SsoPermission.PROVIDER_READ),
    )
    async def index(self, identity_providers: IdentityProviders) -> IdentityProviderList:
        return await identity_providers.all()

    @post(
        operation_id="CreateIdentityProvider",
        summary="Add an identity provider, switched off",
        opt=route(permission=SsoPermission.PROVIDER_CREATE, audit=SsoAction.PROVIDER_CREATED, recent=True),
    )
    async def create(self, identity_providers: IdentityProviders, data: IdentityProviderCreate) -> IdentityProvider:
        return await identity_providers.create(data)

    @get(
        "/{identity_provider_id:uuid}",
        operation_id="GetIdentityProvider",
        summary="One identity provider",
        opt=route(permission=SsoPermission.PROVIDER_READ),
    )
    async def show(self, identity_providers: IdentityProviders, identity_provider_id: UUID) -> IdentityProvider:
        return await identity_providers.one(identity_provider_id)

    @patch(
        "/{identity_provider_id:uuid}",
        operation_id="UpdateIdentityProvider",
        summary="Change, enable or disable an identity provider",
        opt=route(permission=SsoPermission.PROVIDER_UPDATE, audit=SsoAction.PROVIDER_UPDATED, recent=True),
    )
    async def update(
        self, identity_providers: IdentityProviders, identity_provider_id: UUID, data: IdentityProviderUpdate
    ) -> IdentityProvider:
        return await identity_providers.update(identity_provider_id, data)

    @delete(
        "/{identity_provider_id:uuid}",
        operation_id="DeleteIdentityProvider",
        summary="Remove an identity provider; its people stay members",
        opt=route(permission=SsoPermission.PROVIDER_DELETE, audit=SsoAction.PROVIDER_DELETED, recent=True),
    )
    async def remove(self, identity_providers: IdentityProviders, identity_provider_id: UUID) -> None:
        await identity_providers.delete(identity_provider_id)

    @post(
        "/{identity_provider_id:uuid}/test",
        operation_id="TestIdentityProvider",
        summary="Ask for discovery document and keys, and prepare a test sign-in",
        status_code=200,
        opt=route(permission=SsoPermission.PROVIDER_UPDATE, audit=SsoAction.PROVIDER_TESTED, people_only=True),
        responses=ELSEWHERE,
    )
    async def test(self, principal: Principal, trials: Trials, identity_provider_id: UUID) -> SsoTestStart:
        return await trials.start(principal, identity_provider_id)

    @get(
        "/{identity_provider_id:uuid}/tests/{sso_attempt_id:uuid}",
        operation_id="GetIdentityProviderTest",
        summary="What a test has seen so far",
        opt=route(permission=SsoPermission.PROVIDER_READ),
    )
    async def result(
        self, principal: Principal, trials: Trials, identity_provider_id: UUID, sso_attempt_id: UUID
    ) -> SsoTest:
        return await trials.result(principal, identity_provider_id, sso_attempt_id)
