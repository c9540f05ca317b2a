"""Administrators read conversations only where the policy says so; each read is audited and shown to the owner."""

import asyncpg
import pytest

from tests.people import Person
from tests.rbac.library import Shelved, add_document
from tests.rbac.talk import Talk, add_conversation

READS = """
select actor_id from audit_event where tenant_id = $1 and target = $2
    and action = 'chat:conversation:read_by_administrator'
"""


@pytest.fixture
async def author(owner: Person) -> Person:
    return await owner.colleague("member")


@pytest.fixture
async def talk(author: Person, admin: asyncpg.Connection) -> Talk:
    document: Shelved = await add_document(admin, author.organization_id, author.user_id, text="the quokka is shy")
    return await add_conversation(admin, author, cites=document)


async def test_by_default_nobody_reads_what_is_not_theirs(owner: Person, talk: Talk, admin: asyncpg.Connection) -> None:
    assert (await owner.get("/access/policy")).json() == {"admins_read_conversations": False}
    assert (await owner.get(f"/conversations/{talk.conversation_id}/messages")).status_code == 404
    assert await admin.fetch(READS, owner.organization_id, talk.conversation_id) == []


async def test_where_the_policy_allows_it_the_owner_sees_who_read_and_when(
    owner: Person, author: Person, talk: Talk, admin: asyncpg.Connection
) -> None:
    path = f"/conversations/{talk.conversation_id}"
    assert (await author.get(path)).json()["readings"] == []
    changed = await owner.put("/access/policy", json={"admins_read_conversations": True})
    assert changed.status_code == 200
    shown = await owner.get(path)
    assert (shown.json()["owned"], shown.json()["readings"]) == (False, [])
    messages = (await owner.get(f"{path}/messages")).json()["items"]
    assert [message["text"] for message in messages] == ["What is the quokka?", "Shy."]
    assert messages[-1]["passages"] == messages[-1]["citations"] == []
    rows = await admin.fetch(READS, owner.organization_id, talk.conversation_id)
    assert [row["actor_id"] for row in rows] == [owner.user_id, owner.user_id]
    seen = (await author.get(path)).json()["readings"]
    assert {reading["reader_name"] for reading in seen} == {"Dana Reyes"}
    assert await admin.fetchval(
        "select count(*) from audit_event where tenant_id = $1 and action = 'rbac:policy:updated'",
        owner.organization_id,
    )


async def test_the_policy_gives_nothing_but_reading_and_nothing_to_others(
    owner: Person, author: Person, talk: Talk
) -> None:
    await owner.put("/access/policy", json={"admins_read_conversations": True})
    path = f"/conversations/{talk.conversation_id}"
    assert (await owner.patch(path, json={"title": "Mine"})).status_code == 404
    assert (await owner.delete(path)).status_code == 404
    editor = await owner.colleague("editor")
    for end in (path, f"{path}/messages"):
        assert (await editor.get(end)).status_code == 404
    await owner.put("/access/policy", json={"admins_read_conversations": False})
    assert (await owner.get(f"{path}/messages")).status_code == 404


async def test_an_administrator_does_not_change_the_policy_that_watches_them(owner: Person) -> None:
    administrator = await owner.colleague("admin")
    refused = await administrator.put("/access/policy", json={"admins_read_conversations": True})
    assert refused.status_code == 403
