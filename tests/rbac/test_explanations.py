"""Why somebody can, or can't: the answer names the role, the owner, the visibility or the grant that decides."""

from uuid import uuid4

import asyncpg
import pytest

from chatter.kit.db.database import Database
from tests.people import Person, sign_up
from tests.rbac.conftest import team_of
from tests.rbac.library import Shelved, add_document


@pytest.fixture
async def member(owner: Person) -> Person:
    return await owner.colleague("member")


@pytest.fixture
async def document(owner: Person, admin: asyncpg.Connection) -> Shelved:
    """The owner's, and restricted."""
    return await add_document(admin, owner.organization_id, owner.user_id, text="plans", visibility="restricted")


async def test_a_permission_is_explained_by_the_role(owner: Person, member: Person) -> None:
    asked = {"user_id": str(member.user_id), "permission": "documents:document:delete"}
    answer = (await owner.get("/access/explain", params=asked)).json()
    assert (answer["allowed"], answer["role_name"]) == (False, "Member")
    (reason,) = answer["reasons"]
    assert reason["text"] == "Bo Lind has the role Member, which does not hold documents:document:delete."
    assert reason["since"] is not None
    asked["permission"] = "documents:document:read"
    assert (await owner.get("/access/explain", params=asked)).json()["allowed"]


async def test_a_thing_is_explained_by_owner_and_by_what_is_missing(
    owner: Person, member: Person, document: Shelved
) -> None:
    thing = {"resource_kind": "document", "resource_id": str(document.document_id)}
    own = (await owner.get("/access/explain", params={"user_id": str(owner.user_id), **thing})).json()
    assert (own["allowed"], own["level"], own["reasons"][0]["kind"]) == (True, "manage", "owner")
    others = (await owner.get("/access/explain", params={"user_id": str(member.user_id), **thing})).json()
    assert (others["allowed"], others["level"]) == (False, None)
    assert others["reasons"][0]["text"] == "It is not theirs, and nobody has shared it with them."


async def test_a_grant_to_a_team_is_named_with_who_gave_it_and_since_when(
    owner: Person, member: Person, document: Shelved, database: Database
) -> None:
    team = await team_of(owner, member.user_id, database=database)
    thing = {"resource_kind": "document", "resource_id": str(document.document_id)}
    grant = {**thing, "subject_kind": "team", "subject_id": str(team), "level": "edit"}
    made = (await owner.post("/grants", json=grant)).json()
    asked = {"user_id": str(member.user_id), "permission": "documents:document:read", **thing}
    answer = (await owner.get("/access/explain", params=asked)).json()
    assert (answer["allowed"], answer["level"]) == (True, "edit")
    by_role, by_team = answer["reasons"]
    assert by_role["decides"]
    assert by_team["text"] == "Through a grant to the team Support, given by Dana Reyes: edit."
    assert (by_team["grant_id"], by_team["since"]) == (made["id"], made["created_at"])
    assert not (await owner.get("/access/explain", params={**asked, "level": "manage"})).json()["allowed"]


async def test_what_is_open_to_the_organisation_says_so(
    owner: Person, member: Person, admin: asyncpg.Connection
) -> None:
    opened = await add_document(admin, owner.organization_id, owner.user_id, text="news")
    asked = {"user_id": str(member.user_id), "resource_kind": "document", "resource_id": str(opened.document_id)}
    answer = (await owner.get("/access/explain", params=asked)).json()
    assert (answer["allowed"], answer["reasons"][0]["kind"]) == (True, "organization")


async def test_a_stranger_and_a_foreign_thing_are_absent(owner: Person, document: Shelved) -> None:
    stranger = await sign_up(owner.client, organization="Globex")
    said = set()
    for user_id in (stranger.user_id, uuid4()):
        params = {"user_id": str(user_id), "permission": "documents:document:read"}
        answer = await owner.get("/access/explain", params=params)
        assert answer.status_code == 404
        said.add(answer.text.replace(answer.headers["x-request-id"], ""))
    for resource_id in (document.document_id, uuid4()):
        params = {"user_id": str(stranger.user_id), "resource_kind": "document", "resource_id": str(resource_id)}
        answer = await stranger.get("/access/explain", params=params)
        assert answer.status_code == 404
        said.add(answer.text.replace(answer.headers["x-request-id"], ""))
    assert len(said) == 1


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "invalid"),
        ({"resource_kind": "document"}, "invalid"),
        ({"permission": "documents:document:eat"}, "unknown_permission"),
        ({"resource_kind": "cake", "resource_id": str(uuid4())}, "unknown_resource_kind"),
    ],
)
async def test_a_question_about_nothing_is_refused(owner: Person, params: dict[str, str], code: str) -> None:
    answer = await owner.get("/access/explain", params={"user_id": str(owner.user_id), **params})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_member_does_not_look_into_others_access(member: Person) -> None:
    asked = {"user_id": str(member.user_id), "permission": "documents:document:read"}
    assert (await member.get("/access/explain", params=asked)).status_code == 403
