"""Apps that people let act for them: from the question to the end, and whoever cheats on the way."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from chatter.kit.relay import Relay
from chatter.kit.services import Services
from chatter.registry import DOMAINS
from tests.oauth.app import READ, REDIRECT, App, challenge_of, told
from tests.people import PASSWORD, Person, sign_up

LONG_AGO = "update user_session set authenticated_at = now() - interval '11 minutes' where user_id = $1"


@pytest.fixture
async def app(client: httpx.AsyncClient) -> App:
    return await App.registered(client)


async def works(app: App, tokens: dict[str, Any]) -> bool:
    """Whether both tokens open something."""
    return (await app.call(tokens["access_token"])).status_code == 200


def _at(organization_id: UUID) -> dict[str, str]:
    return {"Chatter-Organization": str(organization_id)}


def refused(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert (answer.headers["content-type"], body["error_description"]) == ("application/json", body["detail"])
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, body["error"]


class TestRecentProof:
    async def test_an_app_that_may_change_things_is_let_in_after_a_proof_and_the_same_question_is_answered(
        self, owner: Person, app: App, admin: asyncpg.Connection
    ) -> None:
        await admin.execute(LONG_AGO, owner.user_id)
        shown = (await app.asked(owner)).json()
        assert shown["proof_needed"]
        body = {"request": app.request(), "consent": shown["consent"]}
        answer = await owner.post("/oauth/allow", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "recent_proof_required")
        await owner.post("/auth/confirm", json={"password": PASSWORD})
        assert (await owner.post("/oauth/allow", json=body)).status_code == 200

    async def test_an_app_that_only_reads_needs_none(self, owner: Person, app: App, admin: asyncpg.Connection) -> None:
        await admin.execute(LONG_AGO, owner.user_id)
        assert not (await app.asked(owner, scope=READ)).json()["proof_needed"]
        assert "code" in await app.allowed(owner, scope=READ)


class TestOfMembers:
    async def test_an_administrator_sees_what_acts_for_members_and_takes_it_back(
        self, owner: Person, app: App, admin: asyncpg.Connection
    ) -> None:
        colleague, administrator = await owner.colleague(), await owner.colleague("admin")
        tokens = await app.connected(colleague)
        (known,) = (await administrator.get("/apps")).json()["items"]
        assert (known["name"], known["user_id"], known["connections"]) == ("Notes", str(colleague.user_id), 1)
        assert (await administrator.delete(f"/apps/{known['id']}")).status_code == 204
        assert not await works(app, tokens)
        assert (await administrator.get("/apps")).json()["items"] == []
        noted = "select actor_id from audit_event where action = 'oauth:grant:revoked' and tenant_id = $1"
        assert await admin.fetchval(noted, owner.organization_id) == administrator.user_id

    async def test_members_see_and_take_back_their_own_alone(self, owner: Person, app: App) -> None:
        colleague = await owner.colleague()
        await app.connected(owner)
        (known,) = (await owner.get("/apps")).json()["items"]
        refused = [await colleague.get("/apps"), await colleague.delete(f"/apps/{known['id']}")]
        assert [answer.status_code for answer in refused] == [403, 403]
        stranger = await sign_up(app.http, organization="Elsewhere")
        assert (await stranger.get("/apps")).json()["items"] == []
        assert (await stranger.delete(f"/apps/{known['id']}")).status_code == 404


class TestConnecting:
    async def test_an_app_acts_for_whoever_allows_it_and_the_log_names_both(
        self, owner: Person, app: App, admin: asyncpg.Connection
    ) -> None:
        shown = (await app.asked(owner)).json()
        assert (shown["client_name"], shown["trusted"], shown["answers_to"]) == ("Notes", False, "notes.example.test")
        assert (shown["scopes"], shown["organization_name"]) == (["chat:turn:create", READ], "Acme")
        answer = await app.allowed(owner)
        assert (answer["state"], answer["iss"]) == ("a state", "http://127.0.0.1:8000")
        tokens = (await app.redeem(answer["code"])).json()
        assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == (
            "Bearer",
            600,
            f"chat:turn:create {READ}",
        )
        assert await works(app, tokens)
        narrow = await app.call(tokens["access_token"], "POST", "/conversations", json={})
        assert (narrow.status_code, narrow.json()["code"]) == (403, "scope_missing")
        (known,) = (await owner.get("/me/apps")).json()["items"]
        assert (known["name"], known["trusted"], known["connections"]) == ("Notes", False, 1)
        rows = await admin.fetch(
            "select action from audit_event where tenant_id = $1 and (target = $2 or key_id = $2) order by id",
            owner.organization_id,
            UUID(known["id"]),
        )
        assert [row["action"] for row in rows] == ["oauth:grant:created", "oauth:family:started"]

    async def test_an_app_asks_for_no_more_than_there_is_and_gets_no_more_than_the_person_may(
        self, owner: Person, app: App
    ) -> None:
        unknown = (await app.asked(owner, scope="no:such:thing")).json()
        assert told(unknown["redirect_to"])["error"] == "invalid_scope"
        billing = await owner.colleague("billing")
        nothing = (await app.asked(billing, scope=READ)).json()
        assert told(nothing["redirect_to"])["error"] == "invalid_scope"
        everything = (await app.asked(owner, scope="everything")).json()
        assert told(everything["redirect_to"])["error"] == "invalid_scope"
        read = (await app.asked(owner, scope="")).json()
        assert READ in read["scopes"]
        assert not [name for name in read["scopes"] if name.endswith((":delete", ":manage"))]

    async def test_a_change_of_role_holds_at_the_next_request(self, owner: Person, app: App) -> None:
        member = await owner.colleague("editor")
        tokens = await app.connected(member)
        assert await works(app, tokens)
        await owner.patch(f"/members/{member.user_id}", json={"role": "billing"})
        assert (await app.call(tokens["access_token"])).json()["code"] == "permission_missing"

    async def test_an_app_is_not_let_in_by_another_program_and_does_nothing_that_is_for_people(
        self, owner: Person, app: App
    ) -> None:
        tokens = await app.connected(owner)
        as_app = Person(owner.client, tokens["access_token"], owner.user_id, owner.organization_id, "")
        for method, path in (("POST", "/oauth/asked"), ("POST", "/me/keys"), ("GET", "/me"), ("GET", "/me/apps")):
            answer = await as_app.call(method, path, json=app.request() | {"name": "Key"})
            assert (answer.status_code, answer.json()["code"]) == (403, "people_only"), path

    async def test_allowing_again_adds_to_what_stands_and_widens_no_connection(self, owner: Person, app: App) -> None:
        await app.connected(owner)
        assert (await app.asked(owner)).json()["allowed_before"] is True
        narrow = await app.connected(owner, scope=READ)
        await app.connected(owner, scope="tenancy:member:read")
        (known,) = (await owner.get("/me/apps")).json()["items"]
        assert known["scopes"] == ["chat:turn:create", READ, "tenancy:member:read"]
        assert known["connections"] == 3
        assert (await app.call(narrow["access_token"], path="/members")).json()["code"] == "scope_missing"


class TestConsent:
    async def test_an_answer_needs_the_word_of_the_page_and_counts_once(self, owner: Person, app: App) -> None:
        shown = (await app.asked(owner)).json()
        body = {"request": app.request(), "consent": shown["consent"]}
        other = await owner.colleague("admin")
        stolen = await other.post("/oauth/allow", json=body)
        changed = await owner.post("/oauth/allow", json=body | {"request": app.request(scope=f"{READ} chat:turn:list")})
        forged = await owner.post("/oauth/allow", json=body | {"consent": shown["consent"][:-1] + "x"})
        assert [answer.json()["code"] for answer in (stolen, changed, forged)] == ["consent_spent"] * 3
        assert [(await owner.post("/oauth/allow", json=body)).status_code for _ in range(2)] == [200, 409]

    async def test_a_page_of_another_site_can_not_answer(self, owner: Person, app: App) -> None:
        shown = (await app.asked(owner)).json()
        answer = await owner.client.post(
            "/api/v1/oauth/allow",
            json={"request": app.request(), "consent": shown["consent"]},
            headers={"Cookie": f"chatter_session={owner.token}", "Origin": "https://evil.test"},
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin")

    async def test_a_no_is_told_to_the_app(self, owner: Person, app: App) -> None:
        refusal = told((await app.asked(owner)).json()["refusal"])
        assert (refusal["error"], refusal["state"]) == ("access_denied", "a state")
        assert refusal["iss"] == "http://127.0.0.1:8000"

    @pytest.mark.parametrize(
        ("other", "error"),
        [
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"code_challenge_method": "plain"}, "invalid_request"),
            ({"code_challenge_method": ""}, "invalid_request"),
            ({"code_challenge": ""}, "invalid_request"),
            ({"code_challenge": "short"}, "invalid_request"),
            ({"resource": "https://elsewhere.test/api"}, "invalid_target"),
        ],
    )
    async def test_an_app_that_asks_wrongly_is_told_so_at_its_address(
        self, owner: Person, app: App, other: dict[str, str], error: str
    ) -> None:
        shown = (await app.asked(owner, **other)).json()
        assert (told(shown["redirect_to"])["error"], shown["consent"]) == (error, "")
        assert shown["redirect_to"].startswith(REDIRECT + "?")

    @pytest.mark.parametrize(
        "other",
        [
            {"client_id": "no-such-app"},
            {"redirect_uri": "https://evil.test/callback"},
            {"redirect_uri": REDIRECT + "/"},
            {"redirect_uri": REDIRECT + "?a=b"},
            {"redirect_uri": ""},
        ],
    )
    async def test_nothing_is_sent_to_where_no_app_is_known_to_be(
        self, owner: Person, app: App, other: dict[str, str]
    ) -> None:
        answer = await app.asked(owner, **other)
        assert (answer.status_code, answer.json()["code"]) == (422, "app_request_invalid")


class TestCodes:
    async def test_a_code_that_comes_again_ends_what_came_of_it(self, owner: Person, app: App) -> None:
        code = (await app.allowed(owner))["code"]
        tokens = (await app.redeem(code)).json()
        assert refused(await app.redeem(code)) == (400, "invalid_grant")
        assert not await works(app, tokens)
        assert refused(await app.refresh(tokens["refresh_token"])) == (400, "invalid_grant")

    @pytest.mark.parametrize(
        "other",
        [
            {"code_verifier": "x" * 43},
            {"code_verifier": ""},
            {"redirect_uri": "https://evil.test/callback"},
            {"redirect_uri": ""},
        ],
    )
    async def test_a_code_needs_its_verifier_and_its_address(
        self, owner: Person, app: App, other: dict[str, str]
    ) -> None:
        code = (await app.allowed(owner))["code"]
        assert refused(await app.redeem(code, **other)) == (400, "invalid_grant")
        assert (await app.redeem(code)).status_code == 200

    async def test_a_code_that_nobody_was_given_is_refused_alike(self, app: App) -> None:
        for code in ("chatter_ac_" + "0" * 32 + "_" + "A" * 43, "nonsense", ""):
            assert refused(await app.redeem(code)) == (400, "invalid_grant")

    async def test_the_challenge_itself_is_no_verifier(self, owner: Person, app: App) -> None:
        """As it would be with the method plain."""
        code = (await app.allowed(owner))["code"]
        assert refused(await app.redeem(code, code_verifier=challenge_of(app.verifier))) == (400, "invalid_grant")

    async def test_a_code_is_of_one_app(self, owner: Person, app: App) -> None:
        other = await App.registered(app.http, name="Other")
        other.verifier = app.verifier
        code = (await app.allowed(owner))["code"]
        assert refused(await other.redeem(code)) == (400, "invalid_grant")
        tokens = (await app.redeem(code)).json()
        assert refused(await other.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
        await app.http.post(
            "/api/v1/oauth/revoke", data={"client_id": other.client_id, "token": tokens["refresh_token"]}
        )
        assert await works(app, tokens)

    async def test_a_code_is_good_for_a_minute(self, owner: Person, app: App, admin: asyncpg.Connection) -> None:
        code = (await app.allowed(owner))["code"]
        await admin.execute(
            "update oauth_family set code_expires_at = now() - interval '1 second' where tenant_id = $1",
            owner.organization_id,
        )
        assert refused(await app.redeem(code)) == (400, "invalid_grant")

    async def test_two_redeem_a_code_at_once_and_neither_keeps_it(self, owner: Person, app: App) -> None:
        code = (await app.allowed(owner))["code"]
        answers = await asyncio.gather(app.redeem(code), app.redeem(code))
        assert sorted(answer.status_code for answer in answers) == [200, 400]
        tokens = next(answer.json() for answer in answers if answer.status_code == 200)
        assert not await works(app, tokens)

    async def test_only_what_the_standards_name_is_answered(self, app: App) -> None:
        assert refused(await app.token(grant_type="password")) == (400, "unsupported_grant_type")
        assert refused(await app.token(grant_type="refresh_token", client_id="nobody")) == (401, "invalid_client")
        twice = await app.http.post(
            "/api/v1/oauth/token",
            content="grant_type=refresh_token&client_id=a&client_id=b",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert refused(twice) == (400, "invalid_request")
        elsewhere = await app.token(grant_type="refresh_token", resource="https://elsewhere.test")
        assert refused(elsewhere) == (400, "invalid_target")


class TestRefreshing:
    async def test_a_refresh_token_works_once_and_its_reuse_ends_the_family(self, owner: Person, app: App) -> None:
        first = await app.connected(owner)
        second = (await app.refresh(first["refresh_token"])).json()
        assert second["refresh_token"] != first["refresh_token"]
        assert await works(app, second)
        assert refused(await app.refresh(first["refresh_token"])) == (400, "invalid_grant")
        assert not await works(app, second)
        assert refused(await app.refresh(second["refresh_token"])) == (400, "invalid_grant")

    async def test_the_thief_of_a_token_that_was_used_ends_the_family_and_gets_nothing(
        self, owner: Person, app: App, admin: asyncpg.Connection
    ) -> None:
        tokens = await app.connected(owner)
        stolen = tokens["refresh_token"]
        for _ in range(3):
            tokens = (await app.refresh(tokens["refresh_token"])).json()
        assert refused(await app.refresh(stolen)) == (400, "invalid_grant")
        assert not await works(app, tokens)
        told_why = "select end_reason from oauth_family where tenant_id = $1"
        assert await admin.fetchval(told_why, owner.organization_id) == "reused"
        logged = await admin.fetchval(
            "select before from audit_event where tenant_id = $1 and action = 'oauth:family:ended'",
            owner.organization_id,
        )
        assert '"reason":"reused"' in logged

    async def test_two_refresh_at_once_and_the_family_ends(self, owner: Person, app: App) -> None:
        """There is no grace: who was second can't be told from a thief."""
        tokens = await app.connected(owner)
        answers = await asyncio.gather(*(app.refresh(tokens["refresh_token"]) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [200, 400]
        fresh = next(answer.json() for answer in answers if answer.status_code == 200)
        assert not await works(app, fresh)

    async def test_another_connection_of_the_same_app_goes_on(self, owner: Person, app: App) -> None:
        one, other = await app.connected(owner), await app.connected(owner)
        await app.refresh(one["refresh_token"])
        await app.refresh(one["refresh_token"])
        assert not await works(app, one)
        assert await works(app, other)

    async def test_a_token_moved_to_another_organisation_opens_nothing_and_ends_nothing(
        self, owner: Person, app: App
    ) -> None:
        other = await sign_up(owner.client)
        tokens = await app.connected(owner)
        moved = tokens["refresh_token"].replace(owner.organization_id.hex, other.organization_id.hex)
        assert refused(await app.refresh(moved)) == (400, "invalid_grant")
        assert await works(app, tokens)

    async def test_less_can_be_asked_for_and_more_can_not(self, owner: Person, app: App) -> None:
        tokens = await app.connected(owner)
        more = await app.refresh(tokens["refresh_token"], scope=f"{READ} tenancy:member:read")
        assert refused(more) == (400, "invalid_scope")
        less = (await app.refresh(tokens["refresh_token"], scope="chat:turn:create")).json()
        assert less["scope"] == "chat:turn:create"
        assert (await app.call(less["access_token"])).json()["code"] == "scope_missing"


class TestEnding:
    async def test_an_app_that_is_taken_back_is_out_at_the_next_request(self, owner: Person, app: App) -> None:
        tokens = await app.connected(owner)
        (known,) = (await owner.get("/me/apps")).json()["items"]
        colleague = await owner.colleague("admin")
        assert (await colleague.delete(f"/me/apps/{known['id']}")).status_code == 404
        assert await works(app, tokens)
        assert (await owner.delete(f"/me/apps/{known['id']}")).status_code == 204
        assert not await works(app, tokens)
        assert refused(await app.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
        assert (await owner.get("/me/apps")).json()["items"] == []

    async def test_an_app_ends_with_the_membership(self, owner: Person, app: App) -> None:
        member = await owner.colleague()
        tokens = await app.connected(member)
        await owner.post(f"/members/{member.user_id}/suspend")
        assert not await works(app, tokens)
        assert refused(await app.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
        await owner.post(f"/members/{member.user_id}/reactivate")
        assert await works(app, tokens)
        await owner.delete(f"/members/{member.user_id}")
        assert not await works(app, tokens)

    async def test_apps_end_with_the_password_in_every_organisation(
        self, owner: Person, app: App, services: Services, client: httpx.AsyncClient, admin: asyncpg.Connection
    ) -> None:
        host = await sign_up(client)
        await host.welcome(owner)
        there = replace(owner, organization_id=host.organization_id, extra=_at(host.organization_id))
        here_tokens, there_tokens = await app.connected(owner), await app.connected(there)
        others = await app.connected(host)
        body = {"current": PASSWORD, "new": f"{PASSWORD} anew"}
        assert (await owner.post("/me/password", json=body)).status_code == 204
        relay = Relay(services, [listener for domain in DOMAINS for listener in domain.listeners])
        while await relay.deliver():
            pass
        assert [await works(app, tokens) for tokens in (here_tokens, there_tokens, others)] == [False, False, True]
        noted = (
            "select before::json ->> 'reason' from audit_event where action = 'oauth:family:ended' and tenant_id = $1"
        )
        for organization_id in (owner.organization_id, host.organization_id):
            assert [row[0] for row in await admin.fetch(noted, organization_id)] == ["signed_out"]

    async def test_an_app_signs_itself_out(self, owner: Person, app: App) -> None:
        tokens = await app.connected(owner)
        form = {"client_id": app.client_id, "token": tokens["refresh_token"]}
        for _ in range(2):
            assert (await app.http.post("/api/v1/oauth/revoke", data=form)).status_code == 200
        assert not await works(app, tokens)
        unknown = await app.http.post("/api/v1/oauth/revoke", data=form | {"token": "nonsense"})
        assert unknown.status_code == 200
