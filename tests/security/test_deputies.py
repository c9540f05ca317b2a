"""Confused deputies: requests that are allowed, and would do somebody else's will."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.people import PASSWORD, Person, sign_in, sign_up
from tests.rbac.library import add_document
from tests.security.sending import ids_of, table_of
from tests.security.stand import Stand
from tests.security.world import MARKER, digest


async def test_a_role_that_was_taken_away_allows_nothing_more_at_once(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    colleague = await owner.colleague("admin")
    assert (await colleague.patch("/organization", json={"name": "Ours"})).status_code == 200
    changed = await owner.patch(f"/members/{colleague.user_id}", json={"role": "viewer"})
    assert changed.status_code == 200, changed.text
    stand.attacks += 1
    assert (await colleague.patch("/organization", json={"name": "Mine"})).status_code == 403
    assert (await colleague.get("/me")).json()["role"] == "viewer"


async def test_a_membership_that_has_ended_opens_nothing_more_at_once(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    colleague = await owner.colleague("admin")
    conversation = (await colleague.post("/conversations", json={"title": "Ours"})).json()["id"]
    removed = await owner.delete(f"/members/{colleague.user_id}")
    assert removed.status_code == 204, removed.text
    for path in ("/me", "/documents", f"/conversations/{conversation}"):
        stand.attacks += 1
        assert (await colleague.get(path)).status_code == 401, path
    assert (await owner.get("/me")).status_code == 200


async def test_a_changed_password_ends_every_other_session(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    other = await sign_in(owner.client, email=owner.email)
    body = {"current": PASSWORD, "new": "another long password"}
    assert (await owner.post("/me/password", json=body)).status_code == 204
    stand.attacks += 1
    assert ((await other.get("/me")).status_code, (await owner.get("/me")).status_code) == (401, 200)


async def test_a_session_alone_does_not_change_the_password(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    body = {"current": "not the present one", "new": "another long password"}
    stand.attacks += 1
    assert (await owner.post("/me/password", json=body)).status_code in {401, 403}
    await sign_in(owner.client, email=owner.email)


async def test_a_session_that_was_ended_opens_nothing_more(stand: Stand) -> None:
    person = await sign_up(stand.attacker.person.client)
    assert (await person.post("/auth/sign-out")).status_code == 204
    stand.attacks += 1
    assert (await person.get("/me")).status_code == 401


async def test_an_administrator_can_not_make_touch_or_remove_an_owner(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    admin, member = await owner.colleague("admin"), await owner.colleague("member")
    attempts = [
        await admin.patch(f"/members/{owner.user_id}", json={"role": "viewer"}),
        await admin.delete(f"/members/{owner.user_id}"),
        await admin.patch(f"/members/{member.user_id}", json={"role": "owner"}),
        await admin.patch(f"/members/{admin.user_id}", json={"role": "owner"}),
        await admin.post("/invitations", json={"email": f"{uuid4().hex}@example.test", "role": "owner"}),
    ]
    stand.attacks += len(attempts)
    assert [answer.status_code for answer in attempts] == [403] * len(attempts)


async def test_the_last_owner_can_not_be_removed(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    stand.attacks += 2
    assert (await owner.delete(f"/members/{owner.user_id}")).status_code == 409
    assert (await owner.patch(f"/members/{owner.user_id}", json={"role": "admin"})).status_code == 409


async def test_a_cookie_does_not_act_for_a_page_of_another_site(stand: Stand) -> None:
    person = stand.attacker.person
    cookie = {"Cookie": f"chatter_session={person.token}"}
    for headers in (
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        stand.attacks += 1
        answer = await person.client.patch(
            "/api/v1/organization", json={"name": "Theirs"}, headers={**cookie, **headers}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin"), headers
    own = await person.client.patch(
        "/api/v1/organization", json={"name": "Intruders"}, headers={**cookie, "Origin": "http://chatter.test"}
    )
    assert own.status_code == 200, own.text


async def test_a_name_that_another_tenant_has_taken_is_as_free_as_any(stand: Stand) -> None:
    """Uniqueness within a tenant must not tell of other tenants."""
    person = await sign_up(stand.attacker.person.client)
    files = [("files", (f"{MARKER}.txt", b"the same bytes"))]
    await stand.victim.person.post("/documents", files=files)
    stand.attacks += 2
    uploaded = (await person.post("/documents", files=files)).json()["items"][0]
    assert (uploaded["duplicate"], uploaded["document"]["name"]) == (False, f"{MARKER}.txt")
    provider = {"kind": "custom", "name": stand.victim.rows["provider"]["name"], "base_url": "https://1.1.1.1/v1"}
    created = await person.post("/providers", json=provider)
    assert created.status_code == 201, created.text


async def test_an_idempotency_key_of_another_tenant_replays_nothing(stand: Stand) -> None:
    """The key is looked for in the asker's own conversation."""
    for world in (stand.victim, stand.twin):
        transaction = stand.admin.transaction()
        await transaction.start()
        try:
            stand.attacks += 1
            verdict = await stand.admin.fetchval(
                OPEN_TURN,
                *(stand.attacker.person.organization_id, stand.attacker.person.user_id),
                *(stand.attacker.id_of("conversation"), world.rows["message"]["idempotency_key"]),
            )
            assert verdict == "opened"
        finally:
            await transaction.rollback()


async def test_nobody_sends_what_waits_in_the_conversation_of_somebody_else(stand: Stand) -> None:
    """Not even what they would have put there themselves, nor what its owner before them left there."""
    own, user_id = stand.attacker.person, uuid4()
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        await stand.admin.execute("update message set state = 'cancelled' where tenant_id = $1", own.organization_id)
        for asker, author, sent in (
            (user_id, user_id, False),
            (own.user_id, user_id, False),
            (own.user_id, own.user_id, True),
        ):
            stand.attacks += not sent
            await stand.admin.execute(
                "update queued_message set owner_id = $2, idempotency_key = null where tenant_id = $1",
                *(own.organization_id, author),
            )
            run_id = await stand.admin.fetchval(
                "select chat_send_next($1, $2, $3, true)",
                *(own.organization_id, asker, stand.attacker.id_of("conversation")),
            )
            assert (run_id is not None) == sent
    finally:
        await transaction.rollback()


async def test_what_is_counted_counts_only_ones_own(either: Stand) -> None:
    person = await sign_up(either.attacker.person.client)
    either.attacks += 1
    overview = (await person.get("/overview")).json()
    assert overview.pop("members_total") == 1
    assert [figure for figure in _figures(overview) if figure != 0] == []


async def test_two_organisations_of_one_person_stay_apart(either: Stand) -> None:
    """One session, two organisations: each request acts in the one that it names."""
    guest = await sign_up(either.attacker.person.client, organization="Guests")
    host = await sign_up(either.attacker.person.client, organization="Hosts")
    await _join(either.admin, host, guest.user_id)
    there = Person(
        guest.client, guest.token, guest.user_id, host.organization_id, guest.email,
        {"Chatter-Organization": str(host.organization_id)},
    )  # fmt: skip
    conversation = (await there.post("/conversations", json={"title": "There"})).json()["id"]
    here = Person(
        guest.client, guest.token, guest.user_id, guest.organization_id, guest.email,
        {"Chatter-Organization": str(guest.organization_id)},
    )  # fmt: skip
    either.attacks += 3
    assert (await there.get(f"/conversations/{conversation}")).status_code == 200
    assert (await here.get(f"/conversations/{conversation}")).status_code == 404
    assert (await here.delete(f"/conversations/{conversation}")).status_code == 404
    assert (await here.get("/conversations")).json()["items"] == []
    acting = [(await person.get("/me")).json()["organization"]["id"] for person in (here, there)]
    assert acting == [str(guest.organization_id), str(host.organization_id)]


async def test_an_organisation_that_is_no_id_is_refused(stand: Stand) -> None:
    for named in ("nonsense", "' or true --", MARKER):
        stand.attacks += 1
        answer = await stand.attacker.person.get("/organization", headers={"Chatter-Organization": named})
        assert answer.status_code == 401, named


@pytest.mark.parametrize("role", ["editor", "member", "viewer", "billing", "auditor"])
async def test_only_administrators_read_the_keys_of_providers_or_change_them(stand: Stand, role: str) -> None:
    stand.attacks += 1
    answer = await stand.cast.insiders[role].post("/providers", json={"kind": "custom", "name": "x", "base_url": "x"})
    assert answer.status_code == 403


async def test_who_only_sees_a_document_or_a_collection_neither_moves_nor_fills_nor_changes_it(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    author, colleague = await owner.colleague("editor"), await owner.colleague("editor")
    theirs, own = await _uploaded(author, "theirs.txt"), await _uploaded(colleague, "own.txt")
    opened, mine = await _collected(author), await _collected(colleague)
    attempts = [
        await colleague.post("/documents/move", json={"document_ids": [theirs], "collection_id": mine}),
        await colleague.post("/documents/move", json={"document_ids": [own, theirs], "collection_id": None}),
        await colleague.post("/documents/move", json={"document_ids": [own], "collection_id": opened}),
        await colleague.post(f"/documents?collection_id={opened}", files=[("files", ("a.txt", b"a"))]),
        await colleague.patch(f"/collections/{opened}", json={"name": "Mine"}),
        await colleague.patch(f"/collections/{opened}", json={"visibility": "restricted"}),
        await colleague.delete(f"/collections/{opened}"),
        await colleague.delete(f"/collections/{opened}?documents=delete"),
    ]
    stand.attacks += len(attempts)
    assert [answer.status_code for answer in attempts] == [403] * len(attempts)
    assert (await author.get(f"/documents?collection_id={opened}")).json()["items"] == []
    assert (await colleague.get(f"/documents/{own}")).json()["collection_id"] is None


async def test_what_is_hidden_from_somebody_they_neither_move_nor_fill_nor_ask(stand: Stand) -> None:
    """A colleague's, another organisation's, and what never existed: all are absent."""
    owner = await sign_up(stand.attacker.person.client)
    author, colleague = await owner.colleague("editor"), await owner.colleague("editor")
    kept = await _collected(author, visibility="restricted")
    inside = await _uploaded(author, "inside.txt", into=kept)
    own, mine = await _uploaded(colleague, "own.txt"), await _collected(colleague)
    talk = (await colleague.post("/conversations", json={})).json()["id"]
    for document in (inside, stand.victim.id_of("document"), uuid4()):
        stand.attacks += 1
        moved = await colleague.post("/documents/move", json={"document_ids": [str(document)], "collection_id": mine})
        assert moved.status_code == 404
    for collection in (kept, stand.victim.id_of("collection"), uuid4()):
        chosen = {"collection_ids": [str(collection)]}
        answers = [
            await colleague.post("/documents/move", json={"document_ids": [own], "collection_id": str(collection)}),
            await colleague.post("/conversations", json=chosen),
            await colleague.patch(f"/conversations/{talk}", json=chosen),
            await colleague.patch(f"/collections/{collection}", json={"name": "Mine"}),
        ]
        stand.attacks += len(answers)
        assert [answer.status_code for answer in answers] == [404] * len(answers)
    for collection in (stand.victim.id_of("collection"), uuid4()):
        stand.attacks += 1
        body = {"document_ids": [own], "collection_id": str(collection)}
        assert (await owner.post("/documents/move", json=body)).status_code == 404


async def test_what_is_hidden_from_somebody_is_not_found_and_what_is_open_is(stand: Stand) -> None:
    """Restricted by itself or by its collection, its owner and its collection's find it; others find the rest."""
    owner = await sign_up(stand.attacker.person.client)
    author, keeper, colleague = [await owner.colleague("editor") for _ in range(3)]
    opened, kept = await _collected(keeper), await _collected(keeper, visibility="restricted")
    places = {
        "open": ("organization", None),
        "in an open one": ("organization", opened),
        "alone": ("restricted", None),
        "restricted in an open one": ("restricted", opened),
        "in a restricted one": ("organization", kept),
    }
    tenant = owner.organization_id
    for text, (visibility, collection) in places.items():
        made = await add_document(stand.admin, tenant, author.user_id, text=f"quokka {text}", visibility=visibility)
        await stand.admin.execute(
            "update document set collection_id = $3 where tenant_id = $1 and id = $2",
            *(tenant, made.document_id, UUID(collection) if collection else None),
        )
    everybodys = {"quokka open", "quokka in an open one"}
    for person, found in (
        (author, {f"quokka {text}" for text in places}),
        (keeper, everybodys | {"quokka restricted in an open one", "quokka in a restricted one"}),
        (colleague, everybodys),
    ):
        stand.attacks += 1
        assert await _found(stand, tenant, person.user_id) == found
    grant = {"resource_kind": "collection", "resource_id": kept, "subject_kind": "user", "level": "view"}
    assert (await keeper.post("/grants", json=grant | {"subject_id": str(colleague.user_id)})).status_code == 201
    assert await _found(stand, tenant, colleague.user_id) == everybodys | {"quokka in a restricted one"}


async def test_who_only_sees_what_a_collection_restricts_does_not_delete_it(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    author, colleague = await owner.colleague("editor"), await owner.colleague("editor")
    kept = await _collected(author, visibility="restricted")
    inside = await _uploaded(author, "inside.txt", into=kept)
    grant = {"resource_kind": "collection", "resource_id": kept, "subject_kind": "user", "level": "view"}
    assert (await author.post("/grants", json=grant | {"subject_id": str(colleague.user_id)})).status_code == 201
    stand.attacks += 1
    assert (await colleague.delete(f"/documents/{inside}")).status_code == 403
    assert (await author.get(f"/documents/{inside}")).status_code == 200


async def test_what_a_conversation_asks_is_chosen_by_its_owner_and_told_to_nobody_else(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    author, colleague = await owner.colleague("editor"), await owner.colleague("editor")
    opened = await _collected(author)
    talk = (await author.post("/conversations", json={"collection_ids": [opened]})).json()["id"]
    shared = {"resource_kind": "conversation", "resource_id": talk, "subject_kind": "user", "level": "manage"}
    assert (await author.post("/grants", json=shared | {"subject_id": str(colleague.user_id)})).status_code == 201
    stand.attacks += 2
    shown = (await colleague.get(f"/conversations/{talk}")).json()
    assert (shown["owned"], shown["collection_ids"]) == (False, [])
    assert (await colleague.patch(f"/conversations/{talk}", json={"collection_ids": []})).status_code == 403
    assert (await author.get(f"/conversations/{talk}")).json()["collection_ids"] == [opened]


async def test_an_explanation_says_of_nobody_else_that_a_thing_or_what_it_is_in_belongs_to_them(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    author, colleague = await owner.colleague("editor"), await owner.colleague("editor")
    inside = await _uploaded(author, "inside.txt", into=await _collected(author))
    for person, kinds in ((author, ["owner"]), (colleague, ["organization"])):
        asked = {"user_id": str(person.user_id), "resource_kind": "document", "resource_id": inside}
        stand.attacks += 1
        reasons = (await owner.get("/access/explain", params=asked)).json()["reasons"]
        assert [reason["kind"] for reason in reasons] == kinds


async def test_a_level_that_was_kept_is_not_used_after_the_grant_is_taken_back(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    author, colleague = await owner.colleague("editor"), await owner.colleague("editor")
    kept = await _collected(author, visibility="restricted")
    inside = await _uploaded(author, "inside.txt", into=kept)
    grant = {"resource_kind": "collection", "resource_id": kept, "subject_kind": "user", "level": "manage"}
    made = (await author.post("/grants", json=grant | {"subject_id": str(colleague.user_id)})).json()
    for _ in range(2):  # the second is decided without asking
        opened = await colleague.patch(f"/documents/{inside}", json={"visibility": "organization"})
        assert opened.status_code == 200
    assert (await author.delete(f"/grants/{made['id']}")).status_code == 204
    stand.attacks += 2
    assert (await colleague.patch(f"/documents/{inside}", json={"visibility": "restricted"})).status_code == 404
    assert (await colleague.patch(f"/collections/{kept}", json={"name": "Mine"})).status_code == 404


SEARCH = "select content from search_chunks($1, 'quokka', $2::text::halfvec, 'model', 20)"
OPEN_TURN = """
select verdict from chat_open_turn($1, $2, $3, null, $4, 'a question', 'a title', gen_random_uuid(), gen_random_uuid(),
    gen_random_uuid(), 'model', null, 'holder', 30, 'request', 'owner', gen_random_uuid(), 'action',
    gen_random_uuid(), gen_random_uuid(), 'event', '{}', 'dana@acme.test', null, 'user', null, 'digest', '{}')
"""


async def _found(stand: Stand, tenant_id: UUID, user_id: UUID) -> set[str]:
    async with stand.admin.transaction():
        await stand.admin.execute("select set_config('app.tenant_id', $1, true)", str(tenant_id))
        rows = await stand.admin.fetch(SEARCH, user_id, str([0.1] * 384))
    return {row["content"] for row in rows}


async def _uploaded(person: Person, name: str, *, into: str | None = None) -> str:
    where = f"/documents?collection_id={into}" if into else "/documents"
    answer = await person.post(where, files=[("files", (name, f"{name} of {person.email}".encode()))])
    document_id: str = answer.json()["items"][0]["document"]["id"]
    return document_id


async def _collected(person: Person, *, visibility: str = "organization") -> str:
    answer = await person.post("/collections", json={"name": "Shelf", "visibility": visibility})
    assert answer.status_code == 201, answer.text
    collection_id: str = answer.json()["id"]
    return collection_id


def _figures(value: Any) -> Iterator[int]:
    """Every number in an answer."""
    if isinstance(value, int):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _figures(inner)


async def _join(admin: asyncpg.Connection, host: Person, user_id: UUID) -> None:
    await admin.execute(
        "insert into membership (tenant_id, user_id, role) values ($1, $2, 'editor')", host.organization_id, user_id
    )


async def test_an_administrator_who_may_list_titles_sees_those_of_their_own_organisation_only(either: Stand) -> None:
    """The names beside them too: whoever owns a conversation is looked for among the organisation's own people."""
    await _let_administrators_read(either, allowed=True)
    try:
        person = either.cast.outsiders["admin"]
        for query in ("", f"?owner_id={either.victim.id_of('app_user')}", "?limit=100"):
            either.attacks += 1
            answer = await person.get(f"/conversations/others{query}")
            assert (answer.status_code, MARKER in answer.text) == (200, False)
            assert str(either.victim.id_of("conversation")) not in answer.text
        assert "INTRUDER" in (await person.get("/conversations/others")).text, "it lists what is their own"
    finally:
        await _let_administrators_read(either, allowed=False)


async def test_the_fields_of_a_form_open_nothing_of_the_victim_and_move_nothing_to_it(either: Stand) -> None:
    """Those that the form declares, and those that it does not know: ids of every table, and the organisation's."""
    before = await digest(either.admin, either.victim)
    operations = [operation for operation in either.operations if operation.form is not None]
    assert {operation.name for operation in operations} >= {"UploadDocuments"}
    for operation in operations:
        rows = {table: row["id"] for table, row in either.victim.rows.items() if isinstance(row.get("id"), UUID)}
        theirs = {f"{table}_id": str(value) for table, value in rows.items()}
        theirs |= {name: str(rows[table_of(name, either.victim) or ""]) for name in operation.form or ()}
        theirs["owner_id"] = theirs["created_by"] = str(either.victim.person.user_id)
        theirs["tenant_id"] = str(either.victim.person.organization_id)
        answers = []
        for fields in (dict.fromkeys(theirs, str(uuid4())), theirs):
            either.attacks += 1
            files = [("files", (f"{uuid4().hex}.txt", uuid4().bytes))]
            address = operation.address(ids_of(operation, either.attacker))
            answers.append(await either.attacker.person.call(operation.method, address, data=fields, files=files))
        never, foreign = answers
        assert foreign.status_code == never.status_code < 500, (operation.name, foreign.text)
        assert not any(value in foreign.text for value in (MARKER, *theirs.values())), operation.name
    assert await digest(either.admin, either.victim) == before


async def _let_administrators_read(stand: Stand, *, allowed: bool) -> None:
    await stand.admin.execute(
        "update access_policy set admins_read_conversations = $2 where tenant_id = $1",
        *(stand.attacker.person.organization_id, allowed),
    )
