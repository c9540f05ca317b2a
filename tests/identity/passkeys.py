"""Passkeys as tests add and use them."""

from typing import Any

import httpx

from tests.identity.authenticator import Authenticator
from tests.people import Person

__all__ = ["add_passkey", "ask", "create", "use"]

Json = dict[str, Any]


async def create(person: Person, authenticator: Authenticator, *, name: str = "Laptop") -> httpx.Response:
    """Add the passkey, and tell what the API said."""
    options = (await person.post("/me/passkeys/options")).json()
    return await person.post("/me/passkeys", json={"name": name, "credential": authenticator.create(options)})


async def add_passkey(person: Person, authenticator: Authenticator) -> Json:
    answer = await create(person, authenticator)
    assert answer.status_code == 201, answer.text
    passkey: Json = answer.json()["passkey"]
    return passkey


async def ask(browser: httpx.AsyncClient) -> Json:
    """Begin a sign-in with any passkey; the client keeps the cookie of its browser."""
    answer = await browser.post("/api/v1/auth/passkeys/options")
    assert answer.status_code == 200, answer.text
    options: Json = answer.json()
    return options


async def use(browser: httpx.AsyncClient, credential: Json) -> httpx.Response:
    """Answer with a passkey; the session that it may bring is not kept."""
    answer = await browser.post("/api/v1/auth/passkeys", json={"credential": credential})
    if "chatter_session" in browser.cookies:
        browser.cookies.delete("chatter_session")
    return answer
