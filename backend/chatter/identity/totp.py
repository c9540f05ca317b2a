"""Codes of authenticator apps (RFC 6238: SHA-1, six digits, thirty seconds), and the picture that brings the secret."""

import base64
import hmac
import io
import re
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pyotp
import segno

from chatter.kit.crypto import SecretBox, SecretUnreadable

__all__ = ["Enrolment", "address_of", "new_secret", "opened", "picture_of", "sealed", "step_of"]

ISSUER = "Chatter"
VALID_FOR = timedelta(minutes=15)
_SECONDS = 30
_WINDOW = (0, -1, 1)
_CODE = re.compile(r"\d{6}", re.ASCII)


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that nobody has proven yet; it travels with the person, sealed to them, and is stored nowhere."""

    secret: str
    until: datetime


def new_secret() -> str:
    """160 bits in Base32, as RFC 4226 recommends."""
    return pyotp.random_base32(32)


def address_of(secret: str, *, email: str) -> str:
    """What an authenticator app reads: an otpauth address."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def picture_of(address: str) -> str:
    """The address as a QR code, dark on white whatever the page's colours: cameras want it so."""
    picture = io.BytesIO()
    segno.make(address, error="m").save(picture, kind="svg", scale=4, light="#fff", xmldecl=False, svgns=True)
    return picture.getvalue().decode()


def step_of(secret: str, code: str, *, at: datetime) -> int | None:
    """The step that this code is of, when it is the present one or a neighbour, as clocks differ; else None."""
    given = code.replace(" ", "")
    if not _CODE.fullmatch(given):
        return None
    totp, now = pyotp.TOTP(secret), int(at.timestamp()) // _SECONDS
    fitting = [now + offset for offset in _WINDOW if hmac.compare_digest(totp.generate_otp(now + offset), given)]
    return fitting[0] if fitting else None


def sealed(box: SecretBox, enrolment: Enrolment, *, user_id: UUID) -> str:
    """What the person brings back with the first code."""
    body = box.seal(msgspec.json.encode(enrolment).decode(), tenant_id=user_id)
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def opened(box: SecretBox, token: str, *, user_id: UUID) -> Enrolment | None:
    """The enrolment, when it was begun here and by this person."""
    try:
        body = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        return msgspec.json.decode(box.open(body, tenant_id=user_id), type=Enrolment)
    except (SecretUnreadable, ValueError, msgspec.DecodeError):
        return None
