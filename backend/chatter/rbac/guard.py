"""The one guard: a route's permission against the role, people's routes against the kind, a visit within its bounds."""

from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from chatter.audit.facade import record_reading
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.rbac.authorizer import Authorizer
from chatter.rbac.errors import OperatorRefused, PeopleOnly

__all__ = ["require_permission"]


async def require_permission(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    """Raise PermissionMissing unless the route is public, for anybody signed in, or allowed to the principal's role.

    Raise PeopleOnly when a service account asks for what is for people, and OperatorRefused for what the server's
    operator may not do during a visit, whatever the role that they were granted. What they look at is noted in the
    organisation's log before it is answered.
    """
    if handler.opt.get("people_only") and connection.user.kind == "service":
        raise PeopleOnly
    permission = handler.opt.get("permission")
    if permission is None:
        if handler.opt.get("signed_in") and not handler.opt.get("operators") and _is_operator(connection):
            raise OperatorRefused
        return
    services: Services = connection.app.state.services
    await services.part(Authorizer).require(connection.user, permission)
    if _is_operator(connection) and not handler.opt.get("audit"):
        await _note_reading(connection, handler, services)


def _is_operator(connection: ASGIConnection) -> bool:  # type: ignore[type-arg]
    principal: Principal = connection.user
    return principal.kind == "operator"


async def _note_reading(connection: ASGIConnection, handler: BaseRouteHandler, services: Services) -> None:  # type: ignore[type-arg]
    asked = next((value for value in connection.path_params.values() if isinstance(value, UUID)), None)
    name = str(handler.operation_id) if isinstance(handler, HTTPRouteHandler) else handler.handler_name
    async with services.database.unit(connection.user.tenant_id) as session:
        await record_reading(session, connection.user, operation=name, target=asked)
