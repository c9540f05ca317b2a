"""A directory is connected in the browser; what it does shows there, and whom it deactivates is out of an open tab."""

import time
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.e2e.axe import axe
from tests.e2e.site import Site
from tests.e2e.tab import PASSWORD, Tab
from tests.servers import note

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


async def new_token(tab: Tab, name: str) -> str:
    page = tab.page
    await tab.goto("/directory")
    await page.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog", name="New token")
    await dialog.get_by_label("Name").fill(name)
    await accessible(tab)
    await dialog.get_by_role("button", name="Make token").click()
    secret = await dialog.get_by_test_id("secret").inner_text()
    await accessible(tab)
    await dialog.get_by_role("button", name="Done").click()
    return secret


@pytest.mark.timeout(180)
async def test_a_directory_is_connected_and_what_it_asks_for_shows(tab: Tab, site: Site) -> None:
    name = f"Okta {uuid4().hex[:8]}"
    secret = await new_token(tab, name)
    page = tab.page
    row = page.get_by_role("table", name="Tokens").get_by_role("row", name=name)
    await expect(row).to_contain_text("Active")
    address = await page.get_by_test_id("secret").first.inner_text()
    assert address.endswith("/scim/v2")
    stranger = {"schemas": [USER], "userName": f"{uuid4().hex[:8]}@not-verified.test"}
    async with httpx.AsyncClient(base_url=site.url, headers={"Authorization": f"Bearer {secret}"}) as scim:
        assert (await scim.post("/scim/v2/Users", json=stranger)).status_code == 403
    await tab.page.reload()
    requests = page.get_by_role("table", name="Last requests")
    await expect(requests.get_by_role("row").filter(has_text="POST /Users").first).to_contain_text("403")
    await expect(requests).to_contain_text("has not verified")
    await page.get_by_text("Microsoft Entra ID").click()
    await expect(page.get_by_text("paste the address as Tenant URL")).to_be_visible()
    await accessible(tab)
    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(page.get_by_role("heading", level=1)).to_have_text("Directory")
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await row.get_by_role("button", name="Revoke").click()
    await page.get_by_role("button", name="Revoke", exact=True).last.click()
    await expect(row).to_contain_text("Revoked")
    async with httpx.AsyncClient(base_url=site.url, headers={"Authorization": f"Bearer {secret}"}) as scim:
        assert (await scim.get("/scim/v2/Users")).status_code == 401


@pytest.mark.timeout(180)
async def test_whoever_the_directory_deactivates_is_out_of_an_open_tab_within_five_seconds(
    tab: Tab, site: Site, browser: Browser
) -> None:
    secret, email = await new_token(tab, f"Entra {uuid4().hex[:8]}"), f"{uuid4().hex[:8]}@acme.test"
    await tab.welcome(name="Nora Dahl", email=email, role="member")
    context = await browser.new_context(base_url=site.url)
    async with Tab.open(context, site) as other:
        credentials = {"email": email, "password": PASSWORD}
        await other.page.request.post("/api/v1/auth/sign-in", data=credentials, headers={"Origin": site.url})
        await other.goto("/documents")
        await expect(other.page.get_by_role("heading", level=1)).to_have_text("Documents")
        async with httpx.AsyncClient(base_url=site.url, headers={"Authorization": f"Bearer {secret}"}) as scim:
            made = await scim.post("/scim/v2/Users", json={"schemas": [USER], "userName": email})
            off = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": False}]}
            began = time.monotonic()
            assert (await scim.patch(f"/scim/v2/Users/{made.json()['id']}", json=off)).status_code == 200
        await expect(other.page.get_by_role("heading", name="Sign in to Chatter")).to_be_visible(timeout=5_000)
        note(f"SCIM: an open tab of whom the directory deactivated is closed after {time.monotonic() - began:.1f} s")
        other.expect_errors("401", "403")
    await context.close()


async def accessible(tab: Tab) -> None:
    result = await axe(tab.page)
    assert not result.response["violations"], [one["id"] for one in result.response["violations"]]


async def test_a_group_of_the_directory_stands_for_a_role_and_decides_first(tab: Tab, site: Site) -> None:
    secret = await new_token(tab, f"Entra {uuid4().hex[:8]}")
    first, second = f"Crew {uuid4().hex[:6]}", f"Audit {uuid4().hex[:6]}"
    group = "urn:ietf:params:scim:schemas:core:2.0:Group"
    async with httpx.AsyncClient(base_url=site.url, headers={"Authorization": f"Bearer {secret}"}) as scim:
        for name in (first, second):
            made = await scim.post("/scim/v2/Groups", json={"schemas": [group], "displayName": name})
            assert made.status_code == 201
    await tab.goto("/directory")
    page = tab.page
    table = page.get_by_role("table", name="Groups and roles")
    await page.get_by_label(f"Role: {first}").select_option(label="Editor")
    await expect(page.get_by_text("Whoever is in the group has its role now.")).to_be_visible()
    await page.get_by_label(f"Role: {second}").select_option(label="Auditor")
    await expect(table.get_by_role("row").nth(2)).to_contain_text(second)
    await table.get_by_role("row", name=second).get_by_role("button", name="Decide first").click()
    await expect(table.get_by_role("row").nth(1)).to_contain_text(second)
    await accessible(tab)
    await page.set_viewport_size({"width": 390, "height": 844})
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
