"""Who is acting, and in which organisation."""

from dataclasses import dataclass
from uuid import UUID

from chatter.kit.identifiers import TenantId, UserId

__all__ = ["Principal"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """A signed-in person acting in exactly one organisation."""

    tenant_id: TenantId
    user_id: UserId
    session_id: UUID
    role: str
    email: str
    name: str
    organization_name: str
