"""A browser tab that watches what it does: hosts it asks, scripts that fail, dialogs that hostile text opens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from playwright.async_api import BrowserContext, ConsoleMessage, Dialog, FilePayload, Page, Request, expect

from tests.e2e.site import Site
from tests.people import invitation_key, sign_up_token

__all__ = ["PASSWORD", "Tab", "text_file"]

PASSWORD = "correct horse battery staple"

_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
    window.policyViolated(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))"""


@dataclass(kw_only=True)
class Tab:
    """One page of a context, and what went wrong in it."""

    page: Page
    site: Site
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def open(cls, context: BrowserContext, site: Site) -> AsyncIterator["Tab"]:
        """Fails at its end when the tab logged an error or asked another host."""
        tab = cls(page=await context.new_page(), site=site)
        tab.page.on("console", tab._on_console)
        await tab.page.expose_function("policyViolated", tab._on_violation)
        await tab.page.add_init_script(_VIOLATIONS)
        tab.page.on("pageerror", lambda error: tab.errors.append(str(error)))
        tab.page.on("request", tab._on_request)
        tab.page.on("dialog", tab._on_dialog)
        yield tab
        assert not tab.violations, f"the content security policy refused: {tab.violations}"
        assert not tab.foreign, f"asked other hosts: {tab.foreign}"
        assert not tab.errors, f"{tab.errors}\n{site.output()}"

    async def goto(self, path: str) -> None:
        """Open a page and wait until it can be clicked."""
        await self.page.goto(path)
        await self.page.wait_for_function("window.did_handshake === true")

    async def upload(self, *files: FilePayload) -> None:
        """Upload on the documents page and wait until every file can be asked about."""
        await self.goto("/documents")
        await self.page.get_by_test_id("files").set_input_files(list(files))
        for file in files:
            row = self.page.get_by_role("row").filter(has_text=file["name"])
            await expect(row.get_by_text("Ready", exact=True)).to_be_visible(timeout=60_000)

    async def ask(self, question: str, *, model: str = "") -> None:
        """Ask in the open conversation."""
        if model:
            await self.page.get_by_label("Model").select_option(label=model)
        await self.page.get_by_test_id("question").fill(question)
        await self.page.get_by_test_id("question").press("Enter")

    async def sign_up(self, *, organization: str, name: str, email: str, then: str = "/") -> None:
        """Create another organisation with a person of its own, who follows the link from the mail."""
        await self.page.goto("/sign-up")
        await self.page.get_by_label("Organization").fill(organization)
        await self.page.get_by_label("Your name").fill(name)
        await self.page.get_by_label("Email").fill(email)
        async with self.page.expect_response("**/auth/sign-up") as asked:
            await self.page.get_by_role("button", name="Send the link").click()
        await expect(self.page.get_by_role("heading", name="Look at your mails")).to_be_visible()
        token = sign_up_token(UUID((await (await asked.value).json())["id"]))
        await self.page.goto(f"/sign-up/finish#{token}")
        await self.page.get_by_label("Password").fill(PASSWORD)
        async with self.page.expect_response("**/auth/sign-up/finish") as finished:
            await self.page.get_by_role("button", name="Create organization").click()
        assert (await finished.value).ok, f"the link for {email} does not hold: has another test signed up with it?"
        await self.page.wait_for_url(f"{self.site.url}/")
        if then != "/":
            await self.page.goto(then)
        await self.page.wait_for_function("window.did_handshake === true")

    async def invite(self, email: str, *, role: str = "member") -> dict[str, str]:
        """Invite somebody; answers what the link in the mail holds."""
        me = await (await self.page.request.get("/api/v1/me")).json()
        invited = await self.post("/invitations", email=email, role=role)
        return invitation_key(UUID(me["organization"]["id"]), UUID(invited["id"]))

    async def welcome(self, *, name: str, email: str, role: str = "member") -> None:
        """Invite somebody new, who joins at once somewhere else."""
        key = await self.invite(email, role=role)
        async with httpx.AsyncClient(base_url=self.site.url) as elsewhere:
            body = {"name": name, "password": PASSWORD, **key}
            (await elsewhere.post("/api/v1/invitations/accept", json=body)).raise_for_status()

    async def post(self, path: str, **body: str | list[str]) -> Any:
        """Call the API with this browser's session."""
        answer = await self.page.request.post(f"/api/v1{path}", data=body, headers={"Origin": self.site.url})
        assert answer.ok, await answer.text()
        return await answer.json()

    def expect_errors(self, *expected: str) -> None:
        """Forget the errors that a test caused on purpose."""
        self.errors = [error for error in self.errors if not any(part in error for part in expected)]

    def _on_console(self, message: ConsoleMessage) -> None:
        # A page that is left before its socket stands says so: nobody caused that and nobody sees it.
        if message.type == "error" and "closed before the connection is established" not in message.text:
            self.errors.append(f"{message.text} {message.location['url']}")

    def _on_violation(self, said: str) -> None:
        self.violations.append(said)

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != urlsplit(self.site.url).netloc:
            self.foreign.append(request.url)

    async def _on_dialog(self, dialog: Dialog) -> None:
        self.errors.append(f"a script opened a dialog: {dialog.message}")
        await dialog.dismiss()


def text_file(name: str, text: str) -> FilePayload:
    """A plain text file."""
    return {"name": name, "mimeType": "text/plain", "buffer": text.encode()}
