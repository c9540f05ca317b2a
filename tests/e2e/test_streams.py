"""A run belongs to nobody's tab: others see it from its beginning, leaving does not stop it, anybody may."""

from playwright.async_api import Browser, expect

from tests.e2e.site import Site
from tests.e2e.tab import PASSWORD, Tab, text_file

SLOW = "tokens-240@30"


async def _start(tab: Tab) -> None:
    await tab.upload(text_file("Fire drill.txt", "The fire drill takes place on the first Monday of May at ten."))
    await tab.goto("/chat")
    await tab.ask("When does the fire drill take place?", model=SLOW)
    await expect(tab.page.get_by_test_id("answer-text")).to_contain_text("w5 ")


async def test_a_second_tab_shows_a_running_answer_from_its_beginning(tab: Tab) -> None:
    await _start(tab)
    async with Tab.open(tab.page.context, tab.site) as second:
        await second.goto(tab.page.url)
        text = second.page.get_by_test_id("answer-text")
        await expect(text).to_contain_text("w0 w1 w2 ")
        assert await second.page.get_by_test_id("answer").get_attribute("aria-busy") == "true"
        await expect(text).to_contain_text("w239")
        words = (await text.inner_text()).split()
    assert words == [f"w{number}" for number in range(240)]
    assert (await tab.page.get_by_test_id("answer-text").inner_text()).split() == words


async def test_a_reload_in_the_middle_loses_nothing(tab: Tab) -> None:
    await _start(tab)
    await tab.page.reload()
    text = tab.page.get_by_test_id("answer-text")
    await expect(text).to_contain_text("w239")
    assert (await text.inner_text()).split() == [f"w{number}" for number in range(240)]


async def test_stop_keeps_what_had_come(tab: Tab) -> None:
    await _start(tab)
    await tab.page.get_by_role("button", name="Stop the answer").click()
    await expect(tab.page.get_by_text("This answer was stopped.")).to_be_visible()
    kept = (await tab.page.get_by_test_id("answer-text").inner_text()).split()
    assert kept[:3] == ["w0", "w1", "w2"]
    assert len(kept) < 240
    await tab.page.reload()
    await expect(tab.page.get_by_test_id("answer-text")).to_contain_text(" ".join(kept[:5]))


async def test_a_lost_connection_is_taken_up_where_it_broke(tab: Tab) -> None:
    await _start(tab)
    await tab.page.context.set_offline(True)
    await expect(tab.page.get_by_text("Connection lost.")).to_be_visible()
    await tab.page.context.set_offline(False)
    text = tab.page.get_by_test_id("answer-text")
    await expect(text).to_contain_text("w239", timeout=40_000)
    assert (await text.inner_text()).split() == [f"w{number}" for number in range(240)]
    tab.expect_errors("ERR_INTERNET_DISCONNECTED")


async def test_who_is_put_out_in_the_middle_of_an_answer_is_out_and_told_so(
    tab: Tab, site: Site, browser: Browser
) -> None:
    await tab.upload(text_file("Night shift.txt", "The night shift begins at ten in the evening."))
    origin = {"Origin": site.url}
    await tab.welcome(name="Nils Berg", email="nils@acme.test", role="member")
    context = await browser.new_context(base_url=site.url)
    async with Tab.open(context, site) as other:
        credentials = {"email": "nils@acme.test", "password": PASSWORD}
        signed_in = await other.page.request.post("/api/v1/auth/sign-in", data=credentials, headers=origin)
        await other.goto("/chat")
        await other.ask("When does the night shift begin?", model=SLOW)
        await expect(other.page.get_by_test_id("answer-text")).to_contain_text("w5 ")
        user_id = (await signed_in.json())["user"]["id"]
        await tab.page.request.post(f"/api/v1/members/{user_id}/suspend", headers=origin)
        await expect(other.page.get_by_text("Your session has ended.")).to_be_visible(timeout=5_000)
        other.expect_errors("401", "403")
    await context.close()


async def test_a_draft_survives_leaving_the_page(tab: Tab) -> None:
    await tab.goto("/chat")
    await tab.page.get_by_test_id("question").fill("Half a thought")
    await tab.goto("/settings")
    await tab.goto("/chat")
    await expect(tab.page.get_by_test_id("question")).to_have_value("Half a thought")
    await tab.page.get_by_test_id("question").fill("")
