"""Signing up: by a link that goes to the address, with no word to anybody else of whether somebody has it."""

import re
from uuid import UUID, uuid4

import asyncpg
import httpx

from chatter.api import build_api
from chatter.identity.mail_links import PASSWORD_RESET, link_token
from chatter.identity.sign_up_mails import send_sign_ups
from chatter.identity.sign_ups import forget_sign_ups
from chatter.kit.mail_folder import MailFolder
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from tests.inbox import Inbox, smtp_server
from tests.llm.apps import calling
from tests.people import PASSWORD, Person, asgi, sign_in, sign_up, sign_up_token
from tests.servers import SECRET_KEY, Servers

SIGN_UP = "/api/v1/auth/sign-up"


def wanted(**changes: str) -> dict[str, str]:
    return {"organization_name": "Globex", "name": "Ada Moe", "email": f"{uuid4().hex[:12]}@example.test"} | changes


async def ask(client: httpx.AsyncClient, body: dict[str, str]) -> str:
    """The token of the link that goes out to a new address."""
    asked = await client.post(SIGN_UP, json=body)
    assert asked.status_code == 202, asked.text
    return sign_up_token(UUID(asked.json()["id"]))


async def finish(client: httpx.AsyncClient, token: str, *, password: str = PASSWORD) -> httpx.Response:
    answer = await client.post(f"{SIGN_UP}/finish", json={"token": token, "password": password})
    client.cookies.clear()
    return answer


class TestSigningUp:
    async def test_the_new_person_owns_the_new_organisation(self, client: httpx.AsyncClient) -> None:
        person = await sign_up(client, organization="Globex")
        me = (await person.get("/me")).json()
        assert (me["role"], me["organization"]["name"]) == ("owner", "Globex")
        assert "tenancy:invitation:create" in me["permissions"]

    async def test_nobody_is_there_before_the_link_is_followed(
        self, client: httpx.AsyncClient, admin: asyncpg.Connection
    ) -> None:
        body = wanted()
        token = await ask(client, body)
        refused = await client.post("/api/v1/auth/sign-in", json={"email": body["email"], "password": PASSWORD})
        assert refused.status_code == 401
        assert await admin.fetchval("select count(*) from app_user where email = $1", body["email"]) == 0
        assert (await finish(client, token)).status_code == 201
        await sign_in(client, email=body["email"])

    async def test_the_link_works_once(self, client: httpx.AsyncClient) -> None:
        token = await ask(client, wanted())
        answers = [await finish(client, token), await finish(client, token)]
        assert [answer.status_code for answer in answers] == [201, 404]
        assert answers[1].json()["code"] == "sign_up_invalid"

    async def test_one_that_expired_was_forged_or_whose_address_is_taken_by_now_does_not_work(
        self, client: httpx.AsyncClient, owner: Person, admin: asyncpg.Connection
    ) -> None:
        body = wanted()
        token = await ask(client, body)
        link = UUID(hex=token.partition(".")[0])
        forged = [f"{link.hex}.", f"{link.hex}.{'A' * 43}", f"{uuid4().hex}.{token.partition('.')[2]}", "x"]
        forged.append(link_token(SECRET_KEY, purpose=PASSWORD_RESET, link=link))
        answers = [await finish(client, one) for one in forged]
        await admin.execute("update sign_up set expires_at = now() where id = $1", link)
        answers.append(await finish(client, token))
        await admin.execute("update sign_up set expires_at = now() + interval '1 day' where id = $1", link)
        key = await owner._invite(body["email"], role="member")
        joined = await client.post("/api/v1/invitations/accept", json={"name": "Ada", "password": PASSWORD, **key})
        assert joined.status_code == 200
        answers.append(await finish(client, token, password="another horse battery"))
        answers.append(await finish(client, await ask(client, body)))
        assert {(one.status_code, one.json()["code"]) for one in answers} == {(404, "sign_up_invalid")}
        assert (await sign_in(client, email=body["email"])).organization_id == owner.organization_id

    async def test_the_link_of_a_second_first_person_opens_nothing(
        self, client: httpx.AsyncClient, owner: Person, admin: asyncpg.Connection
    ) -> None:
        """On a new server nobody has to show a mailbox, so that such a link is worth nothing once somebody is here."""
        token = await ask(client, wanted())
        await admin.execute("update sign_up set mailed = false where id = $1", UUID(hex=token.partition(".")[0]))
        answer = await finish(client, token)
        assert (answer.status_code, answer.json()["code"]) == (404, "sign_up_invalid")

    async def test_a_link_from_before_the_server_was_closed_opens_nothing(
        self, client: httpx.AsyncClient, owner: Person, settings: Settings
    ) -> None:
        token = await ask(client, wanted())
        app = build_api(settings.model_copy(update={"sign_up_open": False}))
        async with app.lifespan(), httpx.AsyncClient(transport=asgi(app), base_url="http://c.test") as closed:
            answer = await finish(closed, token)
        assert (answer.status_code, answer.json()["code"]) == (403, "sign_up_closed")
        assert (await finish(client, token)).status_code == 201

    async def test_a_short_password_is_refused_by_name_of_the_field(self, client: httpx.AsyncClient) -> None:
        answer = await finish(client, await ask(client, wanted()), password="short")
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert answer.json()["errors"][0]["field"] == "password"

    async def test_the_password_is_stored_as_argon2id_only(self, owner: Person, admin: asyncpg.Connection) -> None:
        stored = await admin.fetchval("select password_hash from app_user where email = $1", owner.email)
        assert stored.startswith("$argon2id$")

    async def test_what_nobody_finished_is_forgotten(
        self, client: httpx.AsyncClient, services: Services, admin: asyncpg.Connection
    ) -> None:
        body = wanted()
        await ask(client, body)
        await admin.execute(
            "update sign_up set expires_at = now() - interval '1 second' where email = $1", body["email"]
        )
        await forget_sign_ups(services)
        assert await admin.fetchval("select count(*) from sign_up where email = $1", body["email"]) == 0


class TestWhoHasAnAddress:
    async def test_a_known_and_a_new_address_get_the_same_answer(
        self, client: httpx.AsyncClient, owner: Person
    ) -> None:
        answers = [await client.post(SIGN_UP, json=wanted(email=email)) for email in (owner.email, "new@example.test")]
        ids = [answer.json()["id"] for answer in answers]
        told = [(one.status_code, one.text.replace(key, "")) for one, key in zip(answers, ids, strict=True)]
        assert told == [(202, '{"id":"","token":null}')] * 2

    async def test_the_link_of_a_known_address_opens_nothing(self, client: httpx.AsyncClient, owner: Person) -> None:
        answer = await finish(client, await ask(client, wanted(email=owner.email.upper())))
        assert (answer.status_code, answer.json()["code"]) == (404, "sign_up_invalid")
        assert (await owner.get("/me")).json()["user"]["name"] == "Dana Reyes"

    async def test_a_mail_goes_out_either_way_and_says_what_to_do(
        self, client: httpx.AsyncClient, owner: Person, services: Services, admin: asyncpg.Connection
    ) -> None:
        own = "update sign_up set created_at = created_at - interval '1 minute' where email = $1"
        await admin.execute(own, owner.email)
        body = wanted(name="Visit evil.test", organization_name="Visit evil.test")
        token = await ask(client, body)
        for _ in range(2):
            await ask(client, wanted(email=owner.email))
        await send_sign_ups(services)
        await send_sign_ups(services)
        assert isinstance(services.mailer, MailFolder)
        mails = await services.mailer.newest(UUID(int=0), limit=200)
        (new,) = [mail for mail in mails if mail.to == body["email"]]
        (known,) = [mail for mail in mails if mail.to == owner.email]
        assert f"/sign-up/finish#{token}\n" in new.text
        assert "evil.test" not in new.text
        assert re.search(r"account with this\naddress already.*/login\n.*/forgot\n", known.text, re.DOTALL)
        assert "#" not in known.text
        assert await services.mailer.newest(owner.organization_id, limit=50) == []

    async def test_who_follows_a_link_that_a_mail_server_took_there_has_proven_the_address(
        self, settings: Settings, services: Services, admin: asyncpg.Connection
    ) -> None:
        async with (
            smtp_server(Inbox()) as url,
            calling(build_api(settings.model_copy(update={"smtp_url": url}))) as client,
        ):
            person = await sign_up(client)
        assert await admin.fetchval("select email_proven_at is not null from app_user where id = $1", person.user_id)


class TestTheFirstPerson:
    async def test_needs_no_mail_and_is_the_only_one_who_does_not(self, settings: Settings, servers: Servers) -> None:
        urls = await servers.database(f"chatter_first_{uuid4().hex[:8]}")
        own = settings.model_copy(update={"database_url": urls.admin, "sign_up_open": False})
        async with calling(build_api(own)) as client:
            asked = [(await client.post(SIGN_UP, json=wanted())).json() for _ in range(2)]
            first, second = [await finish(client, one["token"]) for one in asked]
            assert (first.status_code, second.json()["code"]) == (201, "sign_up_closed")
            late = await client.post(SIGN_UP, json=wanted())
            assert (late.status_code, late.json()["code"]) == (403, "sign_up_closed")
        async with calling(build_api(own.model_copy(update={"sign_up_open": True}))) as client:
            assert (await finish(client, asked[1]["token"])).json()["code"] == "sign_up_invalid"
            assert (await client.post(SIGN_UP, json=wanted())).json()["token"] is None
