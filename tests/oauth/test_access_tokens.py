"""Access tokens: as RFC 9068 has them; whatever is forged about one opens nothing."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from litestar import Litestar

from chatter.kit.services import Services
from chatter.kit.web.edge import SESSION_COOKIE
from chatter.oauth.signing_keys import SigningKeys, add_signing_key
from tests.oauth.app import App
from tests.people import Person, asgi, sign_up

METADATA = 'resource_metadata="http://127.0.0.1:8000/.well-known/oauth-protected-resource/api/v1"'


@pytest.fixture
async def app(client: httpx.AsyncClient) -> App:
    return await App.registered(client)


@pytest.fixture
async def token(app: App, owner: Person) -> str:
    return str((await app.connected(owner))["access_token"])


@pytest.fixture
async def key(api: Litestar) -> ECKey:
    """The very key that the server signs with: what it refuses then is refused for what it says."""
    services: Services = api.state.services
    return await services.part(SigningKeys).current()


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    head, body, _ = token.split(".")
    return json.loads(_decoded(head)), json.loads(_decoded(body))


def signed(key: ECKey, header: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode(header, claims, key, algorithms=["ES256"], default_type=None)


async def test_a_token_says_what_the_standard_wants(token: str, owner: Person, app: App) -> None:
    header, claims = parts(token)
    keys = (await app.http.get("/.well-known/jwks.json")).json()["keys"]
    assert (header["alg"], header["typ"]) == ("ES256", "at+jwt")
    assert header["kid"] in [one["kid"] for one in keys]
    assert not [one for one in keys if "d" in one]
    assert (claims["iss"], claims["aud"]) == ("http://127.0.0.1:8000", "http://127.0.0.1:8000/api/v1")
    assert (claims["sub"], claims["org"]) == (str(owner.user_id), str(owner.organization_id))
    assert (claims["client_id"], claims["exp"] - claims["iat"]) == (app.client_id, 600)
    read = jwt.decode(token, ECKey.import_key(next(one for one in keys if one["kid"] == header["kid"])), ["ES256"])
    assert read.claims == claims


@pytest.mark.parametrize(
    "said",
    [
        {"aud": "https://elsewhere.test/api"},
        {"aud": ["http://127.0.0.1:8000/api/v1", "https://elsewhere.test"]},
        {"iss": "https://elsewhere.test"},
        {"exp": int(time.time()) - 1},
        {"iat": int(time.time()) + 3600, "exp": int(time.time()) + 7200},
        {"sub": str(uuid4())},
        {"sid": str(uuid4())},
        {"org": str(uuid4())},
        {"exp": None},
        {"org": None},
    ],
)
async def test_a_claim_that_is_not_ours_opens_nothing_although_it_is_signed(
    token: str, key: ECKey, app: App, said: dict[str, Any]
) -> None:
    header, claims = parts(token)
    changed = {name: value for name, value in (claims | said).items() if value is not None}
    assert (await app.call(signed(key, header, claims))).status_code == 200
    assert (await app.call(signed(key, header, changed))).status_code == 401


async def test_a_claim_never_widens_what_was_allowed(token: str, key: ECKey, app: App) -> None:
    header, claims = parts(token)
    for scope in ("everything", claims["scope"] + " chat:conversation:create"):
        wide = signed(key, header, claims | {"scope": scope})
        refused = await app.call(wide, "POST", "/conversations", json={})
        assert refused.json()["code"] == "scope_missing"


async def test_a_token_with_the_family_of_another_organisation_opens_nothing(
    token: str, key: ECKey, app: App, owner: Person
) -> None:
    other = await sign_up(owner.client)
    header, claims = parts(token)
    theirs = parts(str((await app.connected(other))["access_token"]))[1]
    for name in ("org", "sid", "sub"):
        assert (await app.call(signed(key, header, claims | {name: theirs[name]}))).status_code == 401
    named = {"Chatter-Organization": str(other.organization_id)}
    assert (await app.call(token, headers=named)).status_code == 401
    assert (await app.call(token, headers={"Chatter-Organization": str(owner.organization_id)})).status_code == 200


async def test_a_signature_that_is_not_ours_opens_nothing(token: str, key: ECKey, app: App) -> None:
    header, claims = parts(token)
    body = token.split(".")[1]
    mine, public = ECKey.generate_key("P-256"), json.dumps(key.as_dict(private=False), separators=(",", ":"))
    forged = [
        signed(mine, header, claims),
        signed(mine, header | {"kid": "../../etc/passwd"}, claims),
        signed(mine, header | {"kid": "' or 1=1 --"}, claims),
        signed(mine, header | {"jwk": mine.as_dict(private=False)}, claims),
        signed(mine, header | {"jku": "https://evil.test/jwks.json"}, claims),
        signed(key, header | {"typ": "JWT"}, claims),
        signed(key, {name: value for name, value in header.items() if name != "kid"}, claims),
        f"{_encoded(header | {'alg': 'none'})}.{body}.",
        f"{_encoded(header | {'alg': 'none'})}.{body}.AA",
        jwt.encode(header | {"alg": "HS256"}, claims, OctKey.import_key(public), algorithms=["HS256"]),
        _hs256(header, claims, key.as_pem(private=False)),
        token[:-4] + "AAAA",
        ".".join((token.split(".", maxsplit=1)[0], _encoded(claims | {"scope": "everything"}), token.split(".")[2])),
    ]
    answers = {(await app.call(one)).status_code for one in forged}
    assert answers == {401}


async def test_whatever_is_wrong_with_a_token_the_answer_has_the_same_bytes(token: str, key: ECKey, app: App) -> None:
    header, claims = parts(token)
    wrong = [
        signed(key, header, claims | {"exp": 1}),
        signed(key, header, claims | {"sid": str(uuid4())}),
        "a.b.c",
        "x",
    ]
    answers = [await app.call(one) for one in wrong]
    assert len({answer.text.replace(answer.headers["x-request-id"], "") for answer in answers}) == 1
    assert {answer.headers["www-authenticate"] for answer in answers} == {f'Bearer error="invalid_token", {METADATA}'}


async def test_who_shows_nothing_is_told_of_no_mistake(app: App) -> None:
    """RFC 6750, 3.1: without a token, how one is let in, and no error."""
    answer = await app.http.get("/api/v1/documents")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, f"Bearer {METADATA}")


async def test_a_token_that_was_given_too_little_names_the_scope_that_it_lacks(owner: Person, app: App) -> None:
    """RFC 6750, 3.1, and the step-up of MCP clients, which ask their person for this scope."""
    tokens = await app.connected(owner, scope="documents:document:read")
    refused = await app.call(tokens["access_token"], "POST", "/conversations", json={})
    said = 'Bearer error="insufficient_scope", scope="chat:conversation:create"'
    assert (refused.status_code, refused.headers["www-authenticate"]) == (403, f"{said}, {METADATA}")
    whole = await app.call(tokens["access_token"], "POST", "/me/password", json={})
    assert (whole.status_code, whole.headers.get("www-authenticate")) == (403, None)


async def test_a_token_is_no_cookie(token: str, api: Litestar) -> None:
    """A browser would send it by itself, and a page of another site could act with it."""
    cookies = {SESSION_COOKIE: token}
    async with httpx.AsyncClient(transport=asgi(api), base_url="http://chatter.test", cookies=cookies) as browser:
        assert (await browser.get("/api/v1/documents")).status_code == 401


async def test_a_family_that_is_over_opens_nothing(
    token: str, app: App, owner: Person, admin: asyncpg.Connection
) -> None:
    for change, undo in (
        ("update oauth_family set ended_at = now()", "update oauth_family set ended_at = null"),
        ("update oauth_family set expires_at = now()", "update oauth_family set expires_at = now() + interval '1 day'"),
        ("update oauth_grant set revoked_at = now()", "update oauth_grant set revoked_at = null"),
        ("update membership set suspended_at = now()", "update membership set suspended_at = null"),
    ):
        await admin.execute(f"{change} where tenant_id = $1", owner.organization_id)
        assert (await app.call(token)).status_code == 401, change
        await admin.execute(f"{undo} where tenant_id = $1", owner.organization_id)
        assert (await app.call(token)).status_code == 200, undo


async def test_a_new_key_signs_and_the_one_before_verifies_until_its_tokens_are_over(
    services: Services, admin: asyncpg.Connection
) -> None:
    before = SigningKeys(services.database, services.settings.secret_key)
    await before.start()
    old = await before.current()
    new = await add_signing_key(services.database)
    after = SigningKeys(services.database, services.settings.secret_key)
    await after.start()
    assert (await after.current()).kid == old.kid, "other processes have not heard of the new one yet"
    await admin.execute("update oauth_signing_key set created_at = now() - interval '61 seconds' where id = $1", new)
    after = SigningKeys(services.database, services.settings.secret_key)
    await after.start()
    assert (await after.current()).kid == new.hex
    assert await after.of(str(old.kid)) is not None
    assert await before.of(new.hex) is None, "asked again too soon: whoever invents ids would have it ask each time"
    await admin.execute("update oauth_signing_key set created_at = now() - interval '61 minutes' where id = $1", new)
    await admin.execute(
        "update oauth_signing_key set created_at = now() - interval '2 hours' where id = $1", UUID(str(old.kid))
    )
    later = SigningKeys(services.database, services.settings.secret_key)
    await later.start()
    assert await later.of(str(old.kid)) is None
    await admin.execute("update oauth_signing_key set created_at = now() where id = $1", UUID(str(old.kid)))


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _hs256(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """Signed with our public key for a secret, as the confusion of algorithms has it."""
    text = f"{_encoded(header | {'alg': 'HS256'})}.{_encoded(claims)}"
    seal = hmac.digest(secret, text.encode(), hashlib.sha256)
    return f"{text}.{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"
