"""A person makes a narrowed key in the browser, uses it, and revokes it; administrators see everybody's."""

import httpx
from playwright.async_api import expect

from tests.e2e.axe import axe
from tests.e2e.site import Site
from tests.e2e.tab import Tab


async def test_a_key_of_ones_own_is_made_used_and_revoked(tab: Tab, site: Site) -> None:
    page = tab.page
    await tab.goto("/keys")
    await expect(page.get_by_text("You have no keys")).to_be_visible()
    await accessible(tab)
    await page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog", name="New key")
    await dialog.get_by_label("Name").fill("Laptop")
    await dialog.get_by_label("May do").select_option(label="Only what I name")
    await dialog.get_by_label("Permissions").fill("documents:document:read")
    await expect(dialog.get_by_label("Name")).to_have_value("Laptop")
    await dialog.get_by_label("Only from these addresses").fill("nowhere")
    await dialog.get_by_role("button", name="Make key").click()
    await expect(dialog.get_by_text("is neither an address nor a network")).to_be_visible()
    await dialog.get_by_label("Only from these addresses").fill("127.0.0.0/8")
    await accessible(tab)
    await dialog.get_by_role("button", name="Make key").click()
    secret = await dialog.get_by_test_id("secret").inner_text()
    await accessible(tab)
    await dialog.get_by_role("button", name="Done").click()

    async with httpx.AsyncClient(base_url=f"{site.url}/api/v1", headers={"Authorization": f"Bearer {secret}"}) as held:
        assert (await held.get("/documents")).status_code == 200
        assert (await held.post("/conversations", json={})).json()["code"] == "scope_missing"
        row = page.get_by_role("table", name="Your keys").get_by_role("row", name="Laptop")
        await expect(row).to_contain_text("from 127.0.0.0/8")
        await expect(row).to_contain_text("1 permission")
        await row.get_by_role("button", name="Revoke").click()
        await page.get_by_role("button", name="Revoke", exact=True).last.click()
        await expect(row).to_contain_text("Revoked")
        assert (await held.get("/documents")).status_code == 401
    everybody = page.get_by_role("table", name="Everybody's keys")
    await expect(everybody.get_by_role("row", name="Laptop Dana Reyes")).to_contain_text("Revoked")
    await page.set_viewport_size({"width": 390, "height": 800})
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await accessible(tab)


async def accessible(tab: Tab) -> None:
    result = await axe(tab.page)
    assert not result.response["violations"], [one["id"] for one in result.response["violations"]]
