"""Roles of an organisation's own: made of what their maker holds, and in force everywhere at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from chatter.documents.permissions import DocumentPermission
from chatter.kit.db.database import Database
from chatter.rbac.facade import Authorizer
from tests.people import Person, sign_up
from tests.rbac.conftest import MakeRole, principal_of

READ, CREATE, DELETE = "documents:document:read", "documents:document:create", "documents:document:delete"
LISTENING = """from pg_stat_activity where datname = current_database() and query = 'LISTEN "access_changed"'"""


class TestRoles:
    async def test_a_member_may_do_what_their_role_says_and_no_more(self, owner: Person, make_role: MakeRole) -> None:
        role = await make_role("Reader", READ, "analytics:overview:read")
        reader = await owner.colleague(role["key"])
        me = (await reader.get("/me")).json()
        assert (me["role"], me["role_name"], me["permissions"]) == (
            role["key"],
            "Reader",
            sorted([READ, "analytics:overview:read"]),
        )
        assert (await reader.get("/documents")).status_code == 200
        refused = await reader.get("/members")
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")

    async def test_a_changed_role_holds_for_the_next_request_of_its_members(
        self, owner: Person, make_role: MakeRole
    ) -> None:
        role = await make_role("Reader", READ)
        reader = await owner.colleague(role["key"])
        assert (await reader.get("/documents")).status_code == 200
        await owner.patch(f"/roles/{role['id']}", json={"permissions": []})
        await _until(lambda: _status(reader, "/documents", 403))
        members = (await owner.get("/members")).json()["items"]
        assert [member["role_name"] for member in members] == ["Owner", "Reader"]

    async def test_the_list_holds_the_built_in_roles_and_ones_own(self, owner: Person, make_role: MakeRole) -> None:
        made = await make_role("Zebra", READ)
        await owner.colleague(made["key"])
        roles = (await owner.get("/roles")).json()["items"]
        assert [role["key"] for role in roles][:2] == ["owner", "admin"]
        assert roles[-1] == {**made, "members": 1}
        assert roles[0]["id"] is None
        shown = await owner.get(f"/roles/{made['id']}")
        assert shown.json() == {**made, "members": 1}

    async def test_every_permission_is_in_the_catalogue_with_whether_one_holds_it(self, owner: Person) -> None:
        viewer = await owner.colleague("viewer")
        listed = {item["name"]: item["held"] for item in (await viewer.get("/permissions")).json()["items"]}
        assert listed[READ]
        assert not listed[DELETE]
        assert all(item["held"] for item in (await owner.get("/permissions")).json()["items"])

    async def test_a_role_that_somebody_has_can_not_be_removed(self, owner: Person, make_role: MakeRole) -> None:
        role = await make_role("Reader", READ)
        reader = await owner.colleague(role["key"])
        kept = await owner.delete(f"/roles/{role['id']}")
        assert (kept.status_code, kept.json()["code"]) == (409, "role_in_use")
        await owner.patch(f"/members/{reader.user_id}", json={"role": "viewer"})
        assert (await owner.delete(f"/roles/{role['id']}")).status_code == 204
        assert (await owner.get(f"/roles/{role['id']}")).status_code == 404

    @pytest.mark.parametrize("name", ["Reader", " reader ", "Owner"])
    async def test_a_name_is_used_once(self, owner: Person, make_role: MakeRole, name: str) -> None:
        await make_role("Reader", READ)
        writer = await make_role("Writer", READ)
        clashes = [
            await owner.post("/roles", json={"name": name, "permissions": []}),
            await owner.patch(f"/roles/{writer['id']}", json={"name": name}),
        ]
        assert [(clash.status_code, clash.json()["code"]) for clash in clashes] == [(409, "role_name_taken")] * 2
        assert (await owner.patch(f"/roles/{writer['id']}", json={"name": "WRITER"})).status_code == 200

    async def test_a_permission_that_nobody_knows_is_refused(self, owner: Person) -> None:
        refused = await owner.post("/roles", json={"name": "Odd", "permissions": ["documents:document:eat"]})
        assert (refused.status_code, refused.json()["code"]) == (422, "unknown_permission")

    async def test_each_change_leaves_an_audit_row_and_an_event(
        self, owner: Person, make_role: MakeRole, admin: asyncpg.Connection
    ) -> None:
        role = await make_role("Reader", READ)
        await owner.patch(f"/roles/{role['id']}", json={"name": "Lector", "permissions": [READ, CREATE]})
        await owner.delete(f"/roles/{role['id']}")
        rows = await admin.fetch(
            "select action, before, after from audit_event where tenant_id = $1 and action like 'rbac:%' order by id",
            owner.organization_id,
        )
        assert [row["action"] for row in rows] == ["rbac:role:created", "rbac:role:updated", "rbac:role:deleted"]
        assert '"Reader"' in rows[1]["before"]
        assert CREATE in rows[1]["after"]
        names = await admin.fetch(
            "select name from outbox where tenant_id = $1 and name like 'rbac.role.%' order by created_at",
            owner.organization_id,
        )
        assert [row["name"] for row in names] == ["rbac.role.created", "rbac.role.updated", "rbac.role.deleted"]


class TestEscalation:
    """Nobody hands on what they do not hold."""

    async def test_nobody_makes_or_widens_a_role_beyond_their_own(self, owner: Person, make_role: MakeRole) -> None:
        clerk = await owner.colleague((await make_role("Clerk", "rbac:role:manage", "rbac:role:read", READ))["key"])
        refused = await make_role("Own", READ, DELETE, by=clerk, expect=403)
        assert refused["code"] == "permission_not_held"
        assert DELETE in refused["detail"]
        assert CREATE not in refused["detail"]
        made = await make_role("Own", READ, by=clerk)
        widened = await clerk.patch(f"/roles/{made['id']}", json={"permissions": [READ, DELETE]})
        assert widened.json()["code"] == "permission_not_held"

    async def test_who_holds_less_may_take_away_but_not_put_back(self, owner: Person, make_role: MakeRole) -> None:
        clerk = await owner.colleague((await make_role("Clerk", "rbac:role:manage", READ))["key"])
        strong = await make_role("Strong", READ, DELETE)
        narrowed = await clerk.patch(f"/roles/{strong['id']}", json={"permissions": [READ]})
        assert narrowed.json()["permissions"] == [READ]
        restored = await clerk.patch(f"/roles/{strong['id']}", json={"permissions": [READ, DELETE]})
        assert restored.status_code == 403

    async def test_nobody_assigns_or_takes_a_role_beyond_their_own(self, owner: Person, make_role: MakeRole) -> None:
        role = await make_role("Host", "tenancy:member:read", "tenancy:member:update")
        host = await owner.colleague(role["key"])
        editor = await owner.colleague("editor")
        for user_id in (editor.user_id, host.user_id):
            refused = await host.patch(f"/members/{user_id}", json={"role": "admin"})
            assert refused.json()["code"] == "permission_not_held"
        demoted = await host.patch(f"/members/{editor.user_id}", json={"role": role["key"]})
        assert demoted.json()["code"] == "permission_not_held"

    async def test_nobody_shuts_out_who_may_do_more_than_they(self, owner: Person, make_role: MakeRole) -> None:
        role = await make_role("Host", *(f"tenancy:member:{act}" for act in ("read", "update", "delete")))
        host, equal, editor = [await owner.colleague(key) for key in (role["key"], role["key"], "editor")]
        acts: list[tuple[str, str, dict[str, Any] | None]] = [
            *(("POST", f"/{act}", None) for act in ("suspend", "reactivate", "sign-out")),
            ("POST", "/offboard", {"hand_over": []}),
            ("DELETE", "", None),
        ]
        for method, act, body in acts:
            path = f"/members/{editor.user_id}{act}"
            refused = await host.call(method, path, json=body)
            assert (refused.status_code, refused.json()["code"]) == (403, "permission_not_held"), path
        assert (await editor.get("/me")).status_code == 200
        assert (await host.post(f"/members/{equal.user_id}/suspend")).status_code == 200

    async def test_a_role_of_another_organisation_answers_as_one_that_never_existed(self, owner: Person) -> None:
        stranger = await sign_up(owner.client, organization="Globex")
        foreign = (await stranger.post("/roles", json={"name": "Theirs", "permissions": []})).json()
        colleague = await owner.colleague()
        answers = [
            await owner.patch(f"/members/{colleague.user_id}", json={"role": role})
            for role in (foreign["key"], "custom:019a1b2c-3d4e-7f50-8a1b-2c3d4e5f6071")
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.text.replace(answer.headers["x-request-id"], "") for answer in answers}) == 1

    async def test_the_database_itself_refuses_a_role_of_another_organisation(
        self, owner: Person, database: Database
    ) -> None:
        stranger = await sign_up(owner.client, organization="Globex")
        foreign = (await stranger.post("/roles", json={"name": "Theirs", "permissions": []})).json()
        async with database.connection(owner.organization_id) as connection:
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                await connection.execute(
                    "update membership set role = $2 where tenant_id = $1", owner.organization_id, foreign["key"]
                )


class TestProcesses:
    """What one process commits, every other obeys."""

    async def test_a_role_change_is_effective_in_another_process_within_a_second(
        self, owner: Person, make_role: MakeRole, elsewhere: Authorizer
    ) -> None:
        role = await make_role("Reader", READ)
        reader = principal_of(owner, role=role["key"])
        assert await elsewhere.allowed(reader, DocumentPermission.READ)
        started = asyncio.get_running_loop().time()
        await owner.patch(f"/roles/{role['id']}", json={"permissions": []})
        while await elsewhere.allowed(reader, DocumentPermission.READ):
            await asyncio.to_thread(lambda: None)
        took = asyncio.get_running_loop().time() - started
        print(f"effective in another process after {took * 1000:.0f} ms")
        assert took < 1

    async def test_without_the_word_the_moved_version_is_found_within_a_second(
        self, owner: Person, make_role: MakeRole, database: Database, here: Authorizer
    ) -> None:
        deaf = Authorizer(database, here.catalogue)  # never started: it hears nothing
        role = await make_role("Reader", READ)
        reader = principal_of(owner, role=role["key"])
        assert await deaf.allowed(reader, DocumentPermission.READ)
        started = asyncio.get_running_loop().time()
        await owner.patch(f"/roles/{role['id']}", json={"permissions": []})
        while await deaf.allowed(reader, DocumentPermission.READ):
            await asyncio.to_thread(lambda: None)
        assert asyncio.get_running_loop().time() - started < 1.5

    async def test_a_change_while_the_listener_is_cut_off_holds_within_a_second_and_the_listener_comes_back(
        self, owner: Person, make_role: MakeRole, elsewhere: Authorizer, admin: asyncpg.Connection
    ) -> None:
        role = await make_role("Reader", READ)
        reader = principal_of(owner, role=role["key"])
        await _until(lambda: _listens(admin, besides=set()))
        assert await elsewhere.allowed(reader, DocumentPermission.READ)
        killed = {row["pid"] for row in await admin.fetch(f"select pid, pg_terminate_backend(pid) {LISTENING}")}
        assert killed
        started = asyncio.get_running_loop().time()
        await owner.patch(f"/roles/{role['id']}", json={"permissions": []})
        while await elsewhere.allowed(reader, DocumentPermission.READ):
            await asyncio.to_thread(lambda: None)
        took = asyncio.get_running_loop().time() - started
        print(f"effective after {took * 1000:.0f} ms, with the listener cut off")
        assert took < 1.5
        await _until(lambda: _listens(admin, besides=killed, at_least=len(killed)), seconds=10)
        await owner.patch(f"/roles/{role['id']}", json={"permissions": [READ]})
        await _until(lambda: elsewhere.allowed(reader, DocumentPermission.READ))

    async def test_a_change_that_is_rolled_back_moves_nothing(
        self, owner: Person, make_role: MakeRole, database: Database, admin: asyncpg.Connection
    ) -> None:
        version = "select version from access_version where tenant_id = $1"
        await make_role("Reader", READ)
        before = await admin.fetchval(version, owner.organization_id)
        with pytest.raises(asyncpg.DivisionByZeroError):  # noqa: PT012 - both run in one transaction
            async with database.connection(owner.organization_id) as connection:
                await connection.execute("delete from role where tenant_id = $1", owner.organization_id)
                await connection.execute("select 1 / 0")
        assert await admin.fetchval(version, owner.organization_id) == before

    async def test_an_organisation_with_roles_and_grants_can_be_deleted(
        self, owner: Person, make_role: MakeRole, admin: asyncpg.Connection
    ) -> None:
        await owner.colleague((await make_role("Reader", READ))["key"])
        await admin.execute("delete from organization where tenant_id = $1", owner.organization_id)
        for table in ("membership", "role", "role_permission", "access_version"):
            rows = f"select count(*) from {table} where tenant_id = $1"
            assert await admin.fetchval(rows, owner.organization_id) == 0, table


async def _status(person: Person, path: str, wanted: int) -> bool:
    return (await person.get(path)).status_code == wanted


async def _listens(admin: asyncpg.Connection, *, besides: set[int], at_least: int = 1) -> bool:
    """Whether so many connections, these apart, wait for word of changes."""
    return len({row["pid"] for row in await admin.fetch(f"select pid {LISTENING}")} - besides) >= at_least


async def _until(condition: Callable[[], Awaitable[bool]], *, seconds: float = 1) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            pass
