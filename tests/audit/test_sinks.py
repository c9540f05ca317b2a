"""The log sent to a destination: in order, whole, again after a failure, and never where it may not go."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
import pytest_asyncio

from chatter.api import build_api
from chatter.audit.delivery import deliver_due
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from tests.audit.log import note_many, seal_all
from tests.audit.receiver import Receiver, receiving
from tests.llm.apps import calling
from tests.people import Person, sign_up

HEADER = {"header_name": "Authorization", "header_value": "Bearer only-for-the-receiver"}


@pytest_asyncio.fixture(scope="module")
async def destination() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


@pytest_asyncio.fixture
async def receiver(destination: Receiver, admin: asyncpg.Connection) -> Receiver:
    """The destination, to which nothing was sent yet, and nothing of other tests will be."""
    await admin.execute("update audit_sink set state = 'paused'")
    destination.reset()
    return destination


@pytest.fixture(scope="module")
def allowing(settings: Settings, destination: Receiver) -> Settings:
    """Settings of an operator who allows the destination's address."""
    return settings.model_copy(update={"egress_allow": [f"127.0.0.1:{destination.port}"]})


@pytest_asyncio.fixture(scope="module")
async def worker(allowing: Settings) -> AsyncIterator[Services]:
    async with Services.open(allowing) as services:
        yield services


@pytest_asyncio.fixture(scope="module")
async def caller(allowing: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(build_api(allowing)) as client:
        yield client


@pytest_asyncio.fixture
async def person(caller: httpx.AsyncClient) -> Person:
    return await sign_up(caller)


async def set_sink(person: Person, receiver: Receiver, **more: Any) -> dict[str, Any]:
    answer = await person.put("/audit/sink", json={"url": receiver.url} | HEADER | more)
    assert answer.status_code == 200, answer.text
    sink: dict[str, Any] = answer.json()
    return sink


async def sink_of(person: Person) -> dict[str, Any]:
    sink: dict[str, Any] = (await person.get("/audit/sink")).json()["sink"]
    return sink


async def make_due(admin: asyncpg.Connection, tenant_id: UUID) -> None:
    """As if the pause after a failure were over."""
    await admin.execute("update audit_sink set next_attempt_at = now() where tenant_id = $1", tenant_id)


async def write(worker: Services, person: Person, *, count: int) -> None:
    await note_many(worker.database, person.organization_id, count=count)
    await seal_all(worker.database, person.organization_id)


def places(receiver: Receiver) -> list[int]:
    return [line["position"] for line in receiver.lines]


async def test_what_comes_from_now_on_is_sent_in_the_order_of_the_chain_with_the_header(
    person: Person, worker: Services, receiver: Receiver
) -> None:
    await write(worker, person, count=3)
    first = (await set_sink(person, receiver))["position"] + 1
    await write(worker, person, count=2)
    await deliver_due(worker)
    assert places(receiver) == list(range(first, first + 3)), "two rows, and that the destination was set"
    assert receiver.headers[0]["authorization"] == "Bearer only-for-the-receiver"
    assert (await sink_of(person))["behind"] == 0


async def test_the_whole_log_is_sent_when_that_is_asked_for(
    person: Person, worker: Services, receiver: Receiver
) -> None:
    await write(worker, person, count=700)
    await set_sink(person, receiver, from_beginning=True)
    while (await sink_of(person))["behind"]:
        await deliver_due(worker)
    assert places(receiver) == list(range(1, len(receiver.lines) + 1))
    assert len(receiver.lines) > 700


async def test_after_a_failure_the_same_rows_are_sent_again_later_and_none_is_skipped(
    person: Person, worker: Services, receiver: Receiver, admin: asyncpg.Connection
) -> None:
    await set_sink(person, receiver, from_beginning=True)
    await write(worker, person, count=2)
    receiver.answers = [500, 503]
    for failures in (1, 2):
        await make_due(admin, person.organization_id)
        await deliver_due(worker)
        await deliver_due(worker)
        sink = await sink_of(person)
        assert (sink["failures"], sink["position"]) == (failures, 0), "a second attempt waits for its time"
    assert sink["last_error"] == "It answered 503."
    await make_due(admin, person.organization_id)
    await write(worker, person, count=1)
    await deliver_due(worker)
    assert places(receiver) == list(range(1, len(receiver.lines) + 1))
    sink = await sink_of(person)
    assert (sink["failures"], sink["last_error"], sink["behind"]) == (0, None, 0)


async def test_a_destination_is_not_called_for_what_another_organisation_did(
    person: Person, caller: httpx.AsyncClient, worker: Services, receiver: Receiver
) -> None:
    await set_sink(person, receiver)
    await seal_all(worker.database, person.organization_id)
    await deliver_due(worker)
    delivered = (await sink_of(person))["last_delivered_at"]
    assert delivered is not None
    await write(worker, await sign_up(caller), count=len(receiver.lines) + 10)
    await deliver_due(worker)
    assert (await sink_of(person))["last_delivered_at"] == delivered


async def test_a_destination_that_is_not_there_is_told_in_words(
    person: Person, worker: Services, receiver: Receiver, admin: asyncpg.Connection
) -> None:
    await set_sink(person, receiver, from_beginning=True)
    await write(worker, person, count=1)
    await admin.execute(
        "update audit_sink set url = 'http://127.0.0.1:9/in' where tenant_id = $1", person.organization_id
    )
    await deliver_due(worker)
    assert "not call" in (await sink_of(person))["last_error"], "the policy holds for what is stored, too"


async def test_a_redirect_is_not_followed(person: Person, worker: Services, receiver: Receiver) -> None:
    await set_sink(person, receiver, from_beginning=True)
    await write(worker, person, count=1)
    receiver.answers = [307]
    await deliver_due(worker)
    assert (await sink_of(person))["last_error"] == "It answered 307."
    assert len(receiver.headers) == 1


async def test_a_paused_destination_gets_nothing_and_after_it_everything(
    person: Person, worker: Services, receiver: Receiver
) -> None:
    await set_sink(person, receiver, from_beginning=True)
    assert (await person.post("/audit/sink/pause")).json()["state"] == "paused"
    await write(worker, person, count=2)
    await deliver_due(worker)
    assert receiver.lines == []
    assert (await person.post("/audit/sink/resume")).json()["state"] == "active"
    await deliver_due(worker)
    assert places(receiver) == list(range(1, len(receiver.lines) + 1))
    assert len(receiver.lines) >= 2


async def test_rows_that_the_old_address_took_while_a_new_one_was_set_are_sent_to_the_new_one_too(
    person: Person, worker: Services, receiver: Receiver
) -> None:
    await set_sink(person, receiver, from_beginning=True)
    await write(worker, person, count=2)
    receiver.hold = asyncio.Event()
    delivering = asyncio.create_task(deliver_due(worker))
    await receiver.arrived.wait()
    moved = await set_sink(person, receiver, url=f"{receiver.url}/new", from_beginning=True)
    receiver.hold.set()
    await delivering
    assert moved["position"] == (await sink_of(person))["position"] == 0
    await deliver_due(worker)
    assert receiver.paths == ["/in", "/in/new"]
    assert places(receiver).count(1) == 2


async def test_a_test_sends_one_line_that_is_no_row(person: Person, receiver: Receiver) -> None:
    await set_sink(person, receiver)
    assert (await person.post("/audit/sink/test")).json() == {"passed": True, "detail": "It took the line."}
    assert receiver.lines == [{"type": "chatter.audit.test", "organization": str(person.organization_id)}]
    receiver.answers = [401]
    assert (await person.post("/audit/sink/test")).json() == {"passed": False, "detail": "It answered 401."}


@pytest.mark.parametrize(
    "url",
    [
        "http://siem.example.test/in",
        "https://127.0.0.1/in",
        "https://169.254.169.254/",
        "ftp://x",
        "https://a:b@c.test",
    ],
)
async def test_an_address_without_https_or_beyond_the_policy_is_refused(person: Person, url: str) -> None:
    refused = await person.put("/audit/sink", json={"url": url})
    assert (refused.status_code, refused.json()["code"]) in {(422, "egress_refused"), (422, "audit_sink_invalid")}


async def test_a_new_address_does_not_take_the_stored_header_along(person: Person, receiver: Receiver) -> None:
    await set_sink(person, receiver)
    same = {"url": receiver.url, "header_name": "Authorization"}
    assert (await person.put("/audit/sink", json=same)).status_code == 200
    moved = await person.put("/audit/sink", json=same | {"url": receiver.url + "/other"})
    assert moved.json()["code"] == "audit_sink_invalid"


async def test_the_headers_value_is_sealed_and_never_shown(
    person: Person, receiver: Receiver, admin: asyncpg.Connection
) -> None:
    await set_sink(person, receiver)
    seen = (await person.get("/audit/sink")).text + (await person.get("/audit/export")).text
    rows = await admin.fetch("select s::text from audit_sink s union all select e::text from audit_event e")
    assert "only-for-the-receiver" not in seen + str(rows)


async def test_an_auditor_sees_the_destination_and_can_not_change_it(person: Person, receiver: Receiver) -> None:
    await set_sink(person, receiver)
    auditor = await person.colleague("auditor")
    assert (await auditor.get("/audit/sink")).json()["sink"]["url"] == receiver.url
    assert (await auditor.put("/audit/sink", json={"url": receiver.url})).status_code == 403
    assert (await auditor.delete("/audit/sink")).status_code == 403


async def test_without_a_destination_it_says_so(person: Person) -> None:
    assert (await person.get("/audit/sink")).json() == {"sink": None}
    assert (await person.post("/audit/sink/pause")).json()["code"] == "audit_sink_missing"


async def test_a_destination_that_can_not_be_reached_is_told_in_words(settings: Settings) -> None:
    allowing = settings.model_copy(update={"egress_allow": ["127.0.0.1:9"]})  # nobody listens
    async with calling(build_api(allowing)) as client:
        person = await sign_up(client)
        await person.put("/audit/sink", json={"url": "http://127.0.0.1:9/in"})
        told = (await person.post("/audit/sink/test")).json()
    assert told == {"passed": False, "detail": "It could not be reached: the connection was refused or broke off."}
