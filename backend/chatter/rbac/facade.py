"""Roles and permissions, decided by Casbin."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import casbin
from casbin.model import Model

__all__ = ["ROLES", "Authorizer"]

ROLES = ("owner", "admin", "editor", "member", "viewer", "billing", "auditor")

_MODEL = """
[request_definition]
r = role, permission

[policy_definition]
p = role, permission

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.role == p.role && r.permission == p.permission
"""


class Authorizer:
    """Decides by role. The policies come from the domains' manifests and do not change while the process runs."""

    def __init__(self, role_permissions: Iterable[Mapping[str, frozenset[StrEnum]]]) -> None:
        model = Model()
        model.load_model_from_text(_MODEL)
        self._enforcer = casbin.Enforcer(model)
        for mapping in role_permissions:
            for role, permissions in mapping.items():
                self._enforcer.add_policies([[role, permission.value] for permission in permissions])
        self._decisions: dict[tuple[str, str], bool] = {}

    def allowed(self, role: str, permission: StrEnum) -> bool:
        """Whether a role holds a permission."""
        asked = (role, permission.value)
        decision = self._decisions.get(asked)
        if decision is None:
            decision = self._decisions[asked] = bool(self._enforcer.enforce(*asked))
        return decision

    def permissions_of(self, role: str) -> list[str]:
        """All permissions of a role, sorted."""
        return sorted(policy[1] for policy in self._enforcer.get_filtered_policy(0, role))
