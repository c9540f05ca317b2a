"""Rows of one tenant table, by advanced-alchemy: for what is listed, changed and deleted off the hot path."""

from typing import ClassVar, TypeVar
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.db.base import TenantScoped
from chatter.kit.errors import NotFound

__all__ = ["TenantRepository"]

M = TypeVar("M", bound=TenantScoped)


class TenantRepository(SQLAlchemyAsyncRepository[M]):
    """Works in the unit of work that it is given, whose session adds the tenant to each statement.

    A subclass names its `model_type`, and what is raised for a row that this organisation does not have.
    """

    missing: ClassVar[type[NotFound]] = NotFound

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session=session, wrap_exceptions=False)
        self.tenant_id: UUID = session.info["tenant_id"]

    async def find(self, *key: UUID) -> M | None:
        """The row with this key, the tenant's part left out."""
        names = [name for name in self.pk_attr_names if name != "tenant_id"]
        is_it = [getattr(self.model_type, name) == value for name, value in zip(names, key, strict=True)]
        return await self.get_one_or_none(self.model_type.tenant_id == self.tenant_id, *is_it)

    async def one(self, *key: UUID) -> M:
        """As `find`; raises `missing`."""
        row = await self.find(*key)
        if row is None:
            raise self.missing
        return row
