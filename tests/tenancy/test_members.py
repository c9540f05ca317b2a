"""Members of an organisation and their roles."""

import asyncio

import asyncpg
import httpx

from chatter.kit.db.database import Database
from chatter.tenancy.present_roles import role_now
from tests.people import Person, sign_up


class TestMembers:
    async def test_the_list_tells_roles_and_no_secrets(self, owner: Person) -> None:
        colleague = await owner.colleague("viewer")
        members = (await owner.get("/members")).json()["items"]
        assert [member["role"] for member in members] == ["owner", "viewer"]
        assert "password" not in str(members)
        assert (await colleague.get("/me")).json()["role"] == "viewer"

    async def test_somebody_known_from_another_organisation_has_a_role_in_each(
        self, client: httpx.AsyncClient, owner: Person
    ) -> None:
        other = await sign_up(client, organization="Globex")
        await owner.welcome(other, "editor")
        here = await other.get("/me", headers={"Chatter-Organization": str(owner.organization_id)})
        assert here.json()["role"] == "editor"
        assert (await other.get("/me")).json()["role"] == "owner"

    async def test_nobody_is_put_into_an_organisation_without_their_consent(
        self, client: httpx.AsyncClient, owner: Person
    ) -> None:
        other = await sign_up(client, organization="Globex")
        refused = await owner.post("/members", json={"email": other.email, "name": "Whoever"})
        assert refused.status_code == 405
        assert [one["name"] for one in (await other.get("/me")).json()["organizations"]] == ["Globex"]

    async def test_a_viewer_can_not_invite_anybody_and_is_told_what_is_missing(self, owner: Person) -> None:
        viewer = await owner.colleague("viewer")
        refused = await viewer.post("/invitations", json={"email": "new@example.test"})
        assert refused.status_code == 403
        assert "tenancy:invitation:create" in refused.json()["detail"]

    async def test_a_removed_member_is_out_at_once(self, owner: Person) -> None:
        colleague = await owner.colleague()
        assert (await owner.delete(f"/members/{colleague.user_id}")).status_code == 204
        assert (await colleague.get("/organization")).status_code == 401


class TestOwners:
    async def test_each_has_their_own_role_at_this_moment(self, owner: Person, database: Database) -> None:
        """For what is done in their name long after they asked."""
        viewer = await owner.colleague("viewer")
        stranger = await sign_up(owner.client, organization="Globex")
        async with database.unit(owner.organization_id) as session:
            held = [await role_now(session, user_id=one.user_id) for one in (owner, viewer, stranger)]
        assert held == ["owner", "viewer", None]

    async def test_the_last_owner_can_not_leave_or_step_down(self, owner: Person) -> None:
        left = await owner.delete(f"/members/{owner.user_id}")
        stepped_down = await owner.patch(f"/members/{owner.user_id}", json={"role": "member"})
        assert left.json()["code"] == stepped_down.json()["code"] == "last_owner"

    async def test_an_admin_can_not_make_or_unmake_an_owner(self, owner: Person) -> None:
        admin = await owner.colleague("admin")
        promoted = await admin.patch(f"/members/{admin.user_id}", json={"role": "owner"})
        removed = await admin.delete(f"/members/{owner.user_id}")
        assert promoted.json()["code"] == removed.json()["code"] == "owner_only"

    async def test_two_owners_who_leave_at_the_same_moment_do_not_both_succeed(self, owner: Person) -> None:
        second = await owner.colleague("admin")
        await owner.patch(f"/members/{second.user_id}", json={"role": "owner"})
        leaving = await asyncio.gather(
            owner.patch(f"/members/{owner.user_id}", json={"role": "member"}),
            second.patch(f"/members/{second.user_id}", json={"role": "member"}),
        )
        assert sorted(answer.status_code for answer in leaving) == [200, 409]


class TestOrganization:
    async def test_renaming_it_leaves_an_audit_row_with_both_names(
        self, owner: Person, admin: asyncpg.Connection
    ) -> None:
        assert (await owner.patch("/organization", json={"name": "Initech"})).json()["name"] == "Initech"
        row = await admin.fetchrow(
            "select * from audit_event where tenant_id = $1 and action = 'tenancy:organization:updated'",
            owner.organization_id,
        )
        assert row is not None
        assert (row["before"], row["after"]) == ('{"name":"Acme"}', '{"name":"Initech"}')
        assert (row["actor_id"], row["actor_role"]) == (owner.user_id, "owner")

    async def test_a_blank_name_is_refused(self, owner: Person) -> None:
        assert (await owner.patch("/organization", json={"name": "   "})).status_code == 422
