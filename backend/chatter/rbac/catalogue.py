"""Everything that can be permitted or shared, gathered from the domains' manifests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatter.kit.domain import Domain
from chatter.kit.resources import ResourceKind, UsableKind
from chatter.rbac.errors import UnknownKind

__all__ = ["BUILT_IN_ROLES", "Catalogue"]

BUILT_IN_ROLES = ("owner", "admin", "editor", "member", "viewer", "billing", "auditor")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Does not change while the process runs."""

    permissions: tuple[str, ...]
    """Every permission, domain by domain."""
    built_in: Mapping[str, frozenset[str]]
    """Built-in role → what it holds in all domains together."""
    operators: frozenset[str]
    """The most that the server's operator may do, whatever the role that an organisation granted them."""
    kinds: Mapping[str, ResourceKind]
    usables: Mapping[str, UsableKind]

    @classmethod
    def of(cls, domains: Sequence[Domain]) -> "Catalogue":
        return cls(
            permissions=tuple(permission.value for domain in domains for permission in domain.permissions or ()),
            built_in={
                role: frozenset(
                    permission.value for domain in domains for permission in domain.role_permissions.get(role, ())
                )
                for role in BUILT_IN_ROLES
            },
            operators=frozenset(permission.value for domain in domains for permission in domain.operator_permissions),
            kinds={kind.name: kind for domain in domains for kind in domain.resources},
            usables={kind.name: kind for domain in domains for kind in domain.usables},
        )

    def kind(self, name: str) -> ResourceKind:
        """Raise UnknownKind for a kind that no domain has registered."""
        found = self.kinds.get(name)
        if found is None:
            raise UnknownKind(
                f"Nothing of the kind “{name}” can be shared.", remedy=f"Kinds are {', '.join(sorted(self.kinds))}."
            )
        return found
