"""Passkeys: adding them, signing in with them, and every field that can be forged."""

import os
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from chatter.identity.webauthn_proofs import RelyingParty
from tests.identity.authenticator import BACKED_UP, BACKUP_ELIGIBLE, PRESENT, VERIFIED, Authenticator, b64, unb64
from tests.identity.factors import add_app, begin, show
from tests.identity.passkeys import add_passkey as add
from tests.identity.passkeys import ask, create, use
from tests.people import Person, asgi, sign_in, sign_up

ORIGIN = "http://localhost:8000"


@pytest_asyncio.fixture
async def browser(api: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on this machine: passkeys need a name that WebAuthn allows."""
    async with httpx.AsyncClient(transport=asgi(api), base_url=ORIGIN) as opened:
        yield opened


@pytest_asyncio.fixture
async def owner(browser: httpx.AsyncClient) -> Person:
    return await sign_up(browser)


@pytest.fixture
def authenticator() -> Authenticator:
    return Authenticator(origin=ORIGIN, rp_id="localhost")


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


class TestAdding:
    async def test_a_passkey_is_asked_to_find_and_verify_its_person(self, owner: Person) -> None:
        options = (await owner.post("/me/passkeys/options")).json()
        assert options["authenticatorSelection"] == {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        }
        assert (options["rp"]["id"], options["user"]["name"]) == ("localhost", owner.email)
        assert len(unb64(options["challenge"])) == 32
        assert unb64(options["user"]["id"]) == owner.user_id.bytes

    async def test_the_first_brings_recovery_codes_and_the_next_none(self, owner: Person) -> None:
        codes = [
            (await create(owner, Authenticator(origin=ORIGIN, rp_id="localhost"))).json()["recovery_codes"]
            for _ in range(2)
        ]
        assert [len(found) for found in codes] == [10, 0]

    async def test_it_is_listed_renamed_and_removed(self, owner: Person, authenticator: Authenticator) -> None:
        authenticator.flags |= BACKUP_ELIGIBLE | BACKED_UP
        passkey = await add(owner, authenticator)
        listed = (await owner.get("/me/second-factors")).json()["passkeys"]
        assert [(one["id"], one["name"], one["backed_up"]) for one in listed] == [(passkey["id"], "Laptop", True)]
        renamed = await owner.patch(f"/me/passkeys/{passkey['id']}", json={"name": " Phone "})
        assert renamed.json()["name"] == "Phone"
        assert (await owner.delete(f"/me/passkeys/{passkey['id']}")).status_code == 204
        assert (await owner.get("/me/second-factors")).json()["passkeys"] == []

    async def test_that_of_another_person_is_absent(self, owner: Person, authenticator: Authenticator) -> None:
        passkey = await add(owner, authenticator)
        stranger = await sign_up(owner.client)
        for method, body in (("PATCH", {"name": "Mine"}), ("DELETE", None)):
            theirs = await stranger.call(method, f"/me/passkeys/{passkey['id']}", json=body)
            nobodys = await stranger.call(method, f"/me/passkeys/{uuid4()}", json=body)
            assert told(theirs) == (404, "not_found")
            assert theirs.json() | {"request_id": ""} == nobodys.json() | {"request_id": ""}
        assert (await owner.get("/me/second-factors")).json()["passkeys"][0]["name"] == "Laptop"

    async def test_a_passkey_belongs_to_one_person(self, owner: Person, authenticator: Authenticator) -> None:
        await add(owner, authenticator)
        stranger = await sign_up(owner.client)
        assert told(await create(stranger, authenticator)) == (409, "passkey_known")

    async def test_what_is_there_already_is_excluded(self, owner: Person, authenticator: Authenticator) -> None:
        await add(owner, authenticator)
        excluded = (await owner.post("/me/passkeys/options")).json()["excludeCredentials"]
        assert excluded == [{"id": b64(authenticator.credential_id), "transports": ["internal"], "type": "public-key"}]

    async def test_an_address_that_is_a_number_takes_none(self, client: httpx.AsyncClient) -> None:
        person = await sign_up(client)
        assert told(await person.post("/me/passkeys/options")) == (409, "passkeys_unavailable")
        assert told(await client.post("/api/v1/auth/passkeys/options")) == (409, "passkeys_unavailable")

    async def test_a_session_that_has_not_shown_a_factor_adds_none(
        self, owner: Person, authenticator: Authenticator, admin: asyncpg.Connection
    ) -> None:
        await add(owner, authenticator)
        await admin.execute("update user_session set methods = '{password}' where user_id = $1", owner.user_id)
        own = Authenticator(origin=ORIGIN, rp_id="localhost")
        assert told(await create(owner, own)) == (403, "second_factor_not_shown")
        listed = (await owner.get("/me/second-factors")).json()["passkeys"]
        assert told(await owner.delete(f"/me/passkeys/{listed[0]['id']}")) == (403, "second_factor_not_shown")


FORGED_REGISTRATIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "another site": ({"rp_id": "evil.test"}, {}),
    "another origin": ({"origin": "http://evil.test"}, {}),
    "another port": ({"origin": "http://localhost:9"}, {}),
    "nobody present": ({"flags": VERIFIED}, {}),
    "nobody verified": ({"flags": PRESENT}, {}),
    "in a frame": ({"cross_origin": True}, {}),
    "another act": ({}, {"type": "webauthn.get"}),
    "a made-up challenge": ({}, {"challenge": b64(os.urandom(32))}),
    "no challenge": ({}, {"challenge": ""}),
}


class TestForgedRegistrations:
    @pytest.mark.parametrize("forged", FORGED_REGISTRATIONS)
    async def test_a_forged_registration_adds_nothing(
        self, owner: Person, authenticator: Authenticator, forged: str
    ) -> None:
        lies, client_data = FORGED_REGISTRATIONS[forged]
        for name, value in lies.items():
            setattr(authenticator, name, value)
        options = (await owner.post("/me/passkeys/options")).json()
        body = {"name": "Laptop", "credential": authenticator.create(options, **client_data)}
        assert told(await owner.post("/me/passkeys", json=body)) == (422, "passkey_invalid")
        assert (await owner.get("/me/second-factors")).json()["passkeys"] == []

    async def test_a_challenge_is_used_up_by_the_first_answer(
        self, owner: Person, authenticator: Authenticator
    ) -> None:
        options = (await owner.post("/me/passkeys/options")).json()
        bad = authenticator.create(options, origin="http://evil.test")
        await owner.post("/me/passkeys", json={"name": "Laptop", "credential": bad})
        body = {"name": "Laptop", "credential": authenticator.create(options)}
        assert told(await owner.post("/me/passkeys", json=body)) == (422, "passkey_invalid")

    async def test_the_challenge_of_another_person_or_session_does_not_count(
        self, owner: Person, authenticator: Authenticator
    ) -> None:
        options = (await owner.post("/me/passkeys/options")).json()
        body = {"name": "Laptop", "credential": authenticator.create(options)}
        for other in (await sign_up(owner.client), await sign_in(owner.client, email=owner.email)):
            assert told(await other.post("/me/passkeys", json=body)) == (422, "passkey_invalid")

    async def test_the_challenge_of_a_sign_in_does_not_count(
        self, browser: httpx.AsyncClient, owner: Person, authenticator: Authenticator
    ) -> None:
        options = (await owner.post("/me/passkeys/options")).json() | {"challenge": (await ask(browser))["challenge"]}
        body = {"name": "Laptop", "credential": authenticator.create(options)}
        assert told(await owner.post("/me/passkeys", json=body)) == (422, "passkey_invalid")

    @pytest.mark.parametrize("field", ["clientDataJSON", "attestationObject"])
    async def test_what_is_no_registration_at_all_is_refused(
        self, owner: Person, authenticator: Authenticator, field: str
    ) -> None:
        for junk in (b"", b"\0", b"{}", b"\xa0", b"\xff" * 40, os.urandom(200)):
            options = (await owner.post("/me/passkeys/options")).json()
            credential = authenticator.create(options)
            credential["response"][field] = b64(junk)
            answer = await owner.post("/me/passkeys", json={"name": "Laptop", "credential": credential})
            assert answer.status_code == 422, (junk, answer.text)


class TestSigningIn:
    async def test_a_passkey_signs_in_without_an_address_or_a_password(
        self, browser: httpx.AsyncClient, owner: Person, authenticator: Authenticator, admin: asyncpg.Connection
    ) -> None:
        await add(owner, authenticator)
        options = await ask(browser)
        assert (options["rpId"], options["userVerification"]) == ("localhost", "required")
        answer = await use(browser, authenticator.get(options))
        assert (answer.status_code, answer.json()["user"]["email"]) == (200, owner.email)
        methods = "select methods from user_session order by created_at desc limit 1"
        assert await admin.fetchval(methods) == ["passkey"]
        listed = (await owner.get("/me/second-factors")).json()["passkeys"]
        assert listed[0]["last_used_at"] is not None

    async def test_with_a_passkey_the_password_alone_lets_nobody_in(
        self, browser: httpx.AsyncClient, owner: Person, authenticator: Authenticator
    ) -> None:
        await add(owner, authenticator)
        asked = await begin(browser, owner.email)
        assert (asked["state"], asked["methods"]) == ("second_factor", ["passkey", "recovery_code"])

    async def test_a_recovery_code_stands_in_for_a_lost_passkey(
        self, browser: httpx.AsyncClient, owner: Person, authenticator: Authenticator
    ) -> None:
        codes = (await create(owner, authenticator)).json()["recovery_codes"]
        assert (await show(browser, await begin(browser, owner.email), codes[3])).status_code == 200

    async def test_an_authenticator_that_never_counts_is_let_in_again_and_again(
        self, browser: httpx.AsyncClient, owner: Person, authenticator: Authenticator
    ) -> None:
        authenticator.counts = False
        await add(owner, authenticator)
        for _ in range(2):
            assert (await use(browser, authenticator.get(await ask(browser)))).status_code == 200

    async def test_a_count_that_went_back_is_refused_and_told(
        self, browser: httpx.AsyncClient, owner: Person, authenticator: Authenticator, admin: asyncpg.Connection
    ) -> None:
        authenticator.sign_count = 7
        await add(owner, authenticator)
        for count in (3, 6, -1):  # one is added by the use: 4, 7, 0
            authenticator.sign_count = count
            assert told(await use(browser, authenticator.get(await ask(browser)))) == (401, "passkey_refused")
        action = "select count(*) from audit_event where tenant_id = $1 and action = 'identity:passkey:refused'"
        assert await admin.fetchval(action, owner.organization_id) == 3
        authenticator.sign_count = 7
        assert (await use(browser, authenticator.get(await ask(browser)))).status_code == 200

    async def test_it_confirms_that_it_is_its_person_and_nobody_else(
        self, browser: httpx.AsyncClient, owner: Person, authenticator: Authenticator, admin: asyncpg.Connection
    ) -> None:
        await add(owner, authenticator)
        lately = "update user_session set methods = '{password}', authenticated_at = now() - interval '1 hour'"
        await admin.execute(lately)
        assert told(await owner.post("/me/totp/draft")) == (403, "recent_proof_required")
        stranger = await sign_up(browser)
        theirs = {"credential": authenticator.get(await ask(browser))}
        assert told(await stranger.post("/auth/confirm/passkey", json=theirs)) == (401, "passkey_refused")
        own = {"credential": authenticator.get(await ask(browser))}
        confirmed = await owner.post("/auth/confirm/passkey", json=own)
        assert (confirmed.status_code, confirmed.json()["method"]) == (200, "passkey")
        assert (await owner.post("/me/totp/draft")).status_code == 200
        methods = "select methods from user_session where user_id = $1"
        assert await admin.fetchval(methods, owner.user_id) == ["password", "passkey"]

    async def test_a_removed_passkey_opens_nothing(
        self, browser: httpx.AsyncClient, owner: Person, authenticator: Authenticator
    ) -> None:
        passkey = await add(owner, authenticator)
        await owner.delete(f"/me/passkeys/{passkey['id']}")
        assert told(await use(browser, authenticator.get(await ask(browser)))) == (401, "passkey_refused")


FORGED_SIGN_INS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    **FORGED_REGISTRATIONS,
    "another act": ({}, {"type": "webauthn.create"}),
    "another key": ({"key": Authenticator(origin="", rp_id="").key}, {}),
    "an unknown passkey": ({"credential_id": os.urandom(32)}, {}),
    "another person": ({"user_handle": uuid4().bytes}, {}),
    "nobody named": ({"user_handle": b""}, {}),
}


class TestForgedSignIns:
    @pytest.mark.parametrize("forged", FORGED_SIGN_INS)
    async def test_a_forged_sign_in_is_refused_with_the_same_words(
        self, browser: httpx.AsyncClient, owner: Person, authenticator: Authenticator, forged: str
    ) -> None:
        await add(owner, authenticator)
        lies, client_data = FORGED_SIGN_INS[forged]
        for name, value in lies.items():
            setattr(authenticator, name, value)
        options = await ask(browser)
        credential = authenticator.get(options, **client_data)
        if not authenticator.user_handle:
            del credential["response"]["userHandle"]
        answer = await use(browser, credential)
        assert told(answer) == (401, "passkey_refused")
        assert answer.json()["detail"] == "This passkey does not open anything here."
        assert "set-cookie" not in answer.headers

    async def test_an_answer_counts_once(
        self, browser: httpx.AsyncClient, owner: Person, authenticator: Authenticator
    ) -> None:
        authenticator.counts = False
        await add(owner, authenticator)
        credential = authenticator.get(await ask(browser))
        assert (await use(browser, credential)).status_code == 200
        assert told(await use(browser, credential)) == (401, "passkey_refused")

    async def test_an_answer_counts_in_the_browser_that_was_asked(
        self, api: Litestar, browser: httpx.AsyncClient, owner: Person, authenticator: Authenticator
    ) -> None:
        await add(owner, authenticator)
        credential = authenticator.get(await ask(browser))
        async with httpx.AsyncClient(transport=asgi(api), base_url=ORIGIN) as other:
            await ask(other)
            assert told(await use(other, credential)) == (401, "passkey_refused")
        assert (await use(browser, credential)).status_code == 200

    async def test_what_was_signed_can_not_be_changed(
        self, browser: httpx.AsyncClient, owner: Person, authenticator: Authenticator
    ) -> None:
        await add(owner, authenticator)
        for field in ("authenticatorData", "signature"):
            credential = authenticator.get(await ask(browser))
            signed = bytearray(unb64(credential["response"][field]))
            signed[-1] ^= 1
            credential["response"][field] = b64(bytes(signed))
            assert told(await use(browser, credential)) == (401, "passkey_refused"), field

    @pytest.mark.parametrize("field", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
    async def test_what_is_no_answer_at_all_is_refused(
        self, browser: httpx.AsyncClient, owner: Person, authenticator: Authenticator, field: str
    ) -> None:
        await add(owner, authenticator)
        for junk in (b"\0", b"{}", b"\xff" * 40, os.urandom(200)):
            credential = authenticator.get(await ask(browser))
            credential["response"][field] = b64(junk)
            assert told(await use(browser, credential)) == (401, "passkey_refused"), (junk, field)

    async def test_the_code_of_an_app_does_not_answer_for_a_passkey(
        self, browser: httpx.AsyncClient, owner: Person, admin: asyncpg.Connection
    ) -> None:
        app = await add_app(owner, admin)
        options = await ask(browser)
        answer = await show(browser, options, app.code())
        assert told(answer) == (401, "challenge_over")


class TestRelyingParty:
    def test_it_is_the_public_address_when_that_is_https(self) -> None:
        party = RelyingParty.of("https://Chatter.Acme.test:8443", host="evil.test")
        assert party == RelyingParty(id="chatter.acme.test", origin="https://chatter.acme.test:8443")
        usual = RelyingParty.of("https://chatter.acme.test:443/", host="chatter.acme.test")
        assert usual == RelyingParty(id="chatter.acme.test", origin="https://chatter.acme.test")

    def test_without_one_it_is_this_machine_and_nothing_that_a_stranger_names(self) -> None:
        here = RelyingParty.of("http://127.0.0.1:8000", host="localhost:8000")
        assert here == RelyingParty(id="localhost", origin="http://localhost:8000")
        for host in ("127.0.0.1:8000", "evil.test", "localhost.evil.test", "", "notlocalhost"):
            assert RelyingParty.of(None, host=host) is None
