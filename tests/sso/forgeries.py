"""What the evil provider forges, one field at a time: each must sign nobody in."""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from joserfc.jwk import RSAKey

from tests.sso.evil_provider import Claims, EvilProvider, Mischief, by_hand, encoded, signed, unsigned

__all__ = ["FORGERIES", "METADATA", "OTHER_KEY", "UNVERIFIED"]

OTHER_KEY = RSAKey.generate_key(2048, {"kid": "other", "use": "sig"})
_SAME_NAME = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
_HOUR = 3600


def _says(**changes: Any) -> Mischief:
    """An ID token that says this; a callable is given the present moment, None takes the claim away."""

    def forged(claims: Claims) -> Claims:
        now = int(time.time())
        said = claims | {name: value(now) if callable(value) else value for name, value in changes.items()}
        return {name: value for name, value in said.items() if value is not None}

    return Mischief(claims=forged)


def _is(token: Callable[[EvilProvider, Claims], str]) -> Mischief:
    return Mischief(token=token)


def _by_public_key(secret: Callable[[RSAKey], bytes]) -> Mischief:
    """HS256 with what everybody knows for a secret."""

    def token(provider: EvilProvider, claims: Claims) -> str:
        body = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': 'first'})}.{encoded(claims)}"
        mac = hmac.digest(secret(provider.key), body.encode(), hashlib.sha256)
        return f"{body}.{encoded(mac)}"

    return _is(token)


def _tampered(provider: EvilProvider, claims: Claims) -> str:
    """An honest signature below other claims."""
    head, _, signature = signed(provider.key, claims).split(".")
    return f"{head}.{encoded(claims | {'sub': 'subject-2', 'email': 'boss@acme.test'})}.{signature}"


def _names(subject: object) -> Mischief:
    """The userinfo endpoint says the same, so that the subject itself is what gives the token away."""
    named = {} if subject is None else {"sub": subject}
    return replace(_says(sub=subject), userinfo=lambda _: named)


def _with_own_key(**header: Any) -> Mischief:
    """Signed by another key, which the token itself recommends."""
    return _is(lambda provider, claims: signed(OTHER_KEY, claims, kid=None, **header))


def _answers(**changes: Any) -> Mischief:
    """The token endpoint's answer with this in it."""
    return Mischief(tokens=lambda answer: {name: value for name, value in (answer | changes).items() if value})


def _comes_back(**changes: str) -> Mischief:
    return Mischief(redirect=lambda query: query | changes)


FORGERIES: Mapping[str, Mischief] = {
    "issuer other": _says(iss="https://issuer.example.test"),
    "issuer with a slash more": Mischief(claims=lambda claims: claims | {"iss": claims["iss"] + "/"}),
    "issuer missing": _says(iss=None),
    "issuer a list": Mischief(claims=lambda claims: claims | {"iss": [claims["iss"]]}),
    "audience other": _says(aud="another-client"),
    "audience missing": _says(aud=None),
    "audience empty": _says(aud=[]),
    "audience an empty text": _says(aud=""),
    "audience with others": _says(aud=["chatter", "another-client"]),
    "audience with others, and we are azp": _says(aud=["chatter", "another-client"], azp="chatter"),
    "azp other": _says(azp="another-client"),
    "nonce other": _says(nonce="another"),
    "nonce missing": _says(nonce=None),
    "expired": _says(exp=lambda now: now - 120),
    "exp missing": _says(exp=None),
    "exp a text": _says(exp=lambda now: str(now + 300)),
    "exp true": _says(exp=True),
    "exp beyond all time": _says(exp=10**30),
    "issued in the future": _says(iat=lambda now: now + 300, exp=lambda now: now + 600),
    "issued yesterday": _says(iat=lambda now: now - 24 * _HOUR),
    "iat missing": _says(iat=None),
    "iat a text": _says(iat="now"),
    "not before an hour from now": _says(nbf=lambda now: now + _HOUR),
    "nbf a text": _says(nbf="later"),
    "subject empty": _names(""),
    "subject missing": _names(None),
    "subject a number": _names(1),
    "subject too long": _names("x" * 256),
    "subject with NUL": _names("subject-1\0"),
    "subject changed, the same address": _names("subject-2"),
    "at_hash other": _says(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "sid a number": _says(sid=7),
    "alg none": _is(lambda _, claims: unsigned(claims)),
    "alg None": _is(lambda _, claims: unsigned(claims, alg="None")),
    "alg nOnE": _is(lambda _, claims: unsigned(claims, alg="nOnE")),
    "alg RS256 without a signature": _is(lambda _, claims: unsigned(claims, alg="RS256")),
    "alg missing": _is(lambda provider, claims: by_hand(provider.key, {"kid": "first"}, claims)),
    "HS256 with the public key as PEM": _by_public_key(lambda key: key.as_pem(private=False)),
    "HS256 with the public key as DER": _by_public_key(lambda key: key.as_der(private=False)),
    "HS256 with the modulus": _by_public_key(lambda key: str(key.as_dict(private=False)["n"]).encode()),
    "HS256 with the client's secret": _by_public_key(lambda _: b"a secret of the client, long enough"),
    "HS256 with nothing": _by_public_key(lambda _: b""),
    "another algorithm of the same key": _is(lambda provider, claims: signed(provider.key, claims, alg="RS512")),
    "PS256 by the same key": _is(lambda provider, claims: signed(provider.key, claims, alg="PS256")),
    "claims changed below the signature": _is(_tampered),
    "another key under the same id": _is(lambda _, claims: signed(_SAME_NAME, claims)),
    "an unknown key id": _is(lambda _, claims: signed(OTHER_KEY, claims)),
    "a key id that is a path": _is(lambda _, claims: signed(OTHER_KEY, claims, kid="../../dev/null")),
    "a key id that is SQL": _is(lambda _, claims: signed(OTHER_KEY, claims, kid="' or '1'='1")),
    "key in the header (jwk)": _with_own_key(jwk=OTHER_KEY.as_dict(private=False)),
    "key at an address (jku)": _with_own_key(jku="http://127.0.0.1:9/jwks"),
    "key at an address (x5u)": _with_own_key(x5u="http://127.0.0.1:9/cert"),
    "key in a certificate (x5c)": _with_own_key(x5c=["AAAA"]),
    "key in the header, and its id": _is(
        lambda _, claims: signed(OTHER_KEY, claims, kid="first", jwk=OTHER_KEY.as_dict(private=False))
    ),
    "a critical extension that nobody knows": _is(
        lambda provider, claims: by_hand(
            provider.key, {"alg": "RS256", "kid": "first", "crit": ["unheard"], "unheard": 1}, claims
        )
    ),
    "claims that are a list": _is(lambda provider, _: by_hand(provider.key, {"alg": "RS256", "kid": "first"}, [])),
    "a header that is a list": _is(lambda provider, claims: by_hand(provider.key, ["RS256"], claims)),
    "a key id that is a number": _is(
        lambda provider, claims: by_hand(provider.key, {"alg": "RS256", "kid": 1}, claims)
    ),
    "a token cut short": _is(lambda provider, claims: signed(provider.key, claims)[:-20]),
    "a token of two parts": _is(lambda provider, claims: signed(provider.key, claims).rpartition(".")[0]),
    "no token but words": _is(lambda *_: "good evening"),
    "a token without end": _is(lambda *_: "x" * 100_000),
    "the ID token missing": _answers(id_token=None),
    "the ID token a number": _answers(id_token=7),
    "the ID token of another client": Mischief(claims=lambda claims: claims | {"aud": "other", "azp": "other"}),
    "userinfo about somebody else": Mischief(userinfo=lambda claims: claims | {"sub": "subject-2"}),
    "userinfo about nobody": Mischief(userinfo=lambda _: {}),
    "back with an error": _comes_back(error="access_denied", error_description="no"),
    "back with another's issuer": _comes_back(iss="https://issuer.example.test"),
    "back with a code that was never given": _comes_back(code="never"),
    "back with another state": _comes_back(state="00000000000000000000000000000000.forged"),
    "back with a state that is no id": _comes_back(state="forged"),
}

# What a newcomer's address must not pass with: nobody is known by the subject yet.
UNVERIFIED: Mapping[str, Mischief] = {
    "address not verified": _says(email_verified=False),
    "address verified in words": _says(email_verified="true"),
    "address verified by a number": _says(email_verified=1),
    "address verified by nobody": _says(email_verified=None),
    "address of another domain": _says(email="dana@elsewhere.test"),
    "address of a domain below": Mischief(claims=lambda claims: claims | {"email": claims["email"] + ".evil.test"}),
    "address with two domains": Mischief(claims=lambda claims: claims | {"email": "dana@evil.test@x"}),
    "address missing": _says(email=None),
    "address a list": Mischief(claims=lambda claims: claims | {"email": [claims["email"]]}),
    "verified in userinfo, another address in the ID token": Mischief(
        claims=lambda claims: claims | {"email_verified": None},
        userinfo=lambda claims: claims | {"email_verified": True},
    ),
}

_METADATA_AT = "http://169.254.169.254/latest"
METADATA: Mapping[str, Mischief] = {
    "the issuer of somebody else": Mischief(discovery=lambda document: document | {"issuer": "https://other.test"}),
    "no issuer": Mischief(discovery=lambda document: {**document, "issuer": None}),
    "keys at the cloud's metadata service": Mischief(discovery=lambda document: document | {"jwks_uri": _METADATA_AT}),
    "tokens at the cloud's metadata service": Mischief(
        discovery=lambda document: document | {"token_endpoint": _METADATA_AT}
    ),
    "userinfo at the cloud's metadata service": Mischief(
        discovery=lambda document: document | {"userinfo_endpoint": _METADATA_AT}
    ),
    "keys at a private address": Mischief(discovery=lambda document: document | {"jwks_uri": "https://10.0.0.1/jwks"}),
    "keys behind a redirect to a private address": Mischief(
        discovery=lambda document: document | {"jwks_uri": f"{document['issuer']}/forward"}
    ),
    "keys in a file": Mischief(discovery=lambda document: document | {"jwks_uri": "file:///etc/passwd"}),
    "people sent to a script": Mischief(
        discovery=lambda document: document | {"authorization_endpoint": "javascript:alert(1)"}
    ),
    "people sent over plain http": Mischief(
        discovery=lambda document: document | {"authorization_endpoint": "http://login.example.test/"}
    ),
    "no keys": Mischief(jwks=lambda _: {"keys": []}),
    "keys that are no list": Mischief(jwks=lambda _: {"keys": "many"}),
    "a shared secret for a key": Mischief(jwks=lambda _: {"keys": [{"kty": "oct", "k": "AAAA", "kid": "first"}]}),
    "a key that encrypts": Mischief(jwks=lambda document: {"keys": [document["keys"][0] | {"use": "enc"}]}),
    "a document that is too large": Mischief(discovery=lambda document: document | {"filler": "x" * 300_000}),
}
