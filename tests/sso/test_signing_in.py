"""Signing in through an organisation's own provider, when the provider is honest."""

from uuid import UUID, uuid4

import asyncpg
import httpx

from tests.people import Person, sign_up
from tests.sso.company import Company, found_company
from tests.sso.evil_provider import EvilProvider


async def me(client: httpx.AsyncClient, token: str, organization_id: UUID | None = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"}
    if organization_id:
        headers["Chatter-Organization"] = str(organization_id)
    return await client.get("/api/v1/me", headers=headers)


async def test_a_new_person_of_the_domain_becomes_a_member_and_is_signed_in(company: Company) -> None:
    answer = await company.sign_in()
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["email"] == f"dana@{company.domain}"
    mine = (await me(company.owner.client, answer.json()["token"])).json()
    assert (mine["organization"]["id"], mine["role"]) == (str(company.owner.organization_id), "member")


async def test_the_same_subject_is_the_same_person_next_time_whatever_their_address_is_then(company: Company) -> None:
    first = (await company.sign_in()).json()["user"]["id"]
    company.provider.email = "renamed@elsewhere.test"
    assert (await company.sign_in()).json()["user"]["id"] == first


async def test_a_browser_is_sent_on_with_a_session_cookie(company: Company) -> None:
    browser = company.browser()
    back = await browser.get(company.provider.sign_in(await company.depart(browser)), accept="text/html")
    assert (back.status_code, back.headers["location"]) == (303, "/")
    assert "HttpOnly" in back.headers["set-cookie"]
    assert (await me(company.owner.client, browser.cookies["chatter_session"])).status_code == 200


async def test_the_domain_of_an_address_leads_to_the_provider_and_any_other_answers_alike(company: Company) -> None:
    ask = company.owner.client.post
    known = await ask("/api/v1/auth/sso/start", json={"email": f"anybody@{company.domain.upper()}"})
    assert known.json() == {"url": f"{company.path}/start"}
    unknown = await ask("/api/v1/auth/sso/start", json={"email": "anybody@nowhere.test"})
    assert (unknown.status_code, unknown.json()) == (200, {"url": None})


async def test_the_session_opens_this_organisation_alone(company: Company) -> None:
    """Its provider says who a person is to this organisation, and to nobody else."""
    token = (await company.sign_in()).json()["token"]
    other = await sign_up(company.owner.client, organization="Elsewhere")
    guest = Person(company.owner.client, token, uuid4(), company.owner.organization_id, company.provider.email)
    invited = await other.post("/invitations", json={"email": company.provider.email, "role": "admin"})
    assert invited.status_code == 201
    assert (await me(guest.client, token, other.organization_id)).status_code == 401
    mine = (await me(guest.client, token)).json()
    assert [one["id"] for one in mine["organizations"]] == [str(company.owner.organization_id)]


async def test_a_provider_opens_no_data_of_the_same_person_in_another_organisation(
    company: Company, admin: asyncpg.Connection
) -> None:
    member = await company.owner.colleague("member")
    own = await sign_up(company.owner.client, organization="Their own")
    await own.welcome(member)
    await admin.execute("update app_user set email = $1 where id = $2", company.provider.email, member.user_id)
    token = (await company.sign_in()).json()["token"]
    assert (await me(own.client, token, company.owner.organization_id)).status_code == 200
    refused = await me(own.client, token, own.organization_id)
    assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in")


async def test_a_member_whose_address_fits_is_linked_and_stays_what_they_are(
    company: Company, admin: asyncpg.Connection
) -> None:
    member = await company.owner.colleague("editor")
    await admin.execute("update app_user set email = $1 where id = $2", company.provider.email, member.user_id)
    answer = (await company.sign_in()).json()
    assert UUID(answer["user"]["id"]) == member.user_id
    assert (await me(member.client, answer["token"])).json()["role"] == "editor"


async def test_one_member_is_linked_beside_another(company: Company, admin: asyncpg.Connection) -> None:
    for name in ("eli", "fay"):
        member = await company.owner.colleague("member")
        company.provider.subject, company.provider.email = f"subject-of-{name}", f"{name}@{company.domain}"
        await admin.execute("update app_user set email = $1 where id = $2", company.provider.email, member.user_id)
        answer = await company.sign_in()
        assert answer.status_code == 200, answer.text
        assert UUID(answer.json()["user"]["id"]) == member.user_id


async def test_an_invited_person_gets_the_role_of_the_invitation(company: Company) -> None:
    await company.configure(just_in_time=False)
    await company.owner.post("/invitations", json={"email": company.provider.email, "role": "editor"})
    token = (await company.sign_in()).json()["token"]
    assert (await me(company.owner.client, token)).json()["role"] == "editor"


async def test_without_an_invitation_and_just_in_time_nobody_new_comes_in(company: Company) -> None:
    await company.configure(just_in_time=False)
    refused = await company.sign_in()
    assert (refused.status_code, refused.json()["code"]) == (401, "person_refused")


async def test_an_account_that_nobody_has_confirmed_is_not_taken_for_the_person(company: Company) -> None:
    """Somebody may have made it to come in behind them."""
    await sign_up(company.owner.client, organization="Squat", name="Mallory", email=company.provider.email)
    refused = await company.sign_in()
    assert (refused.status_code, refused.json()["code"]) == (401, "person_refused")


async def test_somebody_who_was_taken_out_does_not_come_back_by_themselves(company: Company) -> None:
    user_id = (await company.sign_in()).json()["user"]["id"]
    assert (await company.owner.delete(f"/members/{user_id}")).status_code == 204
    assert (await company.sign_in()).json()["code"] == "person_refused"


async def test_a_suspended_member_is_not_signed_in(company: Company) -> None:
    user_id = (await company.sign_in()).json()["user"]["id"]
    assert (await company.owner.post(f"/members/{user_id}/suspend")).status_code == 200
    assert (await company.sign_in()).json()["code"] == "person_refused"


async def test_groups_give_a_role_and_teams_at_each_sign_in_and_take_them_back(
    company: Company, admin: asyncpg.Connection
) -> None:
    owner, groups = company.owner, ["legal", "everybody"]
    team = (await owner.post("/teams", json={"name": "Legal"})).json()["id"]
    role = (await owner.post("/roles", json={"name": "Counsel", "permissions": ["documents:document:read"]})).json()
    mappings = [
        {"group": "legal", "role": f"custom:{role['id']}", "team_id": team},
        {"group": "everybody", "role": "viewer"},
    ]
    await company.configure(mappings=mappings)
    company.provider.mischief.claims = lambda claims: claims | {"groups": groups}
    user_id = (await company.sign_in()).json()["user"]["id"]
    assert await standing(company, user_id, team) == (f"custom:{role['id']}", True)
    one = company.provider.subject, company.provider.email
    company.provider.subject, company.provider.email = "subject-of-eli", f"eli@{company.domain}"
    other_id = (await company.sign_in()).json()["user"]["id"]
    groups.remove("legal")
    company.provider.subject, company.provider.email = one
    await company.sign_in()
    assert await standing(company, user_id, team) == ("viewer", False)
    assert await standing(company, other_id, team) == (f"custom:{role['id']}", True), "a colleague stays in it"
    actions = await admin.fetch("select action from audit_event where target = any($1)", [UUID(user_id), UUID(team)])
    told = [row["action"] for row in actions]
    assert told.count("tenancy:member:role_changed") == 2
    assert (told.count("tenancy:team_member:added"), told.count("tenancy:team_member:removed")) == (2, 1)


async def standing(company: Company, user_id: str, team: str) -> tuple[str, bool]:
    members = (await company.owner.get("/members")).json()["items"]
    inside = (await company.owner.get(f"/teams/{team}")).json()["members"]
    role = next(member["role"] for member in members if member["user_id"] == user_id)
    return role, user_id in [member["user_id"] for member in inside]


async def test_nobody_has_a_group_give_what_they_may_not_do(company: Company) -> None:
    own = ["sso:identity_provider:read", "sso:identity_provider:update"]
    role = (await company.owner.post("/roles", json={"name": "Keeper", "permissions": own})).json()
    keeper = await company.owner.colleague(role["key"])
    path = f"/identity-providers/{company.provider_id}"
    refused = await keeper.patch(path, json={"mappings": [{"group": "keepers", "role": "admin"}]})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_not_held")
    assert (await keeper.patch(path, json={"mappings": [{"group": "keepers", "role": role["key"]}]})).status_code == 200


async def test_a_closed_organisation_lets_nobody_in(company: Company, admin: asyncpg.Connection) -> None:
    closed = "update organization set state = 'suspended' where tenant_id = $1"
    await admin.execute(closed, company.owner.organization_id)
    refused = await company.sign_in()
    assert (refused.status_code, refused.json()["code"]) == (401, "person_refused")


async def test_no_group_makes_an_owner_or_unmakes_one(company: Company, admin: asyncpg.Connection) -> None:
    refused = await company.owner.patch(
        f"/identity-providers/{company.provider_id}", json={"mappings": [{"group": "bosses", "role": "owner"}]}
    )
    assert refused.status_code == 422
    await company.configure(mappings=[{"group": "all", "role": "viewer"}])
    await admin.execute("update app_user set email = $1 where id = $2", company.provider.email, company.owner.user_id)
    company.provider.mischief.claims = lambda claims: claims | {"groups": ["all"]}
    token = (await company.sign_in()).json()["token"]
    assert (await me(company.owner.client, token)).json()["role"] == "owner"


async def test_a_provider_that_says_nothing_about_groups_changes_nothing(company: Company) -> None:
    user_id = (await company.sign_in()).json()["user"]["id"]
    await company.configure(mappings=[{"group": "all", "role": "viewer"}])
    await company.sign_in()
    members = (await company.owner.get("/members")).json()["items"]
    assert next(member["role"] for member in members if member["user_id"] == user_id) == "member"


async def test_a_provider_that_is_switched_off_signs_nobody_in(company: Company) -> None:
    browser = company.browser()
    token = (await company.sign_in()).json()["token"]
    away = await company.depart(browser)
    await company.configure(enabled=False)
    assert (await me(company.owner.client, token)).status_code == 401
    assert (await browser.get(company.provider.sign_in(away))).json()["code"] == "identity_provider_disabled"
    assert (await browser.get(f"{company.path}/start")).json()["code"] == "identity_provider_disabled"


async def test_a_sign_in_leaves_its_rows_and_events(company: Company, admin: asyncpg.Connection) -> None:
    answer = await company.sign_in()
    request_id = answer.headers["x-request-id"]
    rows = await admin.fetch("select action, actor_id from audit_event where request_id = $1", request_id)
    assert {row["action"] for row in rows} == {
        *("tenancy:member:joined", "sso:external_identity:linked", "sso:session:started")
    }
    assert {str(row["actor_id"]) for row in rows} == {answer.json()["user"]["id"]}


async def test_an_organisation_knows_the_provider_of_no_other(
    company: Company, sso_api: httpx.AsyncClient, admin: asyncpg.Connection
) -> None:
    async with EvilProvider().serving() as theirs:
        other = await found_company(sso_api, theirs, admin)
        mixed = f"/api/v1/auth/sso/{other.owner.organization_id}/{company.provider_id}"
        unknown = await company.owner.client.get(f"/api/v1/auth/sso/{other.owner.organization_id}/{uuid4()}/start")
        foreign = await company.owner.client.get(f"{mixed}/start")
        assert foreign.status_code == unknown.status_code == 404


async def test_what_a_test_has_seen_is_found_by_its_own_provider_alone(company: Company) -> None:
    path = f"/identity-providers/{company.provider_id}/tests"
    tested = await company.test()
    assert (await company.owner.get(f"{path}/{tested['id']}")).json()["passed"]
    elsewhere = f"/identity-providers/{uuid4()}/tests/{tested['id']}"
    for absent in (f"{path}/{uuid4()}", elsewhere):
        assert (await company.owner.get(absent)).status_code == 404, absent
