"""A call is on record before it is made: repeated, it is found; begun and not ended, it is repeated if it may be."""

from dataclasses import replace

import pytest
import pytest_asyncio

from chatter.kit.db.database import Database
from chatter.kit.identifiers import new_id
from chatter.llm.ports import ToolCall
from chatter.runs.errors import LeaseLost
from chatter.tools.errors import OutcomeUnknown
from chatter.tools.ports import CallContext
from chatter.tools.toolbox import Toolbox
from tests.tools.payment import Crash, Payment

CALL = ToolCall(id="call01000", name="pay", arguments='{"amount":7}')


@pytest_asyncio.fixture
async def context(database: Database) -> CallContext:
    """A call of a run that this process has."""
    tenant_id, run_id = new_id(), new_id()
    async with database.connection(tenant_id) as connection:
        await connection.execute("insert into organization (tenant_id, name) values ($1, 'Acme')", tenant_id)
        await connection.execute(
            "insert into run (tenant_id, id, kind, subject_id, owner_id) values ($1, $2, 'test', $2, $2)",
            *(tenant_id, run_id),
        )
    return CallContext(tenant_id=tenant_id, user_id=new_id(), run_id=run_id, fence=1, key="call01000")


def box(database: Database, tool: Payment) -> Toolbox:
    made = Toolbox(database)
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
