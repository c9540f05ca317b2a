"""Somebody of another organisation attacks each route with each id of the victim.

The cases come from the routes and the OpenAPI document, the victim's rows from the database's catalogue. What is asked:
an answer that is equal, request id apart, to the answer for an id that never existed; 404 for a foreign object; not one
changed row; not one of the victim's words.
"""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from chatter.api import API_PREFIX
from chatter.kit.web.examples import with_examples
from tests.people import Person, sign_up
from tests.security.test_catalogue import GLOBAL_TABLES
from tests.security.world import MARKER, World, digest, populate

# Which table a path parameter names. A route with a parameter that is not listed here fails the tests.
PARAMETERS = {
    "chunk_id": "chunk",
    "conversation_id": "conversation",
    "document_id": "document",
    "grant_id": "resource_grant",
    "message_id": "message",
    "model_id": "model",
    "provider_id": "provider",
    "role_id": "role",
    "run_id": "run",
    "user_id": "app_user",
}
# Parameters that name something which belongs to no organisation.
NOBODYS = {"offer_id"}
STREAMED = {"DownloadDocument", "StreamRunEvents"}
"""Their answers come from the storage and from a stream, which a made-up row has none of."""
METHODS = ("get", "put", "post", "patch", "delete")


@dataclass(frozen=True)
class Route:
    """One operation of the API."""

    name: str
    method: str
    path: str
    body: Any = None
    fields: frozenset[str] = frozenset()
    """The names of all fields of the body, those that may be left out too."""

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    def address(self, ids: dict[str, UUID | str]) -> str:
        return self.path.removeprefix(API_PREFIX).format(**ids)


@pytest.fixture(scope="module")
def document(api: Litestar) -> dict[str, Any]:
    return with_examples(api.openapi_schema.to_schema())


@pytest.fixture(scope="module")
def routes(document: dict[str, Any]) -> list[Route]:
    return [
        Route(operations[method]["operationId"], method.upper(), path, *_body(operations[method], document))
        for path, operations in document["paths"].items()
        for method in METHODS
        if method in operations
    ]


@pytest_asyncio.fixture
async def victim(admin: asyncpg.Connection, client: httpx.AsyncClient) -> World:
    return await populate(admin, await sign_up(client, organization=MARKER, name=MARKER), skip=GLOBAL_TABLES)


@pytest_asyncio.fixture
async def attacker(admin: asyncpg.Connection, client: httpx.AsyncClient) -> World:
    return await populate(admin, await sign_up(client, organization="Intruders"), skip=GLOBAL_TABLES, marker="INTRUDER")


def test_every_path_parameter_is_known_to_this_suite(routes: list[Route]) -> None:
    named = {parameter for route in routes for parameter in route.parameters}
    assert named <= PARAMETERS.keys() | NOBODYS


async def test_the_world_has_a_row_in_every_tenant_table(admin: asyncpg.Connection, victim: World) -> None:
    empty = [table for table, value in (await digest(admin, victim)).items() if value is None]
    assert empty == []


async def test_the_victim_reaches_its_own_objects(routes: list[Route], victim: World) -> None:
    """Without this, a 404 for the attacker would prove nothing."""
    for route in _with_ids(routes):
        if route.method == "GET" and route.name not in STREAMED:
            answer = await _send(victim.person, route, _ids(route, victim))
            assert answer.status_code == 200, (route.name, answer.text)


async def test_a_foreign_id_answers_as_an_id_that_never_existed(
    routes: list[Route], victim: World, attacker: World, admin: asyncpg.Connection
) -> None:
    before = await digest(admin, victim)
    attacks = 0
    for role in ("owner", "viewer"):
        person = attacker.person if role == "owner" else await attacker.person.colleague(role)
        for route in _with_ids(routes):
            for ids in _foreign(route, victim, attacker):
                foreign = await _send(person, route, ids)
                never = await _send(person, route, {name: _unless_own(value, attacker) for name, value in ids.items()})
                assert _comparable(foreign) == _comparable(never), route.name
                assert foreign.status_code == 404 or (role == "viewer" and foreign.status_code == 403), (
                    route.name,
                    foreign.text,
                )
                attacks += 1
    assert await digest(admin, victim) == before
    print(f"{attacks} attacks by path, 0 leaks")


async def test_a_foreign_id_in_a_body_answers_as_one_that_never_existed(
    routes: list[Route], victim: World, attacker: World, admin: asyncpg.Connection
) -> None:
    before = await digest(admin, victim)
    attacks = 0
    for route in routes:
        for field, table in _fields_with_ids(route):
            ids = _ids(route, attacker)
            foreign = await _send(attacker.person, route, ids, body=route.body | {field: str(victim.id_of(table))})
            never = await _send(attacker.person, route, ids, body=route.body | {field: str(uuid4())})
            assert _comparable(foreign) == _comparable(never), (route.name, field)
            attacks += 1
    assert await digest(admin, victim) == before
    print(f"{attacks} attacks by body, 0 leaks")


async def test_nothing_that_is_listed_holds_a_word_of_the_victim(
    routes: list[Route], victim: World, attacker: World
) -> None:
    known = {str(row["id"]) for table, row in victim.rows.items() if isinstance(row.get("id"), UUID)}
    for route in routes:
        if route.method == "GET" and not route.parameters:
            answer = await _send(attacker.person, route, {})
            assert MARKER not in answer.text, route.name
            assert not any(value in answer.text for value in known), route.name


async def test_searching_for_the_victims_words_finds_nothing(
    routes: list[Route], victim: World, attacker: World
) -> None:
    for path in ("/conversations", "/documents"):
        answer = await attacker.person.get(path, params={"query": MARKER})
        assert (answer.status_code, answer.json().get("items")) == (200, []), path


async def test_naming_the_victims_organisation_is_refused_as_one_that_never_existed(
    routes: list[Route], victim: World, attacker: World, admin: asyncpg.Connection
) -> None:
    before = await digest(admin, victim)
    theirs = {"Chatter-Organization": str(victim.person.organization_id)}
    nobodys = {"Chatter-Organization": str(uuid4())}
    for route in routes:
        if route.name in {"GetLiveness", "GetReadiness", "GetSetup", "SignIn", "SignUp"}:
            continue
        foreign = await _send(attacker.person, route, _ids(route, victim), headers=theirs)
        never = await _send(attacker.person, route, _ids(route, victim), headers=nobodys)
        assert foreign.status_code == 401, route.name
        assert _comparable(foreign) == _comparable(never), route.name
    assert await digest(admin, victim) == before


async def test_nobody_gets_in_without_a_session(routes: list[Route], victim: World, client: httpx.AsyncClient) -> None:
    nobody = Person(client, "no-such-token", uuid4(), uuid4(), "")
    public = {"GetLiveness", "GetReadiness", "GetSetup", "SignIn", "SignUp"}
    for route in routes:
        if route.name not in public:
            answer = await _send(nobody, route, _ids(route, victim))
            assert answer.status_code == 401, route.name


def _with_ids(routes: list[Route]) -> list[Route]:
    return [route for route in routes if set(route.parameters) & PARAMETERS.keys()]


def _ids(route: Route, world: World) -> dict[str, UUID | str]:
    return {name: world.id_of(PARAMETERS[name]) if name in PARAMETERS else "none" for name in route.parameters}


def _foreign(route: Route, victim: World, attacker: World) -> list[dict[str, UUID | str]]:
    """All ids the victim's; and, where a route has several, each of them alone among ids of the attacker's own."""
    theirs, own = _ids(route, victim), _ids(route, attacker)
    mixed = [own | {name: theirs[name]} for name in theirs] if len(theirs) > 1 else []
    return [theirs, *mixed]


def _unless_own(value: UUID | str, attacker: World) -> UUID | str:
    own = {row.get("id") for row in attacker.rows.values()}
    return value if value in own or not isinstance(value, UUID) else uuid4()


async def _send(
    person: Person, route: Route, ids: dict[str, UUID | str], *, body: Any = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    content = body if body is not None else route.body
    return await person.call(route.method, route.address(ids), json=content, headers=headers or {})


def _comparable(answer: httpx.Response) -> tuple[int, str, list[tuple[str, str]]]:
    """All that a caller can see, request id apart."""
    request_id = answer.headers.get("x-request-id", "")
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in {"x-request-id", "date"})
    return answer.status_code, answer.text.replace(request_id, ""), headers


def _body(operation: dict[str, Any], document: dict[str, Any]) -> tuple[Any, frozenset[str]]:
    """A valid body (the example, reduced to what is required), and the names of all its fields."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None, frozenset()
    schema = content["schema"]
    if reference := schema.get("$ref"):
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    example = dict(content["example"])
    required = schema.get("required", ())
    return {name: example[name] for name in required}, frozenset(example)


def _fields_with_ids(route: Route) -> list[tuple[str, str]]:
    known = PARAMETERS | {"parent_id": "message", "resource_id": "document", "subject_id": "app_user"}
    return [(name, known[name]) for name in sorted(route.fields & known.keys())]
