"""The oauth domain, as the registry sees it."""

from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.identity.facade import Bearers
from chatter.kit.domain import Domain
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.oauth.access_tokens import AccessTokens
from chatter.oauth.addresses import Addresses
from chatter.oauth.asking import Asking
from chatter.oauth.attempts import Attempts
from chatter.oauth.authorizing import Authorizing
from chatter.oauth.consent import ConsentTokens
from chatter.oauth.controllers import (
    AppController,
    ConnectionController,
    ConsentController,
    MemberAppController,
    TokenController,
)
from chatter.oauth.devices import Devices
from chatter.oauth.families import Families
from chatter.oauth.grants import Grants
from chatter.oauth.listeners import LISTENERS
from chatter.oauth.models import Family, Grant, SigningKey
from chatter.oauth.permissions import ROLE_PERMISSIONS, OAuthPermission
from chatter.oauth.signing_keys import SigningKeys
from chatter.oauth.token_endpoint import TokenEndpoint
from chatter.oauth.well_known_controllers import WellKnownController
from chatter.rbac.facade import Authorizer

__all__ = ["domain"]


def _addresses(services: Services) -> Addresses:
    return Addresses.of(services.settings)


def _signing_keys(services: Services) -> SigningKeys:
    return services.part(SigningKeys)


def _asking(services: Services) -> Asking:
    return Asking(services.settings.secret_keys, Addresses.of(services.settings), services.part(Authorizer))


def _authorizing(services: Services, asking: Asking) -> Authorizing:
    return Authorizing(
        services.database,
        services.settings,
        services.clock,
        asking=asking,
        consents=ConsentTokens(services.settings.secret_key, services.clock, services.redis),
        devices=Devices(services.redis, services.clock),
        attempts=Attempts(services.redis),
    )


def _token_endpoint(services: Services, asking: Asking) -> TokenEndpoint:
    return TokenEndpoint(
        services.settings.secret_key,
        Addresses.of(services.settings),
        services.clock,
        asking=asking,
        devices=Devices(services.redis, services.clock),
        families=Families(services.database, services.clock, services.part(AccessTokens)),
        attempts=Attempts(services.redis),
    )


def _app_grants(services: Services, session: AsyncSession, principal: Principal) -> Grants:
    return Grants(session, principal, services.clock)


async def _start(services: Services) -> None:
    keys, addresses = SigningKeys(services.database, services.settings.secret_key), Addresses.of(services.settings)
    await keys.start()
    tokens = AccessTokens(services.database, keys, services.clock, issuer=addresses.issuer, audience=addresses.resource)
    services.add(keys)
    services.add(tokens)
    services.part(Bearers).add(tokens)


domain = Domain(
    name="oauth",
    controllers=(TokenController, ConnectionController, ConsentController, AppController, MemberAppController),
    well_known=(WellKnownController,),
    tables=(Grant, Family, SigningKey),
    permissions=OAuthPermission,
    role_permissions=ROLE_PERMISSIONS,
    listeners=LISTENERS,
    dependencies={
        "addresses": Provide(_addresses, sync_to_thread=False),
        "signing_keys": Provide(_signing_keys, sync_to_thread=False),
        "asking": Provide(_asking, sync_to_thread=False),
        "authorizing": Provide(_authorizing, sync_to_thread=False),
        "token_endpoint": Provide(_token_endpoint, sync_to_thread=False),
        "app_grants": Provide(_app_grants, sync_to_thread=False),
    },
    on_startup=(_start,),
)
