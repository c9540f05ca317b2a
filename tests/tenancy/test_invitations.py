"""Invitations: a link by mail, for one address, once, for a week."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from chatter.kit.job_runner import JobRunner
from chatter.kit.mail_smtp import SmtpMailer
from tests.inbox import Inbox, smtp_server
from tests.people import PASSWORD, Person, sign_in, sign_up
from tests.tenancy.conftest import Post, link_in, work_off

NEW_PASSWORD = "a password of one's own"


def an_address() -> str:
    return f"{uuid4().hex[:12]}@example.test"


async def invite(person: Person, email: str, **values: object) -> httpx.Response:
    return await person.post("/invitations", json={"email": email, **values})


async def accept(client: httpx.AsyncClient, link: dict[str, str], **values: str) -> httpx.Response:
    body = {"password": NEW_PASSWORD, "name": "Bo Lind", **link, **values}
    answer = await client.post("/api/v1/invitations/accept", json=body)
    client.cookies.clear()
    return answer


async def look_up(client: httpx.AsyncClient, link: dict[str, str]) -> httpx.Response:
    return await client.post("/api/v1/invitations/look-up", json=link)


class TestTheLink:
    async def test_a_new_person_joins_with_a_name_and_a_password(
        self, owner: Person, client: httpx.AsyncClient, post: Post
    ) -> None:
        email = an_address()
        assert (await invite(owner, email.upper(), role="editor")).status_code == 201
        (mail,) = await post(owner)
        assert (mail.to, mail.subject) == (email, "Dana Reyes invites you to Acme")
        preview = (await look_up(client, link_in(mail))).json()
        assert (preview["organization_name"], preview["email"], preview["role"]) == ("Acme", email, "editor")
        assert preview["known"] is False
        joined = await accept(client, link_in(mail))
        assert joined.status_code == 200
        assert "chatter_session=" in joined.headers["set-cookie"]
        person = await sign_in(client, email=email, password=NEW_PASSWORD)
        assert (await person.get("/me")).json()["role"] == "editor"

    async def test_it_works_once(self, owner: Person, client: httpx.AsyncClient, post: Post) -> None:
        await invite(owner, an_address())
        link = link_in((await post(owner))[0])
        assert (await accept(client, link)).status_code == 200
        again = await accept(client, link)
        assert (again.status_code, again.json()["code"]) == (404, "invitation_invalid")

    async def test_two_who_use_it_at_the_same_moment_do_not_both_get_in(
        self, owner: Person, client: httpx.AsyncClient, post: Post
    ) -> None:
        await invite(owner, an_address())
        link = link_in((await post(owner))[0])
        both = await asyncio.gather(*(accept(client, link, name=name) for name in ("Bo Lind", "Al Mare")))
        assert sorted(answer.status_code for answer in both) == [200, 404]
        assert len((await owner.get("/members")).json()["items"]) == 2

    async def test_it_works_for_seven_days(
        self, owner: Person, client: httpx.AsyncClient, post: Post, admin: asyncpg.Connection
    ) -> None:
        created = (await invite(owner, an_address())).json()
        link = link_in((await post(owner))[0])
        await admin.execute(
            "update invitation set expires_at = expires_at - interval '7 days 1 second' where id = $1",
            created["id"],
        )
        assert (await accept(client, link)).json()["code"] == "invitation_invalid"
        (listed,) = (await owner.get("/invitations")).json()["items"]
        assert listed["state"] == "expired"

    async def test_a_wrong_an_unknown_and_a_foreign_link_get_the_same_answer(
        self, owner: Person, client: httpx.AsyncClient, post: Post
    ) -> None:
        await invite(owner, an_address())
        link = link_in((await post(owner))[0])
        other = await sign_up(client)
        wrong = [
            {**link, "token": "x" * 43},
            {**link, "organization_id": str(other.organization_id)},
            {**link, "organization_id": str(uuid4())},
        ]
        answers = [(await look_up(client, one)).json() | {"request_id": ""} for one in wrong]
        assert answers[0]["code"] == "invitation_invalid"
        assert answers[0] == answers[1] == answers[2]

    async def test_only_its_hash_is_stored_and_no_job_holds_it(
        self, owner: Person, post: Post, admin: asyncpg.Connection
    ) -> None:
        await invite(owner, an_address())
        token = link_in((await post(owner))[0])["token"]
        for table in ("invitation", "job", "outbox", "audit_event"):
            rows = await admin.fetch(f"select t::text from {table} t where tenant_id = $1", owner.organization_id)
            assert rows
            assert not any(token in row["t"] for row in rows), table

    async def test_resending_makes_a_new_link_and_the_old_one_stops(
        self, owner: Person, client: httpx.AsyncClient, post: Post
    ) -> None:
        created = (await invite(owner, an_address())).json()
        first = link_in((await post(owner))[0])
        resent = await owner.post(f"/invitations/{created['id']}/resend")
        assert (resent.status_code, resent.json()["mail_state"]) == (200, "queued")
        second = link_in((await post(owner))[0])
        assert (await look_up(client, first)).status_code == 404
        assert (await look_up(client, second)).status_code == 200

    async def test_a_withdrawn_one_does_not_work_and_is_not_sent_again(
        self, owner: Person, client: httpx.AsyncClient, post: Post
    ) -> None:
        created = (await invite(owner, an_address())).json()
        link = link_in((await post(owner))[0])
        assert (await owner.delete(f"/invitations/{created['id']}")).status_code == 204
        assert (await look_up(client, link)).status_code == 404
        resent = await owner.post(f"/invitations/{created['id']}/resend")
        assert resent.json()["code"] == "invitation_settled"
        for method, path in (("DELETE", ""), ("POST", "/resend")):
            assert (await owner.call(method, f"/invitations/{uuid4()}{path}")).status_code == 404

    async def test_nobody_sends_one_again_to_a_role_that_they_could_not_give(
        self, owner: Person, client: httpx.AsyncClient, post: Post
    ) -> None:
        admin = await owner.colleague("admin")
        created = (await invite(owner, an_address(), role="owner")).json()
        link = link_in((await post(owner))[-1])
        refused = await admin.post(f"/invitations/{created['id']}/resend")
        assert (refused.status_code, refused.json()["code"]) == (403, "owner_only")
        assert (await look_up(client, link)).status_code == 200

    async def test_one_that_is_withdrawn_before_its_mail_is_never_mailed(self, owner: Person, post: Post) -> None:
        created = (await invite(owner, an_address())).json()
        await owner.delete(f"/invitations/{created['id']}")
        assert await post(owner) == []


class TestKnownPeople:
    async def test_somebody_of_another_organisation_joins_with_their_own_password(
        self, owner: Person, client: httpx.AsyncClient, post: Post
    ) -> None:
        other = await sign_up(client, organization="Globex")
        await invite(owner, other.email)
        link = link_in((await post(owner))[0])
        assert (await look_up(client, link)).json()["known"] is True
        wrong = await accept(client, link, password="not the password")
        assert (wrong.status_code, wrong.json()["code"]) == (403, "password_wrong")
        joined = await accept(client, link, password=PASSWORD)
        assert [one["name"] for one in joined.json()["organizations"]] == ["Globex", "Acme"]

    async def test_the_person_who_is_signed_in_joins_without_a_password(
        self, owner: Person, client: httpx.AsyncClient, post: Post, admin: asyncpg.Connection
    ) -> None:
        other = await sign_up(client, organization="Globex")
        await invite(owner, other.email, role="viewer")
        link = link_in((await post(owner))[0])
        joined = await other.post("/me/invitations/accept", json=link)
        assert (joined.status_code, joined.json()["role"]) == (200, "viewer")
        accepted = "select actor_id from audit_event where tenant_id = $1 and action = 'tenancy:invitation:accepted'"
        assert await admin.fetchval(accepted, owner.organization_id) == other.user_id
        here = await other.get("/me", headers={"Chatter-Organization": str(owner.organization_id)})
        assert here.json()["organization"]["name"] == "Acme"

    async def test_somebody_else_who_is_signed_in_can_not_use_it(
        self, owner: Person, client: httpx.AsyncClient, post: Post
    ) -> None:
        other = await sign_up(client)
        await invite(owner, an_address())
        link = link_in((await post(owner))[0])
        refused = await other.post("/me/invitations/accept", json=link)
        assert (refused.status_code, refused.json()["code"]) == (403, "invitation_for_another")
        assert (await look_up(client, link)).status_code == 200

    async def test_the_inviter_does_not_learn_whether_an_address_is_known_here(
        self, owner: Person, client: httpx.AsyncClient
    ) -> None:
        other = await sign_up(client)
        known, unknown = (await invite(owner, other.email)).json(), (await invite(owner, an_address())).json()
        differing = {key for key in known if known[key] != unknown[key]}
        assert differing <= {"id", "email", "created_at", "expires_at"}


class TestRules:
    async def test_an_admin_can_not_invite_an_owner(self, owner: Person) -> None:
        admin = await owner.colleague("admin")
        refused = await invite(admin, an_address(), role="owner")
        assert (refused.status_code, refused.json()["code"]) == (403, "owner_only")
        assert (await invite(admin, an_address(), role="admin")).status_code == 201

    async def test_an_invitation_is_worth_no_more_than_its_inviter_at_the_time_it_is_used(
        self, owner: Person, client: httpx.AsyncClient, post: Post
    ) -> None:
        admin = await owner.colleague("admin")
        await invite(admin, an_address(), role="admin")
        link = link_in((await post(owner))[0])
        await owner.patch(f"/members/{admin.user_id}", json={"role": "viewer"})
        assert (await accept(client, link)).json()["code"] == "invitation_invalid"

    async def test_a_role_of_ones_own_making_is_offered_named_and_given(
        self, owner: Person, client: httpx.AsyncClient, post: Post
    ) -> None:
        role = await self.role(owner, "Reader", "documents:document:read")
        created = (await invite(owner, an_address(), role=role["key"])).json()
        assert (created["role"], created["role_name"]) == (role["key"], "Reader")
        (mail,) = await post(owner)
        assert "as Reader." in mail.text
        assert (await look_up(client, link_in(mail))).json()["role_name"] == "Reader"
        joined = await accept(client, link_in(mail))
        assert joined.json()["organizations"][0]["role"] == role["key"]

    async def test_nobody_offers_a_role_that_holds_more_than_their_own(self, owner: Person) -> None:
        inviting = await self.role(owner, "Inviting", "tenancy:invitation:create")
        person = await owner.colleague(inviting["key"])
        for role in ("viewer", (await self.role(owner, "Reader", "documents:document:read"))["key"]):
            refused = await invite(person, an_address(), role=role)
            assert (refused.status_code, refused.json()["code"]) == (403, "permission_not_held")
        assert (await invite(person, an_address(), role=inviting["key"])).status_code == 201

    async def test_a_role_of_another_organisation_is_as_one_that_never_existed(
        self, owner: Person, client: httpx.AsyncClient
    ) -> None:
        theirs = (await self.role(await sign_up(client), "Theirs"))["key"]
        foreign = await invite(owner, an_address(), role=theirs)
        never = await invite(owner, an_address(), role=f"custom:{uuid4()}")
        assert foreign.status_code == 404
        assert foreign.json() | {"request_id": ""} == never.json() | {"request_id": ""}

    async def test_a_role_stays_while_an_invitation_offers_it(self, owner: Person) -> None:
        role = await self.role(owner, "Reader")
        created = (await invite(owner, an_address(), role=role["key"])).json()
        refused = await owner.delete(f"/roles/{role['id']}")
        assert (refused.status_code, refused.json()["code"]) == (409, "role_in_use")
        assert refused.json()["detail"] == "1 open invitation offers the role “Reader”."
        await owner.delete(f"/invitations/{created['id']}")
        assert (await owner.delete(f"/roles/{role['id']}")).status_code == 204
        (listed,) = (await owner.get("/invitations")).json()["items"]
        assert (listed["state"], listed["role_name"]) == ("revoked", "")

    async def test_a_link_stops_to_work_when_its_role_grew_beyond_its_inviter(
        self, owner: Person, client: httpx.AsyncClient, post: Post
    ) -> None:
        role = await self.role(owner, "Inviting", "tenancy:invitation:create")
        offered = await self.role(owner, "Offered")
        await invite(await owner.colleague(role["key"]), an_address(), role=offered["key"])
        link = link_in((await post(owner))[0])
        assert (await look_up(client, link)).status_code == 200
        grown = await owner.patch(f"/roles/{offered['id']}", json={"permissions": ["audit:event:read"]})
        assert grown.status_code == 200
        assert (await accept(client, link)).json()["code"] == "invitation_invalid"

    @staticmethod
    async def role(owner: Person, name: str, *permissions: str) -> dict[str, Any]:
        made = await owner.post("/roles", json={"name": name, "permissions": permissions})
        assert made.status_code == 201, made.text
        answer: dict[str, Any] = made.json()
        return answer

    async def test_a_member_is_not_invited_and_nobody_twice(self, owner: Person) -> None:
        email = an_address()
        assert (await invite(owner, owner.email)).json()["code"] == "already_member"
        await invite(owner, email)
        assert (await invite(owner, email)).json()["code"] == "already_invited"

    async def test_an_address_whose_invitation_expired_can_be_invited_again(
        self, owner: Person, admin: asyncpg.Connection
    ) -> None:
        email = an_address()
        await invite(owner, email)
        await admin.execute("update invitation set expires_at = now() where tenant_id = $1", owner.organization_id)
        assert (await invite(owner, email)).status_code == 201

    async def test_the_invited_person_joins_the_teams_that_were_named(
        self, owner: Person, client: httpx.AsyncClient, post: Post
    ) -> None:
        team = (await owner.post("/teams", json={"name": "Support"})).json()
        await invite(owner, an_address(), team_ids=[team["id"]])
        await accept(client, link_in((await post(owner))[0]))
        members = (await owner.get(f"/teams/{team['id']}")).json()["members"]
        assert [member["name"] for member in members] == ["Bo Lind"]

    async def test_a_team_of_another_organisation_is_as_one_that_never_existed(
        self, owner: Person, client: httpx.AsyncClient
    ) -> None:
        other = await sign_up(client)
        theirs = (await other.post("/teams", json={"name": "Theirs"})).json()["id"]
        foreign = await invite(owner, an_address(), team_ids=[theirs])
        never = await invite(owner, an_address(), team_ids=[str(uuid4())])
        assert foreign.status_code == 404
        assert foreign.json() | {"request_id": ""} == never.json() | {"request_id": ""}
        assert (await owner.get("/invitations")).json()["items"] == []

    async def test_accepting_leaves_an_audit_row_of_the_new_member(
        self, owner: Person, client: httpx.AsyncClient, post: Post, admin: asyncpg.Connection
    ) -> None:
        created = (await invite(owner, an_address())).json()
        joined = (await accept(client, link_in((await post(owner))[0]))).json()
        row = await admin.fetchrow(
            "select * from audit_event where action = 'tenancy:invitation:accepted' and tenant_id = $1",
            owner.organization_id,
        )
        assert row is not None
        assert (str(row["actor_id"]), str(row["target"])) == (joined["user"]["id"], created["id"])


class TestTheList:
    async def test_it_is_read_part_by_part_newest_first(self, owner: Person) -> None:
        emails = [an_address() for _ in range(5)]
        for email in emails:
            await invite(owner, email)
        seen: list[str] = []
        cursor = None
        for size in (2, 2, 1):
            page = (
                await owner.get("/invitations", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
            ).json()
            assert len(page["items"]) == size
            seen += [item["email"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert (seen, cursor) == (emails[::-1], None)

    async def test_it_is_narrowed_by_state_and_by_a_part_of_the_address(
        self, owner: Person, admin: asyncpg.Connection
    ) -> None:
        made = {
            name: (await invite(owner, f"{name}_{an_address()}")).json()["id"] for name in ("ina", "ole", "kim", "liv")
        }
        await owner.delete(f"/invitations/{made['ole']}")
        await admin.execute("update invitation set expires_at = now() where id = $1", UUID(made["kim"]))
        await admin.execute("update invitation set accepted_at = now() where id = $1", UUID(made["liv"]))
        for state, name in (("pending", "ina"), ("revoked", "ole"), ("expired", "kim"), ("accepted", "liv")):
            items = (await owner.get("/invitations", params={"state": state})).json()["items"]
            assert [(item["id"], item["state"]) for item in items] == [(made[name], state)]
        for query, found in (("INA_", ["ina"]), ("%", []), ("_", ["liv", "kim", "ole", "ina"])):
            items = (await owner.get("/invitations", params={"query": query})).json()["items"]
            assert [item["id"] for item in items] == [made[name] for name in found]


class TestDelivery:
    async def test_a_mail_server_delivers_a_link_that_works(
        self, owner: Person, client: httpx.AsyncClient, worker: JobRunner
    ) -> None:
        inbox = Inbox()
        async with smtp_server(inbox) as url:
            worker.services.mailer = SmtpMailer(url, sender="Chatter <chatter@acme.test>")
            email = an_address()
            await invite(owner, email)
            await work_off(worker)
        assert (await accept(client, link_in(inbox.newest_to(email)))).status_code == 200

    async def test_the_list_tells_that_the_mail_has_left(self, owner: Person, post: Post) -> None:
        await invite(owner, an_address())
        assert (await owner.get("/invitations")).json()["items"][0]["mail_state"] == "queued"
        await post(owner)
        assert (await owner.get("/invitations")).json()["items"][0]["mail_state"] == "sent"

    async def test_a_mail_server_that_is_away_is_tried_again_and_at_last_told(
        self, owner: Person, admin: asyncpg.Connection, worker: JobRunner
    ) -> None:
        worker.services.mailer = SmtpMailer("smtp://127.0.0.1:9", sender="chatter@acme.test")
        await invite(owner, an_address())
        for _ in range(8):
            await work_off(worker)
            await admin.execute("update job set run_after = now() where tenant_id = $1", owner.organization_id)
        (listed,) = (await owner.get("/invitations")).json()["items"]
        assert (listed["mail_state"], listed["mail_error"]) == ("failed", "The mail server could not be reached.")
        attempts = await admin.fetchval("select attempts from job where tenant_id = $1", owner.organization_id)
        assert attempts == 8
