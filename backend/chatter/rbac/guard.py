"""The one guard: it holds a route's declared permission against the role, and what is for people against the kind."""

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from chatter.kit.services import Services
from chatter.rbac.authorizer import Authorizer
from chatter.rbac.errors import PeopleOnly, PermissionMissing

__all__ = ["require_permission"]


async def require_permission(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    """Raise PermissionMissing unless the route is public, for anybody signed in, or allowed to the principal's role.

    Raise PeopleOnly when a service account asks for what is for people.
    """
    if handler.opt.get("people_only") and connection.user.kind == "service":
        raise PeopleOnly
    permission = handler.opt.get("permission")
    if permission is None:
        return
    services: Services = connection.app.state.services
    if not await services.part(Authorizer).allowed(connection.user, permission):
        raise PermissionMissing(
            f"This needs the permission {permission.value}, which your role does not hold.",
            remedy="Ask an administrator of your organisation for another role.",
        )
