"""Collections: what is granted on one holds for its documents, in every place that decides, and nowhere else."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from chatter.kit.db.database import Database
from tests.people import Person, sign_up
from tests.rbac.library import Shelf, Shelved, add_document
from tests.rbac.talk import add_conversation


@dataclass(frozen=True)
class Room:
    """A restricted collection of its keeper's, with one open document in it, and a colleague outside."""

    keeper: Person
    outsider: Person
    collection_id: UUID
    document: Shelved

    async def let_in(self, person: Person, level: str = "view") -> str:
        return await share(self.keeper, "collection", self.collection_id, with_=person, level=level)


@pytest_asyncio.fixture
async def room(owner: Person, admin: asyncpg.Connection) -> Room:
    keeper, outsider = await owner.colleague("editor"), await owner.colleague("editor")
    document = await add_document(admin, owner.organization_id, keeper.user_id, text="the quokka is shy")
    collection_id = await make(keeper, visibility="restricted")
    moved = await move(keeper, collection_id, document.document_id)
    assert moved.status_code == 200, moved.text
    return Room(keeper, outsider, collection_id, document)


class TestCollections:
    async def test_it_is_made_listed_renamed_and_deleted(self, owner: Person) -> None:
        later, first = await make(owner, name="Staff"), await make(owner, name="Legal ")
        listed = (await owner.get("/collections")).json()["items"]
        assert [(item["id"], item["name"], item["access"]) for item in listed] == [
            (str(first), "Legal", "manage"),
            (str(later), "Staff", "manage"),
        ]
        renamed = await owner.patch(f"/collections/{first}", json={"name": "Law", "description": "Contracts"})
        assert (renamed.status_code, renamed.json()["name"], renamed.json()["description"]) == (200, "Law", "Contracts")
        assert (await owner.get(f"/collections/{first}")).json() == renamed.json()
        assert (await owner.delete(f"/collections/{first}")).status_code == 204
        gone = await owner.get(f"/collections/{first}")
        assert (gone.status_code, gone.json()["code"]) == (404, "collection_not_found")

    async def test_a_restricted_one_is_absent_for_others(self, room: Room) -> None:
        assert (await room.outsider.get("/collections")).json()["items"] == []
        for method, path, body in (
            ("GET", "", None),
            ("PATCH", "", {"name": "Mine"}),
            ("DELETE", "", None),
            ("DELETE", "?documents=delete", None),
        ):
            said = [
                await room.outsider.call(method, f"/collections/{which}{path}", json=body)
                for which in (room.collection_id, uuid4())
            ]
            assert [answer.status_code for answer in said] == [404, 404], (method, path)
            assert without_id(said[0]) == without_id(said[1])

    async def test_who_only_edits_it_renames_it_and_no_more(self, room: Room) -> None:
        await room.let_in(room.outsider, "edit")
        here = f"/collections/{room.collection_id}"
        assert (await room.outsider.patch(here, json={"name": "Ours"})).json()["access"] == "edit"
        for refused in (
            await room.outsider.patch(here, json={"visibility": "organization"}),
            await room.outsider.delete(here),
            await room.outsider.delete(f"{here}?documents=delete"),
        ):
            assert (refused.status_code, refused.json()["code"]) == (403, "not_managed")

    async def test_who_only_sees_it_renames_nothing(self, owner: Person, room: Room) -> None:
        opened = await make(owner)
        refused = await room.outsider.patch(f"/collections/{opened}", json={"name": "Mine"})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_managed")

    async def test_an_administrator_shares_and_renames_what_they_do_not_see(self, owner: Person, room: Room) -> None:
        renamed = await owner.patch(f"/collections/{room.collection_id}", json={"name": "Seen to"})
        assert (renamed.status_code, renamed.json()["access"]) == (200, None)
        await share(owner, "collection", room.collection_id, with_=owner, level="view")
        assert (await owner.get(f"/documents/{room.document.document_id}")).json()["access"] == "view"

    async def test_an_administrator_does_not_delete_the_documents_that_they_do_not_see(
        self, owner: Person, room: Room
    ) -> None:
        refused = await owner.delete(f"/collections/{room.collection_id}?documents=delete")
        assert (refused.status_code, refused.json()["code"]) == (404, "collection_not_found")


class TestWhatIsInside:
    async def test_a_document_of_a_restricted_collection_is_absent_for_others(
        self, owner: Person, room: Room, database: Database
    ) -> None:
        document = f"/documents/{room.document.document_id}"
        for person in (owner, room.outsider):
            passage = f"{document}/chunks/{room.document.chunk_ids[0]}"
            for path in (document, f"{document}/pages", f"{document}/chunks", f"{document}/content", passage):
                hidden = await person.get(path)
                never = await person.get(path.replace(str(room.document.document_id), str(uuid4())))
                assert (hidden.status_code, without_id(hidden)) == (404, without_id(never)), path
            assert (await person.get("/documents")).json()["items"] == []
            assert (await person.get(f"/documents?collection_id={room.collection_id}")).json()["items"] == []
            assert await found(database, person, "shy quokka") == []
        for refused in (await room.outsider.delete(document), await room.outsider.post(f"{document}/retry")):
            assert refused.status_code == 404

    async def test_who_may_only_view_the_collection_changes_no_document_in_it(self, room: Room) -> None:
        """Whatever their role: what is in a restricted collection takes a level, however open it is by itself."""
        await room.let_in(room.outsider, "view")
        document = f"/documents/{room.document.document_id}"
        assert (await room.outsider.get(document)).json()["access"] == "view"
        refused = [await room.outsider.delete(document), await room.outsider.post(f"{document}/retry")]
        assert [(one.status_code, one.json()["code"]) for one in refused] == [(403, "not_managed")] * 2

    async def test_its_keeper_manages_what_others_put_into_it(
        self, room: Room, admin: asyncpg.Connection, database: Database
    ) -> None:
        tenant = room.keeper.organization_id
        theirs = await add_document(admin, tenant, room.outsider.user_id, text="a numbat", visibility="restricted")
        await room.let_in(room.outsider, "edit")
        assert (await room.keeper.get(f"/documents/{theirs.document_id}")).status_code == 404
        assert (await move(room.outsider, room.collection_id, theirs.document_id)).status_code == 200
        assert (await room.keeper.get(f"/documents/{theirs.document_id}")).json()["access"] == "manage"
        assert "a numbat" in await found(database, room.keeper, "numbat")

    @pytest.mark.parametrize("level", ["view", "edit", "manage"])
    async def test_a_grant_on_the_collection_holds_for_its_documents(
        self, room: Room, database: Database, level: str
    ) -> None:
        grant_id = await room.let_in(room.outsider, level)
        document = f"/documents/{room.document.document_id}"
        shown = (await room.outsider.get(document)).json()
        assert (shown["access"], shown["collection_id"]) == (level, str(room.collection_id))
        (listed,) = (await room.outsider.get(f"/documents?collection_id={room.collection_id}")).json()["items"]
        assert (listed["id"], listed["access"]) == (str(room.document.document_id), level)
        assert (await room.outsider.get(f"{document}/chunks")).status_code == 200
        assert await found(database, room.outsider, "shy quokka") == ["the quokka is shy"]
        changed = await room.outsider.patch(document, json={"visibility": "organization"})
        assert changed.status_code == (200 if level == "manage" else 403)
        assert (await room.keeper.delete(f"/grants/{grant_id}")).status_code == 204
        assert (await room.outsider.get(document)).status_code == 404
        assert await found(database, room.outsider, "shy quokka") == []

    async def test_a_grant_on_the_collection_that_has_ended_holds_for_nothing(
        self, room: Room, database: Database, admin: asyncpg.Connection
    ) -> None:
        await room.let_in(room.outsider)
        document = f"/documents/{room.document.document_id}"
        assert (await room.outsider.get(document)).status_code == 200
        await admin.execute("update resource_grant set expires_at = now() - interval '1 second'")
        assert (await room.outsider.get(document)).status_code == 404
        assert await found(database, room.outsider, "shy quokka") == []
        assert (await room.outsider.patch(document, json={"visibility": "organization"})).status_code == 404

    async def test_a_grant_on_the_document_opens_it_and_not_the_collection(self, room: Room) -> None:
        await share(room.keeper, "document", room.document.document_id, with_=room.outsider)
        shown = (await room.outsider.get(f"/documents/{room.document.document_id}")).json()
        assert (shown["access"], shown["collection_id"]) == ("view", None)
        assert (await room.outsider.get("/collections")).json()["items"] == []
        assert (await room.outsider.get(f"/documents?collection_id={room.collection_id}")).json()["items"] == []

    async def test_what_is_restricted_in_an_open_collection_stays_so(self, room: Room, database: Database) -> None:
        await room.keeper.patch(f"/documents/{room.document.document_id}", json={"visibility": "restricted"})
        await room.keeper.patch(f"/collections/{room.collection_id}", json={"visibility": "organization"})
        assert len((await room.outsider.get("/collections")).json()["items"]) == 1
        assert (await room.outsider.get(f"/documents/{room.document.document_id}")).status_code == 404
        assert await found(database, room.outsider, "shy quokka") == []
        await room.let_in(room.outsider)
        assert (await room.outsider.get(f"/documents/{room.document.document_id}")).status_code == 200

    async def test_what_is_open_in_an_open_collection_is_everybodys(self, room: Room, database: Database) -> None:
        await room.keeper.patch(f"/collections/{room.collection_id}", json={"visibility": "organization"})
        shown = (await room.outsider.get(f"/documents/{room.document.document_id}")).json()
        assert (shown["access"], shown["collection_id"]) == ("view", str(room.collection_id))
        assert await found(database, room.outsider, "shy quokka") == ["the quokka is shy"]

    async def test_the_same_bytes_as_in_a_collection_that_is_hidden_do_not_give_it_away(self, room: Room) -> None:
        sent = [("files", ("numbat.txt", b"the same bytes"))]
        first = (await room.keeper.post(f"/documents?collection_id={room.collection_id}", files=sent)).json()["items"]
        assert first[0]["document"]["collection_id"] == str(room.collection_id)
        other = (await room.outsider.post("/documents", files=sent)).json()["items"][0]
        assert not other["duplicate"]
        await room.let_in(room.outsider)
        assert (await room.keeper.post("/documents", files=sent)).json()["items"][0]["duplicate"]

    async def test_what_cites_it_shows_it_to_those_who_are_let_in_alone(
        self, room: Room, admin: asyncpg.Connection
    ) -> None:
        talk = await add_conversation(admin, room.keeper, cites=room.document)
        await talk.share(room.keeper, with_=room.outsider)
        messages = f"/conversations/{talk.conversation_id}/messages"
        answer = (await room.outsider.get(messages)).json()["items"][-1]
        assert (answer["citations"], answer["passages"]) == ([], [])
        await room.let_in(room.outsider)
        answer = (await room.outsider.get(messages)).json()["items"][-1]
        assert (len(answer["citations"]), len(answer["passages"])) == (1, 1)

    async def test_why_somebody_sees_it_names_the_collection(self, owner: Person, room: Room) -> None:
        asked = {
            "user_id": str(room.outsider.user_id),
            "resource_kind": "document",
            "resource_id": str(room.document.document_id),
        }
        before = (await owner.get("/access/explain", params=asked)).json()
        assert [reason["text"] for reason in before["reasons"]] == [
            "It is in “Staff”, which is restricted, and nobody has shared either with them."
        ]
        grant_id = await room.let_in(room.outsider, "edit")
        after = (await owner.get("/access/explain", params=asked)).json()
        assert (after["allowed"], after["level"]) == (True, "edit")
        (reason,) = after["reasons"]
        assert reason["text"] == "Through “Staff”, which it is in: a grant to them, given by Bo Lind: edit."
        assert reason["grant_id"] == grant_id
        own = (await owner.get("/access/explain", params=asked | {"user_id": str(room.keeper.user_id)})).json()
        assert own["reasons"][0]["kind"] == "owner"

    async def test_who_shares_a_document_is_told_what_its_collection_hands_down(
        self, owner: Person, room: Room
    ) -> None:
        asked = f"/grants?resource_kind=document&resource_id={room.document.document_id}"
        inside = (await room.keeper.get(asked)).json()["container"]
        assert inside == {
            "resource_kind": "collection",
            "resource_id": str(room.collection_id),
            "name": "Staff",
            "open_to_all": False,
        }
        unseen = (await owner.get(asked)).json()["container"]
        assert (unseen["resource_id"], unseen["name"]) == (None, "")


class TestMoving:
    async def test_it_tells_where_each_was_so_that_it_can_be_undone(
        self, room: Room, admin: asyncpg.Connection
    ) -> None:
        second = await make(room.keeper, name="Second")
        other = await add_document(admin, room.keeper.organization_id, room.keeper.user_id, text="a bilby")
        moved = (await move(room.keeper, second, room.document.document_id, other.document_id)).json()["items"]
        assert {item["document_id"]: item["was_in"] for item in moved} == {
            str(room.document.document_id): str(room.collection_id),
            str(other.document_id): None,
        }
        assert (await move(room.keeper, second, other.document_id)).json()["items"] == []
        assert (await move(room.keeper, None, other.document_id)).json()["items"][0]["was_in"] == str(second)
        audited = "select count(*) from audit_event where tenant_id = $1 and action = 'documents:document:moved'"
        assert await admin.fetchval(audited, room.keeper.organization_id) == 4

    async def test_who_does_not_manage_the_document_moves_nothing(self, room: Room, admin: asyncpg.Connection) -> None:
        own = await make(room.outsider)
        opened = await add_document(admin, room.keeper.organization_id, room.keeper.user_id, text="a bilby")
        mine = await add_document(admin, room.keeper.organization_id, room.outsider.user_id, text="a numbat")
        refused = await move(room.outsider, own, mine.document_id, opened.document_id)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_managed")
        assert (await room.outsider.get(f"/documents?collection_id={own}")).json()["items"] == []

    async def test_a_hidden_document_is_absent_for_who_would_move_it(self, room: Room) -> None:
        own = await make(room.outsider)
        said = [await move(room.outsider, own, which) for which in (room.document.document_id, uuid4())]
        assert [answer.status_code for answer in said] == [404, 404]
        assert without_id(said[0]) == without_id(said[1])

    async def test_a_hidden_collection_is_absent_for_who_would_fill_it(
        self, room: Room, admin: asyncpg.Connection
    ) -> None:
        mine = await add_document(admin, room.keeper.organization_id, room.outsider.user_id, text="a numbat")
        said = [await move(room.outsider, which, mine.document_id) for which in (room.collection_id, uuid4())]
        said += [
            await room.outsider.post(f"/documents?collection_id={which}", files=[("files", ("a.txt", b"a"))])
            for which in (room.collection_id, uuid4())
        ]
        assert [answer.status_code for answer in said] == [404] * 4
        assert len({without_id(answer) for answer in said}) == 1

    async def test_to_put_something_in_takes_access_to_edit(self, room: Room, admin: asyncpg.Connection) -> None:
        mine = await add_document(admin, room.keeper.organization_id, room.outsider.user_id, text="a numbat")
        await room.let_in(room.outsider, "view")
        refused = await move(room.outsider, room.collection_id, mine.document_id)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_managed")

    async def test_a_document_goes_where_others_do_not_follow_at_once(self, owner: Person, room: Room) -> None:
        document = f"/documents/{room.document.document_id}"
        await move(room.keeper, None, room.document.document_id)
        assert (await room.outsider.get(document)).status_code == 200
        await move(room.keeper, room.collection_id, room.document.document_id)
        assert (await room.outsider.get(document)).status_code == 404

    async def test_who_lost_the_collection_still_has_and_may_take_out_their_own_document(
        self, room: Room, admin: asyncpg.Connection
    ) -> None:
        mine = await add_document(admin, room.keeper.organization_id, room.outsider.user_id, text="a numbat")
        grant_id = await room.let_in(room.outsider, "edit")
        await move(room.outsider, room.collection_id, mine.document_id)
        await room.keeper.delete(f"/grants/{grant_id}")
        shown = (await room.outsider.get(f"/documents/{mine.document_id}")).json()
        assert (shown["access"], shown["collection_id"]) == ("manage", None)
        assert (await move(room.outsider, None, mine.document_id)).json()["items"][0]["was_in"] is None


class TestDeleting:
    async def test_what_was_in_it_stays_and_is_opened_to_nobody(self, room: Room) -> None:
        document = f"/documents/{room.document.document_id}"
        assert (await room.keeper.delete(f"/collections/{room.collection_id}")).status_code == 204
        shown = (await room.keeper.get(document)).json()
        assert (shown["collection_id"], shown["visibility"]) == (None, "restricted")
        assert (await room.outsider.get(document)).status_code == 404

    async def test_what_was_in_an_open_one_stays_open(self, room: Room) -> None:
        await room.keeper.patch(f"/collections/{room.collection_id}", json={"visibility": "organization"})
        await room.keeper.delete(f"/collections/{room.collection_id}?documents=keep")
        assert (await room.outsider.get(f"/documents/{room.document.document_id}")).status_code == 200

    async def test_asked_to_it_takes_its_documents_with_it(self, room: Room, admin: asyncpg.Connection) -> None:
        await room.let_in(room.outsider)
        gone = await room.keeper.delete(f"/collections/{room.collection_id}?documents=delete")
        assert gone.status_code == 204, gone.text
        assert (await room.keeper.get(f"/documents/{room.document.document_id}")).status_code == 404
        left = "select count(*) from resource_grant where resource_id = $1"
        assert await admin.fetchval(left, room.collection_id) == 0

    async def test_who_may_not_delete_documents_does_not_by_their_collection(self, owner: Person) -> None:
        member = await owner.colleague("member")
        collection_id = await make(member)
        refused = await member.delete(f"/collections/{collection_id}?documents=delete")
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_not_held")
        assert (await member.delete(f"/collections/{collection_id}")).status_code == 204


class TestSearching:
    async def test_only_the_chosen_collections_are_searched(
        self, room: Room, admin: asyncpg.Connection, database: Database
    ) -> None:
        tenant = room.keeper.organization_id
        await add_document(admin, tenant, room.keeper.user_id, text="the quokka is bold")
        second = await make(room.keeper, name="Second")
        third = await add_document(admin, tenant, room.keeper.user_id, text="the quokka is small")
        await move(room.keeper, second, third.document_id)
        every = {"the quokka is shy", "the quokka is bold", "the quokka is small"}
        asked = "shy bold small quokka"
        assert set(await found(database, room.keeper, asked)) == every
        assert await found(database, room.keeper, asked, room.collection_id) == ["the quokka is shy"]
        both = await found(database, room.keeper, asked, room.collection_id, second)
        assert set(both) == {"the quokka is shy", "the quokka is small"}
        assert await found(database, room.keeper, asked, uuid4()) == []

    async def test_a_collection_that_one_does_not_see_holds_nothing_not_even_ones_own(
        self, owner: Person, room: Room, admin: asyncpg.Connection, database: Database
    ) -> None:
        mine = await add_document(admin, owner.organization_id, room.outsider.user_id, text="my own numbat")
        assert (await move(owner, room.collection_id, mine.document_id)).status_code == 200
        assert await found(database, room.outsider, "numbat quokka") == ["my own numbat"]
        assert await found(database, room.outsider, "numbat quokka", room.collection_id) == []
        stranger = await sign_up(owner.client, organization="Globex")
        assert await found(database, stranger, "numbat quokka", room.collection_id) == []

    @pytest.mark.parametrize("inside", [60, 5600])
    async def test_on_both_sides_of_the_exact_limit_the_chosen_passages_are_found(
        self, room: Room, admin: asyncpg.Connection, database: Database, inside: int
    ) -> None:
        tenant, keeper = room.keeper.organization_id, room.keeper
        await add_document(admin, tenant, keeper.user_id, text="outside", count=400, seed=1)
        chosen = await add_document(admin, tenant, keeper.user_id, text="inside", count=inside, seed=2)
        second = await make(keeper, name="Second")
        await move(keeper, second, chosen.document_id)
        shelf, hits = Shelf(database, tenant), 0
        await shelf.count_words()
        for number in range(10):
            asked = chosen.vectors[number]
            rows = await shelf.rows(keeper.user_id, "unrelated", asked, limit=20, within=[second])
            assert {row["document_id"] for row in rows} == {chosen.document_id}
            hits += len(chosen.nearest(asked, count=10) & {row["chunk_id"] for row in rows})
        assert hits / 100 >= 0.95


class TestConversations:
    async def test_the_choice_is_kept_with_the_conversation_and_told_to_its_owner(self, room: Room) -> None:
        body = {"collection_ids": [str(room.collection_id)]}
        made = (await room.keeper.post("/conversations", json=body)).json()
        here = f"/conversations/{made['id']}"
        assert made["collection_ids"] == body["collection_ids"]
        assert (await room.keeper.get(here)).json()["collection_ids"] == body["collection_ids"]
        all_again = await room.keeper.patch(here, json={"collection_ids": []})
        assert (all_again.status_code, all_again.json()["collection_ids"]) == (200, [])
        await room.keeper.patch(here, json=body)
        await share(room.keeper, "conversation", UUID(made["id"]), with_=room.outsider, level="edit")
        assert (await room.outsider.get(here)).json()["collection_ids"] == []
        refused = await room.outsider.patch(here, json={"collection_ids": []})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_managed")
        assert (await room.outsider.patch(here, json={"title": "Quokkas"})).json()["title"] == "Quokkas"

    async def test_a_collection_that_one_does_not_see_can_not_be_chosen(self, room: Room) -> None:
        conversation = (await room.outsider.post("/conversations", json={})).json()["id"]
        said = []
        for which in (room.collection_id, uuid4()):
            body = {"collection_ids": [str(which)]}
            said += [
                await room.outsider.post("/conversations", json=body),
                await room.outsider.patch(f"/conversations/{conversation}", json=body),
            ]
        assert [answer.status_code for answer in said] == [404] * 4
        assert len({without_id(answer) for answer in said}) == 1

    async def test_a_deleted_collection_leaves_the_choice(self, room: Room) -> None:
        body = {"collection_ids": [str(room.collection_id)]}
        made = (await room.keeper.post("/conversations", json=body)).json()
        await room.keeper.delete(f"/collections/{room.collection_id}")
        assert (await room.keeper.get(f"/conversations/{made['id']}")).json()["collection_ids"] == []


async def make(person: Person, *, name: str = "Staff", visibility: str = "organization") -> UUID:
    answer = await person.post("/collections", json={"name": name, "visibility": visibility})
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def move(person: Person, collection_id: UUID | None, *document_ids: UUID) -> httpx.Response:
    body: dict[str, Any] = {"document_ids": [str(one) for one in document_ids]}
    body["collection_id"] = None if collection_id is None else str(collection_id)
    return await person.post("/documents/move", json=body)


async def share(person: Person, kind: str, resource_id: UUID, *, with_: Person, level: str = "view") -> str:
    body = {
        "resource_kind": kind,
        "resource_id": str(resource_id),
        "subject_kind": "user",
        "subject_id": str(with_.user_id),
        "level": level,
    }
    answer = await person.post("/grants", json=body)
    assert answer.status_code == 201, answer.text
    grant_id: str = answer.json()["id"]
    return grant_id


async def found(database: Database, person: Person, question: str, *within: UUID) -> list[str]:
    shelf = Shelf(database, person.organization_id)
    await shelf.count_words()
    return await shelf.found(person.user_id, question, within=list(within) or None)


def without_id(answer: httpx.Response) -> str:
    return answer.text.replace(answer.headers["x-request-id"], "")
