"""Administrators read conversations only where the policy says so; each read is audited and shown to the owner."""

import asyncpg
import pytest

from chatter.kit.db.database import Database
from tests.people import Person
from tests.rbac.library import Shelved, add_document
from tests.rbac.talk import Talk, add_conversation
from tests.tenancy.support import visiting

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


async def test_the_operator_reads_under_the_same_policy_and_is_named_as_such(
    owner: Person, author: Person, talk: Talk, database: Database
) -> None:
    operator = await visiting(database, owner)
    path = f"/conversations/{talk.conversation_id}"
    assert (await operator.get(path)).status_code == 404
    await owner.put("/access/policy", json={"admins_read_conversations": True})
    assert (await operator.get(f"{path}/messages")).status_code == 200
    (seen,) = (await author.get(path)).json()["readings"]
    assert seen["reader_name"] == "sam (operator)"


async def test_an_administrator_does_not_change_the_policy_that_watches_them(owner: Person) -> None:
    administrator = await owner.colleague("admin")
    refused = await administrator.put("/access/policy", json={"admins_read_conversations": True})
    assert refused.status_code == 403


LISTINGS = """
select actor_id, target, after from audit_event where tenant_id = $1
    and action = 'chat:conversation:listed_by_administrator' order by at, id
"""


async def allow(owner: Person) -> None:
    assert (await owner.put("/access/policy", json={"admins_read_conversations": True})).status_code == 200


async def titles(person: Person, query: str = "") -> list[str]:
    answer = await person.get(f"/conversations/others{query}")
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


async def test_titles_are_listed_to_nobody_unless_role_and_policy_say_so(
    owner: Person, author: Person, talk: Talk, admin: asyncpg.Connection
) -> None:
    closed = await owner.get("/conversations/others")
    assert (closed.status_code, closed.json()["code"]) == (404, "not_found")
    await allow(owner)
    for person in (author, await owner.colleague("editor"), await owner.colleague("auditor")):
        assert (await person.get("/conversations/others")).status_code == 403
    assert await admin.fetch(LISTINGS, owner.organization_id) == []
    assert await titles(await owner.colleague("admin")) == ["About quokkas"]


async def test_each_page_is_a_row_and_is_shown_to_those_whose_titles_it_held(
    owner: Person, author: Person, talk: Talk, admin: asyncpg.Connection
) -> None:
    other = await owner.colleague("member")
    theirs = (await other.post("/conversations", json={"title": "About wombats"})).json()["id"]
    await owner.post("/conversations", json={"title": "Her own"})
    await allow(owner)
    first = (await owner.get("/conversations/others?limit=1")).json()
    assert [(item["title"], item["owner_id"]) for item in first["items"]] == [("About wombats", str(other.user_id))]
    second = (await owner.get(f"/conversations/others?limit=1&cursor={first['next_cursor']}")).json()
    assert ([item["title"] for item in second["items"]], second["next_cursor"]) == (["About quokkas"], None)
    rows = await admin.fetch(LISTINGS, owner.organization_id)
    assert [(row["actor_id"], theirs in row["after"]) for row in rows] == [
        (owner.user_id, True),
        (owner.user_id, False),
    ]
    for person, conversation in ((author, talk.conversation_id), (other, theirs)):
        (reading,) = (await person.get(f"/conversations/{conversation}")).json()["readings"]
        assert (reading["reader_name"], reading["what"]) == ("Dana Reyes", "listed")
    later = (await author.post("/conversations", json={"title": "Not seen yet"})).json()["id"]
    assert (await author.get(f"/conversations/{later}")).json()["readings"] == []


async def test_titles_are_narrowed_by_person_and_by_time(owner: Person, author: Person, talk: Talk) -> None:
    other = await owner.colleague("member")
    wombats = (await other.post("/conversations", json={"title": "About wombats"})).json()
    await allow(owner)
    moment = wombats["updated_at"]
    assert await titles(owner, f"?owner_id={author.user_id}") == ["About quokkas"]
    assert await titles(owner, f"?owner_id={owner.user_id}") == []
    assert await titles(owner, f"?since={moment}") == ["About wombats"]
    assert await titles(owner, f"?until={moment}") == ["About quokkas"]


async def test_a_time_beyond_what_there_is_is_refused_and_one_without_a_zone_is_in_utc(owner: Person) -> None:
    await allow(owner)
    for path in ("/conversations/others", "/audit/events"):
        for name in ("since", "until"):
            for wrong in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
                assert (await owner.get(path, params={name: wrong})).status_code == 422, (path, wrong)
            assert (await owner.get(path, params={name: "2020-01-01T00:00:00"})).status_code == 200, path
