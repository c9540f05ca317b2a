"""Directories attack: each SCIM route with each id of the victim, with policies and without; and people attack them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from litestar.handlers import HTTPRouteHandler

from chatter.scim.secrets import new_token
from tests.architecture.test_routes import ROUTES
from tests.scim.directory import GROUP, Directory, connect, user
from tests.security.sending import OF_THE_REQUEST, Seen, alike, ids_of, probe
from tests.security.stand import Stand
from tests.security.world import MARKER, World, digest

SCIM = [(path.removeprefix("/scim/v2"), handler) for path, handler in ROUTES if handler.opt.get("provisioning")]
NAMED = [(path, handler) for path, handler in SCIM if "{" in path and "uuid" in path]
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BODIES: dict[str, Any] = {
    "ScimReplaceUser": user("replaced"),
    "ScimPatchUser": {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": False}]},
    "ScimReplaceGroup": {"schemas": [GROUP], "displayName": "Replaced"},
    "ScimPatchGroup": {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "members", "value": []}]},
}


async def _directory(stand: Stand, world: World) -> Directory:
    return await connect(world.person, stand.admin)


async def _seen(stand: Stand, directory: Directory, method: str, path: str, **kwargs: Any) -> Seen:
    """What a directory sees of an answer, and what that cost."""
    stand.attacks += 1
    stand.meter.reset()
    answer = await directory.call(method, path, **kwargs)
    request_id = answer.headers.get("x-request-id", "")
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in OF_THE_REQUEST)
    return Seen(answer.status_code, answer.text.replace(request_id, ""), tuple(headers), stand.meter.statements)


def _method(handler: HTTPRouteHandler) -> str:
    (method,) = handler.http_methods
    return str(method)


def _at(path: str, key: UUID) -> str:
    return f"{path.partition('{')[0]}{key}"


def _key(path: str, world: World) -> UUID:
    return world.id_of("scim_user" if path.startswith("/Users") else "scim_group")


async def test_the_victim_s_directory_reaches_its_own(either: Stand) -> None:
    """Without this, a 404 for the attacker would prove nothing."""
    directory = await _directory(either, either.victim)
    for path, handler in NAMED:
        if _method(handler) == "GET":
            answer = await directory.get(_at(path, _key(path, either.victim)))
            assert answer.status_code == 200, (path, answer.text)
            assert MARKER in answer.text


async def test_a_foreign_id_answers_a_directory_as_an_id_that_never_existed(either: Stand) -> None:
    directory = await _directory(either, either.attacker)
    before = await digest(either.admin, either.victim)
    for path, handler in NAMED:
        body = BODIES.get(str(handler.operation_id))
        ask = partial(_seen, either, directory, _method(handler), json=body)
        key = _key(path, either.victim)
        seen = await alike(partial(ask, _at(path, uuid4())), partial(ask, _at(path, key)))
        assert seen.status == 404, (path, seen.text)
    assert await digest(either.admin, either.victim) == before


async def test_a_foreign_user_is_in_no_group_of_a_directory(either: Stand) -> None:
    directory = await _directory(either, either.attacker)
    before = await digest(either.admin, either.victim)
    own = await directory.group(f"Own {uuid4().hex[:8]}")
    for key in (either.victim.id_of("scim_user"), either.victim.person.user_id):
        operation = {"op": "add", "path": "members", "value": [{"value": str(key)}]}
        refused = await directory.patch(f"/Groups/{own['id']}", operation)
        assert (refused.status_code, MARKER in refused.text) == (400, False)
    assert await digest(either.admin, either.victim) == before


async def test_lists_and_searches_of_a_directory_hold_its_own_alone(either: Stand) -> None:
    directory = await _directory(either, either.attacker)
    either.attacks += 6
    for path in ("/Users", "/Groups"):
        assert MARKER not in (await directory.get(path)).text
        assert MARKER not in (await directory.post(f"{path}/.search", {})).text
    assert MARKER not in (await directory.post("/.search", {})).text
    theirs = f'id eq "{either.victim.id_of("scim_user")}"'
    assert (await directory.get("/Users", params={"filter": theirs})).json()["totalResults"] == 0
    grouped = f'groups.value eq "{either.victim.id_of("scim_group")}"'
    assert (await directory.get("/Users", params={"filter": grouped})).json()["totalResults"] == 0


async def test_what_a_directory_s_person_is_elsewhere_is_not_in_it(either: Stand) -> None:
    """Suspended, and in a role that the directory's own organisation did not give."""
    directory, org = await _directory(either, either.attacker), either.victim.person.organization_id
    found = await directory.get("/Users", params={"filter": f'id eq "{either.attacker.id_of("scim_user")}"'})
    (before,) = found.json()["Resources"]
    person = await either.admin.fetchval("select person_id from scim_user where id = $1 limit 1", UUID(before["id"]))
    assert person is not None
    elsewhere = "insert into membership (tenant_id, user_id, role, suspended_at) values ($1, $2, 'billing', now())"
    await either.admin.execute(elsewhere, org, person)
    try:
        either.attacks += 2
        found = await directory.get("/Users", params={"filter": f'id eq "{before["id"]}"'})
        assert found.json()["Resources"] == [before]
        assert (await directory.get(f"/Users/{before['id']}")).json() == before
    finally:
        await either.admin.execute("delete from membership where (tenant_id, user_id) = ($1, $2)", org, person)


async def test_a_list_or_filter_of_a_directory_never_meets_a_twin_s_groups(either: Stand) -> None:
    """The twin's user, group and membership have the ids of the attacker's own."""
    directory = await _directory(either, either.attacker)
    either.attacks += 4
    named = f'groups.display eq "{either.twin.marker}"'
    own = f'groups.display eq "{either.attacker.marker}"'
    if either.twin.marker != either.attacker.marker:
        assert (await directory.get("/Users", params={"filter": named})).json()["totalResults"] == 0
    found = (await directory.get("/Users", params={"filter": own})).json()
    assert found["totalResults"] == 1
    assert len(found["Resources"][0]["groups"]) == 1
    group = (await directory.get(f"/Groups/{either.attacker.id_of('scim_group')}")).json()
    assert len(group["members"]) == 1


async def test_a_twin_with_the_same_ids_is_never_met(spent: Stand) -> None:
    directory = await _directory(spent, spent.attacker)
    before = await digest(spent.admin, spent.twin)
    for path, handler in sorted(NAMED, key=lambda named: _method(named[1]) == "DELETE"):
        spent.attacks += 1
        body = BODIES.get(str(handler.operation_id))
        answer = await directory.call(_method(handler), _at(path, _key(path, spent.attacker)), json=body)
        assert answer.status_code < 500, (path, answer.text)
        assert spent.twin.marker not in answer.text or spent.twin.marker == spent.attacker.marker
    assert await digest(spent.admin, spent.twin) == before


async def test_a_directory_goes_no_further_than_it_may(stand: Stand) -> None:
    directory = await _directory(stand, stand.attacker)
    owner = directory.owner
    one, other = await directory.user(), await directory.user()
    stand.attacks += 12
    for path in ("/Schemas/urn:none", "/ResourceTypes/None", "/None"):
        assert (await directory.get(path)).status_code == 404
    stranger = await directory.post("/Users", user(f"{uuid4().hex}@not-ours.test"))
    assert stranger.status_code == 403
    moved = {"op": "replace", "path": "userName", "value": f"{uuid4().hex}@not-ours.test"}
    assert (await directory.patch(f"/Users/{one['id']}", moved)).status_code == 403
    assert (await directory.post("/Users", user(directory.address(), roles=[{"value": "owner"}]))).status_code == 403
    raised = {"op": "add", "path": "roles", "value": [{"value": "owner", "primary": True}]}
    assert (await directory.patch(f"/Users/{one['id']}", raised)).status_code == 403
    crew = await directory.group(f"Crew {uuid4().hex[:8]}", one)
    inside = (await directory.get("/Users", params={"filter": f'groups.value eq "{crew["id"]}"'})).json()
    assert [found["id"] for found in inside["Resources"]] == [one["id"]]
    await _switch(directory, one, active=False)
    assert (await directory.get(f"/Users/{other['id']}")).json()["active"] is True
    await _leave_and_return(stand, directory, other)
    assert (await directory.get(f"/Groups/{crew['id']}")).json()["members"][0]["value"] == one["id"]
    teams = (await owner.get("/teams")).json()["items"]
    size = next(team["member_count"] for team in teams if team["name"] == crew["displayName"])
    assert size == 1, "whoever came back is in no team of somebody else's"


async def test_an_owner_is_beyond_a_directory_that_none_connected(stand: Stand) -> None:
    owner = stand.attacker.person
    second, administrator = await owner.colleague("owner"), await owner.colleague("admin")
    directory = await connect(administrator, stand.admin)
    made = (await directory.post("/Users", user(second.email))).json()
    stand.attacks += 4
    demoted = {"op": "add", "path": "roles", "value": [{"value": "viewer", "primary": True}]}
    off = {"op": "replace", "path": "active", "value": False}
    moved = {"op": "replace", "path": "userName", "value": directory.address("mine")}
    for operation in (demoted, off, moved):
        assert (await directory.patch(f"/Users/{made['id']}", operation)).status_code == 403, operation
    assert (await directory.delete(f"/Users/{made['id']}")).status_code == 403
    stronger = await connect(owner, stand.admin)
    assert (await stronger.patch(f"/Users/{made['id']}", demoted)).status_code == 403
    assert (await second.get("/me")).json()["role"] == "owner"
    assert (await stronger.delete(f"/Users/{made['id']}")).status_code == 204


async def _switch(directory: Directory, entry: dict[str, Any], *, active: bool) -> None:
    operation = {"op": "replace", "path": "active", "value": active}
    assert (await directory.patch(f"/Users/{entry['id']}", operation)).json()["active"] is active


async def _leave_and_return(stand: Stand, directory: Directory, entry: dict[str, Any]) -> None:
    """Taken out by people, brought back by the directory."""
    person = await stand.admin.fetchval("select person_id from scim_user where id = $1", UUID(entry["id"]))
    assert (await directory.owner.delete(f"/members/{person}")).status_code == 204
    await _switch(directory, entry, active=True)


async def test_nobody_but_a_directory_opens_its_routes(stand: Stand) -> None:
    people = [*stand.cast.outsiders.values(), *stand.cast.robots.values(), stand.victim.person]
    for path, handler in SCIM:
        address = f"/scim/v2{_at(path, uuid4()) if '{' in path else path}"
        for person in people:
            stand.attacks += 1
            headers = {"Authorization": f"Bearer {person.token}", "Cookie": f"chatter_session={person.token}"}
            answer = await person.client.request(_method(handler), address, headers=headers)
            assert answer.status_code == 401, (path, answer.text)


async def test_a_token_opens_no_route_of_the_api_and_none_of_another_organisation(stand: Stand) -> None:
    directory = await _directory(stand, stand.attacker)
    as_person = stand.attacker.person.__class__(directory.client, directory.token, uuid4(), uuid4(), "")
    for operation in stand.operations:
        if not stand.handlers[operation.name].opt.get("public"):
            seen = await probe(stand, as_person, operation, ids_of(operation, stand.attacker))
            assert seen.status == 401, operation.name
    moved = directory.token.replace(stand.attacker.person.organization_id.hex, stand.victim.person.organization_id.hex)
    for token in (moved, new_token(stand.victim.person.organization_id)):
        answer = await directory.client.get("/scim/v2/Users", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


async def test_a_token_is_looked_for_among_those_of_its_organisation_alone(stand: Stand) -> None:
    """As the superuser: the same hash stands in the victim's organisation and in the twin's."""
    for world in (stand.victim, stand.attacker, stand.twin):
        stand.attacks += 1
        hashed = world.rows["scim_token"]["token_hash"]
        found = "select token_id from principal_by_scim_token($1, $2)"
        rows = await stand.admin.fetch(found, world.person.organization_id, hashed)
        assert [row["token_id"] for row in rows] == [world.id_of("scim_token")]
        assert await stand.admin.fetch(found, uuid4(), hashed) == []
        assert await stand.admin.fetch(found, world.person.organization_id, b"no such token") == []


@pytest.mark.parametrize("over", ["revoked_at = now()", "expires_at = now()"], ids=["revoked", "expired"])
async def test_a_token_that_is_over_is_not_found(stand: Stand, over: str) -> None:
    own, hashed = stand.attacker.person.organization_id, stand.attacker.rows["scim_token"]["token_hash"]
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        await stand.admin.execute(f"update scim_token set {over} where tenant_id = $1", own)
        stand.attacks += 1
        assert await stand.admin.fetch("select * from principal_by_scim_token($1, $2)", own, hashed) == []
    finally:
        await transaction.rollback()


async def test_a_person_is_brought_by_a_domain_that_this_organisation_has_proven_alone(stand: Stand) -> None:
    """As the superuser, so that no policy helps."""
    attacker, victim = stand.attacker.person, stand.victim.person
    for holder, proven, address, brought in (
        (victim.organization_id, True, f"{uuid4().hex}@proof.test", False),
        (attacker.organization_id, False, f"{uuid4().hex}@proof.test", False),
        (attacker.organization_id, True, f"{uuid4().hex}@proof.test.evil", False),
        (attacker.organization_id, True, f"{uuid4().hex}@proof.test", True),
        (attacker.organization_id, True, victim.email, False),
        (attacker.organization_id, False, attacker.email, True),
    ):
        async with _undone(stand, attacker.organization_id):
            await _prove(stand.admin, holder, "proof.test", proven=proven)
            stand.attacks += 1
            rows = await stand.admin.fetch("select * from provision_person($1, $2, 'X')", uuid4(), address)
            assert bool(rows) == brought, (proven, address)


async def test_a_person_s_address_is_changed_by_their_only_organisation_within_its_domains_alone(stand: Stand) -> None:
    attacker, victim = stand.attacker.person, stand.victim.person
    mine, theirs = attacker.email.partition("@")[2], "proof.test"
    update = "select provisioned_person_update($1, $2, 'Renamed')"
    for person, proven, elsewhere, address, changed in (
        (attacker.user_id, [mine, theirs], False, "new@proof.test", True),
        (attacker.user_id, [], False, "new@proof.test", False),
        (attacker.user_id, [mine], False, "new@proof.test", False),
        (attacker.user_id, [theirs], False, "new@proof.test", False),
        (attacker.user_id, [theirs], False, None, False),
        (attacker.user_id, [mine, theirs], True, "new@proof.test", False),
        (victim.user_id, [mine, theirs], False, "new@proof.test", False),
    ):
        async with _undone(stand, attacker.organization_id):
            for domain in (mine, theirs):  # what it has not proven, another has
                holder = attacker if domain in proven else victim
                await stand.admin.execute(
                    "insert into mail_domain (tenant_id, id, name, verified_at) values ($1, $2, $3, now())",
                    *(holder.organization_id, uuid4(), domain),
                )
            if elsewhere:
                await stand.admin.execute(
                    "insert into membership (tenant_id, user_id, role) values ($1, $2, 'viewer')",
                    *(victim.organization_id, attacker.user_id),
                )
            before = await stand.admin.fetchval("select name from app_user where id = $1", person)
            stand.attacks += 1
            assert await stand.admin.fetchval(update, person, address) is changed, (proven, elsewhere, address)
            after = await stand.admin.fetchval("select name from app_user where id = $1", person)
            assert (after == "Renamed") is changed or before == "Renamed"


@asynccontextmanager
async def _undone(stand: Stand, tenant_id: UUID) -> AsyncIterator[None]:
    """A transaction of the superuser in one organisation, rolled back."""
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        await stand.admin.execute("select set_config('app.tenant_id', $1, true)", str(tenant_id))
        yield
    finally:
        await transaction.rollback()


async def _prove(admin: asyncpg.Connection, tenant_id: UUID, name: str, *, proven: bool) -> None:
    await admin.execute(
        "insert into mail_domain (tenant_id, id, name, verified_at) values ($1, $2, $3, case when $4 then now() end)",
        *(tenant_id, uuid4(), name, proven),
    )
