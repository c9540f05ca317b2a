"""Apps and devices ask in the browser; the command line is let in by both ways, and out again."""

import asyncio
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from playwright.async_api import expect

from tests.e2e.axe import axe
from tests.e2e.site import Site
from tests.e2e.tab import Tab
from tests.oauth.app import App, told


def environment(site: Site, folder: Path, **other: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHATTER_")}
    return kept | {"XDG_CONFIG_HOME": str(folder / "config"), "COLUMNS": "400"} | other


def run(site: Site, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chatter.cli", *arguments]
    return subprocess.run(
        command, env=environment(site, folder), cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


async def test_an_app_is_let_in_and_thrown_out_in_the_browser(tab: Tab, site: Site) -> None:
    page = tab.page
    async with httpx.AsyncClient(base_url=site.url) as http:
        app = await App.registered(http, redirect_uri=f"{site.url}/keys")
        asked = urlencode(app.request(scope="documents:document:read"))
        response = await page.goto(f"/authorize?{asked}")
        assert response is not None
        assert "frame-ancestors 'none'" in str(await response.header_value("content-security-policy"))
        await expect(page.get_by_role("heading", level=1)).to_have_text("Let “Notes” act for you?")
        await expect(page.get_by_text("this server does not know it")).to_be_visible()
        await accessible(tab)
        await page.set_viewport_size({"width": 390, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await page.emulate_media(color_scheme="dark")
        await accessible(tab)
        await page.get_by_role("button", name="Let it act").press("Enter")
        await page.wait_for_url("**/keys?code=*")
        answer = told(page.url)
        assert (answer["state"], answer["iss"]) == ("a state", site.url)
        tokens = (await app.redeem(answer["code"])).json()
        assert (await app.call(tokens["access_token"])).status_code == 200
        await tab.goto("/apps")
        row = page.get_by_role("table", name="Apps").get_by_role("row", name="Notes")
        await accessible(tab)
        await row.get_by_role("button", name="Take back").click()
        await page.get_by_role("button", name="Take back", exact=True).last.click()
        await expect(page.get_by_text("No app acts for you")).to_be_visible()
        assert (await app.call(tokens["access_token"])).status_code == 401
        await page.goto(f"/authorize?{asked}")
        await page.get_by_role("button", name="No").click()
        await page.wait_for_url("**/keys?error=*")
        assert told(page.url)["error"] == "access_denied"
        await page.goto(f"/authorize?{asked}&scope=nonsense".replace("scope=documents", "was=documents"))
        await expect(page.get_by_role("heading", level=1)).to_have_text("The app asked wrongly")
        await accessible(tab)


async def test_an_administrator_sees_what_acts_for_members_and_throws_it_out(tab: Tab, site: Site) -> None:
    page = tab.page
    async with httpx.AsyncClient(base_url=site.url) as http:
        app = await App.registered(http, redirect_uri=f"{site.url}/keys")
        await page.goto(f"/authorize?{urlencode(app.request(scope='documents:document:read'))}")
        await page.get_by_role("button", name="Let it act").press("Enter")
        await page.wait_for_url("**/keys?code=*")
        tokens = (await app.redeem(told(page.url)["code"])).json()
        await page.set_viewport_size({"width": 390, "height": 800})
        await tab.goto("/member-apps")
        row = page.get_by_role("table", name="Members' apps").get_by_role("row", name="Notes")
        await expect(row).to_contain_text("calls itself so")
        await accessible(tab)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await row.get_by_role("button", name="Take back").press("Enter")
        await page.get_by_role("button", name="Take back", exact=True).last.press("Enter")
        await expect(page.get_by_text("No app acts for anybody here")).to_be_visible()
        await accessible(tab)
        assert (await app.call(tokens["access_token"])).status_code == 401


@pytest.mark.timeout(300)
async def test_a_terminal_is_let_in_by_a_code_and_signs_itself_out(tab: Tab, site: Site, tmp_path: Path) -> None:
    page = tab.page
    command = [sys.executable, "-m", "chatter.cli", "login", "--device", "--url", site.url]
    login = await asyncio.create_subprocess_exec(
        *command, env=environment(site, tmp_path), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert login.stdout is not None
    shown = ""
    while not (code := re.search(r"type\s+([A-Z]{4}-[A-Z]{4})", shown)):
        shown += (await login.stdout.readline()).decode()
    assert f"{site.url}/device" in shown
    await page.goto("/device?user_code=BBBB-BBBB")
    await expect(page.get_by_text("Check the code")).to_be_visible()
    await accessible(tab)
    await page.get_by_label("Code").fill(code[1].lower())
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_text("It belongs to this server.")).to_be_visible()
    await accessible(tab)
    await page.get_by_role("button", name="Let it act").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("The device is connected")
    output, errors = await login.communicate()
    assert login.returncode == 0, errors.decode()
    assert "This terminal acts on" in output.decode()

    kept = tmp_path / "config" / "chatter" / "sign-in.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    listed = await asyncio.to_thread(run, site, tmp_path, "documents", "list")
    assert listed.returncode == 0, listed.stderr
    before = json.loads(kept.read_text())
    kept.write_text(json.dumps(before | {"expires_at": 0}))
    both = [asyncio.to_thread(run, site, tmp_path, "documents", "list") for _ in range(2)]
    assert [ended.returncode for ended in await asyncio.gather(*both)] == [0, 0], "one renews, the other waits for it"
    after = json.loads(kept.read_text())
    assert after["refresh_token"] != before["refresh_token"]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600

    logout = await asyncio.to_thread(run, site, tmp_path, "logout")
    assert (logout.returncode, kept.exists()) == (0, False)
    kept.write_text(json.dumps(after))
    refused = await asyncio.to_thread(run, site, tmp_path, "documents", "list")
    assert refused.returncode == 1
    assert "chatter login" in refused.stderr


@pytest.mark.timeout(300)
async def test_a_terminal_is_let_in_by_the_browser_that_it_opens(tab: Tab, site: Site, tmp_path: Path) -> None:
    """Its browser is a program that notes the address; ours goes there."""
    noted = tmp_path / "address"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{noted}.part" && mv "{noted}.part" "{noted}"\n')
    browser.chmod(0o755)
    script = "import os, pty, sys; os._exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"  # it wants a terminal
    command = [sys.executable, "-c", script, sys.executable, "-m", "chatter.cli", "login", "--url", site.url]
    own = environment(site, tmp_path, BROWSER=f"{browser} %s", DISPLAY=":0")
    own.pop("SSH_CONNECTION", None)
    login = await asyncio.create_subprocess_exec(
        *command, env=own, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    reading = asyncio.create_task(login.communicate())
    async with asyncio.timeout(60):
        while not noted.exists():
            assert not reading.done(), reading.result()
            await asyncio.sleep(0.05)
    context = tab.page.context
    page = await context.new_page()
    await page.goto(noted.read_text())
    await page.get_by_role("button", name="Let it act").click()
    await expect(page.get_by_text("You can close this page")).to_be_visible()
    output, errors = await reading
    assert login.returncode == 0, (output, errors)
    listed = await asyncio.to_thread(run, site, tmp_path, "documents", "list")
    assert listed.returncode == 0, listed.stderr
    assert (await asyncio.to_thread(run, site, tmp_path, "logout")).returncode == 0


async def accessible(tab: Tab) -> None:
    result = await axe(tab.page)
    assert not result.response["violations"], [one["id"] for one in result.response["violations"]]
