"""What is too large for a row is in object storage: found whole, gone with its run, swept when no row names it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from obstore.store import LocalStore

from chatter.kit.db.database import Database
from chatter.kit.identifiers import new_id
from chatter.kit.services import Services
from chatter.kit.storage import ObjectMissing, ObjectStore
from chatter.llm.ports import ToolCall
from chatter.rbac.facade import Authorizer, Catalogue
from chatter.registry import DOMAINS
from chatter.tools.errors import CallNotFound
from chatter.tools.facade import CallOnRecord, recorded_call
from chatter.tools.payloads import LARGEST_IN_ROW, sweep, sweep_payloads
from chatter.tools.ports import CallContext
from chatter.tools.toolbox import Toolbox
from tests.tools.payment import Payment

TOLD = 8000
LONG = "x" * 100_000


class Talkative(Payment):
    """Says what it was made to."""

    says: str = LONG

    async def call(self, arguments: Any, context: CallContext) -> str:
        await super().call(arguments, context)
        return self.says


def box(database: Database, tool: Payment, store: ObjectStore) -> Toolbox:
    made = Toolbox(database, Authorizer(database, Catalogue.of(DOMAINS)), store=store)
    made.add(tool)
    return made


def a_call(*, padding: int = 0) -> ToolCall:
    return ToolCall(id="call01000", name="pay", arguments='{"amount":7}' + " " * padding)


async def recorded(database: Database, context: CallContext, store: ObjectStore) -> CallOnRecord:
    return await recorded_call(database, store, tenant_id=context.tenant_id, run_id=context.run_id, key=context.key)


async def row(database: Database, context: CallContext) -> tuple[str, str, UUID | None, UUID | None]:
    async with database.connection(context.tenant_id) as connection:
        found = await connection.fetchrow(
            "select arguments, result, arguments_payload, result_payload from tool_call where run_id = $1",
            context.run_id,
        )
    assert found is not None
    return tuple(found)


async def test_a_long_result_is_kept_whole_beside_its_beginning_in_the_row(
    services: Services, context: CallContext
) -> None:
    tool = Talkative(idempotent=True)
    outcome = await box(services.database, tool, services.store).call(a_call(), context, allowed=["pay"])
    assert outcome.content == LONG[:TOLD], "the model is told what it was told before"
    _, result, arguments_payload, result_payload = await row(services.database, context)
    assert len(result) == 1001
    assert arguments_payload is None
    assert result_payload is not None
    assert (await recorded(services.database, context, services.store)).result == LONG


async def test_long_arguments_are_kept_whole_and_what_is_small_stays_in_the_row(
    services: Services, context: CallContext
) -> None:
    call = a_call(padding=LARGEST_IN_ROW)
    await box(services.database, Payment(idempotent=True), services.store).call(call, context, allowed=["pay"])
    arguments, result, arguments_payload, result_payload = await row(services.database, context)
    assert (len(arguments), result, result_payload) == (1001, "7 paid", None)
    assert arguments_payload is not None
    found = await recorded(services.database, context, services.store)
    assert (found.arguments, found.result) == (call.arguments, "7 paid")


@pytest.mark.parametrize(("size", "is_put_away"), [(LARGEST_IN_ROW, False), (LARGEST_IN_ROW + 1, True)])
async def test_the_limit_is_eight_kilobytes_to_the_byte(
    services: Services, context: CallContext, size: int, is_put_away: bool
) -> None:
    tool = Talkative(idempotent=True)
    tool.says = "é" * (size // 2) + "x" * (size % 2)
    await box(services.database, tool, services.store).call(a_call(), context, allowed=["pay"])
    _, _, _, result_payload = await row(services.database, context)
    assert (result_payload is not None) == is_put_away
    assert (await recorded(services.database, context, services.store)).result == tool.says


async def test_who_goes_on_with_the_run_tells_the_model_the_same(services: Services, context: CallContext) -> None:
    tool = Talkative(idempotent=False)
    first = await box(services.database, tool, services.store).call(a_call(), context, allowed=["pay"])
    again = await box(services.database, tool, services.store).call(a_call(), context, allowed=["pay"])
    assert again == first
    assert len(tool.paid) == 1


async def test_a_call_that_was_made_is_not_lost_while_the_storage_is_away(
    services: Services, context: CallContext, tmp_path: Path
) -> None:
    away = ObjectStore(LocalStore(prefix=tmp_path))
    (tmp_path / "tenants").write_text("a file where a folder should be")
    tool = Talkative(idempotent=False)
    first = await box(services.database, tool, away).call(a_call(), context, allowed=["pay"])
    assert first.content == LONG[:TOLD]
    _, result, _, result_payload = await row(services.database, context)
    assert (result, result_payload) == (LONG[:TOLD], None)
    assert await box(services.database, tool, away).call(a_call(), context, allowed=["pay"]) == first


async def test_a_payload_that_the_storage_lost_is_said_to_be_missing(services: Services, context: CallContext) -> None:
    await box(services.database, Talkative(idempotent=True), services.store).call(a_call(), context, allowed=["pay"])
    _, _, _, result_payload = await row(services.database, context)
    await services.store.delete(context.tenant_id, f"payloads/{result_payload}")
    with pytest.raises(ObjectMissing):
        await recorded(services.database, context, services.store)


async def test_a_call_is_found_in_its_own_run_and_organisation_alone(services: Services, context: CallContext) -> None:
    await box(services.database, Talkative(idempotent=True), services.store).call(a_call(), context, allowed=["pay"])
    for elsewhere in (replace(context, tenant_id=uuid4()), replace(context, run_id=uuid4())):
        with pytest.raises(CallNotFound):
            await recorded(services.database, elsewhere, services.store)


async def test_the_sweep_takes_what_no_row_names_once_it_is_a_day_old(services: Services, context: CallContext) -> None:
    await box(services.database, Talkative(idempotent=True), services.store).call(a_call(), context, allowed=["pay"])
    named = f"payloads/{(await row(services.database, context))[3]}"
    orphan = f"payloads/{new_id()}"
    await services.store.put(context.tenant_id, orphan, b"nobody names it")

    now = datetime.now(UTC)
    assert await sweep(services.database, services.store, tenant_id=context.tenant_id, now=now) == 0
    assert orphan in await services.store.keys(context.tenant_id, "payloads"), "its row may be about to be written"

    later = now + timedelta(days=1, seconds=1)
    assert await sweep(services.database, services.store, tenant_id=context.tenant_id, now=later) == 1
    assert await services.store.keys(context.tenant_id, "payloads") == [named]


async def test_each_organisation_is_swept(services: Services, context: CallContext) -> None:
    made = int((datetime.now(UTC) - timedelta(days=2)).timestamp() * 1000)
    orphan = f"payloads/{UUID(int=made << 80 | 0x7 << 76 | 0x8 << 60)}"
    await services.store.put(context.tenant_id, orphan, b"nobody names it")
    await sweep_payloads(services)
    assert await services.store.keys(context.tenant_id, "payloads") == []
