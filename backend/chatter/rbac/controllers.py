"""Roles, grants, and why somebody may do something."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post, put
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.principal import Principal
from chatter.kit.resources import Level
from chatter.kit.routes import route
from chatter.kit.web.openapi import ABSENT
from chatter.rbac.authorizer import Authorizer
from chatter.rbac.explanations import ExplanationService, Question
from chatter.rbac.grants import GrantService
from chatter.rbac.permissions import RbacAction, RbacPermission
from chatter.rbac.policy import PolicyService
from chatter.rbac.roles import RoleService
from chatter.rbac.schemas import (
    Explanation,
    Grant,
    GrantCreate,
    GrantList,
    GrantUpdate,
    PermissionList,
    Policy,
    Role,
    RoleCreate,
    RoleList,
    RoleUpdate,
    SharedList,
    Subjects,
)

__all__ = ["AccessController", "GrantController", "PermissionController", "RoleController"]

KindQuery = Annotated[str, QueryParameter(max_length=40, description="`document`, `conversation`, `model`, …")]
AnyKind = Annotated[str | None, QueryParameter(max_length=40, description="`document`, `conversation`, `model`, …")]
AnyPermission = Annotated[str | None, QueryParameter(max_length=100, description="`domain:resource:action`")]


class PermissionController(Controller):
    """`/permissions`"""

    path = "/permissions"
    tags = ("Access",)

    @get(
        operation_id="ListPermissions",
        summary="Everything that a role may allow",
        opt=route(permission=RbacPermission.ROLE_READ),
    )
    async def index(self, roles: RoleService) -> PermissionList:
        return await roles.permissions()


class RoleController(Controller):
    """`/roles`"""

    path = "/roles"
    tags = ("Access",)

    @get(
        operation_id="ListRoles",
        summary="The built-in roles and the organisation's own",
        opt=route(permission=RbacPermission.ROLE_READ),
    )
    async def index(self, roles: RoleService) -> RoleList:
        return await roles.roles()

    @post(
        operation_id="CreateRole",
        summary="Make a role of permissions that you hold",
        opt=route(permission=RbacPermission.ROLE_MANAGE, audit=RbacAction.ROLE_CREATED),
    )
    async def create(self, roles: RoleService, data: RoleCreate) -> Role:
        return await roles.create(data)

    @get(
        "/{role_id:uuid}",
        operation_id="GetRole",
        summary="One of the organisation's own roles",
        opt=route(permission=RbacPermission.ROLE_READ),
    )
    async def show(self, role_id: UUID, roles: RoleService) -> Role:
        return await roles.role(role_id)

    @patch(
        "/{role_id:uuid}",
        operation_id="UpdateRole",
        summary="Change a role; it holds for its members at once",
        opt=route(permission=RbacPermission.ROLE_MANAGE, audit=RbacAction.ROLE_UPDATED),
    )
    async def update(self, role_id: UUID, roles: RoleService, data: RoleUpdate) -> Role:
        return await roles.update(role_id, data)

    @delete(
        "/{role_id:uuid}",
        operation_id="DeleteRole",
        summary="Remove a role that nobody has",
        opt=route(permission=RbacPermission.ROLE_MANAGE, audit=RbacAction.ROLE_DELETED),
    )
    async def remove(self, role_id: UUID, roles: RoleService) -> None:
        await roles.delete(role_id)


class GrantController(Controller):
    """`/grants`"""

    path = "/grants"
    tags = ("Access",)

    @get(
        operation_id="ListGrants",
        summary="Who has access to a thing that you manage",
        opt=route(permission=RbacPermission.GRANT_MANAGE),
        responses=ABSENT,
    )
    async def index(self, grants: GrantService, resource_kind: KindQuery, resource_id: UUID) -> GrantList:
        return await grants.on(resource_kind, resource_id)

    @post(
        operation_id="CreateGrant",
        summary="Share a thing that you manage",
        opt=route(permission=RbacPermission.GRANT_MANAGE, audit=RbacAction.GRANT_CREATED),
    )
    async def create(self, grants: GrantService, data: GrantCreate) -> Grant:
        return await grants.create(data)

    @patch(
        "/{grant_id:uuid}",
        operation_id="UpdateGrant",
        summary="Change a grant's level or end",
        opt=route(permission=RbacPermission.GRANT_MANAGE, audit=RbacAction.GRANT_UPDATED),
    )
    async def update(self, grant_id: UUID, grants: GrantService, data: GrantUpdate) -> Grant:
        return await grants.update(grant_id, data)

    @delete(
        "/{grant_id:uuid}",
        operation_id="DeleteGrant",
        summary="Take access back; it ends at once",
        opt=route(permission=RbacPermission.GRANT_MANAGE, audit=RbacAction.GRANT_DELETED),
    )
    async def remove(self, grant_id: UUID, grants: GrantService) -> None:
        await grants.delete(grant_id)


class AccessController(Controller):
    """`/access`"""

    path = "/access"
    tags = ("Access",)

    @get("/shared", operation_id="ListShared", summary="What others have shared with you", opt=route(signed_in=True))
    async def shared(self, grants: GrantService) -> SharedList:
        return await grants.shared_with_me()

    @get(
        "/subjects",
        operation_id="ListSubjects",
        summary="Whom you can share with",
        opt=route(permission=RbacPermission.GRANT_MANAGE),
    )
    async def subjects(self, grants: GrantService) -> Subjects:
        return await grants.subjects()

    @get(
        "/explain",
        operation_id="ExplainAccess",
        summary="Why somebody can, or can't, do something",
        opt=route(permission=RbacPermission.ACCESS_EXPLAIN),
        responses=ABSENT,
    )
    async def explain(
        self,
        *,
        session: AsyncSession,
        principal: Principal,
        authorizer: Authorizer,
        user_id: UUID,
        permission: AnyPermission = None,
        resource_kind: AnyKind = None,
        resource_id: UUID | None = None,
        level: Level = Level.VIEW,
    ) -> Explanation:
        question = Question(
            user_id=user_id,
            permission=permission or None,
            resource_kind=resource_kind or None,
            resource_id=resource_id,
            level=level,
        )
        return await ExplanationService(session, principal, authorizer).explain(question)

    @get(
        "/policy",
        operation_id="GetAccessPolicy",
        summary="What administrators may see",
        opt=route(signed_in=True, operators=True),
    )
    async def policy(self, session: AsyncSession, principal: Principal) -> Policy:
        return await PolicyService(session, principal).policy()

    @put(
        "/policy",
        operation_id="UpdateAccessPolicy",
        summary="Decide what administrators may see",
        opt=route(permission=RbacPermission.POLICY_UPDATE, audit=RbacAction.POLICY_UPDATED),
    )
    async def update_policy(self, session: AsyncSession, principal: Principal, data: Policy) -> Policy:
        return await PolicyService(session, principal).update(data)
