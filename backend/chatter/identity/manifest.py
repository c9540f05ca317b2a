"""The identity domain, as the registry sees it."""

from litestar.datastructures import State
from litestar.di import Provide

from chatter.identity.controllers import AuthController, MeController, MemberController
from chatter.identity.models import User, UserSession
from chatter.identity.service import IdentityService
from chatter.kit.domain import Domain
from chatter.kit.services import Services
from chatter.rbac.facade import Authorizer

__all__ = ["domain"]


def _identity(services: Services) -> IdentityService:
    return IdentityService(services.database, services.settings, services.clock)


def _authorizer(state: State) -> Authorizer:
    found: Authorizer = state.authorizer
    return found


domain = Domain(
    name="identity",
    controllers=(AuthController, MeController, MemberController),
    tables=(User, UserSession),
    dependencies={
        "identity": Provide(_identity, sync_to_thread=False),
        "authorizer": Provide(_authorizer, sync_to_thread=False),
    },
)
