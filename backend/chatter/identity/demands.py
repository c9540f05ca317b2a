"""What an organisation asks of how its people sign in, held against what a session has shown."""

from typing import Literal

from chatter.identity.enrolled import FACTORS
from chatter.identity.errors import HolderFactorRequired, HolderSsoRequired
from chatter.identity.factor_errors import SecondFactorRequired
from chatter.identity.methods import SignInMethod
from chatter.kit.principal import Principal

__all__ = ["Lacking", "lacking", "require_factor", "require_holder", "shows"]

Lacking = Literal["second_factor", "passkey"]

_REMEDIES: dict[Lacking, str] = {
    "second_factor": "Add an authenticator app or a passkey, or sign in with the one that you have.",
    "passkey": "Add a passkey, or sign in with the one that you have.",
}


def lacking(principal: Principal) -> Lacking | None:
    """What the organisation asks for and this session has not shown."""
    demands: tuple[Lacking, ...] = ("passkey", "second_factor")
    return next((one for one in demands if one in principal.demands and not shows(principal, one)), None)


def shows(principal: Principal, demand: Literal["nothing", "second_factor", "passkey"]) -> bool:
    """Whether the session would open an organisation that asks for this.

    An organisation's own identity provider has asked for as much as that organisation wanted.
    """
    if demand == "nothing" or (principal.bound and SignInMethod.SSO in principal.methods):
        return True
    wanted = {SignInMethod.PASSKEY} if demand == "passkey" else FACTORS
    return bool(wanted & principal.methods)


def require_factor(principal: Principal, *, without_factor: bool) -> None:
    """Raise SecondFactorRequired, unless this is one of the few routes by which a factor is added."""
    missing = lacking(principal)
    if missing is not None and not without_factor:
        raise SecondFactorRequired(
            f"{principal.organization_name} opens for people who sign in with a "
            f"{'passkey' if missing == 'passkey' else 'second factor'}.",
            remedy=_REMEDIES[missing],
        )


def require_holder(lacks: str | None, *, organization_name: str) -> None:
    """Let a key or an app act for somebody who could come in themselves; the database says what they lack.

    Raise HolderSsoRequired and HolderFactorRequired.
    """
    if lacks == "sso":
        raise HolderSsoRequired(organization_name)
    if lacks is not None:
        wanted = "passkey" if lacks == "passkey" else "second factor"
        raise HolderFactorRequired(organization_name, wanted=wanted)
