"""Devices without a browser: a short code, typed where one is signed in (RFC 8628)."""

import re
from typing import Any

import asyncpg
import httpx
import pytest
from litestar import Litestar
from redis.asyncio import Redis

from chatter.kit.services import Services
from chatter.oauth.token_endpoint import DEVICE_GRANT
from tests.oauth.app import READ, App
from tests.people import PASSWORD, Person


@pytest.fixture
async def app(client: httpx.AsyncClient) -> App:
    return await App.registered(client)


@pytest.fixture
def redis(api: Litestar) -> Redis:
    services: Services = api.state.services
    return services.redis


async def started(app: App, **other: str) -> dict[str, Any]:
    form = {"client_id": app.client_id, "scope": READ} | other
    answer = await app.http.post("/api/v1/oauth/device", data=form)
    assert answer.status_code == 200, answer.text
    codes: dict[str, Any] = answer.json()
    return codes


async def collected(app: App, codes: dict[str, Any]) -> httpx.Response:
    return await app.token(grant_type=DEVICE_GRANT, device_code=codes["device_code"])


async def asked(person: Person, code: str) -> httpx.Response:
    return await person.post("/oauth/device/asked", json={"user_code": code})


async def answer(person: Person, codes: dict[str, Any], what: str) -> httpx.Response:
    shown = await asked(person, codes["user_code"])
    assert shown.status_code == 200, shown.text
    body = {"user_code": codes["user_code"], "consent": shown.json()["consent"]}
    return await person.post(f"/oauth/device/{what}", json=body)


async def test_a_device_acts_once_its_code_was_typed_and_allowed(owner: Person, app: App) -> None:
    codes = await started(app)
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", codes["user_code"])
    assert codes["verification_uri_complete"].endswith(f"/device?user_code={codes['user_code']}")
    assert (await collected(app, codes)).json()["error"] == "authorization_pending"
    shown = (await asked(owner, codes["user_code"].lower().replace("-", " "))).json()
    assert (shown["client_name"], shown["scopes"], shown["organization_name"]) == ("Notes", [READ], "Acme")
    assert (await answer(owner, codes, "allow")).json() == {"client_name": "Notes"}
    tokens = (await collected(app, codes)).json()
    assert (await app.call(tokens["access_token"])).status_code == 200
    assert (await app.refresh(tokens["refresh_token"])).status_code == 200
    assert (await collected(app, codes)).json()["error"] == "expired_token"
    assert (await asked(owner, codes["user_code"])).json()["code"] == "device_code_unknown"


async def test_a_device_is_let_in_after_a_recent_proof(owner: Person, app: App, admin: asyncpg.Connection) -> None:
    codes = await started(app, scope="chat:turn:create")
    long_ago = "update user_session set authenticated_at = now() - interval '11 minutes' where user_id = $1"
    await admin.execute(long_ago, owner.user_id)
    assert (await asked(owner, codes["user_code"])).json()["proof_needed"]
    assert (await answer(owner, codes, "allow")).json()["code"] == "recent_proof_required"
    await owner.post("/auth/confirm", json={"password": PASSWORD})
    assert (await answer(owner, codes, "allow")).status_code == 200


async def test_a_device_that_was_refused_is_told_so(owner: Person, app: App, admin: asyncpg.Connection) -> None:
    codes = await started(app)
    assert (await answer(owner, codes, "refuse")).status_code == 200
    assert (await collected(app, codes)).json()["error"] == "access_denied"
    refused = "select count(*) from audit_event where tenant_id = $1 and action = 'oauth:device:refused'"
    assert await admin.fetchval(refused, owner.organization_id) == 1


async def test_a_code_that_is_being_answered_is_asked_about_no_more(owner: Person, app: App, redis: Redis) -> None:
    """Between the answer and the code's end."""
    codes = await started(app)
    key = await redis.get(f"oauth:user-code:{codes['user_code'].replace('-', '')}")
    await redis.hset(key, "decided", "1")  # type: ignore[misc]  # redis types both kinds of client
    assert (await asked(owner, codes["user_code"])).json()["code"] == "device_code_unknown"


async def test_a_device_that_asks_too_often_is_told_to_slow_down(owner: Person, app: App, redis: Redis) -> None:
    codes = await started(app)
    answers = [(await collected(app, codes)).json()["error"] for _ in range(3)]
    assert answers == ["authorization_pending", "slow_down", "slow_down"]
    await answer(owner, codes, "allow")
    assert (await collected(app, codes)).status_code == 200


async def test_a_devices_code_is_of_one_app_and_known_to_it_alone(owner: Person, app: App) -> None:
    codes, other = await started(app), await App.registered(app.http, name="Other")
    await answer(owner, codes, "allow")
    assert (await collected(other, codes)).json()["error"] == "expired_token"
    typed = await app.token(grant_type=DEVICE_GRANT, device_code=codes["user_code"])
    assert typed.json()["error"] == "expired_token"
    assert (await collected(app, codes)).status_code == 200


async def test_the_word_of_one_page_answers_no_other_device(owner: Person, app: App) -> None:
    codes, other = await started(app), await started(app)
    shown = (await asked(owner, codes["user_code"])).json()
    body = {"user_code": other["user_code"], "consent": shown["consent"]}
    assert (await owner.post("/oauth/device/allow", json=body)).json()["code"] == "consent_spent"
    colleague = await owner.colleague("admin")
    theirs = await colleague.post("/oauth/device/allow", json=body | {"user_code": codes["user_code"]})
    assert theirs.json()["code"] == "consent_spent"


async def test_whoever_tries_codes_is_stopped(owner: Person, app: App) -> None:
    codes = await started(app)
    tried = [await asked(owner, f"BBBB-{letter}BBB") for letter in "BCDFGHJKLMNPQRSTVWXZ"]
    assert {one.status_code for one in tried} == {404}
    stopped = await asked(owner, codes["user_code"])
    assert (stopped.status_code, stopped.json()["code"]) == (429, "too_many_codes")
    assert int(stopped.headers["retry-after"]) > 0
    colleague = await owner.colleague()
    assert (await asked(colleague, codes["user_code"])).status_code == 200


async def test_a_code_is_over_after_ten_minutes(app: App, owner: Person, redis: Redis) -> None:
    codes = await started(app)
    await collected(app, codes)
    keys = [key async for key in redis.scan_iter("oauth:device:*")]
    lifetimes = [await redis.ttl(key) for key in keys]
    assert all(0 < seconds <= 600 for seconds in lifetimes)
    plain = codes["user_code"].replace("-", "")
    assert 0 < await redis.ttl(f"oauth:user-code:{plain}") <= 600
    assert not [key for key in keys if codes["device_code"].encode() in key]


async def test_a_device_asks_for_what_there_is(app: App) -> None:
    for other, error in (
        ({"scope": "no:such:thing"}, "invalid_scope"),
        ({"resource": "https://elsewhere.test"}, "invalid_target"),
        ({"client_id": "nobody"}, "invalid_client"),
    ):
        form = {"client_id": app.client_id} | other
        assert (await app.http.post("/api/v1/oauth/device", data=form)).json()["error"] == error
