"""What the roles page knows and does."""

from uuid import UUID

from chatter.rbac.schemas import Permission, Role, RoleCreate, RoleUpdate
from chatter_dashboard.components.matrix import MatrixColumn, MatrixGroup, MatrixRow
from chatter_dashboard.components.table import Option
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["RolesState"]

_DOMAINS = {"rbac": "Access", "llm": "Models", "tenancy": "Organization and members"}


class RolesState:
    """The roles and what they hold."""

    def __init__(self, visitor: Visitor) -> None:
        self._api = visitor.api.access
        self._may_change = visitor.may("rbac:role:manage")
        self.roles: list[Role] = []
        self._permissions: list[Permission] = []

    @property
    def own(self) -> list[Role]:
        """The organisation's own roles."""
        return [role for role in self.roles if role.id is not None]

    async def load(self) -> None:
        """Fetch everything anew."""
        self.roles = await self._api.roles()
        self._permissions = await self._api.permissions()

    async def create(self, *, name: str, description: str, like: str) -> Role:
        """Make a role that holds what one may hand on of another's permissions, or nothing."""
        mine = {permission.name for permission in self._permissions if permission.held}
        pattern = next((role.permissions for role in self.roles if role.key == like), [])
        wanted = [name for name in pattern if name in mine]
        made = await self._api.create_role(RoleCreate(name=name, description=description, permissions=wanted))
        await self.load()
        return made

    async def rename(self, role_id: UUID, *, name: str, description: str) -> None:
        await self._api.update_role(role_id, RoleUpdate(name=name, description=description))
        await self.load()

    async def delete(self, role_id: str) -> str:
        """Remove a role; answers its name."""
        role = self.find(role_id)
        await self._api.delete_role(UUID(role_id))
        await self.load()
        return role.name

    async def set(self, key: str, permission: str, *, on: bool) -> None:
        """Give a role a permission or take it away."""
        role = next(role for role in self.roles if role.key == key)
        if role.id is None:
            return
        held = {*role.permissions, permission} if on else {*role.permissions} - {permission}
        changed = await self._api.update_role(role.id, RoleUpdate(permissions=sorted(held)))
        self.roles = [changed if other.key == key else other for other in self.roles]

    def find(self, role_id: str) -> Role:
        return next(role for role in self.roles if str(role.id) == role_id)

    def columns(self) -> list[MatrixColumn]:
        """The organisation's own roles first: they are what can be changed."""
        return [
            MatrixColumn(
                key=role.key,
                label=role.name,
                held=role.permissions,
                editable=role.id is not None and self._may_change,
            )
            for role in [*self.own, *(role for role in self.roles if role.id is None)]
        ]

    def groups(self) -> list[MatrixGroup]:
        """The permissions, domain by domain."""
        domains = dict.fromkeys(permission.domain for permission in self._permissions)
        return [
            MatrixGroup(
                label=_DOMAINS.get(domain, domain.capitalize()),
                rows=[_row(permission) for permission in self._permissions if permission.domain == domain],
            )
            for domain in domains
        ]

    def patterns(self) -> list[Option]:
        """What a new role may start from."""
        return [Option(value="", label="Nothing"), *(Option(value=role.key, label=role.name) for role in self.roles)]


def _row(permission: Permission) -> MatrixRow:
    action, resource = permission.action.replace("_", " "), permission.resource.replace("_", " ")
    return MatrixRow(key=permission.name, label=f"{action} {resource}".capitalize(), mine=permission.held)
