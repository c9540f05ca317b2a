"""Finds out which directory sends a request: by a SCIM token, and by nothing else."""

from urllib.parse import unquote_plus

from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from chatter.identity.errors import KeyInAddress
from chatter.kit.services import Services
from chatter.kit.web.rate_limits import count_unknown
from chatter.scim.errors import TokenRefused
from chatter.scim.secrets import GivenToken, is_in, principal_by_scim_token
from chatter.tenancy.errors import OrganizationDeleting, OrganizationSuspended

__all__ = ["TokenAuthentication"]


class TokenAuthentication(AbstractAuthenticationMiddleware):
    """Every SCIM route needs a token of an organisation that is open. Cookies and API keys open none."""

    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:  # type: ignore[type-arg]
        """Raise TokenRefused with one text for every reason; OrganizationSuspended, OrganizationDeleting."""
        if is_in(unquote_plus(connection.scope["query_string"].decode("latin-1"))):
            raise KeyInAddress
        scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
        token = GivenToken.of(bearer.strip()) if scheme.lower() == "bearer" else None
        services: Services = connection.app.state.services
        principal = await principal_by_scim_token(services.database, token) if token else None
        if principal is None:
            await count_unknown(services.limiter)
            raise TokenRefused
        if principal.organization_state != "active":
            raise OrganizationSuspended if principal.organization_state == "suspended" else OrganizationDeleting
        return AuthenticationResult(user=principal, auth=None)
