"""The usage domain, as the registry sees it."""

from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.domain import Domain
from chatter.usage.controllers import UsageController
from chatter.usage.models import ModelUsage
from chatter.usage.permissions import OPERATOR_PERMISSIONS, ROLE_PERMISSIONS, UsagePermission
from chatter.usage.ports import PriceList
from chatter.usage.service import UsageService

__all__ = ["domain"]


def _usage(session: AsyncSession, price_list: PriceList) -> UsageService:
    return UsageService(session, price_list)


domain = Domain(
    name="usage",
    controllers=(UsageController,),
    tables=(ModelUsage,),
    permissions=UsagePermission,
    role_permissions=ROLE_PERMISSIONS,
    operator_permissions=OPERATOR_PERMISSIONS,
    dependencies={"usage": Provide(_usage, sync_to_thread=False)},
)
