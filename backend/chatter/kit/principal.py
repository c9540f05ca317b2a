"""Who is acting, and in which organisation."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from chatter.kit.identifiers import TenantId, UserId

__all__ = ["ActorKind", "Principal"]

ActorKind = Literal["user", "service", "operator", "scim"]


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody signed in who acts in exactly one organisation."""

    tenant_id: TenantId
    user_id: UserId
    """A person's id, a service account's, or a SCIM token's, as `kind` says."""
    session_id: UUID | None
    """None for whoever comes with a key."""
    role: str
    """A built-in role's name, or `custom:` and the id of a role that the organisation made.

    A SCIM token has its maker's: it gives no role that holds more.
    """
    email: str
    name: str
    organization_name: str
    kind: ActorKind = "user"
    key_id: UUID | None = None
    """The API key that a request came with in place of a session; an operator's: the grant that lets them in."""
    scopes: frozenset[str] | None = None
    """The most that the key or the app that a request came with may do, of what the role may; None: all of it."""
    until: datetime | None = None
    """When an operator's visit is over at the latest."""
    methods: frozenset[str] = frozenset()
    """How a person has proven to be that person in this session; empty for whoever comes with a key."""
    authenticated_at: datetime | None = None
    """When they proved it last; None for whoever comes with a key, and during a visit."""
    bound: bool = False
    """Whether only this organisation vouches for the person: the session opens no other, and is no word about them."""
    demands: frozenset[str] = frozenset()
    """What the organisation asks of how its people sign in: `second_factor`, `passkey`, `sso`."""
    organization_state: str = "active"
    """`suspended` and `deleting` let only the few routes answer that say so."""

    @property
    def is_program(self) -> bool:
        """Whether a key or an app's token came, and no sign-in: what is for people alone is closed to it."""
        return self.kind != "operator" and self.session_id is None

    @property
    def label(self) -> str:
        """What the audit log calls the actor: programs have no address."""
        return self.name if self.kind in {"service", "scim"} else self.email
