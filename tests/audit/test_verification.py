"""Verification: what was altered is found, what was erased by right is not taken for it."""

import asyncio
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from chatter.audit.anchoring import ANCHORS, anchor_heads
from chatter.audit.erasure import erase
from chatter.audit.sealing import seal
from chatter.audit.verification import CREATED, audited_organizations, verify
from chatter.kit.services import Services
from chatter.tenancy.permissions import TenancyAction
from tests.audit.log import note, note_many, seal_all
from tests.people import Person

ROWS = int(os.environ.get("AUDIT_ROWS", "2500"))
"""More than the verification reads at once; AUDIT_ROWS=100000 with `-s` measures."""


# Both tables in one statement; the rows go with the seals that are named.
SEALS_GONE = "with cut as (delete from audit_seal"
ROWS_GONE = "delete from audit_event where tenant_id = $1 and id in (select event_id from cut)"


@pytest.fixture
async def chain(services: Services) -> UUID:
    """An organisation with five sealed rows."""
    tenant_id = uuid4()
    await note_many(services.database, tenant_id, count=5)
    await seal_all(services.database, tenant_id)
    return tenant_id


async def alter(admin: asyncpg.Connection, statement: str, tenant_id: UUID) -> None:
    """As somebody with all power over the database."""
    await admin.execute(statement, tenant_id)


@contextmanager
def measured(what: str) -> Iterator[None]:
    """Print how long it took, and the processor time of this process."""
    began, worked = time.perf_counter(), time.process_time()
    yield
    print(f"{what}: {time.perf_counter() - began:.2f} s, {time.process_time() - worked:.2f} s of CPU in this process")


async def test_an_intact_chain_is_recomputed_to_its_head(
    services: Services, chain: UUID, admin: asyncpg.Connection
) -> None:
    report = await verify(services.database, services.store, chain)
    head = await admin.fetchval("select chain from audit_seal where tenant_id = $1 and position = 5", chain)
    assert (report.intact, report.position, report.head) == (True, 5, head.hex())


async def test_the_unsealed_tail_is_named_and_breaks_nothing(services: Services, chain: UUID) -> None:
    await note_many(services.database, chain, count=2)
    report = await verify(services.database, services.store, chain)
    assert (report.intact, report.position, len(report.unsealed)) == (True, 5, 2)


@pytest.mark.parametrize(
    ("statement", "position", "reason"),
    [
        ("update audit_event set after = 'x' where {third}", 3, "changed"),
        ("update audit_event set at = at + interval '1 microsecond' where {third}", 3, "changed"),
        ("update audit_event set actor_id = uuidv7() where {third}", 3, "changed"),
        ("update audit_event set actor_label = 'mallory@acme.test' where {third}", 3, "changed"),
        ("update audit_event set run_id = uuidv7() where {third}", 3, "changed"),
        ("delete from audit_event where {third}", 3, "no erasure"),
        ("delete from audit_seal where tenant_id = $1 and position = 3", 3, "skip"),
        ("update audit_seal set digest = sha256('x') where tenant_id = $1 and position = 3", 3, "hash"),
        ("update audit_seal set chain = sha256('x') where tenant_id = $1 and position = 3", 3, "hash"),
        ("update audit_seal set previous = sha256('x') where tenant_id = $1 and position = 3", 3, "before"),
        ("update audit_seal set event_id = uuidv7() where tenant_id = $1 and position = 3", 3, "hash"),
    ],
)
async def test_whatever_is_altered_is_found_at_its_position(
    services: Services, chain: UUID, admin: asyncpg.Connection, *, statement: str, position: int, reason: str
) -> None:
    third = "tenant_id = $1 and id = (select event_id from audit_seal where tenant_id = $1 and position = 3)"
    await alter(admin, statement.format(third=third), chain)
    report = await verify(services.database, services.store, chain)
    assert report.broken is not None
    assert (report.intact, report.broken.position) == (False, position)
    assert reason in report.broken.reason


async def test_one_flipped_byte_is_found_in_a_long_chain(services: Services, admin: asyncpg.Connection) -> None:
    tenant_id = uuid4()
    await admin.execute(
        "insert into audit_event (tenant_id, id, actor_kind, actor_role, request_id, action, before, after) "
        "select $1, uuidv7(), 'system', 'system', 'r' || n, 'test:bell:rung', null, json_build_object('n', n)::text "
        "from generate_series(1, $2::integer) n",
        *(tenant_id, ROWS),
    )
    with measured(f"{ROWS} rows sealed"):
        await seal_all(services.database, tenant_id)
    with measured(f"{ROWS} rows verified"):
        assert (await verify(services.database, services.store, tenant_id)).intact
    flipped = ROWS - 300
    await admin.execute(
        "update audit_event set after = overlay(after placing chr(ascii(substr(after, 2, 1)) # 1) from 2 for 1) "
        "where tenant_id = $1 and id = (select event_id from audit_seal where tenant_id = $1 and position = $2)",
        *(tenant_id, flipped),
    )
    with measured("one flipped bit found"):
        report = await verify(services.database, services.store, tenant_id)
    assert report.broken is not None
    assert report.broken.position == flipped


async def test_fields_do_not_run_into_each_other(services: Services, admin: asyncpg.Connection) -> None:
    """Moving a character from one field into the next must not leave the bytes as they were."""
    tenant_id = uuid4()
    async with services.database.unit(tenant_id) as session:
        await note(session, tenant_id)
    await seal_all(services.database, tenant_id)
    await admin.execute(
        "update audit_event set actor_label = 'dana@acme.testo', actor_role = 'wner' where tenant_id = $1", tenant_id
    )
    assert not (await verify(services.database, services.store, tenant_id)).intact


async def test_a_chain_that_was_forged_from_some_place_on_differs_from_its_anchor(
    services: Services, chain: UUID, admin: asyncpg.Connection
) -> None:
    """Somebody with all power over the database can make a chain that holds in itself; not the one outside of it."""
    await anchor_heads(services)
    await admin.execute(
        "update audit_event set after = '{\"forged\":1}' where tenant_id = $1 "
        "and id = (select event_id from audit_seal where tenant_id = $1 and position = 2)",
        chain,
    )
    await admin.execute("delete from audit_seal where tenant_id = $1", chain)
    await admin.execute("delete from audit_seal_head where tenant_id = $1", chain)
    await seal_all(services.database, chain)
    report = await verify(services.database, services.store, chain)
    assert report.broken is not None
    assert (report.broken.position, "anchor" in report.broken.reason) == (5, True)


async def test_a_chain_whose_end_was_cut_off_is_shorter_than_its_anchor(
    services: Services, chain: UUID, admin: asyncpg.Connection
) -> None:
    await anchor_heads(services)
    await admin.execute(
        "with cut as (delete from audit_seal where tenant_id = $1 and position > 3 returning event_id) "
        "delete from audit_event where tenant_id = $1 and id in (select event_id from cut)",
        chain,
    )
    report = await verify(services.database, services.store, chain)
    assert report.broken is not None
    assert (report.broken.position, "anchored at 5" in report.broken.reason) == (4, True)


GONE = {
    "all seals": ("delete from audit_seal where tenant_id = $1", (1, "sealed up to")),
    "all rows": ("delete from audit_event where tenant_id = $1", (1, "no erasure")),
    "all rows and seals": (f"{SEALS_GONE} where tenant_id = $1 returning event_id) {ROWS_GONE}", (1, "sealed up to")),
    "the first row": (
        f"{SEALS_GONE} where tenant_id = $1 and position = 1 returning event_id) {ROWS_GONE}",
        (1, "skip"),
    ),
    "the last seals": ("delete from audit_seal where tenant_id = $1 and position > 2", (3, "sealed up to")),
    "the last rows": (
        f"with cut as (select event_id from audit_seal where tenant_id = $1 and position > 2) {ROWS_GONE}",
        (3, "no erasure"),
    ),
    "the last rows and seals": (
        f"{SEALS_GONE} where tenant_id = $1 and position > 2 returning event_id) {ROWS_GONE}",
        (3, "sealed up to"),
    ),
}


@pytest.mark.parametrize(("statement", "expected"), GONE.values(), ids=GONE)
async def test_what_is_gone_from_either_end_is_missed_without_an_anchor(
    services: Services, chain: UUID, admin: asyncpg.Connection, *, statement: str, expected: tuple[int, str]
) -> None:
    await alter(admin, statement, chain)
    position, reason = expected
    for _ in range(2):  # at once, and when the sealer has gone on
        report = await verify(services.database, services.store, chain)
        assert report.broken is not None
        assert report.broken.position == position
        assert reason in report.broken.reason or "skip" in report.broken.reason
        await note_many(services.database, chain, count=2)
        await _seal_what_is_new(services, admin, chain)


async def test_an_organisation_of_which_nothing_is_left_is_missed(
    services: Services, owner: Person, admin: asyncpg.Connection
) -> None:
    tenant_id = owner.organization_id
    await seal_all(services.database, tenant_id)
    assert (await verify(services.database, services.store, tenant_id)).intact
    for table in ("audit_event", "audit_seal", "audit_seal_head"):
        await alter(admin, f"delete from {table} where tenant_id = $1", tenant_id)
    assert tenant_id in await audited_organizations(services.database)
    report = await verify(services.database, services.store, tenant_id)
    assert report.broken is not None
    assert (report.broken.position, "beginning is gone" in report.broken.reason) == (1, True)


async def test_a_log_that_was_sealed_anew_without_its_beginning_is_not_taken_for_a_whole_one(
    services: Services, owner: Person, admin: asyncpg.Connection
) -> None:
    """A chain that holds in itself, from the second row on."""
    tenant_id = owner.organization_id
    await note_many(services.database, tenant_id, count=3)
    await alter(
        admin, "delete from audit_event where tenant_id = $1 and action = 'tenancy:organization:created'", tenant_id
    )
    await seal_all(services.database, tenant_id)
    report = await verify(services.database, services.store, tenant_id)
    assert report.broken is not None
    assert "beginning is gone" in report.broken.reason


async def test_the_beginning_may_be_erased_by_right(services: Services, owner: Person) -> None:
    tenant_id = owner.organization_id
    await seal_all(services.database, tenant_id)
    later = datetime.now(UTC) + timedelta(minutes=1)
    await erase(services.database, tenant_id, before=later, reason="kept long enough")
    await seal_all(services.database, tenant_id)
    assert (await verify(services.database, services.store, tenant_id)).intact


def test_the_creation_that_is_demanded_is_the_one_that_is_recorded() -> None:
    assert TenancyAction.ORGANIZATION_CREATED.value == CREATED


async def test_an_anchor_that_somebody_overwrote_with_rubbish_is_named(services: Services, chain: UUID) -> None:
    await services.store.put(chain, f"{ANCHORS}/2026-01-01.json", b"text")
    report = await verify(services.database, services.store, chain)
    assert report.broken is not None
    assert "2026-01-01.json can't be read" in report.broken.reason


async def test_a_day_has_one_anchor_which_later_ones_do_not_replace(services: Services, chain: UUID) -> None:
    await anchor_heads(services)
    await note_many(services.database, chain, count=1)
    await seal_all(services.database, chain)
    await anchor_heads(services)
    report = await verify(services.database, services.store, chain)
    assert (report.intact, report.anchors, report.position) == (True, 1, 6)


async def test_an_anchor_that_was_stored_by_a_process_that_died_before_noting_it_is_kept_and_noted(
    services: Services, chain: UUID, admin: asyncpg.Connection
) -> None:
    await anchor_heads(services)
    await admin.execute("delete from audit_anchor where tenant_id = $1", chain)
    await note_many(services.database, chain, count=1)
    await seal_all(services.database, chain)
    await anchor_heads(services)
    assert await admin.fetchval("select position from audit_anchor where tenant_id = $1", chain) == 5
    report = await verify(services.database, services.store, chain)
    assert (report.intact, report.anchors, report.position) == (True, 1, 6)


async def test_what_was_erased_by_right_leaves_the_chain_verifiable(services: Services, chain: UUID) -> None:
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert await erase(services.database, chain, before=later, reason="kept long enough") == 5
    assert not (await verify(services.database, services.store, chain)).intact, "the erasure itself is not sealed yet"
    await seal_all(services.database, chain)
    report = await verify(services.database, services.store, chain)
    assert (report.intact, report.position, report.erased) == (True, 6, 5)


async def test_a_digest_is_what_the_documentation_says(
    services: Services, chain: UUID, admin: asyncpg.Connection
) -> None:
    """So that somebody else can write a verification of their own."""
    row = await admin.fetchrow(
        "select audit_payload(e) as payload, s.digest, s.chain, s.previous, s.event_id from audit_seal s "
        "join audit_event e on e.tenant_id = s.tenant_id and e.id = s.event_id where s.tenant_id = $1 and position = 1",
        chain,
    )
    assert row is not None
    assert row["payload"].startswith(b"36:%b," % str(chain).encode())
    assert hashlib.sha256(row["payload"]).digest() == row["digest"]
    assert row["previous"] == hashlib.sha256(f"chatter.audit:{chain}".encode()).digest()
    joined = row["previous"] + (1).to_bytes(8, "big") + row["event_id"].bytes + row["digest"]
    assert row["chain"] == hashlib.sha256(joined).digest()


async def _seal_what_is_new(services: Services, admin: asyncpg.Connection, tenant_id: UUID) -> None:
    """Until the two newest rows have their seal; those whose seal was taken away get no other."""
    newest = (
        "select count(*) from (select id from audit_event where tenant_id = $1 order by txid desc, id desc limit 2) e "
        "where not exists (select from audit_seal s where s.tenant_id = $1 and s.event_id = e.id)"
    )
    async with asyncio.timeout(60):
        while await admin.fetchval(newest, tenant_id):
            await seal(services.database, tenant_id)
