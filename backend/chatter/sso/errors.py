"""What goes wrong with identity providers.

UpstreamFailed
└── ProviderFailed          the provider did not answer, or not as the standard says

Unauthenticated
└── SsoRefused              the sign-in was stopped; `code` says at which check
    ├── AttemptInvalid      not begun here, not by this browser, too old, or used
    ├── ProviderRefused     the provider says no
    ├── IdTokenInvalid      a claim or the signature does not hold
    └── PersonRefused       we know who it is and do not let them in
"""

from typing import ClassVar

from chatter.kit.errors import Conflict, Invalid, NotFound, Unauthenticated, UpstreamFailed

__all__ = [
    "AttemptInvalid",
    "BreakGlassMissing",
    "DomainUnverified",
    "IdTokenInvalid",
    "IdentityProviderDisabled",
    "IdentityProviderInvalid",
    "IdentityProviderNameTaken",
    "IdentityProviderNotFound",
    "LastWayIn",
    "LogoutTokenInvalid",
    "PersonRefused",
    "ProviderFailed",
    "ProviderNeeded",
    "ProviderRefused",
    "ProviderUntested",
    "SsoRefused",
]


class ProviderFailed(UpstreamFailed):
    code, title = "identity_provider_failed", "The identity provider failed"


class SsoRefused(Unauthenticated):
    code: ClassVar[str] = "sso_refused"
    title: ClassVar[str] = "Sign-in refused"


class AttemptInvalid(SsoRefused):
    """One text for every reason: what was tried is not told to whoever tries."""

    code, title = "sso_attempt_invalid", "This sign-in can not be finished"

    def __init__(self) -> None:
        super().__init__(
            "This sign-in was not begun in this browser, took too long, or was finished already.",
            remedy="Begin again at the sign-in page.",
        )


class ProviderRefused(SsoRefused):
    code, title = "identity_provider_refused", "The identity provider refused"


class IdTokenInvalid(SsoRefused):
    code, title = "id_token_invalid", "The identity provider's answer is not valid"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, remedy="Tell your administrator, who can test the provider in the settings.")


class PersonRefused(SsoRefused):
    code, title = "person_refused", "You are not let in"


class IdentityProviderNotFound(NotFound):
    code: ClassVar[str] = "not_found"


class IdentityProviderInvalid(Invalid):
    code, title = "identity_provider_invalid", "The provider's settings make no sense"


class DomainUnverified(Invalid):
    code, title = "domain_unverified", "This domain is not verified"


class IdentityProviderNameTaken(Conflict):
    code, title = "identity_provider_name_taken", "There is a provider of this name already"


class IdentityProviderDisabled(SsoRefused):
    code, title = "identity_provider_disabled", "This way to sign in is switched off"


class ProviderUntested(Conflict):
    code, title = "identity_provider_untested", "Test the provider first"


class ProviderNeeded(Conflict):
    code, title = "identity_provider_needed", "A provider that works is needed"


class BreakGlassMissing(Conflict):
    code, title = "break_glass_missing", "Somebody must be able to come in without the provider"


class LastWayIn(Conflict):
    """Nobody shuts themselves out by tidying up."""

    code, title = "last_way_in", "You would not come in any more"


class LogoutTokenInvalid(Invalid):
    """Back-Channel Logout 1.0, 2.8: 400 for whatever is wrong with the request."""

    code, status, title = "logout_token_invalid", 400, "The logout token is not valid"
