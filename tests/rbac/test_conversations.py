"""Conversations are private to their owner unless shared; what a reader may not see of the sources stays out."""

import asyncpg
import pytest

from tests.people import Person
from tests.rbac.library import Shelved, add_document
from tests.rbac.talk import Talk, add_conversation

PATHS = ("/conversations/{}", "/conversations/{}/messages")


@pytest.fixture
async def reader(owner: Person) -> Person:
    return await owner.colleague("member")


@pytest.fixture
async def document(owner: Person, admin: asyncpg.Connection) -> Shelved:
    return await add_document(admin, owner.organization_id, owner.user_id, text="the quokka is shy")


@pytest.fixture
async def talk(owner: Person, document: Shelved, admin: asyncpg.Connection) -> Talk:
    """A conversation of the owner's whose answer cites the document."""
    return await add_conversation(admin, owner, cites=document)


async def test_nobody_else_reads_it_whatever_their_role(owner: Person, reader: Person, talk: Talk) -> None:
    for person in (reader, await owner.colleague("admin"), await owner.colleague("owner")):
        for path in PATHS:
            assert (await person.get(path.format(talk.conversation_id))).status_code == 404


async def test_whom_it_is_shared_with_reads_it_and_does_not_ask_in_it(
    owner: Person, reader: Person, talk: Talk
) -> None:
    grant = await talk.share(owner, with_=reader)
    shown = (await reader.get(f"/conversations/{talk.conversation_id}")).json()
    assert (shown["owned"], shown["access"]) == (False, "view")
    messages = (await reader.get(f"/conversations/{talk.conversation_id}/messages")).json()["items"]
    assert [message["role"] for message in messages] == ["user", "assistant"]
    assert (await reader.get("/conversations")).json()["items"] == []
    (shared,) = (await reader.get("/access/shared")).json()["items"]
    assert (shared["href"], shared["resource_kind"]) == (f"/chat/{talk.conversation_id}", "conversation")
    asked = await reader.post(f"/conversations/{talk.conversation_id}/turns", json={"question": "Is it?"})
    assert asked.status_code == 404
    renamed = await reader.patch(f"/conversations/{talk.conversation_id}", json={"title": "Mine"})
    assert (renamed.status_code, renamed.json()["code"]) == (403, "not_managed")
    await owner.delete(f"/grants/{grant}")
    for path in PATHS:
        assert (await reader.get(path.format(talk.conversation_id))).status_code == 404


async def test_who_manages_it_renames_shares_and_deletes_it(owner: Person, reader: Person, talk: Talk) -> None:
    await talk.share(owner, with_=reader, level="manage")
    renamed = await reader.patch(f"/conversations/{talk.conversation_id}", json={"title": "Ours"})
    assert renamed.json()["title"] == "Ours"
    listed = await reader.get(f"/grants?resource_kind=conversation&resource_id={talk.conversation_id}")
    assert listed.json()["owner_id"] == str(owner.user_id)
    assert (await reader.delete(f"/conversations/{talk.conversation_id}")).status_code == 204
    assert (await owner.get(f"/conversations/{talk.conversation_id}")).status_code == 404


async def test_no_role_administers_conversations(owner: Person, talk: Talk) -> None:
    other = await owner.colleague("owner")
    query = f"resource_kind=conversation&resource_id={talk.conversation_id}"
    assert (await other.get(f"/grants?{query}")).status_code == 404


async def test_sources_that_its_reader_may_not_see_are_left_out(
    owner: Person, reader: Person, talk: Talk, document: Shelved
) -> None:
    await talk.share(owner, with_=reader)
    path = f"/conversations/{talk.conversation_id}/messages"
    open_answer = (await reader.get(path)).json()["items"][-1]
    assert [passage["text"] for passage in open_answer["passages"]] == ["the quokka is shy"]
    assert len(open_answer["citations"]) == 1
    await owner.patch(f"/documents/{document.document_id}", json={"visibility": "restricted"})
    hidden_answer = (await reader.get(path)).json()["items"][-1]
    assert (hidden_answer["passages"], hidden_answer["citations"]) == ([], [])
    assert "quokka.txt" not in (await reader.get(path)).text
    assert len((await owner.get(path)).json()["items"][-1]["passages"]) == 1
