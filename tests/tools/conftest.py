"""A run whose model calls tools."""

import httpx
import pytest_asyncio

from chatter.kit.db.database import Database
from chatter.kit.identifiers import new_id
from chatter.tools.ports import CallContext
from tests.people import sign_up


@pytest_asyncio.fixture
async def context(client: httpx.AsyncClient, database: Database) -> CallContext:
    """A call of a run that this process has, in the name of an owner."""
    person, run_id = await sign_up(client), new_id()
    tenant_id, user_id = person.organization_id, person.user_id
    async with database.connection(tenant_id) as connection:
        await connection.execute(
            "insert into run (tenant_id, id, kind, subject_id, owner_id) values ($1, $2, 'test', $2, $3)",
            *(tenant_id, run_id, user_id),
        )
        await connection.execute(
            "insert into audit_event (tenant_id, id, actor_kind, actor_id, actor_label, actor_role, request_id, run_id,"
            " action) values ($1, $2, 'user', $3, 'Dana', 'owner', 'r', $2, 'chat:turn:opened')",
            *(tenant_id, run_id, user_id),
        )
    return CallContext(tenant_id=tenant_id, user_id=user_id, run_id=run_id, fence=1, key="call01000")
