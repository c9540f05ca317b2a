"""Finds out who sends a request: by a session's token or by a key, and for which organisation."""

from urllib.parse import unquote_plus
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from chatter.identity.errors import KeyInAddress, NotSignedIn
from chatter.identity.key_uses import KeyUses
from chatter.identity.keys import GivenKey, is_in, principal_by_key
from chatter.identity.sessions import principal_by_token
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.kit.web.edge import SESSION_COOKIE, refuse_cross_origin
from chatter.tenancy.errors import OrganizationDeleting, OrganizationSuspended

__all__ = ["ORGANIZATION_HEADER", "AuthenticationMiddleware"]

ORGANIZATION_HEADER = "Chatter-Organization"


class AuthenticationMiddleware(AbstractAuthenticationMiddleware):
    """Every route that is not public needs a principal."""

    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:  # type: ignore[type-arg]
        """Raise NotSignedIn when nobody, or nobody of that organisation, is signed in.

        Raise KeyInAddress for a key in the query, whoever asks; OrganizationSuspended or OrganizationDeleting when the
        organisation is closed for this route.
        """
        refuse_cross_origin(connection.scope)
        if is_in(unquote_plus(connection.scope["query_string"].decode("latin-1"))):
            raise KeyInAddress
        services: Services = connection.app.state.services
        principal = await _principal(connection, services, tenant_id=_organization(connection))
        if principal is None:
            raise NotSignedIn("You are not signed in to this organisation.", remedy="Sign in and try again.")
        if principal.organization_state != "active" and not connection.scope["route_handler"].opt.get("even_closed"):
            raise OrganizationSuspended if principal.organization_state == "suspended" else OrganizationDeleting
        return AuthenticationResult(user=principal, auth=principal.session_id)


async def _principal(
    connection: ASGIConnection,  # type: ignore[type-arg]
    services: Services,
    *,
    tenant_id: UUID | None,
) -> Principal | None:
    """One statement for whatever is shown. A key counts as a bearer token only: a browser would send it by itself."""
    scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer:
        if key := GivenKey.of(bearer.strip()):
            return await principal_by_key(services.database, services.part(KeyUses), key, tenant_id=tenant_id)
        return await principal_by_token(services.database, bearer.strip(), tenant_id=tenant_id)
    token = connection.cookies.get(SESSION_COOKIE)
    return await principal_by_token(services.database, token, tenant_id=tenant_id) if token else None


def _organization(connection: ASGIConnection) -> UUID | None:  # type: ignore[type-arg]
    named = connection.headers.get(ORGANIZATION_HEADER)
    try:
        return UUID(named) if named else None
    except ValueError as error:
        raise NotSignedIn(
            "The organisation in the request is not an id.", remedy=f"Send a UUID in {ORGANIZATION_HEADER}."
        ) from error
