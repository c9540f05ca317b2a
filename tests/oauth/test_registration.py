"""Registering an app: public, written nowhere, and answered only where an app may be (RFC 7591, 8252, 8414, 9728)."""

import httpx
import pytest
from litestar import Litestar

from chatter.oauth.clients import CLI, client_of, registered
from chatter.oauth.errors import InvalidClient, InvalidRedirectUri
from tests.oauth.app import App
from tests.people import Person
from tests.servers import SECRET_KEY


@pytest.mark.parametrize(
    "address",
    [
        "https://notes.example.test/callback",
        "https://notes.example.test:8443/callback?a=b",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:8123/callback",
        "http://[::1]:8123/",
        "http://localhost:6274/oauth/callback",
        "com.example.notes:/callback",
        "com.example.notes://callback",
    ],
)
def test_an_app_is_answered_at_https_at_loopback_or_at_a_scheme_of_its_own(address: str) -> None:
    client = registered(SECRET_KEY, name="Notes", redirect_uris=[address], issued_at=1)
    assert client.takes(address)
    assert client_of([SECRET_KEY], client.id) == client


@pytest.mark.parametrize(
    "address",
    [
        "http://notes.example.test/callback",
        "http://127.0.0.1.evil.test/callback",
        "http://user@127.0.0.1/callback",
        "https://notes.example.test/callback#part",
        "https://notes.example.test/callback#",
        "https:///callback",
        "https://user:word@notes.example.test/",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "notes:/callback",
        "//notes.example.test",
        "/callback",
        "https://notes.example.test/\tcallback",
        "https://notes.example.test\\@evil.test/",
        "https://notes.example.test:99999/",
        "https://nötes.example.test/",
        "",
    ],
)
def test_no_other_address_can_be_registered(address: str) -> None:
    with pytest.raises(InvalidRedirectUri):
        registered(SECRET_KEY, name="Notes", redirect_uris=[address], issued_at=1)


@pytest.mark.parametrize(
    ("own", "given", "takes"),
    [
        ("http://127.0.0.1/callback", "http://127.0.0.1:51234/callback", True),
        ("http://127.0.0.1:1/callback", "http://127.0.0.1:2/callback", True),
        ("http://[::1]/callback", "http://[::1]:51234/callback", True),
        ("http://127.0.0.1/callback", "http://127.0.0.1:51234/callback/", False),
        ("http://127.0.0.1/callback", "http://127.0.0.1:51234/callback?a=b", False),
        ("http://127.0.0.1/callback", "http://[::1]:51234/callback", False),
        ("http://127.0.0.1/callback", "http://localhost:51234/callback", False),
        ("http://127.0.0.1/callback", "https://127.0.0.1:51234/callback", False),
        ("http://127.0.0.1/callback", "http://evil@127.0.0.1/callback", False),
        ("http://127.0.0.1/callback", "http://127.0.0.1:1\\@evil.test/callback", False),
        ("http://127.0.0.1/callback", "http://127.0.0.1:51234/call\tback", False),
        ("https://notes.test/callback", "https://notes.test:8443/callback", False),
        ("https://notes.test/callback", "https://notes.test/callback/../evil", False),
    ],
)
def test_an_address_is_compared_exactly_but_for_the_port_of_a_loopback(own: str, given: str, takes: bool) -> None:
    client = registered(SECRET_KEY, name="Notes", redirect_uris=[own], issued_at=1)
    assert client.takes(given) is takes


def test_an_id_that_this_server_did_not_seal_is_of_nobody() -> None:
    client = registered(SECRET_KEY, name="Notes", redirect_uris=["https://notes.test/"], issued_at=1)
    elsewhere = registered("1" * 64, name="Notes", redirect_uris=["https://notes.test/"], issued_at=1)
    for client_id in ("", "x", elsewhere.id, client.id[:-1], client.id + "A", client.id[::-1], "ß", client.id + " "):
        with pytest.raises(InvalidClient):
            client_of([SECRET_KEY], client_id)
    assert client_of([SECRET_KEY], CLI.id).trusted


def test_an_app_stays_known_while_the_key_that_sealed_it_is_one_of_the_old_ones() -> None:
    client = registered(SECRET_KEY, name="Notes", redirect_uris=["https://notes.test/"], issued_at=1)
    assert client_of(["1" * 64, SECRET_KEY], client.id) == client
    with pytest.raises(InvalidClient):
        client_of(["1" * 64], client.id)


async def test_an_app_registers_by_the_standard_and_what_is_not_needed_is_left_aside(client: httpx.AsyncClient) -> None:
    body = {
        "client_name": "Notes",
        "redirect_uris": ["http://127.0.0.1/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "documents:document:read",
        "client_uri": "https://notes.test",
        "software_id": "notes",
    }
    made = await client.post("/api/v1/oauth/register", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["redirect_uris"] == ["http://127.0.0.1/callback"]
    assert made.json()["token_endpoint_auth_method"] == "none"
    assert "client_secret" not in made.json()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://evil.test/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://a.test/" + "a" * 400] * 6}, "invalid_redirect_uri"),
        ({"redirect_uris": "https://a.test/"}, "invalid_client_metadata"),
        ({"redirect_uris": ["https://a.test/"], "client_name": 7}, "invalid_client_metadata"),
        ({"redirect_uris": ["https://a.test/"], "token_endpoint_auth_method": "x"}, "invalid_client_metadata"),
    ],
)
async def test_what_no_app_may_register_is_refused_in_the_standards_words(
    client: httpx.AsyncClient, body: dict[str, object], error: str
) -> None:
    refused = await client.post("/api/v1/oauth/register", json=body)
    assert (refused.status_code, refused.json()["error"]) == (400, error)


async def test_a_registration_that_can_not_be_read_is_refused_in_the_standards_words(client: httpx.AsyncClient) -> None:
    as_json = {"Content-Type": "application/json"}
    refused = await client.post("/api/v1/oauth/register", content=b"\x00", headers=as_json)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")
    assert refused.headers["content-type"] == "application/json"


async def test_an_app_finds_all_from_a_request_that_was_refused(client: httpx.AsyncClient) -> None:
    refused = await client.get("/api/v1/documents")
    challenge = refused.headers["www-authenticate"]
    where = challenge.partition('resource_metadata="')[2].rstrip('"')
    resource = (await client.get(where.removeprefix("http://127.0.0.1:8000"))).json()
    assert where == "http://127.0.0.1:8000/.well-known/oauth-protected-resource/api/v1"
    assert resource["resource"] == "http://127.0.0.1:8000/api/v1"
    (issuer,) = resource["authorization_servers"]
    server = (await client.get("/.well-known/oauth-authorization-server")).json()
    assert (server["issuer"], server["code_challenge_methods_supported"]) == (issuer, ["S256"])
    assert server["authorization_response_iss_parameter_supported"] is True
    assert set(resource["scopes_supported"]) <= set(server["scopes_supported"])
    for name in ("token_endpoint", "registration_endpoint", "revocation_endpoint", "device_authorization_endpoint"):
        path = server[name].removeprefix(issuer)
        assert (await client.post(path)).status_code in (400, 401), name
    assert (await client.get(server["jwks_uri"].removeprefix(issuer))).status_code == 200


async def test_one_address_registers_six_hundred_times_an_hour(api: Litestar, owner: Person) -> None:
    transport = httpx.ASGITransport(app=api, client=("198.51.100.7", 1))  # type: ignore[arg-type]  # the same interface
    async with httpx.AsyncClient(transport=transport, base_url="http://chatter.test") as there:
        body = {"redirect_uris": ["https://a.test/"]}
        answers = [await there.post("/api/v1/oauth/register", json=body) for _ in range(600)]
        assert {answer.status_code for answer in answers} == {201}
        refused = await there.post("/api/v1/oauth/register", json=body)
        assert (refused.status_code, refused.json()["error"]) == (429, "temporarily_unavailable")
        assert refused.headers["retry-after"]
    await App.registered(owner.client)


async def test_an_app_that_runs_in_a_page_of_any_site_may_register_and_no_other_route_opens_with_it(
    client: httpx.AsyncClient,
) -> None:
    asking = {
        "Origin": "https://inspector.test",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    allowed = await client.options("/api/v1/oauth/register", headers=asking)
    assert allowed.headers["access-control-allow-origin"] == "*"
    assert "Content-Type" in allowed.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in allowed.headers
    body = {"redirect_uris": ["https://inspector.test/callback"]}
    made = await client.post("/api/v1/oauth/register", json=body, headers={"Origin": asking["Origin"]})
    assert (made.status_code, made.headers["access-control-allow-origin"]) == (201, "*")
    for path in ("/api/v1/oauth/consent", "/api/v1/documents", "/api/v1/auth/sign-in"):
        closed = await client.options(path, headers=asking)
        assert "access-control-allow-origin" not in closed.headers, path
