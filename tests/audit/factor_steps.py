"""What has to be there before the routes of second factors can be driven, made through the API itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pyotp

from tests.identity.authenticator import Authenticator
from tests.identity.factors import add_app, begin
from tests.identity.passkeys import add_passkey, ask
from tests.people import Person

__all__ = ["PUBLIC_URL", "STEPS", "Step"]

PUBLIC_URL = "https://chatter.test"


@dataclass(frozen=True)
class Step:
    """The body to send and what the address names."""

    body: dict[str, Any] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)


async def _app(person: Person) -> Step:
    await add_app(person)
    return Step()


async def _first_code(person: Person) -> Step:
    draft = (await person.post("/me/totp/draft")).json()
    return Step({"enrolment": draft["enrolment"], "code": pyotp.TOTP(draft["secret"]).now()})


async def _passkey(person: Person) -> Step:
    passkey = await add_passkey(person, _authenticator())
    return Step(ids={"passkey_id": passkey["id"]})


async def _new_passkey(person: Person) -> Step:
    options = (await person.post("/me/passkeys/options")).json()
    return Step({"credential": _authenticator().create(options)})


async def _asked(person: Person) -> Step:
    app = await add_app(person)
    asked = await begin(person.client, person.email)
    return Step({"challenge": asked["challenge"], "code": app.recovery_codes[0]})


async def _asked_for_passkey(person: Person) -> Step:
    authenticator = _authenticator()
    await add_passkey(person, authenticator)
    return Step({"credential": authenticator.get(await ask(person.client))})


def _authenticator() -> Authenticator:
    return Authenticator(origin=PUBLIC_URL, rp_id="chatter.test")


STEPS: dict[str, Callable[[Person], Awaitable[Step]]] = {
    "AddTotp": _first_code,
    "RemoveTotp": _app,
    "ReplaceRecoveryCodes": _app,
    "AddPasskey": _new_passkey,
    "RenamePasskey": _passkey,
    "RemovePasskey": _passkey,
    "ShowSecondFactor": _asked,
    "SignInWithPasskey": _asked_for_passkey,
    "ConfirmSessionWithPasskey": _asked_for_passkey,
    "ResetMemberSecondFactors": _app,
}
