"""Which roles a role may give to others."""

from chatter.tenancy.errors import RoleAboveOwn

__all__ = ["may_give", "require_may_give"]

_RANKS = {"owner": 4, "admin": 3, "editor": 2, "member": 1, "billing": 1, "auditor": 1, "viewer": 0}
_CUSTOM = 0
"""A role of the organisation's own may hold anything: it gives the least of the built-in ones only."""


def may_give(own: str, role: str) -> bool:
    """Whether somebody in the role `own` may give `role`: never one above their own."""
    return _RANKS[role] <= _RANKS.get(own, _CUSTOM)


def require_may_give(own: str, role: str) -> None:
    """Raise RoleAboveOwn unless `own` may give `role`."""
    if not may_give(own, role):
        raise RoleAboveOwn(
            f"As {own} you can not make somebody {role}.", remedy=f"Ask an owner, or choose a role up to {own}."
        )
