"""Finds out who sends a request: a session cookie or a bearer token, and the organisation that it names."""

from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from chatter.identity.errors import NotSignedIn
from chatter.identity.sessions import principal_by_token
from chatter.kit.services import Services
from chatter.kit.web.edge import SESSION_COOKIE, refuse_cross_origin
from chatter.tenancy.errors import OrganizationDeleting, OrganizationSuspended

__all__ = ["ORGANIZATION_HEADER", "AuthenticationMiddleware"]

ORGANIZATION_HEADER = "Chatter-Organization"


class AuthenticationMiddleware(AbstractAuthenticationMiddleware):
    """Every route that is not public needs a principal."""

    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:  # type: ignore[type-arg]
        """Raise NotSignedIn when nobody, or nobody of that organisation, is signed in.

        Raise OrganizationSuspended or OrganizationDeleting when the organisation is closed for this route.
        """
        refuse_cross_origin(connection.scope)
        token = _token(connection)
        services: Services = connection.app.state.services
        tenant_id = _organization(connection)
        principal = await principal_by_token(services.database, token, tenant_id=tenant_id) if token else None
        if principal is None:
            raise NotSignedIn("You are not signed in to this organisation.", remedy="Sign in and try again.")
        if principal.organization_state != "active" and not connection.scope["route_handler"].opt.get("even_closed"):
            raise OrganizationSuspended if principal.organization_state == "suspended" else OrganizationDeleting
        return AuthenticationResult(user=principal, auth=principal.session_id)


def _token(connection: ASGIConnection) -> str | None:  # type: ignore[type-arg]
    scheme, _, value = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip()
    return connection.cookies.get(SESSION_COOKIE)


def _organization(connection: ASGIConnection) -> UUID | None:  # type: ignore[type-arg]
    named = connection.headers.get(ORGANIZATION_HEADER)
    try:
        return UUID(named) if named else None
    except ValueError as error:
        raise NotSignedIn(
            "The organisation in the request is not an id.", remedy=f"Send a UUID in {ORGANIZATION_HEADER}."
        ) from error
