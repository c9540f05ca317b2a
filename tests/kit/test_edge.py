"""The outermost layer: what every answer carries, and what is refused before anything looks at it."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from chatter.api import build_api
from chatter.kit.settings import Settings
from tests.llm.apps import calling
from tests.people import PASSWORD, Person, sign_up

SIGN_IN = "/api/v1/auth/sign-in"
FOREIGN = (
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Origin": "http://chatter.test.evil.test"},
    {"Origin": "http://chatter.test:8443"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


@pytest_asyncio.fixture(scope="module")
async def over_https(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(build_api(settings.model_copy(update={"secure_cookies": True}))) as client:
        yield client


async def test_every_answer_has_the_same_headers_of_safety(client: httpx.AsyncClient, owner: Person) -> None:
    for answer in (await owner.get("/me"), await client.get("/api/v1/me"), await client.get("/api/v1/nothing")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in answer.headers


async def test_over_https_browsers_are_told_to_stay_with_it(over_https: httpx.AsyncClient) -> None:
    answer = await over_https.get("/api/v1/health/live")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_page_of_another_site_can_not_sign_its_visitors_in(
    client: httpx.AsyncClient, owner: Person, headers: dict[str, str]
) -> None:
    body = {"email": owner.email, "password": PASSWORD}
    refused = await client.post(SIGN_IN, json=body, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "cross_origin")
    assert "set-cookie" not in refused.headers


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_password_that_a_browser_sends_to_a_proxy_by_itself_does_not_vouch_for_a_page(
    client: httpx.AsyncClient, owner: Person, headers: dict[str, str]
) -> None:
    both = {"Cookie": f"chatter_session={owner.token}", "Authorization": "Basic dXNlcjpwYXNz", **headers}
    answer = await client.patch("/api/v1/me", json={"name": "Theirs"}, headers=both)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin")


async def test_a_program_and_the_own_page_sign_in(client: httpx.AsyncClient) -> None:
    person = await sign_up(client)
    body = {"email": person.email, "password": PASSWORD}
    own = {"Origin": "http://chatter.test", "Sec-Fetch-Site": "same-origin"}
    for headers in ({}, own):
        assert (await client.post(SIGN_IN, json=body, headers=headers)).status_code == 200
        client.cookies.clear()


@pytest.mark.parametrize(
    "headers",
    [{f"X-Header-{n}": "x" for n in range(101)}, {"X-Large": "x" * 33_000}],
    ids=["too many", "too large"],
)
async def test_headers_without_end_are_refused_before_anything_is_asked(owner: Person, headers: dict[str, str]) -> None:
    answer = await owner.get("/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (431, "headers_too_large")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_a_body_larger_than_a_mebibyte_is_refused(owner: Person) -> None:
    answer = await owner.patch("/me", json={"name": "x" * (1024 * 1024)})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("levels", [900, 100_000])
@pytest.mark.parametrize("pair", [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
async def test_a_body_nested_too_deeply_is_refused(
    client: httpx.AsyncClient, owner: Person, pair: tuple[str, str], levels: int
) -> None:
    opened, closed = pair
    nested = opened * levels + ("1" if opened != "[" else "") + closed * levels
    for path, known in (
        ("/auth/sign-in", '"email": "a@b.test", "password": "x"'),
        ("/auth/sign-in", f'"email": {nested}'),
    ):
        answer = await client.post(f"/api/v1{path}", content=f'{{{known}, "more": {nested}}}')
        assert 400 <= answer.status_code < 500, answer.text
    answer = await owner.patch("/me", content=f'{{"name": {nested}}}')
    assert answer.status_code in (400, 422), answer.text


async def test_a_form_of_too_many_files_is_refused(owner: Person) -> None:
    form = b"".join(b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n' for _ in range(1001))
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await owner.post("/documents", content=form + b"--b--\r\n", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
