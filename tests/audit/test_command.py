"""`chatter audit verify`, as an operator calls it."""

import json
import os
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from chatter.kit.db.database import Database
from chatter.kit.settings import Settings
from tests.audit.log import note_many, seal_all


async def run(settings: Settings, *arguments: str) -> tuple[int, str]:
    environment = {
        "DATABASE_URL": settings.database_url or "",
        "CHATTER_SECRET_KEY": settings.secret_key,
        "CHATTER_DATA_DIR": str(settings.data_dir),
    }
    process = await create_subprocess_exec(
        *(str(Path(sys.executable).parent / "chatter"), "audit", *arguments),
        env=os.environ | environment,
        cwd=settings.data_dir,
        stdout=PIPE,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


@pytest.fixture
async def chain(database: Database) -> UUID:
    """An organisation with three sealed rows and one that waits."""
    tenant_id = uuid4()
    await note_many(database, tenant_id, count=3)
    await seal_all(database, tenant_id)
    await note_many(database, tenant_id, count=1)
    return tenant_id


async def test_it_reports_an_intact_chain_and_names_the_unsealed_tail(
    settings: Settings, chain: UUID, admin: asyncpg.Connection
) -> None:
    status, said = await run(settings, "verify", "--json", "--organization", str(chain))
    report = json.loads(said)
    tail = await admin.fetchval("select id from audit_event where tenant_id = $1 order by txid desc limit 1", chain)
    assert (status, report["intact"], report["position"], report["unsealed"]) == (0, True, 3, [str(tail)])


async def test_it_names_the_first_broken_position_and_ends_with_status_1(
    settings: Settings, chain: UUID, admin: asyncpg.Connection
) -> None:
    await admin.execute(
        "update audit_event set action = 'x' where tenant_id = $1 and id in ("
        "select event_id from audit_seal where tenant_id = $1 and position > 1)",
        chain,
    )
    status, said = await run(settings, "verify", "--organization", str(chain))
    assert (status, "broken at 2" in said) == (1, True)


async def test_without_a_choice_it_checks_every_organisation(
    settings: Settings, chain: UUID, database: Database
) -> None:
    await note_many(database, other := uuid4(), count=1)
    _, said = await run(settings, "verify", "--json")
    assert {str(chain), str(other)} <= {json.loads(line)["organization_id"] for line in said.splitlines()}


async def test_erasing_keeps_the_chain_intact(settings: Settings, chain: UUID, database: Database) -> None:
    _, said = await run(settings, "erase", "--organization", str(chain), "--before", "2999-01-01", "--reason", "old")
    assert "3 rows were erased" in said
    await seal_all(database, chain)
    status, said = await run(settings, "verify", "--json", "--organization", str(chain))
    assert (status, json.loads(said)["erased"]) == (0, 3)
