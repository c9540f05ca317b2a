"""A stream ends with its reader's right to read it, in every process, and says why; the answer goes on without them."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from chatter.kit.relay import Relay
from chatter.registry import DOMAINS
from chatter.tenancy.facade import Closing, operator_in
from tests.chat.person import Asker, RunEvent, Web
from tests.chat.test_streams import begin, text
from tests.people import PASSWORD, invitation_key
from tests.tenancy.support import link_to

_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LONG, QUIET = "tokens-400@50", "silent"

Act = Callable[[Asker, Asker], Awaitable[object]]


async def _sign_out(_: Asker, reader: Asker) -> object:
    return await reader.post("/auth/sign-out", expect=204)


async def _suspend(owner: Asker, reader: Asker) -> object:
    return await owner.post(f"/members/{reader.user_id}/suspend", expect=200)


async def _remove(owner: Asker, reader: Asker) -> object:
    return await owner.call("DELETE", f"/members/{reader.user_id}", expect=204)


async def _offboard(owner: Asker, reader: Asker) -> object:
    body = {"successor_id": str(owner.user_id), "hand_over": ["conversations", "documents"]}
    return await owner.post(f"/members/{reader.user_id}/offboard", body)


async def _demote(owner: Asker, reader: Asker) -> object:
    return await owner.call("PATCH", f"/members/{reader.user_id}", expect=200, json={"role": "billing"})


async def _by_directory(owner: Asker, reader: Asker, method: str, *operations: dict[str, object]) -> None:
    """As a directory that knows them, with a token of this organisation."""
    token = (await owner.post("/scim/tokens", {"name": "Directory"}))["secret"]
    headers = {"Authorization": f"Bearer {token}"}
    users = owner.web.url.removesuffix("/api/v1") + "/scim/v2/Users"
    email = next(
        one["email"] for one in (await owner.get("/members"))["items"] if one["user_id"] == str(reader.user_id)
    )
    async with owner.session.post(users, headers=headers, json={"schemas": [_USER], "userName": email}) as made:
        entry = json.loads(await made.read())
    patch = {"schemas": [_PATCH], "Operations": operations} if operations else None
    async with owner.session.request(method, f"{users}/{entry['id']}", headers=headers, json=patch) as ended:
        assert ended.status in {200, 204}, await ended.text()


async def _deactivate(owner: Asker, reader: Asker) -> None:
    await _by_directory(owner, reader, "PATCH", {"op": "replace", "path": "active", "value": False})


async def _deprovision(owner: Asker, reader: Asker) -> None:
    await _by_directory(owner, reader, "DELETE")


ENDS: dict[str, tuple[Act, str]] = {
    "signed out": (_sign_out, "session_ended"),
    "suspended": (_suspend, "membership_ended"),
    "removed": (_remove, "membership_ended"),
    "deactivated by the directory": (_deactivate, "membership_ended"),
    "deprovisioned by the directory": (_deprovision, "membership_ended"),
    "offboarded": (_offboard, "membership_ended"),
    "another role": (_demote, "permission_missing"),
}


@pytest_asyncio.fixture
async def reader(asker: Asker) -> Asker:
    """A colleague of the owner."""
    invited = await asker.post("/invitations", {"email": f"{asker.user_id.hex}@example.test", "role": "member"})
    key = invitation_key(asker.tenant_id, UUID(invited["id"]))
    made = await asker.post("/invitations/accept", {"name": "Bo Lind", "password": PASSWORD, **key}, expect=200)
    asker.session.cookie_jar.clear()
    user_id = UUID(made["user"]["id"])
    return Asker(asker.web, asker.session, asker.tenant_id, user_id, made["token"], asker.models)


@pytest.mark.parametrize("end", ENDS)
async def test_an_answers_stream_ends_in_every_process_and_says_why(
    asker: Asker, reader: Asker, elsewhere: Web, end: str
) -> None:
    act, code = ENDS[end]
    turn = await begin(reader, model=LONG)
    here, there = _Reading(reader.events(turn.run_id)), _Reading(reader.at(elsewhere).events(turn.run_id))
    await asyncio.gather(here.begun("TEXT_MESSAGE_CONTENT"), there.begun("TEXT_MESSAGE_CONTENT"))
    await act(asker, reader)
    for reading in (here, there):
        seen = await reading.rest()
        assert (seen[-1].type, seen[-1].data["code"]) == ("problem", code)
        assert not [event for event in seen if event.type in {"RUN_FINISHED", "RUN_ERROR"}]


async def test_the_answer_goes_on_and_is_whole_for_who_comes_back(asker: Asker, reader: Asker) -> None:
    turn = await begin(reader, model="tokens-400@50")
    reading = _Reading(reader.events(turn.run_id))
    await reading.begun("TEXT_MESSAGE_CONTENT")
    await _suspend(asker, reader)
    broken = await reading.rest()
    assert broken[-1].type == "problem"
    await asker.post(f"/members/{reader.user_id}/reactivate", expect=200)
    rest = await reader.read(turn.run_id, after=broken[-2].seq)
    assert rest[-1].type == "RUN_FINISHED"
    assert text([*broken, *rest]) == " ".join(f"w{n}" for n in range(400))


async def test_a_stream_that_is_silent_ends_as_soon(asker: Asker, reader: Asker) -> None:
    turn = await begin(reader, model=QUIET)
    reading = _Reading(reader.events(turn.run_id))
    await reading.begun("STEP_STARTED")
    async with asyncio.timeout(12):  # a comment comes after fifteen seconds: it is not what ends it
        await _suspend(asker, reader)
        assert (await reading.rest())[-1].data["code"] == "membership_ended"


async def test_others_read_on(asker: Asker, reader: Asker) -> None:
    turn = await begin(asker, model="tokens-40@20")
    reading = _Reading(asker.events(turn.run_id))
    await reading.begun("TEXT_MESSAGE_CONTENT")
    await _remove(asker, reader)
    assert (await reading.rest())[-1].type == "RUN_FINISHED"


async def test_a_suspended_organisation_ends_its_streams_and_its_answers_which_keep_their_text(
    asker: Asker, elsewhere: Web
) -> None:
    turn = await begin(asker, model=LONG)
    reading = _Reading(asker.at(elsewhere).events(turn.run_id))
    before = await reading.begun("TEXT_MESSAGE_CONTENT")
    await _close(asker, suspended=True)
    assert (await reading.rest())[-1].data["code"] == "organization_suspended"
    await _work_off_events(asker)
    await _close(asker, suspended=False)
    whole = await asker.read(turn.run_id)
    assert (whole[-1].type, whole[-1].data["outcome"]) == ("RUN_FINISHED", "cancelled")
    kept = (await asker.messages(turn.conversation_id))[-1]["text"]
    assert kept.startswith(text(before).strip())
    assert kept == text(whole).strip() != ""


async def test_a_stream_ends_once_the_organisation_asks_for_a_second_factor_that_was_not_shown(
    asker: Asker, reader: Asker, admin: asyncpg.Connection
) -> None:
    turn = await begin(reader, model=LONG)
    reading = _Reading(reader.events(turn.run_id))
    await reading.begun("TEXT_MESSAGE_CONTENT")
    await admin.execute(
        "insert into sign_in_policy (tenant_id, require_second_factor, require_passkey) values ($1, true, false)",
        asker.tenant_id,
    )
    assert (await reading.rest())[-1].data["code"] == "second_factor_required"


async def test_the_tail_of_the_audit_log_ends_for_who_may_not_read_it_any_more(asker: Asker, reader: Asker) -> None:
    await asker.call("PATCH", f"/members/{reader.user_id}", expect=200, json={"role": "auditor"})
    tail = await _tail(reader)
    await asker.call("PATCH", f"/members/{reader.user_id}", expect=200, json={"role": "viewer"})
    assert await tail == "permission_missing"


async def test_an_operators_stream_ends_with_the_grant_in_another_process(asker: Asker, elsewhere: Web) -> None:
    made = await asker.post("/support-grants", {"reason": "Help", "role": "auditor", "hours": 1})
    operator = await _operator(asker)
    tail = await _tail(operator.at(elsewhere))
    await asker.call("DELETE", f"/support-grants/{made['id']}", expect=204)
    assert await tail == "visit_ended"


class _Reading:
    """A stream that is read while something else happens."""

    def __init__(self, events: AsyncGenerator[RunEvent, None]) -> None:
        self._events = events
        self.seen: list[RunEvent] = []

    async def begun(self, kind: str) -> list[RunEvent]:
        """Read until the first event of a kind."""
        async for event in self._events:
            self.seen.append(event)
            if event.type == kind:
                break
        return list(self.seen)

    async def rest(self) -> list[RunEvent]:
        """Read to the end of the stream."""
        async with asyncio.timeout(20), contextlib.aclosing(self._events):
            async for event in self._events:
                self.seen.append(event)
        return self.seen


async def _tail(reader: Asker) -> "asyncio.Task[str]":
    """Open the tail; the task ends with the code of its problem."""
    opened = asyncio.Event()

    async def read() -> str:
        headers = {"Authorization": f"Bearer {reader.token}"}
        async with reader.session.get(f"{reader.web.url}/audit/tail", headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            opened.set()
            body = await answer.text()
        frame = body.strip().rpartition("\n\n")[2]
        assert frame.startswith("event: problem\ndata: "), body
        return str(json.loads(frame.partition("data: ")[2])["code"])

    reading = asyncio.create_task(read())
    await opened.wait()
    return reading


async def _close(asker: Asker, *, suspended: bool) -> None:
    """What `chatter organizations suspend` and `resume` do."""
    services = asker.web.services
    operator = operator_in(asker.tenant_id)
    async with services.database.unit(asker.tenant_id) as session:
        await (Closing(session).suspend(operator) if suspended else Closing(session).resume(operator))


async def _work_off_events(asker: Asker) -> None:
    """What the worker does of it."""
    services = asker.web.services
    relay = Relay(services, [listener for domain in DOMAINS for listener in domain.listeners])
    while await relay.deliver():
        pass


async def _operator(asker: Asker) -> Asker:
    """The server's operator, who has opened a link."""
    link = await link_to(asker.web.services.database, asker.tenant_id)
    body = {"organization_id": str(asker.tenant_id), "token": link}
    entered = await asker.post("/support/enter", body, expect=200)
    asker.session.cookie_jar.clear()
    return Asker(asker.web, asker.session, asker.tenant_id, asker.user_id, entered["token"])
