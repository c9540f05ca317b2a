"""An organisation that signs in through a provider, and the browsers of its people."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from tests.people import Person, sign_up
from tests.sso.evil_provider import CLIENT_ID, CLIENT_SECRET, EvilProvider

__all__ = ["Browser", "Company", "found_company"]


@dataclass
class Browser:
    """Somebody's browser, which keeps the cookies of this site apart from everybody else's."""

    client: httpx.AsyncClient
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, address: str, *, accept: str = "application/json", request_id: str = "") -> httpx.Response:
        held = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        optional = {"cookie": held, "x-request-id": request_id}
        headers = {"accept": accept} | {name: value for name, value in optional.items() if value}
        answer = await self.client.get(address, headers=headers)
        self.client.cookies.clear()
        for cookie in answer.cookies.jar:
            if cookie.value:
                self.cookies[cookie.name] = cookie.value
        return answer


@dataclass
class Company:
    """An organisation with a verified domain and a provider that is set up, tested and enabled."""

    owner: Person
    provider: EvilProvider
    provider_id: str
    domain: str

    @property
    def path(self) -> str:
        return f"/api/v1/auth/sso/{self.owner.organization_id}/{self.provider_id}"

    def browser(self) -> Browser:
        return Browser(self.owner.client)

    async def depart(self, browser: Browser) -> str:
        """The provider's address to which the browser is sent."""
        answer = await browser.get(f"{self.path}/start")
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    async def sign_in(self, browser: Browser | None = None) -> httpx.Response:
        """The whole way: to the provider, where the person signs in, and back."""
        browser = browser or self.browser()
        return await browser.get(self.provider.sign_in(await self.depart(browser)))

    async def configure(self, **changes: Any) -> None:
        changed = await self.owner.patch(f"/identity-providers/{self.provider_id}", json=changes)
        assert changed.status_code == 200, changed.text

    async def test(self) -> dict[str, Any]:
        """A test sign-in, as the owner runs it."""
        started = (await self.owner.post(f"/identity-providers/{self.provider_id}/test")).json()
        browser = Browser(self.owner.client, {"chatter_session": self.owner.token})
        if started["url"] is None:
            return dict(started["test"])
        there = await browser.get(started["url"])
        assert there.status_code == 302, there.text
        return dict((await browser.get(self.provider.sign_in(there.headers["location"]))).json())


async def found_company(client: httpx.AsyncClient, provider: EvilProvider, admin: asyncpg.Connection) -> Company:
    owner = await sign_up(client)
    domain = f"d{uuid4().hex[:12]}.test"
    assert (await owner.post("/domains", json={"name": domain})).status_code == 201
    await admin.execute("update mail_domain set verified_at = now() where name = $1", domain)
    provider.email = f"dana@{domain}"
    body = {"name": "Evil", "issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    made = await owner.post("/identity-providers", json=body | {"domains": [domain], "just_in_time": True})
    assert made.status_code == 201, made.text
    company = Company(owner, provider, made.json()["id"], domain)
    tested = await company.test()
    assert tested["passed"], tested
    await company.configure(enabled=True)
    return company
