"""Groups of a directory stand for roles: who joins gets it, who leaves loses it, and nobody becomes an owner."""

from typing import Any

import asyncpg
import httpx

from tests.scim.directory import Directory, connect


async def mapped(directory: Directory, *pairs: tuple[dict[str, Any], str]) -> httpx.Response:
    items = [{"group_id": group["id"], "role": role} for group, role in pairs]
    return await directory.owner.call("PUT", "/scim/group-roles", json={"items": items})


async def role(directory: Directory, name: str) -> str:
    members = (await directory.owner.get("/members")).json()["items"]
    found: str = next(one["role"] for one in members if one["email"] == directory.address(name))
    return found


async def join(directory: Directory, group: dict[str, Any], person: dict[str, Any]) -> None:
    added = {"op": "add", "path": "members", "value": [{"value": person["id"]}]}
    assert (await directory.patch(f"/Groups/{group['id']}", added)).status_code == 200


async def leave(directory: Directory, group: dict[str, Any], person: dict[str, Any]) -> None:
    removed = {"op": "remove", "path": f'members[value eq "{person["id"]}"]'}
    assert (await directory.patch(f"/Groups/{group['id']}", removed)).status_code == 200


async def test_who_is_in_a_group_gets_its_role_and_who_leaves_it_the_default(directory: Directory) -> None:
    bo, cy = await directory.user("bo"), await directory.user("cy")
    crew = await directory.group("Crew", bo)
    shown = (await mapped(directory, (crew, "editor"))).json()["items"]
    assert shown == [{"group_id": crew["id"], "group_name": "Crew", "members": 1, "role": "editor"}]
    assert (await role(directory, "bo"), await role(directory, "cy")) == ("editor", "member")
    await join(directory, crew, cy)
    await leave(directory, crew, bo)
    assert (await role(directory, "bo"), await role(directory, "cy")) == ("member", "editor")


async def test_the_first_of_several_groups_decides(directory: Directory) -> None:
    bo = await directory.user("bo")
    crew, audit = await directory.group("Crew", bo), await directory.group("Audit", bo)
    await mapped(directory, (audit, "auditor"), (crew, "editor"))
    assert await role(directory, "bo") == "auditor"
    await leave(directory, audit, bo)
    assert await role(directory, "bo") == "editor"
    await mapped(directory, (crew, "billing"), (audit, "auditor"))
    assert await role(directory, "bo") == "billing"


async def test_a_group_that_the_directory_deletes_takes_its_role_along(directory: Directory) -> None:
    bo = await directory.user("bo")
    crew = await directory.group("Crew", bo)
    await mapped(directory, (crew, "editor"))
    assert (await directory.delete(f"/Groups/{crew['id']}")).status_code == 204
    assert await role(directory, "bo") == "member"


async def test_the_group_goes_before_what_the_entry_names(directory: Directory) -> None:
    bo = await directory.user("bo")
    crew = await directory.group("Crew", bo)
    await mapped(directory, (crew, "editor"))
    named = {"op": "replace", "path": "roles", "value": [{"value": "viewer", "primary": True}]}
    assert (await directory.patch(f"/Users/{bo['id']}", named)).status_code == 200
    assert await role(directory, "bo") == "editor"


async def test_who_comes_back_has_the_role_of_the_groups_again(directory: Directory) -> None:
    bo = await directory.user("bo", active=False)
    crew = await directory.group("Crew", bo)
    await mapped(directory, (crew, "editor"))
    assert (
        await directory.patch(f"/Users/{bo['id']}", {"op": "replace", "value": {"active": True}})
    ).status_code == 200
    assert await role(directory, "bo") == "editor"


async def test_an_owner_stays_one_and_nobody_becomes_one(directory: Directory) -> None:
    bo = await directory.user("bo")
    crew = await directory.group("Crew", bo)
    members = {one["email"]: one["user_id"] for one in (await directory.owner.get("/members")).json()["items"]}
    path = f"/members/{members[directory.address('bo')]}"
    assert (await directory.owner.patch(path, json={"role": "owner"})).status_code == 200
    assert (await mapped(directory, (crew, "viewer"))).status_code == 200
    await leave(directory, crew, bo)
    assert await role(directory, "bo") == "owner"
    assert (await mapped(directory, (crew, "owner"))).status_code == 422


async def test_a_role_above_the_tokens_is_given_and_taken_by_the_group_alone(
    directory: Directory, admin: asyncpg.Connection
) -> None:
    """The owner who mapped the group decides, and not the administrator who made the token."""
    administrator = await directory.owner.colleague("admin")
    narrow = await connect(administrator, admin)
    beyond = {"name": "Heir", "permissions": ["sso:identity_provider:update", "sso:identity_provider:read"]}
    made = (await directory.owner.post("/roles", json=beyond)).json()
    bo = await narrow.user("bo")
    crew = await narrow.group("Crew", bo)
    assert (await mapped(narrow, (crew, f"custom:{made['id']}"))).json()["code"] == "permission_not_held"
    items = {"items": [{"group_id": crew["id"], "role": f"custom:{made['id']}"}]}
    assert (await directory.owner.call("PUT", "/scim/group-roles", json=items)).status_code == 200
    assert await role(narrow, "bo") == f"custom:{made['id']}"
    await leave(narrow, crew, bo)
    assert await role(narrow, "bo") == "member"


async def test_only_who_may_give_a_role_maps_a_group_to_it_and_each_group_once(directory: Directory) -> None:
    crew = await directory.group("Crew")
    colleague = await directory.owner.colleague("editor")
    items = {"items": [{"group_id": crew["id"], "role": "viewer"}]}
    assert (await colleague.call("PUT", "/scim/group-roles", json=items)).status_code == 403
    assert (await mapped(directory, (crew, "viewer"), (crew, "editor"))).status_code == 422
    absent = {"id": "019a1b2c-3d4e-7f50-8a1b-2c3d4e5f6071"}
    assert (await mapped(directory, (absent, "viewer"))).status_code == 404
