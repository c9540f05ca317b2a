"""Who signed in a while ago confirms that it is them before a program is let in, and then goes on where they were."""

from collections.abc import AsyncIterator
from urllib.parse import urlencode
from uuid import uuid4

import asyncpg
import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.e2e.axe import axe
from tests.e2e.site import Site
from tests.e2e.tab import PASSWORD, Tab
from tests.oauth.app import App, told

LONG_AGO = (
    "update user_session set authenticated_at = now() - interval '11 minutes' "
    "where user_id = (select id from app_user where email = $1)"
)


@pytest.fixture
async def stale(site: Site, browser: Browser) -> AsyncIterator[Tab]:
    """The tab of an owner of their own, who signed in a while ago."""
    context, email = await browser.new_context(base_url=site.url), f"{uuid4().hex[:10]}@example.test"
    async with Tab.open(context, site) as tab:
        await tab.sign_up(organization="Slow house", name="Sol Lind", email=email)
        connection = await asyncpg.connect(site.settings["DATABASE_URL"])
        await connection.execute(LONG_AGO, email)
        await connection.close()
        yield tab
    await context.close()


async def confirm(tab: Tab) -> None:
    dialog = tab.page.get_by_role("dialog", name="Confirm that it is you")
    await expect(dialog).to_be_visible()
    await accessible(tab)
    await dialog.get_by_label("Your password").fill(PASSWORD)
    await dialog.get_by_label("Your password").press("Enter")


async def test_a_key_is_shown_after_the_password_was_typed_again(stale: Tab) -> None:
    page = stale.page
    await stale.goto("/keys")
    await page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog", name="New key")
    await dialog.get_by_label("Name").fill("Late")
    await dialog.get_by_role("button", name="Make key").click()
    await confirm(stale)
    await expect(dialog.get_by_test_id("secret")).to_contain_text("chatter_sk_")
    await dialog.get_by_role("button", name="Done").click()
    await expect(page.get_by_role("table", name="Your keys").get_by_role("row", name="Late")).to_be_visible()
    stale.expect_errors("403")


async def test_a_service_accounts_key_is_shown_after_the_password_was_typed_again(stale: Tab) -> None:
    page = stale.page
    made = await stale.post("/service-accounts", name="Night import", role="editor")
    await stale.goto(f"/service-accounts/{made['id']}")
    await page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog", name="New key")
    await dialog.get_by_label("Name").fill("Late")
    await dialog.get_by_role("button", name="Make key").click()
    await confirm(stale)
    await expect(dialog.get_by_test_id("secret")).to_contain_text("chatter_sk_")
    await dialog.get_by_role("button", name="Done").click()
    await expect(page.get_by_role("table", name="Keys").get_by_role("row", name="Late")).to_be_visible()


async def test_a_directorys_token_is_shown_after_the_password_was_typed_again(stale: Tab) -> None:
    page = stale.page
    await stale.goto("/directory")
    await page.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog", name="New token")
    await dialog.get_by_label("Name").fill("Entra ID")
    await dialog.get_by_role("button", name="Make token").click()
    await confirm(stale)
    await expect(dialog.get_by_test_id("secret")).to_be_visible()


async def test_an_app_that_may_change_things_is_let_in_with_the_password(stale: Tab, site: Site) -> None:
    page = stale.page
    async with httpx.AsyncClient(base_url=site.url) as http:
        app = await App.registered(http, redirect_uri=f"{site.url}/keys")
        await page.goto(f"/authorize?{urlencode(app.request())}")
        await expect(page.get_by_label("Your password")).to_be_visible()
        await accessible(stale)
        await page.get_by_label("Your password").fill("not the password")
        await page.get_by_role("button", name="Let it act").click()
        await expect(page.get_by_role("alert")).to_contain_text("not your password")
        await page.get_by_label("Your password").fill(PASSWORD)
        await page.get_by_label("Your password").press("Enter")
        await page.wait_for_url("**/keys?code=*")
        assert (await app.redeem(told(page.url)["code"])).status_code == 200
    stale.expect_errors("403")


async def accessible(tab: Tab) -> None:
    result = await axe(tab.page)
    assert not result.response["violations"], [one["id"] for one in result.response["violations"]]
