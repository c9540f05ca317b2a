"""What is spent on somebody who isn't signed in tells nothing of them: statements, hashes and answers are counted."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import argon2
import asyncpg
import httpx
import pytest
import pytest_asyncio

from chatter.api import build_api
from chatter.kit.db.urls import DatabaseUrls
from chatter.kit.settings import Settings
from tests.identity.factors import add_app
from tests.llm.apps import calling
from tests.people import PASSWORD, Person, sign_up
from tests.security.meter import Meter

WRONG = {"password": "not the password"}
SIGN_IN, RESET, SIGN_UP = "/auth/sign-in", "/auth/password/reset-request", "/auth/sign-up"
ROUNDS = 4
"""Of each, the one that cost least counts: what runs in the background adds to some."""

Told = tuple[int, str]
Cost = tuple[int, int, int]
"""Statements, verifications of a password, and hashes of a new one."""


class Effort:
    """Sends requests and counts what they cost."""

    def __init__(self, client: httpx.AsyncClient, meter: Meter, spent: Counter[str]) -> None:
        self._client = client
        self._meter = meter
        self._spent = spent

    async def of(self, path: str, body: dict[str, str]) -> tuple[Told, Cost]:
        """The answer without what is new in each, and the cost."""
        seen = [await self._once(path, body) for _ in range(ROUNDS)]
        assert len({told for told, _ in seen}) == 1, seen
        return seen[0][0], min(cost for _, cost in seen)

    async def _once(self, path: str, body: dict[str, str]) -> tuple[Told, Cost]:
        self._meter.reset()
        self._spent.clear()
        answer = await self._client.post(f"/api/v1{path}", json=body)
        self._client.cookies.clear()
        text = answer.text.replace(answer.headers["x-request-id"], "")
        if answer.status_code == 202:
            text = text.replace(answer.json()["id"], "")
        cost = self._meter.statements, self._spent["verify"], self._spent["hash"]
        return (answer.status_code, text if answer.status_code != 200 else ""), cost


@pytest.fixture
def spent(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the library hashes or verifies; it goes on doing so."""
    counted: Counter[str] = Counter()

    def counting(name: str) -> Callable[..., Any]:
        real = getattr(argon2.PasswordHasher, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            counted[name] += 1
            return real(*args, **kwargs)

        return call

    for name in ("hash", "verify"):
        monkeypatch.setattr(argon2.PasswordHasher, name, counting(name))
    return counted


@pytest_asyncio.fixture
async def effort(settings: Settings, database_urls: DatabaseUrls, spent: Counter[str]) -> AsyncIterator[Effort]:
    async with (
        Meter.before(database_urls.admin) as meter,
        calling(build_api(settings.model_copy(update={"database_url": meter.url}))) as client,
    ):
        yield Effort(client, meter, spent)


Somebody = Callable[[], Awaitable[str]]


@pytest.fixture
def people(client: httpx.AsyncClient, admin: asyncpg.Connection) -> dict[str, Somebody]:
    """Who somebody may be; the address of each."""

    async def unknown() -> str:
        return f"{uuid4().hex}@example.test"

    async def known() -> str:
        return (await _anybody(client)).email

    async def in_capitals() -> str:
        return (await _anybody(client)).email.upper()

    async def with_a_factor() -> str:
        person = await _anybody(client)
        await add_app(person)
        return person.email

    async def suspended() -> str:
        person = await _anybody(client)
        await admin.execute("update membership set suspended_at = now() where user_id = $1", person.user_id)
        return person.email

    async def nowhere_a_member() -> str:
        person = await _anybody(client)
        await admin.execute("delete from membership where user_id = $1", person.user_id)
        return person.email

    async def without_a_password() -> str:
        person = await _anybody(client)
        await admin.execute("update app_user set password_hash = null where id = $1", person.user_id)
        return person.email

    everybody = (unknown, known, in_capitals, with_a_factor, suspended, nowhere_a_member, without_a_password)
    return {one.__name__: one for one in everybody}


async def _anybody(client: httpx.AsyncClient) -> Person:
    return await (await sign_up(client)).colleague("viewer")


@pytest.mark.parametrize(
    ("path", "body", "status", "cost"),
    [
        (SIGN_IN, WRONG, 401, (1, 1, 0)),
        (RESET, {}, 204, (1, 0, 0)),
        (SIGN_UP, {"organization_name": "Globex", "name": "Ada"}, 202, (2, 0, 0)),
    ],
)
async def test_whoever_asks_for_somebody_is_told_and_costs_the_same(
    effort: Effort, people: dict[str, Somebody], path: str, body: dict[str, str], status: int, cost: Cost
) -> None:
    seen = {name: await effort.of(path, body | {"email": await one()}) for name, one in people.items()}
    assert set(seen.values()) == {seen["unknown"]}, seen
    assert (seen["unknown"][0][0], seen["unknown"][1]) == (status, cost)


async def test_the_right_password_is_verified_as_often_as_a_wrong_one(
    effort: Effort, people: dict[str, Somebody]
) -> None:
    for name in ("known", "with_a_factor", "suspended", "nowhere_a_member", "without_a_password"):
        _, (_, verified, hashed) = await effort.of(SIGN_IN, {"email": await people[name](), "password": PASSWORD})
        assert (verified, hashed) == (1, 0), name


@pytest.mark.parametrize("path", ["/auth/password/reset", "/auth/sign-up/finish"])
async def test_a_forged_link_costs_neither_a_statement_nor_a_hash(effort: Effort, path: str) -> None:
    told, cost = await effort.of(path, {"token": f"{uuid4().hex}.{'A' * 43}", "password": PASSWORD})
    assert (told[0], cost) == (404, (0, 0, 0))
