"""Keys: a service account attacks like a person, and a key opens what is its own account's and nothing else."""

from functools import partial
from uuid import UUID, uuid4

import asyncpg

from chatter.identity.keys import digest, new_key
from tests.people import Person
from tests.security.operations import FOR_PEOPLE, Operation
from tests.security.sending import alike, allowed, foreign_ids, ids_of, probe, unlike, with_ids
from tests.security.stand import Stand
from tests.security.world import MARKER
from tests.security.world import digest as digest_of


async def test_what_is_for_people_refuses_a_service_account(stand: Stand) -> None:
    for operation in stand.operations:
        if operation.name in FOR_PEOPLE:
            seen = await probe(stand, stand.cast.robots["admin"], operation, ids_of(operation, stand.attacker))
            assert (seen.status, "people_only" in seen.text) == (403, True), operation.name


async def test_a_service_account_in_any_role_finds_a_foreign_id_as_one_that_never_existed(stand: Stand) -> None:
    before = await digest_of(stand.admin, stand.victim)
    for role, robot in stand.cast.robots.items():
        for operation in with_ids(stand):
            for ids in foreign_ids(operation, stand.victim, stand.attacker):
                never = partial(probe, stand, robot, operation, unlike(ids, stand.attacker))
                foreign = await alike(never, partial(probe, stand, robot, operation, ids))
                assert foreign.status == (404 if _may(stand, role, operation) else 403), (role, operation.name)
    assert await digest_of(stand.admin, stand.victim) == before


async def test_a_key_opens_no_other_organisation_than_its_own(either: Stand) -> None:
    """As many statements, and the same bytes, as for a key that never existed."""
    before = await digest_of(either.admin, either.victim)
    theirs, robot = either.victim.person.organization_id, either.cast.robots["admin"]
    moved = _with(robot, robot.token.replace(robot.organization_id.hex, theirs.hex))
    unknown = _with(robot, new_key(robot.organization_id))
    for operation in either.operations:
        if not either.handlers[operation.name].opt.get("public"):
            ids = ids_of(operation, either.victim)
            named = {"Chatter-Organization": str(theirs)}
            never = partial(probe, either, unknown, operation, ids)
            for ask in (
                partial(probe, either, moved, operation, ids),
                partial(probe, either, robot, operation, ids, headers=named),
            ):
                foreign = await alike(never, ask)
                assert (foreign.status, MARKER in foreign.text) == (401, False), operation.name
    assert await digest_of(either.admin, either.victim) == before


async def test_a_key_acts_as_its_own_account(either: Stand) -> None:
    for robot in (either.cast.robots[role] for role in ("admin", "editor", "member")):
        either.attacks += 1
        made = (await robot.post("/conversations", json={})).json()
        actor = "select actor_id from audit_event where target = $1"
        assert await either.admin.fetchval(actor, UUID(made["id"])) == robot.user_id
        listed = (await robot.get("/conversations")).json()["items"]
        assert made["id"] in [conversation["id"] for conversation in listed]


async def test_a_key_that_was_taken_back_opens_nothing_and_costs_what_an_unknown_one_costs(stand: Stand) -> None:
    robot = stand.cast.robots["viewer"]
    documents = next(operation for operation in stand.operations if operation.name == "ListDocuments")
    never = partial(probe, stand, _with(robot, new_key(robot.organization_id)), documents, {})
    for change, undo in (
        ("update api_key set revoked_at = now()", "update api_key set revoked_at = null"),
        ("update api_key set expires_at = now()", "update api_key set expires_at = null"),
        ("update membership set suspended_at = now()", "update membership set suspended_at = null"),
    ):
        await _on(stand.admin, robot, change)
        assert (await alike(never, partial(probe, stand, robot, documents, {}))).status == 401, change
        await _on(stand.admin, robot, undo)
        assert (await probe(stand, robot, documents, {})).status == 200, undo


async def test_a_key_is_looked_for_among_those_of_its_organisation_alone(stand: Stand) -> None:
    """As the superuser: the same hash stands in the victim's organisation and in the twin's."""
    tenants = {world.person.organization_id: world for world in (stand.victim, stand.attacker, stand.twin)}
    for tenant_id, world in tenants.items():
        stand.attacks += 1
        found = "select user_id, name, organization_name from principal_by_key($1, $2)"
        rows = await stand.admin.fetch(found, tenant_id, world.rows["api_key"]["token_hash"])
        own = world.rows["service_account"]
        assert [(row["user_id"], row["name"]) for row in rows] == [(own["id"], own["name"])]
    stand.attacks += 1
    assert await stand.admin.fetch("select principal_by_key($1, $2)", uuid4(), digest("no key")) == []


async def test_the_person_behind_a_key_is_looked_for_among_the_members_of_the_bound_organisation_alone(
    stand: Stand,
) -> None:
    """As the superuser, for whom no policy holds."""
    people = (stand.victim.person, stand.attacker.person, stand.twin.person)
    found = "select email from person_of_bound_tenant($1)"
    for bound in people:
        async with stand.admin.transaction():
            await stand.admin.execute("select set_config('app.tenant_id', $1, true)", str(bound.organization_id))
            for person in people:
                stand.attacks += 1
                told = [row["email"] for row in await stand.admin.fetch(found, person.user_id)]
                assert told == ([person.email] if person is bound else [])
    assert await stand.admin.fetch(found, stand.victim.person.user_id) == []


def _may(stand: Stand, role: str, operation: Operation) -> bool:
    return allowed(stand, role, operation) and operation.name not in FOR_PEOPLE


def _with(robot: Person, token: str) -> Person:
    return Person(robot.client, token, robot.user_id, robot.organization_id, "")


async def _on(admin: asyncpg.Connection, robot: Person, change: str) -> None:
    await admin.execute(f"{change} where tenant_id = $1 and user_id = $2", robot.organization_id, robot.user_id)
