"""Adding a provider, with an organisation of its own so that other tests keep their default model."""

from pathlib import Path

from playwright.async_api import Browser, expect

from tests.e2e.site import Site
from tests.e2e.tab import Tab


async def test_a_provider_is_tested_added_and_made_the_default(site: Site, browser: Browser, owner: Path) -> None:
    context = await browser.new_context(base_url=site.url)
    async with Tab.open(context, site) as tab:
        page = tab.page
        await tab.sign_up(organization="Beta GmbH", name="Ben Adler", email="ben@beta.test", then="/models")
        await expect(page.get_by_role("row", name="Built-in small model")).to_contain_text("Default")

        await page.get_by_role("button", name="Add provider").click()
        dialog = page.get_by_role("dialog", name="Add a provider")
        await dialog.get_by_label("Provider", exact=True).select_option("custom")
        await dialog.get_by_label("Address").fill(site.provider_url)
        await dialog.get_by_role("button", name="Test").click()
        await expect(dialog.get_by_text("List the models")).to_be_visible()
        await dialog.get_by_label("Model").select_option("tokens-100")
        await dialog.get_by_role("button", name="Add provider").click()
        await expect(dialog).to_be_hidden()

        row = page.get_by_role("row", name="tokens-100")
        await expect(row).to_contain_text("Enabled")
        await row.get_by_role("button", name="Make default").click()
        await expect(row).to_contain_text("Default")

        await row.get_by_role("button", name="Set the price of").click()
        dialog = page.get_by_role("dialog", name="Price of tokens-100")
        await dialog.get_by_label("Input", exact=True).fill("0.15")
        await dialog.get_by_label("Output", exact=True).fill("0.6")
        await dialog.get_by_role("button", name="Save price").click()
        await expect(row).to_contain_text("$0.15 in, $0.6 out")

        other = page.get_by_role("row", name="echo")
        await page.get_by_role("button", name="Test", exact=True).last.click()
        await page.get_by_role("dialog", name="Test of").get_by_role("button", name="Close").last.click()
        await other.get_by_role("button", name="Enable").click()
        await expect(other).to_contain_text("Enabled")
        await page.get_by_role("button", name="Stand-ins").click()
        dialog = page.get_by_role("dialog", name="Stand-ins for the default model")
        await dialog.get_by_label("First").select_option(label="echo")
        await dialog.get_by_role("button", name="Save").click()
        await expect(other).to_contain_text("Stand-in 1")
    await context.close()


async def test_an_address_that_answers_nothing_is_reported_in_the_form(tab: Tab) -> None:
    page = tab.page
    await tab.goto("/models")
    await page.get_by_role("button", name="Add provider").click()
    dialog = page.get_by_role("dialog", name="Add a provider")
    await dialog.get_by_label("Provider", exact=True).select_option("custom")
    await dialog.get_by_label("Address").fill("http://169.254.169.254/v1")
    await dialog.get_by_role("button", name="Test").click()
    await expect(dialog.locator(".lx-error, .lx-report .lx-i-close").first).to_be_visible()
