"""What changes somebody's standing: suspension, leaving, the transfer of ownership, a further organisation."""

import httpx
import pytest

from chatter.api import build_api
from chatter.kit.settings import Settings
from tests.llm.apps import calling
from tests.people import Person, sign_in, sign_up


class TestSuspension:
    async def test_a_suspended_member_is_out_at_once_and_in_again_when_reactivated(self, owner: Person) -> None:
        member = await owner.colleague()
        suspended = await owner.post(f"/members/{member.user_id}/suspend")
        assert suspended.json()["suspended_at"] is not None
        assert (await member.get("/documents")).status_code == 401
        assert (await owner.post(f"/members/{member.user_id}/reactivate")).json()["suspended_at"] is None
        assert (await member.get("/documents")).status_code == 200

    @pytest.mark.parametrize(("method", "act"), [("POST", "/suspend"), ("POST", "/sign-out"), ("DELETE", "")])
    async def test_everybody_else_stays(self, owner: Person, method: str, act: str) -> None:
        member, other = await owner.colleague(), await owner.colleague()
        assert (await owner.call(method, f"/members/{member.user_id}{act}")).status_code in {200, 204}
        assert [(await one.get("/me")).status_code for one in (member, other, owner)] == [401, 200, 200]

    async def test_their_other_organisations_stay_open(self, owner: Person, client: httpx.AsyncClient) -> None:
        other = await sign_up(client, organization="Globex")
        await owner.welcome(other)
        await owner.post(f"/members/{other.user_id}/suspend")
        here = {"Chatter-Organization": str(owner.organization_id)}
        assert (await other.get("/me", headers=here)).status_code == 401
        me = (await other.get("/me")).json()
        assert [one["name"] for one in me["organizations"]] == ["Globex"]

    async def test_nobody_suspends_oneself_and_an_admin_no_owner(self, owner: Person) -> None:
        admin = await owner.colleague("admin")
        own = await admin.post(f"/members/{admin.user_id}/suspend")
        above = await admin.post(f"/members/{owner.user_id}/suspend")
        assert (own.json()["code"], above.json()["code"]) == ("membership_own", "owner_only")

    async def test_a_suspended_owner_does_not_count_as_one_who_stays(self, owner: Person) -> None:
        second = await owner.colleague("owner")
        await owner.post(f"/members/{second.user_id}/suspend")
        assert (await owner.post("/organization/leave")).json()["code"] == "last_owner"
        assert (await owner.delete(f"/members/{second.user_id}")).status_code == 204


class TestLeaving:
    async def test_who_leaves_is_out_at_once(self, owner: Person) -> None:
        member = await owner.colleague()
        assert (await member.post("/organization/leave")).status_code == 204
        assert (await member.get("/me")).status_code == 401
        assert len((await owner.get("/members")).json()["items"]) == 1

    async def test_the_last_owner_stays(self, owner: Person) -> None:
        refused = await owner.post("/organization/leave")
        assert (refused.status_code, refused.json()["code"]) == (409, "last_owner")


class TestOwnership:
    async def test_the_owner_hands_it_over_at_once_and_is_left_an_admin(self, owner: Person) -> None:
        heir = await owner.colleague("member")
        body = {"user_id": str(heir.user_id)}
        assert (await owner.post("/organization/ownership", json=body)).json()["role"] == "owner"
        assert (await heir.get("/me")).json()["role"] == "owner"
        assert (await owner.get("/me")).json()["role"] == "admin"

    async def test_neither_oneself_nor_a_suspended_member_can_be_the_heir(self, owner: Person) -> None:
        heir = await owner.colleague("member")
        await owner.post(f"/members/{heir.user_id}/suspend")
        for user_id in (owner.user_id, heir.user_id):
            body = {"user_id": str(user_id)}
            assert (await owner.post("/organization/ownership", json=body)).json()["code"] == "successor_unfit"

    async def test_an_admin_hands_over_nothing(self, owner: Person) -> None:
        admin = await owner.colleague("admin")
        body = {"user_id": str(admin.user_id)}
        refused = await admin.post("/organization/ownership", json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")

    async def test_a_role_that_may_hand_it_over_has_none_to_hand_over(self, owner: Person) -> None:
        made = await owner.post("/roles", json={"name": "Heirs", "permissions": ["tenancy:ownership:update"]})
        assert made.status_code == 201, made.text
        heir = await owner.colleague("member")
        given = await owner.patch(f"/members/{heir.user_id}", json={"role": made.json()["key"]})
        assert given.status_code == 200, given.text
        await heir.confirm()
        refused = await heir.post("/organization/ownership", json={"user_id": str(heir.user_id)})
        assert (refused.status_code, refused.json()["code"]) == (403, "owner_only")
        assert (await owner.get("/me")).json()["role"] == "owner"


class TestFurtherOrganisations:
    async def test_each_request_acts_in_the_one_that_it_names(self, owner: Person) -> None:
        created = (await owner.post("/organizations", json={"name": "Second"})).json()
        there = {"Chatter-Organization": created["id"]}
        assert (await owner.get("/organization", headers=there)).json()["name"] == "Second"
        assert (await owner.get("/organization")).json()["name"] == "Acme"
        await owner.post("/teams", json={"name": "Only there"}, headers=there)
        assert (await owner.get("/teams")).json()["items"] == []

    async def test_the_operator_decides_whether_people_may_create_them(self, settings: Settings, owner: Person) -> None:
        closed = settings.model_copy(update={"sign_up_open": False})
        for allowed in (False, True):
            app = build_api(closed.model_copy(update={"further_organizations": allowed}))
            async with calling(app) as client:
                person = await sign_in(client, email=owner.email)
                assert (await person.get("/me")).json()["may_create_organizations"] is allowed
                created = await person.post("/organizations", json={"name": "Second"})
                assert created.status_code == (201 if allowed else 403)
