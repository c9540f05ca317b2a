"""Routes of service accounts and their keys. What makes more of them is for people: a key can not outlive itself."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post

from chatter.identity.api_keys import ApiKeys
from chatter.identity.permissions import IdentityAction, IdentityPermission
from chatter.identity.schemas import (
    ApiKeyCreate,
    ApiKeyCreated,
    ApiKeyList,
    ServiceAccount,
    ServiceAccountCreate,
    ServiceAccountList,
    ServiceAccountUpdate,
)
from chatter.identity.service_accounts import ServiceAccounts
from chatter.kit.routes import route
from chatter.tenancy.schemas import BelongingsList, Offboarding, OffboardingOrder

__all__ = ["ApiKeyController", "ServiceAccountController"]

_READ = route(permission=IdentityPermission.SERVICE_ACCOUNT_READ)


class ServiceAccountController(Controller):
    """`/service-accounts`"""

    path = "/service-accounts"
    tags = ("Service accounts",)

    @get(operation_id="ListServiceAccounts", summary="Every service account", opt=_READ)
    async def index(self, service_accounts: ServiceAccounts) -> ServiceAccountList:
        return ServiceAccountList(items=await service_accounts.all())

    @post(
        operation_id="CreateServiceAccount",
        summary="Make a service account, in a role that you hold",
        opt=route(
            permission=IdentityPermission.SERVICE_ACCOUNT_CREATE,
            audit=IdentityAction.SERVICE_ACCOUNT_CREATED,
            people_only=True,
        ),
    )
    async def create(self, service_accounts: ServiceAccounts, data: ServiceAccountCreate) -> ServiceAccount:
        return await service_accounts.create(data)

    @get("/{account_id:uuid}", operation_id="GetServiceAccount", summary="One service account", opt=_READ)
    async def show(self, service_accounts: ServiceAccounts, account_id: UUID) -> ServiceAccount:
        return await service_accounts.one(account_id)

    @patch(
        "/{account_id:uuid}",
        operation_id="UpdateServiceAccount",
        summary="Change a service account; its role holds at once",
        opt=route(
            permission=IdentityPermission.SERVICE_ACCOUNT_UPDATE,
            audit=IdentityAction.SERVICE_ACCOUNT_UPDATED,
            people_only=True,
        ),
    )
    async def update(
        self, service_accounts: ServiceAccounts, account_id: UUID, data: ServiceAccountUpdate
    ) -> ServiceAccount:
        return await service_accounts.update(account_id, data)

    @post(
        "/{account_id:uuid}/suspend",
        operation_id="SuspendServiceAccount",
        summary="Keep a service account out until it is reactivated",
        status_code=200,
        opt=route(permission=IdentityPermission.SERVICE_ACCOUNT_UPDATE, audit=IdentityAction.SERVICE_ACCOUNT_SUSPENDED),
    )
    async def suspend(self, service_accounts: ServiceAccounts, account_id: UUID) -> ServiceAccount:
        return await service_accounts.suspend(account_id)

    @post(
        "/{account_id:uuid}/reactivate",
        operation_id="ReactivateServiceAccount",
        summary="Let a suspended service account in again",
        status_code=200,
        opt=route(
            permission=IdentityPermission.SERVICE_ACCOUNT_UPDATE,
            audit=IdentityAction.SERVICE_ACCOUNT_REACTIVATED,
            people_only=True,
        ),
    )
    async def reactivate(self, service_accounts: ServiceAccounts, account_id: UUID) -> ServiceAccount:
        return await service_accounts.reactivate(account_id)

    @get(
        "/{account_id:uuid}/belongings",
        operation_id="ListServiceAccountBelongings",
        summary="What a service account owns, counted",
        opt=route(permission=IdentityPermission.SERVICE_ACCOUNT_DELETE),
    )
    async def belongings(self, service_accounts: ServiceAccounts, account_id: UUID) -> BelongingsList:
        return BelongingsList(user_id=account_id, items=await service_accounts.belongings(account_id))

    @post(
        "/{account_id:uuid}/delete",
        operation_id="DeleteServiceAccount",
        summary="Delete a service account and deal with what it owns",
        opt=route(permission=IdentityPermission.SERVICE_ACCOUNT_DELETE, audit=IdentityAction.SERVICE_ACCOUNT_DELETED),
    )
    async def remove(self, service_accounts: ServiceAccounts, account_id: UUID, data: OffboardingOrder) -> Offboarding:
        return await service_accounts.delete(account_id, data)


class ApiKeyController(Controller):
    """`/service-accounts/…/keys`"""

    path = "/service-accounts"
    tags = ("Service accounts",)

    @get("/{account_id:uuid}/keys", operation_id="ListApiKeys", summary="The keys of a service account", opt=_READ)
    async def index(self, api_keys: ApiKeys, account_id: UUID) -> ApiKeyList:
        return ApiKeyList(items=await api_keys.of(account_id))

    @post(
        "/{account_id:uuid}/keys",
        operation_id="CreateApiKey",
        summary="Make a key; it is shown this once",
        opt=route(
            permission=IdentityPermission.API_KEY_CREATE,
            audit=IdentityAction.API_KEY_CREATED,
            people_only=True,
            recent=True,
        ),
    )
    async def create(self, api_keys: ApiKeys, account_id: UUID, data: ApiKeyCreate) -> ApiKeyCreated:
        return await api_keys.create(account_id, data)

    @delete(
        "/{account_id:uuid}/keys/{key_id:uuid}",
        operation_id="RevokeApiKey",
        summary="Revoke a key; it opens nothing from now on",
        opt=route(permission=IdentityPermission.API_KEY_DELETE, audit=IdentityAction.API_KEY_REVOKED),
    )
    async def revoke(self, api_keys: ApiKeys, account_id: UUID, key_id: UUID) -> None:
        await api_keys.revoke(account_id, key_id)
