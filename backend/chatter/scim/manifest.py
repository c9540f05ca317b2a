"""The scim domain, as the registry sees it."""

from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.domain import Domain, Mount
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.rbac.facade import Authorizer
from chatter.scim.authentication import TokenAuthentication
from chatter.scim.controllers import ScimController
from chatter.scim.directory import Directory, base_url
from chatter.scim.endpoints import DescriptionEndpoints, EverythingEndpoints, GroupEndpoints, UserEndpoints
from chatter.scim.group_roles import GroupRoles
from chatter.scim.journal import journal
from chatter.scim.models import ScimGroup, ScimGroupMember, ScimGroupRole, ScimRequest, ScimToken, ScimUser
from chatter.scim.permissions import ROLE_PERMISSIONS, ScimPermission
from chatter.scim.resources import MAX_BYTES
from chatter.scim.tokens import ScimTokens
from chatter.scim.wording import exception_handlers

__all__ = ["domain"]


def _scim_tokens(services: Services, session: AsyncSession, principal: Principal, authorizer: Authorizer) -> ScimTokens:
    return ScimTokens(session, principal, authorizer, services.clock, base_url=base_url(services))


def _group_roles(session: AsyncSession, principal: Principal, authorizer: Authorizer) -> GroupRoles:
    return GroupRoles(session, principal, authorizer)


def _directory(services: Services, principal: Principal) -> Directory:
    return Directory(services, principal)


domain = Domain(
    name="scim",
    controllers=(ScimController,),
    mounts=(
        Mount(
            prefix="/scim/v2",
            controllers=(UserEndpoints, GroupEndpoints, EverythingEndpoints, DescriptionEndpoints),
            middleware=(DefineMiddleware(TokenAuthentication), DefineMiddleware(journal)),
            exception_handlers=exception_handlers,
            max_body_bytes=MAX_BYTES,
        ),
    ),
    tables=(ScimToken, ScimUser, ScimGroup, ScimGroupMember, ScimGroupRole, ScimRequest),
    permissions=ScimPermission,
    role_permissions=ROLE_PERMISSIONS,
    dependencies={
        "scim_tokens": Provide(_scim_tokens, sync_to_thread=False),
        "scim_group_roles": Provide(_group_roles, sync_to_thread=False),
        "directory": Provide(_directory, sync_to_thread=False),
    },
)
