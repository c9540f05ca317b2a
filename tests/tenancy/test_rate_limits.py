"""The rate limits of an organisation: shown, set within bounds, and held against requests."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest_asyncio

from chatter.api import build_api
from chatter.kit.settings import Settings
from tests.llm.apps import calling
from tests.people import Person, sign_up

LIMITS = "/organization/rate-limits"


@pytest_asyncio.fixture
async def strict(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """An API with the limits as they come, and a ceiling that lets organisations ask more."""
    usual = {"rate_limits": {"sign-up": 1000, "link": 1000}, "rate_limit_ceilings": {"question-person": 100}}
    async with calling(build_api(settings.model_copy(update=usual))) as client:
        yield client


async def shown(person: Person, name: str) -> dict[str, object]:
    answer = await person.get(LIMITS)
    assert answer.status_code == 200, answer.text
    return next(item for item in answer.json()["items"] if item["name"] == name)


async def test_an_answer_says_how_much_is_left(strict: httpx.AsyncClient) -> None:
    person = await sign_up(strict)
    first, second = await person.get("/organization"), await person.get("/organization")
    assert first.headers["ratelimit-policy"] == '"person";q=1200;w=60, "organization";q=12000;w=60'
    assert first.headers["ratelimit"].startswith('"person";r=1199;t=')
    assert second.headers["ratelimit"].startswith('"person";r=1198;t=')


async def test_an_organisation_sets_its_own_amount_and_takes_it_back(strict: httpx.AsyncClient) -> None:
    person = await sign_up(strict)
    set_ = await person.put(f"{LIMITS}/question-person", json={"amount": 3})
    assert (set_.status_code, set_.json()["amount"], set_.json()["own"]) == (200, 3, True)
    search = {"query": "anything"}
    seen = [(await person.post("/search", json=search)).status_code for _ in range(5)]
    assert seen.count(429) == 2, seen
    refused = await person.post("/search", json=search)
    problem = refused.json()
    assert (problem["code"], problem["title"]) == ("rate_limited", "Too many requests")
    assert "Wait" in problem["remedy"]
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert problem["retry_after"] == int(refused.headers["retry-after"])
    assert refused.headers["ratelimit"].startswith('"question-person";r=0;t=')
    assert (await shown(person, "question-person"))["used"] == 3
    reset = await person.delete(f"{LIMITS}/question-person")
    assert (reset.json()["amount"], reset.json()["own"]) == (60, False)
    assert (await person.post("/search", json=search)).status_code != 429


async def test_bounds_and_names_are_held(strict: httpx.AsyncClient) -> None:
    person = await sign_up(strict)
    high = await person.put(f"{LIMITS}/question-person", json={"amount": 101})
    assert (high.status_code, high.json()["code"]) == (422, "rate_limit_out_of_bounds")
    assert "from 3 to 100" in high.json()["detail"]
    low = await person.put(f"{LIMITS}/question-person", json={"amount": 2})
    assert low.status_code == 422
    for name in ("sign-in", "address", "nothing"):
        answer = await person.put(f"{LIMITS}/{name}", json={"amount": 5})
        assert (answer.status_code, answer.json()["code"]) == (404, "rate_limit_unknown")


async def test_only_administrators_see_and_set_them(owner: Person) -> None:
    member, auditor = await owner.colleague("member"), await owner.colleague("auditor")
    assert (await member.get(LIMITS)).status_code == 403
    assert (await auditor.get(LIMITS)).status_code == 200
    assert (await auditor.put(f"{LIMITS}/person", json={"amount": 100})).status_code == 403


async def test_another_process_follows_within_seconds(strict: httpx.AsyncClient, settings: Settings) -> None:
    person = await sign_up(strict)
    async with calling(build_api(settings.model_copy(update={"rate_limits": {}}))) as other:
        await person.put(f"{LIMITS}/question-person", json={"amount": 3})
        there = Person(other, person.token, person.user_id, person.organization_id, person.email)
        async with asyncio.timeout(15):
            while await _policy(there) != '"question-person";q=3;w=60':
                continue


async def _policy(person: Person) -> str:
    answer = await person.post("/search", json={"query": "anything"})
    return answer.headers["ratelimit-policy"].split(", ")[0]


async def test_one_organisation_is_not_slowed_by_another(strict: httpx.AsyncClient, admin: asyncpg.Connection) -> None:
    busy, calm = await sign_up(strict), await sign_up(strict)
    await busy.put(f"{LIMITS}/question-person", json={"amount": 3})
    for _ in range(5):
        await busy.post("/search", json={"query": "anything"})
    assert (await calm.post("/search", json={"query": "anything"})).status_code != 429
    assert (
        await admin.fetchval("select count(*) from rate_limit_override where tenant_id = $1", calm.organization_id) == 0
    )
