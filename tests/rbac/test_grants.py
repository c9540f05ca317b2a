"""Sharing: who manages a thing decides who else sees it, and what somebody may not see is absent everywhere."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from pgvector import HalfVector

from chatter.kit.db.database import Database
from tests.people import Person, sign_up
from tests.rbac.conftest import team_of
from tests.rbac.library import Shelf, add_document

LEVELS = ("view", "edit", "manage")


@dataclass(frozen=True)
class Circle:
    """An owner of a restricted document, and colleagues."""

    author: Person
    reader: Person
    document_id: UUID

    async def share(self, **values: Any) -> dict[str, Any]:
        body = {"resource_kind": "document", "resource_id": str(self.document_id), "level": "view", **values}
        answer = await self.author.post("/grants", json=body)
        assert answer.status_code == 201, answer.text
        grant: dict[str, Any] = answer.json()
        return grant

    async def share_with_reader(self, **values: Any) -> dict[str, Any]:
        return await self.share(subject_kind="user", subject_id=str(self.reader.user_id), **values)


@pytest_asyncio.fixture
async def circle(owner: Person, admin: asyncpg.Connection) -> Circle:
    author, reader = await owner.colleague("member"), await owner.colleague("editor")
    document = await add_document(admin, owner.organization_id, author.user_id, text="the quokka is shy")
    hidden = await author.patch(f"/documents/{document.document_id}", json={"visibility": "restricted"})
    assert hidden.status_code == 200, hidden.text
    return Circle(author, reader, document.document_id)


def ways_to_a_document(document_id: UUID) -> list[str]:
    document = f"/documents/{document_id}"
    return [document, f"{document}/pages", f"{document}/chunks", f"{document}/content"]


class TestRestrictedDocuments:
    async def test_it_is_absent_for_others_whatever_their_role(self, owner: Person, circle: Circle) -> None:
        for person in (owner, circle.reader, await owner.colleague("admin")):
            for path in ways_to_a_document(circle.document_id):
                hidden = await person.get(path)
                never = await person.get(path.replace(str(circle.document_id), str(uuid4())))
                assert hidden.status_code == 404, path
                assert _said(hidden) == _said(never), path
            assert (await person.get("/documents")).json()["items"] == []
            for answer in (
                await person.delete(f"/documents/{circle.document_id}"),
                await person.post(f"/documents/{circle.document_id}/retry"),
            ):
                assert answer.status_code == 404

    async def test_its_owner_sees_and_manages_it(self, circle: Circle) -> None:
        shown = (await circle.author.get(f"/documents/{circle.document_id}")).json()
        assert (shown["visibility"], shown["access"]) == ("restricted", "manage")
        assert [item["id"] for item in (await circle.author.get("/documents")).json()["items"]] == [shown["id"]]

    async def test_opened_again_it_is_everybodys(self, circle: Circle) -> None:
        await circle.author.patch(f"/documents/{circle.document_id}", json={"visibility": "organization"})
        shown = await circle.reader.get(f"/documents/{circle.document_id}")
        assert (shown.status_code, shown.json()["access"]) == (200, "view")

    async def test_who_only_sees_it_can_not_decide_who_else_does(self, circle: Circle) -> None:
        await circle.share_with_reader(level="edit")
        refused = await circle.reader.patch(f"/documents/{circle.document_id}", json={"visibility": "organization"})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_managed")

    async def test_an_administrator_may_share_it_but_not_read_it_without_a_grant(
        self, owner: Person, circle: Circle, admin: asyncpg.Connection
    ) -> None:
        listed = await owner.get(f"/grants?resource_kind=document&resource_id={circle.document_id}")
        assert (listed.status_code, listed.json()["level"]) == (200, None)
        body = {
            "resource_kind": "document",
            "resource_id": str(circle.document_id),
            "level": "view",
            "subject_kind": "user",
            "subject_id": str(owner.user_id),
        }
        assert (await owner.post("/grants", json=body)).status_code == 201
        assert (await owner.get(f"/documents/{circle.document_id}")).status_code == 200
        audited = "select count(*) from audit_event where tenant_id = $1 and action = 'rbac:grant:created'"
        assert await admin.fetchval(audited, owner.organization_id) == 1


class TestGrants:
    async def test_a_person_reaches_what_was_shared_and_loses_it_with_the_grant(self, circle: Circle) -> None:
        grant = await circle.share_with_reader()
        shown = (await circle.reader.get(f"/documents/{circle.document_id}")).json()
        assert (shown["access"], shown["id"]) == ("view", str(circle.document_id))
        assert len((await circle.reader.get("/documents")).json()["items"]) == 1
        assert (await circle.author.delete(f"/grants/{grant['id']}")).status_code == 204
        assert (await circle.reader.get(f"/documents/{circle.document_id}")).status_code == 404

    async def test_a_team_reaches_it_and_who_leaves_the_team_does_not(
        self, circle: Circle, database: Database, admin: asyncpg.Connection
    ) -> None:
        team = await team_of(circle.author, circle.reader.user_id, database=database)
        await circle.share(subject_kind="team", subject_id=str(team))
        assert (await circle.reader.get(f"/documents/{circle.document_id}")).status_code == 200
        await admin.execute("delete from team_member where team_id = $1", team)
        assert (await circle.reader.get(f"/documents/{circle.document_id}")).status_code == 404

    async def test_everyone_reaches_it_up_to_the_level(self, owner: Person, circle: Circle) -> None:
        await circle.share(subject_kind="everyone", level="edit")
        assert (await owner.get(f"/documents/{circle.document_id}")).json()["access"] == "edit"
        stranger = await sign_up(owner.client, organization="Globex")
        assert (await stranger.get(f"/documents/{circle.document_id}")).status_code == 404

    async def test_who_does_not_manage_the_thing_changes_no_grant_on_it(self, circle: Circle) -> None:
        grant = await circle.share_with_reader(level="edit")
        refused = [
            await circle.reader.patch(f"/grants/{grant['id']}", json={"level": "manage"}),
            await circle.reader.delete(f"/grants/{grant['id']}"),
        ]
        body = {"resource_kind": "document", "resource_id": str(circle.document_id), "level": "view"}
        refused.append(await circle.reader.post("/grants", json=body | {"subject_kind": "everyone"}))
        assert [(one.status_code, one.json()["code"]) for one in refused] == [(403, "not_managed")] * 3
        assert (await circle.author.delete(f"/grants/{uuid4()}")).status_code == 404
        kept = await circle.author.get(f"/grants?resource_kind=document&resource_id={circle.document_id}")
        assert [one["level"] for one in kept.json()["items"]] == ["edit"]

    async def test_nothing_is_shared_that_is_not_there_not_even_by_who_administers_all(
        self, owner: Person, circle: Circle
    ) -> None:
        body = {"resource_kind": "document", "resource_id": str(uuid4()), "level": "view", "subject_kind": "everyone"}
        assert (await owner.post("/grants", json=body)).status_code == 404
        assert (await owner.get(f"/grants?resource_kind=document&resource_id={uuid4()}")).status_code == 404

    @pytest.mark.parametrize("level", LEVELS)
    async def test_each_level_allows_what_it_says(self, circle: Circle, level: str) -> None:
        await circle.share_with_reader(level=level)
        retried = await circle.reader.post(f"/documents/{circle.document_id}/retry")
        assert retried.status_code == (409 if level in {"edit", "manage"} else 403)  # it has not failed
        listed = await circle.reader.get(f"/grants?resource_kind=document&resource_id={circle.document_id}")
        deleted = await circle.reader.delete(f"/documents/{circle.document_id}")
        assert (listed.status_code, deleted.status_code) == ((200, 204) if level == "manage" else (403, 403))

    @pytest.mark.parametrize("others", [0, 99, 100, 150])
    async def test_the_list_shows_what_was_shared_and_its_level_however_much_else_was(
        self, circle: Circle, admin: asyncpg.Connection, others: int
    ) -> None:
        tenant, reader, author = circle.reader.organization_id, circle.reader.user_id, circle.author.user_id
        await admin.execute(
            "insert into resource_grant (tenant_id, id, resource_kind, resource_id, subject_kind, subject_id, level, "
            "granted_by) select $1, gen_random_uuid(), 'document', gen_random_uuid(), 'user', $2, 'view', $3 "
            "from generate_series(1, $4::int)",
            *(tenant, reader, author, others),
        )
        own = await add_document(admin, tenant, reader, text="own", visibility="restricted")
        opened = await add_document(admin, tenant, author, text="open")
        await add_document(admin, tenant, author, text="hidden", visibility="restricted")
        await circle.share_with_reader(level="edit")
        await circle.share(subject_kind="everyone", level="view")
        listed = (await circle.reader.get("/documents")).json()["items"]
        assert [(item["id"], item["access"]) for item in listed] == [
            (str(opened.document_id), "view"),
            (str(own.document_id), "manage"),
            (str(circle.document_id), "edit"),
        ]

    async def test_an_expired_grant_gives_nothing_at_the_moment_of_asking(
        self, circle: Circle, admin: asyncpg.Connection
    ) -> None:
        soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        grant = await circle.share_with_reader(expires_at=soon)
        assert (await circle.reader.get(f"/documents/{circle.document_id}")).status_code == 200
        await admin.execute("update resource_grant set expires_at = now() where id = $1", UUID(grant["id"]))
        assert (await circle.reader.get(f"/documents/{circle.document_id}")).status_code == 404
        assert (await circle.reader.get("/documents")).json()["items"] == []
        assert (await circle.reader.get("/access/shared")).json()["items"] == []

    async def test_a_grant_that_would_be_over_already_is_refused(self, circle: Circle) -> None:
        body = {
            "resource_kind": "document",
            "resource_id": str(circle.document_id),
            "level": "view",
            "subject_kind": "everyone",
            "expires_at": "2020-01-01T00:00:00Z",
        }
        refused = await circle.author.post("/grants", json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, "grant_invalid")
        grant = await circle.share_with_reader()
        changed = await circle.author.patch(f"/grants/{grant['id']}", json={"expires_at": body["expires_at"]})
        assert (changed.status_code, changed.json()["code"]) == (422, "grant_invalid")

    async def test_the_same_subject_has_one_grant_which_can_be_changed(self, circle: Circle) -> None:
        grant = await circle.share_with_reader()
        body = {
            "resource_kind": "document",
            "resource_id": str(circle.document_id),
            "level": "edit",
            "subject_kind": "user",
            "subject_id": str(circle.reader.user_id),
        }
        again = await circle.author.post("/grants", json=body)
        assert (again.status_code, again.json()["code"]) == (409, "grant_exists")
        changed = await circle.author.patch(f"/grants/{grant['id']}", json={"level": "edit"})
        assert (changed.json()["level"], changed.json()["subject_name"]) == ("edit", "Bo Lind")

    async def test_a_subject_of_another_organisation_answers_as_one_that_never_existed(
        self, owner: Person, circle: Circle
    ) -> None:
        stranger = await sign_up(owner.client, organization="Globex")
        body = {"resource_kind": "document", "resource_id": str(circle.document_id), "level": "view"}
        answers = [
            await circle.author.post("/grants", json={**body, "subject_kind": "user", "subject_id": str(subject)})
            for subject in (stranger.user_id, uuid4())
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert _said(answers[0]) == _said(answers[1])

    async def test_what_was_shared_is_listed_with_who_shared_it(self, circle: Circle) -> None:
        await circle.share(subject_kind="everyone")
        await circle.share_with_reader(level="edit")
        (shared,) = (await circle.reader.get("/access/shared")).json()["items"]
        assert (shared["level"], shared["via"], shared["granted_by_name"]) == ("edit", "user", "Bo Lind")
        assert shared["href"] == f"/documents/{circle.document_id}"
        assert (await circle.author.get("/access/shared")).json()["items"] == []

    async def test_grants_go_with_the_thing(self, circle: Circle, admin: asyncpg.Connection) -> None:
        await circle.share_with_reader()
        # A member may not delete: an editor who manages it may.
        await circle.share(subject_kind="everyone", level="manage")
        assert (await circle.reader.delete(f"/documents/{circle.document_id}")).status_code == 204
        left = "select count(*) from resource_grant where resource_id = $1"
        assert await admin.fetchval(left, circle.document_id) == 0

    async def test_whom_one_can_share_with_are_members_and_teams(self, circle: Circle, database: Database) -> None:
        team = await team_of(circle.author, database=database)
        found = (await circle.author.get("/access/subjects")).json()
        assert len(found["people"]) == 3
        assert found["teams"] == [{"id": str(team), "name": "Support"}]

    async def test_a_kind_that_nobody_registered_can_not_be_shared(self, circle: Circle) -> None:
        answer = await circle.author.get(f"/grants?resource_kind=cake&resource_id={uuid4()}")
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_resource_kind")


class TestSearch:
    """What somebody may not see never enters retrieval: neither by its words nor by its meaning."""

    async def test_a_hidden_passage_is_found_by_those_who_may_see_it_alone(
        self, circle: Circle, admin: asyncpg.Connection, database: Database
    ) -> None:
        shelf = Shelf(database, circle.author.organization_id)
        await shelf.count_words()
        assert await shelf.found(circle.author.user_id, "shy quokka") == ["the quokka is shy"]
        assert await shelf.found(circle.reader.user_id, "shy quokka") == []
        await circle.share_with_reader()
        assert await shelf.found(circle.reader.user_id, "shy quokka") == ["the quokka is shy"]

    @pytest.mark.parametrize("open_passages", [60, 5600])
    async def test_on_both_sides_of_the_exact_limit_only_visible_passages_are_found(
        self, circle: Circle, admin: asyncpg.Connection, database: Database, open_passages: int
    ) -> None:
        shelf, tenant = Shelf(database, circle.author.organization_id), circle.author.organization_id
        secret = await add_document(
            admin, tenant, circle.author.user_id, text="secret", count=400, visibility="restricted", seed=1
        )
        opened = await add_document(admin, tenant, circle.author.user_id, text="open", count=open_passages, seed=2)
        await shelf.count_words()
        hits = 0
        for number in range(10):
            asked = secret.vectors[number]
            found = await shelf.rows(circle.reader.user_id, "unrelated", asked, limit=20)
            assert {row["document_id"] for row in found} == {opened.document_id}
            hits += len(opened.nearest(asked, count=10) & {row["chunk_id"] for row in found})
        assert hits / 100 >= 0.95

    async def test_the_same_bytes_of_a_hidden_document_do_not_give_it_away(self, circle: Circle) -> None:
        sent = ("quokka.txt", b"the same bytes")
        first = (await circle.author.post("/documents", files=[("files", sent)])).json()["items"][0]
        await circle.author.patch(f"/documents/{first['document']['id']}", json={"visibility": "restricted"})
        other = (await circle.reader.post("/documents", files=[("files", sent)])).json()["items"][0]
        assert not other["duplicate"]
        assert other["document"]["id"] != first["document"]["id"]
        again = (await circle.author.post("/documents", files=[("files", sent)])).json()["items"][0]
        assert (again["duplicate"], again["document"]["id"]) == (True, first["document"]["id"])

    async def test_nobody_searches_without_saying_who_asks(self, owner: Person, database: Database) -> None:
        async with database.connection(owner.organization_id) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="nobody asks"):
                await connection.fetch(
                    "select * from search_chunks(null, 'x', $1, 'model', 5)", HalfVector([0.1] * 384)
                )


def _said(answer: Any) -> str:
    return str(answer.text).replace(answer.headers["x-request-id"], "")
