"""A call is on record before it is made: repeated, it is found; begun and not ended, it is repeated if it may be."""

import json
from dataclasses import replace

import asyncpg
import pytest
from obstore.store import MemoryStore

from chatter.kit.db.database import Database
from chatter.kit.storage import ObjectStore
from chatter.llm.ports import ToolCall
from chatter.rbac.facade import Authorizer, Catalogue
from chatter.registry import DOMAINS
from chatter.runs.errors import LeaseLost
from chatter.tools.errors import OutcomeUnknown
from chatter.tools.ports import CallContext
from chatter.tools.toolbox import Toolbox
from tests.tools.payment import Crash, Payment

STORE = ObjectStore(MemoryStore())
CALL = ToolCall(id="call01000", name="pay", arguments='{"amount":7}')


def box(database: Database, tool: Payment) -> Toolbox:
    made = Toolbox(database, Authorizer(database, Catalogue.of(DOMAINS)), store=STORE)
    made.add(tool)
    return made


async def test_a_call_that_was_made_is_not_made_again(database: Database, context: CallContext) -> None:
    tool = Payment(idempotent=False)
    toolbox = box(database, tool)
    first = await toolbox.call(CALL, context, allowed=["pay"])
    assert await toolbox.call(CALL, context, allowed=["pay"]) == first
    assert first.content == "7 paid"
    assert tool.paid == ["call01000"]


async def test_a_failure_is_told_and_not_repeated(database: Database, context: CallContext) -> None:
    tool = Payment(idempotent=False, fails=True)
    toolbox = box(database, tool)
    first = await toolbox.call(CALL, context, allowed=["pay"])
    assert first.content == "It failed: The bank is closed."
    assert await toolbox.call(CALL, context, allowed=["pay"]) == first
    assert len(tool.paid) == 1


@pytest.mark.parametrize(("effect", "idempotent"), [(True, True), (False, False)])
async def test_a_call_whose_outcome_is_unknown_is_repeated_with_its_key_where_that_does_no_harm(
    database: Database, context: CallContext, effect: bool, idempotent: bool
) -> None:
    tool = Payment(idempotent=idempotent, effect=effect, crashes=1)
    toolbox = box(database, tool)
    with pytest.raises(Crash):
        await toolbox.call(CALL, context, allowed=["pay"])
    assert (await toolbox.call(CALL, context, allowed=["pay"])).content == "7 paid"
    assert tool.paid == ["call01000", "call01000"]


async def test_a_call_that_must_not_be_repeated_is_not_when_its_outcome_is_unknown(
    database: Database, context: CallContext
) -> None:
    tool = Payment(idempotent=False, crashes=1)
    toolbox = box(database, tool)
    with pytest.raises(Crash):
        await toolbox.call(CALL, context, allowed=["pay"])
    with pytest.raises(OutcomeUnknown):
        await toolbox.call(CALL, context, allowed=["pay"])
    assert len(tool.paid) == 1


async def test_who_lost_the_lease_calls_nothing(database: Database, context: CallContext) -> None:
    tool = Payment(idempotent=True)
    with pytest.raises(LeaseLost):
        await box(database, tool).call(CALL, replace(context, fence=0), allowed=["pay"])
    assert tool.paid == []


async def test_what_a_tool_says_is_bounded(database: Database, context: CallContext) -> None:
    class Talkative(Payment):
        async def call(self, arguments: object, context: CallContext) -> str:
            return "x" * 100_000

    outcome = await box(database, Talkative(idempotent=True)).call(CALL, context, allowed=["pay"])
    assert len(outcome.content) == 8000


@pytest.mark.parametrize(
    "change", ["update membership set role = 'billing'", "update membership set suspended_at = now()"]
)
async def test_a_call_is_refused_once_whoever_asked_may_not_use_the_tool_any_more(
    database: Database, admin: asyncpg.Connection, context: CallContext, change: str
) -> None:
    tool = Payment(idempotent=True)
    toolbox = box(database, tool)
    assert (await toolbox.call(CALL, context, allowed=["pay"])).content == "7 paid"
    await admin.execute(f"{change} where tenant_id = $1", context.tenant_id)
    later = replace(context, key="call02000")
    for _ in range(2):
        refused = await toolbox.call(CALL, later, allowed=["pay"])
        assert refused.content.startswith("It was refused")
    assert tool.paid == ["call01000"]
    assert (await toolbox.call(CALL, context, allowed=["pay"])).content == "7 paid", "what was made stays made"
    async with database.connection(context.tenant_id) as connection:
        [row] = await connection.fetch("select * from audit_event where action = 'tools:call:refused'")
        [event] = await connection.fetch("select * from outbox where name = 'tools.call.refused'")
    assert (row["run_id"], row["actor_label"]) == (context.run_id, "Dana")
    assert json.loads(row["after"]) == {"call_id": "call02000", "tool": "pay", "permission": "tools:tool:read"}
    assert json.loads(event["payload"])["call_id"] == "call02000"
