"""The rbac domain, as the registry sees it."""

from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.domain import Domain
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.rbac.authorizer import Authorizer
from chatter.rbac.catalogue import Catalogue
from chatter.rbac.controllers import AccessController, GrantController, PermissionController, RoleController
from chatter.rbac.grants import GrantService
from chatter.rbac.models import AccessPolicy, AccessVersion, ResourceGrant, Role, RolePermission
from chatter.rbac.permissions import OPERATOR_PERMISSIONS, ROLE_PERMISSIONS, RbacPermission
from chatter.rbac.roles import RoleService

__all__ = ["domain"]


async def _start(services: Services) -> None:
    authorizer = Authorizer(services.database, services.part(Catalogue))
    services.add(authorizer)
    authorizer.start()


async def _stop(services: Services) -> None:
    await services.part(Authorizer).stop()


def _authorizer(services: Services) -> Authorizer:
    return services.part(Authorizer)


def _roles(session: AsyncSession, principal: Principal, authorizer: Authorizer) -> RoleService:
    return RoleService(session, principal, authorizer)


def _grants(session: AsyncSession, principal: Principal, services: Services) -> GrantService:
    return GrantService(session, principal, services.part(Authorizer), services.clock)


domain = Domain(
    name="rbac",
    controllers=(RoleController, PermissionController, GrantController, AccessController),
    tables=(Role, RolePermission, AccessVersion, AccessPolicy, ResourceGrant),
    permissions=RbacPermission,
    role_permissions=ROLE_PERMISSIONS,
    operator_permissions=OPERATOR_PERMISSIONS,
    dependencies={
        "authorizer": Provide(_authorizer, sync_to_thread=False),
        "roles": Provide(_roles, sync_to_thread=False),
        "grants": Provide(_grants, sync_to_thread=False),
    },
    on_startup=(_start,),
    on_shutdown=(_stop,),
)
