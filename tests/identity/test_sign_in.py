"""Signing up, in and out."""

from uuid import uuid4

import asyncpg
import httpx

from chatter.api import build_api
from chatter.kit.settings import Settings
from tests.people import PASSWORD, Person, asgi, sign_in, sign_up


def sign_up_body(**changes: str) -> dict[str, str]:
    return {
        "organization_name": "Acme",
        "name": "Dana Reyes",
        "email": f"{uuid4().hex[:12]}@example.test",
        "password": PASSWORD,
    } | changes


class TestSignUp:
    async def test_the_new_person_owns_the_new_organisation(self, client: httpx.AsyncClient) -> None:
        person = await sign_up(client, organization="Globex")
        me = (await person.get("/me")).json()
        assert (me["role"], me["organization"]["name"]) == ("owner", "Globex")
        assert "tenancy:invitation:create" in me["permissions"]

    async def test_an_address_can_be_used_once_whatever_its_case(self, client: httpx.AsyncClient) -> None:
        body = sign_up_body()
        await client.post("/api/v1/auth/sign-up", json=body)
        other = body | {"email": body["email"].upper(), "password": "x" * 20}
        again = await client.post("/api/v1/auth/sign-up", json=other)
        assert (again.status_code, again.json()["code"]) == (409, "email_taken")

    async def test_a_known_person_makes_another_organisation_with_the_password_alone(
        self, client: httpx.AsyncClient
    ) -> None:
        body = sign_up_body(organization_name="Globex")
        first = (await client.post("/api/v1/auth/sign-up", json=body)).json()
        wrong = body | {"password": "another one's password"}
        refused = await client.post("/api/v1/auth/sign-up", json=wrong)
        assert (refused.status_code, refused.json()["code"]) == (409, "email_taken")
        again = await client.post("/api/v1/auth/sign-up", json=body | {"organization_name": "Initech", "name": "Other"})
        client.cookies.clear()
        assert again.json()["user"] == first["user"]
        assert [one["name"] for one in again.json()["organizations"]] == ["Globex", "Initech"]

    async def test_a_short_password_is_refused_by_name_of_the_field(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/api/v1/auth/sign-up", json=sign_up_body(password="short"))
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["errors"][0]["field"] == "password"

    async def test_the_password_is_stored_as_argon2id_only(
        self, client: httpx.AsyncClient, owner: Person, admin: asyncpg.Connection
    ) -> None:
        stored = await admin.fetchval("select password_hash from app_user where email = $1", owner.email)
        assert stored.startswith("$argon2id$")


class TestSignIn:
    async def test_the_cookie_is_hidden_from_scripts(self, client: httpx.AsyncClient, owner: Person) -> None:
        answer = await client.post("/api/v1/auth/sign-in", json={"email": owner.email, "password": PASSWORD})
        client.cookies.clear()
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie

    async def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(
        self, client: httpx.AsyncClient, owner: Person
    ) -> None:
        wrong = await client.post("/api/v1/auth/sign-in", json={"email": owner.email, "password": "not the password"})
        unknown = await client.post(
            "/api/v1/auth/sign-in", json={"email": "nobody@example.test", "password": "whatever it is"}
        )
        assert wrong.status_code == unknown.status_code == 401
        assert wrong.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}

    async def test_signing_out_ends_the_session_at_once(self, client: httpx.AsyncClient, owner: Person) -> None:
        person = await sign_in(client, email=owner.email)
        assert (await person.post("/auth/sign-out")).status_code == 204
        assert (await person.get("/me")).status_code == 401
        assert (await owner.get("/me")).status_code == 200

    async def test_a_new_password_ends_all_other_sessions(self, client: httpx.AsyncClient, owner: Person) -> None:
        other = await sign_in(client, email=owner.email)
        changed = await owner.post("/me/password", json={"current": PASSWORD, "new": "a quite different one"})
        assert changed.status_code == 204
        assert (await owner.get("/me")).status_code == 200
        assert (await other.get("/me")).status_code == 401

    async def test_a_page_of_another_site_can_not_use_the_cookie(
        self, client: httpx.AsyncClient, owner: Person
    ) -> None:
        headers = {"Cookie": f"chatter_session={owner.token}", "Origin": "https://evil.test"}
        refused = await client.patch("/api/v1/organization", json={"name": "Taken over"}, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "cross_origin")


class TestSetup:
    async def test_it_tells_that_somebody_is_here_already(self, client: httpx.AsyncClient, owner: Person) -> None:
        setup = (await client.get("/api/v1/auth/setup")).json()
        assert setup == {"first_person": False, "sign_up_open": True}

    async def test_sign_up_is_closed_after_the_first_person_unless_opened(
        self, settings: Settings, owner: Person
    ) -> None:
        app = build_api(settings.model_copy(update={"sign_up_open": False}))
        async with app.lifespan(), httpx.AsyncClient(transport=asgi(app), base_url="http://c.test") as closed:
            answer = await closed.post("/api/v1/auth/sign-up", json=sign_up_body())
        assert (answer.status_code, answer.json()["code"]) == (403, "sign_up_closed")
