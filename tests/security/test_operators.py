"""The server's operator, let in by an organisation: what no visit reaches, whatever its role, and whom it meets not."""

from functools import partial
from typing import get_args
from uuid import uuid4

from chatter.tenancy.schemas import SupportRole
from tests.people import Person, sign_up
from tests.security.sending import alike, ids_of, probe, unlike, with_ids
from tests.security.stand import Stand
from tests.security.world import digest
from tests.tenancy.support import enter, granted, link_to, visiting

OWN = {"GetMe", "GetSession", "SignOut", "GetOrganization", "GetAccessPolicy"}
"""What any visit may do: see where it is and what it may do, and end."""
READ = {
    *("GetOverview", "ListDocuments", "GetDocument", "DownloadDocument", "ListPages", "ListChunks", "GetPassage"),
    *(
        "Search",
        "ListConversations",
        "ListOthersConversations",
        "GetConversation",
        "ListMessages",
        "GetRun",
        "StreamRunEvents",
        "CompareRuns",
        "GetRunTimeline",
        "ListRunCheckpoints",
        "GetToolCall",
        "GetRunRetention",
        "GetQueue",
    ),
    *("ListMembers", "ListInvitations", "ListTeams", "GetTeam", "ListDomains", "ListRateLimits"),
    "ListWebOrigins",
    *(
        "ListProviders",
        "GetProvider",
        "ListModels",
        "GetModelAudience",
        "GetProviderHealth",
        "GetUsage",
        "ListModelCalls",
        "GetReceipt",
        "ListTools",
    ),
    *("ListPermissions", "ListRoles", "GetRole", "ExplainAccess"),
    *("ListAuditEvents", "GetAuditEvent", "GetAuditHead", "ExportAuditEvents", "TailAuditEvents", "GetAuditSink"),
}
"""What a visit may look at, as far as its role does."""
CHANGE = {"UpdateOrganization", "AddModel", "UpdateModel", "ChooseDefaultModel"}
CHANGE |= {"SetModelPrice", "SetModelAudience", "ChooseFallbackModels"}
"""What a visit may change, as far as its role does: nothing that lets anybody in, hands anything on or ends it."""


async def test_whatever_its_role_a_visit_is_refused_all_but_what_is_written_here(stand: Stand) -> None:
    kept = await digest(stand.admin, stand.victim)
    for role in get_args(SupportRole):
        operator = await visiting(stand.services.database, stand.victim.person, role=role)
        for operation in stand.operations:
            if stand.handlers[operation.name].opt.get("public") or operation.name in OWN | READ | CHANGE:
                continue
            seen = await probe(stand, operator, operation, ids_of(operation, stand.victim))
            assert (seen.status, "operator_refused" in seen.text) == (403, True), (role, operation.name, seen.text)
    noted = {"audit_event", "audit_seal", "support_grant", "support_visit", "outbox", "job", "access_version"}
    after = await digest(stand.admin, stand.victim)
    assert {table: value for table, value in after.items() if table not in noted} == {
        table: value for table, value in kept.items() if table not in noted
    }


async def test_what_is_written_here_is_open_to_an_admins_visit_and_is_there(stand: Stand) -> None:
    operator = await visiting(stand.services.database, stand.attacker.person)
    names = {operation.name: operation for operation in stand.operations}
    assert names.keys() >= OWN | READ | CHANGE
    for name in sorted((READ | CHANGE | OWN) - {"TailAuditEvents", "SignOut"}):
        seen = await probe(stand, operator, names[name], dict.fromkeys(names[name].parameters, uuid4()))
        assert seen.status not in {401, 403}, (name, seen.text)


async def test_a_visit_meets_another_organisations_ids_as_ids_that_never_existed(either: Stand) -> None:
    operator = await visiting(either.services.database, either.attacker.person)
    before = await digest(either.admin, either.victim)
    for operation in with_ids(either):
        if operation.name in READ | CHANGE:
            ids = ids_of(operation, either.victim)
            ask = partial(probe, either, operator, operation)
            foreign = await alike(partial(ask, unlike(ids, either.attacker)), partial(ask, ids))
            assert foreign.status == 404, operation.name
    assert await digest(either.admin, either.victim) == before


async def test_a_visit_to_one_organisation_opens_no_other(stand: Stand) -> None:
    operator = await visiting(stand.services.database, stand.attacker.person)
    theirs = stand.victim.person.organization_id
    own = stand.attacker.person.organization_id.hex
    forged = Person(operator.client, operator.token.replace(own, theirs.hex), uuid4(), theirs, "")
    nonsense = Person(operator.client, operator.token.replace(own, "0" * 31), uuid4(), theirs, "")
    named = {"Chatter-Organization": str(theirs)}
    never = {"Chatter-Organization": str(uuid4())}
    for operation in stand.operations:
        if operation.name in READ - {"TailAuditEvents"}:
            ids = ids_of(operation, stand.victim)
            ask = partial(probe, stand, operator, operation, ids)
            foreign = await alike(partial(ask, headers=never), partial(ask, headers=named))
            assert foreign.status == 401, operation.name
            for person in (forged, nonsense):
                assert (await probe(stand, person, operation, ids)).status == 401, operation.name


async def test_a_person_does_not_pass_for_an_operator_by_the_form_of_a_token(stand: Stand) -> None:
    person = stand.attacker.person
    dressed = f"chatter_op_{stand.victim.person.organization_id.hex}_{person.token}"
    stand.attacks += 1
    assert (await Person(person.client, dressed, uuid4(), uuid4(), "").get("/me")).status_code == 401


async def test_a_link_is_worth_nothing_in_another_organisation_nor_a_second_time(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    await granted(owner)
    link = await link_to(stand.services.database, owner.organization_id)
    answers = []
    for organization_id in (stand.victim.person.organization_id, uuid4()):
        body = {"organization_id": str(organization_id), "token": link}
        stand.attacks += 1
        answers.append(await owner.client.post("/api/v1/support/enter", json=body))
    await enter(owner, link)
    stand.attacks += 1
    body = {"organization_id": str(owner.organization_id), "token": link}
    answers.append(await owner.client.post("/api/v1/support/enter", json=body))
    shown = {(answer.status_code, answer.text.replace(answer.headers["x-request-id"], "")) for answer in answers}
    assert len(shown) == 1, shown
    assert answers[0].status_code == 404


async def test_a_grant_that_was_revoked_opens_neither_its_visits_nor_its_links(stand: Stand) -> None:
    owner = await sign_up(stand.attacker.person.client)
    grant = await granted(owner)
    operator = await enter(owner, await link_to(stand.services.database, owner.organization_id))
    unused = await link_to(stand.services.database, owner.organization_id)
    assert (await operator.get("/documents")).status_code == 200
    assert (await owner.delete(f"/support-grants/{grant}")).status_code == 204
    stand.attacks += 2
    assert (await operator.get("/documents")).status_code == 401
    body = {"organization_id": str(owner.organization_id), "token": unused}
    assert (await owner.client.post("/api/v1/support/enter", json=body)).status_code == 404
