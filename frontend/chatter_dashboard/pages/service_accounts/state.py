"""What the pages of service accounts know and do."""

from uuid import UUID

from chatter.identity.schemas import ApiKey, ApiKeyCreate, ServiceAccount, ServiceAccountCreate, ServiceAccountUpdate
from chatter.rbac.schemas import Role
from chatter.tenancy.schemas import BelongingsCount, Member, OffboardingOrder
from chatter_dashboard.components.form import Field, Values
from chatter_dashboard.components.table import Option
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["AccountState", "AccountsState", "assignable_roles", "role_field"]


class AccountsState:
    """Every service account, and the making of one."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._api = visitor.api.service_accounts
        self.items: list[ServiceAccount] = []
        self.roles: list[Role] = []

    async def load(self) -> None:
        """Fetch the accounts, and the roles that this person can give."""
        self.items = await self._api.all()
        self.roles = await assignable_roles(self._visitor)

    async def create(self, values: Values) -> ServiceAccount:
        """Make an account."""
        return await self._api.create(
            ServiceAccountCreate(
                name=values["name"].strip(), description=values["description"].strip(), role=values["role"]
            )
        )


class AccountState:
    """One service account with its keys, and the changes to both."""

    account: ServiceAccount

    def __init__(self, visitor: Visitor, account_id: UUID) -> None:
        self._visitor = visitor
        self._api = visitor.api.service_accounts
        self._account_id = account_id
        self.keys: list[ApiKey] = []
        self.roles: list[Role] = []
        self.belongings: list[BelongingsCount] = []
        self.heirs: list[Member] = []

    async def load(self) -> None:
        """Fetch the account, its keys, and what its deletion would be about."""
        self.account = await self._api.one(self._account_id)
        self.keys = await self._api.keys(self._account_id)
        self.roles = await assignable_roles(self._visitor)
        if self._visitor.may("identity:service_account:delete"):
            self.belongings = await self._api.belongings(self._account_id)
            members = await self._visitor.api.identity.members()
            self.heirs = [member for member in members if member.suspended_at is None]

    async def save(self, values: Values) -> None:
        """Change its name, what it is for, and its role."""
        change = ServiceAccountUpdate(
            name=values["name"].strip(), description=values["description"].strip(), role=values["role"]
        )
        self.account = await self._api.update(self._account_id, change)

    async def switch(self) -> str:
        """Suspend it, or let it in again; answers what to say."""
        if self.account.suspended_at is None:
            self.account = await self._api.suspend(self._account_id)
            return f"{self.account.name} is suspended: none of its keys works."
        self.account = await self._api.reactivate(self._account_id)
        return f"{self.account.name} is in again."

    async def create_key(self, data: ApiKeyCreate) -> str:
        """Make a key; answers the secret."""
        made = await self._api.create_key(self._account_id, data)
        self.keys = [made.key, *self.keys]
        return made.secret

    async def revoke(self, key_id: str) -> str:
        """Take a key back; answers its name."""
        key = next(key for key in self.keys if str(key.id) == key_id)
        await self._api.revoke_key(self._account_id, key.id)
        self.keys = await self._api.keys(self._account_id)
        return key.name

    async def delete(self, values: Values) -> None:
        """Delete it; what is handed over goes to the person chosen."""
        handed = [one.kind for one in self.belongings if values.get(one.kind) == "hand_over"]
        successor = UUID(values["successor_id"]) if handed else None
        await self._api.delete(self._account_id, OffboardingOrder(successor_id=successor, hand_over=handed))


async def assignable_roles(visitor: Visitor) -> list[Role]:
    """The roles that hold no more than this person's own; an owner is a person."""
    if not visitor.may("rbac:role:read"):
        return []
    held = set(visitor.me.permissions)
    roles = await visitor.api.access.roles()
    return [role for role in roles if role.key != "owner" and held.issuperset(role.permissions)]


def role_field(roles: list[Role], *, value: str, label: str = "") -> Field:
    """A choice among the roles that can be given; the present one stands there even when it can't."""
    options = [Option(value=role.key, label=role.name) for role in roles]
    if value not in [option.value for option in options]:
        options.append(Option(value=value, label=label or value.capitalize()))
    return Field(name="role", label="Role", kind="select", options=tuple(options), value=value)
