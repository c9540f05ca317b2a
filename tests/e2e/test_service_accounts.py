"""A service account is made in the browser; its key uploads and asks from the command line."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.e2e.axe import axe
from tests.e2e.site import Site
from tests.e2e.tab import Tab


def run(site: Site, folder: Path, *arguments: str, key: str) -> subprocess.CompletedProcess[str]:
    """The command, of somebody who never signed in here."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHATTER_")}
    own = {"CHATTER_API_KEY": key, "CHATTER_URL": site.url, "XDG_CONFIG_HOME": str(folder / "config")}
    command = [sys.executable, "-m", "chatter.cli", *arguments]
    return subprocess.run(command, env=kept | own, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.timeout(300)
async def test_a_key_from_the_browser_uploads_and_asks_from_the_command_line(
    tab: Tab, site: Site, tmp_path: Path
) -> None:
    page, name = tab.page, f"Import {uuid4().hex[:8]}"
    await tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await tab.goto("/service-accounts")
    await page.get_by_role("button", name="New service account").click()
    dialog = page.get_by_role("dialog", name="New service account")
    await dialog.get_by_label("Name").fill(name)
    await dialog.get_by_label("Role").select_option(label="Editor")
    await accessible(tab)
    await dialog.get_by_role("button", name="Make service account").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)
    await expect(page.get_by_text("No keys yet")).to_be_visible()
    await page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog", name="New key")
    await dialog.get_by_label("Name").fill("Laptop")
    await dialog.get_by_role("button", name="Make key").click()
    await dialog.get_by_role("button", name="Copy").click()
    await expect(dialog.get_by_text("Copied")).to_be_visible()
    await accessible(tab)
    key = str(await page.evaluate("navigator.clipboard.readText()"))
    assert key == await dialog.get_by_test_id("secret").inner_text()
    await dialog.get_by_role("button", name="Done").click()

    (tmp_path / "Tides.txt").write_text(f"The {name} ferry leaves at a quarter past seven in the morning.")
    added = await asyncio.to_thread(run, site, tmp_path, "documents", "add", "Tides.txt", key=key)
    assert added.returncode == 0, added.stdout + added.stderr
    asked = await asyncio.to_thread(run, site, tmp_path, "ask", f"When does the {name} ferry leave?", key=key)
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert "Tides.txt" in asked.stdout

    await page.reload()
    row = page.get_by_role("table", name="Keys").get_by_role("row", name="Laptop")
    await expect(row).to_contain_text("Active")
    await expect(page.get_by_text("It owns 1 document and 1 conversation.")).to_be_visible()
    await accessible(tab)
    await row.get_by_role("button", name="Revoke").click()
    await page.get_by_role("button", name="Revoke", exact=True).last.click()
    await expect(row).to_contain_text("Revoked")
    refused = await asyncio.to_thread(run, site, tmp_path, "documents", "list", key=key)
    assert refused.returncode == 1
    assert "not signed in" in refused.stderr


async def accessible(tab: Tab) -> None:
    result = await axe(tab.page)
    assert not result.response["violations"], [one["id"] for one in result.response["violations"]]
