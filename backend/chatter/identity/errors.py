"""What can go wrong with people and sign-ins."""

from chatter.kit.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated

__all__ = [
    "AppEnded",
    "EmailTaken",
    "HolderFactorRequired",
    "HolderSsoRequired",
    "InvitationForAnother",
    "KeyAddressInvalid",
    "KeyAddressRefused",
    "KeyEnded",
    "KeyInAddress",
    "KeyLifetimeInvalid",
    "MailboxUnprovable",
    "MembershipEnded",
    "NameDiffers",
    "NameMissing",
    "NotSignedIn",
    "OrganizationsClosed",
    "PasswordGuessable",
    "PasswordWrong",
    "ProofInvalid",
    "ResetInvalid",
    "ServiceAccountNameTaken",
    "SessionEnded",
    "SignInRefused",
    "SignUpClosed",
    "SignUpInvalid",
    "SsoRequired",
    "VisitEnded",
]


class NotSignedIn(Unauthenticated):
    code, title = "not_signed_in", "Please sign in"


class SsoRequired(NotSignedIn):
    """The session stands, and the organisation is opened by its own identity provider's word alone."""

    code, title = "sso_required", "Please sign in with your company's account"

    def __init__(self, organization_name: str) -> None:
        super().__init__(
            f"{organization_name} is opened by its company's own sign-in alone, and you signed in in another way.",
            remedy="Sign in with your company's account. If you have none, ask an administrator of the organisation.",
        )


class SessionEnded(NotSignedIn):
    """Somebody was reading when their session ended."""

    code, title = "session_ended", "Your session has ended"

    def __init__(self) -> None:
        super().__init__(
            "Your session ended: you signed out, your password was changed, or its time was over.",
            remedy="Sign in and try again.",
        )


class KeyEnded(NotSignedIn):
    """A program was reading when its key stopped to work."""

    code, title = "key_ended", "The key does not work any more"

    def __init__(self) -> None:
        super().__init__(
            "The key was revoked or has expired, or its holder is suspended or has left.",
            remedy="Make another key, or ask an administrator of the organisation for one.",
        )


class AppEnded(NotSignedIn):
    """An app was reading when its token ran out, or when it was not to act any more."""

    code, title = "app_ended", "The app may not act any more"

    def __init__(self) -> None:
        super().__init__(
            "The app's token has run out, or its holder lets it act no longer.",
            remedy="Get a new token with the refresh token, or let the app in again.",
        )


class VisitEnded(NotSignedIn):
    """The operator was reading when their visit ended."""

    code, title = "visit_ended", "The visit is over"

    def __init__(self) -> None:
        super().__init__(
            "The visit is over: its time ran out, or the organisation has revoked the access.",
            remedy="Ask the organisation for access if you still need it.",
        )


class MembershipEnded(Forbidden):
    """Somebody was reading when they were taken out or suspended."""

    code, title = "membership_ended", "You are out of this organisation"

    def __init__(self) -> None:
        super().__init__(
            "You do not belong to this organisation any more, or your membership is suspended.",
            remedy="Ask one of its administrators.",
        )


class SignInRefused(Unauthenticated):
    """Says the same for an unknown address and for a wrong password."""

    code, title = "sign_in_refused", "Sign-in refused"


class SignUpClosed(Forbidden):
    code, title = "sign_up_closed", "Sign-up is closed"


class SignUpInvalid(NotFound):
    """One text for every reason: a link that never existed, was used, expired, or whose address somebody has by now."""

    code, title = "sign_up_invalid", "This link does not work"

    def __init__(self) -> None:
        super().__init__(
            "This link was used or has expired.", remedy="Sign in if you have an account; else sign up once more."
        )


class EmailTaken(Conflict):
    code, title = "email_taken", "This address can't be used"


class PasswordGuessable(Invalid):
    """Whoever guesses passwords tries this one early."""

    code, title = "password_guessable", "This password is easy to guess"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, remedy="Choose another: a few words that have nothing to do with each other will do.")


class PasswordWrong(Forbidden):
    """The person is signed in, but did not prove it once more."""

    code, title = "password_wrong", "The password is not right"


class OrganizationsClosed(Forbidden):
    code, title = "organizations_closed", "New organisations are closed"


class InvitationForAnother(Forbidden):
    code, title = "invitation_for_another", "This invitation is for another address"


class MailboxUnprovable(Conflict):
    code, title = "mailbox_unprovable", "Addresses can not be confirmed here"


class ProofInvalid(NotFound):
    code, title = "proof_invalid", "This link does not work"

    def __init__(self) -> None:
        super().__init__(
            "This link has expired, or was not made by this server.", remedy="Ask for a new one in the settings."
        )


class ResetInvalid(NotFound):
    code, title = "reset_invalid", "This link does not work"

    def __init__(self) -> None:
        super().__init__(
            "This link was used, has expired, or was not made by this server.", remedy="Ask for another one."
        )


class NameDiffers(Conflict):
    code, title = "name_differs", "The name is another"


class NameMissing(Invalid):
    code, title = "name_missing", "A name is needed"


class ServiceAccountNameTaken(Conflict):
    code, title = "service_account_name_taken", "There is such a service account already"


class KeyLifetimeInvalid(Invalid):
    code, title = "key_lifetime_invalid", "The key would not work"


class KeyAddressInvalid(Invalid):
    code, title = "key_address_invalid", "That is no address or network"


class KeyAddressRefused(Forbidden):
    """The key works, but was bound to addresses, and the request came from another one."""

    code, title = "key_address_refused", "The key does not work from here"

    def __init__(self, address: str | None) -> None:
        super().__init__(
            f"This key is bound to other addresses than {address or 'the one'} that the request came from.",
            remedy="Use it where it is bound to, or make a key for this address.",
        )


class KeyInAddress(Invalid):
    """Addresses stand in logs and histories: whoever reads those would hold the key."""

    code, title = "key_in_address", "A key does not belong in an address"

    def __init__(self) -> None:
        super().__init__(
            "The address of this request holds an API key, and addresses are kept in logs.",
            remedy="Revoke this key, make a new one, and send it as “Authorization: Bearer …”.",
        )


class HolderSsoRequired(Forbidden):
    """What acts for somebody stops where they could not come in themselves."""

    code, title = "holder_sso_required", "Whom this acts for has not signed in with the company's account"

    def __init__(self, organization_name: str) -> None:
        super().__init__(
            f"{organization_name} is opened by its company's own sign-in alone, and whom this key or app acts for "
            "has never come in by it.",
            remedy="Let them sign in with their company's account once: then it works again. "
            "What has to work without a person belongs to a service account.",
        )


class HolderFactorRequired(Forbidden):
    """As HolderSsoRequired: the person has no factor of the kind that the organisation asks for."""

    code, title = "holder_factor_required", "Whom this acts for has no second factor"

    def __init__(self, organization_name: str, *, wanted: str) -> None:
        super().__init__(
            f"{organization_name} opens for people who sign in with a {wanted}, and whom this key or app acts for "
            "has none.",
            remedy=f"Let them add a {wanted} in their account: then it works again. "
            "What has to work without a person belongs to a service account.",
        )
