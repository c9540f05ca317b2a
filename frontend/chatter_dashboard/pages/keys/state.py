"""What the page of keys knows and does."""

from uuid import UUID

from chatter.identity.schemas import ApiKey, ApiKeyCreate
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["KeysState"]


class KeysState:
    """One's own keys; and, for those who may see them, a page after another of everybody's."""

    def __init__(self, visitor: Visitor) -> None:
        self._api = visitor.api.keys
        self.sees_all = visitor.may("identity:api_key:read")
        self.may_revoke = visitor.may("identity:api_key:delete")
        self.own: list[ApiKey] = []
        self.all: list[ApiKey] = []
        self.cursor: str | None = None

    async def load(self) -> None:
        """Fetch both from their beginning."""
        self.own = await self._api.own()
        if self.sees_all:
            page = await self._api.all()
            self.all, self.cursor = page.items, page.next_cursor

    async def more(self) -> None:
        """Fetch the next page of everybody's."""
        page = await self._api.all(cursor=self.cursor)
        self.all, self.cursor = [*self.all, *page.items], page.next_cursor

    async def create(self, data: ApiKeyCreate) -> str:
        """Make a key for oneself; answers the secret."""
        made = await self._api.create_own(data)
        await self.load()
        return made.secret

    async def revoke_own(self, key_id: str) -> None:
        """Take one's own back."""
        await self._api.revoke_own(UUID(key_id))
        await self.load()

    async def revoke(self, key_id: str) -> None:
        """Take anybody's back."""
        await self._api.revoke(UUID(key_id))
        await self.load()
