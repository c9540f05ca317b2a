"""Signing in and out."""

import httpx

from chatter.api import build_api
from chatter.kit.settings import Settings
from tests.people import PASSWORD, Person, asgi, sign_in


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
            answer = await closed.post(
                "/api/v1/auth/sign-up", json={"organization_name": "Acme", "name": "Dana", "email": "dana@acme.test"}
            )
        assert (answer.status_code, answer.json()["code"]) == (403, "sign_up_closed")
