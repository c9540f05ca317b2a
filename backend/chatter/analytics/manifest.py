"""The analytics domain, as the registry sees it."""

from chatter.analytics.controllers import OverviewController
from chatter.analytics.permissions import OPERATOR_PERMISSIONS, ROLE_PERMISSIONS, AnalyticsPermission
from chatter.kit.domain import Domain

__all__ = ["domain"]

domain = Domain(
    name="analytics",
    controllers=(OverviewController,),
    permissions=AnalyticsPermission,
    role_permissions=ROLE_PERMISSIONS,
    operator_permissions=OPERATOR_PERMISSIONS,
)
