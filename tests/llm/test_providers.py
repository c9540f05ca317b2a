"""Providers over the API: added, tested with real calls, chosen; their keys go in and never come out."""

import json
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest_asyncio

from chatter.api import build_api
from chatter.kit.settings import Settings
from tests.llm.apps import calling
from tests.people import Person, sign_up
from tests.upstream.server import Upstream, serve_upstream

KEY = "sk-a-key-that-must-never-be-seen-again-7f3a"


@pytest_asyncio.fixture(scope="module")
async def provider() -> AsyncIterator[Upstream]:
    """A fake provider that wants the key."""
    async with serve_upstream(key=KEY) as serving:
        yield serving


@pytest_asyncio.fixture(scope="module")
async def caller(settings: Settings, provider: Upstream) -> AsyncIterator[httpx.AsyncClient]:
    """An API whose operator allows the fake provider's address."""
    app = build_api(settings.model_copy(update={"egress_allow": [f"127.0.0.1:{provider.port}"]}))
    async with calling(app) as client:
        yield client


@pytest_asyncio.fixture
async def person(caller: httpx.AsyncClient) -> Person:
    return await sign_up(caller)


async def added(person: Person, provider: Upstream, **changes: object) -> dict[str, object]:
    body = {"kind": "custom", "name": "Fake", "base_url": provider.url, "key": KEY, "models": ["echo"], **changes}
    answer = await person.post("/providers", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, object] = answer.json()
    return made


async def test_a_new_organisation_has_the_built_in_model_and_is_told_that_it_is_small(person: Person) -> None:
    items = (await person.get("/providers")).json()["items"]
    assert [item["kind"] for item in items] == ["built_in"]
    assert "very small" in items[0]["notice"]
    models = (await person.get("/models")).json()
    assert models["items"][0]["small"]
    assert models["default_model_id"] == models["items"][0]["id"]


async def test_a_key_is_shown_by_its_last_four_characters_only(
    person: Person, provider: Upstream, admin: asyncpg.Connection
) -> None:
    made = await added(person, provider)
    assert (made["key_hint"], made["key_source"]) == (KEY[-4:], "stored")
    for path in ("/providers", f"/providers/{made['id']}", "/models"):
        assert KEY not in (await person.get(path)).text
    assert KEY not in json.dumps(made)
    rows = await admin.fetch("select p::text from provider p union all select a::text from audit_event a")
    assert all(KEY not in row[0] and KEY.encode().hex() not in row[0] for row in rows)


async def test_a_provider_is_tested_step_by_step_and_its_models_are_kept(person: Person, provider: Upstream) -> None:
    made = await added(person, provider)
    result = (await person.post(f"/providers/{made['id']}/test", json={})).json()
    assert result["passed"], result
    assert [step["name"] for step in result["steps"]] == ["list_models", "complete"]
    assert all(step["milliseconds"] >= 0 for step in result["steps"])
    kept = (await person.get(f"/providers/{made['id']}")).json()["models"]
    assert {model["name"]: model["enabled"] for model in kept} == {
        "echo": True,
        "quote": False,
        "tokens-100": False,
        "fake-embeddings": False,
    }


async def test_a_wrong_key_is_reported_before_anything_is_saved(person: Person, provider: Upstream) -> None:
    draft = {"kind": "custom", "base_url": provider.url, "key": "sk-wrong"}
    result = (await person.post("/providers/test", json=draft)).json()
    assert not result["passed"]
    assert [step["code"] for step in result["steps"]] == ["provider_key_refused"]
    assert "administrator" in result["steps"][0]["remedy"]
    assert len((await person.get("/providers")).json()["items"]) == 1


async def test_a_fault_of_the_model_is_the_second_steps(person: Person, provider: Upstream) -> None:
    draft = {"kind": "custom", "base_url": provider.url, "key": KEY, "model": "no-finish"}
    result = (await person.post("/providers/test", json=draft)).json()
    assert [(step["passed"], step["code"]) for step in result["steps"]] == [(True, None), (False, "provider_cut_short")]


async def test_an_address_inside_our_network_is_refused_with_the_operators_cure(person: Person) -> None:
    body = {"kind": "custom", "name": "Metadata", "base_url": "http://169.254.169.254/v1"}
    for path in ("/providers", "/providers/test"):
        answer = await person.post(
            path, json=body if path == "/providers" else {k: body[k] for k in ("kind", "base_url")}
        )
        assert answer.status_code == 422
        assert answer.json()["code"] == "egress_refused"
        assert "CHATTER_EGRESS_ALLOW" in answer.json()["remedy"]


async def test_the_default_is_an_enabled_model_and_falls_back_to_the_built_in_one(
    person: Person, provider: Upstream
) -> None:
    made = await added(person, provider)
    model = (await person.get(f"/providers/{made['id']}")).json()["models"][0]
    chosen = await person.put("/models/default", json={"model_id": model["id"]})
    assert chosen.json()["default_model_id"] == model["id"]
    refused = await person.patch(f"/models/{model['id']}", json={"enabled": False})
    assert (refused.status_code, refused.json()["code"]) == (409, "model_in_use")
    assert (await person.delete(f"/providers/{made['id']}")).status_code == 204
    models = (await person.get("/models")).json()
    assert models["default_model_id"] == models["items"][0]["id"]


async def test_only_chat_models_can_be_enabled(person: Person, provider: Upstream) -> None:
    made = await added(person, provider)
    await person.post(f"/providers/{made['id']}/test", json={})
    kept = (await person.get(f"/providers/{made['id']}")).json()["models"]
    embedding = next(model for model in kept if model["kind"] == "embedding")
    answer = await person.patch(f"/models/{embedding['id']}", json={"enabled": True})
    assert answer.json()["code"] == "model_not_choosable"


async def test_a_new_address_does_not_take_the_stored_key_along(person: Person, provider: Upstream) -> None:
    made = await added(person, provider)
    elsewhere = {"base_url": f"{provider.url}/elsewhere"}
    refused = await person.patch(f"/providers/{made['id']}", json=elsewhere)
    assert (refused.status_code, refused.json()["code"]) == (422, "provider_invalid")
    moved = await person.patch(f"/providers/{made['id']}", json={**elsewhere, "key": None})
    assert (moved.json()["key_source"], moved.json()["base_url"]) == ("none", f"{provider.url}/elsewhere")


async def test_an_organisation_says_how_many_calls_its_provider_gets_at_once(
    person: Person, provider: Upstream
) -> None:
    path = f"/providers/{(await added(person, provider, max_concurrency=4))['id']}"
    assert (await person.patch(path, json={"name": "Renamed"})).json()["max_concurrency"] == 4
    for refused in (0, 1001, "many"):
        assert (await person.patch(path, json={"max_concurrency": refused})).status_code == 422
    assert (await person.patch(path, json={"max_concurrency": 2})).json()["max_concurrency"] == 2
    assert (await person.patch(path, json={"max_concurrency": None})).json()["max_concurrency"] is None


async def test_names_are_taken_once(person: Person, provider: Upstream) -> None:
    await added(person, provider)
    answer = await person.post("/providers", json={"kind": "custom", "name": " Fake ", "base_url": provider.url})
    assert (answer.status_code, answer.json()["code"]) == (409, "provider_name_taken")


async def test_a_kind_that_needs_a_key_says_so(person: Person) -> None:
    answer = await person.post("/providers", json={"kind": "mistral"})
    assert (answer.status_code, answer.json()["detail"]) == (422, "Mistral needs a key.")


async def test_the_built_in_provider_stays(person: Person) -> None:
    built_in = (await person.get("/providers")).json()["items"][0]["id"]
    assert (await person.delete(f"/providers/{built_in}")).json()["code"] == "provider_built_in"


async def test_another_organisations_provider_is_absent(
    caller: httpx.AsyncClient, person: Person, provider: Upstream
) -> None:
    made = await added(person, provider)
    stranger = await sign_up(caller, organization="Other")
    path = f"/providers/{made['id']}"
    answers = [
        await stranger.get(path),
        await stranger.patch(path, json={"name": "Mine"}),
        await stranger.delete(path),
        await stranger.post(f"{path}/test", json={}),
        await stranger.post(f"{path}/models", json={"name": "x"}),
        await stranger.patch(f"/models/{made['models'][0]['id']}", json={"enabled": False}),  # type: ignore[index]
        await stranger.put("/models/default", json={"model_id": made["models"][0]["id"]}),  # type: ignore[index]
    ]
    assert [answer.status_code for answer in answers] == [404] * 7


async def test_members_choose_models_and_administrators_manage_them(person: Person, provider: Upstream) -> None:
    await added(person, provider)
    member = await person.colleague("member")
    assert [model["name"] for model in (await member.get("/models")).json()["items"]][-1] == "echo"
    assert (await member.get("/providers")).status_code == 403
    assert (await member.post("/providers", json={"kind": "ollama"})).status_code == 403


async def test_each_change_leaves_an_audit_row_and_an_event(
    person: Person, provider: Upstream, admin: asyncpg.Connection
) -> None:
    made = await added(person, provider)
    await person.post(f"/providers/{made['id']}/test", json={})
    await person.patch(f"/providers/{made['id']}", json={"name": "Renamed"})
    await person.delete(f"/providers/{made['id']}")
    audit = await admin.fetch(
        "select action from audit_event where tenant_id = $1 and action like 'llm:%' order by id",
        person.organization_id,
    )
    assert [row["action"].rpartition(":")[2] for row in audit] == ["created", "tested", "updated", "deleted"]
    events = await admin.fetch(
        "select name from outbox where tenant_id = $1 and name like 'llm.%' order by id", person.organization_id
    )
    assert [row["name"].rpartition(".")[2] for row in events] == ["created", "tested", "updated", "deleted"]
