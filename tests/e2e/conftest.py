"""The browser, and a site with an owner, shared by all browser tests of a run."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Playwright, async_playwright, expect

from tests.e2e.site import Site, serve_site
from tests.e2e.tab import PASSWORD, Tab
from tests.servers import Servers, worker_number

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
SYSTEM_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest_asyncio.fixture(scope="session")
async def site(servers: Servers, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    database = await servers.database(f"chatter_e2e_{worker_id}")
    with serve_site(
        tmp_path_factory.mktemp("site"), database=database, redis_url=servers.redis_url(15 - worker_number(worker_id))
    ) as running:
        yield running


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=20_000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_executable(playwright), args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", autouse=True)
async def owner(site: Site, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The browser state of the first person, who signs up before any test; the organisation has the fake provider."""
    state = tmp_path_factory.mktemp("owner") / "state.json"
    context = await browser.new_context(base_url=site.url)
    page = await context.new_page()
    await page.goto("/")
    await expect(page.get_by_role("heading", name="Create your organization")).to_be_visible()
    await page.get_by_label("Organization").fill("Acme Inc.")
    await page.get_by_label("Your name").fill("Dana Reyes")
    await page.get_by_label("Email").fill("dana@acme.test")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create organization").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Dana")
    await _add_provider(page, site)
    await context.storage_state(path=state)
    await context.close()
    return state


@pytest.fixture(autouse=True)
def proven(site: Site, owner: Path) -> None:
    """The owner has just shown who they are: the browser tests take longer than a proof lasts."""
    cookies = {cookie["name"]: cookie["value"] for cookie in json.loads(owner.read_text())["cookies"]}
    with httpx.Client(base_url=site.url, cookies=cookies, headers={"Origin": site.url}, timeout=60) as client:
        client.post("/api/v1/auth/confirm", json={"password": PASSWORD}).raise_for_status()


@pytest_asyncio.fixture
async def tab(site: Site, browser: Browser, owner: Path) -> AsyncIterator[Tab]:
    """The owner's tab, which fails the test when it asks another host for anything or logs an error."""
    context = await browser.new_context(base_url=site.url, storage_state=owner)
    async with Tab.open(context, site) as opened:
        yield opened
    await context.close()


async def _add_provider(page: Page, site: Site) -> None:
    provider = {
        "kind": "custom",
        "name": "Fake",
        "base_url": site.provider_url,
        "models": ["quote", "echo", "tokens-240@30", "noter-8", "scribe", "cut-after-5", "401"],
    }
    answer = await page.request.post("/api/v1/providers", data=provider, headers={"Origin": site.url})
    assert answer.ok, await answer.text()
    models = {model["name"]: model["id"] for model in (await answer.json())["models"]}
    answer = await page.request.put(
        "/api/v1/models/default", data={"model_id": models["quote"]}, headers={"Origin": site.url}
    )
    assert answer.ok, await answer.text()


def _executable(playwright: Playwright) -> str | None:
    """Playwright's own Chromium when it is there, else the system's."""
    if Path(playwright.chromium.executable_path).exists():
        return None
    return next((path for name in SYSTEM_BROWSERS if (path := shutil.which(name))), None)
