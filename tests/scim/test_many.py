"""5,000 users: each page costs the same few statements, and is there in a moment."""

import statistics
import time

import asyncpg
import httpx
import pytest

from chatter.api import build_api
from chatter.kit.settings import Settings
from tests.llm.apps import calling
from tests.people import sign_up
from tests.scim.directory import Directory, connect
from tests.security.meter import Meter
from tests.servers import note

MANY = 5000
FILL = """
insert into scim_user (tenant_id, id, user_name, user_name_key, active, attributes)
select $1, uuidv7(), 'User' || n || '@many.test', 'user' || n || '@many.test', true,
    jsonb_build_object('title', 'Pilot ' || n, 'emails',
        jsonb_build_array(jsonb_build_object('value', 'user' || n || '@many.test', 'type', 'work')))
from generate_series(1, $2) n
"""
GROUP = """
with crew as (
    insert into team (tenant_id, id, name) values ($1, uuidv7(), 'Everybody') returning tenant_id, id),
made as (
    insert into scim_group (tenant_id, id, team_id) select tenant_id, uuidv7(), id from crew returning tenant_id, id)
insert into scim_group_member (tenant_id, scim_group_id, scim_user_id)
select made.tenant_id, made.id, s.id from made join scim_user s on s.tenant_id = made.tenant_id
"""


QUERIES = {
    "a page of 100": "count=100&startIndex=2501",
    "one by userName": "filter=userName%20eq%20%22USER4711@many.test%22",
    "by emails[type eq work].value": "filter=emails%5Btype%20eq%20%22work%22%5D.value%20sw%20%22user4711%22",
    "a page of 100 sorted by title": "count=100&sortBy=title",
}


@pytest.mark.timeout(300)
async def test_a_page_of_many_users_costs_what_a_page_of_few_costs(
    settings: Settings, admin: asyncpg.Connection
) -> None:
    async with (
        Meter.before(str(settings.database_url)) as meter,
        calling(build_api(settings.model_copy(update={"database_url": meter.url}))) as client,
    ):
        directory = await connect(await sign_up(client), admin)
        few = await _statements(directory, meter, "/Users?count=100")
        tenant_id = directory.owner.organization_id
        await admin.execute(FILL, tenant_id, MANY)
        await admin.execute(GROUP, tenant_id)
        many = await _statements(directory, meter, "/Users?count=100")
        last = await _statements(directory, meter, f"/Users?count=100&startIndex={MANY - 99}")
        assert few == many == last
        seen = await _walk(directory)
        assert len(seen) == len(set(seen)) == MANY
        for what, query in QUERIES.items():
            note(f"SCIM, {MANY} users, {what}: p50 {await _p50(directory, query):.0f} ms, {many} statements")


async def _statements(directory: Directory, meter: Meter, path: str) -> int:
    """The least of several: what runs in the background asks now and then as well."""
    counted = []
    for _ in range(5):
        meter.reset()
        assert (await directory.get(path)).status_code == 200
        counted.append(meter.statements)
    return min(counted)


async def _walk(directory: Directory) -> list[str]:
    seen: list[str] = []
    while True:
        page: httpx.Response = await directory.get(f"/Users?count=200&startIndex={len(seen) + 1}&attributes=userName")
        found = page.json()
        seen += [one["userName"] for one in found.get("Resources", [])]
        if not found.get("Resources"):
            return seen


async def _p50(directory: Directory, query: str) -> float:
    taken = []
    for _ in range(15):
        began = time.perf_counter()
        assert (await directory.get(f"/Users?{query}")).json()["totalResults"] > 0
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)
