"""Who may use a model: everyone, or the roles and teams that an administrator names, in every place that asks one."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from chatter.kit.db.database import Database
from chatter.kit.http import HttpSessions
from chatter.kit.settings import Settings
from chatter.llm.errors import ModelNotAllowed
from chatter.llm.facade import ChatModelHandle, resolve_chat_model
from chatter.llm.presets import BUILT_IN_MODEL_ID
from tests.people import Person, sign_up

EVERYONE: dict[str, Any] = {"everyone": True, "roles": [], "team_ids": []}


@dataclass
class Office:
    """An owner, a member, and a provider with three models."""

    owner: Person
    member: Person
    models: dict[str, str]
    database: Database
    http: HttpSessions
    settings: Settings

    async def set_audience(self, model: str, *, roles: list[str] | None = None, teams: list[str] | None = None) -> None:
        roles, teams = sorted(roles or []), sorted(teams or [])
        body = {"everyone": False, "roles": roles, "team_ids": teams}
        answer = await self.owner.put(f"/models/{self.models[model]}/audience", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json() == body

    async def resolve(self, person: Person, model: str | None = None) -> ChatModelHandle:
        return await resolve_chat_model(
            self.database,
            self.http,
            self.settings,
            tenant_id=person.organization_id,
            user_id=person.user_id,
            model_id=UUID(self.models[model]) if model else None,
        )

    async def choosable(self, person: Person) -> tuple[set[str], str]:
        found = (await person.get("/models")).json()
        return {model["name"] for model in found["items"] if not model["small"]}, found["default_model_id"]

    async def team(self, *people: Person) -> str:
        team: str = (await self.owner.post("/teams", json={"name": f"Team {uuid4().hex}"})).json()["id"]
        for person in people:
            await self.owner.put(f"/teams/{team}/members/{person.user_id}")
        return team


@pytest_asyncio.fixture
async def office(client: httpx.AsyncClient, database: Database, sessions: HttpSessions, settings: Settings) -> Office:
    owner = await sign_up(client)
    member = await owner.colleague("member")
    body = {"kind": "custom", "name": "Fake", "base_url": "https://models.example.test/v1", "models": ["a", "b", "c"]}
    made = (await owner.post("/providers", json=body)).json()
    models = {model["name"]: model["id"] for model in made["models"]}
    await owner.put("/models/default", json={"model_id": models["a"]})
    await owner.put("/models/fallbacks", json={"model_ids": [models["b"], models["c"]]})
    return Office(owner, member, models, database, sessions, settings)


async def test_without_a_word_everyone_may_use_a_model(office: Office) -> None:
    for person in (office.owner, office.member):
        assert await office.choosable(person) == ({"a", "b", "c"}, office.models["a"])
        assert (await office.resolve(person, "b")).name == "b"
    assert (await office.owner.get(f"/models/{office.models['b']}/audience")).json() == EVERYONE
    assert (await office.owner.get(f"/models/{BUILT_IN_MODEL_ID}/audience")).json() == EVERYONE


async def test_a_model_for_a_role_is_neither_shown_to_others_nor_answers_them(office: Office) -> None:
    await office.set_audience("b", roles=["owner"])
    assert (await office.choosable(office.owner))[0] == {"a", "b", "c"}
    assert (await office.choosable(office.member))[0] == {"a", "c"}
    assert (await office.resolve(office.owner, "b")).name == "b"
    with pytest.raises(ModelNotAllowed) as refused:
        await office.resolve(office.member, "b")
    assert refused.value.status == 403
    assert "an administrator" in (refused.value.remedy or "")


async def test_a_model_for_a_team_is_open_to_its_members_for_as_long_as_they_are_in_it(office: Office) -> None:
    team = await office.team(office.member)
    await office.set_audience("b", teams=[team])
    assert (await office.resolve(office.member, "b")).name == "b"
    with pytest.raises(ModelNotAllowed):
        await office.resolve(office.owner, "b")
    await office.owner.delete(f"/teams/{team}/members/{office.member.user_id}")
    with pytest.raises(ModelNotAllowed):
        await office.resolve(office.member, "b")


async def test_a_model_for_an_own_role_follows_whoever_gets_it(office: Office) -> None:
    body = {"name": "Writers", "permissions": ["chat:conversation:read", "llm:model:read"]}
    role = (await office.owner.post("/roles", json=body)).json()["key"]
    await office.set_audience("b", roles=[role])
    with pytest.raises(ModelNotAllowed):
        await office.resolve(office.member, "b")
    await office.owner.patch(f"/members/{office.member.user_id}", json={"role": role})
    assert (await office.resolve(office.member, "b")).name == "b"


async def test_a_stand_in_that_one_may_not_use_is_skipped(office: Office) -> None:
    await office.set_audience("b", roles=["owner"])
    assert [model.name for model in (await office.resolve(office.owner)).stand_ins] == ["b", "c"]
    assert [model.name for model in (await office.resolve(office.member)).stand_ins] == ["c"]


async def test_who_may_not_use_the_default_is_answered_by_the_first_that_stands_in_for_it(office: Office) -> None:
    await office.set_audience("a", roles=["owner"])
    assert await office.choosable(office.member) == ({"b", "c"}, office.models["b"])
    answering = await office.resolve(office.member)
    assert (answering.name, [model.name for model in answering.stand_ins]) == ("b", ["c"])
    for model in ("b", "c"):
        await office.set_audience(model, roles=["owner"])
    assert await office.choosable(office.member) == (set(), str(BUILT_IN_MODEL_ID))
    assert (await office.resolve(office.member)).small


async def test_a_model_stays_closed_when_the_team_that_might_use_it_is_gone(office: Office) -> None:
    team = await office.team(office.member)
    await office.set_audience("b", teams=[team])
    assert (await office.owner.delete(f"/teams/{team}")).status_code == 204
    assert (await office.owner.get(f"/models/{office.models['b']}/audience")).json() == {**EVERYONE, "everyone": False}
    for person in (office.owner, office.member):
        with pytest.raises(ModelNotAllowed):
            await office.resolve(person, "b")
    await office.owner.put(f"/models/{office.models['b']}/audience", json=EVERYONE)
    assert (await office.resolve(office.member, "b")).name == "b"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"everyone": False}, 422),
        ({"everyone": False, "roles": ["emperor"]}, 404),
        ({"everyone": False, "roles": [f"custom:{uuid4()}"]}, 404),
        ({"everyone": False, "team_ids": [str(uuid4())]}, 404),
    ],
)
async def test_who_is_named_must_be_there(office: Office, body: dict[str, Any], status: int) -> None:
    answer = await office.owner.put(f"/models/{office.models['b']}/audience", json=body)
    assert answer.status_code == status, answer.text
    assert (await office.owner.get(f"/models/{office.models['b']}/audience")).json() == EVERYONE


async def test_everyone_may_use_the_built_in_model(office: Office) -> None:
    body = {"everyone": False, "roles": ["owner"]}
    assert (await office.owner.put(f"/models/{BUILT_IN_MODEL_ID}/audience", json=body)).status_code == 409


async def test_the_log_says_who_could_use_it_before_and_after(office: Office) -> None:
    await office.set_audience("b", roles=["owner", "editor"])
    found = (await office.owner.get("/audit/events?action=llm:audience:changed")).json()["items"]
    detail = (await office.owner.get(f"/audit/events/{found[0]['id']}")).json()
    assert detail["target"] == office.models["b"]
    changes = {change["field"]: (change["before"], change["after"]) for change in detail["changes"]}
    assert changes == {"everyone": ("true", "false"), "roles": ("[]", '["editor","owner"]')}


async def test_only_who_manages_models_says_who_may_use_them(office: Office) -> None:
    path = f"/models/{office.models['b']}/audience"
    assert (await office.member.put(path, json=EVERYONE)).status_code == 403
    assert (await office.member.get(path)).status_code == 403


async def explained(office: Office, person: Person, model: str) -> tuple[bool, list[str]]:
    asked = {"user_id": str(person.user_id), "resource_kind": "model", "resource_id": office.models[model]}
    answer = await office.owner.get("/access/explain", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["allowed"], [reason["text"] for reason in answer.json()["reasons"]]


async def test_why_somebody_may_use_a_model_or_not_is_explained_as_it_is_decided(office: Office) -> None:
    assert await explained(office, office.member, "b") == (True, ["Everyone in the organization may use it."])
    await office.set_audience("b", roles=["admin"])
    assert await explained(office, office.member, "b") == (False, ["It is kept to Admin."])
    team = await office.team(office.member)
    name = (await office.owner.get(f"/teams/{team}")).json()["name"]
    await office.set_audience("b", roles=["admin"], teams=[team])
    assert await explained(office, office.member, "b") == (
        True,
        [f"It is open to the team {name}, which they are in."],
    )
    assert await explained(office, office.owner, "b") == (False, [f"It is kept to Admin, the team {name}."])
    await office.set_audience("b", roles=["owner"])
    assert await explained(office, office.owner, "b") == (True, ["It is open to the role Owner."])


async def test_a_model_that_is_not_there_is_not_explained(office: Office) -> None:
    asked = {"user_id": str(office.member.user_id), "resource_kind": "model", "resource_id": str(uuid4())}
    assert (await office.owner.get("/access/explain", params=asked)).status_code == 404
    built_in = asked | {"resource_id": str(BUILT_IN_MODEL_ID)}
    assert (await office.owner.get("/access/explain", params=built_in)).json()["allowed"]
