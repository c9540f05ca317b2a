"""Sign-in, rotation of keys and both logouts with the certified `oidc-provider`, over real sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest_asyncio
from aiohttp import web

from tests.people import Person, sign_up
from tests.sso.certified_provider import CertifiedProvider
from tests.sso.company import Browser
from tests.sso.evil_provider import CLIENT_ID, CLIENT_SECRET


class Customer:
    """An organisation that signs in through it."""

    def __init__(self, owner: Person, provider: CertifiedProvider, provider_id: str) -> None:
        self.owner = owner
        self.provider = provider
        self.path = f"/api/v1/auth/sso/{owner.organization_id}/{provider_id}"
        self.settings = f"/identity-providers/{provider_id}"

    @property
    def callback(self) -> str:
        return f"http://chatter.test{self.path}/callback"

    async def travel(self, browser: Browser, start: str) -> httpx.Response:
        away = await browser.get(start)
        assert away.status_code == 302, away.text
        return await browser.get(await self.provider.sign_in(away.headers["location"], back_to=self.callback))

    async def sign_in(self) -> Person:
        answer = await self.travel(Browser(self.owner.client), f"{self.path}/start")
        assert answer.status_code == 200, answer.text
        user_id = UUID(answer.json()["user"]["id"])
        return Person(self.owner.client, answer.json()["token"], user_id, self.owner.organization_id, "")


@pytest_asyncio.fixture
async def customer(sso_api: httpx.AsyncClient, admin: asyncpg.Connection) -> AsyncIterator[Customer]:
    """Set up as an administrator does it: make it, register our addresses there, test it, enable it."""
    domain = f"d{uuid4().hex[:12]}.test"
    async with CertifiedProvider.serving(email=f"dana@{domain}") as provider, relay(sso_api) as address:
        owner = await sign_up(sso_api)
        await owner.post("/domains", json={"name": domain})
        await admin.execute("update mail_domain set verified_at = now() where name = $1", domain)
        body: dict[str, object] = {
            "name": "Company",
            "issuer": provider.issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        body |= {"scopes": ["openid", "email", "profile", "groups"]}
        made = (await owner.post("/identity-providers", json=body | {"domains": [domain], "just_in_time": True})).json()
        names = ("redirect_uri", "post_logout_redirect_uri", "backchannel_logout_uri")
        ours = {name: str(made[name]) for name in names}
        ours["backchannel_logout_uri"] = ours["backchannel_logout_uri"].replace("http://chatter.test", address)
        await provider.configure(clients=[ours])
        found = Customer(owner, provider, made["id"])
        started = (await owner.post(f"{found.settings}/test")).json()
        tested = await found.travel(Browser(sso_api, {"chatter_session": owner.token}), started["url"])
        assert tested.json()["passed"], tested.text
        assert (await owner.patch(found.settings, json={"enabled": True})).status_code == 200
        yield found


@asynccontextmanager
async def relay(client: httpx.AsyncClient) -> AsyncIterator[str]:
    """A socket before the API, for what a provider sends by itself."""

    async def forward(request: web.Request) -> web.Response:
        headers = {"content-type": request.headers["content-type"]}
        answer = await client.post(request.path, content=await request.read(), headers=headers)
        return web.Response(status=answer.status_code, body=answer.content)

    app = web.Application()
    app.router.add_post("/{path:.*}", forward)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_person_signs_in(customer: Customer) -> None:
    person = await customer.sign_in()
    mine = (await person.get("/me")).json()
    assert mine["user"]["name"] == "Dana Reyes"
    assert mine["organization"]["id"] == str(customer.owner.organization_id)


async def test_groups_that_only_userinfo_tells_give_a_role(customer: Customer) -> None:
    await customer.provider.configure(groups=["legal"])
    mapped = await customer.owner.patch(customer.settings, json={"mappings": [{"group": "legal", "role": "editor"}]})
    assert mapped.status_code == 200
    person = await customer.sign_in()
    assert (await person.get("/me")).json()["role"] == "editor"


async def test_a_key_that_is_rotated_with_an_overlap_stops_nobody(customer: Customer) -> None:
    await customer.provider.rotate(overlap=True)
    await customer.sign_in()
    await customer.sign_in()


async def test_a_key_that_is_replaced_at_once_stops_nobody(customer: Customer) -> None:
    await customer.provider.rotate(overlap=False)
    await customer.sign_in()
    await customer.sign_in()


async def test_signing_out_here_ends_the_providers_session_and_by_its_word_all_others_of_it(customer: Customer) -> None:
    """RP-initiated logout, and then back-channel logout, which the provider sends by itself."""
    person, elsewhere = await customer.sign_in(), await customer.sign_in()
    there = (await person.post("/auth/sso/sign-out")).json()["url"]
    assert (await elsewhere.get("/me")).status_code == 200
    back = await customer.provider.sign_out(there, back_to="http://chatter.test/login")
    assert back.startswith("http://chatter.test/login")
    assert (await person.get("/me")).status_code == (await elsewhere.get("/me")).status_code == 401
