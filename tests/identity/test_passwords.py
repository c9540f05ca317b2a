"""Passwords: which are refused, how old hashes are renewed, and a forgotten one set anew by mail."""

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from chatter.identity import password_rules
from chatter.identity.mail_links import PASSWORD_RESET, link_token, send_links
from chatter.kit.mail_folder import MailFolder
from chatter.kit.services import Services
from tests.people import PASSWORD, Person, sign_in, sign_up, sign_up_token
from tests.servers import SECRET_KEY

NEW = "a quite different one"


async def forget(person: Person, admin: asyncpg.Connection) -> str:
    """Ask for a link; the token of the one that was made."""
    answer = await person.client.post("/api/v1/auth/password/reset-request", json={"email": person.email.upper()})
    assert answer.status_code == 204
    newest = "select id from mail_link where user_id = $1 order by created_at desc limit 1"
    return link_token(SECRET_KEY, purpose=PASSWORD_RESET, link=await admin.fetchval(newest, person.user_id))


async def reset(client: httpx.AsyncClient, token: str, *, password: str = NEW) -> httpx.Response:
    return await client.post("/api/v1/auth/password/reset", json={"token": token, "password": password})


class TestWhichAreRefused:
    @pytest.mark.parametrize(
        "password",
        [
            "1q2w3e4r5t",
            "Password2024!",
            "!!iloveyou!!",
            "aaaaaaaaaaaa",
            "lovely reyes!",
            "we at ACME rock",
            "kim.park-99",
        ],
    )
    async def test_one_that_is_common_or_holds_a_name_is_not_taken(
        self, client: httpx.AsyncClient, password: str
    ) -> None:
        email = f"kim.park-{uuid4().hex[:8]}@example.test"
        body = {"organization_name": "Acme Inc.", "name": "Dana Reyes", "email": email}
        asked = (await client.post("/api/v1/auth/sign-up", json=body)).json()
        finish = {"token": sign_up_token(UUID(asked["id"])), "password": password}
        refused = await client.post("/api/v1/auth/sign-up/finish", json=finish)
        assert (refused.status_code, refused.json()["code"]) == (422, "password_guessable")
        assert refused.json()["remedy"]
        better = await client.post("/api/v1/auth/sign-up/finish", json=finish | {"password": PASSWORD})
        assert better.status_code == 201
        client.cookies.clear()

    async def test_it_is_refused_wherever_one_is_set(self, owner: Person, admin: asyncpg.Connection) -> None:
        changed = await owner.post("/me/password", json={"current": PASSWORD, "new": "Password2024!"})
        token = await forget(owner, admin)
        again = await reset(owner.client, token, password="Password2024!")
        key = await owner._invite(f"{uuid4().hex[:12]}@example.test", role="member")
        body = {"name": "Bo Lind", "password": "Password2024!", **key}
        joining = await owner.client.post("/api/v1/invitations/accept", json=body)
        assert [one.json()["code"] for one in (changed, again, joining)] == ["password_guessable"] * 3
        assert (await reset(owner.client, token)).status_code == 204

    async def test_who_does_not_know_the_present_one_sets_no_other(
        self, owner: Person, client: httpx.AsyncClient
    ) -> None:
        """A session that somebody left open is not enough."""
        refused = await owner.post("/me/password", json={"current": "not the present one", "new": NEW})
        assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_refused")
        assert (await sign_in(client, email=owner.email)).user_id == owner.user_id


class TestOldHashes:
    async def test_one_that_cost_less_is_renewed_when_its_person_signs_in(
        self, owner: Person, client: httpx.AsyncClient, admin: asyncpg.Connection
    ) -> None:
        old = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8192),)).hash(PASSWORD)
        await admin.execute("update app_user set password_hash = $2 where id = $1", owner.user_id, old)
        await sign_in(client, email=owner.email)
        stored = await admin.fetchval("select password_hash from app_user where id = $1", owner.user_id)
        assert "m=65536,t=3" in stored
        await sign_in(client, email=owner.email)
        assert stored == await admin.fetchval("select password_hash from app_user where id = $1", owner.user_id)


class TestResetting:
    async def test_the_link_sets_a_new_one_and_ends_every_session(
        self, owner: Person, client: httpx.AsyncClient, admin: asyncpg.Connection
    ) -> None:
        token = await forget(owner, admin)
        assert (await reset(client, token)).status_code == 204
        assert (await owner.get("/me")).status_code == 401
        old = await client.post("/api/v1/auth/sign-in", json={"email": owner.email, "password": PASSWORD})
        assert old.status_code == 401
        assert (await (await sign_in(client, email=owner.email, password=NEW)).get("/me")).status_code == 200

    async def test_one_of_two_that_use_it_at_once_sets_the_password(
        self, owner: Person, admin: asyncpg.Connection
    ) -> None:
        token = await forget(owner, admin)
        answers = await asyncio.gather(
            *(reset(owner.client, token, password=password) for password in (NEW, f"{NEW} too"))
        )
        assert sorted(answer.status_code for answer in answers) == [204, 404], [each.text for each in answers]

    async def test_it_works_once_and_takes_other_links_of_the_person_with_it(
        self, owner: Person, client: httpx.AsyncClient, admin: asyncpg.Connection
    ) -> None:
        first = await forget(owner, admin)
        await admin.execute("update mail_link set created_at = now() - interval '2 minutes'")
        second = await forget(owner, admin)
        assert first != second
        assert [(await reset(client, token)).status_code for token in (second, second, first)] == [204, 404, 404]

    async def test_one_that_expired_was_forged_or_is_for_another_address_does_not_work(
        self, owner: Person, client: httpx.AsyncClient, admin: asyncpg.Connection
    ) -> None:
        token = await forget(owner, admin)
        link = UUID(hex=token.partition(".")[0])
        forged = [f"{link.hex}.", f"{link.hex}.{'A' * 43}", f"{uuid4().hex}.{token.partition('.')[2]}", "x"]
        forged.append(link_token(SECRET_KEY, purpose="another", link=link))
        answers = [await reset(client, one) for one in forged]
        for change in ("expires_at = now()", "expires_at = now() + interval '1 hour', email = 'old@example.test'"):
            await admin.execute(f"update mail_link set {change} where id = $1", link)
            answers.append(await reset(client, token))
        assert {(one.status_code, one.json()["code"]) for one in answers} == {(404, "reset_invalid")}

    async def test_each_organisation_of_the_person_notes_it(
        self, owner: Person, client: httpx.AsyncClient, admin: asyncpg.Connection
    ) -> None:
        other = await sign_up(client)
        await owner.welcome(other)
        await reset(client, await forget(other, admin))
        noted = "select array_agg(tenant_id) from audit_event where action = $2 and target = $1"
        told = await admin.fetchval(noted, other.user_id, "identity:user:password_reset")
        assert set(told) == {owner.organization_id, other.organization_id}

    async def test_the_worker_sends_one_mail_with_the_link_whatever_is_asked_within_a_minute(
        self, owner: Person, admin: asyncpg.Connection, services: Services
    ) -> None:
        token = await forget(owner, admin)
        await forget(owner, admin)
        await send_links(services)
        await send_links(services)
        assert isinstance(services.mailer, MailFolder)
        mails = [one for one in await services.mailer.newest(UUID(int=0), limit=50) if one.to == owner.email]
        assert [f"/reset#{token}\n" in mail.text for mail in mails] == [True]
        assert await services.mailer.newest(owner.organization_id, limit=50) == []


def test_the_common_passwords_are_all_that_the_library_lists() -> None:
    shipped = Path(password_rules.__file__).with_name("common_passwords.txt")
    assert shipped.read_text().split() == FREQUENCY_LISTS["passwords"]
