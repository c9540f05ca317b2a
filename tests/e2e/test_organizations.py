"""A person in two organisations sees one at a time."""

from playwright.async_api import Browser, expect

from tests.e2e.site import Site
from tests.e2e.tab import Tab, text_file


async def test_switching_the_organization_shows_only_its_own(tab: Tab, site: Site, browser: Browser) -> None:
    await tab.upload(text_file("Only at Acme.txt", "The anvil store opens at dawn."))
    context = await browser.new_context(base_url=site.url)
    async with Tab.open(context, site) as other:
        await other.sign_up(organization="Gamma AG", name="Gil Sanz", email="gil@gamma.test")
        await tab.post("/me/invitations/accept", **await other.invite("dana@acme.test"))
        await other.goto("/members")
        await expect(other.page.get_by_role("row", name="Dana Reyes")).to_be_visible()
    await context.close()

    page = tab.page
    await tab.goto("/documents")
    await page.get_by_role("button", name="Acme Inc.").click()
    await page.get_by_role("button", name="Gamma AG").click()
    await expect(page.get_by_text("Gamma AG · last 30 days")).to_be_visible()
    await tab.goto("/documents")
    await expect(page.get_by_text("No documents yet")).to_be_visible()
    await expect(page.get_by_text("Only at Acme.txt")).to_have_count(0)
    await page.get_by_role("button", name="Gamma AG").click()
    await page.get_by_role("button", name="Acme Inc.").click()
    await expect(page.get_by_text("Acme Inc. · last 30 days")).to_be_visible()
