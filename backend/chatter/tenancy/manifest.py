"""The tenancy domain, as the registry sees it."""

from chatter.kit.domain import Domain
from chatter.tenancy.controllers import OrganizationController
from chatter.tenancy.models import Membership, Organization, Team, TeamMember
from chatter.tenancy.permissions import ROLE_PERMISSIONS, TenancyPermission

__all__ = ["domain"]

domain = Domain(
    name="tenancy",
    controllers=(OrganizationController,),
    tables=(Organization, Membership, Team, TeamMember),
    permissions=TenancyPermission,
    role_permissions=ROLE_PERMISSIONS,
)
