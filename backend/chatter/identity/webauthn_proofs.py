"""What a browser's WebAuthn answers prove (Web Authentication Level 3, sections 7.1 and 7.2).

The user must have been verified by the authenticator, always: so a passkey stands for two factors.
"""

import base64
import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException

from chatter.identity.factor_schemas import Base64Url, PasskeyAssertion, PasskeyAttestation

__all__ = [
    "ALGORITHMS",
    "NewCredential",
    "RelyingParty",
    "ShownCredential",
    "as_base64url",
    "as_bytes",
    "challenge_of",
    "proven_credential",
    "shown_credential",
]

ALGORITHMS = (
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
)
_MALFORMED = (WebAuthnException, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError)
"""The library's own errors, and what its decoders raise for bytes that are no CBOR or no key."""


@dataclass(frozen=True, kw_only=True)
class RelyingParty:
    """This site, as a passkey knows it: the name that it is bound to, and the origin of our pages."""

    id: str
    origin: str

    @classmethod
    def of(cls, public_url: str | None, *, host: str) -> "RelyingParty | None":
        """The public address when it is HTTPS, else this machine's own name, as the browser has it.

        None: no passkeys here, since browsers refuse them.
        """
        public = urlsplit(public_url or "")
        if public.scheme == "https" and public.hostname:
            netloc = public.netloc.lower().removesuffix(":443")  # as browsers write an origin
            return cls(id=public.hostname, origin=f"https://{netloc}")
        name = urlsplit(f"//{host}").hostname or ""
        is_local = name == "localhost" or name.endswith(".localhost")
        return cls(id=name, origin=f"http://{host.lower()}") if is_local else None


@dataclass(frozen=True, kw_only=True)
class NewCredential:
    """A passkey that was proven to be there."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    backed_up: bool


@dataclass(frozen=True, kw_only=True)
class ShownCredential:
    """What a proven use tells. The caller compares the count with the one that it knows."""

    sign_count: int
    backed_up: bool


class _ClientData(msgspec.Struct, rename="camel"):
    challenge: str
    cross_origin: bool = False


def challenge_of(client_data_json: str) -> bytes | None:
    """The challenge that the browser answers; None when it says none, or is framed by another site's page."""
    try:
        data = msgspec.json.decode(as_bytes(client_data_json), type=_ClientData)
        return None if data.cross_origin else as_bytes(data.challenge)
    except (ValueError, msgspec.DecodeError):
        return None


def proven_credential(given: PasskeyAttestation, *, challenge: bytes, party: RelyingParty) -> NewCredential | None:
    """The new passkey; None when anything about it is not as it must be."""
    try:
        verified = verify_registration_response(
            credential=msgspec.json.encode(given).decode(),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=list(ALGORITHMS),
        )
    except _MALFORMED:
        return None
    return NewCredential(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        backed_up=verified.credential_backed_up,
    )


def shown_credential(
    given: PasskeyAssertion, *, challenge: bytes, party: RelyingParty, public_key: bytes, user_id: UUID
) -> ShownCredential | None:
    """What this use of a passkey tells; None when it is not one of this person, here and now."""
    try:
        handle = as_bytes(given.response.user_handle or "")
        verified = verify_authentication_response(
            credential=msgspec.json.encode(given).decode(),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _MALFORMED:
        return None
    if not hmac.compare_digest(handle, user_id.bytes):
        return None
    return ShownCredential(sign_count=verified.new_sign_count, backed_up=verified.credential_backed_up)


def as_base64url(value: bytes) -> Base64Url:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def as_bytes(text: str) -> bytes:
    """Raise ValueError for what is no Base64url."""
    return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
