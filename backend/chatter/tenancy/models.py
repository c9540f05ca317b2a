"""Organisations and who belongs to them."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import TenantScoped, Timestamps

__all__ = ["Membership", "Organization"]


class Organization(Timestamps, TenantScoped):
    """A tenant. Its id is the tenant_id of everything that it owns."""

    __tablename__ = "organization"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class Membership(Timestamps, TenantScoped):
    """That a person belongs to an organisation, in one role."""

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint(
            "role in ('owner', 'admin', 'editor', 'member', 'viewer', 'billing', 'auditor')", name="membership_role"
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str]
