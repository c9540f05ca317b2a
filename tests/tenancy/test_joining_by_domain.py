"""Joining an organisation by the domain of an address that one has proven to read."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from chatter.api import build_api
from chatter.kit.job_runner import JobRunner
from chatter.kit.mail_smtp import SmtpMailer
from chatter.kit.settings import Settings
from tests.inbox import Inbox, smtp_server
from tests.llm.apps import calling
from tests.people import PASSWORD, Person, sign_in, sign_up
from tests.tenancy.conftest import MovableClock, work_off


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest_asyncio.fixture
async def mailing(settings: Settings, inbox: Inbox, worker: JobRunner) -> AsyncIterator[httpx.AsyncClient]:
    """An API and a worker that have a mail server."""
    async with smtp_server(inbox) as url:
        worker.services.mailer = SmtpMailer(url, sender="chatter@acme.test")
        async with calling(build_api(settings.model_copy(update={"smtp_url": url}))) as client:
            yield client


@pytest.fixture
def domain() -> str:
    return f"d{uuid4().hex[:12]}.test"


@pytest_asyncio.fixture
async def host(mailing: httpx.AsyncClient, admin: asyncpg.Connection, domain: str) -> Person:
    """The owner of an organisation that has verified the domain and lets its people in as viewers."""
    person = await sign_up(mailing, organization="Globex")
    claimed = (await person.post("/domains", json={"name": domain})).json()
    early = await person.patch(f"/domains/{claimed['id']}", json={"auto_join_role": "viewer"})
    assert early.json()["code"] == "domain_unproven"
    await admin.execute("update mail_domain set verified_at = now() where name = $1", domain)
    changed = await person.patch(f"/domains/{claimed['id']}", json={"auto_join_role": "viewer"})
    assert changed.json()["auto_join_role"] == "viewer"
    return person


@pytest_asyncio.fixture
async def person(client: httpx.AsyncClient, mailing: httpx.AsyncClient, domain: str) -> Person:
    """Somebody of the domain, who signed up before this server had a mail server."""
    return replace(await sign_up(client, organization="Own", name="Bo", email=f"bo@{domain}"), client=mailing)


async def token_for(person: Person, inbox: Inbox, worker: JobRunner) -> str:
    assert (await person.post("/me/email/proof")).status_code == 204
    await work_off(worker)
    found = re.search(r"/prove#(\S+)", inbox.newest_to(person.email))
    assert found is not None
    return found[1]


async def prove(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/api/v1/auth/email/prove", json={"token": token})


async def names(person: Person) -> list[str]:
    return [one["name"] for one in (await person.get("/me")).json()["organizations"]]


async def test_the_domain_alone_lets_nobody_in_and_the_proof_does(
    mailing: httpx.AsyncClient, host: Person, person: Person, inbox: Inbox, worker: JobRunner
) -> None:
    assert (await names(person), (await person.get("/me")).json()["email_proof"]) == (["Own"], "open")
    proven = await prove(mailing, await token_for(person, inbox, worker))
    assert (proven.status_code, [one["name"] for one in proven.json()["joined"]]) == (200, ["Globex"])
    assert (await names(person), (await person.get("/me")).json()["email_proof"]) == (["Own", "Globex"], "proven")
    there = {"Chatter-Organization": str(host.organization_id)}
    assert (await person.get("/me", headers=there)).json()["role"] == "viewer"


async def test_who_proved_the_address_before_joins_when_they_sign_in(
    mailing: httpx.AsyncClient,
    domain: str,
    person: Person,
    inbox: Inbox,
    worker: JobRunner,
    admin: asyncpg.Connection,
    host: Person,
) -> None:
    await admin.execute("update mail_domain set auto_join_role = null where name = $1", domain)
    await prove(mailing, await token_for(person, inbox, worker))
    assert await names(person) == ["Own"]
    await admin.execute("update mail_domain set auto_join_role = 'member' where name = $1", domain)
    assert await names(await sign_in(mailing, email=person.email)) == ["Own", "Globex"]


async def test_who_was_taken_out_or_is_suspended_does_not_come_back_by_the_domain(
    mailing: httpx.AsyncClient, host: Person, person: Person, inbox: Inbox, worker: JobRunner
) -> None:
    token = await token_for(person, inbox, worker)
    await prove(mailing, token)
    await host.post(f"/members/{person.user_id}/suspend")
    assert (await prove(mailing, token)).json()["joined"] == []
    assert await names(await sign_in(mailing, email=person.email)) == ["Own"]
    await host.delete(f"/members/{person.user_id}")
    assert await names(await sign_in(mailing, email=person.email)) == ["Own"]


async def test_a_link_that_was_changed_or_is_a_day_old_proves_nothing(
    mailing: httpx.AsyncClient, host: Person, person: Person, inbox: Inbox, worker: JobRunner, clock: MovableClock
) -> None:
    clock.advance(days=-1, minutes=-1)
    late = await token_for(person, inbox, worker)
    body, _, mac = late.partition(".")
    for wrong in (late, f"{body}.{mac[::-1]}", "x", "x.y", f".{mac}"):
        refused = await prove(mailing, wrong)
        assert (refused.status_code, refused.json()["code"]) == (404, "proof_invalid"), wrong
    assert await names(person) == ["Own"]


async def test_a_link_to_an_address_that_the_person_has_left_proves_nothing(
    mailing: httpx.AsyncClient, host: Person, person: Person, inbox: Inbox, worker: JobRunner, admin: asyncpg.Connection
) -> None:
    token = await token_for(person, inbox, worker)
    moved = f"{uuid4().hex[:12]}@elsewhere.test"
    await admin.execute("update app_user set email = $2 where id = $1", person.user_id, moved)
    refused = await prove(mailing, token)
    assert (refused.status_code, refused.json()["code"]) == (404, "proof_invalid")
    assert await names(person) == ["Own"]
    noted = "select count(*) from audit_event where action = 'identity:email:proven' and target = $1"
    assert await admin.fetchval(noted, person.user_id) == 0


async def test_who_signs_up_by_a_link_from_a_mail_server_joins_at_once(
    mailing: httpx.AsyncClient, host: Person, domain: str
) -> None:
    newcomer = await sign_up(mailing, organization="Own", name="Bo", email=f"bo@{domain}")
    assert await names(newcomer) == ["Own", "Globex"]


async def test_without_a_mail_server_nothing_can_be_proven(owner: Person) -> None:
    assert (await owner.get("/me")).json()["email_proof"] == "unavailable"
    assert (await owner.post("/me/email/proof")).json()["code"] == "mailbox_unprovable"


async def test_an_accepted_invitation_that_came_by_mail_is_a_proof_too(
    mailing: httpx.AsyncClient, host: Person, domain: str, inbox: Inbox, worker: JobRunner
) -> None:
    inviter = await sign_up(mailing)
    await inviter.post("/invitations", json={"email": f"al@{domain}"})
    await work_off(worker)
    found = re.search(r"/invite/(\S+)#(\S+)", inbox.newest_to(f"al@{domain}"))
    assert found is not None
    body = {"organization_id": found[1], "token": found[2], "password": PASSWORD, "name": "Al"}
    await mailing.post("/api/v1/invitations/accept", json=body)
    mailing.cookies.clear()
    assert await names(await sign_in(mailing, email=f"al@{domain}")) == ["Acme", "Globex"]
