"""What other domains may ask of this one."""

from chatter.tenancy.invitations import Invitations, Invited
from chatter.tenancy.mails import Mails
from chatter.tenancy.roles import as_role, as_state
from chatter.tenancy.service import TenancyService

__all__ = ["Invitations", "Invited", "Mails", "TenancyService", "as_role", "as_state"]
