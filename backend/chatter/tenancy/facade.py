"""What other domains may ask of this one."""

from chatter.tenancy.closing import Closing, operator_in
from chatter.tenancy.invitations import Invitations, Invited
from chatter.tenancy.mails import Mails
from chatter.tenancy.offboarding import Offboardings
from chatter.tenancy.roles import as_state
from chatter.tenancy.service import TenancyService
from chatter.tenancy.service_memberships import ServiceMemberships

__all__ = [
    "Closing",
    "Invitations",
    "Invited",
    "Mails",
    "Offboardings",
    "ServiceMemberships",
    "TenancyService",
    "as_state",
    "operator_in",
]
