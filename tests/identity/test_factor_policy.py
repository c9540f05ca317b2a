"""An organisation that opens for a second factor only, and what its administrators see and reset."""

from dataclasses import replace
from pathlib import Path

import asyncpg
import httpx
import pyotp
import pytest

from chatter.kit.db.urls import DatabaseUrls
from tests.cli.running import Running
from tests.identity.authenticator import Authenticator
from tests.identity.factors import add_app, begin, show
from tests.people import Person, sign_in, sign_up
from tests.servers import SECRET_KEY

REQUIRED = (403, "second_factor_required")


async def require(admin: asyncpg.Connection, person: Person, *, passkey: bool = False) -> None:
    await admin.execute(
        "insert into sign_in_policy (tenant_id, require_second_factor, require_passkey) values ($1, true, $2) "
        "on conflict (tenant_id) do update set require_second_factor = true, require_passkey = $2",
        *(person.organization_id, passkey),
    )


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


class TestRequiring:
    async def test_without_a_second_factor_the_organisation_does_not_open_from_the_next_request_on(
        self, owner: Person, admin: asyncpg.Connection
    ) -> None:
        assert (await owner.get("/members")).status_code == 200
        await require(admin, owner)
        for method, path in (("GET", "/members"), ("GET", "/organization"), ("PATCH", "/me"), ("POST", "/documents")):
            assert told(await owner.call(method, path)) == REQUIRED, path
        assert (await owner.get("/me")).json()["lacks"] == "second_factor"

    async def test_adding_one_opens_it_at_once(self, owner: Person, admin: asyncpg.Connection) -> None:
        await require(admin, owner)
        await add_app(owner)
        assert (await owner.get("/members")).status_code == 200
        assert (await owner.get("/me")).json()["lacks"] is None

    async def test_a_sign_in_with_it_opens_it(
        self, client: httpx.AsyncClient, owner: Person, admin: asyncpg.Connection
    ) -> None:
        await require(admin, owner)
        app = await add_app(owner, admin)
        for code in (app.code(), app.recovery_codes[0]):
            started = (await show(client, await begin(client, owner.email), code)).json()
            client.cookies.clear()
            headers = {"Authorization": f"Bearer {started['token']}"}
            assert (await client.get("/api/v1/members", headers=headers)).status_code == 200

    async def test_other_organisations_of_the_person_stay_open(
        self, client: httpx.AsyncClient, owner: Person, admin: asyncpg.Connection
    ) -> None:
        await require(admin, owner)
        host = await sign_up(client)
        await admin.execute(
            "insert into membership (tenant_id, user_id, role) values ($1, $2, 'member')",
            *(host.organization_id, owner.user_id),
        )
        there = {"Chatter-Organization": str(host.organization_id)}
        assert (await owner.get("/members", headers=there)).status_code == 200
        assert told(await owner.get("/members")) == REQUIRED

    async def test_an_organisation_that_wants_a_passkey_is_not_content_with_an_app(
        self, owner: Person, admin: asyncpg.Connection
    ) -> None:
        await require(admin, owner, passkey=True)
        await add_app(owner)
        assert told(await owner.get("/members")) == REQUIRED
        assert (await owner.get("/me")).json()["lacks"] == "passkey"
        at = {"Host": "localhost"}
        options = (await owner.post("/me/passkeys/options", headers=at)).json()
        credential = Authenticator(origin="http://localhost", rp_id="localhost").create(options)
        added = await owner.post("/me/passkeys", json={"name": "Key", "credential": credential}, headers=at)
        assert added.status_code == 201, added.text
        assert (await owner.get("/members")).status_code == 200

    async def test_the_word_of_its_own_identity_provider_is_enough(
        self, owner: Person, admin: asyncpg.Connection
    ) -> None:
        await require(admin, owner, passkey=True)
        own = "update user_session set methods = '{sso}', bound_tenant_id = $2 where user_id = $1"
        await admin.execute(own, owner.user_id, None)
        assert told(await owner.get("/members")) == REQUIRED
        await admin.execute(own, owner.user_id, owner.organization_id)
        assert (await owner.get("/members")).status_code == 200

    async def test_a_session_that_an_organisation_vouches_for_changes_nothing_of_the_person(
        self, owner: Person, admin: asyncpg.Connection
    ) -> None:
        own = "update user_session set methods = '{sso}', bound_tenant_id = $2 where user_id = $1"
        await admin.execute(own, owner.user_id, owner.organization_id)
        for method, path in (
            ("POST", "/me/totp/draft"),
            ("POST", "/me/passkeys/options"),
            ("DELETE", "/me/totp"),
            ("POST", "/me/recovery-codes"),
        ):
            assert told(await owner.call(method, path)) == (403, "session_bound"), path

    async def test_a_key_stops_until_its_holder_has_a_factor(self, owner: Person, admin: asyncpg.Connection) -> None:
        key = replace(owner, token=(await owner.post("/me/keys", json={"name": "Laptop"})).json()["secret"])
        await require(admin, owner)
        refused = await key.get("/members")
        assert told(refused) == (403, "holder_factor_required")
        assert "add a second factor" in refused.json()["remedy"]
        await add_app(owner)
        assert (await key.get("/members")).status_code == 200
        await require(admin, owner, passkey=True)
        assert told(await key.get("/members")) == (403, "holder_factor_required")

    async def test_a_service_account_is_not_asked(self, owner: Person, admin: asyncpg.Connection) -> None:
        service = await owner.service("admin")
        await require(admin, owner)
        assert (await service.get("/members")).status_code == 200


class TestThePolicy:
    async def test_nothing_is_asked_until_somebody_decides(self, owner: Person) -> None:
        assert (await owner.get("/organization/second-factor-policy")).json() == {"require": "nothing"}

    async def test_an_owner_asks_for_one_and_for_none_again(self, owner: Person, admin: asyncpg.Connection) -> None:
        member = await owner.colleague()
        await add_app(owner)
        path = "/organization/second-factor-policy"
        assert (await owner.put(path, json={"require": "second_factor"})).json() == {"require": "second_factor"}
        assert (await owner.get(path)).json() == {"require": "second_factor"}
        assert told(await member.get("/members")) == REQUIRED
        await owner.put(path, json={"require": "nothing"})
        assert (await member.get("/members")).status_code == 200
        action = (
            "select before, after from audit_event where tenant_id = $1 and action like '%factor_policy%' order by id"
        )
        changes = [tuple(row) for row in await admin.fetch(action, owner.organization_id)]
        assert ["nothing" in str(before) for before, _ in changes] == [True, False]

    async def test_nobody_locks_themselves_out(self, owner: Person) -> None:
        path = "/organization/second-factor-policy"
        assert told(await owner.put(path, json={"require": "second_factor"})) == (403, "second_factor_not_shown")
        await add_app(owner)
        assert told(await owner.put(path, json={"require": "passkey"})) == (403, "second_factor_not_shown")
        assert (await owner.get(path)).json() == {"require": "nothing"}

    async def test_members_neither_see_nor_change_it(self, owner: Person) -> None:
        member, path = await owner.colleague(), "/organization/second-factor-policy"
        assert told(await member.get(path)) == (403, "permission_missing")
        assert told(await member.put(path, json={"require": "nothing"})) == (403, "permission_missing")


class TestRecentProof:
    async def test_whoever_sits_down_at_an_open_screen_changes_nothing(
        self, owner: Person, admin: asyncpg.Connection
    ) -> None:
        await add_app(owner)
        long_ago = "update user_session set authenticated_at = now() - interval '11 minutes' where user_id = $1"
        await admin.execute(long_ago, owner.user_id)
        draft = pyotp.random_base32()
        for method, path, body in (
            ("POST", "/me/totp/draft", None),
            ("POST", "/me/totp", {"enrolment": draft, "code": "000000"}),
            ("DELETE", "/me/totp", None),
            ("POST", "/me/recovery-codes", None),
            ("POST", "/me/passkeys/options", None),
        ):
            assert told(await owner.call(method, path, json=body)) == (403, "recent_proof_required"), path


class TestMembers:
    @pytest.fixture
    async def member(self, owner: Person) -> Person:
        return await owner.colleague("member")

    async def test_administrators_see_who_has_one(
        self, owner: Person, member: Person, admin: asyncpg.Connection
    ) -> None:
        await add_app(member)
        await owner.service()
        found = (await owner.get("/members/second-factors")).json()["items"]
        seen = {one["user_id"]: (one["totp"], one["passkeys"], one["recovery_codes"]) for one in found}
        assert seen == {str(owner.user_id): (False, 0, 0), str(member.user_id): (True, 0, 10)}
        assert told(await member.get("/members/second-factors")) == (403, "permission_missing")

    async def test_a_reset_removes_all_ends_the_sessions_and_is_told_by_mail(
        self, client: httpx.AsyncClient, owner: Person, member: Person, admin: asyncpg.Connection
    ) -> None:
        await add_app(member)
        assert (await owner.delete(f"/members/{member.user_id}/second-factors")).status_code == 204
        assert (await member.get("/me")).status_code == 401
        again = await sign_in(client, email=member.email)
        assert (await again.get("/me/second-factors")).json()["recovery_codes_left"] == 0
        mails = "select payload from job where tenant_id = $1 and kind = 'identity.send_factor_notice'"
        payloads = [row["payload"] for row in await admin.fetch(mails, owner.organization_id)]
        assert any('"reset"' in payload and member.email in payload for payload in payloads)

    async def test_the_operator_lets_an_only_owner_in_again_at_the_command_line(
        self,
        *,
        client: httpx.AsyncClient,
        owner: Person,
        admin: asyncpg.Connection,
        database_urls: DatabaseUrls,
        tmp_path: Path,
    ) -> None:
        await add_app(owner)
        shell = Running(tmp_path, DATABASE_URL=database_urls.admin, CHATTER_SECRET_KEY=SECRET_KEY)
        own = str(owner.organization_id)
        stranger = shell.run("factors", "reset", own, "nobody@example.test")
        assert (stranger.returncode, "Nobody of this address" in stranger.stderr) == (1, True)
        assert shell.run("factors", "reset", own, owner.email.upper()).returncode == 0
        assert (await owner.get("/me")).status_code == 401
        again = await sign_in(client, email=owner.email)
        events = (await again.get("/audit/events?action=identity:second_factor:reset")).json()["items"]
        assert [(event["actor_kind"], event["target"]) for event in events] == [("operator", str(owner.user_id))]
        mail = "select payload::text from job where tenant_id = $1 and kind = 'identity.send_factor_notice'"
        told_by_mail = [row["payload"] for row in await admin.fetch(mail, owner.organization_id)]
        assert any("The operator of this server" in payload for payload in told_by_mail)
        nothing = shell.run("factors", "reset", own, owner.email)
        assert (nothing.returncode, "no second factor" in nothing.stderr) == (1, True)

    async def test_there_must_be_something_to_reset(self, owner: Person, member: Person) -> None:
        refused = await owner.delete(f"/members/{member.user_id}/second-factors")
        assert told(refused) == (409, "second_factor_missing")

    async def test_nobody_resets_their_own_or_an_owners(self, owner: Person, member: Person) -> None:
        await add_app(owner)
        colleague = await owner.colleague("admin")
        assert told(await owner.delete(f"/members/{owner.user_id}/second-factors")) == (409, "membership_own")
        assert told(await colleague.delete(f"/members/{owner.user_id}/second-factors")) == (403, "owner_only")

    async def test_nobody_resets_those_of_somebody_who_may_do_more(self, owner: Person) -> None:
        powerful = await owner.colleague("admin")
        await add_app(powerful)
        body = {"name": "Reset", "permissions": ["identity:second_factor:delete"]}
        limited = await owner.colleague((await owner.post("/roles", json=body)).json()["key"])
        refused = await limited.delete(f"/members/{powerful.user_id}/second-factors")
        assert told(refused) == (403, "permission_not_held")

    async def test_what_another_organisation_relies_on_is_not_reset_unless_the_domain_is_ones_own(
        self, client: httpx.AsyncClient, owner: Person, member: Person, admin: asyncpg.Connection
    ) -> None:
        await add_app(member)
        await (await sign_up(client)).welcome(member)
        path = f"/members/{member.user_id}/second-factors"
        assert told(await owner.delete(path)) == (403, "second_factors_elsewhere")
        domain = f"d{member.user_id.hex}.test"
        await admin.execute("update app_user set email = 'm@' || $2::text where id = $1", member.user_id, domain)
        await admin.execute(
            "insert into mail_domain (tenant_id, id, name) values ($1, uuidv7(), $2)", owner.organization_id, domain
        )
        assert told(await owner.delete(path)) == (403, "second_factors_elsewhere")
        await admin.execute("update mail_domain set verified_at = now() where name = $1", domain)
        assert (await owner.delete(path)).status_code == 204

    async def test_a_stranger_is_absent(self, client: httpx.AsyncClient, owner: Person) -> None:
        stranger = await sign_up(client)
        await add_app(stranger)
        assert told(await owner.delete(f"/members/{stranger.user_id}/second-factors")) == (404, "not_found")
        assert (await stranger.get("/me/second-factors")).json()["totp"] is not None
