"""Logout by the person, and by the provider behind their back, with an honest provider and a forging one."""

import time
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from yarl import URL

from tests.people import Person
from tests.sso.company import Company
from tests.sso.evil_provider import EvilProvider, signed

_EVENT = "http://schemas.openid.net/event/backchannel-logout"
CHANGES: dict[str, dict[str, Any]] = {
    "issuer other": {"iss": "https://other.test"},
    "audience other": {"aud": "other"},
    "audience missing": {"aud": None},
    "issued an hour ago": {"iat": lambda now: now - 3600},
    "issued in the future": {"iat": lambda now: now + 3600},
    "iat missing": {"iat": None},
    "expired": {"exp": lambda now: now - 120},
    "an ID token": {"nonce": "nonce", "events": None},
    "with a nonce": {"nonce": "nonce"},
    "no events": {"events": None},
    "another event": {"events": {"https://other.test/event": {}}},
    "events a list": {"events": [_EVENT]},
    "jti missing": {"jti": None},
    "jti empty": {"jti": ""},
    "neither subject nor session": {"sub": None, "sid": None},
    "subject a number": {"sub": 7},
}


async def tell(company: Company, token: str) -> httpx.Response:
    return await company.owner.client.post(f"{company.path}/backchannel-logout", data={"logout_token": token})


def changed(provider: EvilProvider) -> dict[str, str]:
    """A logout token for each change, which does not hold by it."""
    now = int(time.time())
    values = {
        name: {key: value(now) if callable(value) else value for key, value in changes.items()}
        for name, changes in CHANGES.items()
    }
    return {name: provider.logout_token(**changes) for name, changes in values.items()}


async def signed_in(company: Company) -> Person:
    answer = (await company.sign_in()).json()
    user_id = UUID(answer["user"]["id"])
    return Person(company.owner.client, answer["token"], user_id, company.owner.organization_id, "")


async def stands(person: Person) -> bool:
    return (await person.get("/me")).status_code == 200


async def test_the_provider_ends_every_session_of_the_subject(company: Company, admin: asyncpg.Connection) -> None:
    first, second = await signed_in(company), await signed_in(company)
    told = await tell(company, company.provider.logout_token(sid=None))
    assert (told.status_code, told.headers["cache-control"]) == (200, "no-store")
    assert (await stands(first), await stands(second)) == (False, False)
    request_id = told.headers["x-request-id"]
    row = await admin.fetchrow("select action, actor_kind, after from audit_event where request_id = $1", request_id)
    assert row is not None
    assert (row["action"], row["actor_kind"]) == ("sso:session:ended_by_provider", "service")
    assert '"sessions":2' in row["after"]


async def test_the_provider_ends_the_one_session_that_it_names(company: Company) -> None:
    first = await signed_in(company)
    company.provider.mischief.claims = lambda claims: claims | {"sid": "sid-2"}
    second = await signed_in(company)
    assert (await tell(company, company.provider.logout_token(sub=None, sid="sid-2"))).status_code == 200
    assert (await stands(first), await stands(second)) == (True, False)


async def test_a_subject_that_nobody_knows_is_told_of_in_peace(company: Company) -> None:
    person = await signed_in(company)
    assert (await tell(company, company.provider.logout_token(sub="subject-9", sid=None))).status_code == 200
    assert await stands(person)


async def test_a_logout_token_works_once(company: Company) -> None:
    token = company.provider.logout_token()
    assert (await tell(company, token)).status_code == 200
    person = await signed_in(company)
    again = await tell(company, token)
    assert (again.status_code, again.json()["code"]) == (400, "logout_token_invalid")
    assert again.headers["cache-control"] == "no-store"
    assert await stands(person)


@pytest.mark.parametrize("name", CHANGES)
async def test_a_logout_token_that_does_not_hold_ends_nothing(company: Company, name: str) -> None:
    person = await signed_in(company)
    told = await tell(company, changed(company.provider)[name])
    assert (told.status_code, told.json()["code"]) == (400, "logout_token_invalid"), told.text
    assert await stands(person)


async def test_an_id_token_is_no_logout_token(company: Company) -> None:
    person = await signed_in(company)
    told = await tell(company, signed(company.provider.key, company.provider.claims("nonce")))
    assert told.status_code == 400
    assert await stands(person)


async def test_a_request_without_a_token_is_refused(company: Company) -> None:
    told = await company.owner.client.post(f"{company.path}/backchannel-logout", data={})
    assert told.status_code in {400, 422}


async def test_an_unknown_provider_answers_as_nothing_would(company: Company) -> None:
    path = f"/api/v1/auth/sso/{company.owner.organization_id}/{uuid4()}/backchannel-logout"
    token = company.provider.logout_token()
    assert (await company.owner.client.post(path, data={"logout_token": token})).status_code == 404


async def test_a_person_who_signs_out_is_sent_to_end_the_providers_session(company: Company) -> None:
    person = await signed_in(company)
    answer = await person.post("/auth/sso/sign-out")
    url = URL(answer.json()["url"])
    assert str(url.with_query(None)) == f"{company.provider.issuer}/end"
    assert url.query["client_id"] == "chatter"
    assert url.query["post_logout_redirect_uri"] == "http://chatter.test/login"
    assert url.query["id_token_hint"].count(".") == 2
    assert not await stands(person)


async def test_a_person_with_a_password_signs_out_to_nowhere_else(company: Company) -> None:
    colleague = await company.owner.colleague()
    assert (await colleague.post("/auth/sso/sign-out")).json() == {"url": None}
    assert not await stands(colleague)


async def test_removing_a_provider_ends_what_it_vouched_for(company: Company) -> None:
    person = await signed_in(company)
    assert (await company.owner.delete(f"/identity-providers/{company.provider_id}")).status_code == 204
    assert not await stands(person)
