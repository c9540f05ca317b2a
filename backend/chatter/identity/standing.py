"""Whether who reads a stream would still be let in: the session or key, the organisation, the permission, anew."""

from uuid import UUID

from litestar.connection import ASGIConnection

from chatter.identity.authentication import GivenBearer, Proof, principal_of, refusal_of, require_open, shown
from chatter.identity.demands import require_factor
from chatter.identity.errors import AppEnded, KeyEnded, MembershipEnded, SessionEnded, SsoRequired, VisitEnded
from chatter.identity.keys import GivenKey
from chatter.identity.sessions import session_stands
from chatter.kit.errors import ChatterError
from chatter.kit.services import Services
from chatter.kit.standing import Standing, Standings
from chatter.kit.telemetry import client_address
from chatter.rbac.facade import Authorizer
from chatter.tenancy.facade import is_support_token

__all__ = ["standing_of"]


def standing_of(connection: ASGIConnection, services: Services) -> Standing:  # type: ignore[type-arg]
    """The standing of whoever sent this request, for what its route needs."""
    proof, opt, tenant_id = shown(connection) or "", connection.route_handler.opt, connection.user.tenant_id
    address = client_address.get()
    needed = opt.get("streams") or opt.get("permission")

    async def why_ended() -> ChatterError | None:
        try:
            principal = await principal_of(services, proof, tenant_id=tenant_id, address=address, is_use=False)
            if principal is None:
                return await _why_out(services, proof, tenant_id=tenant_id)
            require_open(principal, even_closed=bool(opt.get("even_closed")))
            require_factor(principal, without_factor=bool(opt.get("without_factor")))
            if needed:
                await services.part(Authorizer).require(principal, needed)
        except ChatterError as error:
            return error
        return None

    key = (proof, tenant_id, address, needed)
    return Standing(services.part(Standings), key=key, why_ended=why_ended)


async def _why_out(services: Services, proof: Proof, *, tenant_id: UUID) -> ChatterError:
    """What became of somebody whom this organisation let in a moment ago."""
    if isinstance(proof, GivenKey):
        return KeyEnded()
    if isinstance(proof, GivenBearer):
        return AppEnded()
    if is_support_token(proof):
        return VisitEnded()
    demanded = await refusal_of(services, proof, tenant_id=tenant_id)
    if isinstance(demanded, SsoRequired):
        return demanded
    stands = await session_stands(services.database, proof, tenant_id=tenant_id)
    return MembershipEnded() if stands else SessionEnded()
