"""People with second factors, as tests need them: an authenticator app that tells its codes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pyotp

from tests.people import PASSWORD, Person

__all__ = ["App", "add_app", "begin", "show"]

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class App:
    """An authenticator app with a person's secret, and the recovery codes that came with it."""

    secret: str
    recovery_codes: list[str]
    first_code: str
    """The one that added it."""

    def code(self, *, later: int = 0) -> str:
        """The code of now, or of so many steps later."""
        return pyotp.TOTP(self.secret).at(datetime.now(UTC), counter_offset=later)


async def add_app(person: Person, admin: asyncpg.Connection | None = None) -> App:
    """Enrol an app. With `admin` the code that did it is forgotten, so that the present one counts again."""
    draft = (await person.post("/me/totp/draft")).json()
    body = {"enrolment": draft["enrolment"], "code": pyotp.TOTP(draft["secret"]).now()}
    added = await person.post("/me/totp", json=body)
    assert added.status_code == 201, added.text
    if admin is not None:
        await forget_codes(admin, person)
    return App(secret=draft["secret"], recovery_codes=added.json()["recovery_codes"], first_code=body["code"])


async def forget_codes(admin: asyncpg.Connection, person: Person) -> None:
    await admin.execute("update totp_authenticator set last_step = 0 where user_id = $1", person.user_id)


async def begin(client: httpx.AsyncClient, email: str) -> Json:
    """The first step of a sign-in; the client keeps the cookie of its browser."""
    client.cookies.clear()
    answer = await client.post("/api/v1/auth/sign-in", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    asked: Json = answer.json()
    return asked


async def show(client: httpx.AsyncClient, asked: Json, code: str) -> httpx.Response:
    """The second step."""
    body = {"challenge": asked["challenge"], "code": code}
    return await client.post("/api/v1/auth/second-factor", json=body)
