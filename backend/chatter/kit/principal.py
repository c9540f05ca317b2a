"""Who is acting, and in which organisation."""

from uuid import UUID

import msgspec

from chatter.kit.identifiers import TenantId, UserId

__all__ = ["Principal"]


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in person acting in exactly one organisation."""

    tenant_id: TenantId
    user_id: UserId
    session_id: UUID
    role: str
    email: str
    name: str
    organization_name: str
    organization_state: str = "active"
    """`suspended` and `deleting` let only the few routes answer that say so."""
