"""The single sign-on domain, as the registry sees it."""

from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.identity.facade import IdentityService
from chatter.kit.domain import Domain
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal
from chatter.kit.sealed_columns import SealedColumn
from chatter.kit.services import Services
from chatter.rbac.facade import Authorizer
from chatter.sso.controllers import SsoController
from chatter.sso.discovery import Discovery
from chatter.sso.enforcement import Enforcement
from chatter.sso.identities import Identities
from chatter.sso.identity_controllers import ExternalIdentityController, OwnExternalIdentityController
from chatter.sso.logout import SsoLogout
from chatter.sso.models import (
    ExternalIdentity,
    IdentityProvider,
    IdentityProviderDomain,
    IdentityProviderMapping,
    SsoAttempt,
    SsoBreakGlass,
    SsoLogoutToken,
    SsoSession,
)
from chatter.sso.permissions import ROLE_PERMISSIONS, SsoPermission
from chatter.sso.provider_controllers import IdentityProviderController, SsoEnforcementController
from chatter.sso.providers import IdentityProviders
from chatter.sso.sign_in import SsoSignIn
from chatter.sso.trials import Trials

__all__ = ["domain"]


def _providers(
    session: AsyncSession, principal: Principal, authorizer: Authorizer, services: Services
) -> IdentityProviders:
    return IdentityProviders(session, principal, authorizer, services)


def _sign_in(services: Services, identity: IdentityService, authorizer: Authorizer, jobs: JobQueue) -> SsoSignIn:
    return SsoSignIn(services, identity, authorizer, jobs)


def _enforcement(session: AsyncSession, principal: Principal) -> Enforcement:
    return Enforcement(session, principal)


def _identities(session: AsyncSession, principal: Principal, authorizer: Authorizer) -> Identities:
    return Identities(session, principal, authorizer)


def _logout(services: Services) -> SsoLogout:
    return SsoLogout(services)


def _trials(services: Services) -> Trials:
    return Trials(services)


async def _start(services: Services) -> None:
    services.add(Discovery(services.http))


domain = Domain(
    name="sso",
    controllers=(
        *(SsoController, IdentityProviderController, SsoEnforcementController),
        *(ExternalIdentityController, OwnExternalIdentityController),
    ),
    sealed=(SealedColumn(IdentityProvider.client_secret_sealed), SealedColumn(SsoSession.id_token_sealed)),
    tables=(
        IdentityProvider,
        IdentityProviderDomain,
        IdentityProviderMapping,
        ExternalIdentity,
        SsoAttempt,
        SsoSession,
        SsoBreakGlass,
        SsoLogoutToken,
    ),
    permissions=SsoPermission,
    role_permissions=ROLE_PERMISSIONS,
    dependencies={
        "identity_providers": Provide(_providers, sync_to_thread=False),
        "sso": Provide(_sign_in, sync_to_thread=False),
        "identities": Provide(_identities, sync_to_thread=False),
        "enforcement": Provide(_enforcement, sync_to_thread=False),
        "logout": Provide(_logout, sync_to_thread=False),
        "trials": Provide(_trials, sync_to_thread=False),
    },
    on_startup=(_start,),
)
