"""Enforced single sign-on: what opens the organisation then, and when it may be asked for."""

from dataclasses import replace
from typing import Any

import asyncpg
import httpx

from tests.oauth.app import App
from tests.people import Person, sign_up
from tests.sso.company import Company


async def enforce(company: Company, *people: Person) -> httpx.Response:
    ids = [str(person.user_id) for person in people]
    return await company.owner.put("/sso-enforcement", json={"required": True, "break_glass_ids": ids})


async def opens(person: Person) -> bool:
    return (await person.get("/organization")).status_code == 200


async def test_a_password_opens_the_organisation_no_more_but_for_a_break_glass_owner(company: Company) -> None:
    colleague = await company.owner.colleague("admin")
    assert (await enforce(company, company.owner)).status_code == 200
    token = (await company.sign_in()).json()["token"]
    signed_in = Person(company.owner.client, token, company.owner.user_id, company.owner.organization_id, "")
    assert (await opens(signed_in), await opens(company.owner), await opens(colleague)) == (True, True, False)
    freed = await company.owner.put("/sso-enforcement", json={"required": False, "break_glass_ids": []})
    assert freed.json() == {"required": False, "break_glass_ids": []}
    assert await opens(colleague)


async def test_an_owner_who_is_not_marked_stays_out(company: Company) -> None:
    second = await company.owner.colleague("admin")
    assert (await company.owner.patch(f"/members/{second.user_id}", json={"role": "owner"})).status_code == 200
    assert (await enforce(company, company.owner)).status_code == 200
    assert not await opens(second)


async def test_who_is_no_owner_any_more_comes_in_without_the_provider_no_more(
    company: Company, admin: asyncpg.Connection
) -> None:
    second = await company.owner.colleague("admin")
    await company.owner.patch(f"/members/{second.user_id}", json={"role": "owner"})
    assert (await enforce(company, company.owner, second)).status_code == 200
    assert await opens(second)
    await company.owner.patch(f"/members/{second.user_id}", json={"role": "admin"})
    assert not await opens(second)


async def test_an_open_organisation_of_the_person_is_found_first(company: Company) -> None:
    """Without a named organisation a session opens the first that lets it in."""
    colleague = await company.owner.colleague()
    other = await sign_up(company.owner.client, organization="Open house")
    await other.welcome(colleague)
    assert (await enforce(company, company.owner)).status_code == 200
    assert (await colleague.get("/me")).json()["organization"]["id"] == str(other.organization_id)


async def test_it_needs_an_owner_who_can_come_in_without(company: Company) -> None:
    refused = await enforce(company)
    assert (refused.status_code, refused.json()["code"]) == (409, "break_glass_missing")
    colleague = await company.owner.colleague("admin")
    assert (await enforce(company, colleague)).status_code == 404


async def test_it_needs_a_provider_that_was_tested_and_is_on(company: Company) -> None:
    await company.configure(enabled=False)
    refused = await enforce(company, company.owner)
    assert (refused.status_code, refused.json()["code"]) == (409, "identity_provider_needed")
    assert (await company.owner.get("/sso-enforcement")).json() == {"required": False, "break_glass_ids": []}


async def test_the_last_provider_stays_while_it_is_enforced(company: Company) -> None:
    assert (await enforce(company, company.owner)).status_code == 200
    path = f"/identity-providers/{company.provider_id}"
    for refused in (
        await company.owner.patch(path, json={"enabled": False}),
        await company.owner.patch(path, json={"client_id": "another"}),
        await company.owner.delete(path),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "identity_provider_needed")
    assert (await company.sign_in()).status_code == 200


async def test_an_administrator_can_read_how_it_stands_and_change_nothing(company: Company) -> None:
    colleague = await company.owner.colleague("admin")
    assert (await colleague.get("/sso-enforcement")).status_code == 200
    body = {"required": True, "break_glass_ids": [str(company.owner.user_id)]}
    assert (await colleague.put("/sso-enforcement", json=body)).status_code == 403


async def test_it_asks_for_a_recent_proof(company: Company, admin: asyncpg.Connection) -> None:
    long_ago = "update user_session set authenticated_at = now() - interval '1 hour' where user_id = $1"
    await admin.execute(long_ago, company.owner.user_id)
    refused = await enforce(company, company.owner)
    assert (refused.status_code, refused.json()["code"]) == (403, "recent_proof_required")


class TestPrograms:
    """What acts for somebody stops where they could not come in themselves."""

    async def test_a_key_and_an_app_stop_until_their_person_has_come_in_by_the_provider(
        self, company: Company, admin: asyncpg.Connection
    ) -> None:
        colleague = await company.owner.colleague()
        key, app = await _keyed(colleague), await App.registered(company.owner.client)
        tokens = await app.connected(colleague)
        assert (await enforce(company, company.owner)).status_code == 200
        refused = [await key.get("/documents"), await app.call(tokens["access_token"])]
        assert [(one.status_code, one.json()["code"]) for one in refused] == [(403, "holder_sso_required")] * 2
        assert "Acme is opened by its company's own sign-in" in refused[0].json()["detail"]
        assert "service account" in refused[0].json()["remedy"]
        await admin.execute(
            "insert into external_identity (tenant_id, id, provider_id, subject, user_id) "
            "values ($1, gen_random_uuid(), $2, 'bo', $3)",
            *(company.owner.organization_id, company.provider_id, colleague.user_id),
        )
        again = [await key.get("/documents"), await app.call(tokens["access_token"])]
        assert [one.status_code for one in again] == [200, 200]

    async def test_those_of_a_break_glass_owner_and_of_service_accounts_go_on(self, company: Company) -> None:
        second = await company.owner.colleague("admin")
        assert (await company.owner.patch(f"/members/{second.user_id}", json={"role": "owner"})).status_code == 200
        service = await company.owner.service()
        keys = [await _keyed(company.owner), await _keyed(second), service]
        assert (await enforce(company, company.owner)).status_code == 200
        assert [(await key.get("/documents")).status_code for key in keys] == [200, 403, 200]

    async def test_it_is_said_before_how_many_that_would_be(self, company: Company) -> None:
        colleague, other = await company.owner.colleague(), await company.owner.colleague()
        await _keyed(colleague)
        await (await App.registered(company.owner.client)).connected(other)
        path = f"/sso-enforcement/effect?break_glass_id={company.owner.user_id}"
        assert (await company.owner.get(path)).json() == {"people": 2, "strangers": 2, "keys": 1, "apps": 1}
        assert (await company.sign_in()).status_code == 200
        everybody = (await company.owner.get("/sso-enforcement/effect")).json()
        assert (everybody["people"], everybody["strangers"]) == (4, 3)


class TestBeingPutOut:
    async def test_who_is_put_out_reads_why_and_where_to_go(self, company: Company) -> None:
        colleague = await company.owner.colleague()
        assert (await enforce(company, company.owner)).status_code == 200
        here = {"Chatter-Organization": str(company.owner.organization_id)}
        refused = await colleague.get("/organization", headers=here)
        assert (refused.status_code, refused.json()["code"]) == (401, "sso_required")
        (demand,) = (await colleague.get("/auth/sso/demanded")).json()["items"]
        assert demand == {"organization_name": "Acme", "provider_name": "Evil", "url": f"{company.path}/start"}

    async def test_it_is_told_to_its_own_people_with_a_session_alone(self, company: Company) -> None:
        stranger = await sign_up(company.owner.client, organization="Elsewhere")
        assert (await enforce(company, company.owner)).status_code == 200
        here = {"Chatter-Organization": str(company.owner.organization_id)}
        assert (await stranger.get("/organization", headers=here)).json()["code"] == "not_signed_in"
        for person in (stranger, company.owner, replace(stranger, token="no session's")):
            assert (await person.get("/auth/sso/demanded")).json() == {"items": []}


async def _keyed(person: Person) -> Person:
    made: dict[str, Any] = (await person.post("/me/keys", json={"name": "Laptop"})).json()
    return replace(person, token=made["secret"])
