"""The identity domain, as the registry sees it."""

from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.identity.api_keys import ApiKeys
from chatter.identity.bearers import Bearers
from chatter.identity.confirming import Confirming
from chatter.identity.controllers import AnyRequest, AuthController, MeController, MemberController
from chatter.identity.device_controllers import DeviceController
from chatter.identity.devices import Devices
from chatter.identity.factor_controllers import (
    FactorPolicyController,
    MemberFactorController,
    SecondFactorController,
    SecondStepController,
)
from chatter.identity.factor_models import Passkey, RecoveryCode, SignInChallenge, TotpAuthenticator
from chatter.identity.factor_notices import SEND_FACTOR_NOTICE
from chatter.identity.factor_policy import FactorPolicies
from chatter.identity.joining import Joining
from chatter.identity.joining_controllers import JoiningController
from chatter.identity.key_controllers import KeyController, OwnKeyController
from chatter.identity.key_uses import KeyUses
from chatter.identity.lapsed import DAILY_SECONDS, remove_lapsed
from chatter.identity.mail_links import send_links
from chatter.identity.mailbox_controllers import MailboxController
from chatter.identity.mailboxes import SEND_PROOF, Mailboxes
from chatter.identity.member_factors import MembersFactors
from chatter.identity.models import (
    ApiKey,
    KnownDevice,
    MailLink,
    ServiceAccount,
    SignInPolicy,
    SignUp,
    User,
    UserSession,
)
from chatter.identity.organization_controllers import OrganizationLifeController
from chatter.identity.organizations import Organizations
from chatter.identity.passkeys import Passkeys
from chatter.identity.password_reset_controllers import PasswordResetController
from chatter.identity.password_resets import PasswordResets
from chatter.identity.permissions import ROLE_PERMISSIONS, IdentityPermission
from chatter.identity.second_factors import OwnFactors
from chatter.identity.second_step import SecondStep
from chatter.identity.service import IdentityService
from chatter.identity.service_account_controllers import ApiKeyController, ServiceAccountController
from chatter.identity.service_accounts import ServiceAccounts
from chatter.identity.session_uses import SessionUses
from chatter.identity.sign_in_policies import SignInPolicies
from chatter.identity.sign_in_policy_controllers import SignInPolicyController
from chatter.identity.sign_up_controllers import SignUpController
from chatter.identity.sign_up_mails import send_sign_ups
from chatter.identity.sign_ups import SignUps, forget_sign_ups
from chatter.identity.standing import standing_of
from chatter.identity.support_controllers import SupportEntryController
from chatter.identity.webauthn_proofs import RelyingParty
from chatter.kit.domain import Domain, Periodic
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal
from chatter.kit.sealed_columns import SealedColumn
from chatter.kit.services import Services
from chatter.kit.standing import Standing, Standings
from chatter.rbac.facade import Authorizer
from chatter.tenancy.facade import Offboardings

__all__ = ["domain"]


def _identity(services: Services) -> IdentityService:
    return IdentityService(services.database, services.settings, services.clock)


def _confirming(services: Services) -> Confirming:
    return Confirming(services.database)


def _devices(session: AsyncSession, principal: Principal) -> Devices:
    return Devices(session, principal)


def _password_resets(services: Services) -> PasswordResets:
    return PasswordResets(services.database, services.settings, services.clock)


def _sign_ups(identity: IdentityService) -> SignUps:
    return SignUps(identity)


def _sign_in_policies(session: AsyncSession, principal: Principal) -> SignInPolicies:
    return SignInPolicies(session, principal)


def _joining(identity: IdentityService, jobs: JobQueue, authorizer: Authorizer) -> Joining:
    return Joining(identity, jobs, authorizer)


def _organizations(services: Services) -> Organizations:
    return Organizations(services.database, services.settings, services.clock)


def _mailboxes(services: Services, jobs: JobQueue) -> Mailboxes:
    return Mailboxes(services.database, services.settings, services.clock, jobs=jobs)


def _own_factors(services: Services, jobs: JobQueue) -> OwnFactors:
    return OwnFactors(services.database, services.secrets, services.clock, jobs=jobs)


def _relying_party(request: AnyRequest, services: Services) -> RelyingParty | None:
    return RelyingParty.of(services.settings.public_url, host=request.headers.get("host", ""))


def _passkeys(services: Services, jobs: JobQueue, relying_party: RelyingParty | None) -> Passkeys:
    return Passkeys(services.database, services.clock, jobs=jobs, party=relying_party)


def _second_step(
    identity: IdentityService, services: Services, jobs: JobQueue, relying_party: RelyingParty | None
) -> SecondStep:
    return SecondStep(identity, services.secrets, jobs=jobs, party=relying_party)


def _members_factors(session: AsyncSession, authorizer: Authorizer, jobs: JobQueue) -> MembersFactors:
    return MembersFactors(session, authorizer, jobs)


def _factor_policies(session: AsyncSession, principal: Principal) -> FactorPolicies:
    return FactorPolicies(session, principal)


def _standing(request: AnyRequest, services: Services) -> Standing:
    return standing_of(request, services)


def _service_accounts(
    session: AsyncSession, principal: Principal, authorizer: Authorizer, offboardings: Offboardings
) -> ServiceAccounts:
    return ServiceAccounts(session, principal, authorizer, offboardings=offboardings)


def _api_keys(services: Services, session: AsyncSession, principal: Principal, authorizer: Authorizer) -> ApiKeys:
    return ApiKeys(session, principal, authorizer, services.clock)


async def _start(services: Services) -> None:
    services.add(Bearers())
    uses = KeyUses(services.database, services.clock)
    services.add(uses)
    uses.start()
    session_uses = SessionUses(services.database, services.clock)
    services.add(session_uses)
    session_uses.start()
    standings = Standings()
    services.add(standings)
    standings.start()


async def _stop(services: Services) -> None:
    await services.part(Standings).stop()
    await services.part(SessionUses).stop()
    await services.part(KeyUses).stop()


domain = Domain(
    name="identity",
    controllers=(
        AuthController,
        MeController,
        MemberController,
        DeviceController,
        PasswordResetController,
        SignUpController,
        SignInPolicyController,
        JoiningController,
        OrganizationLifeController,
        MailboxController,
        ServiceAccountController,
        ApiKeyController,
        OwnKeyController,
        KeyController,
        SupportEntryController,
        SecondFactorController,
        SecondStepController,
        MemberFactorController,
        FactorPolicyController,
    ),
    sealed=(SealedColumn(TotpAuthenticator.secret_sealed, bound_to="user_id"),),
    tables=(
        User,
        UserSession,
        SignInPolicy,
        ServiceAccount,
        ApiKey,
        TotpAuthenticator,
        RecoveryCode,
        Passkey,
        SignInChallenge,
        MailLink,
        KnownDevice,
        SignUp,
    ),
    permissions=IdentityPermission,
    role_permissions=ROLE_PERMISSIONS,
    jobs=(SEND_PROOF, SEND_FACTOR_NOTICE),
    periodic=(
        Periodic(name="identity.mail_links", seconds=1, step=send_links),
        Periodic(name="identity.sign_ups", seconds=1, step=send_sign_ups),
        Periodic(name="identity.sign_ups_forget", seconds=3600, step=forget_sign_ups),
        Periodic(name="identity.lapsed", seconds=DAILY_SECONDS, step=remove_lapsed),
    ),
    dependencies={
        "identity": Provide(_identity, sync_to_thread=False),
        "confirming": Provide(_confirming, sync_to_thread=False),
        "password_resets": Provide(_password_resets, sync_to_thread=False),
        "sign_ups": Provide(_sign_ups, sync_to_thread=False),
        "sign_in_policies": Provide(_sign_in_policies, sync_to_thread=False),
        "devices": Provide(_devices, sync_to_thread=False),
        "mailboxes": Provide(_mailboxes, sync_to_thread=False),
        "joining": Provide(_joining, sync_to_thread=False),
        "organizations": Provide(_organizations, sync_to_thread=False),
        "service_accounts": Provide(_service_accounts, sync_to_thread=False),
        "api_keys": Provide(_api_keys, sync_to_thread=False),
        "own_factors": Provide(_own_factors, sync_to_thread=False),
        "relying_party": Provide(_relying_party, sync_to_thread=False),
        "passkeys": Provide(_passkeys, sync_to_thread=False),
        "second_step": Provide(_second_step, sync_to_thread=False),
        "factor_policies": Provide(_factor_policies, sync_to_thread=False),
        "members_factors": Provide(_members_factors, sync_to_thread=False),
        "standing": Provide(_standing, sync_to_thread=False),
    },
    on_startup=(_start,),
    on_shutdown=(_stop,),
)
