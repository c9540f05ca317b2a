"""The server's operator acts in an organisation by a visit alone: granted, short, told to its owners, and logged."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chatter.cli.support import open_grants
from chatter.kit.db.database import Database
from chatter.kit.job_runner import JobRunner
from chatter.tenancy.errors import SupportNotGranted
from chatter.tenancy.support_visits import end_lapsed_visits
from tests.people import Person, sign_up
from tests.tenancy.conftest import MovableClock, Post
from tests.tenancy.support import enter, granted, link_to, visiting


class TestGrants:
    async def test_an_owner_grants_access_and_sees_it_with_its_visits(self, owner: Person, database: Database) -> None:
        await visiting(database, owner, role="auditor")
        (grant,) = (await owner.get("/support-grants")).json()["items"]
        assert (grant["state"], grant["role"], grant["granted_by_name"]) == ("open", "auditor", "Dana Reyes")
        (visit,) = grant["visits"]
        assert (visit["operator"], visit["reason"], visit["ended_at"]) == ("sam", "Ticket 7731", None)
        assert visit["entered_at"] is not None

    async def test_the_operator_sees_which_organisation_has_granted_it(
        self, owner: Person, client: httpx.AsyncClient, database: Database
    ) -> None:
        await sign_up(client, organization="Globex")
        grant = await granted(owner)
        found = [row for row in await open_grants(database) if row["grant_id"] == grant]
        assert [row["organization_id"] for row in found] == [str(owner.organization_id)]

    async def test_an_admin_may_and_a_member_may_not(self, owner: Person) -> None:
        admin, member = await owner.colleague("admin"), await owner.colleague("member")
        await granted(admin)
        assert (await member.get("/support-grants")).status_code == 403
        refused = await member.post("/support-grants", json={"reason": "For me", "role": "viewer"})
        assert refused.status_code == 403

    async def test_nobody_lets_the_operator_in_with_more_than_they_hold(self, owner: Person) -> None:
        permissions = ["tenancy:support:manage", "tenancy:support:read"]
        role = (await owner.post("/roles", json={"name": "Desk", "permissions": permissions})).json()["id"]
        clerk = await owner.colleague(f"custom:{role}")
        refused = await clerk.post("/support-grants", json={"reason": "Help", "role": "admin"})
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_not_held")

    @pytest.mark.parametrize("body", [{"role": "owner"}, {"hours": 169}, {"hours": 0}, {"reason": " "}])
    async def test_neither_as_owner_nor_for_ever_nor_for_no_reason(self, owner: Person, body: dict[str, Any]) -> None:
        refused = await owner.post("/support-grants", json={"reason": "Help", "role": "viewer", "hours": 1} | body)
        assert refused.status_code in {400, 422}

    async def test_what_is_over_can_not_be_revoked_again(self, owner: Person) -> None:
        grant = await granted(owner)
        assert (await owner.delete(f"/support-grants/{grant}")).status_code == 204
        assert (await owner.delete(f"/support-grants/{grant}")).json()["code"] == "support_settled"
        assert (await owner.delete(f"/support-grants/{uuid4()}")).status_code == 404

    async def test_without_a_grant_there_is_no_way_in(self, owner: Person, database: Database) -> None:
        with pytest.raises(SupportNotGranted):
            await link_to(database, owner.organization_id)
        grant = await granted(owner)
        await owner.delete(f"/support-grants/{grant}")
        with pytest.raises(SupportNotGranted):
            await link_to(database, owner.organization_id)


class TestVisits:
    async def test_the_operator_acts_in_the_role_that_was_granted(self, owner: Person, database: Database) -> None:
        operator = await visiting(database, owner, role="admin")
        me = (await operator.get("/me")).json()
        assert (me["user"]["name"], me["role"], me["organization"]["name"]) == ("sam", "admin", "Acme")
        (grant,) = (await owner.get("/support-grants")).json()["items"]
        assert me["support"] == {"grant_id": grant["id"], "until": grant["visits"][0]["until"]}
        assert (await operator.patch("/organization", json={"name": "Acme"})).status_code == 200

    async def test_a_lesser_role_allows_less(self, owner: Person, database: Database) -> None:
        operator = await visiting(database, owner, role="viewer")
        assert (await operator.get("/documents")).status_code == 200
        assert (await operator.patch("/organization", json={"name": "Acme"})).json()["code"] == "permission_missing"
        assert (await operator.get("/audit/events")).json()["code"] == "permission_missing"

    async def test_a_link_works_once(self, owner: Person, database: Database) -> None:
        await granted(owner)
        link = await link_to(database, owner.organization_id)
        await enter(owner, link)
        key = {"organization_id": str(owner.organization_id), "token": link}
        again = await owner.client.post("/api/v1/support/enter", json=key)
        assert (again.status_code, again.json()["code"]) == (404, "support_link_invalid")

    async def test_the_operator_is_no_member_and_leaves_nothing_behind(self, owner: Person, database: Database) -> None:
        operator = await visiting(database, owner)
        members = (await owner.get("/members")).json()["items"]
        assert [member["name"] for member in members] == ["Dana Reyes"]
        for path, body in (("/conversations", {}), ("/roles", {"name": "R", "permissions": []})):
            assert (await operator.post(path, json=body)).json()["code"] == "operator_refused", path
        files = [("files", ("a.txt", b"text"))]
        assert (await operator.post("/documents", files=files)).json()["code"] == "operator_refused"

    async def test_revoking_ends_a_visit_at_the_next_request(self, owner: Person, database: Database) -> None:
        operator = await visiting(database, owner)
        (grant,) = (await owner.get("/support-grants")).json()["items"]
        await owner.delete(f"/support-grants/{grant['id']}")
        assert (await operator.get("/me")).json()["code"] == "not_signed_in"
        (grant,) = (await owner.get("/support-grants")).json()["items"]
        assert (grant["state"], grant["visits"][0]["ended_at"] is not None) == ("revoked", True)

    async def test_signing_out_ends_it(self, owner: Person, database: Database) -> None:
        operator = await visiting(database, owner)
        assert (await operator.post("/auth/sign-out")).status_code == 204
        assert (await operator.get("/me")).status_code == 401

    async def test_it_ends_with_its_minutes_and_with_its_grant(
        self, owner: Person, database: Database, admin: asyncpg.Connection
    ) -> None:
        for table in ("support_visit", "support_grant"):
            operator = await visiting(database, owner)
            assert (await operator.get("/me")).status_code == 200
            await admin.execute(f"update {table} set expires_at = now() where tenant_id = $1", owner.organization_id)
            assert (await operator.get("/me")).status_code == 401, table

    async def test_a_visit_never_outlasts_its_grant(self, owner: Person, database: Database) -> None:
        await granted(owner, hours=1)
        clock = MovableClock()
        clock.advance(minutes=45)
        await link_to(database, owner.organization_id, minutes=60, clock=clock)
        (grant,) = (await owner.get("/support-grants")).json()["items"]
        assert grant["visits"][0]["until"] == grant["expires_at"]

    async def test_a_link_that_was_not_used_in_time_is_worth_nothing(
        self, owner: Person, database: Database, admin: asyncpg.Connection
    ) -> None:
        await granted(owner)
        link = await link_to(database, owner.organization_id)
        await admin.execute(
            "update support_visit set link_expires_at = now() where tenant_id = $1", owner.organization_id
        )
        key = {"organization_id": str(owner.organization_id), "token": link}
        assert (await owner.client.post("/api/v1/support/enter", json=key)).status_code == 404

    async def test_a_closed_organisation_is_not_entered(
        self, owner: Person, database: Database, admin: asyncpg.Connection
    ) -> None:
        operator = await visiting(database, owner)
        link = await link_to(database, owner.organization_id)
        await admin.execute("update organization set state = 'suspended' where tenant_id = $1", owner.organization_id)
        key = {"organization_id": str(owner.organization_id), "token": link}
        assert (await owner.client.post("/api/v1/support/enter", json=key)).status_code == 404
        assert (await operator.get("/documents")).json()["code"] == "organization_suspended"
        with pytest.raises(SupportNotGranted):
            await link_to(database, owner.organization_id)

    async def test_every_owner_is_told_by_mail(self, owner: Person, database: Database, post: Post) -> None:
        second = await owner.colleague("owner")
        await owner.colleague("admin")
        await visiting(database, owner)
        mails = await post(owner)
        assert {mail.to for mail in mails} == {owner.email, second.email}
        assert all("sam" in mail.text and "Ticket 7731" in mail.text and "/support" in mail.text for mail in mails)


class TestTheLog:
    async def test_what_the_operator_changes_carries_their_name_and_the_grant(
        self, owner: Person, database: Database
    ) -> None:
        operator = await visiting(database, owner)
        await operator.patch("/organization", json={"name": "Acme Two"})
        (grant,) = (await owner.get("/support-grants")).json()["items"]
        (row,) = await _rows(owner, "tenancy:organization:updated")
        assert (row["actor_kind"], row["actor_label"], row["actor_role"]) == ("operator", "sam", "admin")
        assert (row["key_id"], row["session_id"]) == (grant["id"], grant["visits"][0]["id"])

    async def test_what_they_look_at_leaves_a_row_before_it_is_shown(self, owner: Person, database: Database) -> None:
        document = (await owner.post("/documents", files=[("files", ("a.txt", b"The anvil store."))])).json()
        document_id = document["items"][0]["document"]["id"]
        operator = await visiting(database, owner)
        await operator.get(f"/documents/{document_id}/pages")
        await operator.get("/members")
        rows = await _rows(owner, "audit:operator:read")
        seen = [(row["changes"][0]["after"], row["target"]) for row in rows]
        assert seen == [('"ListMembers"', None), ('"ListPages"', document_id)]
        assert {row["actor_label"] for row in rows} == {"sam"}

    async def test_nobody_else_leaves_such_a_row(self, owner: Person) -> None:
        await owner.get("/members")
        assert await _rows(owner, "audit:operator:read") == []

    async def test_a_visit_is_told_from_its_link_to_its_end(self, owner: Person, database: Database) -> None:
        operator = await visiting(database, owner)
        await operator.post("/auth/sign-out")
        actions = [row["action"].rpartition(":")[2] for row in await _rows(owner, "tenancy:support_visit:")]
        assert actions == ["ended", "entered", "opened"]

    async def test_the_end_of_its_time_is_told_too_and_once(
        self, owner: Person, database: Database, worker: JobRunner, clock: MovableClock
    ) -> None:
        await visiting(database, owner)
        clock.advance(minutes=31)
        for _ in range(2):
            await end_lapsed_visits(worker.services)
        (row,) = await _rows(owner, "tenancy:support_visit:ended")
        assert (row["changes"][0]["after"], row["actor_kind"]) == ('"lapsed"', "operator")


async def test_an_operator_is_not_let_into_another_organisation(
    owner: Person, client: httpx.AsyncClient, database: Database
) -> None:
    other = await sign_up(client, organization="Globex")
    operator = await visiting(database, owner)
    answer = await operator.get("/me", headers={"Chatter-Organization": str(other.organization_id)})
    assert answer.status_code == 401


async def _rows(owner: Person, action: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await owner.get("/audit/events", params={"action": action})).json()["items"]
    return found
