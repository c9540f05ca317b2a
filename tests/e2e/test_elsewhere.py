"""A conversation that is open twice stays the same in both: in another tab at once, elsewhere on coming back."""

from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.e2e.site import Site
from tests.e2e.tab import Tab, text_file

QUESTION = "When does the lighthouse open?"
NEXT = "Who keeps the key of the lighthouse?"


async def _begin(tab: Tab) -> None:
    await tab.upload(
        text_file("Lighthouse.txt", "The lighthouse opens on Sunday at nine. Its key is kept by the harbour.")
    )
    await tab.goto("/chat")
    await tab.ask(QUESTION, model="quote")
    await _answered(tab.page, count=1)


async def _answered(page: Page, *, count: int) -> None:
    await expect(page.get_by_role("button", name="Try again")).to_have_count(count)
    await expect(page.get_by_test_id("answer-text").last).to_contain_text("lighthouse")


async def _come_back(page: Page) -> None:
    """What the browser says when somebody comes back to a window: here all of them have the focus at the same time."""
    await page.evaluate("window.dispatchEvent(new Event('focus'))")


async def test_another_tab_shows_what_is_asked_which_version_is_chosen_and_that_it_is_gone(tab: Tab) -> None:
    await _begin(tab)
    page, address = tab.page, tab.page.url
    async with Tab.open(page.context, tab.site) as second:
        await second.goto(address)
        await _answered(second.page, count=1)
        await tab.ask(NEXT, model="quote")
        await expect(second.page.get_by_test_id("asked").nth(1)).to_contain_text(NEXT)
        await _answered(second.page, count=2)

        await page.get_by_role("button", name="Try again").first.click()
        asked = second.page.get_by_test_id("asked")
        await expect(asked).to_have_count(1)
        await expect(asked.get_by_role("group", name="Versions")).to_contain_text("Version 2 of 2")
        earlier = page.get_by_test_id("asked").get_by_role("button", name="Earlier version")
        await expect(earlier).to_be_enabled()
        await earlier.click()
        await expect(asked).to_have_count(2)
        await expect(asked.first.get_by_role("group", name="Versions")).to_contain_text("Version 1 of 2")

        await page.get_by_role("button", name="Delete conversation").click()
        await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        await expect(second.page.get_by_role("link", name="Start a new chat")).to_be_visible()
        await expect(second.page.get_by_test_id("question")).to_have_count(0)
        second.expect_errors("404")


async def test_who_comes_back_sees_what_was_asked_on_another_device(
    tab: Tab, site: Site, browser: Browser, owner: Path
) -> None:
    await _begin(tab)
    elsewhere = await browser.new_context(base_url=site.url, storage_state=owner)
    async with Tab.open(elsewhere, site) as other:
        await other.goto(tab.page.url)
        await other.ask(NEXT, model="tokens-240@30")
        await expect(other.page.get_by_test_id("answer-text").nth(1)).to_contain_text("w5 ")
        await _come_back(tab.page)
        await expect(tab.page.get_by_test_id("asked").nth(1)).to_contain_text(NEXT)
        await expect(tab.page.get_by_test_id("answer-text").nth(1)).to_contain_text("w30 ")
        await tab.page.get_by_role("button", name="Stop").click()
        await expect(other.page.get_by_role("button", name="Try again")).to_have_count(2)
    await elsewhere.close()


async def test_a_question_that_is_being_written_anew_is_not_taken_away(tab: Tab) -> None:
    await _begin(tab)
    await tab.page.get_by_role("button", name="Ask it otherwise").click()
    box = tab.page.get_by_test_id("asked").get_by_label("The question")
    await box.fill("When does it close?")
    async with Tab.open(tab.page.context, tab.site) as second:
        await second.goto(tab.page.url)
        await second.ask(NEXT, model="quote")
        await _answered(second.page, count=2)
        await _come_back(tab.page)
        await expect(box).to_have_value("When does it close?")
        await tab.page.get_by_role("button", name="Cancel").click()
        await _come_back(tab.page)
        await expect(tab.page.get_by_test_id("asked").nth(1)).to_contain_text(NEXT)
