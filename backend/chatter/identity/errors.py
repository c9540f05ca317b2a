"""What can go wrong with people and sign-ins."""

from chatter.kit.errors import Conflict, Forbidden, Unauthenticated

__all__ = ["EmailTaken", "NotSignedIn", "SignInRefused", "SignUpClosed"]


class NotSignedIn(Unauthenticated):
    code, title = "not_signed_in", "Please sign in"


class SignInRefused(Unauthenticated):
    """Says the same for an unknown address and for a wrong password."""

    code, title = "sign_in_refused", "Sign-in refused"


class SignUpClosed(Forbidden):
    code, title = "sign_up_closed", "Sign-up is closed"


class EmailTaken(Conflict):
    code, title = "email_taken", "This address can't be used"
