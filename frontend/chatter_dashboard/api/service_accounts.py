"""Service accounts and their keys."""

from uuid import UUID

from chatter.identity.schemas import (
    ApiKey,
    ApiKeyCreate,
    ApiKeyCreated,
    ApiKeyList,
    ServiceAccount,
    ServiceAccountCreate,
    ServiceAccountList,
    ServiceAccountUpdate,
)
from chatter.tenancy.schemas import BelongingsCount, BelongingsList, Offboarding, OffboardingOrder
from chatter_dashboard.api.calls import Calls

__all__ = ["ServiceAccountsApi"]


class ServiceAccountsApi:
    """`/service-accounts`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def all(self) -> list[ServiceAccount]:
        """Every service account, by name."""
        return (await self._calls.get("/service-accounts", ServiceAccountList)).items

    async def one(self, account_id: UUID) -> ServiceAccount:
        """One of them."""
        return await self._calls.get(f"/service-accounts/{account_id}", ServiceAccount)

    async def create(self, data: ServiceAccountCreate) -> ServiceAccount:
        """Make one, in a role that holds no more than one's own."""
        return await self._calls.send("POST", "/service-accounts", ServiceAccount, body=data)

    async def update(self, account_id: UUID, change: ServiceAccountUpdate) -> ServiceAccount:
        """Change its name, what it is for, or its role."""
        return await self._calls.send("PATCH", f"/service-accounts/{account_id}", ServiceAccount, body=change)

    async def suspend(self, account_id: UUID) -> ServiceAccount:
        """Keep it out."""
        return await self._calls.send("POST", f"/service-accounts/{account_id}/suspend", ServiceAccount)

    async def reactivate(self, account_id: UUID) -> ServiceAccount:
        """Let it in again."""
        return await self._calls.send("POST", f"/service-accounts/{account_id}/reactivate", ServiceAccount)

    async def belongings(self, account_id: UUID) -> list[BelongingsCount]:
        """What it owns, counted by kind."""
        return (await self._calls.get(f"/service-accounts/{account_id}/belongings", BelongingsList)).items

    async def delete(self, account_id: UUID, order: OffboardingOrder) -> Offboarding:
        """Delete it; what is not handed over is deleted too."""
        return await self._calls.send("POST", f"/service-accounts/{account_id}/delete", Offboarding, body=order)

    async def keys(self, account_id: UUID) -> list[ApiKey]:
        """Its keys, the newest first."""
        return (await self._calls.get(f"/service-accounts/{account_id}/keys", ApiKeyList)).items

    async def create_key(self, account_id: UUID, data: ApiKeyCreate) -> ApiKeyCreated:
        """Make a key; its secret is in this answer and never again."""
        return await self._calls.send("POST", f"/service-accounts/{account_id}/keys", ApiKeyCreated, body=data)

    async def revoke_key(self, account_id: UUID, key_id: UUID) -> None:
        """Take a key back."""
        await self._calls.act("DELETE", f"/service-accounts/{account_id}/keys/{key_id}")
