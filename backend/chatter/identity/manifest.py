"""The identity domain, as the registry sees it."""

from litestar.di import Provide

from chatter.identity.controllers import AuthController, MeController, MemberController
from chatter.identity.models import User, UserSession
from chatter.identity.service import IdentityService
from chatter.kit.domain import Domain
from chatter.kit.services import Services

__all__ = ["domain"]


def _identity(services: Services) -> IdentityService:
    return IdentityService(services.database, services.settings, services.clock)


domain = Domain(
    name="identity",
    controllers=(AuthController, MeController, MemberController),
    tables=(User, UserSession),
    dependencies={"identity": Provide(_identity, sync_to_thread=False)},
)
