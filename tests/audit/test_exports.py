"""The log as files: whole, readable by the tools that they are for, and harmless in a spreadsheet."""

import csv
import io
import json
from typing import Any

import asyncpg

from chatter.audit.exports import exported
from chatter.audit.filters import EventFilter
from chatter.audit.repository import AuditRepository
from chatter.kit.db.database import Database
from tests.people import Person

ROWS = 1200
"""More than two pages of an export."""


async def many(admin: asyncpg.Connection, owner: Person) -> int:
    await admin.execute(
        "insert into audit_event (tenant_id, id, actor_kind, actor_role, request_id, action) "
        "select $1, uuidv7(), 'system', '', '', 'test:bell:rung' from generate_series(1, $2::integer)",
        *(owner.organization_id, ROWS),
    )
    count: int = await admin.fetchval("select count(*) from audit_event where tenant_id = $1", owner.organization_id)
    return count


def rows_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


async def test_json_lines_hold_every_row_once_and_the_export_itself(owner: Person, admin: asyncpg.Connection) -> None:
    total = await many(admin, owner)
    answer = await owner.get("/audit/export")
    rows = rows_of(answer.text)
    assert len({row["id"] for row in rows}) == len(rows) == total + 1
    assert rows[0]["action"] == "audit:event:exported"
    assert answer.headers["content-disposition"].endswith('.jsonl"')


async def test_an_export_keeps_to_the_filter(owner: Person) -> None:
    await owner.patch("/organization", json={"name": "Initech"})
    rows = rows_of((await owner.get("/audit/export", params={"action": "tenancy:organization:updated"})).text)
    assert [row["action"] for row in rows] == ["tenancy:organization:updated"]


async def test_csv_reads_back_and_no_cell_is_a_formula(owner: Person, admin: asyncpg.Connection) -> None:
    dangerous = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")', 'a "quoted", cell\nof two']
    for label in dangerous:
        await admin.execute(
            "insert into audit_event (tenant_id, id, actor_kind, actor_label, actor_role, request_id, action) "
            "values ($1, uuidv7(), 'system', $2, '', '', 'test:bell:rung')",
            *(owner.organization_id, label),
        )
    answer = await owner.get("/audit/export", params={"format": "csv", "action": "test:"})
    lines = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert sorted(line["actor_label"] for line in lines) == sorted([*(f"'{d}" for d in dangerous[:-1]), dangerous[-1]])
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for line in lines for cell in line.values())


async def test_ocsf_rows_are_api_activities(owner: Person) -> None:
    await owner.patch("/organization", json={"name": "Initech"})
    query = {"format": "ocsf", "action": "tenancy:organization:"}
    updated, created = rows_of((await owner.get("/audit/export", params=query)).text)
    assert (updated["class_uid"], updated["category_uid"], updated["activity_id"]) == (6003, 6, 3)
    assert (created["activity_id"], created["type_uid"]) == (1, 600301)
    assert updated["api"]["operation"] == "tenancy:organization:updated"
    assert updated["actor"]["user"]["uid"] == str(owner.user_id)
    assert updated["src_endpoint"]["ip"] == "127.0.0.1"
    assert updated["resources"] == [{"uid": str(owner.organization_id), "type": "organization"}]
    assert updated["unmapped"]["changes"][0]["after"] == '"Initech"'


async def test_an_export_is_sent_page_by_page(owner: Person, admin: asyncpg.Connection, database: Database) -> None:
    total = await many(admin, owner)
    log = AuditRepository(database, owner.organization_id)
    pieces = [piece async for piece in exported(log, EventFilter(), form="jsonl")]
    assert [piece.count(b"\n") for piece in pieces] == [500, 500, total - 1000]
