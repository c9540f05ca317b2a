"""What other domains may ask: who holds which permission, and what somebody may do with one thing."""

from chatter.rbac.access import access_to, require_access
from chatter.rbac.authorizer import Authorizer
from chatter.rbac.catalogue import BUILT_IN_ROLES, Catalogue
from chatter.rbac.errors import NotManaged
from chatter.rbac.guard import RECENT, is_recent, require_recent
from chatter.rbac.policy import PolicyService
from chatter.rbac.repository import role_names

__all__ = [
    "BUILT_IN_ROLES",
    "RECENT",
    "Authorizer",
    "Catalogue",
    "NotManaged",
    "PolicyService",
    "access_to",
    "is_recent",
    "require_access",
    "require_recent",
    "role_names",
]
