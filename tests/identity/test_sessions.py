"""How long a session lasts, what it opens, what it remembers, and the proof that is given once more."""

import asyncio
from dataclasses import replace

import asyncpg
import httpx
import pytest

from chatter.identity.facade import IdentityService, SignInMethod
from chatter.identity.schemas import Profile
from chatter.identity.session_uses import SessionUses
from chatter.identity.sessions import principal_by_token
from chatter.kit.clock import SystemClock
from chatter.kit.db.database import Database
from chatter.kit.settings import Settings
from tests.identity.conftest import Earlier
from tests.people import PASSWORD, Person, sign_up

POLICY = "insert into sign_in_policy (tenant_id, {column}) values ($1, $2)"


async def bound(person: Person, database: Database, settings: Settings) -> Person:
    """The same person, come in by the word of their first organisation alone."""
    identity = IdentityService(database, settings, SystemClock())
    profile = Profile(id=person.user_id, email=person.email, name="Dana Reyes")
    started = await identity.started(
        profile, user_agent="", methods=(SignInMethod.SSO,), bound_to=person.organization_id
    )
    assert [one.id for one in started.organizations] == [person.organization_id]
    return replace(person, token=started.token)


class TestLifetimes:
    @pytest.mark.parametrize(("column", "by"), [("expires_at", "31 days"), ("last_used_at", "15 days")])
    async def test_a_session_ends_when_its_time_is_over_and_when_nobody_uses_it(
        self, owner: Person, earlier: Earlier, column: str, by: str
    ) -> None:
        await earlier(owner, column, by)
        assert (await owner.get("/me")).json()["code"] == "not_signed_in"

    @pytest.mark.parametrize(
        ("column", "limit", "moment", "within", "beyond"),
        [
            ("idle_minutes", 30, "last_used_at", "25 minutes", "6 minutes"),
            ("absolute_hours", 8, "created_at", "7 hours 50 minutes", "11 minutes"),
        ],
    )
    async def test_an_organisation_lets_shorter_ones_in_than_the_server(
        self,
        owner: Person,
        client: httpx.AsyncClient,
        admin: asyncpg.Connection,
        earlier: Earlier,
        *,
        column: str,
        limit: int,
        moment: str,
        within: str,
        beyond: str,
    ) -> None:
        strict = await sign_up(client, organization="Globex")
        await strict.welcome(owner)
        await admin.execute(POLICY.format(column=column), strict.organization_id, limit)
        there = {"Chatter-Organization": str(strict.organization_id)}
        await earlier(owner, moment, within)
        unattended = there | {"Chatter-Unattended": "1"}  # a use would be noted whenever there is time for it
        assert (await owner.get("/me", headers=unattended)).status_code == 200
        await earlier(owner, moment, beyond)
        assert [(await owner.get("/me", headers=headers)).status_code for headers in (there, {})] == [401, 200]

    async def test_a_use_is_noted_with_its_address_after_the_request(
        self, owner: Person, admin: asyncpg.Connection, earlier: Earlier
    ) -> None:
        await earlier(owner, "last_used_at", "3 minutes")
        await owner.get("/me")
        noted = "select address from user_session where user_id = $1 and last_used_at > now() - interval '1 minute'"
        async with asyncio.timeout(10):
            while await admin.fetchval(noted, owner.user_id) != "127.0.0.1":
                pass

    async def test_a_use_that_was_noted_is_written_when_the_process_stops(
        self, owner: Person, admin: asyncpg.Connection, database: Database, earlier: Earlier
    ) -> None:
        await earlier(owner, "last_used_at", "3 minutes")
        uses = SessionUses(database, SystemClock())
        await principal_by_token(database, owner.token, tenant_id=None, uses=uses)
        await uses.stop()
        assert await admin.fetchval(
            "select last_used_at > now() - interval '1 minute' from user_session where user_id = $1", owner.user_id
        )

    async def test_to_ask_whether_a_reader_still_reads_is_no_use(
        self, owner: Person, admin: asyncpg.Connection, database: Database, earlier: Earlier
    ) -> None:
        await earlier(owner, "last_used_at", "3 minutes")
        assert await principal_by_token(database, owner.token, tenant_id=None, uses=None) is not None
        assert await admin.fetchval(
            "select last_used_at < now() - interval '2 minutes' from user_session where user_id = $1", owner.user_id
        )


class TestBoundSessions:
    async def test_it_opens_the_organisation_that_vouches_and_no_other(
        self, owner: Person, database: Database, settings: Settings
    ) -> None:
        second = (await owner.post("/organizations", json={"name": "Second"})).json()["id"]
        visitor = await bound(owner, database, settings)
        me = (await visitor.get("/me")).json()
        assert [one["id"] for one in me["organizations"]] == [str(owner.organization_id)]
        there = {"Chatter-Organization": second}
        assert [(await one.get("/me", headers=there)).status_code for one in (visitor, owner)] == [401, 200]

    async def test_it_is_no_word_about_the_person_beyond_it(
        self, owner: Person, database: Database, settings: Settings
    ) -> None:
        visitor = await bound(owner, database, settings)
        asked = [
            await visitor.post("/me/password", json={"current": PASSWORD, "new": "a quite different one"}),
            await visitor.patch("/me", json={"name": "Somebody Else"}),
            await visitor.post("/organizations", json={"name": "Second"}),
        ]
        assert [(one.status_code, one.json()["code"]) for one in asked] == [(403, "session_bound")] * 3

    async def test_it_ends_with_the_organisation(
        self, owner: Person, database: Database, settings: Settings, admin: asyncpg.Connection
    ) -> None:
        second = (await owner.post("/organizations", json={"name": "Second"})).json()["id"]
        visitor = await bound(owner, database, settings)
        await admin.execute("delete from organization where tenant_id = $1", owner.organization_id)
        assert [(await one.get("/me")).status_code for one in (visitor, owner)] == [401, 200]
        assert (await owner.get("/me")).json()["organization"]["id"] == second


class TestRecentProof:
    async def test_what_is_hard_to_undo_asks_for_a_proof_from_the_last_ten_minutes(
        self, owner: Person, earlier: Earlier
    ) -> None:
        await earlier(owner, "authenticated_at", "10 minutes")
        heir = await owner.colleague()
        asked = [
            await owner.post("/organization/ownership", json={"user_id": str(heir.user_id)}),
            await owner.post("/organization/deletion", json={"name": "Acme"}),
        ]
        assert [(one.status_code, one.json()["code"]) for one in asked] == [(403, "recent_proof_required")] * 2
        assert all(one.json()["remedy"] for one in asked)
        assert (await owner.get("/me")).json()["role"] == "owner"

    async def test_no_key_is_made_by_who_finds_an_open_screen(self, owner: Person, earlier: Earlier) -> None:
        service = await owner.service()
        await earlier(owner, "authenticated_at", "11 minutes")
        makers = ("/me/keys", f"/service-accounts/{service.user_id}/keys", "/scim/tokens")
        for path in makers:
            refused = await owner.post(path, json={"name": "Laptop"})
            assert (refused.status_code, refused.json()["code"]) == (403, "recent_proof_required"), path
        await owner.post("/auth/confirm", json={"password": PASSWORD})
        assert [(await owner.post(path, json={"name": "Laptop"})).status_code for path in makers] == [201] * 3

    async def test_the_password_renews_it_for_this_session_alone(
        self, owner: Person, client: httpx.AsyncClient, earlier: Earlier
    ) -> None:
        body = {"email": owner.email, "password": PASSWORD}
        other = replace(owner, token=(await client.post("/api/v1/auth/sign-in", json=body)).json()["token"])
        client.cookies.clear()
        await earlier(owner, "authenticated_at", "1 hour")
        confirmed = await owner.post("/auth/confirm", json={"password": PASSWORD})
        assert (confirmed.status_code, confirmed.json()["method"]) == (200, "password")
        deleted = [await one.post("/organization/deletion", json={"name": "Acme"}) for one in (other, owner)]
        assert [one.status_code for one in deleted] == [403, 200]

    async def test_a_wrong_password_renews_nothing(self, owner: Person, earlier: Earlier) -> None:
        await earlier(owner, "authenticated_at", "1 hour")
        wrong = await owner.post("/auth/confirm", json={"password": "not the password"})
        assert (wrong.status_code, wrong.json()["code"]) == (403, "password_wrong")
        assert (await owner.post("/organization/deletion", json={"name": "Acme"})).status_code == 403

    async def test_a_session_remembers_by_what_it_was_proven(
        self, owner: Person, database: Database, admin: asyncpg.Connection
    ) -> None:
        await owner.post("/auth/confirm", json={"password": PASSWORD})
        principal = await principal_by_token(database, owner.token, tenant_id=None, uses=None)
        assert principal is not None
        assert principal.methods == {"password"}
        await admin.execute("select session_confirm($1, 'passkey')", principal.session_id)
        principal = await principal_by_token(database, owner.token, tenant_id=None, uses=None)
        assert principal is not None
        assert principal.methods == {"password", "passkey"}


class TestLifetimesOfAnOrganisation:
    async def test_an_administrator_sets_them_for_sessions_that_stand_as_well(
        self, owner: Person, earlier: Earlier
    ) -> None:
        member, path = await owner.colleague(), "/organization/session-lifetimes"
        assert (await owner.get(path)).json() == {"idle_minutes": None, "absolute_hours": None}
        await earlier(member, "last_used_at", "30 minutes")
        wanted = {"idle_minutes": 20, "absolute_hours": 24}
        assert (await owner.put(path, json=wanted)).json() == wanted == (await owner.get(path)).json()
        assert (await member.get("/me")).status_code == 401
        assert (await owner.put(path, json={"idle_minutes": None, "absolute_hours": None})).status_code == 200
        assert (await member.get("/me")).status_code == 200

    async def test_a_member_neither_sees_nor_sets_them_and_too_short_ones_are_refused(self, owner: Person) -> None:
        member, path = await owner.colleague(), "/organization/session-lifetimes"
        body = {"idle_minutes": 4, "absolute_hours": None}
        refused = [await member.get(path), await member.put(path, json=body), await owner.put(path, json=body)]
        assert [one.status_code for one in refused] == [403, 403, 422]
