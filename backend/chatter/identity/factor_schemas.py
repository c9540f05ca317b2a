"""Second factors and the second step of a sign-in, as the API shows them.

What a browser's `navigator.credentials` takes and gives is spelled as WebAuthn spells it.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from chatter.kit.schema import Schema

__all__ = [
    "Authenticator",
    "FactorMethod",
    "MemberFactors",
    "MemberFactorsList",
    "NewPasskeyOptions",
    "Passkey",
    "PasskeyAdded",
    "PasskeyAssertion",
    "PasskeyAttestation",
    "PasskeyCreate",
    "PasskeyOptions",
    "PasskeySignIn",
    "PasskeyUpdate",
    "RecoveryCodes",
    "SecondFactorAsked",
    "SecondFactorGiven",
    "SecondFactorPolicy",
    "SecondFactors",
    "TotpDraft",
    "TotpProof",
]

FactorMethod = Literal["totp", "passkey", "recovery_code"]
Code = Annotated[str, Meta(min_length=1, max_length=40, examples=["492039"])]
PasskeyName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S", examples=["Laptop"])]
Base64Url = Annotated[str, Meta(min_length=1, max_length=20_000, pattern=r"^[A-Za-z0-9_-]+$", examples=["c2lnbmVk"])]


class SecondFactorAsked(Schema, tag_field="state", tag="second_factor"):
    """The password was right, and the person has a second factor: there is no session until it is shown."""

    challenge: Annotated[str, Meta(description="To be sent with the answer, from the same browser, within 5 minutes.")]
    expires_at: datetime
    methods: list[FactorMethod]


class SecondFactorGiven(Schema):
    """The answer to a challenge: six digits of an authenticator app, or a recovery code."""

    challenge: Annotated[str, Meta(min_length=1, max_length=100, examples=["cvcXcJWkyoGQ6aW6oGDZnvbVkqlw1Yrr"])]
    code: Code


class Authenticator(Schema):
    """An authenticator app."""

    created_at: datetime
    last_used_at: datetime


class Passkey(Schema):
    """A passkey. `backed_up`: its maker keeps a copy, so that it outlives the device."""

    id: UUID
    name: PasskeyName
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


class SecondFactors(Schema):
    """What a person can show beside, or in place of, the password."""

    totp: Authenticator | None
    passkeys: list[Passkey]
    recovery_codes_left: Annotated[int, Meta(examples=[10])]


class TotpDraft(Schema):
    """A secret for an authenticator app. Nothing is kept of it until a code has shown that the app knows it."""

    secret: Annotated[str, Meta(description="To type in, in Base32.", examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])]
    uri: Annotated[str, Meta(description="The same for an app on this device: an otpauth address.")]
    qr_svg: Annotated[str, Meta(description="The address as a picture for the app's camera: an SVG.")]
    enrolment: Annotated[str, Meta(description="To be sent with the first code, within 15 minutes.")]


class TotpProof(Schema):
    """The first code that the app shows."""

    enrolment: Annotated[str, Meta(min_length=1, max_length=1000, examples=["AWJ5dGVz"])]
    code: Code


class RecoveryCodes(Schema):
    """New codes, shown this once: we keep only their hashes. Empty when the person has some already."""

    recovery_codes: Annotated[list[str], Meta(examples=[["7k2m-9fqa-x3vd-tz5r"]])]


class PasskeyParty(Schema, rename="camel"):
    """The site that a passkey is for."""

    id: Annotated[str, Meta(examples=["chatter.acme.test"])]
    name: str


class PasskeyUser(Schema, rename="camel"):
    """Whose it will be, as the browser shows it when asking."""

    id: Base64Url
    name: str
    display_name: str


class PasskeyAlgorithm(Schema, rename="camel"):
    """A kind of signature that we can verify, by its COSE number."""

    alg: int
    type: Literal["public-key"] = "public-key"


class PasskeyDescriptor(Schema, rename="camel"):
    """A passkey that is there already."""

    id: Base64Url
    transports: list[str]
    type: Literal["public-key"] = "public-key"


class PasskeySelection(Schema, rename="camel"):
    """It finds its person by itself, and makes sure that it is them: so it stands for two factors."""

    resident_key: Literal["required"] = "required"
    require_resident_key: Literal[True] = True
    user_verification: Literal["required"] = "required"


class NewPasskeyOptions(Schema, rename="camel"):
    """`publicKey` for `navigator.credentials.create`, with Base64url for bytes."""

    challenge: Base64Url
    rp: PasskeyParty
    user: PasskeyUser
    pub_key_cred_params: list[PasskeyAlgorithm]
    exclude_credentials: list[PasskeyDescriptor]
    timeout: Annotated[int, Meta(description="Milliseconds.")]
    authenticator_selection: PasskeySelection = PasskeySelection()
    attestation: Literal["none"] = "none"


class PasskeyOptions(Schema, rename="camel"):
    """`publicKey` for `navigator.credentials.get`: any passkey of this site will do."""

    challenge: Base64Url
    rp_id: Annotated[str, Meta(examples=["chatter.acme.test"])]
    timeout: Annotated[int, Meta(description="Milliseconds.")]
    user_verification: Literal["required"] = "required"


class AttestationResponse(Schema):
    """What the authenticator says of a new passkey."""

    client_data_json: Base64Url = msgspec.field(name="clientDataJSON")
    attestation_object: Base64Url = msgspec.field(name="attestationObject")
    transports: Annotated[list[Annotated[str, Meta(max_length=20, examples=["internal"])]], Meta(max_length=10)] = (
        msgspec.field(default_factory=list)
    )


class PasskeyAttestation(Schema, rename="camel"):
    """A new passkey, as the browser gives it."""

    id: Base64Url
    raw_id: Base64Url
    response: AttestationResponse
    type: Literal["public-key"] = "public-key"


class AssertionResponse(Schema):
    """What the authenticator has signed."""

    client_data_json: Base64Url = msgspec.field(name="clientDataJSON")
    authenticator_data: Base64Url = msgspec.field(name="authenticatorData")
    signature: Base64Url
    user_handle: Base64Url | None = msgspec.field(default=None, name="userHandle")


class PasskeyAssertion(Schema, rename="camel"):
    """A passkey that was used, as the browser gives it."""

    id: Base64Url
    raw_id: Base64Url
    response: AssertionResponse
    type: Literal["public-key"] = "public-key"


class PasskeyCreate(Schema):
    """A new passkey, and a name to tell it apart by."""

    name: PasskeyName
    credential: PasskeyAttestation


class PasskeyUpdate(Schema):
    """Another name."""

    name: PasskeyName


class PasskeyAdded(RecoveryCodes):
    """The new passkey, and recovery codes when it is the first second factor."""

    passkey: Passkey


class PasskeySignIn(Schema):
    """The answer of a passkey to a sign-in's challenge."""

    credential: PasskeyAssertion


class SecondFactorPolicy(Schema):
    """What the organisation asks of everybody who signs in to it; those who have not shown it are let in no more."""

    require: Annotated[Literal["nothing", "second_factor", "passkey"], Meta(examples=["nothing"])]


class MemberFactors(Schema):
    """What a member has enrolled; nothing of what it is."""

    user_id: UUID
    totp: bool
    passkeys: Annotated[int, Meta(examples=[1])]
    recovery_codes: Annotated[int, Meta(description="How many are left.", examples=[10])]


class MemberFactorsList(Schema):
    """Everybody in the organisation, with what they have enrolled."""

    items: list[MemberFactors]
