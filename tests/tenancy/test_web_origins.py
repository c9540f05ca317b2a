"""Web origins: whose pages may read an organisation's answers in a browser, with a key and never with a cookie."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from chatter.api import build_api
from chatter.kit.settings import Settings
from tests.llm.apps import calling
from tests.people import Person, sign_up

ORIGINS = "/organization/web-origins"
ALLOW = "access-control-allow-origin"
ADDRESS = "/api/v1/documents"


async def listed(person: Person, origin: str) -> str:
    """Add an origin; its id."""
    answer = await person.post(ORIGINS, json={"origin": origin})
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


async def preflight(client: httpx.AsyncClient, origin: str, *, address: str = ADDRESS) -> httpx.Response:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    return await client.options(address, headers=asked)


def fresh() -> str:
    """An origin that no other test has listed."""
    return f"https://{UUID(int=next(_COUNT)).hex}.example.test"


_COUNT = iter(range(1, 10_000))


@pytest_asyncio.fixture
async def program(owner: Person) -> Person:
    """A service account of the owner's organisation."""
    return await owner.service("viewer")


async def test_a_listed_origin_reads_the_answers_that_a_key_opens_until_it_is_taken_out(
    owner: Person, program: Person
) -> None:
    origin = fresh()
    assert ALLOW not in (await program.get("/documents", headers={"Origin": origin})).headers
    made = await listed(owner, origin)
    before = await preflight(owner.client, origin)
    assert (before.status_code, before.headers[ALLOW]) == (204, origin)
    assert "Authorization" in before.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in before.headers
    read = await program.get("/documents", headers={"Origin": origin})
    assert (read.headers[ALLOW], read.headers["vary"]) == (origin, "Origin")
    assert "RateLimit" in read.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in read.headers
    refused = await program.delete(f"/documents/{UUID(int=1)}", headers={"Origin": origin})
    assert (refused.status_code, refused.headers[ALLOW]) == (403, origin)
    assert (await owner.delete(f"{ORIGINS}/{made}")).status_code == 204
    assert ALLOW not in (await program.get("/documents", headers={"Origin": origin})).headers
    assert ALLOW not in (await preflight(owner.client, origin)).headers


async def test_another_organisations_origin_never_opens_this_ones_answers(
    client: httpx.AsyncClient, program: Person
) -> None:
    other, origin = await sign_up(client), fresh()
    await listed(other, origin)
    assert (await preflight(client, origin)).headers[ALLOW] == origin
    seen = await program.get("/documents", headers={"Origin": origin})
    assert (seen.status_code, ALLOW in seen.headers) == (200, False)
    named = {"Origin": origin, "Chatter-Organization": str(other.organization_id)}
    elsewhere = await program.get("/documents", headers=named)
    assert (elsewhere.status_code, ALLOW in elsewhere.headers) == (401, False)


async def test_an_origin_is_compared_as_a_whole(owner: Person, program: Person) -> None:
    for origin in ("https://example.com", "https://app.example.com:8443"):
        await listed(owner, origin)
    forged = (
        *("null", "*", "", "https://evil-example.com", "https://example.com.evil", "https://a.example.com"),
        *("https://example.co", "http://example.com", "https://EXAMPLE.com", "HTTPS://example.com"),
        *("https://example.com:443", "https://example.com:8443", "https://app.example.com", "https://example.com/"),
        *(
            "https://example.com@evil.test",
            "https://evil.test@example.com",
            "https://example.com#",
            "https://example.com.",
        ),
        *("https://example.com, https://evil.test", "https://example.com https://evil.test", "https://example.com%00"),
        *("https://app.example.com:84430", "https://" + "a" * 400 + ".com"),
    )
    for origin in forged:
        seen = await program.get("/documents", headers={"Origin": origin})
        assert (seen.status_code, ALLOW in seen.headers) == (200, False), origin
        assert ALLOW not in (await preflight(owner.client, origin)).headers, origin
    twice = [("Origin", "https://example.com"), ("Origin", "https://evil.test")]
    both = await owner.client.get(ADDRESS, headers=[("Authorization", f"Bearer {program.token}"), *twice])
    assert (both.status_code, ALLOW in both.headers) == (200, False)


async def test_a_session_never_works_from_another_origin(owner: Person) -> None:
    """Neither as the cookie that a browser would send, nor as a bearer."""
    origin = fresh()
    await listed(owner, origin)
    for shown in ({"Cookie": f"chatter_session={owner.token}"}, {"Authorization": f"Bearer {owner.token}"}):
        seen = await owner.client.get(ADDRESS, headers={**shown, "Origin": origin})
        assert (seen.status_code, [name for name in seen.headers if name.startswith("access-control")]) == (200, [])
    changing = {"Cookie": f"chatter_session={owner.token}", "Origin": origin}
    refused = await owner.client.post("/api/v1/conversations", json={}, headers=changing)
    assert (refused.status_code, refused.json()["code"], ALLOW in refused.headers) == (403, "cross_origin", False)
    signing = {"email": owner.email, "password": "correct horse battery"}
    entering = await owner.client.post("/api/v1/auth/sign-in", json=signing, headers={"Origin": origin})
    assert (entering.status_code, ALLOW in entering.headers) == (403, False)


async def test_a_page_may_ask_the_api_and_not_what_a_directory_asks(owner: Person) -> None:
    origin = fresh()
    await listed(owner, origin)
    for address, answered in ((ADDRESS, True), ("/scim/v2/Users", False)):
        seen = await preflight(owner.client, origin, address=address)
        assert (ALLOW in seen.headers) is answered, address


async def test_an_unknown_key_is_told_nothing_from_any_origin(owner: Person, program: Person) -> None:
    origin = fresh()
    await listed(owner, origin)
    revoked = Person(program.client, program.token[:-4] + "AAAA", program.user_id, program.organization_id, "")
    seen = await revoked.get("/documents", headers={"Origin": origin})
    assert (seen.status_code, ALLOW in seen.headers) == (401, False)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://App.Example.com", "https://app.example.com"),
        (" https://app.example.com/ ", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("https://app.example.com:8443", "https://app.example.com:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://app.localhost", "http://app.localhost"),
        ("https://[2001:DB8:0::1]:8080", "https://[2001:db8::1]:8080"),
        ("http://[::1]", "http://[::1]"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
async def test_an_origin_is_kept_as_browsers_write_it(owner: Person, typed: str, kept: str) -> None:
    made = await owner.post(ORIGINS, json={"origin": typed})
    assert (made.status_code, made.json().get("origin")) == (201, kept), made.text


@pytest.mark.parametrize(
    "typed",
    [
        *("null", "*", "https://*", "https://*.example.com", "example.com", "https://", "https:///x"),
        *("http://example.com", "http://localhost.evil.test", "http://notlocalhost", "http://127.0.0.1.evil.test"),
        *("ftp://example.com", "file:///etc", "javascript://example.com", "https://example.com/app"),
        *("https://example.com?x=1", "https://example.com#x", "https://example.com?", "https://user@example.com"),
        *("https://user:pw@example.com", "https://example.com:99999", "https://example.com:x", "https://exa mple.com"),
        *("https://bücher.example", "https://[::1", "https://[nothing]", "https://example.com\\evil.test"),
        *("https://example.com.", "https://" + "a" * 260 + ".com", "https://a,https://b"),
    ],
)
async def test_what_is_no_origin_or_could_be_forged_is_refused(owner: Person, typed: str) -> None:
    refused = await owner.post(ORIGINS, json={"origin": typed})
    assert (refused.status_code, refused.json()["code"]) == (422, "origin_invalid"), refused.text
    assert "location.origin" in refused.json()["remedy"]


async def test_an_origin_is_listed_once_and_there_are_not_too_many(owner: Person) -> None:
    origin = fresh()
    await listed(owner, origin)
    again = await owner.post(ORIGINS, json={"origin": origin})
    assert (again.status_code, again.json()["code"]) == (409, "origin_listed")
    for number in range(49):
        await listed(owner, f"https://{number:02}.example.test")
    full = await owner.post(ORIGINS, json={"origin": fresh()})
    assert (full.status_code, full.json()["code"]) == (409, "origins_too_many")
    names = [item["origin"] for item in (await owner.get(ORIGINS)).json()["items"]]
    assert (len(names), names) == (50, sorted(names))


async def test_only_administrators_see_and_change_them(owner: Person) -> None:
    member, auditor = await owner.colleague("member"), await owner.colleague("auditor")
    assert (await member.get(ORIGINS)).status_code == 403
    assert (await auditor.get(ORIGINS)).status_code == 200
    assert (await auditor.post(ORIGINS, json={"origin": fresh()})).status_code == 403
    assert (await owner.delete(f"{ORIGINS}/{uuid4()}")).status_code == 404


async def test_a_closed_organisation_lists_nothing_for_a_preflight(owner: Person, admin: asyncpg.Connection) -> None:
    origin = fresh()
    await listed(owner, origin)
    assert (await preflight(owner.client, origin)).headers[ALLOW] == origin
    state = "update organization set state = $2 where tenant_id = $1"
    await admin.execute(state, owner.organization_id, "suspended")
    async with asyncio.timeout(5):
        while ALLOW in (await preflight(owner.client, origin)).headers:
            continue


async def test_preflights_for_origins_that_nobody_listed_are_counted(settings: Settings) -> None:
    own = {"rate_limits": {"address": 40}, "trusted_proxies": ["127.0.0.0/8"]}
    async with calling(build_api(settings.model_copy(update=own))) as strict:
        strict.headers["X-Forwarded-For"] = "198.51.100.77"
        answers = [(await preflight(strict, fresh())).status_code for _ in range(42)]
    assert (answers[:40], answers[-1]) == ([204] * 40, 429)


@pytest_asyncio.fixture
async def elsewhere(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Another process."""
    async with calling(build_api(settings)) as client:
        yield client


async def test_another_process_forgets_what_it_knew_once_an_origin_is_taken_out(
    owner: Person, program: Person, elsewhere: httpx.AsyncClient
) -> None:
    origin = fresh()
    there = Person(elsewhere, program.token, program.user_id, program.organization_id, "")
    made = await listed(owner, origin)
    async with asyncio.timeout(5):
        while ALLOW not in (await there.get("/documents", headers={"Origin": origin})).headers:
            continue
    await owner.delete(f"{ORIGINS}/{made}")
    async with asyncio.timeout(5):
        while ALLOW in (await there.get("/documents", headers={"Origin": origin})).headers:
            continue
