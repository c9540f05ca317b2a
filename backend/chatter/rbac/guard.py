"""The one guard: it holds a route's declared permission against the person's role."""

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from chatter.kit.errors import Forbidden
from chatter.rbac.facade import Authorizer

__all__ = ["PermissionMissing", "require_permission"]


class PermissionMissing(Forbidden):
    """The person's role does not hold the permission."""

    code, title = "permission_missing", "Your role does not allow this"


async def require_permission(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    """Raise PermissionMissing unless the route is public, for anybody signed in, or allowed to the person's role.

    Asynchronous though it waits for nothing: Litestar runs synchronous guards in a thread, which costs more than this.
    """
    permission = handler.opt.get("permission")
    if permission is None:
        return
    authorizer: Authorizer = connection.app.state.authorizer
    if not authorizer.allowed(connection.user.role, permission):
        raise PermissionMissing(
            f"This needs the permission {permission.value}, which the role {connection.user.role} does not hold.",
            remedy="Ask an administrator of your organisation for another role.",
        )
