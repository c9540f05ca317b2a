"""Inviting somebody, joining, teams, and tabs that act in different organisations."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, expect

from tests.e2e.axe import axe
from tests.e2e.site import Site
from tests.e2e.tab import PASSWORD, Tab


async def invite(page: Page, email: str) -> None:
    await page.get_by_role("button", name="Invite people").click()
    dialog = page.get_by_role("dialog", name="Invite somebody")
    await dialog.get_by_label("Email").fill(email)
    await dialog.get_by_role("button", name="Send invitation").click()
    row = page.get_by_role("row").filter(has_text=email)
    await expect(row.get_by_text("Sent", exact=True)).to_be_visible()


async def link_of(tab: Tab, email: str) -> str:
    """The link in the mail that the first organisation's owner reads."""
    await tab.goto("/mails")
    mail = tab.page.locator(".lx-card").filter(has_text=f"To {email}")
    found = re.search(r"http\S+/invite/\S+", await mail.locator("pre").inner_text())
    assert found is not None
    parts = urlsplit(found[0])
    return f"{parts.path}#{parts.fragment}"


async def test_somebody_invited_by_mail_joins_and_the_link_is_used_up(tab: Tab, site: Site, browser: Browser) -> None:
    await tab.goto("/invitations")
    await invite(tab.page, "ina@example.test")
    link = await link_of(tab, "ina@example.test")

    context = await browser.new_context(base_url=site.url)
    async with Tab.open(context, site) as other:
        await other.page.goto(link)
        await expect(other.page.get_by_role("heading", level=1)).to_have_text("Join Acme Inc.")
        await other.page.get_by_label("Your name").fill("Ina Berg")
        await other.page.get_by_label("Choose a password").fill(PASSWORD)
        await other.page.get_by_role("button", name="Join").click()
        await expect(other.page.get_by_role("heading", level=1)).to_have_text("Hello, Ina")
    await context.close()

    stranger = await browser.new_context(base_url=site.url)
    page = await stranger.new_page()
    await page.goto(link)
    await expect(page.get_by_role("alert")).to_contain_text("This invitation was used")
    await stranger.close()


async def test_who_is_signed_in_as_somebody_else_is_told_so(tab: Tab) -> None:
    await tab.goto("/invitations")
    await invite(tab.page, "ole@example.test")
    link = await link_of(tab, "ole@example.test")
    await tab.page.goto(link)
    await expect(tab.page.get_by_text("this invitation is for another address")).to_be_visible()


async def test_a_team_gets_a_member_and_loses_its_name(tab: Tab) -> None:
    page = tab.page
    await tab.goto("/teams")
    await page.get_by_role("button", name="New team").click()
    dialog = page.get_by_role("dialog", name="New team")
    await dialog.get_by_label("Name").fill("Support")
    await dialog.get_by_role("button", name="Create team").click()
    await page.get_by_role("link", name="Support", exact=True).click()
    await page.get_by_label("Member").select_option(label="Dana Reyes, dana@acme.test")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("row", name="Dana Reyes")).to_be_visible()
    await page.get_by_label("Name").fill("Helpers")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Helpers")


async def test_two_tabs_act_in_different_organisations_and_keep_to_them(
    site: Site, browser: Browser, owner: Path
) -> None:
    context = await browser.new_context(base_url=site.url, storage_state=owner)
    async with Tab.open(context, site) as first, Tab.open(context, site) as second:
        await first.goto("/")
        await second.goto("/")
        await second.page.get_by_role("button", name="Acme Inc.").click()
        await second.page.get_by_role("link", name="New organization…").click()
        await second.page.get_by_label("Name").fill("Beta GmbH")
        await second.page.get_by_role("button", name="Create organization").click()
        await expect(second.page.get_by_text("Beta GmbH · last 30 days")).to_be_visible()
        await first.goto("/members")
        await expect(first.page.get_by_text("People in Acme Inc.")).to_be_visible()
        await second.goto("/members")
        await expect(second.page.get_by_text("People in Beta GmbH")).to_be_visible()
        await first.goto("/members")
        await expect(first.page.get_by_text("People in Acme Inc.")).to_be_visible()
    await context.close()


async def test_an_owner_deletes_an_organisation_and_restores_it(site: Site, browser: Browser, owner: Path) -> None:
    context = await browser.new_context(base_url=site.url)
    async with Tab.open(context, site) as tab:
        page = tab.page
        await tab.sign_up(organization="Delta Ltd", name="Del Roy", email="del@delta.test", then="/settings")
        await page.get_by_role("button", name="Delete organization…").click()
        dialog = page.get_by_role("dialog", name="Delete organization")
        await dialog.get_by_label("Name of the organization").fill("Delta Ltd")
        await dialog.get_by_label("Your password").fill(PASSWORD)
        await dialog.get_by_role("button", name="Delete organization").click()
        await expect(page.get_by_role("heading", name="This organization is being deleted")).to_be_visible()
        await expect(page.get_by_role("link", name="Documents")).to_have_count(0)
        await page.get_by_role("button", name="Restore it").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Del")
    await context.close()


async def test_the_ownership_is_handed_over_in_the_settings(site: Site, browser: Browser, owner: Path) -> None:
    context = await browser.new_context(base_url=site.url)
    async with Tab.open(context, site) as tab:
        page = tab.page
        await tab.sign_up(organization="Epsilon", name="Eve Ost", email="eve@epsilon.test")
        await tab.welcome(name="Hal Bo", email="hal@epsilon.test")
        await tab.goto("/settings")
        await page.get_by_role("button", name="Transfer ownership…").click()
        dialog = page.get_by_role("dialog", name="Transfer ownership")
        await dialog.get_by_label("Your password").fill(PASSWORD)
        await dialog.get_by_role("button", name="Transfer ownership").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Eve")
        await tab.goto("/account")
        await expect(page.get_by_text("Your role is admin").first).to_be_visible()
        await tab.goto("/settings")
        await expect(page.get_by_role("heading", name="Appearance")).to_be_visible()
        await expect(page.get_by_role("button", name="Delete organization…")).to_have_count(0)
    await context.close()


async def test_an_offboarded_member_is_gone_and_the_work_is_shown_done(
    site: Site, browser: Browser, owner: Path
) -> None:
    context = await browser.new_context(base_url=site.url)
    async with Tab.open(context, site) as tab:
        page = tab.page
        await tab.sign_up(organization="Zeta", name="Zoe Ray", email="zoe@zeta.test")
        await tab.welcome(name="Leo Fay", email="leo@zeta.test")
        await tab.goto("/members")
        await page.get_by_role("button", name="Offboard Leo Fay").click()
        dialog = page.get_by_role("dialog", name="Offboard Leo Fay")
        await expect(dialog.get_by_label("Who takes over")).to_have_value(re.compile("."))
        await dialog.get_by_role("button", name="Offboard").click()
        order = page.get_by_role("table", name="Offboardings").get_by_role("row", name="Leo Fay")
        await expect(order.get_by_text("Done", exact=True)).to_be_visible()
        await expect(page.get_by_role("table", name="Members").get_by_role("row", name="Leo Fay")).to_have_count(0)
    await context.close()


async def test_an_unproven_domain_shows_the_record_to_publish(site: Site, browser: Browser, owner: Path) -> None:
    context = await browser.new_context(base_url=site.url, storage_state=owner)
    async with Tab.open(context, site) as tab:
        page = tab.page
        await tab.goto("/settings")
        await page.get_by_label("Domain").fill("acme.test")
        await page.get_by_role("button", name="Add domain").click()
        await expect(page.get_by_text("_chatter-challenge.acme.test")).to_be_visible()
        await expect(page.get_by_text("chatter-verification=")).to_be_visible()
        result = await axe(page)
        assert result.response["violations"] == []
        await page.locator(".lx-domain").get_by_role("button", name="Remove").click()
        await expect(page.get_by_text("_chatter-challenge.acme.test")).to_have_count(0)
    await context.close()


async def test_a_link_that_proves_nothing_says_so(site: Site, browser: Browser, owner: Path) -> None:
    context = await browser.new_context(base_url=site.url)
    async with Tab.open(context, site) as tab:
        await tab.page.goto("/prove#nothing")
        await expect(tab.page.get_by_role("heading", level=1)).to_have_text("Not confirmed")
        result = await axe(tab.page)
        assert result.response["violations"] == []
        tab.expect_errors("404")
    await context.close()
