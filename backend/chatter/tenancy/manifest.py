"""The tenancy domain, as the registry sees it."""

from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.domain import Domain, Periodic
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.rbac.facade import Authorizer
from chatter.tenancy.controllers import MailController, OrganizationController
from chatter.tenancy.domain_controllers import DomainController
from chatter.tenancy.domains import Domains
from chatter.tenancy.invitation_controllers import InvitationController
from chatter.tenancy.invitation_mail import SEND_INVITATION
from chatter.tenancy.invitations import Invitations
from chatter.tenancy.kept_origins import KeptOrigins
from chatter.tenancy.mails import Mails
from chatter.tenancy.models import (
    FormerMember,
    Invitation,
    InvitationTeam,
    MailDomain,
    Membership,
    Offboarding,
    Organization,
    RateLimitOverride,
    SupportGrant,
    SupportVisit,
    Team,
    TeamMember,
    WebOrigin,
)
from chatter.tenancy.offboarding import Offboardings
from chatter.tenancy.offboarding_controllers import OffboardingController
from chatter.tenancy.offboarding_job import OFFBOARD
from chatter.tenancy.permissions import OPERATOR_PERMISSIONS, ROLE_PERMISSIONS, TenancyPermission
from chatter.tenancy.ports import BelongingsRegistry
from chatter.tenancy.purging import PURGE, purge_what_is_due
from chatter.tenancy.rate_limit_controllers import RateLimitController
from chatter.tenancy.rate_limit_feed import RateLimitFeed
from chatter.tenancy.rate_limits import RateLimits
from chatter.tenancy.support import SupportGrants
from chatter.tenancy.support_controllers import SupportController
from chatter.tenancy.support_mail import TELL_OF_VISIT
from chatter.tenancy.support_visits import end_lapsed_visits
from chatter.tenancy.team_controllers import TeamController
from chatter.tenancy.web_origin_controllers import WebOriginController
from chatter.tenancy.web_origins import WebOrigins

__all__ = ["domain"]


def _invitations(services: Services, session: AsyncSession, jobs: JobQueue, authorizer: Authorizer) -> Invitations:
    return Invitations(session, authorizer, settings=services.settings, clock=services.clock, jobs=jobs)


def _offboardings(services: Services, session: AsyncSession, jobs: JobQueue) -> Offboardings:
    registry = services.part(BelongingsRegistry)
    return Offboardings(session, services.part(Authorizer), jobs=jobs, registry=registry)


async def _start(services: Services) -> None:
    services.add(BelongingsRegistry())
    feed = RateLimitFeed(services.database, services.limiter.rules)
    services.add(feed)
    feed.start()
    kept = KeptOrigins(services.database)
    services.add(kept)
    kept.start()


async def _stop(services: Services) -> None:
    await services.part(KeptOrigins).stop()
    await services.part(RateLimitFeed).stop()


def _rate_limits(services: Services, session: AsyncSession, principal: Principal) -> RateLimits:
    return RateLimits(session, principal, services.limiter, services.part(RateLimitFeed))


def _web_origins(services: Services, session: AsyncSession, principal: Principal) -> WebOrigins:
    return WebOrigins(session, principal, services.part(KeptOrigins))


def _domains(services: Services) -> Domains:
    return Domains(services.database, services.settings, services.clock, records=services.dns)


def _support(services: Services, session: AsyncSession) -> SupportGrants:
    return SupportGrants(session, services.clock)


def _mails(services: Services, session: AsyncSession) -> Mails:
    return Mails(session, services.mailer)


domain = Domain(
    name="tenancy",
    controllers=(
        OrganizationController,
        InvitationController,
        MailController,
        OffboardingController,
        TeamController,
        DomainController,
        SupportController,
        RateLimitController,
        WebOriginController,
    ),
    tables=(
        Organization,
        Membership,
        Team,
        TeamMember,
        Invitation,
        InvitationTeam,
        Offboarding,
        MailDomain,
        FormerMember,
        SupportGrant,
        SupportVisit,
        RateLimitOverride,
        WebOrigin,
    ),
    permissions=TenancyPermission,
    role_permissions=ROLE_PERMISSIONS,
    operator_permissions=OPERATOR_PERMISSIONS,
    jobs=(SEND_INVITATION, OFFBOARD, PURGE, TELL_OF_VISIT),
    periodic=(
        Periodic(name="tenancy.purge", seconds=3600, step=purge_what_is_due),
        Periodic(name="tenancy.visits", seconds=15, step=end_lapsed_visits),
    ),
    dependencies={
        "invitations": Provide(_invitations, sync_to_thread=False),
        "domains": Provide(_domains, sync_to_thread=False),
        "mails": Provide(_mails, sync_to_thread=False),
        "support": Provide(_support, sync_to_thread=False),
        "web_origins": Provide(_web_origins, sync_to_thread=False),
        "rate_limits": Provide(_rate_limits, sync_to_thread=False),
        "offboardings": Provide(_offboardings, sync_to_thread=False),
    },
    on_startup=(_start,),
    on_shutdown=(_stop,),
)
