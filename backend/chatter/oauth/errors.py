"""What can go wrong with apps, in the words of OAuth.

ChatterError
├── OAuthError               400   an app asked wrongly; answered as RFC 6749 has it
│   ├── InvalidRequest             a parameter is missing, twice there, or malformed
│   ├── InvalidClient        401   there is no such app
│   ├── InvalidGrant               the code or refresh token does not work (any more)
│   ├── InvalidScope               more than there is, or more than was allowed
│   ├── InvalidTarget              a resource that is not ours (RFC 8707)
│   ├── UnsupportedGrantType
│   ├── UnsupportedResponseType
│   ├── InvalidClientMetadata      what no app may register (RFC 7591)
│   ├── InvalidRedirectUri         an address that no app may register (RFC 7591)
│   ├── AuthorizationPending       nobody has decided yet (RFC 8628)
│   ├── SlowDown                   asked more often than agreed
│   ├── AccessDenied               the person said no
│   ├── ExpiredToken               the device's code is over
│   └── Overloaded           429   too many from one address
├── NotFound
│   └── DeviceCodeUnknown    404   no device waits with this code
├── Conflict
│   └── ConsentSpent         409   the page was answered already, or is too old
├── Invalid
│   └── AppRequestInvalid    422   the app's request can't even be answered to the app
└── TooManyRequests
    └── TooManyCodes         429   a person tried too many codes of devices
"""

from typing import ClassVar

from chatter.kit.errors import ChatterError, Conflict, Invalid, NotFound, TooManyRequests

__all__ = [
    "AccessDenied",
    "AppRequestInvalid",
    "AuthorizationPending",
    "ConsentSpent",
    "DeviceCodeUnknown",
    "ExpiredToken",
    "InvalidClient",
    "InvalidClientMetadata",
    "InvalidGrant",
    "InvalidRedirectUri",
    "InvalidRequest",
    "InvalidScope",
    "InvalidTarget",
    "OAuthError",
    "Overloaded",
    "SlowDown",
    "TooManyCodes",
    "UnsupportedGrantType",
    "UnsupportedResponseType",
]


class OAuthError(ChatterError):
    """`code` is what OAuth calls `error`."""

    code, status, title = "invalid_request", 400, "The app asked wrongly"
    remedy_of_app: ClassVar[str] = "Correct the app, or start it anew."

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail, remedy=self.remedy_of_app, retry_after=retry_after)


class InvalidRequest(OAuthError):
    code = "invalid_request"


class InvalidClient(OAuthError):
    code, status = "invalid_client", 401

    def __init__(self) -> None:
        super().__init__("There is no app of this id.")


class InvalidGrant(OAuthError):
    """Says the same for every reason."""

    code = "invalid_grant"

    def __init__(self) -> None:
        super().__init__("This code or token does not work, or not for this app.")


class InvalidScope(OAuthError):
    code = "invalid_scope"


class InvalidTarget(OAuthError):
    code = "invalid_target"


class UnsupportedGrantType(OAuthError):
    code = "unsupported_grant_type"


class InvalidClientMetadata(OAuthError):
    code = "invalid_client_metadata"


class UnsupportedResponseType(OAuthError):
    code = "unsupported_response_type"


class InvalidRedirectUri(OAuthError):
    code = "invalid_redirect_uri"


class AuthorizationPending(OAuthError):
    code = "authorization_pending"

    def __init__(self) -> None:
        super().__init__("Nobody has decided yet.")


class SlowDown(OAuthError):
    code = "slow_down"

    def __init__(self) -> None:
        super().__init__("Ask less often: five seconds were added to the interval.")


class AccessDenied(OAuthError):
    code = "access_denied"

    def __init__(self) -> None:
        super().__init__("The person said no.")


class ExpiredToken(OAuthError):
    code = "expired_token"

    def __init__(self) -> None:
        super().__init__("The device's code is over, or was used.")


class Overloaded(OAuthError):
    code, status = "temporarily_unavailable", 429


class DeviceCodeUnknown(NotFound):
    code, title = "device_code_unknown", "No device waits with this code"

    def __init__(self) -> None:
        super().__init__("No device waits with this code.", remedy="Check the code, or start anew on the device.")


class ConsentSpent(Conflict):
    code, title = "consent_spent", "This page was answered already"

    def __init__(self) -> None:
        super().__init__(
            "This page was answered already, or has been open for too long.", remedy="Start again from the app."
        )


class AppRequestInvalid(Invalid):
    """Nothing may be sent to the app: who asked, or where to answer, is not known."""

    code, title = "app_request_invalid", "The app's request can't be answered"


class TooManyCodes(TooManyRequests):
    code, title = "too_many_codes", "Too many codes were tried"
