"""One directory's users and groups, each request a unit of work of its own: for single requests and for bulk alike."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from scim2_models import InvalidPathException
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.errors import NotFound
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.rbac.facade import Authorizer
from chatter.scim.entries import Kept
from chatter.scim.groups import Groups
from chatter.scim.listing import Listing
from chatter.scim.users import Users

__all__ = ["Directory", "Target", "base_url"]


def base_url(services: Services) -> str:
    """Where the server's SCIM routes are, as a directory reaches them."""
    return f"{services.settings.address}/scim/v2"


@dataclass(frozen=True)
class Target:
    """What an address names: all resources of a kind, or one of them."""

    kind: str
    key: UUID | None

    @classmethod
    def of(cls, path: str) -> "Target":
        """Raise InvalidPathException for an address of nothing, and NotFound for an id that is none."""
        kind, _, key = path.strip("/").partition("/")
        if kind not in ("Users", "Groups"):
            raise InvalidPathException(detail=f"{path} names neither users nor groups.")
        try:
            return cls(kind, UUID(key) if key else None)
        except ValueError as error:
            raise NotFound from error


class Directory:
    """Opens its own units of work. (Not a dataclass: Litestar would validate it.)"""

    def __init__(self, services: Services, principal: Principal) -> None:
        self._services = services
        self._principal = principal
        self._authorizer = services.part(Authorizer)
        self.base_url = base_url(services)

    @asynccontextmanager
    async def listing(self) -> AsyncIterator[Listing]:
        """What finds and lists."""
        async with self._unit() as session:
            yield Listing(session, base_url=self.base_url)

    async def show(self, target: Target) -> Kept:
        async with self._unit() as session:
            return await self._of(session, target.kind).one(_key(target))

    async def create(self, target: Target, payload: Any) -> Kept:
        async with self._unit() as session:
            return await self._of(session, target.kind).create(payload)

    async def replace(self, target: Target, payload: Any, *, if_match: str | None) -> Kept:
        async with self._unit() as session:
            return await self._of(session, target.kind).replace(_key(target), payload, if_match=if_match)

    async def patch(self, target: Target, payload: Any, *, if_match: str | None) -> Kept:
        async with self._unit() as session:
            return await self._of(session, target.kind).patch(_key(target), payload, if_match=if_match)

    async def delete(self, target: Target, *, if_match: str | None) -> None:
        async with self._unit() as session:
            await self._of(session, target.kind).delete(_key(target), if_match=if_match)

    def _of(self, session: AsyncSession, kind: str) -> Users | Groups:
        if kind == "Users":
            return Users(session, self._principal, self._authorizer, base_url=self.base_url)
        return Groups(session, self._principal, self._authorizer, base_url=self.base_url)

    @asynccontextmanager
    async def _unit(self) -> AsyncIterator[AsyncSession]:
        async with self._services.database.unit(self._principal.tenant_id) as session:
            yield session


def _key(target: Target) -> UUID:
    if target.key is None:
        raise InvalidPathException(detail=f"Name one of the {target.kind}.")
    return target.key
