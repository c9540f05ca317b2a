"""The one guard: a route's permission against the role, people's routes against the kind, a visit within its bounds.

And how somebody came in: whether that is long ago, and good for this.
"""

from datetime import datetime, timedelta
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from chatter.audit.facade import record_reading
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.rbac.authorizer import Authorizer
from chatter.rbac.errors import (
    DirectoryOnly,
    OperatorRefused,
    PeopleOnly,
    RecentProofRequired,
    ScopeMissing,
    SessionBound,
)

__all__ = ["RECENT", "is_recent", "require_permission", "require_recent"]

RECENT = timedelta(minutes=10)
"""How long a proof of who it is suffices for what asks for one."""


async def require_permission(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    """Raise PermissionMissing unless the route is public, for anybody signed in, or allowed to the principal's role.

    Raise PeopleOnly when a program asks for what is for people, ScopeMissing when it was given less than the route
    needs, and OperatorRefused for what the server's operator may not do during a visit, whatever the role that they
    were granted. What they look at is noted in the organisation's log before it is answered. Raise RecentProofRequired
    and SessionBound for how they came in.
    """
    if handler.opt.get("provisioning") or _is_directory(connection):
        _require_its_own(connection, handler)
        return
    if handler.opt.get("people_only") and connection.user.is_program:
        raise PeopleOnly
    if handler.opt.get("unbound") and connection.user.bound:
        raise SessionBound
    permission = handler.opt.get("permission")
    if permission is None:
        if handler.opt.get("signed_in") and not handler.opt.get("operators") and _is_operator(connection):
            raise OperatorRefused
        if handler.opt.get("signed_in") and not handler.opt.get("operators") and connection.user.scopes is not None:
            raise ScopeMissing("This needs all that you may do; the key or app that you came with was given less.")
        _require_recent(connection, handler)
        return
    services: Services = connection.app.state.services
    await services.part(Authorizer).require(connection.user, permission)
    _require_recent(connection, handler)
    if _is_operator(connection) and not handler.opt.get("audit"):
        await _note_reading(connection, handler, services)


def is_recent(principal: Principal, *, now: datetime) -> bool:
    """Whether the person has proven who they are within the last minutes."""
    return principal.authenticated_at is not None and now - principal.authenticated_at <= RECENT


def require_recent(principal: Principal, *, now: datetime) -> None:
    """Raise RecentProofRequired when it is too long ago that the person has proven who they are, or a program asks."""
    if not is_recent(principal, now=now):
        raise RecentProofRequired


def _require_recent(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    if handler.opt.get("recent"):
        require_recent(connection.user, now=connection.app.state.services.clock.now())


def _is_directory(connection: ASGIConnection) -> bool:  # type: ignore[type-arg]
    principal: Principal | None = connection.scope.get("user")
    return principal is not None and principal.kind == "scim"


def _require_its_own(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    """A directory's routes are for its token alone, and its token for them, whatever role its maker had."""
    if not (handler.opt.get("provisioning") and _is_directory(connection)):
        raise DirectoryOnly


def _is_operator(connection: ASGIConnection) -> bool:  # type: ignore[type-arg]
    principal: Principal = connection.user
    return principal.kind == "operator"


async def _note_reading(connection: ASGIConnection, handler: BaseRouteHandler, services: Services) -> None:  # type: ignore[type-arg]
    asked = next((value for value in connection.path_params.values() if isinstance(value, UUID)), None)
    name = str(handler.operation_id) if isinstance(handler, HTTPRouteHandler) else handler.handler_name
    async with services.database.unit(connection.user.tenant_id) as session:
        await record_reading(session, connection.user, operation=name, target=asked)
