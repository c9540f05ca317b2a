"""Identity providers that lie, and people whom one of them may not bring in: nobody gets a session.

The same forgeries as in tests/sso, in few tests: `make mutation` takes each check away and asks whether these notice.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import httpx
from yarl import URL

from tests.people import Person, sign_up
from tests.security.stand import Stand
from tests.sso.company import Browser, Company, found_company
from tests.sso.evil_provider import EvilProvider, Mischief
from tests.sso.forgeries import FORGERIES, UNVERIFIED
from tests.sso.test_logout import changed, tell

ANOTHER_SUBJECT = "subject changed, the same address"


@asynccontextmanager
async def company(stand: Stand) -> AsyncIterator[Company]:
    async with EvilProvider().serving() as provider:
        yield await found_company(stand.attacker.person.client, provider, stand.admin)


async def code(answer: httpx.Response) -> str:
    """Why nobody was signed in."""
    assert answer.status_code in {401, 404, 422, 502}, answer.text
    return str(answer.json()["code"])


async def opens(person: Person) -> bool:
    return (await person.get("/organization")).status_code == 200


async def test_no_forged_field_signs_anybody_in(stand: Stand) -> None:
    async with company(stand) as evil:
        assert (await evil.sign_in()).status_code == 200
        for name, mischief in FORGERIES.items():
            evil.provider.mischief = mischief
            assert (await code(await evil.sign_in()) == "person_refused") == (name == ANOTHER_SUBJECT), name
        evil.provider.mischief = Mischief()
        assert (await evil.sign_in()).status_code == 200


async def test_no_address_that_is_not_vouched_for_brings_anybody_in(stand: Stand) -> None:
    async with company(stand) as evil:
        for name, mischief in UNVERIFIED.items():
            evil.provider.subject, evil.provider.mischief = uuid4().hex, mischief
            assert await code(await evil.sign_in()) == "person_refused", name


async def test_a_provider_that_promises_its_name_must_say_it(stand: Stand) -> None:
    async with company(stand) as naming:
        promise = {"authorization_response_iss_parameter_supported": True}
        naming.provider.mischief = Mischief(discovery=lambda document: document | promise)
        await naming.owner.post(f"/identity-providers/{naming.provider_id}/test")  # fetches it anew
        assert await code(await naming.sign_in()) == "id_token_invalid"


async def test_an_attempt_is_its_browsers_own_and_works_once(stand: Stand) -> None:
    async with company(stand) as there, company(stand) as elsewhere:
        begun, other = there.browser(), there.browser()
        back = URL(there.provider.sign_in(await there.depart(begun)))
        await there.depart(other)
        await elsewhere.depart(begun)
        assert await code(await other.get(str(back))) == "sso_attempt_invalid"
        assert await code(await begun.get(f"{elsewhere.path}/callback?{back.query_string}")) == "sso_attempt_invalid"
        assert (await begun.get(str(back))).status_code == 200
        assert await code(await begun.get(str(back))) == "sso_attempt_invalid"


async def test_a_test_is_begun_by_whoever_prepared_it(stand: Stand) -> None:
    async with company(stand) as there:
        colleague = await there.owner.colleague("admin")
        url = (await there.owner.post(f"/identity-providers/{there.provider_id}/test")).json()["url"]
        for cookies in ({}, {"chatter_session": colleague.token}):
            assert await code(await Browser(there.owner.client, cookies).get(url)) == "sso_attempt_invalid"


async def test_two_people_of_one_provider_are_two(stand: Stand) -> None:
    async with company(stand) as there:
        first = (await there.sign_in()).json()["user"]["id"]
        there.provider.subject, there.provider.email = "subject-2", f"bo@{there.domain}"
        assert (await there.sign_in()).json()["user"]["id"] != first


async def test_a_provider_brings_in_nobody_whom_the_organisation_keeps_out(stand: Stand) -> None:
    async with company(stand) as there:
        user_id = (await there.sign_in()).json()["user"]["id"]
        await there.owner.post(f"/members/{user_id}/suspend")
        assert await code(await there.sign_in()) == "person_refused"
        await there.owner.delete(f"/members/{user_id}")
        assert await code(await there.sign_in()) == "person_refused"
        await there.configure(just_in_time=False)
        there.provider.subject, there.provider.email = "subject-2", f"new@{there.domain}"
        assert await code(await there.sign_in()) == "person_refused"


async def test_an_account_that_nobody_has_confirmed_is_no_newcomers(stand: Stand) -> None:
    async with company(stand) as there:
        await sign_up(there.owner.client, organization="Squat", name="Mallory", email=there.provider.email)
        assert await code(await there.sign_in()) == "person_refused"


async def test_a_closed_organisation_and_a_provider_that_is_off_bring_in_nobody(stand: Stand) -> None:
    async with company(stand) as there:
        browser = there.browser()
        back = there.provider.sign_in(await there.depart(browser))
        await there.configure(enabled=False)
        assert await code(await browser.get(back)) == "identity_provider_disabled"
        await there.configure(enabled=True)
        closing = "update organization set state = $2 where tenant_id = $1"
        await stand.admin.execute(closing, there.owner.organization_id, "suspended")
        assert await code(await there.sign_in()) == "person_refused"


async def test_no_logout_token_that_does_not_hold_ends_anything(stand: Stand) -> None:
    async with company(stand) as there:
        answer = (await there.sign_in()).json()
        client, organization_id = there.owner.client, there.owner.organization_id
        person = Person(client, answer["token"], UUID(answer["user"]["id"]), organization_id, "")
        for name, token in changed(there.provider).items():
            assert (await tell(there, token)).status_code == 400, name
        assert await opens(person)
        assert (await tell(there, there.provider.logout_token())).status_code == 200
        assert not await opens(person)


async def test_groups_move_the_person_who_signs_in_and_nobody_else(stand: Stand) -> None:
    async with company(stand) as there:
        colleague = await there.owner.colleague()
        teams = [(await there.owner.post("/teams", json={"name": name})).json()["id"] for name in ("In", "Out")]
        await there.configure(mappings=[{"group": "in", "team_id": teams[0]}, {"group": "out", "team_id": teams[1]}])
        for team in teams:
            await there.owner.put(f"/teams/{team}/members/{colleague.user_id}")
        user_id = (await there.sign_in()).json()["user"]["id"]
        await there.owner.put(f"/teams/{teams[1]}/members/{user_id}")
        there.provider.mischief = Mischief(claims=lambda claims: claims | {"groups": ["in"]})
        await there.sign_in()
        assert await members(there, teams[0]) == {user_id, str(colleague.user_id)}
        assert await members(there, teams[1]) == {str(colleague.user_id)}


async def members(there: Company, team: str) -> set[str]:
    return {member["user_id"] for member in (await there.owner.get(f"/teams/{team}")).json()["members"]}


async def test_enforced_single_sign_on_lets_in_nobody_else_but_its_own_break_glass_owners(stand: Stand) -> None:
    async with company(stand) as there, company(stand) as elsewhere:
        second, colleague = await there.owner.colleague("admin"), await there.owner.colleague("admin")
        await there.owner.patch(f"/members/{second.user_id}", json={"role": "owner"})
        await elsewhere.owner.welcome(second, role="admin")
        await elsewhere.owner.patch(f"/members/{second.user_id}", json={"role": "owner"})
        body = {"required": True, "break_glass_ids": [str(colleague.user_id)]}
        assert (await there.owner.put("/sso-enforcement", json=body)).status_code == 404
        for of, who in ((elsewhere, second), (there, there.owner)):
            body = {"required": True, "break_glass_ids": [str(who.user_id)]}
            assert (await of.owner.put("/sso-enforcement", json=body)).status_code == 200
        named = {"Chatter-Organization": str(there.owner.organization_id)}
        for person, may in ((there.owner, True), (second, False), (colleague, False)):
            assert ((await person.get("/organization", headers=named)).status_code == 200) == may
