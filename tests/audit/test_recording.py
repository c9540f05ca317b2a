"""What a row of the audit log holds, and what never gets into it."""

from typing import Annotated
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar

from chatter.api import build_api
from chatter.audit.facade import SECRET
from chatter.audit.masking import masked_json
from chatter.kit.db.database import Database
from chatter.kit.db.urls import DatabaseUrls
from chatter.kit.settings import Settings
from tests.audit.log import note
from tests.llm.apps import calling
from tests.people import Person, sign_up


class Vault(msgspec.Struct):
    """Secrets by name, by mark, and nested."""

    name: str
    password: str
    combination: Annotated[str, SECRET] | None
    inner: "Inner"
    headers: dict[str, str]
    key_hint: str = "1234"
    input_tokens: int = 7


class Inner(msgspec.Struct):
    api_key: str
    label: str = "kept"


async def last_row(admin: asyncpg.Connection, tenant_id: UUID) -> asyncpg.Record:
    row = await admin.fetchrow("select * from audit_event where tenant_id = $1 order by at desc, id desc", tenant_id)
    assert row is not None
    return row


def test_secrets_are_masked_by_mark_and_by_name_and_nothing_else_is() -> None:
    vault = Vault("Main", "hunter2", "12-34", Inner("sk-1"), {"Authorization": "Bearer x", "accept": "json"})
    told = msgspec.json.decode(masked_json(vault) or "")
    assert told == {
        "name": "Main",
        "password": "[secret]",
        "combination": "[secret]",
        "inner": {"api_key": "[secret]", "label": "kept"},
        "headers": {"Authorization": "[secret]", "accept": "json"},
        "key_hint": "1234",
        "input_tokens": 7,
    }


def test_a_secret_that_is_not_there_is_told_as_absent() -> None:
    vault = Vault("Main", "hunter2", None, Inner("sk-1"), {})
    assert msgspec.json.decode(masked_json(vault) or "")["combination"] is None


async def test_a_row_tells_who_it_was_from_where_and_in_which_request(owner: Person, admin: asyncpg.Connection) -> None:
    await owner.patch("/organization", json={"name": "Initech"}, headers={"X-Request-ID": "the-request-1"})
    row = await last_row(admin, owner.organization_id)
    assert (row["actor_kind"], row["actor_id"], row["actor_label"]) == ("user", owner.user_id, owner.email)
    assert (row["actor_role"], row["client_address"], row["request_id"]) == ("owner", "127.0.0.1", "the-request-1")
    assert row["session_id"] is not None
    assert row["run_id"] is None


async def test_the_role_is_the_one_held_at_the_time(owner: Person, admin: asyncpg.Connection) -> None:
    colleague = await owner.colleague("admin")
    await colleague.patch("/organization", json={"name": "Initech"})
    await owner.patch(f"/members/{colleague.user_id}", json={"role": "viewer"})
    roles = await admin.fetch(
        "select actor_role from audit_event where tenant_id = $1 and action = 'tenancy:organization:updated'",
        owner.organization_id,
    )
    assert [row["actor_role"] for row in roles] == ["admin"]


@pytest.fixture(scope="module")
def behind_a_proxy(settings: Settings) -> Litestar:
    return build_api(settings.model_copy(update={"trusted_proxies": ["127.0.0.0/8", "10.0.0.0/8"]}))


async def test_a_forwarded_address_is_believed_from_a_trusted_proxy_only(
    behind_a_proxy: Litestar, client: httpx.AsyncClient, admin: asyncpg.Connection
) -> None:
    forged = {"X-Forwarded-For": "198.51.100.9, 203.0.113.7, 10.1.2.3"}
    async with calling(behind_a_proxy) as proxied:
        for asking, expected in ((proxied, "203.0.113.7"), (client, "127.0.0.1")):
            person = await sign_up(asking)
            await person.patch("/organization", json={"name": "Initech"}, headers=forged)
            assert (await last_row(admin, person.organization_id))["client_address"] == expected


async def test_the_application_can_neither_choose_time_and_transaction_nor_write_a_seal(
    database_urls: DatabaseUrls,
) -> None:
    app, tenant_id = await asyncpg.connect(database_urls.app), uuid4()
    event = "insert into audit_event (tenant_id, id, actor_kind, actor_role, request_id, action"
    seal = "insert into audit_seal (tenant_id, position, event_id, txid, digest, previous, chain)"
    forbidden = (
        event + ", at) values ('{t}', uuidv7(), 'system', '', '', 'x', now())",
        event + ", txid) values ('{t}', uuidv7(), 'system', '', '', 'x', '3')",
        seal + " values ('{t}', 1, uuidv7(), '3', '', '', '')",
        "update audit_seal set chain = ''",
        "delete from audit_seal",
        "truncate audit_seal",
        "update audit_anchor set position = 0",
        "delete from audit_anchor",
        "select audit_erase(now(), 'why not')",
    )
    try:
        for statement in forbidden:
            bound = f"begin; set local app.tenant_id = '{tenant_id}'; {statement.format(t=tenant_id)}"
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await app.execute(bound)
            await app.execute("rollback")
    finally:
        await app.close()


async def test_the_functions_of_the_log_refuse_to_work_without_a_bound_tenant(database: Database) -> None:
    for call in (
        "select audit_seal_next(10)",
        "select * from audit_find(null, null, null, null, null, null, null, null, null, null, 10)",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no tenant is bound"):
            await database.hot.fetch(call)


async def test_a_row_is_gone_with_the_change_that_was_rolled_back(
    database: Database, admin: asyncpg.Connection
) -> None:
    tenant_id = uuid4()

    async def change_and_fail() -> None:
        async with database.unit(tenant_id) as session:
            await note(session, tenant_id)
            raise LookupError

    with pytest.raises(LookupError):
        await change_and_fail()
    assert await admin.fetchval("select count(*) from audit_event where tenant_id = $1", tenant_id) == 0
