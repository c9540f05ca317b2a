"""One organisation's roles and permissions, decided by Casbin."""

from collections.abc import Mapping
from uuid import UUID

from casbin import FastEnforcer
from casbin.model import FastModel

__all__ = ["OrganizationEnforcer"]

_MODEL = """
[request_definition]
r = role, organization, permission

[policy_definition]
p = role, organization, permission

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.role == p.role && r.organization == p.organization && r.permission == p.permission
"""
_KEY = (0, 1, 2)  # Casbin asks the policies of this key alone, and not each of some three hundred


class OrganizationEnforcer:
    """Knows the built-in roles and the organisation's own, as of one version; keeps what it has decided."""

    def __init__(
        self, tenant_id: UUID, *, version: int, roles: Mapping[str, frozenset[str]], names: Mapping[str, str]
    ) -> None:
        model = FastModel(_KEY)
        model.load_model_from_text(_MODEL)
        self._enforcer = FastEnforcer(model, cache_key_order=_KEY)
        self._organization = str(tenant_id)
        self.tenant_id = tenant_id
        self.version = version
        self.checked_at = 0.0
        """When the version was last found to be the newest, by the loop's clock."""
        self.roles = roles
        self.names = names
        """What people call the organisation's own roles."""
        for role, permissions in roles.items():
            self._enforcer.add_policies([[role, self._organization, permission] for permission in permissions])
        self._decisions: dict[tuple[str, str], bool] = {}

    def allows(self, role: str, permission: str) -> bool:
        """Whether the role holds the permission; a role that is not there holds none."""
        decision = self._decisions.get((role, permission))
        if decision is None:
            decision = self._decisions[role, permission] = self.decide(role, permission)
        return decision

    def decide(self, role: str, permission: str) -> bool:
        """The same, asked anew."""
        return bool(self._enforcer.enforce(role, self._organization, permission))
