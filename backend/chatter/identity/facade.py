"""What other domains and the operator may ask: to start a session, what it remembers, and a way back in."""

from chatter.identity.authentication import principal_of, shown
from chatter.identity.bearers import BearerReader, Bearers
from chatter.identity.confirming import Confirming
from chatter.identity.demands import require_holder
from chatter.identity.member_factors import reset_for_operator
from chatter.identity.methods import SignInMethod
from chatter.identity.service import IdentityService, Known
from chatter.identity.sessions import end_session, organizations_of, principal_by_token
from chatter.identity.sso_demand import demand_sso, sso_demanded_of, sso_is_demanded
from chatter.identity.web import session_cookie, with_cookie

__all__ = [
    "BearerReader",
    "Bearers",
    "Confirming",
    "IdentityService",
    "Known",
    "SignInMethod",
    "demand_sso",
    "end_session",
    "organizations_of",
    "principal_by_token",
    "principal_of",
    "require_holder",
    "reset_for_operator",
    "session_cookie",
    "shown",
    "sso_demanded_of",
    "sso_is_demanded",
    "with_cookie",
]
