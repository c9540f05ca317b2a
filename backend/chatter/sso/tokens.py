"""ID tokens and logout tokens: verified claim by claim, or refused.

OpenID Connect Core 1.0, 3.1.3.7; Back-Channel Logout 1.0, 2.6; RFC 8725. What a token says of its own key or algorithm
is never followed: the key is one that the registered issuer publishes, the algorithm the registered one.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from chatter.sso.discovery import Discovery, Target
from chatter.sso.errors import IdTokenInvalid

__all__ = ["Expected", "IdToken", "LogoutToken", "TokenReader"]

SKEW = timedelta(seconds=60)
"""How far the provider's clock may be from ours."""
_LONGEST = 64 * 1024
_LONGEST_SUBJECT = 255
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_AGE = timedelta(minutes=10)
_KINDS: Mapping[str, type[Key]] = {"RS256": RSAKey, "PS256": RSAKey, "ES256": ECKey, "EdDSA": OKPKey}
_ACCESS_HASHES = {"RS256": hashlib.sha256, "PS256": hashlib.sha256, "ES256": hashlib.sha256, "EdDSA": hashlib.sha512}


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a token must agree with."""

    target: Target
    client_id: str
    algorithm: str
    now: datetime


class IdToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token that holds; `claims` are all of it."""

    subject: str
    sid: str | None
    claims: dict[str, Any]


class LogoutToken(msgspec.Struct, frozen=True, kw_only=True):
    """Whose sessions end: those of a subject, or one by its name at the provider."""

    token_id: str
    subject: str | None
    sid: str | None
    expires_at: datetime


class TokenReader:
    """Reads what a provider has signed."""

    def __init__(self, discovery: Discovery) -> None:
        self._discovery = discovery

    async def id_token(
        self, raw: str, expected: Expected, *, nonce: str, access_token: str | None, begun_at: datetime
    ) -> IdToken:
        """Raise IdTokenInvalid, which says what does not hold; ProviderFailed when the keys can't be had."""
        claims = await self._verified(raw, expected)
        _check_origin(claims, expected)
        _check_times(claims, now=expected.now, begun_at=begun_at)
        if claims.get("nonce") != nonce:
            raise IdTokenInvalid("The ID token was not made for this sign-in: its nonce differs.")
        if "at_hash" in claims and claims["at_hash"] != _half_hash(access_token or "", algorithm=expected.algorithm):
            raise IdTokenInvalid("The ID token does not belong to the access token: its at_hash differs.")
        return IdToken(subject=_subject(claims), sid=_sid(claims), claims=claims)

    async def logout_token(self, raw: str, expected: Expected) -> LogoutToken:
        """Raise IdTokenInvalid, ProviderFailed."""
        claims = await self._verified(raw, expected)
        _check_origin(claims, expected)
        issued = _instant(claims, "iat")
        if issued > expected.now + SKEW or issued < expected.now - _LOGOUT_AGE - SKEW:
            raise IdTokenInvalid("The logout token was not issued just now.")
        expires = _instant(claims, "exp") if "exp" in claims else issued + _LOGOUT_AGE
        if expires <= expected.now - SKEW:
            raise IdTokenInvalid("The logout token has expired.")
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(_LOGOUT_EVENT), dict):
            raise IdTokenInvalid("The token is no logout token: it tells of no logout.")
        if "nonce" in claims:
            raise IdTokenInvalid("The token is no logout token: it has a nonce.")
        token_id, subject, sid = claims.get("jti"), claims.get("sub"), _sid(claims)
        if not isinstance(token_id, str) or not 0 < len(token_id) <= _LONGEST_SUBJECT:
            raise IdTokenInvalid("The logout token has no id of its own (jti).")
        if subject is None and sid is None:
            raise IdTokenInvalid("The logout token names neither a subject nor a session.")
        return LogoutToken(
            token_id=token_id,
            subject=None if subject is None else _subject(claims),
            sid=sid,
            expires_at=max(expires, issued + _LOGOUT_AGE) + 2 * SKEW,
        )

    async def _verified(self, raw: str, expected: Expected) -> dict[str, Any]:
        """The claims, once the signature holds."""
        if len(raw) > _LONGEST:
            raise IdTokenInvalid("The token is too long.")
        algorithm, kid = _announced(raw)
        if algorithm != expected.algorithm:
            raise IdTokenInvalid(
                f"The token is signed with {algorithm[:20] or 'nothing'}, but {expected.algorithm} is registered."
            )
        key = await self._discovery.key(expected.target, kid=kid, fits=_KINDS[expected.algorithm])
        if key is None:
            raise IdTokenInvalid("The token is signed with a key that the provider does not publish.")
        try:
            signed = jws.deserialize_compact(raw, key, algorithms=[expected.algorithm])
            claims = msgspec.json.decode(signed.payload or b"")
        except (JoseError, ValueError, TypeError) as error:
            raise IdTokenInvalid("The token's signature does not hold.") from error
        if not isinstance(claims, dict):
            raise IdTokenInvalid("The token holds no claims.")
        return claims


def _announced(raw: str) -> tuple[str, str | None]:
    """The algorithm and key id that the token itself names: the one to be compared, the other to be looked up."""
    try:
        head = raw.split(".", maxsplit=1)[0]
        header = msgspec.json.decode(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, msgspec.DecodeError) as error:
        raise IdTokenInvalid("The token can't be read.") from error
    if not isinstance(header, dict) or not isinstance(header.get("kid"), str | None):
        raise IdTokenInvalid("The token's header can't be read.")
    return str(header.get("alg", "")), header.get("kid")


def _check_origin(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.target.issuer:
        raise IdTokenInvalid("The token is of another issuer.")
    audience = claims.get("aud")
    if audience not in (expected.client_id, [expected.client_id]):
        raise IdTokenInvalid("The token is for another audience, or for others beside us.")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise IdTokenInvalid("The token was made for another client: its azp differs.")


def _check_times(claims: Mapping[str, Any], *, now: datetime, begun_at: datetime) -> None:
    if _instant(claims, "exp") <= now - SKEW:
        raise IdTokenInvalid("The ID token has expired.")
    issued = _instant(claims, "iat")
    if issued > now + SKEW:
        raise IdTokenInvalid("The ID token was issued in the future.")
    if issued < begun_at - SKEW:
        raise IdTokenInvalid("The ID token is older than this sign-in.")
    if "nbf" in claims and _instant(claims, "nbf") > now + SKEW:
        raise IdTokenInvalid("The ID token does not hold yet.")


def _instant(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise IdTokenInvalid(f"The token has no {name}.")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise IdTokenInvalid(f"The token's {name} is no time.") from error


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or "\0" in subject:
        raise IdTokenInvalid("The token names no subject.")
    return subject


def _sid(claims: Mapping[str, Any]) -> str | None:
    sid = claims.get("sid")
    if sid is not None and (not isinstance(sid, str) or not 0 < len(sid) <= _LONGEST_SUBJECT or "\0" in sid):
        raise IdTokenInvalid("The token's session can't be read.")
    return sid


def _half_hash(access_token: str, *, algorithm: str) -> str:
    digest = _ACCESS_HASHES[algorithm](access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")
