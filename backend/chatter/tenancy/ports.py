"""What higher domains tell this one about what people own, so that offboarding can deal with all of it."""

from collections.abc import Iterator
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.principal import Principal

__all__ = ["Belongings", "BelongingsRegistry"]


class Belongings(Protocol):
    """One kind of thing that a person owns in an organisation. Each step is one transaction of a few of them."""

    kind: str
    """A plural noun for it, stable: `documents`."""
    private: bool
    """Whether nobody but its owner sees it, so that only an owner of the organisation may hand it to somebody."""

    async def count(self, session: AsyncSession, *, owner_id: UUID) -> int:
        """How many the person owns."""
        ...

    async def hand_over(
        self, session: AsyncSession, actor: Principal, *, owner_id: UUID, successor_id: UUID, limit: int
    ) -> int:
        """Give up to `limit` of them to the successor, with their audit rows; returns how many, 0 when none is left."""
        ...

    async def delete(self, session: AsyncSession, actor: Principal, *, owner_id: UUID, limit: int) -> int:
        """Delete up to `limit` of them, with their audit rows; returns how many, 0 when none is left."""
        ...


class BelongingsRegistry:
    """The kinds that the domains of this process have named. (Not a dataclass: Litestar would validate it.)"""

    def __init__(self) -> None:
        self._kinds: dict[str, Belongings] = {}

    def add(self, belongings: Belongings) -> None:
        self._kinds[belongings.kind] = belongings

    def __iter__(self) -> Iterator[Belongings]:
        return iter(self._kinds.values())

    def named(self, kind: str) -> Belongings | None:
        return self._kinds.get(kind)
