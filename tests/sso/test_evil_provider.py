"""A provider that forges each field of its answer signs nobody in. The controls do sign in, so that this can fail."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from yarl import URL

from chatter.kit.db.urls import DatabaseUrls
from tests.sso.company import Browser, Company, found_company
from tests.sso.evil_provider import CLIENT_ID, CLIENT_SECRET, Claims, EvilProvider, Mischief, signed
from tests.sso.forgeries import FORGERIES, METADATA, OTHER_KEY, UNVERIFIED

_SESSIONS = "select count(*) from user_session where bound_tenant_id = $1"


@pytest_asyncio.fixture(scope="module")
async def watch(database_urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_urls.admin)
    yield connection
    await connection.close()


@pytest_asyncio.fixture(scope="module")
async def evil(sso_api: httpx.AsyncClient, watch: asyncpg.Connection) -> AsyncIterator[Company]:
    """A company whose one person has signed in once, when its provider was still honest."""
    async with EvilProvider().serving() as provider:
        company = await found_company(sso_api, provider, watch)
        assert (await company.sign_in()).status_code == 200
        yield company


@pytest_asyncio.fixture
async def forging(evil: Company, watch: asyncpg.Connection) -> AsyncIterator[Company]:
    """Whatever is forged, there is no session more than before."""
    before, email = await watch.fetchval(_SESSIONS, evil.owner.organization_id), evil.provider.email
    yield evil
    evil.provider.mischief, evil.provider.subject, evil.provider.email = Mischief(), "subject-1", email
    assert await watch.fetchval(_SESSIONS, evil.owner.organization_id) == before


async def refused(company: Company, answer: httpx.Response) -> dict[str, Any]:
    """The problem; the browser holds no session."""
    assert answer.status_code in {401, 422, 502}, answer.text
    assert "chatter_session" not in answer.headers.get("set-cookie", "")
    problem: dict[str, Any] = answer.json()
    assert problem["code"] != "internal"
    return problem


def newcomer(company: Company) -> None:
    """Somebody of the domain whom nobody knows comes to the provider."""
    company.provider.subject = uuid4().hex
    company.provider.email = f"{company.provider.subject}@{company.domain}"


async def test_the_controls_sign_in(evil: Company) -> None:
    assert (await evil.sign_in()).status_code == 200
    known = evil.provider.subject, evil.provider.email
    newcomer(evil)
    assert (await evil.sign_in()).status_code == 200
    evil.provider.subject, evil.provider.email = known


@pytest.mark.parametrize("name", FORGERIES)
async def test_a_forged_field_signs_nobody_in(forging: Company, name: str) -> None:
    forging.provider.mischief = FORGERIES[name]
    problem = await refused(forging, await forging.sign_in())
    assert "answered 500" not in problem["detail"], "the forger failed to forge"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("an unknown key id", "a key that the provider does not publish"),
        ("issuer other", "of another issuer"),
        ("azp other", "made for another client"),
        ("expired", "has expired"),
        ("issued in the future", "issued in the future"),
        ("subject empty", "names no subject"),
    ],
)
async def test_what_gave_a_token_away_is_said(forging: Company, name: str, words: str) -> None:
    """Whoever sets the provider up reads it there: a wrong clock is mended otherwise than a wrong key."""
    forging.provider.mischief = FORGERIES[name]
    assert words in (await refused(forging, await forging.sign_in()))["detail"]


@pytest.mark.parametrize("name", UNVERIFIED)
async def test_an_address_that_is_not_vouched_for_links_nobody(forging: Company, name: str) -> None:
    newcomer(forging)
    forging.provider.mischief = UNVERIFIED[name]
    assert (await refused(forging, await forging.sign_in()))["code"] == "person_refused"


@pytest.mark.parametrize("name", METADATA)
async def test_a_forged_discovery_is_refused_before_anybody_is_sent_there(forging: Company, name: str) -> None:
    owner, forging.provider.mischief = forging.owner, METADATA[name]
    body = {"name": name, "issuer": forging.provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    made = (await owner.post("/identity-providers", json=body)).json()
    tested = (await owner.post(f"/identity-providers/{made['id']}/test")).json()
    assert (tested["url"], tested["test"]["passed"]) == (None, False)
    assert tested["test"]["steps"][-1]["code"] in {"identity_provider_failed", "egress_refused"}
    enabled = await owner.patch(f"/identity-providers/{made['id']}", json={"enabled": True})
    assert enabled.json()["code"] == "identity_provider_untested"


async def test_a_code_is_redeemed_once(forging: Company) -> None:
    browser = forging.browser()
    forging.provider.mischief = Mischief(claims=lambda claims: claims | {"aud": "other"})
    back = forging.provider.sign_in(await forging.depart(browser))
    await refused(forging, await browser.get(back))
    forging.provider.mischief = Mischief()
    assert (await refused(forging, await browser.get(back)))["code"] == "sso_attempt_invalid"


async def test_an_address_that_signed_in_once_signs_in_nobody_again(evil: Company) -> None:
    browser = evil.browser()
    back = evil.provider.sign_in(await evil.depart(browser))
    assert (await browser.get(back)).status_code == 200
    assert (await refused(evil, await browser.get(back)))["code"] == "sso_attempt_invalid"


async def test_the_answer_to_one_browser_is_worth_nothing_in_another(forging: Company) -> None:
    """An attacker's own sign-in, sent to a victim as a link, and the other way round."""
    begun, other = forging.browser(), forging.browser()
    back = forging.provider.sign_in(await forging.depart(begun))
    await forging.depart(other)
    assert (await refused(forging, await other.get(back)))["code"] == "sso_attempt_invalid"
    assert (await refused(forging, await forging.browser().get(back)))["code"] == "sso_attempt_invalid"


async def test_a_code_of_another_sign_in_is_worth_nothing(forging: Company) -> None:
    """Injected into one's own answer: the verifier does not fit."""
    mine, theirs = forging.browser(), forging.browser()
    stolen = URL(forging.provider.sign_in(await forging.depart(theirs))).query["code"]
    back = URL(forging.provider.sign_in(await forging.depart(mine))).update_query(code=stolen)
    await refused(forging, await mine.get(str(back)))


async def test_the_answer_of_one_organisations_provider_is_worth_nothing_at_anothers(
    forging: Company, sso_api: httpx.AsyncClient, watch: asyncpg.Connection
) -> None:
    async with EvilProvider().serving() as second:
        other = await found_company(sso_api, second, watch)
        browser = forging.browser()
        answer = URL(forging.provider.sign_in(await forging.depart(browser)))
        await other.depart(browser)
        for path in (
            f"{other.path}/callback",
            f"/api/v1/auth/sso/{forging.owner.organization_id}/{other.provider_id}/callback",
            f"/api/v1/auth/sso/{other.owner.organization_id}/{forging.provider_id}/callback",
        ):
            answered = await browser.get(f"{path}?{answer.query_string}")
            assert answered.status_code in {401, 404}, answered.text


async def test_a_provider_that_promises_its_name_must_say_it(
    forging: Company, sso_api: httpx.AsyncClient, watch: asyncpg.Connection
) -> None:
    async with EvilProvider().serving() as naming:
        promise = {"authorization_response_iss_parameter_supported": True}
        naming.mischief = Mischief(
            discovery=lambda document: document | promise, redirect=lambda query: query | {"iss": naming.issuer}
        )
        company = await found_company(sso_api, naming, watch)
        assert (await company.sign_in()).status_code == 200
        naming.mischief.redirect = lambda query: query
        assert (await refused(company, await company.sign_in()))["code"] == "id_token_invalid"


async def test_an_attempt_ends_after_ten_minutes(forging: Company, watch: asyncpg.Connection) -> None:
    browser = forging.browser()
    back = forging.provider.sign_in(await forging.depart(browser))
    await watch.execute("update sso_attempt set expires_at = now() where tenant_id = $1", forging.owner.organization_id)
    assert (await refused(forging, await browser.get(back)))["code"] == "sso_attempt_invalid"


async def test_keys_are_asked_for_once_more_and_not_once_a_request(forging: Company) -> None:
    forging.provider.mischief = FORGERIES["an unknown key id"]
    forging.provider.requests.clear()
    for _ in range(5):
        await refused(forging, await forging.sign_in())
    assert forging.provider.requests.count("jwks") <= 1


async def test_a_clock_that_is_a_minute_off_is_borne(evil: Company) -> None:
    for seconds in (-55, 55):
        evil.provider.mischief = Mischief(claims=partial(_by_another_clock, seconds))
        assert (await evil.sign_in()).status_code == 200, seconds
    evil.provider.mischief = Mischief()


def _by_another_clock(seconds: int, claims: Claims) -> Claims:
    issued = claims["iat"] + seconds
    return claims | {"iat": issued, "exp": issued + 56}


async def test_a_test_of_somebody_else_is_begun_by_nobody(forging: Company) -> None:
    started = (await forging.owner.post(f"/identity-providers/{forging.provider_id}/test")).json()
    colleague = await forging.owner.colleague("admin")
    for cookies in ({}, {"chatter_session": colleague.token}):
        answer = await Browser(forging.owner.client, cookies).get(started["url"])
        assert (await refused(forging, answer))["code"] == "sso_attempt_invalid"


async def test_a_new_key_is_found_when_it_signs(sso_api: httpx.AsyncClient, watch: asyncpg.Connection) -> None:
    """Rotated with no overlap; the key before is refused from then on."""
    async with EvilProvider().serving() as rotating:
        company = await found_company(sso_api, rotating, watch)
        former, rotating.key = rotating.key, OTHER_KEY
        assert (await company.sign_in()).status_code == 200
        rotating.mischief = Mischief(token=lambda _, claims: signed(former, claims))
        await refused(company, await company.sign_in())
