"""Finds out who sends a request: by a session's token or by a key, and for which organisation."""

from dataclasses import dataclass
from urllib.parse import unquote_plus
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from chatter.identity.bearers import Bearers
from chatter.identity.demands import require_factor
from chatter.identity.errors import KeyInAddress, NotSignedIn, SsoRequired
from chatter.identity.key_uses import KeyUses
from chatter.identity.keys import GivenKey, is_in, principal_by_key
from chatter.identity.session_uses import SessionUses
from chatter.identity.sessions import principal_by_token
from chatter.identity.sso_demand import sso_demanded_of
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.kit.telemetry import client_address
from chatter.kit.web.edge import SESSION_COOKIE, refuse_cross_origin
from chatter.kit.web.rate_limits import count_unknown
from chatter.tenancy.errors import OrganizationDeleting, OrganizationSuspended
from chatter.tenancy.facade import is_support_token, let_page_read

__all__ = [
    "ORGANIZATION_HEADER",
    "AuthenticationMiddleware",
    "GivenBearer",
    "Proof",
    "principal_of",
    "refusal_of",
    "require_open",
    "shown",
]

ORGANIZATION_HEADER = "Chatter-Organization"
UNATTENDED_HEADER = "Chatter-Unattended"
"""Sent with what a page asks by itself: an open tab that nobody looks at does not keep its session from ending."""


class AuthenticationMiddleware(AbstractAuthenticationMiddleware):
    """Every route that is not public needs a principal."""

    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:  # type: ignore[type-arg]
        """Raise NotSignedIn when nobody, or nobody of that organisation, is signed in.

        Raise SsoRequired when their session would open it, did it not ask for its own sign-in.
        Raise RateLimited when that came from this address too often, KeyInAddress for a key in the query, whoever asks,
        OrganizationSuspended or OrganizationDeleting when the organisation is closed for this route,
        SecondFactorRequired when it asks for one that was not shown, and
        KeyAddressRefused for a key that is bound to other addresses.
        """
        refuse_cross_origin(connection.scope)
        if is_in(unquote_plus(connection.scope["query_string"].decode("latin-1"))):
            raise KeyInAddress
        services: Services = connection.app.state.services
        attended = UNATTENDED_HEADER not in connection.headers
        tenant_id, address = _organization(connection), client_address.get()
        principal = await principal_of(
            services, shown(connection), tenant_id=tenant_id, address=address, is_use=attended
        )
        if principal is None:
            await count_unknown(services.limiter)
            raise await refusal_of(services, shown(connection), tenant_id=tenant_id)
        await let_page_read(connection, principal)
        opt = connection.scope["route_handler"].opt
        require_open(principal, even_closed=bool(opt.get("even_closed")))
        require_factor(principal, without_factor=bool(opt.get("without_factor")))
        return AuthenticationResult(user=principal, auth=principal.session_id)


@dataclass(frozen=True, slots=True)
class GivenBearer:
    """A text of the shape of another domain's token; whether it opens anything is not known yet."""

    token: str


Proof = GivenKey | GivenBearer | str


def shown(connection: ASGIConnection) -> Proof | None:  # type: ignore[type-arg]
    """What the caller shows: a session's token; or, as a bearer only, a key or an app's token.

    A cookie is sent by a browser by itself, whichever page has it do so.
    """
    scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer:
        token, services = bearer.strip(), connection.app.state.services
        is_of_an_app = services.part(Bearers).reader_of(token) is not None
        return GivenKey.of(token) or (GivenBearer(token) if is_of_an_app else token)
    return connection.cookies.get(SESSION_COOKIE)


async def principal_of(
    services: Services,
    proof: Proof | None,
    *,
    tenant_id: UUID | None,
    address: str | None,
    is_use: bool = True,
) -> Principal | None:
    """Whom it lets in, coming from there. One statement for whatever is shown; raises KeyAddressRefused.

    `is_use`: what nothing uses ends after a while.
    """
    if isinstance(proof, GivenKey):
        key_uses = services.part(KeyUses)
        return await principal_by_key(services.database, key_uses, proof, tenant_id=tenant_id, address=address)
    if isinstance(proof, GivenBearer):
        reader = services.part(Bearers).reader_of(proof.token)
        return await reader.principal(proof.token, tenant_id=tenant_id) if reader else None
    uses = services.part(SessionUses) if is_use else None
    return await principal_by_token(services.database, proof, tenant_id=tenant_id, uses=uses) if proof else None


async def refusal_of(services: Services, proof: Proof | None, *, tenant_id: UUID | None) -> NotSignedIn:
    """Why nobody is let in: asked for sessions alone, and only once they have not been."""
    if isinstance(proof, str) and not is_support_token(proof):
        demanded = await sso_demanded_of(services.database, proof, tenant_id=tenant_id)
        if demanded:
            return SsoRequired(demanded[0].organization_name)
    return NotSignedIn("You are not signed in to this organisation.", remedy="Sign in and try again.")


def require_open(principal: Principal, *, even_closed: bool) -> None:
    """Raise OrganizationSuspended or OrganizationDeleting for a route that does not answer while it is closed."""
    if principal.organization_state != "active" and not even_closed:
        raise OrganizationSuspended if principal.organization_state == "suspended" else OrganizationDeleting


def _organization(connection: ASGIConnection) -> UUID | None:  # type: ignore[type-arg]
    named = connection.headers.get(ORGANIZATION_HEADER)
    try:
        return UUID(named) if named else None
    except ValueError as error:
        raise NotSignedIn(
            "The organisation in the request is not an id.", remedy=f"Send a UUID in {ORGANIZATION_HEADER}."
        ) from error
