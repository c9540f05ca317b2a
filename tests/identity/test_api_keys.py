"""Keys of service accounts: shown once, kept as a hash, revoked at once."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from litestar import Litestar

from chatter.identity.key_uses import KeyUses
from chatter.kit.clock import SystemClock
from chatter.kit.db.database import Database
from chatter.kit.identifiers import new_id
from chatter.kit.web.edge import SESSION_COOKIE
from tests.people import Person, asgi, sign_up


@pytest.fixture
async def service(owner: Person) -> Person:
    return await owner.service("editor")


async def make(owner: Person, service: Person, **body: object) -> dict[str, Any]:
    answer = await owner.post(f"/service-accounts/{service.user_id}/keys", json={"name": "Key"} | body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def keys_of(owner: Person, service: Person) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await owner.get(f"/service-accounts/{service.user_id}/keys")).json()["items"]
    return listed


async def use_of(owner: Person, service: Person) -> datetime:
    """When its only key was last used, once that is written."""
    async with asyncio.timeout(10):
        while True:
            if used := (await keys_of(owner, service))[0]["last_used_at"]:
                return datetime.fromisoformat(used)


async def ask(client: httpx.AsyncClient, key: str, **headers: str) -> httpx.Response:
    return await client.get("/api/v1/documents", headers={"Authorization": f"Bearer {key}", **headers})


async def test_a_key_is_stored_as_a_hash_and_shown_once(
    owner: Person, service: Person, admin: asyncpg.Connection
) -> None:
    made = await make(owner, service, name="Server in Oslo")
    assert made["secret"].startswith(f"chatter_sk_{owner.organization_id.hex}_")
    assert made["key"]["hint"] == made["secret"][-4:]
    stored = await admin.fetchval("select token_hash from api_key where id = $1", UUID(made["key"]["id"]))
    assert stored == hashlib.sha256(made["secret"].encode()).digest()
    assert made["secret"] not in str(await keys_of(owner, service))
    logged = await admin.fetchval("select after from audit_event where target = $1", UUID(made["key"]["id"]))
    assert made["secret"] not in logged
    assert '"name":"Server in Oslo"' in logged


async def test_keys_are_rotated_by_making_a_second_and_revoking_the_first(
    owner: Person, service: Person, client: httpx.AsyncClient
) -> None:
    second = await make(owner, service, name="Second")
    first = next(key for key in await keys_of(owner, service) if key["name"] == "First")
    assert [(await ask(client, token)).status_code for token in (service.token, second["secret"])] == [200, 200]
    path = f"/service-accounts/{service.user_id}/keys/{first['id']}"
    assert [(await owner.delete(path)).status_code for _ in range(2)] == [204, 204]
    assert [(await ask(client, token)).status_code for token in (service.token, second["secret"])] == [401, 200]
    assert [(key["name"], key["state"]) for key in await keys_of(owner, service)] == [
        ("Second", "active"),
        ("First", "revoked"),
    ]


async def test_a_key_stops_to_work_when_its_time_is_over(
    owner: Person, service: Person, client: httpx.AsyncClient, admin: asyncpg.Connection
) -> None:
    until = datetime.now(UTC) + timedelta(days=1)
    made = await make(owner, service, expires_at=until.isoformat())
    assert (await ask(client, made["secret"])).status_code == 200
    over = "update api_key set expires_at = now() - interval '1 second' where id = $1"
    await admin.execute(over, UUID(made["key"]["id"]))
    assert (await ask(client, made["secret"])).status_code == 401
    assert (await keys_of(owner, service))[0]["state"] == "expired"


@pytest.mark.parametrize("moment", ["2020-01-01T00:00:00Z", "2031-01-01T00:00:00"])
async def test_a_key_that_would_not_work_is_not_made(owner: Person, service: Person, moment: str) -> None:
    body = {"name": "Key", "expires_at": moment}
    refused = await owner.post(f"/service-accounts/{service.user_id}/keys", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "key_lifetime_invalid")


async def test_whatever_is_wrong_with_a_key_the_answer_has_the_same_bytes(
    owner: Person, service: Person, client: httpx.AsyncClient, admin: asyncpg.Connection
) -> None:
    other = await sign_up(client)
    revoked, expired = await make(owner, service), await make(owner, service)
    await owner.delete(f"/service-accounts/{service.user_id}/keys/{revoked['key']['id']}")
    over = "update api_key set expires_at = now() - interval '1 second' where id = $1"
    await admin.execute(over, UUID(expired["key"]["id"]))
    suspended = await owner.service()
    await owner.post(f"/service-accounts/{suspended.user_id}/suspend")
    moved = service.token.replace(owner.organization_id.hex, other.organization_id.hex)
    nowhere = service.token.replace(owner.organization_id.hex, new_id().hex)
    wrong = [service.token[:-1] + "AB"[service.token.endswith("A")], service.token[:-1], moved, nowhere]
    wrong += [revoked["secret"], expired["secret"], suspended.token]
    answers = {_without_id(await ask(client, token)) for token in wrong}
    named = {"Chatter-Organization": str(other.organization_id)}
    answers.add(_without_id(await ask(client, service.token, **named)))
    answers.add(_without_id(await ask(client, "no-such-token")))
    assert len(answers) == 1
    assert answers.pop()[0] == 401
    own = {"Chatter-Organization": str(owner.organization_id)}
    assert (await ask(client, service.token, **own)).status_code == 200


async def test_a_key_is_no_cookie(service: Person, api: Litestar) -> None:
    """A browser would send it by itself, and a page of another site could act with it."""
    cookies = {SESSION_COOKIE: service.token}
    async with httpx.AsyncClient(transport=asgi(api), base_url="http://chatter.test", cookies=cookies) as browser:
        assert (await browser.get("/api/v1/documents")).status_code == 401


async def test_a_key_in_an_address_is_refused_whoever_asks(owner: Person, service: Person) -> None:
    for person in (owner, service):
        refused = await person.get("/documents", params={"query": service.token})
        assert (refused.status_code, refused.json()["code"]) == (422, "key_in_address")
    assert service.token not in refused.text


async def test_a_request_with_a_key_may_come_from_anywhere(service: Person) -> None:
    answer = await service.post("/conversations", json={}, headers={"Origin": "https://elsewhere.test"})
    assert answer.status_code == 201


async def test_the_last_use_is_written_after_the_request(owner: Person, service: Person) -> None:
    assert [key["last_used_at"] for key in await keys_of(owner, service)] == [None]
    before = datetime.now(UTC)
    await service.get("/documents")
    used = await use_of(owner, service)
    assert before <= used <= datetime.now(UTC)
    account = (await owner.get(f"/service-accounts/{service.user_id}")).json()
    assert datetime.fromisoformat(account["last_used_at"]) == used


async def test_a_use_within_the_minute_writes_nothing(
    owner: Person, service: Person, client: httpx.AsyncClient, admin: asyncpg.Connection
) -> None:
    recent = "update api_key set last_used_at = now() - interval '59 seconds' where user_id = $1 returning last_used_at"
    noted = await admin.fetchval(recent, service.user_id)
    await ask(client, service.token)
    other = await owner.service()
    await ask(client, other.token)
    await use_of(owner, other)
    assert await use_of(owner, service) == noted


async def test_what_was_noted_is_written_when_the_process_ends(
    owner: Person, service: Person, database: Database
) -> None:
    key = (await keys_of(owner, service))[0]
    uses = KeyUses(database, SystemClock())
    uses.note(owner.organization_id, UUID(key["id"]))
    await uses.stop()
    assert (await keys_of(owner, service))[0]["last_used_at"] is not None


def _without_id(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.text.replace(answer.headers["x-request-id"], "")
