"""The identity domain, as the registry sees it."""

from litestar.datastructures import State
from litestar.di import Provide

from chatter.identity.controllers import AuthController, MeController, MemberController
from chatter.identity.joining import Joining
from chatter.identity.joining_controllers import JoiningController
from chatter.identity.mailbox_controllers import MailboxController
from chatter.identity.mailboxes import SEND_PROOF, Mailboxes
from chatter.identity.models import User, UserSession
from chatter.identity.organization_controllers import OrganizationLifeController
from chatter.identity.organizations import Organizations
from chatter.identity.service import IdentityService
from chatter.kit.domain import Domain
from chatter.kit.jobs import JobQueue
from chatter.kit.services import Services
from chatter.rbac.facade import Authorizer

__all__ = ["domain"]


def _identity(services: Services) -> IdentityService:
    return IdentityService(services.database, services.settings, services.clock)


def _joining(identity: IdentityService, jobs: JobQueue) -> Joining:
    return Joining(identity, jobs)


def _organizations(services: Services) -> Organizations:
    return Organizations(services.database, services.settings, services.clock)


def _mailboxes(services: Services, jobs: JobQueue) -> Mailboxes:
    return Mailboxes(services.database, services.settings, services.clock, jobs=jobs)


def _authorizer(state: State) -> Authorizer:
    found: Authorizer = state.authorizer
    return found


domain = Domain(
    name="identity",
    controllers=(
        AuthController,
        MeController,
        MemberController,
        JoiningController,
        OrganizationLifeController,
        MailboxController,
    ),
    tables=(User, UserSession),
    jobs=(SEND_PROOF,),
    dependencies={
        "identity": Provide(_identity, sync_to_thread=False),
        "mailboxes": Provide(_mailboxes, sync_to_thread=False),
        "joining": Provide(_joining, sync_to_thread=False),
        "organizations": Provide(_organizations, sync_to_thread=False),
        "authorizer": Provide(_authorizer, sync_to_thread=False),
    },
)
