"""A provider of OpenID Connect on loopback that forges whatever a test tells it to.

It keeps to the standard otherwise: it checks the client, the PKCE verifier, and that a code is redeemed once.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jws
from joserfc.jwk import RSAKey
from yarl import URL

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "Claims",
    "EvilProvider",
    "Mischief",
    "by_hand",
    "encoded",
    "signed",
    "unsigned",
]

CLIENT_ID, CLIENT_SECRET = "chatter", "a secret of the client, long enough"
Claims = dict[str, Any]
Json = dict[str, Any]


@dataclass
class Mischief:
    """What is forged; nothing by default."""

    claims: Callable[[Claims], Claims] = lambda claims: claims
    """The ID token's claims."""
    token: "Callable[[EvilProvider, Claims], str] | None" = None
    """The whole token in place of one that is signed as it should be."""
    userinfo: Callable[[Claims], Claims] = lambda claims: claims
    discovery: Callable[[Json], Json] = lambda document: document
    jwks: Callable[[Json], Json] = lambda document: document
    tokens: Callable[[Json], Json] = lambda document: document
    """The answer of the token endpoint."""
    redirect: Callable[[dict[str, str]], dict[str, str]] = lambda query: query
    """The parameters with which the browser is sent back."""


@dataclass
class EvilProvider:
    """The provider, and who sits at its sign-in page."""

    issuer: str = ""
    subject: str = "subject-1"
    email: str = "dana@acme.test"
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}))
    mischief: Mischief = field(default_factory=Mischief)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def claims(self, nonce: str) -> Claims:
        """What an honest ID token says."""
        now = int(time.time())
        person = {"email": self.email, "email_verified": True, "name": "Dana Reyes", "sid": "sid-1"}
        times = {"iat": now, "exp": now + 300}
        return {"iss": self.issuer, "aud": CLIENT_ID, "sub": self.subject, "nonce": nonce, **times, **person}

    def sign_in(self, address: str) -> str:
        """What the provider's page does once the person has signed in: the address that the browser is sent to."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        back = self.mischief.redirect({"code": code, "state": query["state"]})
        return str(URL(query["redirect_uri"]).update_query(back))

    async def discovery(self, _: web.Request) -> web.Response:
        self.requests.append("discovery")
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/end",
        }
        return web.json_response(self.mischief.discovery(document))

    async def jwks(self, _: web.Request) -> web.Response:
        self.requests.append("jwks")
        return web.json_response(self.mischief.jwks({"keys": [self.key.as_dict(private=False)]}))

    async def token(self, request: web.Request) -> web.Response:
        self.requests.append("token")
        form = dict(await request.post())
        asked = self.codes.pop(str(form.get("code")), None)
        if (
            asked is None
            or not _is_client(request)
            or _challenge(str(form["code_verifier"])) != asked["code_challenge"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        claims = self.mischief.claims(self.claims(asked["nonce"]))
        token = self.mischief.token(self, claims) if self.mischief.token else signed(self.key, claims)
        answer = {"access_token": "access", "token_type": "Bearer", "id_token": token}
        return web.json_response(self.mischief.tokens(answer))

    async def userinfo(self, _: web.Request) -> web.Response:
        return web.json_response(self.mischief.userinfo({"sub": self.subject}))

    async def forward(self, _: web.Request) -> web.Response:
        """An address that sends on to a private one."""
        raise web.HTTPFound("http://169.254.169.254/latest/meta-data")

    def logout_token(self, **changes: Any) -> str:
        """An honest one with these changes; None takes a claim away."""
        now = int(time.time())
        event: Json = {"http://schemas.openid.net/event/backchannel-logout": {}}
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": secrets.token_hex(8)}
        claims |= {"sub": self.subject, "sid": "sid-1", "events": event, **changes}
        return signed(self.key, {name: value for name, value in claims.items() if value is not None}, typ="logout+jwt")

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["EvilProvider"]:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self.discovery)
        app.router.add_get("/jwks", self.jwks)
        app.router.add_get("/forward", self.forward)
        app.router.add_post("/token", self.token)
        app.router.add_get("/userinfo", self.userinfo)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        assert runner.addresses
        self.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()


def signed(key: RSAKey, claims: Claims, *, alg: str = "RS256", typ: str = "JWT", **header: Any) -> str:
    """A token in the compact form."""
    head = {"alg": alg, "typ": typ, "kid": key.kid, **header}
    head = {name: value for name, value in head.items() if value is not None}
    registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    return jws.serialize_compact(head, json.dumps(claims).encode(), key, registry=registry)


def by_hand(key: RSAKey, header: Json | list[str], claims: Claims | list[str]) -> str:
    """RS256 over a header that no library would write."""
    body = f"{encoded(header)}.{encoded(claims)}"
    signature = key.private_key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()) if key.private_key else b""
    return f"{body}.{encoded(signature)}"


def unsigned(claims: Claims, *, alg: str = "none") -> str:
    """A token without a signature."""
    return ".".join([encoded({"alg": alg, "typ": "JWT", "kid": "first"}), encoded(claims), ""])


def encoded(part: Json | list[str] | bytes) -> str:
    """One part of a token."""
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _is_client(request: web.Request) -> bool:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    name, _, secret = base64.b64decode(encoded).decode().partition(":")
    return scheme == "Basic" and (unquote_plus(name), unquote_plus(secret)) == (CLIENT_ID, CLIENT_SECRET)
