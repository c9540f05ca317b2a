"""Programs of people: whoever holds a token or a key attacks like the person behind it, and as far as it was let."""

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from chatter.identity.events import MemberSignedOut, OtherSessionsRevoked
from chatter.kit.events import Event, Listener
from chatter.oauth.clients import registered
from chatter.oauth.listeners import LISTENERS
from chatter.oauth.schemas import CLI_CLIENT_ID
from tests.oauth.app import READ, App
from tests.people import Person, sign_up
from tests.security.operations import Operation
from tests.security.sending import Seen, alike, allowed, foreign_ids, ids_of, probe, unlike, with_ids
from tests.security.stand import Stand
from tests.security.world import MARKER, digest

CALLBACK = "http://127.0.0.1:8765/callback"


async def test_an_app_finds_a_foreign_id_as_one_that_never_existed(stand: Stand) -> None:
    before = await digest(stand.admin, stand.victim)
    for role in ("owner", "editor", "viewer"):
        app = await _let_in(stand.cast.outsiders[role])
        for operation in with_ids(stand):
            for ids in foreign_ids(operation, stand.victim, stand.attacker):
                never = partial(probe, stand, app, operation, unlike(ids, stand.attacker))
                foreign = await alike(never, partial(probe, stand, app, operation, ids))
                assert foreign.status == (404 if _may(stand, role, operation) else 403), (role, operation.name)
    assert await digest(stand.admin, stand.victim) == before


async def test_an_app_opens_no_other_organisation_than_the_one_it_was_let_into(stand: Stand) -> None:
    app = await _let_in(stand.attacker.person)
    theirs = {"Chatter-Organization": str(stand.victim.person.organization_id)}
    nobodys = {"Chatter-Organization": str(uuid4())}
    for operation in stand.operations:
        if not stand.handlers[operation.name].opt.get("public"):
            ask = partial(probe, stand, app, operation, ids_of(operation, stand.victim))
            foreign = await alike(partial(ask, headers=nobodys), partial(ask, headers=theirs))
            assert (foreign.status, MARKER in foreign.text) == (401, False), operation.name


async def test_what_is_for_people_refuses_an_app(stand: Stand) -> None:
    app = await _let_in(stand.attacker.person)
    for operation in stand.operations:
        if stand.handlers[operation.name].opt.get("people_only"):
            seen = await probe(stand, app, operation, ids_of(operation, stand.attacker))
            assert (seen.status, "people_only" in seen.text) == (403, True), operation.name


async def test_a_token_costs_the_database_what_a_session_costs(stand: Stand) -> None:
    editor = stand.cast.outsiders["editor"]
    documents = next(operation for operation in stand.operations if operation.name == "ListDocuments")
    app = await _let_in(editor)

    async def ask(person: Person) -> Seen:
        """Without the headers, which tell a program and a person of limits of their own."""
        return replace(await probe(stand, person, documents, {}), headers=())

    assert (await alike(partial(ask, editor), partial(ask, app))).status == 200


async def test_a_person_in_two_organisations_has_programs_in_each_that_the_other_does_not_show(either: Stand) -> None:
    client = either.attacker.person.client
    person, host = await sign_up(client), await sign_up(client)
    await host.welcome(person, role="admin")
    there = replace(
        person, organization_id=host.organization_id, extra={"Chatter-Organization": str(host.organization_id)}
    )
    app = await _let_in(there)
    assert (await there.post("/me/keys", json={"name": MARKER})).status_code == 201
    for path in ("/me/apps", "/me/keys", "/keys"):
        either.attacks += 1
        assert len((await there.get(path)).json()["items"]) == 1, path
        assert (await person.get(path)).json()["items"] == [], path
    assert (await app.get("/documents")).status_code == 200


async def test_a_grant_counts_the_connections_of_its_own_organisation(either: Stand) -> None:
    """The twin's grant has the id of the attacker's."""
    grant_id = str(either.attacker.id_of("oauth_grant"))
    shown = (await either.attacker.person.get("/me/apps")).json()["items"]
    either.attacks += 1
    assert [app["connections"] for app in shown if app["id"] == grant_id] == [1]


async def test_an_app_is_not_renewed_for_whoever_is_a_member_elsewhere_alone(either: Stand) -> None:
    client = either.attacker.person.client
    person, host = await sign_up(client), await sign_up(client)
    await host.welcome(person, role="admin")
    there = replace(
        person, organization_id=host.organization_id, extra={"Chatter-Organization": str(host.organization_id)}
    )
    app = App(client, CLI_CLIENT_ID, CALLBACK)
    tokens = await app.connected(there, scope="")
    await host.post(f"/members/{person.user_id}/suspend")
    either.attacks += 1
    assert (await app.refresh(tokens["refresh_token"])).status_code == 400
    await host.post(f"/members/{person.user_id}/reactivate")
    assert (await app.refresh(tokens["refresh_token"])).status_code == 200


async def test_whoever_is_signed_out_of_one_organisation_keeps_their_programs_in_another(either: Stand) -> None:
    client = either.attacker.person.client
    person, host = await sign_up(client), await sign_up(client)
    await host.welcome(person, role="admin")
    there = replace(
        person, organization_id=host.organization_id, extra={"Chatter-Organization": str(host.organization_id)}
    )
    here_app, there_app, hosts = await _let_in(person), await _let_in(there), await _let_in(host)
    for event in (MemberSignedOut(user_id=person.user_id), OtherSessionsRevoked(user_id=person.user_id, bound=True)):
        await _hear(either, host.organization_id, event)
        either.attacks += 1
        assert [(await app.get("/documents")).status_code for app in (here_app, there_app, hosts)] == [200, 401, 200]
        there_app = await _let_in(there)
    await _hear(either, host.organization_id, OtherSessionsRevoked(user_id=person.user_id))
    assert [(await app.get("/documents")).status_code for app in (here_app, there_app, hosts)] == [401, 401, 200]


async def test_a_person_is_not_signed_out_where_a_grant_has_the_id_of_theirs(either: Stand) -> None:
    """The twin's grant has the id of the attacker's."""
    twin, person = either.twin, either.attacker.rows["oauth_grant"]["user_id"]
    before = await digest(either.admin, twin)
    either.attacks += 1
    await _hear(either, twin.person.organization_id, MemberSignedOut(user_id=person))
    assert await digest(either.admin, twin) == before


async def test_nobody_sees_takes_back_or_answers_for_a_colleagues_programs(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    colleague = await owner.colleague("admin")
    app = await _let_in(owner)
    key = (await owner.post("/me/keys", json={"name": "Mine"})).json()["key"]
    (known,) = (await owner.get("/me/apps")).json()["items"]
    shown = await App(owner.client, CLI_CLIENT_ID, CALLBACK).asked(colleague, scope="")
    stand.attacks += 5
    assert shown.json()["allowed_before"] is False
    for kind, own in (("apps", known["id"]), ("keys", key["id"])):
        assert (await colleague.get(f"/me/{kind}")).json()["items"] == []
        assert (await colleague.delete(f"/me/{kind}/{own}")).status_code == 404
    assert (await app.get("/documents")).status_code == 200
    assert (await owner.get("/me/keys")).json()["items"][0]["state"] == "active"


async def test_a_narrowed_key_does_what_it_was_given_and_nothing_beside(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    made = (await owner.post("/me/keys", json={"name": "Reader", "scopes": [READ]})).json()
    reader = replace(owner, token=made["secret"])
    stand.attacks += 3
    for path, status in (("/documents", 200), ("/members", 403), ("/access/shared", 403)):
        assert (await reader.get(path)).status_code == status, path
    refused = await reader.post("/invitations", json={"email": "x@example.test", "role": "viewer"})
    assert refused.json()["code"] == "scope_missing"


async def test_a_key_that_is_bound_to_addresses_opens_nothing_from_others(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    for network, status in (("127.0.0.0/8", 200), ("10.0.0.0/8", 403)):
        made = (await owner.post("/me/keys", json={"name": "Bound", "addresses": [network]})).json()
        stand.attacks += 1
        told = {"X-Forwarded-For": "10.0.0.1"}
        assert (await replace(owner, token=made["secret"]).get("/documents", headers=told)).status_code == status


async def test_an_app_that_this_server_did_not_register_is_nobody(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    forged = registered("another server's secret, of some length", name="x", redirect_uris=[CALLBACK], issued_at=1)
    stand.attacks += 2
    assert (await App(owner.client, forged.id, CALLBACK).asked(owner)).json()["code"] == "app_request_invalid"
    started = await owner.client.post("/api/v1/oauth/device", data={"client_id": forged.id})
    assert (started.status_code, started.json()["error"]) == (401, "invalid_client")


async def test_a_devices_code_is_answered_once_and_another_is_nobodys(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    codes = (await owner.client.post("/api/v1/oauth/device", data={"client_id": CLI_CLIENT_ID})).json()
    shown = (await owner.post("/oauth/device/asked", json={"user_code": codes["user_code"]})).json()
    body = {"user_code": codes["user_code"], "consent": shown["consent"]}
    assert (await owner.post("/oauth/device/allow", json=body)).status_code == 200
    for code in (codes["user_code"], "BBBB-BBBB", "x"):
        stand.attacks += 1
        answer = await owner.post("/oauth/device/asked", json={"user_code": code})
        assert (answer.status_code, answer.json()["code"]) == (404, "device_code_unknown"), code


async def test_the_word_of_a_page_is_of_one_person_in_one_organisation(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    colleague, app = await owner.colleague("admin"), App(owner.client, CLI_CLIENT_ID, CALLBACK)
    shown = (await app.asked(owner, scope="")).json()
    body = {"request": app.request(scope=""), "consent": shown["consent"]}
    stand.attacks += 2
    assert (await colleague.post("/oauth/allow", json=body)).status_code == 409
    granted = "select count(*) from oauth_grant where tenant_id = $1"
    assert await stand.admin.fetchval(granted, owner.organization_id) == 0
    assert [(await owner.post("/oauth/allow", json=body)).status_code for _ in range(2)] == [200, 409]


async def _hear(stand: Stand, tenant_id: UUID, event: Event) -> None:
    """What the relay does with an event of this organisation."""
    listeners: tuple[Listener[Any], ...] = LISTENERS
    for listener in listeners:
        if listener.event is type(event):
            await listener.handle(stand.services, tenant_id, event)


async def _let_in(person: Person) -> Person:
    """What holds a token of the person, with all that they may do."""
    tokens = await App(person.client, CLI_CLIENT_ID, CALLBACK).connected(person, scope="")
    return Person(person.client, str(tokens["access_token"]), person.user_id, UUID(int=0), "")


def _may(stand: Stand, role: str, operation: Operation) -> bool:
    """What asks for a proof of who it is refuses a program like what is for people."""
    opt = stand.handlers[operation.name].opt
    return allowed(stand, role, operation) and not opt.get("people_only") and not opt.get("recent")
