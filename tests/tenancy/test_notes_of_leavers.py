"""The notes of whoever leaves: theirs alone are counted, handed over and deleted."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from chatter.kit.job_runner import JobRunner
from tests.people import Person
from tests.tenancy.conftest import work_off


async def noted(admin: asyncpg.Connection, person: Person, *texts: str) -> None:
    save = "insert into note (tenant_id, id, owner_id, text, call_key) values ($1, $2, $3, $4, $5)"
    for text in texts:
        await admin.execute(save, person.organization_id, uuid4(), person.user_id, text, str(uuid4()))


@pytest.mark.parametrize(("hand_over", "with_the_heir"), [(["notes"], ["1", "2", "mine"]), ([], ["mine"])])
async def test_only_the_leavers_notes_go_with_them(
    owner: Person, admin: asyncpg.Connection, worker: JobRunner, *, hand_over: list[str], with_the_heir: list[str]
) -> None:
    leaver, heir, colleague = [await owner.colleague() for _ in range(3)]
    await noted(admin, leaver, "1", "2")
    await noted(admin, heir, "mine")
    await noted(admin, colleague, "theirs")
    counted = (await owner.get(f"/members/{leaver.user_id}/belongings")).json()["items"]
    assert next(item["count"] for item in counted if item["kind"] == "notes") == 2
    body = {"successor_id": str(heir.user_id), "hand_over": hand_over}
    assert (await owner.post(f"/members/{leaver.user_id}/offboard", json=body)).status_code == 201
    await asyncio.wait_for(work_off(worker), 60)
    texts = "select text from note where owner_id = $1 order by text"
    of = [[row["text"] for row in await admin.fetch(texts, one.user_id)] for one in (leaver, heir, colleague)]
    assert of == [[], with_the_heir, ["theirs"]]
