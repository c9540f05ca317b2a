"""Signing in and out, and what a stranger or an ended session gets."""

from pathlib import Path

from playwright.async_api import Browser, expect

from tests.e2e.site import Site
from tests.e2e.tab import PASSWORD, Tab


async def test_a_stranger_is_sent_to_sign_in_and_back(site: Site, browser: Browser, owner: Path) -> None:
    context = await browser.new_context(base_url=site.url)
    page = await context.new_page()
    await page.goto("/members")
    await expect(page.get_by_role("heading", name="Sign in to Chatter")).to_be_visible()
    await page.get_by_label("Email").fill("dana@acme.test")
    await page.get_by_label("Password").fill("not the password")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_label("Password").fill("correct horse battery staple")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Members")
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await expect(page.get_by_role("heading", name="Sign in to Chatter")).to_be_visible()
    await page.goto("/members")
    await expect(page.get_by_role("heading", name="Sign in to Chatter")).to_be_visible()
    await context.close()


async def test_the_next_page_after_sign_in_is_never_on_another_site(site: Site, browser: Browser, owner: Path) -> None:
    context = await browser.new_context(base_url=site.url, storage_state=owner)
    page = await context.new_page()
    for hostile in ("//evil.test", "https://evil.test", "/\\evil.test"):
        await page.goto(f"/login?next={hostile}")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Dana")
        assert page.url.startswith(site.url)
    await context.close()


async def test_a_viewer_is_not_offered_what_a_viewer_may_not_do(tab: Tab, site: Site, browser: Browser) -> None:
    await tab.welcome(name="Vera Blum", email="vera@acme.test", role="viewer")

    context = await browser.new_context(base_url=site.url)
    page = await context.new_page()
    await page.goto("/documents")
    await page.get_by_label("Email").fill("vera@acme.test")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Documents")
    await expect(page.get_by_test_id("files")).to_have_count(0)
    await expect(page.get_by_role("link", name="Models")).to_have_count(0)
    await page.goto("/members")
    await expect(page.get_by_text("Vera Blum (you)")).to_be_visible()
    await expect(page.get_by_role("link", name="Invite people")).to_have_count(0)
    await context.close()
