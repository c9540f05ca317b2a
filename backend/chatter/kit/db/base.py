"""The base of every table, and what all tenant tables share."""

from datetime import datetime
from uuid import UUID

from advanced_alchemy.base import CommonTableAttributes
from sqlalchemy import DateTime, MetaData, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chatter.kit.identifiers import new_id

__all__ = ["Base", "TenantModel", "TenantScoped", "Timestamps"]


class Base(CommonTableAttributes, DeclarativeBase):
    """Tables of the program; the migrations write them, a test compares both."""

    metadata = MetaData()


class TenantScoped(Base):
    """A row that belongs to one organisation; every statement on it carries the tenant."""

    __abstract__ = True

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-20)


class TenantModel(TenantScoped):
    """A tenant's row with an id of its own: its key is (tenant_id, id)."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-19)


class Timestamps:
    """When a row was made and last changed, by the database's clock."""

    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), onupdate=func.now(), sort_order=91
    )
