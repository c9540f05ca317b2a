"""Keys: one's own, and those of the organisation."""

from uuid import UUID

from chatter.identity.schemas import ApiKey, ApiKeyCreate, ApiKeyCreated, ApiKeyList
from chatter.kit.schema import Page
from chatter_dashboard.api.calls import Calls

__all__ = ["KeysApi"]


class KeysApi:
    """`/me/keys` and `/keys`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def own(self) -> list[ApiKey]:
        """One's own, the newest first."""
        return (await self._calls.get("/me/keys", ApiKeyList)).items

    async def create_own(self, data: ApiKeyCreate) -> ApiKeyCreated:
        """Make a key for oneself; its secret is in this answer and never again."""
        return await self._calls.send("POST", "/me/keys", ApiKeyCreated, body=data)

    async def revoke_own(self, key_id: UUID) -> None:
        """Take a key of one's own back."""
        await self._calls.act("DELETE", f"/me/keys/{key_id}")

    async def all(self, *, cursor: str | None = None) -> Page[ApiKey]:
        """A page of everybody's, the newest first."""
        return await self._calls.get("/keys", Page[ApiKey], query={"cursor": cursor})

    async def revoke(self, key_id: UUID) -> None:
        """Take anybody's key back."""
        await self._calls.act("DELETE", f"/keys/{key_id}")
