"""Authenticator apps and recovery codes, and the second step of a sign-in."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pyotp
import pytest_asyncio
from litestar import Litestar

from chatter.identity.totp import step_of
from tests.identity.factors import App, add_app, begin, forget_codes, show
from tests.people import PASSWORD, Person, asgi, sign_in, sign_up

OVER = (401, "challenge_over")
REFUSED = (401, "second_factor_refused")


@pytest_asyncio.fixture
async def app(owner: Person, admin: asyncpg.Connection) -> App:
    return await add_app(owner, admin)


@pytest_asyncio.fixture
async def other_browser(api: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=asgi(api), base_url="http://chatter.test") as opened:
        yield opened


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


class TestEnrolling:
    async def test_the_secret_comes_as_text_as_an_address_and_as_a_picture(self, owner: Person) -> None:
        draft = (await owner.post("/me/totp/draft")).json()
        parsed = pyotp.parse_uri(draft["uri"])
        assert (parsed.secret, parsed.issuer, parsed.name) == (draft["secret"], "Chatter", owner.email)
        assert len(draft["secret"]) == 32
        assert draft["qr_svg"].startswith('<svg xmlns="http://www.w3.org/2000/svg"')

    async def test_a_code_of_the_app_adds_it_and_brings_ten_recovery_codes(self, owner: Person) -> None:
        app = await add_app(owner)
        factors = (await owner.get("/me/second-factors")).json()
        assert factors["totp"] is not None
        assert (factors["recovery_codes_left"], len(set(app.recovery_codes))) == (10, 10)

    async def test_a_wrong_code_adds_nothing(self, owner: Person) -> None:
        draft = (await owner.post("/me/totp/draft")).json()
        far = pyotp.TOTP(draft["secret"]).at(datetime.now(UTC), counter_offset=7)
        refused = await owner.post("/me/totp", json={"enrolment": draft["enrolment"], "code": far})
        assert told(refused) == (422, "code_wrong")
        assert (await owner.get("/me/second-factors")).json()["totp"] is None

    async def test_an_enrolment_is_good_for_whoever_began_it(self, client: httpx.AsyncClient, owner: Person) -> None:
        stranger = await sign_up(client)
        draft = (await owner.post("/me/totp/draft")).json()
        body = {"enrolment": draft["enrolment"], "code": pyotp.TOTP(draft["secret"]).now()}
        assert told(await stranger.post("/me/totp", json=body)) == (422, "enrolment_invalid")
        assert told(await owner.post("/me/totp", json=body | {"enrolment": "AAAA"})) == (422, "enrolment_invalid")

    async def test_there_is_one_app_at_a_time(self, owner: Person, app: App) -> None:
        draft = (await owner.post("/me/totp/draft")).json()
        body = {"enrolment": draft["enrolment"], "code": pyotp.TOTP(draft["secret"]).now()}
        assert told(await owner.post("/me/totp", json=body)) == (409, "totp_enrolled")

    async def test_the_first_factor_ends_the_sessions_that_have_not_shown_it(
        self, client: httpx.AsyncClient, owner: Person
    ) -> None:
        other = await sign_in(client, email=owner.email)
        await add_app(owner)
        assert (await owner.get("/me")).status_code == 200
        assert (await other.get("/me")).status_code == 401

    async def test_the_secret_and_the_recovery_codes_are_stored_unreadable(
        self, owner: Person, app: App, admin: asyncpg.Connection
    ) -> None:
        sealed = await admin.fetchval("select secret_sealed from totp_authenticator where user_id = $1", owner.user_id)
        hashes = await admin.fetch("select code_hash from recovery_code where user_id = $1", owner.user_id)
        assert app.secret.encode() not in sealed
        assert {len(row["code_hash"]) for row in hashes} == {32}

    async def test_a_service_account_has_none(self, owner: Person) -> None:
        service = await owner.service("admin")
        for method, path in (("GET", "/me/second-factors"), ("POST", "/me/totp/draft"), ("POST", "/me/recovery-codes")):
            assert told(await service.call(method, path)) == (403, "people_only")


class TestSecondStep:
    async def test_a_right_password_brings_a_question_and_no_session(
        self, client: httpx.AsyncClient, owner: Person, app: App, admin: asyncpg.Connection
    ) -> None:
        count = "select count(*) from user_session where user_id = $1"
        before = await admin.fetchval(count, owner.user_id)
        client.cookies.clear()
        answer = await client.post("/api/v1/auth/sign-in", json={"email": owner.email, "password": PASSWORD})
        assert answer.json().keys() == {"state", "challenge", "expires_at", "methods"}
        assert (answer.json()["state"], answer.json()["methods"]) == ("second_factor", ["totp", "recovery_code"])
        assert "chatter_session" not in answer.headers["set-cookie"]
        assert "httponly" in answer.headers["set-cookie"].lower()
        assert await admin.fetchval(count, owner.user_id) == before

    async def test_a_wrong_password_gets_the_same_answer_with_and_without_a_second_factor(
        self, client: httpx.AsyncClient, owner: Person, app: App
    ) -> None:
        without = await sign_up(client)
        answers = [
            await client.post("/api/v1/auth/sign-in", json={"email": email, "password": "not the password"})
            for email in (owner.email, without.email, "nobody@example.test")
        ]
        bodies = [answer.json() | {"request_id": ""} for answer in answers]
        assert bodies[0] == bodies[1] == bodies[2]
        assert all("set-cookie" not in answer.headers for answer in answers)

    async def test_the_code_lets_the_person_in(self, client: httpx.AsyncClient, owner: Person, app: App) -> None:
        answer = await show(client, await begin(client, owner.email), app.code())
        client.cookies.clear()
        assert (answer.status_code, answer.json()["state"]) == (200, "signed_in")
        assert answer.json()["user"]["email"] == owner.email
        assert "chatter_session" in answer.headers["set-cookie"]

    async def test_a_code_counts_once(self, client: httpx.AsyncClient, owner: Person, app: App) -> None:
        code = app.code()
        assert (await show(client, await begin(client, owner.email), code)).status_code == 200
        assert told(await show(client, await begin(client, owner.email), code)) == REFUSED
        client.cookies.clear()

    async def test_the_code_that_added_the_app_does_not_sign_in(self, client: httpx.AsyncClient, owner: Person) -> None:
        app = await add_app(owner)
        assert told(await show(client, await begin(client, owner.email), app.first_code)) == REFUSED
        client.cookies.clear()

    async def test_a_challenge_is_answered_once(
        self, client: httpx.AsyncClient, owner: Person, app: App, admin: asyncpg.Connection
    ) -> None:
        asked = await begin(client, owner.email)
        assert (await show(client, asked, app.code())).status_code == 200
        await forget_codes(admin, owner)
        assert told(await show(client, asked, app.code())) == OVER
        client.cookies.clear()

    async def test_two_right_codes_at_once_let_the_person_in_once(
        self, client: httpx.AsyncClient, owner: Person, app: App
    ) -> None:
        asked = await begin(client, owner.email)
        answers = await asyncio.gather(*(show(client, asked, code) for code in (app.code(), app.recovery_codes[0])))
        assert sorted(answer.status_code for answer in answers) == [200, 401], [each.text for each in answers]
        client.cookies.clear()

    async def test_a_challenge_is_good_in_the_browser_that_began(
        self, client: httpx.AsyncClient, other_browser: httpx.AsyncClient, owner: Person, app: App
    ) -> None:
        asked = await begin(client, owner.email)
        assert told(await show(other_browser, asked, app.code())) == OVER
        await begin(other_browser, owner.email)
        assert told(await show(other_browser, asked, app.code())) == OVER
        assert (await show(client, asked, app.code())).status_code == 200
        client.cookies.clear()

    async def test_a_code_of_another_person_does_not_count(
        self, client: httpx.AsyncClient, owner: Person, app: App
    ) -> None:
        other = await add_app(await sign_up(client))
        asked = await begin(client, owner.email)
        assert told(await show(client, asked, other.code(later=1))) == REFUSED
        assert told(await show(client, asked, other.recovery_codes[0])) == REFUSED
        client.cookies.clear()

    async def test_a_challenge_lapses(
        self, client: httpx.AsyncClient, owner: Person, app: App, admin: asyncpg.Connection
    ) -> None:
        asked = await begin(client, owner.email)
        left = datetime.fromisoformat(asked["expires_at"]) - datetime.now(UTC)
        assert timedelta(minutes=4) < left <= timedelta(minutes=5)
        await admin.execute("update sign_in_challenge set expires_at = now() where user_id = $1", owner.user_id)
        assert told(await show(client, asked, app.code())) == OVER
        client.cookies.clear()

    async def test_the_challenge_is_stored_as_a_hash(
        self, client: httpx.AsyncClient, owner: Person, app: App, admin: asyncpg.Connection
    ) -> None:
        await begin(client, owner.email)
        browser = client.cookies["chatter_sign_in"]
        row = await admin.fetchrow("select * from sign_in_challenge where user_id = $1", owner.user_id)
        assert row is not None
        assert {len(row["token_hash"]), len(row["browser_hash"])} == {32}
        assert browser not in str(dict(row))
        client.cookies.clear()

    async def test_accepting_an_invitation_asks_for_it_as_well(
        self, client: httpx.AsyncClient, owner: Person, app: App
    ) -> None:
        host = await sign_up(client)
        key = await host._invite(owner.email, role="member")
        answer = await client.post("/api/v1/invitations/accept", json={"name": "X", "password": PASSWORD, **key})
        assert (answer.status_code, answer.json()["state"]) == (200, "second_factor")
        assert (await show(client, answer.json(), app.code())).status_code == 200
        client.cookies.clear()


class TestGuessing:
    async def test_the_fifth_wrong_code_is_the_last(
        self, client: httpx.AsyncClient, owner: Person, app: App, admin: asyncpg.Connection
    ) -> None:
        asked = await begin(client, owner.email)
        for _ in range(5):
            assert told(await show(client, asked, app.code(later=9))) == REFUSED
        assert told(await show(client, asked, app.code())) == OVER
        client.cookies.clear()
        action = "select count(*) from audit_event where tenant_id = $1 and action = 'identity:second_factor:refused'"
        assert await admin.fetchval(action, owner.organization_id) == 1
        mails = "select payload from job where tenant_id = $1 and kind = 'identity.send_factor_notice'"
        occasions = [row["payload"] for row in await admin.fetch(mails, owner.organization_id)]
        assert any("codes_refused" in payload for payload in occasions)

    async def test_further_challenges_bring_no_further_attempts(
        self, client: httpx.AsyncClient, owner: Person, app: App
    ) -> None:
        for _ in range(2):
            asked = await begin(client, owner.email)
            for _ in range(5):
                await show(client, asked, app.code(later=9))
        refused = await show(client, await begin(client, owner.email), app.code())
        assert told(refused) == (429, "too_many_attempts")
        assert refused.headers["retry-after"] == "3600"
        client.cookies.clear()

    async def test_whoever_knows_no_password_uses_up_nobodys_attempts(
        self, client: httpx.AsyncClient, owner: Person, app: App
    ) -> None:
        for _ in range(12):
            assert told(await show(client, {"challenge": "bm90IG9uZQ"}, "000000")) == OVER
        assert (await show(client, await begin(client, owner.email), app.code())).status_code == 200
        client.cookies.clear()


class TestRecoveryCodes:
    async def test_one_lets_the_person_in_once_however_it_is_typed(
        self, client: httpx.AsyncClient, owner: Person, app: App
    ) -> None:
        typed = app.recovery_codes[0].upper().replace("-", " ")
        assert (await show(client, await begin(client, owner.email), typed)).status_code == 200
        assert told(await show(client, await begin(client, owner.email), app.recovery_codes[0])) == REFUSED
        client.cookies.clear()
        assert (await owner.get("/me/second-factors")).json()["recovery_codes_left"] == 9

    async def test_new_ones_replace_the_old(self, client: httpx.AsyncClient, owner: Person, app: App) -> None:
        renewed = (await owner.post("/me/recovery-codes")).json()["recovery_codes"]
        assert not set(renewed) & set(app.recovery_codes)
        asked = await begin(client, owner.email)
        assert told(await show(client, asked, app.recovery_codes[0])) == REFUSED
        assert (await show(client, asked, renewed[0])).status_code == 200
        client.cookies.clear()

    async def test_they_stand_in_for_something(self, owner: Person) -> None:
        assert told(await owner.post("/me/recovery-codes")) == (409, "second_factor_missing")


class TestRemoving:
    async def test_without_the_app_the_password_suffices_and_the_recovery_codes_are_gone(
        self, client: httpx.AsyncClient, owner: Person, app: App
    ) -> None:
        assert (await owner.delete("/me/totp")).status_code == 204
        assert (await owner.get("/me/second-factors")).json() == {
            "totp": None,
            "passkeys": [],
            "recovery_codes_left": 0,
        }
        assert (await sign_in(client, email=owner.email)).user_id == owner.user_id
        assert told(await owner.delete("/me/totp")) == (404, "not_found")

    async def test_a_session_that_has_not_shown_it_changes_nothing(
        self, owner: Person, app: App, admin: asyncpg.Connection
    ) -> None:
        await admin.execute("update user_session set methods = '{password}' where user_id = $1", owner.user_id)
        for method, path in (("DELETE", "/me/totp"), ("POST", "/me/recovery-codes")):
            assert told(await owner.call(method, path)) == (403, "second_factor_not_shown")
        draft = (await owner.post("/me/totp/draft")).json()
        body = {"enrolment": draft["enrolment"], "code": pyotp.TOTP(draft["secret"]).now()}
        assert told(await owner.post("/me/totp", json=body)) == (403, "second_factor_not_shown")
        assert (await owner.get("/me/second-factors")).json()["recovery_codes_left"] == 10


class TestSteps:
    def test_codes_follow_the_standard(self) -> None:
        """RFC 6238, appendix B, for SHA-1; its eight digits end in our six."""
        secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        for seconds, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
            assert step_of(secret, code, at=datetime.fromtimestamp(seconds, UTC)) == seconds // 30

    def test_a_clock_may_be_wrong_by_one_step_either_way(self) -> None:
        secret, now = pyotp.random_base32(), datetime.now(UTC)
        found = [
            step_of(secret, pyotp.TOTP(secret).at(now, counter_offset=offset), at=now) for offset in (-2, -1, 0, 1, 2)
        ]
        present = int(now.timestamp()) // 30
        assert found == [None, present - 1, present, present + 1, None]

    def test_what_is_no_code_is_none(self) -> None:
        for typed in ("", "12345", "1234567", "٠١٢٣٤٥", "abcdef", "12345a"):
            assert step_of(pyotp.random_base32(), typed, at=datetime.now(UTC)) is None
