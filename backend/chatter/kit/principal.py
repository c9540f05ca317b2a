"""Who is acting, and in which organisation."""

from typing import Literal
from uuid import UUID

import msgspec

from chatter.kit.identifiers import TenantId, UserId

__all__ = ["Principal"]


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever acts, in exactly one organisation: today a signed-in person."""

    tenant_id: TenantId
    user_id: UserId
    session_id: UUID
    role: str
    """A built-in role's name, or `custom:` and the id of a role that the organisation made."""
    email: str
    name: str
    organization_name: str
    kind: Literal["user", "service_account"] = "user"
