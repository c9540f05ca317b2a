"""Mail domains, proven by a text record: against a name server on loopback that speaks the real protocol."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from chatter.api import build_api
from chatter.kit.dns import DnsResolver, DnsUnanswered
from chatter.kit.settings import Settings
from tests.llm.apps import calling
from tests.people import Person, sign_up
from tests.tenancy.name_server import NameServer, serve_names


@pytest_asyncio.fixture
async def name_server() -> AsyncIterator[NameServer]:
    async with serve_names() as serving:
        yield serving


@pytest_asyncio.fixture
async def asking(settings: Settings, name_server: NameServer) -> AsyncIterator[httpx.AsyncClient]:
    """An API that asks the name server on loopback."""
    changed = settings.model_copy(update={"dns_servers": [name_server.address]})
    async with calling(build_api(changed)) as client:
        yield client


@pytest.fixture
def domain() -> str:
    return f"d{uuid4().hex[:12]}.test"


async def claim(person: Person, domain: str) -> dict[str, str]:
    answer = await person.post("/domains", json={"name": domain})
    assert answer.status_code == 201, answer.text
    body: dict[str, str] = answer.json()
    return body


async def test_the_published_record_proves_a_domain(
    asking: httpx.AsyncClient, name_server: NameServer, domain: str
) -> None:
    person = await sign_up(asking)
    claimed = await claim(person, domain.upper())
    early = await person.post(f"/domains/{claimed['id']}/verify")
    assert (early.status_code, early.json()["code"]) == (409, "domain_unproven")
    name_server.records[claimed["record_name"]] = ["something else", claimed["record_value"]]
    verified = await person.post(f"/domains/{claimed['id']}/verify")
    assert (verified.status_code, verified.json()["name"]) == (200, domain)
    assert verified.json()["verified_at"] is not None
    assert (await person.get("/domains")).json()["items"] == [verified.json()]


async def test_the_longest_domain_leaves_room_for_the_records_label(
    asking: httpx.AsyncClient, name_server: NameServer
) -> None:
    person = await sign_up(asking)
    longest = f"{uuid4().hex}{'b' * 23}." + 2 * f"{'a' * 57}." + f"{'a' * 57}.test"
    assert len(longest) == 234
    claimed = await claim(person, longest)
    unproven = await person.post(f"/domains/{claimed['id']}/verify")
    assert (unproven.status_code, unproven.json()["code"]) == (409, "domain_unproven")
    refused = await person.post("/domains", json={"name": f"b{longest}"})
    assert refused.status_code == 422


async def test_a_domain_that_goes_while_its_record_is_looked_for_is_not_proven(
    asking: httpx.AsyncClient, name_server: NameServer, domain: str
) -> None:
    person = await sign_up(asking)
    claimed = await claim(person, domain)
    name_server.records[claimed["record_name"]] = [claimed["record_value"]]
    name_server.asked, name_server.may_answer = asyncio.Event(), asyncio.Event()
    verifying = asyncio.create_task(person.post(f"/domains/{claimed['id']}/verify"))
    await asyncio.wait_for(name_server.asked.wait(), 10)
    assert (await person.delete(f"/domains/{claimed['id']}")).status_code == 204
    name_server.may_answer.set()
    assert (await verifying).status_code == 404


async def test_a_key_whose_scopes_are_narrowed_lets_nobody_in_above_the_least_role(
    asking: httpx.AsyncClient, name_server: NameServer, domain: str
) -> None:
    person = await sign_up(asking)
    claimed = await claim(person, domain)
    name_server.records[claimed["record_name"]] = [claimed["record_value"]]
    await person.post(f"/domains/{claimed['id']}/verify")
    made = await person.post("/me/keys", json={"name": "Domains", "scopes": ["tenancy:domain:update"]})
    assert made.status_code == 201, made.text
    narrow = replace(person, token=made.json()["secret"])
    for role, expected in (("member", (403, "role_above_own")), ("viewer", (200, None))):
        answer = await narrow.patch(f"/domains/{claimed['id']}", json={"auto_join_role": role})
        assert (answer.status_code, answer.json().get("code")) == expected, role


async def test_another_organisations_record_proves_nothing(
    asking: httpx.AsyncClient, name_server: NameServer, domain: str
) -> None:
    first, second = await sign_up(asking), await sign_up(asking)
    theirs, ours = await claim(first, domain), await claim(second, domain)
    name_server.records[theirs["record_name"]] = [theirs["record_value"]]
    assert theirs["record_value"] != ours["record_value"]
    assert (await second.post(f"/domains/{ours['id']}/verify")).json()["code"] == "domain_unproven"


async def test_a_domain_is_verified_in_one_organisation_at_most(
    asking: httpx.AsyncClient, name_server: NameServer, domain: str
) -> None:
    first, second = await sign_up(asking), await sign_up(asking)
    theirs, ours = await claim(first, domain), await claim(second, domain)
    name_server.records[theirs["record_name"]] = [theirs["record_value"], ours["record_value"]]
    both = await asyncio.gather(
        first.post(f"/domains/{theirs['id']}/verify"), second.post(f"/domains/{ours['id']}/verify")
    )
    assert sorted(answer.status_code for answer in both) == [200, 409]
    winner, loser = (first, second) if both[0].status_code == 200 else (second, first)
    own, other = (theirs, ours) if winner is first else (ours, theirs)
    assert (await loser.post(f"/domains/{other['id']}/verify")).json()["code"] == "domain_taken"
    assert (await winner.delete(f"/domains/{own['id']}")).status_code == 204
    assert (await loser.post(f"/domains/{other['id']}/verify")).status_code == 200


async def test_a_domain_is_named_once_and_must_look_like_one(asking: httpx.AsyncClient, domain: str) -> None:
    person = await sign_up(asking)
    await claim(person, domain)
    assert (await person.post("/domains", json={"name": domain})).json()["code"] == "domain_claimed"
    for wrong in ("dana@acme.test", "acme", "-acme.test", "acme..test", "acme.test."):
        assert (await person.post("/domains", json={"name": wrong})).status_code == 422, wrong


async def test_a_name_server_that_is_away_is_not_taken_for_a_missing_record() -> None:
    with pytest.raises(DnsUnanswered):
        await DnsResolver(["127.0.0.1:9"]).texts("acme.test")


async def test_a_domain_that_is_not_there_is_not_found(owner: Person) -> None:
    path = f"/domains/{uuid4()}"
    answers = [
        await owner.post(f"{path}/verify"),
        await owner.patch(path, json={"auto_join_role": "viewer"}),
        await owner.delete(path),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 3
