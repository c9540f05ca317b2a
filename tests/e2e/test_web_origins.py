"""A page of another site calls the API with a key: once an administrator lists its origin, and until they don't."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from playwright.async_api import Browser, Page, expect

from tests.e2e.axe import axe
from tests.e2e.site import Site
from tests.e2e.tab import Tab

_FETCH = """async ([url, headers, credentials]) => {
    try {
        const answer = await fetch(url, {headers, credentials});
        return `${answer.status} ${answer.headers.get("ratelimit") !== null}`;
    } catch (error) { return error.name; }
}"""


async def test_a_page_of_a_listed_origin_reads_and_one_that_is_taken_out_does_not(
    tab: Tab, site: Site, browser: Browser
) -> None:
    key = (await tab.post("/me/keys", name="A page elsewhere"))["secret"]
    async with _page_elsewhere(browser) as (page, origin):
        assert await _asked(page, site, key) == "TypeError"
        await tab.goto("/settings")
        await expect(tab.page.get_by_text("No other site may call the API from a browser.")).to_be_visible()
        await tab.page.get_by_label("Origin").fill("http://example.com")
        await tab.page.get_by_role("button", name="Add origin").click()
        await expect(tab.page.get_by_text("with http only for a page on the same machine")).to_be_visible()
        tab.expect_errors("422")
        await tab.page.get_by_label("Origin").fill(origin)
        await tab.page.get_by_role("button", name="Add origin").click()
        await expect(tab.page.get_by_text(origin, exact=True)).to_be_visible()
        await _accessible(tab.page)
        await tab.page.set_viewport_size({"width": 390, "height": 844})
        assert await tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await _asked(page, site, key) == "200 true"
        assert await _asked(page, site, key, credentials="include") == "TypeError"
        assert await _asked(page, site, "") == "TypeError"
        await tab.page.get_by_role("button", name=f"Remove {origin}").click()
        await expect(tab.page.get_by_text("No other site may call the API from a browser.")).to_be_visible()
        assert await _asked(page, site, key) == "TypeError"


async def _asked(page: Page, site: Site, key: str, *, credentials: str = "omit") -> str:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    told: str = await page.evaluate(_FETCH, [f"{site.url}/api/v1/documents", headers, credentials])
    return told


@contextlib.asynccontextmanager
async def _page_elsewhere(browser: Browser) -> AsyncIterator[tuple[Page, str]]:
    """An empty page that another server on loopback serves, and its origin."""
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    origin = "http://{}:{}".format(*server.sockets[0].getsockname())
    async with server:
        page = await browser.new_page()
        await page.goto(origin)
        yield page, origin
        await page.close()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<!doctype html>"
    )
    await writer.drain()
    writer.close()


async def _accessible(page: Page) -> None:
    result = await axe(page)
    assert not result.response["violations"], [one["id"] for one in result.response["violations"]]
