"""Roles, sharing and explaining, with an organisation of its own and a colleague in a second browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest_asyncio
from playwright.async_api import Browser, Locator, expect

from tests.e2e.axe import axe
from tests.e2e.site import Site
from tests.e2e.tab import PASSWORD, Tab, text_file


@dataclass(frozen=True)
class Office:
    """An owner at one browser, a member at another."""

    site: Site
    browser: Browser
    owner: Tab
    colleague_email: str

    @asynccontextmanager
    async def colleague(self) -> AsyncIterator[Tab]:
        context = await self.browser.new_context(base_url=self.site.url)
        body = {"email": self.colleague_email, "password": PASSWORD}
        answer = await context.request.post("/api/v1/auth/sign-in", data=body)
        assert answer.ok, await answer.text()
        async with Tab.open(context, self.site) as tab:
            yield tab
        await context.close()


@pytest_asyncio.fixture
async def office(site: Site, browser: Browser, owner: object) -> AsyncIterator[Office]:
    context = await browser.new_context(base_url=site.url)
    async with Tab.open(context, site) as tab:
        name = uuid4().hex[:8]
        await tab.sign_up(organization=f"Org {name}", name="Ada Boss", email=f"ada-{name}@org.test", then="/roles")
        email = f"bo-{name}@org.test"
        await tab.welcome(name="Bo Lind", email=email)
        yield Office(site, browser, tab, email)
    await context.close()


async def test_a_role_is_made_changed_in_the_matrix_and_given_to_a_member(office: Office) -> None:
    page = office.owner.page
    await page.get_by_role("button", name="New role").click()
    dialog = page.get_by_role("dialog", name="New role")
    await _accessible(office.owner, dialog)
    await dialog.get_by_label("Name").fill("Reader")
    await dialog.get_by_role("button", name="Make role").click()
    row = page.get_by_role("table", name="Your roles").get_by_role("row", name="Reader")
    await expect(row).to_contain_text("0")
    box = page.get_by_role("checkbox", name="Read document: Reader")
    await box.check()
    await expect(row.get_by_role("cell").nth(2)).to_have_text("1")
    await office.owner.goto("/members")
    await page.get_by_label("Role: Bo Lind").select_option(label="Reader")
    await expect(page.get_by_text("Bo Lind is now Reader.")).to_be_visible()
    async with office.colleague() as tab:
        await tab.goto("/documents")
        await expect(tab.page.get_by_role("heading", level=1)).to_have_text("Documents")
        await expect(tab.page.get_by_role("navigation", name="Main").get_by_role("link")).to_have_text(
            ["Documents", "Settings", "Account"]
        )


async def test_a_restricted_document_appears_for_whom_it_is_shared_with(office: Office) -> None:
    page = office.owner.page
    await office.owner.upload(text_file("Plans.txt", "The quokka moves to Berlin in March."))
    await page.get_by_role("link", name="Plans.txt").click()
    await page.get_by_role("button", name="Share").click()
    dialog = page.get_by_role("dialog", name="Share “Plans.txt”")
    await dialog.get_by_label("Who sees it").select_option("restricted")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Now visible to: only those it is shared with.")).to_be_visible()
    async with office.colleague() as tab:
        await tab.goto("/documents")
        await expect(tab.page.get_by_text("No documents yet")).to_be_visible()
    await _accessible(office.owner, dialog)
    await dialog.get_by_label("Share with").select_option(label=f"Bo Lind ({office.colleague_email})")
    await dialog.get_by_label("For").select_option(label="A week")
    await dialog.get_by_role("button", name="Share", exact=True).click()
    await expect(dialog.get_by_role("row", name="Bo Lind")).to_be_visible()
    await _accessible(office.owner, dialog)
    async with office.colleague() as tab:
        await tab.goto("/documents")
        await expect(tab.page.get_by_role("row", name="Plans.txt")).to_contain_text("Only for those it is shared with")
        address = await tab.page.get_by_role("link", name="Plans.txt").get_attribute("href")
    await dialog.get_by_role("row", name="Bo Lind").get_by_role("button", name="Take access back").click()
    await expect(dialog.get_by_text("Not shared")).to_be_visible()
    await office.owner.goto("/access")
    await page.get_by_label("Who", exact=True).select_option(label=f"Bo Lind ({office.colleague_email})")
    await page.get_by_label("With").fill(f"{office.site.url}{address}")
    await page.get_by_role("button", name="Explain").click()
    await expect(page.get_by_role("heading", name="Bo Lind can't")).to_be_visible()
    await expect(page.get_by_text("It is not theirs, and nobody has shared it with them.")).to_be_visible()
    await _accessible(office.owner, page.get_by_role("status").first)
    await page.get_by_label("With").fill("")
    await page.get_by_label("Or use the model").select_option(index=1)
    await page.get_by_role("button", name="Explain").click()
    await expect(page.get_by_role("heading", name="Bo Lind can", exact=True)).to_be_visible()
    await expect(page.get_by_text("Everyone may use the built-in model.")).to_be_visible()


async def test_a_shared_conversation_is_read_and_not_written(office: Office) -> None:
    page = office.owner.page
    made = await page.request.post(
        "/api/v1/conversations", data={"title": "About lifts"}, headers={"Origin": office.site.url}
    )
    address = f"/chat/{(await made.json())['id']}"
    await office.owner.goto(address)
    await page.get_by_role("button", name="Share conversation").click()
    dialog = page.get_by_role("dialog", name="Share “About lifts”")
    await dialog.get_by_label("Share with").select_option(label="Everyone in the organization")
    await dialog.get_by_role("button", name="Share", exact=True).click()
    await expect(dialog.get_by_role("row", name="Everyone")).to_be_visible()
    async with office.colleague() as tab:
        await tab.goto("/conversations")
        await tab.page.get_by_role("link", name="About lifts").click()
        await expect(tab.page.get_by_text("Only its owner asks in it.")).to_be_visible()
        await expect(tab.page.get_by_test_id("question")).to_have_count(0)
        await expect(tab.page.get_by_role("button", name="Delete conversation")).to_have_count(0)


async def test_an_administrator_who_reads_a_conversation_is_shown_to_whose_it_is(office: Office) -> None:
    async with office.colleague() as tab:
        made = await tab.page.request.post(
            "/api/v1/conversations", data={"title": "Mine alone"}, headers={"Origin": office.site.url}
        )
        address = f"/chat/{(await made.json())['id']}"
    await office.owner.goto(address)
    await expect(office.owner.page.get_by_role("link", name="Start a new chat")).to_be_visible()
    await office.owner.goto("/settings")
    await office.owner.page.get_by_label("May administrators read").select_option(label="Yes, and each look is noted")
    privacy = office.owner.page.locator("form").filter(has_text="May administrators read")
    await privacy.get_by_role("button", name="Save").click()
    await expect(office.owner.page.get_by_text("Administrators can read conversations now.")).to_be_visible()
    await office.owner.goto(address)
    await expect(office.owner.page.get_by_role("heading", level=1)).to_have_text("Mine alone")
    await expect(office.owner.page.get_by_test_id("question")).to_have_count(0)
    async with office.colleague() as tab:
        await tab.goto(address)
        await expect(tab.page.get_by_test_id("readings")).to_contain_text("Read by Ada Boss")
        await _accessible(tab, tab.page.get_by_test_id("readings"))
    office.owner.expect_errors("404")


async def test_an_administrator_finds_titles_of_others_and_is_shown_to_whose_they_are(office: Office) -> None:
    page, headers = office.owner.page, {"Origin": office.site.url}
    await office.owner.goto("/conversations")
    await expect(page.get_by_role("link", name="Of others")).to_have_count(0)
    changed = await page.request.put("/api/v1/access/policy", data={"admins_read_conversations": True}, headers=headers)
    assert changed.ok
    async with office.colleague() as tab:
        made = await tab.page.request.post("/api/v1/conversations", data={"title": "Mine alone"}, headers=headers)
        address = f"/chat/{(await made.json())['id']}"
        await tab.goto("/conversations")
        await expect(tab.page.get_by_role("heading", level=1)).to_have_text("Conversations")
        await expect(tab.page.get_by_role("link", name="Of others")).to_have_count(0)
    await office.owner.goto("/conversations")
    await page.get_by_role("link", name="Of others").click()
    row = page.get_by_role("row").filter(has_text="Mine alone")
    await expect(row).to_contain_text("Bo Lind")
    await page.get_by_label("Whose").select_option(label="Bo Lind")
    await page.get_by_role("button", name="Show").click()
    await expect(row).to_be_visible()
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        for width in (1440, 390):
            await page.set_viewport_size({"width": width, "height": 844})
            await _accessible(office.owner, row)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    async with office.colleague() as tab:
        await tab.goto(address)
        await expect(tab.page.get_by_test_id("readings")).to_contain_text("Title seen by Ada Boss")


async def _accessible(tab: Tab, shown: Locator) -> None:
    await expect(shown).to_be_visible()
    result = await axe(tab.page)
    found = [
        f"{one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in result.response["violations"]
    ]
    assert not found, found
