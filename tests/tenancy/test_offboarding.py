"""Offboarding: somebody goes, and what they owned goes to somebody or is deleted."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chatter.kit.job_runner import JobRunner
from tests.people import Person, sign_up
from tests.tenancy.conftest import work_off

BOTH = ["conversations", "documents"]


async def with_belongings(owner: Person, admin: asyncpg.Connection) -> Person:
    """A colleague with two documents and a conversation."""
    person = await owner.colleague("editor")
    files = [("files", (f"{name}.txt", f"{name} {uuid4()}".encode())) for name in ("One", "Two")]
    assert (await person.post("/documents", files=files)).status_code == 201
    assert (await person.post("/conversations", json={"title": "Plans"})).status_code == 201
    # Reading them takes models, which these tests do without.
    await admin.execute("update job set state = 'cancelled' where kind = 'documents.ingest'")
    return person


async def offboard(person: Person, whom: Person, **body: Any) -> httpx.Response:
    return await person.post(f"/members/{whom.user_id}/offboard", json=body)


async def left(admin: asyncpg.Connection, person: Person) -> dict[str, int]:
    return {
        "documents": await admin.fetchval("select count(*) from document where created_by = $1", person.user_id),
        "conversations": await admin.fetchval("select count(*) from conversation where owner_id = $1", person.user_id),
    }


async def test_what_a_member_owns_is_counted_before_anything_happens(owner: Person, admin: asyncpg.Connection) -> None:
    leaver, _ = await with_belongings(owner, admin), await with_belongings(owner, admin)
    items = (await owner.get(f"/members/{leaver.user_id}/belongings")).json()["items"]
    assert {item["kind"]: (item["count"], item["private"]) for item in items} == {
        "documents": (2, False),
        "collections": (0, False),
        "restricted_documents": (0, True),
        "restricted_collections": (0, True),
        "notes": (0, True),
        "conversations": (1, True),
    }


async def test_the_person_is_out_at_once_and_the_heir_gets_everything(
    owner: Person, admin: asyncpg.Connection, worker: JobRunner
) -> None:
    leaver, heir = await with_belongings(owner, admin), await owner.colleague("editor")
    colleague = await with_belongings(owner, admin)
    ordered = await offboard(owner, leaver, successor_id=str(heir.user_id), hand_over=BOTH)
    assert (ordered.status_code, ordered.json()["state"]) == (201, "waiting")
    assert (await leaver.get("/me")).status_code == 401
    await work_off(worker)
    assert (await left(admin, leaver), await left(admin, heir)) == (
        {"documents": 0, "conversations": 0},
        {"documents": 2, "conversations": 1},
    )
    assert await left(admin, colleague) == {"documents": 2, "conversations": 1}
    (shown,) = (await owner.get("/offboardings")).json()["items"]
    assert (shown["state"], shown["done"], shown["total"], shown["person"]) == ("done", 3, 3, "Bo Lind")
    assert [one["title"] for one in (await heir.get("/conversations")).json()["items"]] == ["Plans"]


async def test_what_is_not_handed_over_is_deleted_with_its_files(
    owner: Person, admin: asyncpg.Connection, worker: JobRunner
) -> None:
    leaver = await with_belongings(owner, admin)
    await offboard(owner, leaver)
    await work_off(worker)
    assert await left(admin, leaver) == {"documents": 0, "conversations": 0}
    assert await worker.services.store.delete_all(owner.organization_id) == 0


async def test_each_thing_leaves_an_audit_row_of_who_ordered_it(
    owner: Person, admin: asyncpg.Connection, worker: JobRunner
) -> None:
    leaver, colleague = await with_belongings(owner, admin), await with_belongings(owner, admin)
    await offboard(owner, leaver, successor_id=str(owner.user_id), hand_over=["documents"])
    await work_off(worker)
    assert await left(admin, colleague) == {"documents": 2, "conversations": 1}
    rows = await admin.fetch(
        "select action from audit_event where tenant_id = $1 and actor_id = $2 and action = any($3) order by action",
        owner.organization_id,
        owner.user_id,
        [
            "tenancy:member:offboarded",
            "documents:document:handed_over",
            "chat:conversation:deleted",
        ],
    )
    assert [row["action"] for row in rows] == [
        "chat:conversation:deleted",
        "documents:document:handed_over",
        "documents:document:handed_over",
        "tenancy:member:offboarded",
    ]


async def test_an_admin_hands_over_no_private_conversations(owner: Person, admin: asyncpg.Connection) -> None:
    manager = await owner.colleague("admin")
    leaver = await with_belongings(owner, admin)
    refused = await offboard(manager, leaver, successor_id=str(manager.user_id), hand_over=BOTH)
    assert (refused.status_code, refused.json()["code"]) == (403, "owner_only")
    assert (await leaver.get("/me")).status_code == 200


async def test_nobody_offboards_themselves_nor_an_administrator_an_owner(owner: Person) -> None:
    administrator = await owner.colleague("admin")
    heir = {"successor_id": str(administrator.user_id)}
    refused = await offboard(administrator, owner, hand_over=["documents"], **heir)
    assert (refused.status_code, refused.json()["code"]) == (403, "owner_only")
    refused = await offboard(owner, owner, hand_over=["documents"], **heir)
    assert refused.json()["code"] == "membership_own"
    assert (await owner.get("/me")).status_code == 200


@pytest.mark.parametrize(
    ("hand_over", "names_heir", "code"),
    [(["shoes"], True, "belongings_unknown"), (["documents"], False, "successor_unfit")],
)
async def test_an_order_that_makes_no_sense_changes_nothing(
    owner: Person, hand_over: list[str], names_heir: bool, code: str
) -> None:
    leaver = await owner.colleague()
    heir = {"successor_id": str(owner.user_id)} if names_heir else {}
    refused = await offboard(owner, leaver, hand_over=hand_over, **heir)
    assert refused.json()["code"] == code
    assert (await leaver.get("/me")).status_code == 200


async def test_neither_a_stranger_nor_the_person_nor_somebody_suspended_can_be_the_heir(
    owner: Person, client: httpx.AsyncClient
) -> None:
    leaver, away, stranger = await owner.colleague(), await owner.colleague(), await sign_up(client)
    await owner.post(f"/members/{away.user_id}/suspend")
    for heir, status in ((leaver, 409), (away, 409), (stranger, 404)):
        refused = await offboard(owner, leaver, successor_id=str(heir.user_id), hand_over=["documents"])
        assert refused.status_code == status


async def test_things_in_other_organisations_are_left_alone(
    owner: Person, client: httpx.AsyncClient, admin: asyncpg.Connection, worker: JobRunner
) -> None:
    other = await sign_up(client)
    await other.post("/conversations", json={"title": "Mine"})
    await owner.welcome(other)
    await offboard(owner, other)
    await work_off(worker)
    assert (await left(admin, other))["conversations"] == 1
    assert (await other.get("/me")).status_code == 200


async def test_a_job_that_is_run_again_goes_on_where_it_stopped(
    owner: Person, admin: asyncpg.Connection, worker: JobRunner
) -> None:
    leaver = await with_belongings(owner, admin)
    await offboard(owner, leaver, successor_id=str(owner.user_id), hand_over=BOTH)
    for _ in range(2):
        await work_off(worker)
        await admin.execute("update job set state = 'queued', worker = null where kind = 'tenancy.offboard'")
    await work_off(worker)
    assert await left(admin, owner) == {"documents": 2, "conversations": 1}


async def test_collections_are_handed_over_or_dissolved_and_open_their_documents_to_nobody(
    owner: Person, admin: asyncpg.Connection, worker: JobRunner
) -> None:
    leaver, heir = await owner.colleague("editor"), await owner.colleague("editor")
    ids = {}
    for visibility in ("organization", "restricted"):
        made = await leaver.post("/collections", json={"name": "Shelf", "visibility": visibility})
        ids[visibility] = made.json()["id"]
    files = [("files", ("One.txt", f"One {uuid4()}".encode()))]
    inside = await owner.post(f"/documents?collection_id={ids['restricted']}", files=files)
    document_id = inside.json()["items"][0]["document"]["id"]
    mine = [("files", ("Two.txt", f"Two {uuid4()}".encode()))]
    assert (await leaver.post(f"/documents?collection_id={ids['restricted']}", files=mine)).status_code == 201
    await admin.execute("update job set state = 'cancelled' where kind = 'documents.ingest'")
    items = (await owner.get(f"/members/{leaver.user_id}/belongings")).json()["items"]
    assert {item["kind"]: item["count"] for item in items if item["count"]} == {
        "collections": 1,
        "restricted_documents": 1,
        "restricted_collections": 1,
    }
    body = {"successor_id": str(heir.user_id), "hand_over": ["collections"]}
    assert (await offboard(owner, leaver, **body)).status_code == 201
    await work_off(worker)
    assert (await heir.get(f"/collections/{ids['organization']}")).json()["access"] == "manage"
    gone = "select count(*) from collection where id = $1"
    assert await admin.fetchval(gone, UUID(ids["restricted"])) == 0
    assert (await owner.get(f"/documents/{document_id}")).json()["visibility"] == "restricted"
    assert (await heir.get(f"/documents/{document_id}")).status_code == 404
