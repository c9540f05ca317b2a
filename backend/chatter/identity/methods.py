"""The ways in which somebody can have proven who they are."""

from enum import StrEnum

__all__ = ["SignInMethod"]


class SignInMethod(StrEnum):
    """What a session remembers of its sign-in, and of each proof that was given since."""

    PASSWORD = "password"  # noqa: S105 - the name of a way
    PASSKEY = "passkey"
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"
    SSO = "sso"
    EMAIL = "email"
