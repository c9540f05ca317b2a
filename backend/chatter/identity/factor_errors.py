"""What can go wrong with second factors."""

from chatter.kit.errors import Conflict, Forbidden, Invalid, TooManyRequests, Unauthenticated

__all__ = [
    "ChallengeOver",
    "CodeWrong",
    "EnrolmentInvalid",
    "FactorNotShown",
    "FactorsElsewhere",
    "PasskeyInvalid",
    "PasskeyKnown",
    "PasskeyLimit",
    "PasskeyRefused",
    "PasskeysUnavailable",
    "SecondFactorMissing",
    "SecondFactorRefused",
    "SecondFactorRequired",
    "TooManyAttempts",
    "TotpEnrolled",
]


class SecondFactorRefused(Unauthenticated):
    """Says the same for a wrong code and for one that was used already."""

    code, title = "second_factor_refused", "The code is not right"


class ChallengeOver(Unauthenticated):
    """Says the same for one that lapsed, was tried too often, is another browser's, or was never there."""

    code, title = "challenge_over", "Please begin again"

    def __init__(self) -> None:
        super().__init__(
            "This sign-in was not finished in time, or was begun elsewhere.",
            remedy="Sign in with your password again.",
        )


class TooManyAttempts(TooManyRequests):
    code, title = "too_many_attempts", "Too many codes"

    def __init__(self) -> None:
        super().__init__(
            "Too many codes were tried for this person.",
            remedy="Use a passkey, or try again in an hour. If it was not you, change your password.",
            retry_after=3600,
        )


class PasskeyRefused(Unauthenticated):
    """Says the same for every reason."""

    code, title = "passkey_refused", "Sign-in refused"

    def __init__(self) -> None:
        super().__init__(
            "This passkey does not open anything here.", remedy="Try another passkey, or sign in with your password."
        )


class PasskeysUnavailable(Conflict):
    """WebAuthn wants a name, and HTTPS unless the name is localhost."""

    code, title = "passkeys_unavailable", "No passkeys at this address"

    def __init__(self) -> None:
        super().__init__(
            "Browsers allow passkeys at https:// addresses and at localhost only.",
            remedy="Open this server at its public address, or as http://localhost on this machine.",
        )


class PasskeyInvalid(Invalid):
    code, title = "passkey_invalid", "The passkey can't be added"

    def __init__(self) -> None:
        super().__init__("What the browser sent does not prove a new passkey.", remedy="Add the passkey again.")


class PasskeyKnown(Conflict):
    code, title = "passkey_known", "This passkey is known already"


class PasskeyLimit(Conflict):
    code, title = "passkey_limit", "Too many passkeys"


class TotpEnrolled(Conflict):
    code, title = "totp_enrolled", "There is an authenticator app already"


class EnrolmentInvalid(Invalid):
    code, title = "enrolment_invalid", "Please begin again"


class CodeWrong(Invalid):
    """The person is signed in and has just scanned the picture."""

    code, title = "code_wrong", "The code is not right"


class SecondFactorMissing(Conflict):
    code, title = "second_factor_missing", "There is no second factor"


class SecondFactorRequired(Forbidden):
    """The organisation opens for a second factor only, and this session has shown none (or not the kind it wants)."""

    code, title = "second_factor_required", "This organization asks for a second factor"


class FactorNotShown(Forbidden):
    """A session that has not shown a second factor can't change those of its person."""

    code, title = "second_factor_not_shown", "Show your second factor first"


class FactorsElsewhere(Forbidden):
    """Another organisation relies on these factors as well, and has not been asked."""

    code, title = "second_factors_elsewhere", "Not for this organization to reset"
