"""Pages of other sites: what a browser lets them read is what the organisation that their key opens has listed."""

from typing import Any

from tests.people import Person, sign_up
from tests.security.stand import Stand

ORIGINS = "/organization/web-origins"
ALLOW = "access-control-allow-origin"
OURS, THEIRS = "https://app.attacker.test", "https://app.victim.test"
FORGED = (
    *("null", "*", "https://evil-app.victim.test", "https://app.victim.test.evil.test", "https://x.app.victim.test"),
    *(
        "http://app.victim.test",
        "https://APP.victim.test",
        "https://app.victim.test:443",
        "https://app.victim.test:8443",
    ),
    *("https://app.victim.test/", "https://app.victim.test.", "https://app.victim.test@evil.test"),
    *("https://evil.test@app.victim.test", "https://app.victim.test https://evil.test"),
)


async def test_an_origin_opens_the_answers_of_who_listed_it_and_nobody_elses(stand: Stand) -> None:
    ours, theirs = await sign_up(stand.attacker.person.client), await sign_up(stand.attacker.person.client)
    page, victims = await ours.service("viewer"), await theirs.service("viewer")
    await _listed(ours, OURS), await _listed(theirs, THEIRS)
    stand.attacks += 2
    assert [await _readable(page, OURS), await _readable(victims, THEIRS)] == [True, True]
    assert [await _readable(page, THEIRS), await _readable(victims, OURS)] == [False, False]


async def test_an_origin_that_only_looks_like_a_listed_one_opens_nothing(stand: Stand) -> None:
    theirs = await sign_up(stand.attacker.person.client)
    victims = await theirs.service("viewer")
    await _listed(theirs, THEIRS)
    for origin in FORGED:
        stand.attacks += 2
        assert not await _readable(victims, origin), origin
        answer = await _preflight(stand, origin)
        assert (ALLOW in answer.headers, "ratelimit" in answer.headers) == (False, origin != "null"), origin


async def test_what_a_browser_sends_by_itself_opens_nothing_to_a_listed_origin(stand: Stand) -> None:
    theirs = await sign_up(stand.attacker.person.client)
    await _listed(theirs, THEIRS)
    for shown in ({"Cookie": f"chatter_session={theirs.token}"}, {"Authorization": f"Bearer {theirs.token}"}):
        stand.attacks += 1
        seen = await theirs.client.get("/api/v1/documents", headers={**shown, "Origin": THEIRS})
        assert (seen.status_code, ALLOW in seen.headers) == (200, False)
    assert "access-control-allow-credentials" not in (await _preflight(stand, THEIRS)).headers


async def test_an_origin_that_was_taken_out_opens_nothing_from_the_next_request_on(stand: Stand) -> None:
    theirs = await sign_up(stand.attacker.person.client)
    victims, origin = await theirs.service("viewer"), "https://gone.victim.test"
    made = await _listed(theirs, origin)
    assert (await _readable(victims, origin), ALLOW in (await _preflight(stand, origin)).headers) == (True, True)
    assert (await theirs.delete(f"{ORIGINS}/{made}")).status_code == 204
    stand.attacks += 2
    assert (await _readable(victims, origin), ALLOW in (await _preflight(stand, origin)).headers) == (False, False)


async def test_an_origin_whose_pages_come_without_encryption_is_refused(stand: Stand) -> None:
    theirs = await sign_up(stand.attacker.person.client)
    for origin in ("http://app.victim.test", "http://localhost.evil.test", "http://127.0.0.1.evil.test"):
        stand.attacks += 1
        assert (await theirs.post(ORIGINS, json={"origin": origin})).status_code == 422, origin


async def _listed(person: Person, origin: str) -> str:
    made = await person.post(ORIGINS, json={"origin": origin})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def _readable(program: Person, origin: str) -> bool:
    answer = await program.get("/documents", headers={"Origin": origin})
    assert answer.status_code == 200, answer.text
    return bool(answer.headers.get(ALLOW) == origin)


async def _preflight(stand: Stand, origin: str) -> Any:
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    return await stand.attacker.person.client.options("/api/v1/documents", headers=asked)
