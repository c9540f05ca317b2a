"""Filters, orders and pages: the database finds what the grammar's own evaluator finds in the resources themselves."""

from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from scim2_models import ScimFilter

from chatter.scim.resources import POLICY, DirectoryUser
from tests.people import sign_up
from tests.scim.directory import GROUP, USER, Directory, connect, user

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PEOPLE: list[dict[str, Any]] = [
    {
        "userName": "Ada",
        "title": "Pilot",
        "externalId": "X-1",
        "name": {"givenName": "Ada", "familyName": "Åse"},
        "emails": [
            {"value": "ada@Work.test", "type": "work", "primary": True},
            {"value": "a@home.test", "type": "home"},
        ],
    },
    {
        "userName": "bo",
        "title": "100% pilot_",
        "externalId": "x-1",
        "active": False,
        "emails": [{"value": "bo@work.test", "type": "home"}],
        ENTERPRISE: {"department": "Air", "manager": {"value": "m1"}},
    },
    {"userName": "Cy", "nickName": '"Cy" \\ o\'', "emails": [{"value": "cy@x.test", "type": "work", "primary": False}]},
    {
        "userName": "di",
        "active": True,
        "roles": [{"value": "viewer"}],
        "phoneNumbers": [{"value": "+1", "type": "fax"}],
    },
    {"userName": "éva", "title": "", "locale": "nb-NO", ENTERPRISE: {"department": "Sea"}},
]
FILTERS = [
    'userName eq "ADA"',
    'USERNAME Eq "ada"',
    'userName ne "ada"',
    'userName eq "ÉVA"',
    'externalId eq "x-1"',
    'externalId eq "X-1"',
    "externalId pr",
    "not (externalId pr)",
    'title co "PILOT"',
    'title co "%"',
    'title co "_"',
    'title sw "pilot"',
    'title ew "pilot"',
    'title ne "pilot"',
    "title eq null",
    "title ne null",
    'not (title eq "pilot")',
    'not (title co "p" or title co "i")',
    'nickName co "o\'"',
    'nickName eq "\\"Cy\\" \\\\ o\'"',
    "active eq true",
    "active eq false",
    "active ne true",
    'name.givenName sw "A"',
    'name.familyName eq "åse"',
    "name pr",
    'name.givenName gt "Aa"',
    'emails eq "ADA@WORK.TEST"',
    'emails.value eq "ada@work.test"',
    'emails.type eq "home"',
    'emails.type ne "work"',
    'emails[type eq "work"]',
    'emails[type eq "work"].value eq "ada@work.test"',
    'emails[type eq "work" and value ew ".test"]',
    'emails[type eq "home" and value sw "ada"]',
    'emails[not (type eq "work")]',
    "emails[primary eq true]",
    "emails[primary ne true]",
    "emails pr",
    "not (emails pr)",
    "emails.type pr",
    'roles.value eq "viewer"',
    'phoneNumbers[type eq "fax"].value eq "+1"',
    f'{ENTERPRISE}:department eq "air"',
    f"{ENTERPRISE}:department pr",
    f'{ENTERPRISE}:manager.value eq "m1"',
    f'{USER}:userName eq "bo"',
    'meta.created gt "2020-01-01T00:00:00Z"',
    'meta.lastModified lt "2020-01-01T00:00:00Z"',
    'meta.resourceType eq "User"',
    'userName eq "ada" or userName eq "bo" and title pr',
    '(userName eq "ada" or userName eq "bo") and title sw "100"',
    'not (userName eq "ada") and active eq true',
    'userName gt "b" and userName le "D"',
    'groups.display eq "Crew"',
    "groups pr",
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def crowd(client: httpx.AsyncClient, settings: Any) -> Directory:
    """A directory with people of all kinds, none of whom has an address to sign in with."""
    admin = await asyncpg.connect(settings.database_url)
    directory = await connect(await sign_up(client), admin)
    await admin.close()
    made = [(await directory.post("/Users", user(**person_of(one)))).json() for one in PEOPLE]
    await directory.group("Crew", made[0], made[3])
    return directory


def person_of(told: dict[str, Any]) -> dict[str, Any]:
    """Without an address that would be looked up: these are about finding."""
    return {"user_name": told["userName"], **{key: value for key, value in told.items() if key != "userName"}}


@pytest.mark.parametrize("text", FILTERS)
async def test_a_filter_finds_what_it_means(crowd: Directory, text: str) -> None:
    everybody = (await crowd.get("/Users")).json()["Resources"]
    meant = ScimFilter[DirectoryUser](text)
    expected = {
        one["userName"] for one in everybody if meant.match(DirectoryUser.model_validate(one, scim_policy=POLICY))
    }
    found = await crowd.get("/Users", params={"filter": text})
    assert found.status_code == 200, found.text
    assert {one["userName"] for one in found.json()["Resources"]} == expected
    assert found.json()["totalResults"] == len(expected)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "userName",
            "userName eq",
            'userName eq "a" and',
            'userName is "a"',
            '(userName eq "a"',
            "noSuch pr",
            '"a" eq "a"',
        ),
        *("active gt true", 'active co "t"', 'emails[type eq "work"', 'title eq "\\ud800"', "userName eq 'a'"),
        *("(" * 40 + "title pr" + ")" * 40 + " and", "not (" * 40 + "title pr" + ")" * 40),
        " or ".join('title eq "a"' for _ in range(2000)),
    ],
)
async def test_what_is_no_filter_is_said_to_be_none(crowd: Directory, text: str) -> None:
    refused = await crowd.post("/Users/.search", {"filter": text})
    assert refused.status_code == 400, refused.text
    assert refused.json()["scimType"] in {"invalidFilter", "invalidValue"}


async def test_pages_follow_each_other_and_count_all(crowd: Directory) -> None:
    seen: list[str] = []
    for start in (1, 3, 5):
        page = (await crowd.get(f"/Users?startIndex={start}&count=2&sortBy=userName")).json()
        assert (page["totalResults"], page["startIndex"]) == (len(PEOPLE), start)
        assert page["itemsPerPage"] == len(page["Resources"])
        seen += [one["userName"] for one in page["Resources"]]
    assert [name.lower() for name in seen] == ["ada", "bo", "cy", "di", "éva"]


@pytest.mark.parametrize(
    ("query", "items"),
    [("count=0", 0), ("count=-1", 0), ("startIndex=-5", 5), ("startIndex=100", 0), (f"startIndex={10**12}", 0)],
)
async def test_a_page_beyond_what_there_is_is_empty(crowd: Directory, query: str, items: int) -> None:
    page = (await crowd.get(f"/Users?{query}")).json()
    assert (page["totalResults"], len(page.get("Resources", []))) == (len(PEOPLE), items)


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("userName", ["Ada", "bo", "Cy", "di", "éva"]),
        ("title", ["éva", "bo", "Ada"]),
        ("emails", ["Ada", "bo", "Cy"]),
        ("emails.value", ["Ada", "bo", "Cy"]),
        (f"{ENTERPRISE}:department", ["bo", "éva"]),
        ("meta.created", ["Ada", "bo", "Cy", "di", "éva"]),
    ],
)
async def test_users_are_sorted_and_what_has_no_value_comes_last(crowd: Directory, by: str, names: list[str]) -> None:
    found = (await crowd.get("/Users", params={"sortBy": by})).json()["Resources"]
    assert [one["userName"] for one in found][: len(names)] == names
    turned = (await crowd.get("/Users", params={"sortBy": by, "sortOrder": "descending"})).json()["Resources"]
    assert {one["userName"] for one in turned} == {one["userName"] for one in found}


@pytest.mark.parametrize("by", ["name", "noSuch", "groups", 'emails[type eq "work"]'])
async def test_an_order_that_there_is_not_is_refused(crowd: Directory, by: str) -> None:
    assert (await crowd.get("/Users", params={"sortBy": by})).status_code == 400


async def test_everything_is_found_at_the_root(crowd: Directory) -> None:
    found = (await crowd.post("/.search", {"filter": 'displayName eq "Crew" or userName eq "ada"'})).json()
    assert [one.get("userName") or one["displayName"] for one in found["Resources"]] == ["Ada", "Crew"]
    second = (await crowd.post("/.search", {"startIndex": 6, "count": 3})).json()
    assert (second["totalResults"], [one["schemas"] for one in second["Resources"]]) == (6, [[GROUP]])


async def test_groups_are_found_by_name_and_by_member(crowd: Directory) -> None:
    ada = (await crowd.get("/Users", params={"filter": 'userName eq "ada"'})).json()["Resources"][0]
    for text in (
        'displayName eq "crew"',
        f'members eq "{ada["id"]}"',
        f'members[value eq "{ada["id"]}"]',
        "members pr",
    ):
        found = (await crowd.get("/Groups", params={"filter": text})).json()
        assert [one["displayName"] for one in found["Resources"]] == ["Crew"], text
    bare = (await crowd.get("/Groups", params={"excludedAttributes": "members"})).json()["Resources"][0]
    assert "members" not in bare
