"""Whoever guesses is slowed down, whatever they say about themselves, and learns nothing of who is here."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from chatter.api import build_api
from chatter.kit.settings import Settings
from tests.llm.apps import calling
from tests.people import PASSWORD, Person, asgi, sign_up

SIGN_IN = "/api/v1/auth/sign-in"


@pytest_asyncio.fixture(scope="module")
async def api_with_limits(settings: Settings) -> AsyncIterator[Litestar]:
    """An API behind a proxy of the operator's; the wide limits are lower than usual, as each guess is hashed."""
    amounts = {"sign-up": 1000, "link": 1000, "sign-in-account": 12, "sign-in-address": 20}
    own = {"rate_limits": amounts, "trusted_proxies": ["192.0.2.10"]}
    app = build_api(settings.model_copy(update=own))
    async with calling(app):
        yield app


def at(app: Litestar, address: str) -> httpx.AsyncClient:
    """A client at an address."""
    transport = asgi(app)
    transport.client = (address, 40000)
    return httpx.AsyncClient(transport=transport, base_url="http://chatter.test")


def fresh(network: str = "198.51.100") -> str:
    """An address that no other test has used."""
    return (
        f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1" if network == "v6" else f"{network}.{uuid4().int % 250 + 1}"
    )


async def guess(client: httpx.AsyncClient, email: str, **headers: str) -> httpx.Response:
    return await client.post(SIGN_IN, json={"email": email, "password": "not the password"}, headers=headers)


async def statuses(client: httpx.AsyncClient, email: str, *, times: int, **headers: str) -> list[int]:
    return [(await guess(client, email, **headers)).status_code for _ in range(times)]


async def test_the_sixth_guess_within_a_minute_has_to_wait(api_with_limits: Litestar) -> None:
    async with at(api_with_limits, fresh("v6")) as client:
        assert await statuses(client, f"{uuid4().hex}@example.test", times=8) == [401] * 5 + [429] * 3


async def test_the_right_password_has_to_wait_too(api_with_limits: Litestar) -> None:
    async with at(api_with_limits, fresh("v6")) as client:
        person = await sign_up(client)
        await statuses(client, person.email, times=5)
        right = await client.post(SIGN_IN, json={"email": person.email, "password": PASSWORD})
        assert right.status_code == 429
        assert "set-cookie" not in right.headers


async def test_an_unknown_account_is_counted_like_a_known_one(api_with_limits: Litestar) -> None:
    async with at(api_with_limits, fresh("v6")) as client:
        known = (await sign_up(client)).email
        for _ in range(7):
            one, other = await guess(client, known), await guess(client, f"x{known}")
            assert one.status_code == other.status_code
            assert one.headers.keys() == other.headers.keys()
            assert one.headers["ratelimit-policy"] == other.headers["ratelimit-policy"]
            assert one.json().keys() == other.json().keys()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP"])
async def test_headers_that_name_another_address_change_nothing(api_with_limits: Litestar, header: str) -> None:
    email = f"{uuid4().hex}@example.test"
    async with at(api_with_limits, fresh("v6")) as client:
        seen = [(await guess(client, email, **{header: f"203.0.113.{n}"})).status_code for n in range(8)]
    assert seen == [401] * 5 + [429] * 3


async def test_a_trusted_proxy_tells_people_apart_and_believes_no_one_further(api_with_limits: Litestar) -> None:
    email, real = f"{uuid4().hex}@example.test", fresh("v6")
    async with at(api_with_limits, "192.0.2.10") as client:
        seen = [
            (await guess(client, email, **{"X-Forwarded-For": f"203.0.113.{n}, {real}"})).status_code for n in range(8)
        ]
        assert seen == [401] * 5 + [429] * 3
        elsewhere = await guess(client, email, **{"X-Forwarded-For": fresh("v6")})
        assert elsewhere.status_code == 401


async def test_other_addresses_of_ones_own_network_gain_nothing(api_with_limits: Litestar) -> None:
    email, network = f"{uuid4().hex}@example.test", f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}"
    seen = []
    for n in range(8):
        async with at(api_with_limits, f"{network}::{n + 1}") as client:
            seen += await statuses(client, email, times=1)
    assert seen == [401] * 5 + [429] * 3


async def test_many_addresses_against_one_account_are_counted_together(api_with_limits: Litestar) -> None:
    email = f"{uuid4().hex}@example.test"
    seen = []
    for _ in range(4):
        async with at(api_with_limits, fresh("v6")) as client:
            seen += await statuses(client, email, times=4)
    assert seen == [401] * 12 + [429] * 4


async def test_many_accounts_from_one_address_are_counted_together(api_with_limits: Litestar) -> None:
    async with at(api_with_limits, fresh("v6")) as client:
        seen = [(await guess(client, f"{uuid4().hex}@example.test")).status_code for _ in range(23)]
    assert seen == [401] * 20 + [429] * 3


@pytest.mark.parametrize(
    "spelled", ["{0}", " {0} ", "{1}", "{0}\t"], ids=["as it is", "with spaces", "in capitals", "with a tab"]
)
async def test_another_spelling_is_the_same_account(api_with_limits: Litestar, spelled: str) -> None:
    email = f"{uuid4().hex}@example.test"
    async with at(api_with_limits, fresh("v6")) as client:
        assert await statuses(client, email, times=5) == [401] * 5
        assert (await guess(client, spelled.format(email, email.upper()))).status_code in (422, 429)


async def test_tokens_are_not_guessed_at_leisure(api_with_limits: Litestar) -> None:
    async with at(api_with_limits, fresh("v6")) as client:
        seen = [
            (await client.get("/api/v1/me", headers={"Authorization": f"Bearer {uuid4().hex}"})).status_code
            for _ in range(310)
        ]
        assert seen == [401] * 300 + [429] * 10


async def test_a_neighbour_who_guesses_locks_nobody_out_who_is_signed_in(api_with_limits: Litestar) -> None:
    async with at(api_with_limits, fresh("v6")) as client:
        person = await sign_up(client)
        for _ in range(305):
            last = await client.get("/api/v1/me")
        assert last.status_code == 429
        assert (await person.get("/me")).status_code == 200


async def test_a_new_session_or_another_organisation_does_not_begin_anew(settings: Settings) -> None:
    own = {"rate_limits": settings.rate_limits | {"question-person": 3}}
    async with calling(build_api(settings.model_copy(update=own))) as client:
        person = await sign_up(client)
        for _ in range(3):
            await person.post("/search", json={"query": "anything"})
        again = await client.post(SIGN_IN, json={"email": person.email, "password": PASSWORD})
        client.cookies.clear()
        renewed = Person(client, again.json()["token"], person.user_id, person.organization_id, person.email)
        assert (await renewed.post("/search", json={"query": "anything"})).status_code == 429
        named = {"Chatter-Organization": str(person.organization_id).upper()}
        assert (await renewed.post("/search", json={"query": "anything"}, headers=named)).status_code == 429


async def test_a_body_that_hides_the_account_is_counted_by_its_address(api_with_limits: Litestar) -> None:
    async with at(api_with_limits, fresh("v6")) as client:
        seen = [
            (await client.post(SIGN_IN, content=body)).status_code
            for body in (b"", b"[]", b'{"email": 5}', b"\xff\xfe", b'{"email": "a@b.test"', b'{"email": null}')
        ]
        assert all(400 <= status < 500 for status in seen), seen
        assert (await guess(client, "a@b.test")).headers["ratelimit-policy"].count("sign-in-address") == 1


async def test_the_first_of_two_accounts_in_a_body_is_no_way_around(api_with_limits: Litestar) -> None:
    """Whoever counts and whoever looks up must read the same of two equal names."""
    email = f"{uuid4().hex}@example.test"
    async with at(api_with_limits, fresh("v6")) as client:
        seen = []
        for n in range(8):
            body = f'{{"email": "x{n}@example.test", "email": "{email}", "password": "not the password"}}'
            seen.append((await client.post(SIGN_IN, content=body)).status_code)
    assert seen == [401] * 5 + [429] * 3
