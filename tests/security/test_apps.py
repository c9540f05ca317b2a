"""Apps: whoever holds a token attacks like the person who let it in, and reaches nothing of another organisation."""

from dataclasses import replace
from functools import partial
from uuid import uuid4

import pytest_asyncio

from chatter.oauth.schemas import CLI_CLIENT_ID
from tests.oauth.app import App
from tests.people import Person
from tests.security.operations import Operation
from tests.security.sending import alike, allowed, foreign_ids, ids_of, probe, unlike, with_ids
from tests.security.stand import Stand
from tests.security.test_keys import FOR_PEOPLE
from tests.security.world import MARKER, digest

ROLES = ("owner", "editor", "viewer")


@pytest_asyncio.fixture(scope="module")
async def apps(stand: Stand) -> dict[str, Person]:
    """What holds a token of one of the attacker's people, with all that they may do."""
    connected = {}
    for role in ROLES:
        person = stand.cast.outsiders[role]
        app = App(person.client, CLI_CLIENT_ID, "http://127.0.0.1:8765/callback")
        tokens = await app.connected(person, scope="")
        connected[role] = replace(person, token=tokens["access_token"])
    return connected


async def test_an_app_finds_a_foreign_id_as_one_that_never_existed(stand: Stand, apps: dict[str, Person]) -> None:
    before = await digest(stand.admin, stand.victim)
    for role, app in apps.items():
        for operation in with_ids(stand):
            for ids in foreign_ids(operation, stand.victim, stand.attacker):
                never = partial(probe, stand, app, operation, unlike(ids, stand.attacker))
                foreign = await alike(never, partial(probe, stand, app, operation, ids))
                assert foreign.status == (404 if _may(stand, role, operation) else 403), (role, operation.name)
    assert await digest(stand.admin, stand.victim) == before


async def test_an_app_opens_no_other_organisation_than_the_one_it_was_let_into(
    stand: Stand, apps: dict[str, Person]
) -> None:
    theirs = {"Chatter-Organization": str(stand.victim.person.organization_id)}
    nobodys = {"Chatter-Organization": str(uuid4())}
    for operation in stand.operations:
        if not stand.handlers[operation.name].opt.get("public"):
            ask = partial(probe, stand, apps["owner"], operation, ids_of(operation, stand.victim))
            foreign = await alike(partial(ask, headers=nobodys), partial(ask, headers=theirs))
            assert (foreign.status, MARKER in foreign.text) == (401, False), operation.name


async def test_what_is_for_people_refuses_an_app(stand: Stand, apps: dict[str, Person]) -> None:
    for operation in stand.operations:
        if operation.name in FOR_PEOPLE:
            seen = await probe(stand, apps["owner"], operation, ids_of(operation, stand.attacker))
            assert (seen.status, "people_only" in seen.text) == (403, True), operation.name


async def test_a_token_costs_the_database_what_a_session_costs(stand: Stand, apps: dict[str, Person]) -> None:
    documents = next(operation for operation in stand.operations if operation.name == "ListDocuments")
    as_person = partial(probe, stand, stand.cast.outsiders["editor"], documents, {})
    seen = await alike(as_person, partial(probe, stand, apps["editor"], documents, {}))
    assert seen.status == 200


def _may(stand: Stand, role: str, operation: Operation) -> bool:
    return allowed(stand, role, operation) and operation.name not in FOR_PEOPLE
