"""What other domains may ask of this one."""

from chatter.tenancy.closing import Closing, operator_in
from chatter.tenancy.cross_origin import let_page_read, preflights
from chatter.tenancy.invitations import Invitations, Invited
from chatter.tenancy.mails import Mails
from chatter.tenancy.offboarding import Offboardings
from chatter.tenancy.present_roles import as_role, role_now
from chatter.tenancy.provisioned_memberships import ProvisionedMemberships
from chatter.tenancy.provisioned_teams import ProvisionedTeams
from chatter.tenancy.provisioning import Place, Provisioning
from chatter.tenancy.roles import as_state
from chatter.tenancy.schemas import Member
from chatter.tenancy.service import TenancyService
from chatter.tenancy.service_memberships import ServiceMemberships
from chatter.tenancy.support_tokens import Secret, is_support_token, new_link, support_link
from chatter.tenancy.support_visits import LONGEST_MINUTES, OpenedVisit, SupportVisits, visitor_by_token

__all__ = [
    "LONGEST_MINUTES",
    "Closing",
    "Invitations",
    "Invited",
    "Mails",
    "Member",
    "Offboardings",
    "OpenedVisit",
    "Place",
    "ProvisionedMemberships",
    "ProvisionedTeams",
    "Provisioning",
    "Secret",
    "ServiceMemberships",
    "SupportVisits",
    "TenancyService",
    "as_role",
    "as_state",
    "is_support_token",
    "let_page_read",
    "new_link",
    "operator_in",
    "preflights",
    "role_now",
    "support_link",
    "visitor_by_token",
]
