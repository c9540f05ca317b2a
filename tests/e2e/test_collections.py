"""Collections: made, filled, shared, moved between and asked, with a colleague in a second browser."""

from uuid import uuid4

from playwright.async_api import Browser, expect

from tests.e2e.axe import axe
from tests.e2e.site import Site
from tests.e2e.tab import PASSWORD, Tab, text_file


async def test_a_restricted_collection_appears_with_its_documents_for_whom_it_is_shared_with(
    site: Site, browser: Browser, owner: object
) -> None:
    name = uuid4().hex[:8]
    context, theirs = [await browser.new_context(base_url=site.url) for _ in range(2)]
    async with Tab.open(context, site) as tab, Tab.open(theirs, site) as colleague:
        await tab.sign_up(organization=f"Org {name}", name="Ada Boss", email=f"ada-{name}@org.test", then="/documents")
        await _colleague(tab, colleague, email=f"bo-{name}@org.test")
        await _make(tab, "Board", who="Only those it is shared with")
        page = tab.page
        await expect(page.get_by_text("Nothing in it yet")).to_be_visible()
        await page.get_by_test_id("files").set_input_files([text_file("Plans.txt", "The quokka moves to Berlin.")])
        row = page.get_by_role("row", name="Plans.txt")
        await expect(row.get_by_text("Ready", exact=True)).to_be_visible(timeout=60_000)
        await _accessible(tab)
        await colleague.goto("/documents")
        await expect(colleague.page.get_by_text("No documents yet")).to_be_visible()
        await page.get_by_role("button", name="Share", exact=True).click()
        dialog = page.get_by_role("dialog", name="Share “Board”")
        await dialog.get_by_label("Share with").select_option(label=f"Bo Lind (bo-{name}@org.test)")
        await dialog.get_by_role("button", name="Share", exact=True).click()
        await expect(dialog.get_by_role("row", name="Bo Lind")).to_be_visible()
        await dialog.get_by_role("button", name="Close").click()
        await colleague.goto("/documents")
        await colleague.page.get_by_role("link", name="Board").click()
        await expect(colleague.page.get_by_role("row", name="Plans.txt")).to_be_visible()
        await expect(colleague.page.get_by_role("button", name="Rename")).to_have_count(0)
        await page.get_by_role("button", name="Move to… Plans.txt").click()
        dialog = page.get_by_role("dialog", name="Move Plans.txt")
        await dialog.get_by_label("To").select_option(label="No collection")
        await dialog.get_by_role("button", name="Move", exact=True).click()
        await expect(page.get_by_text("Plans.txt: moved out of its collection.")).to_be_visible()
        await expect(row).to_have_count(0)
        await page.get_by_role("button", name="Undo").click()
        await expect(row).to_be_visible()
        await page.get_by_role("button", name="Delete", exact=True).click()
        dialog = page.get_by_role("dialog", name="Delete Board?")
        await dialog.get_by_role("button", name="Delete collection").click()
        await expect(page.get_by_role("row", name="Plans.txt")).to_contain_text("Only for those it is shared with")
        await colleague.goto("/documents")
        await expect(colleague.page.get_by_text("No documents yet")).to_be_visible()
    for opened in (context, theirs):
        await opened.close()


async def test_documents_are_selected_and_dragged_into_a_collection(tab: Tab) -> None:
    names = [f"{uuid4().hex[:6]}.txt" for _ in range(2)]
    await tab.upload(*(text_file(name, f"About {name}.") for name in names))
    shelf = f"Shelf {uuid4().hex[:6]}"
    await _make(tab, shelf)
    page = tab.page
    await page.get_by_role("link", name="All documents").click()
    for name in names:
        await page.get_by_role("checkbox", name=f"Select {name}").check()
    await expect(page.get_by_text("2 selected")).to_be_visible()
    await page.get_by_role("row", name=names[0]).drag_to(page.get_by_role("link", name=shelf))
    await expect(page.get_by_text(f"2 documents: moved to {shelf}.")).to_be_visible()
    await page.get_by_role("link", name=shelf).click()
    for name in names:
        await expect(page.get_by_role("row", name=name)).to_be_visible()


async def test_a_question_asks_the_chosen_collection_and_the_choice_is_kept(tab: Tab) -> None:
    page, shelf = tab.page, f"Shelf {uuid4().hex[:6]}"
    word = f"numbat{uuid4().hex[:6]}"
    await tab.upload(text_file(f"{word} elsewhere.txt", f"The {word} lives in trees, says the first."))
    await _make(tab, shelf)
    file = text_file(f"{word} here.txt", f"The {word} lives in hollow logs, says the second.")
    await page.get_by_test_id("files").set_input_files([file])
    await expect(page.get_by_role("row", name="here.txt").get_by_text("Ready", exact=True)).to_be_visible(
        timeout=60_000
    )
    await tab.goto("/chat")
    asked = page.get_by_label("Asks: All documents")
    await asked.click()
    await page.get_by_role("checkbox", name=shelf).check()
    await _accessible(tab)
    await page.keyboard.press("Escape")
    await tab.ask(f"Where does the {word} live?")
    await expect(page.get_by_text("hollow logs").first).to_be_visible()
    await expect(page.get_by_text("lives in trees")).to_have_count(0)
    await page.wait_for_url("**/chat/*")
    await page.reload()
    await expect(page.get_by_label(f"Asks: {shelf}")).to_be_visible()


async def _colleague(tab: Tab, colleague: Tab, *, email: str) -> None:
    await tab.welcome(name="Bo Lind", email=email)
    signed_in = {"email": email, "password": PASSWORD}
    answer = await colleague.page.request.post("/api/v1/auth/sign-in", data=signed_in)
    assert answer.ok, await answer.text()


async def _make(tab: Tab, name: str, *, who: str = "Everybody in the organization") -> None:
    await tab.goto("/documents")
    await tab.page.get_by_role("button", name="New collection").click()
    dialog = tab.page.get_by_role("dialog", name="New collection")
    await dialog.get_by_label("Name").fill(name)
    await dialog.get_by_label("Who sees it").select_option(label=who)
    await dialog.get_by_role("button", name="Create collection").click()
    current = tab.page.get_by_role("navigation", name="Collections").locator("[aria-current]")
    await expect(current).to_contain_text(name)


async def _accessible(tab: Tab) -> None:
    """At the width of a phone and of a desk, in light and in dark."""
    for width, theme in ((1280, "light"), (390, "dark")):
        await tab.page.set_viewport_size({"width": width, "height": 800})
        await tab.page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        await tab.page.evaluate("Promise.all(document.getAnimations().map(one => one.finished.catch(() => {})))")
        assert await tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        result = await axe(tab.page)
        found = [
            f"{one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in result.response["violations"]
        ]
        assert not found, (width, theme, found)
    await tab.page.set_viewport_size({"width": 1280, "height": 800})
