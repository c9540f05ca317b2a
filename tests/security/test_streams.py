"""Every route that streams, opened as somebody of another organisation: what it tells holds nothing of the victim."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest

from chatter_dashboard.api.transport import ASGIApp, StreamingASGITransport
from tests.people import Person
from tests.security.operations import ENDLESS, Operation
from tests.security.sending import Ids, allowed, foreign_ids, ids_of, unlike
from tests.security.stand import Stand
from tests.security.world import MARKER, World

PATIENCE = 20
QUIET = 0.3
FROM_THE_START = {"Last-Event-ID": "0"}
POSITIONS: tuple[dict[str, str], ...] = ({}, FROM_THE_START, {"Last-Event-ID": "1"}, {"Last-Event-ID": "999999999"})


@pytest.fixture
async def browser(either: Stand) -> AsyncIterator[httpx.AsyncClient]:
    """Reads answers as they come, where the attacks' own client waits for their end."""
    transport = StreamingASGITransport(cast(ASGIApp, either.api))
    async with httpx.AsyncClient(transport=transport, base_url="http://chatter.test") as client:
        yield client


def streams(stand: Stand) -> list[Operation]:
    """Read from the routes themselves: a new one is attacked without an edit."""
    return [o for o in stand.operations if stand.handlers[o.name].media_type == "text/event-stream"]


def test_what_the_other_attacks_leave_out_is_opened_here(stand: Stand) -> None:
    assert {operation.name for operation in streams(stand)} >= ENDLESS
    assert {operation.name for operation in streams(stand) if not operation.parameters} == ENDLESS


async def test_a_stream_tells_its_own_organisation_what_is_its_own_and_nothing_else(
    either: Stand, browser: httpx.AsyncClient
) -> None:
    """Without the first half, the second would prove nothing."""
    theirs = {str(row["id"]) for row in either.victim.rows.values() if isinstance(row.get("id"), UUID)}
    for operation in streams(either):
        assert MARKER in await _own(either, browser, either.victim, operation), operation.name
        told = await _own(either, browser, either.attacker, operation)
        assert MARKER not in told, operation.name
        assert not any(value in told for value in theirs), operation.name


async def test_a_stream_of_a_foreign_id_answers_as_one_that_never_existed(
    either: Stand, browser: httpx.AsyncClient
) -> None:
    for role, person in either.cast.outsiders.items():
        for operation in streams(either):
            for ids in foreign_ids(operation, either.victim, either.attacker) if operation.parameters else ():
                for headers in POSITIONS:
                    foreign = await _answer(either, browser, person, operation, ids, headers)
                    never = await _answer(either, browser, person, operation, unlike(ids, either.attacker), headers)
                    assert foreign == never, (role, operation.name)
                    assert foreign[0] == (404 if allowed(either, role, operation) else 403), (role, operation.name)


async def test_a_stream_of_the_victims_organisation_is_refused_as_one_of_an_organisation_that_never_existed(
    either: Stand, browser: httpx.AsyncClient
) -> None:
    person = either.attacker.person
    for operation in streams(either):
        answers = [
            await _answer(
                either,
                browser,
                person,
                operation,
                ids_of(operation, either.victim),
                FROM_THE_START | {"Chatter-Organization": str(organization)},
            )
            for organization in (either.victim.person.organization_id, uuid4())
        ]
        assert answers[0] == answers[1], operation.name
        assert answers[0][0] == 401, operation.name


async def test_a_question_in_a_foreign_conversation_is_answered_by_no_stream(
    either: Stand, browser: httpx.AsyncClient
) -> None:
    """Each route whose answer may be a stream instead."""
    offered = [o for o in either.operations if either.handlers[o.name].opt.get("streams")]
    assert offered
    for role, person in either.cast.outsiders.items():
        for operation in offered:
            theirs = ids_of(operation, either.victim)
            never = unlike(theirs, either.attacker)
            answers = [await _asked(either, browser, person, operation, ids) for ids in (theirs, never)]
            assert answers[0] == answers[1], (role, operation.name)
            assert answers[0][0] == (404 if allowed(either, role, operation) else 403), (role, operation.name)


@pytest.mark.parametrize("number", ["x", "-1", "+1", "1e3", "0x1", "1.5", "null", "9" * 19, "9" * 4000])
async def test_rubbish_where_a_stream_takes_a_number_is_refused_and_is_no_error_of_ours(
    either: Stand, browser: httpx.AsyncClient, number: str
) -> None:
    """What the fuzzer leaves out, since it would wait for the end of an answer."""
    for operation in streams(either):
        ids = ids_of(operation, either.attacker)
        headers = {"Last-Event-ID": number}
        status, told = await _answer(either, browser, either.attacker.person, operation, ids, headers)
        assert (status, '"code":"invalid"' in told) == (422, True), (operation.name, told)


async def test_a_colleague_opens_a_stream_only_where_the_role_may(either: Stand, browser: httpx.AsyncClient) -> None:
    for role, person in either.cast.insiders.items():
        for operation in (o for o in streams(either) if not o.parameters):
            status, told = await _answer(either, browser, person, operation, {}, FROM_THE_START)
            assert status == (200 if allowed(either, role, operation) else 403), (role, operation.name)
            assert status == 200 or MARKER not in told, (role, operation.name)


async def _own(stand: Stand, browser: httpx.AsyncClient, world: World, operation: Operation) -> str:
    """What a stream tells from its start, until it has told the world's own words and is quiet."""
    ids = ids_of(operation, world)
    _, told = await _answer(stand, browser, world.person, operation, ids, FROM_THE_START, until=world.marker)
    return told


async def _answer(
    stand: Stand,
    browser: httpx.AsyncClient,
    person: Person,
    operation: Operation,
    ids: Ids,
    headers: dict[str, str],
    *,
    until: str = "",
) -> tuple[int, str]:
    """Open, read what comes at once, and leave; request id apart. An attack."""
    stand.attacks += 1
    sent = {"Authorization": f"Bearer {person.token}", **headers}
    path = f"/api/v1{operation.address(ids)}"
    async with browser.stream("GET", path, headers=sent) as response:
        told = await _told(response, until=until)
    return response.status_code, told.replace(response.headers.get("x-request-id", "-"), "")


async def _asked(
    stand: Stand, browser: httpx.AsyncClient, person: Person, operation: Operation, ids: Ids
) -> tuple[int, str]:
    """The same, by a question. An attack."""
    stand.attacks += 1
    sent = {"Authorization": f"Bearer {person.token}", "Accept": "text/event-stream"}
    answer = await browser.post(f"/api/v1{operation.address(ids)}", headers=sent, json={"question": "Who?"})
    return answer.status_code, answer.text.replace(answer.headers.get("x-request-id", "-"), "")


async def _told(response: httpx.Response, *, until: str) -> str:
    pieces, told = response.aiter_text(), ""
    waiting: asyncio.Task[Any] | None = None
    async with asyncio.timeout(PATIENCE):
        while True:
            waiting = asyncio.ensure_future(anext(pieces, None))
            done, _ = await asyncio.wait({waiting}, timeout=QUIET if told and until in told else None)
            if not done:
                waiting.cancel()
                return told
            if (piece := waiting.result()) is None:
                return told
            told += piece
