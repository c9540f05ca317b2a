"""What other domains may ask of this one."""

from chatter.tenancy.closing import Closing, operator_in
from chatter.tenancy.invitations import Invitations, Invited
from chatter.tenancy.mails import Mails
from chatter.tenancy.roles import as_state
from chatter.tenancy.service import TenancyService

__all__ = ["Closing", "Invitations", "Invited", "Mails", "TenancyService", "as_state", "operator_in"]
