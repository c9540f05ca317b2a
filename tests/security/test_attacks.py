"""Somebody of another organisation attacks each route with each id of the victim, in each role.

The cases come from the OpenAPI document, the victim's rows from the database's catalogue. What is asked: an answer that
is equal, request id apart, to the answer for an id that never existed, for the same number of statements; 404, or 403
where the role may not use the route at all; not one changed row; not one of the victim's words.

Each attack runs twice: on the database as it is, and on one without policies, where only the program's own predicates
keep tenants apart. So each of the two layers is held to do alone.
"""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

from chatter.kit.pagination import Cursor
from tests.people import Person, sign_up
from tests.security.operations import ENDLESS, NOBODYS, Field, Operation
from tests.security.sending import (
    Ids,
    Seen,
    alike,
    allowed,
    foreign_ids,
    ids_of,
    probe,
    queries_beside,
    send,
    table_of,
    unlike,
    with_ids,
)
from tests.security.stand import Stand
from tests.security.world import MARKER, digest

PUBLIC = {
    *("GetLiveness", "GetReadiness", "GetSetup", "SignIn", "SignUp"),
    "FinishSignUp",
    *("LookUpInvitation", "AcceptInvitation", "ProveEmail", "EnterSupport"),
    *("RequestPasswordReset", "ResetPassword"),
}
PRIVATE = {"conversation", "message", "run"}
"""What a person owns alone: a colleague is a stranger to it, whatever the role."""
ASKING_MODELS = {"Search"}
"""Embeds the question first, by models that are not there; the function that searches is asked in test_functions.py."""
COUNTING = {"ListBelongings"}
"""Answers that hold no word and no id of what they count: the victim's one document, and one conversation."""


def test_every_id_that_a_path_or_a_body_takes_is_known_to_this_suite(stand: Stand) -> None:
    named = {parameter for operation in stand.operations for parameter in operation.parameters}
    named |= {place.name for operation in stand.operations for place in operation.fields}
    named |= {name for operation in stand.operations for name in operation.form or ()}
    named |= {name for operation in stand.operations for name, kind in operation.queries.items() if kind == "uuid"}
    unknown = sorted(name for name in named - NOBODYS.keys() if table_of(name, stand.victim) is None)
    assert unknown == [], "say in tests/security/operations.py which table these name"


async def test_the_world_has_a_row_in_every_tenant_table(stand: Stand) -> None:
    for world in (stand.victim, stand.attacker, stand.twin):
        assert [table for table, value in (await digest(stand.admin, world)).items() if value is None] == []


async def test_the_victim_reaches_its_own_objects(either: Stand) -> None:
    """Without this, a 404 for the attacker would prove nothing."""
    for operation in with_ids(either):
        if operation.method == "GET":
            answer = await send(either.victim.person, operation, ids_of(operation, either.victim))
            assert answer.status_code == 200, (operation.name, answer.text)
            telling = [MARKER, *map(str, _ids(either)), *(['"count":1'] if operation.name in COUNTING else ())]
            assert any(words in answer.text for words in telling), operation.name


async def test_a_foreign_id_answers_as_an_id_that_never_existed(either: Stand) -> None:
    before = await digest(either.admin, either.victim)
    for role, person in either.cast.outsiders.items():
        for operation in with_ids(either):
            for ids in foreign_ids(operation, either.victim, either.attacker):
                never = partial(probe, either, person, operation, unlike(ids, either.attacker))
                foreign = await alike(never, partial(probe, either, person, operation, ids))
                expected = 404 if allowed(either, role, operation) else 403
                assert foreign.status == expected, (role, operation.name, foreign.text)
    assert await digest(either.admin, either.victim) == before


async def test_a_foreign_id_in_a_body_or_a_query_answers_as_one_that_never_existed(either: Stand) -> None:
    before = await digest(either.admin, either.victim)
    person = either.attacker.person
    for operation in either.operations:
        ids = ids_of(operation, either.attacker)
        for place in operation.fields:
            theirs = either.victim.id_of(str(table_of(place.name, either.victim)))
            never = partial(_hiding, either, person, operation, ids, place, value=uuid4())
            foreign = await alike(never, partial(_hiding, either, person, operation, ids, place, value=theirs))
            assert foreign.status < 500 or operation.name in ASKING_MODELS, (operation.name, place)
    for operation, name in [(o, n) for o in either.operations for n, kind in o.queries.items() if kind == "uuid"]:
        ids, theirs = ids_of(operation, either.attacker), either.victim.id_of(str(table_of(name, either.victim)))
        beside = queries_beside(operation, name, either.attacker)
        never = partial(probe, either, person, operation, ids, params=beside | {name: str(uuid4())})
        foreign = await alike(
            never, partial(probe, either, person, operation, ids, params=beside | {name: str(theirs)})
        )
        assert foreign.status != 400, (operation.name, name, foreign.text)
    assert await digest(either.admin, either.victim) == before


async def test_a_cursor_that_names_a_foreign_row_answers_as_one_that_names_none(either: Stand) -> None:
    now = datetime.now(UTC)
    for operation in either.operations:
        for value in _ids(either) if "cursor" in operation.queries else ():
            ids = ids_of(operation, either.attacker)
            ask = partial(probe, either, either.attacker.person, operation, ids)
            never = partial(ask, params={"cursor": Cursor(now, uuid4()).encode()})
            await alike(never, partial(ask, params={"cursor": Cursor(now, value).encode()}))


async def test_headers_that_name_a_position_or_a_key_open_nothing_of_the_victim(either: Stand) -> None:
    for operation in with_ids(either):
        ids = ids_of(operation, either.victim)
        for name in operation.headers:
            for value in ("1", MARKER):
                ask = partial(probe, either, either.attacker.person, operation, headers={name: value})
                await alike(partial(ask, unlike(ids, either.attacker)), partial(ask, ids))


async def test_a_colleague_is_a_stranger_to_what_a_person_owns_alone(either: Stand) -> None:
    before = await digest(either.admin, either.victim)
    for role, person in either.cast.insiders.items():
        for operation in with_ids(either) if role != "owner" else ():
            ids = ids_of(operation, either.victim)
            if {table_of(name, either.victim) for name in operation.parameters} & PRIVATE:
                ask = partial(probe, either, person, operation)
                foreign = await alike(partial(ask, dict.fromkeys(ids, uuid4())), partial(ask, ids))
                assert foreign.status == (404 if allowed(either, role, operation) else 403), (role, operation.name)
    assert await digest(either.admin, either.victim) == before


async def test_a_colleague_is_a_stranger_to_a_document_that_is_kept_from_them(either: Stand) -> None:
    owner = await sign_up(either.attacker.person.client)
    uploaded = (await owner.post("/documents", files=[("files", ("kept.txt", b"kept from them"))])).json()
    kept = UUID(uploaded["items"][0]["document"]["id"])
    assert (await owner.patch(f"/documents/{kept}", json={"visibility": "restricted"})).status_code == 200
    for role in ("editor", "member", "viewer"):
        person = await owner.colleague(role)
        for operation in with_ids(either):
            if operation.parameters == ["document_id"]:
                ask = partial(probe, either, person, operation)
                hidden = await alike(partial(ask, {"document_id": uuid4()}), partial(ask, {"document_id": kept}))
                assert hidden.status == (404 if allowed(either, role, operation) else 403), (role, operation.name)
    assert (await owner.get(f"/documents/{kept}")).status_code == 200


async def test_a_colleague_is_a_stranger_to_a_collection_that_is_kept_from_them_and_to_what_is_in_it(
    either: Stand,
) -> None:
    owner = await sign_up(either.attacker.person.client)
    made = await owner.post("/collections", json={"name": "Kept", "visibility": "restricted"})
    kept = {"collection_id": UUID(made.json()["id"])}
    files = [("files", ("kept.txt", b"kept with its collection"))]
    uploaded = (await owner.post(f"/documents?collection_id={kept['collection_id']}", files=files)).json()
    kept["document_id"] = UUID(uploaded["items"][0]["document"]["id"])
    for role in ("editor", "member", "viewer"):
        person = await owner.colleague(role)
        for operation in with_ids(either):
            if len(operation.parameters) == 1 and operation.parameters[0] in kept:
                ask = partial(probe, either, person, operation)
                hidden = await alike(partial(ask, dict.fromkeys(kept, uuid4())), partial(ask, dict(kept)))
                assert hidden.status == (404 if allowed(either, role, operation) else 403), (role, operation.name)
    assert (await owner.get(f"/documents/{kept['document_id']}")).status_code == 200
    assert (await owner.get(f"/collections/{kept['collection_id']}")).status_code == 200


async def test_a_colleague_is_a_stranger_to_a_grant_on_what_is_kept_from_them(either: Stand) -> None:
    owner = await sign_up(either.attacker.person.client)
    made = await owner.post("/collections", json={"name": "Kept", "visibility": "restricted"})
    body = {"resource_kind": "collection", "resource_id": made.json()["id"], "subject_kind": "user", "level": "view"}
    friend = await owner.colleague("viewer")
    grant_id = UUID((await owner.post("/grants", json=body | {"subject_id": str(friend.user_id)})).json()["id"])
    for role in ("editor", "member"):
        person = await owner.colleague(role)
        for operation in with_ids(either):
            if operation.parameters == ["grant_id"]:
                ask = partial(probe, either, person, operation)
                hidden = await alike(partial(ask, {"grant_id": uuid4()}), partial(ask, {"grant_id": grant_id}))
                assert hidden.status == 404, (role, operation.name)
    assert (await owner.delete(f"/grants/{grant_id}")).status_code == 204


async def test_nothing_that_is_listed_to_a_colleague_holds_what_a_person_owns_alone(either: Stand) -> None:
    private = {str(either.victim.id_of(table)) for table in PRIVATE}
    for role, person in either.cast.insiders.items():
        for operation in either.operations if role != "owner" else ():
            if operation.method == "GET" and not operation.parameters and operation.name not in ENDLESS:
                seen = await probe(either, person, operation, {})
                assert not any(value in seen.text for value in private), (role, operation.name)


async def test_nothing_that_is_listed_or_found_holds_a_word_of_the_victim(either: Stand) -> None:
    theirs = {str(value) for value in _ids(either)}
    for person in either.cast.outsiders.values():
        for operation in either.operations:
            if (operation.method == "GET" and operation.name not in ENDLESS) or operation.name == "Search":
                for query in ({}, {"query": MARKER}):
                    params = query if "query" in operation.queries or not query else {}
                    seen = await probe(either, person, operation, ids_of(operation, either.attacker), params=params)
                    assert MARKER not in seen.text, operation.name
                    said = [line for line in seen.text.splitlines() if any(value in line for value in theirs)]
                    assert said == [], operation.name


async def test_naming_the_victims_organisation_is_refused_as_one_that_never_existed(either: Stand) -> None:
    before = await digest(either.admin, either.victim)
    theirs = {"Chatter-Organization": str(either.victim.person.organization_id)}
    nobodys = {"Chatter-Organization": str(uuid4())}
    for operation in either.operations:
        if operation.name not in PUBLIC and not either.handlers[operation.name].opt.get("public"):
            ids = ids_of(operation, either.victim)
            ask = partial(probe, either, either.attacker.person, operation, ids)
            foreign = await alike(partial(ask, headers=nobodys), partial(ask, headers=theirs))
            assert foreign.status == 401, operation.name
    assert await digest(either.admin, either.victim) == before


async def test_nobody_gets_in_without_a_session(stand: Stand) -> None:
    nobody = Person(stand.attacker.person.client, "no-such-token", uuid4(), uuid4(), "")
    for operation in stand.operations:
        if operation.name not in PUBLIC and not stand.handlers[operation.name].opt.get("public"):
            seen = await probe(stand, nobody, operation, ids_of(operation, stand.victim))
            assert seen.status == 401, operation.name


async def test_a_session_that_has_run_out_opens_nothing(stand: Stand) -> None:
    person = stand.cast.outsiders["viewer"]
    await stand.admin.execute(
        "update user_session set expires_at = now() - interval '1 second' where user_id = $1", person.user_id
    )
    assert (await person.get("/me")).status_code == 401
    await stand.admin.execute(
        "update user_session set expires_at = now() + interval '1 day' where user_id = $1", person.user_id
    )


def _ids(stand: Stand) -> list[UUID]:
    return [row["id"] for row in stand.victim.rows.values() if isinstance(row.get("id"), UUID)]


async def _hiding(stand: Stand, person: Person, operation: Operation, ids: Ids, place: Field, *, value: UUID) -> Seen:
    """What is seen of an answer that may say back what it was asked, without it."""
    seen = await probe(stand, person, operation, ids, body=operation.body_with(place, str(value)))
    return replace(seen, text=seen.text.replace(str(value), ""))
