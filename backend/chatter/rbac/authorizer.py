"""Decides by role, in every process as of the newest commit.

A change of roles moves the organisation's version and sends word on `access_changed`, both in its transaction: each
process forgets what it knew of that organisation once the commit is there. Whoever misses the word (a lost connection,
a pooler that carries none) finds the version moved within a second.
"""

import asyncio
from collections import OrderedDict
from enum import StrEnum
from uuid import UUID

import asyncpg
import structlog

from chatter.kit.db.database import Database
from chatter.kit.errors import NotFound
from chatter.kit.principal import Principal
from chatter.rbac.catalogue import Catalogue
from chatter.rbac.enforcer import OrganizationEnforcer
from chatter.rbac.errors import OperatorRefused, PermissionMissing, PermissionNotHeld, ScopeMissing

__all__ = ["Authorizer"]

log = structlog.get_logger()

CHANNEL = "access_changed"
_KEPT = 256
"""Organisations whose enforcer is kept; the one not asked for longest goes first."""
_CHECK_SECONDS = 1.0
_RECONNECT_SECONDS = 1.0
_VERSION = "select access_version_of($1)"
_ROLES = """
select (select version from access_version where tenant_id = $1) as version, r.id, r.name,
    array(select p.permission from role_permission p where p.tenant_id = $1 and p.role_id = r.id) as permissions
from (select 1) one left join role r on r.tenant_id = $1
"""


class Authorizer:
    """The roles of the organisations that this process serves."""

    def __init__(self, database: Database, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._database = database
        self._kept: OrderedDict[UUID, OrganizationEnforcer] = OrderedDict()
        self._stale: set[UUID] = set()
        self._listening: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to hear of changes that other processes commit."""
        self._listening = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait({self._listening})

    def doubt(self, tenant_id: UUID) -> None:
        """Compare versions before anything is decided again for this organisation."""
        if tenant_id in self._kept:
            self._stale.add(tenant_id)

    async def allowed(self, principal: Principal, permission: StrEnum) -> bool:
        """Whether the principal's role holds a permission; a narrowed key or the operator has few of them."""
        if principal.scopes is not None and permission.value not in principal.scopes:
            return False
        if principal.kind == "operator" and permission.value not in self.catalogue.operators:
            return False
        enforcer = self._current(principal.tenant_id) or await self._refreshed(principal.tenant_id)
        return enforcer.allows(principal.role, permission.value)

    async def role_allows(self, tenant_id: UUID, role: str, permission: StrEnum) -> bool:
        """Whether a role of an organisation holds a permission now: for what goes on after its request has ended."""
        enforcer = self._current(tenant_id) or await self._refreshed(tenant_id)
        return enforcer.allows(role, permission.value)

    async def require(self, principal: Principal, permission: StrEnum) -> None:
        """Raise OperatorRefused for what no visit of the server's operator reaches, PermissionMissing for the rest.

        ScopeMissing, for what the key or app was not given that a request came with.
        """
        if await self.allowed(principal, permission):
            return
        if principal.scopes is not None and permission.value not in principal.scopes:
            raise ScopeMissing(
                f"This needs the permission {permission.value}, which this key or app was not given.",
                needed=permission.value,
            )
        if principal.kind == "operator" and permission.value not in self.catalogue.operators:
            raise OperatorRefused
        raise PermissionMissing(
            f"This needs the permission {permission.value}, which your role does not hold.",
            remedy="Ask an administrator of your organisation for another role.",
        )

    async def permissions_of(self, principal: Principal) -> frozenset[str]:
        """All permissions of the principal's role, as far as they are the principal's."""
        held = await self.permissions_of_role(principal, principal.role)
        held = held if principal.scopes is None else held & principal.scopes
        return held & self.catalogue.operators if principal.kind == "operator" else held

    async def permissions_of_role(self, principal: Principal, role: str) -> frozenset[str]:
        """All permissions of a role of the principal's organisation; none for a role that is not there."""
        enforcer = self._current(principal.tenant_id) or await self._refreshed(principal.tenant_id)
        held = enforcer.roles.get(role, frozenset())
        return frozenset(permission for permission in held if enforcer.allows(role, permission))

    async def role_name(self, principal: Principal) -> str:
        """What people call the principal's role."""
        enforcer = self._current(principal.tenant_id) or await self._refreshed(principal.tenant_id)
        return enforcer.names.get(principal.role, principal.role.capitalize())

    async def require_held(self, principal: Principal, permissions: frozenset[str]) -> None:
        """Raise PermissionNotHeld when the principal would hand on more than they hold."""
        missing = permissions - await self.permissions_of(principal)
        if missing:
            raise PermissionNotHeld(
                f"You don't hold {', '.join(sorted(missing))} yourself.",
                remedy="Leave it out, or ask somebody who holds it.",
            )

    async def require_assignable(self, principal: Principal, role: str) -> None:
        """Raise NotFound for a role that is not there, and PermissionNotHeld for one that holds more than one's own.

        Asks for the version each time: word of a role that was made a moment ago may still be on its way.
        """
        enforcer = await self._refreshed(principal.tenant_id)
        if role not in enforcer.roles:
            raise NotFound
        await self.require_held(principal, enforcer.roles[role])

    async def covers(self, tenant_id: UUID, own: str, role: str) -> bool:
        """Whether whoever has the role `own` could give `role`; never one that is not there."""
        enforcer = await self._refreshed(tenant_id)
        held = enforcer.roles.get(own, frozenset())
        return role in enforcer.roles and held.issuperset(enforcer.roles[role])

    def _current(self, tenant_id: UUID) -> OrganizationEnforcer | None:
        found = self._kept.get(tenant_id)
        if found is None or tenant_id in self._stale:
            return None
        return found if asyncio.get_running_loop().time() - found.checked_at < _CHECK_SECONDS else None

    async def _refreshed(self, tenant_id: UUID) -> OrganizationEnforcer:
        """Ask for the version, and for the roles when it moved. Word that comes meanwhile makes the answer stale."""
        found = self._kept.get(tenant_id)
        if found is None:  # kept from now on, so that word of a change is not lost while the roles are on their way
            found = self._kept[tenant_id] = OrganizationEnforcer(tenant_id, version=-1, roles={}, names={})
        self._kept.move_to_end(tenant_id)
        self._stale.discard(tenant_id)
        now = asyncio.get_running_loop().time()
        if await self._database.hot.fetchval(_VERSION, tenant_id) != found.version:
            async with self._database.connection(tenant_id) as connection:
                found = self._enforcer(tenant_id, await connection.fetch(_ROLES, tenant_id))
        found.checked_at = now
        self._keep(found)
        return found

    def _keep(self, enforcer: OrganizationEnforcer) -> None:
        """Keep it unless somebody who asked later knows better."""
        kept = self._kept.get(enforcer.tenant_id)
        if kept is None or kept.version <= enforcer.version:
            self._kept[enforcer.tenant_id] = enforcer
        if len(self._kept) > _KEPT:
            self._stale.discard(self._kept.popitem(last=False)[0])

    def _enforcer(self, tenant_id: UUID, rows: list[asyncpg.Record]) -> OrganizationEnforcer:
        known = frozenset(self.catalogue.permissions)
        own = {f"custom:{row['id']}": known.intersection(row["permissions"]) for row in rows if row["id"] is not None}
        names = {f"custom:{row['id']}": row["name"] for row in rows if row["id"] is not None}
        return OrganizationEnforcer(
            tenant_id, version=rows[0]["version"] or 0, roles={**self.catalogue.built_in, **own}, names=names
        )

    async def _listen(self) -> None:
        while True:
            try:
                async with self._database.hear(CHANNEL, self._heard) as lost:
                    self._stale.update(self._kept)  # what was said while nobody listened is not repeated
                    await lost.wait()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("access_changes_not_heard", error=type(error).__name__)
            await asyncio.sleep(_RECONNECT_SECONDS)

    def _heard(self, word: str) -> None:
        self.doubt(UUID(word))
