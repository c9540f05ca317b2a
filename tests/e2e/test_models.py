"""Adding a provider, with an organisation of its own so that other tests keep their default model."""

import re
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.e2e.axe import axe
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

        await page.get_by_role("button", name="Edit", exact=True).click()
        dialog = page.get_by_role("dialog", name="Edit")
        await dialog.get_by_label("Calls at once").fill("many")
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog.get_by_role("alert")).to_contain_text("Correct the fields that are named")
        await dialog.get_by_label("Calls at once").fill("4")
        await dialog.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("4 calls at once")).to_be_visible()
        tab.expect_errors("422")
    await context.close()


async def test_a_model_is_kept_for_a_team(site: Site, browser: Browser, owner: Path) -> None:
    context = await browser.new_context(base_url=site.url)
    async with Tab.open(context, site) as tab:
        page = tab.page
        await tab.sign_up(organization="Audience Ltd", name="Una Kern", email="una@audience.test")
        await tab.post("/teams", name="Research")
        await tab.post("/providers", kind="custom", name="Fake", base_url=site.provider_url, models=["echo", "quote"])
        await tab.goto("/models")
        row = page.get_by_role("row", name="quote")
        await expect(row).to_contain_text("Everyone")
        for width, theme in ((1280, "light"), (390, "dark")):
            await page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            await page.set_viewport_size({"width": width, "height": 844})
            await row.get_by_role("button", name="Say who may use").click()
            dialog = page.get_by_role("dialog", name="Who may use quote")
            await expect(dialog.get_by_label("Team Research")).to_be_visible()
            found = (await axe(page)).response["violations"]
            assert not found, [one["id"] for one in found]
            assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
            await page.keyboard.press("Escape")
            await expect(dialog).to_be_hidden()
        await page.set_viewport_size({"width": 1280, "height": 844})

        await row.get_by_role("button", name="Say who may use").click()
        await dialog.get_by_label("Who", exact=True).select_option("chosen")
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_contain_text("Name one, or let everyone use the model.")
        await dialog.get_by_label("Team Research").select_option("yes")
        await dialog.get_by_role("button", name="Save").click()
        await expect(row).to_contain_text("Chosen")
        await tab.goto("/chat")
        await expect(page.get_by_label("Model").locator("option")).to_have_text([re.compile("^Built-in"), "echo"])
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
