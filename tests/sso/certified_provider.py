"""The certified npm `oidc-provider`, started here: installed once a lock file, a process for each test that asks."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from tests.node_packages import NODE, installed
from tests.sso.evil_provider import CLIENT_ID, CLIENT_SECRET

__all__ = ["CertifiedProvider"]

_SOURCE = Path(__file__).parent / "oidc_provider"
_MOST_PAGES = 12


class CertifiedProvider:
    """A running provider, and the browser of the one person that it knows."""

    def __init__(self, process: asyncio.subprocess.Process, issuer: str, browser: httpx.AsyncClient) -> None:
        self.issuer = issuer
        self.browser = browser
        self.email = ""
        self._process = process

    @classmethod
    @asynccontextmanager
    async def serving(cls, *, email: str = "dana@acme.test") -> AsyncIterator["CertifiedProvider"]:
        folder = await asyncio.to_thread(installed, _SOURCE, name="oidc-provider")
        process = await asyncio.create_subprocess_exec(
            *(NODE, folder / "server.mjs"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        config = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "clients": [], "email": email, "groups": []}
        try:
            issuer = (await _told(process, config))["issuer"]
            async with httpx.AsyncClient() as browser:
                yield cls(process, issuer, browser)
        finally:
            assert process.stdin
            process.stdin.close()
            await process.wait()

    async def configure(self, **config: Any) -> None:
        """Change what it knows: `clients` are the addresses of ours, `email` and `groups` those of its person."""
        await _told(self._process, {"config": config})

    async def rotate(self, *, overlap: bool) -> None:
        """Sign with a new key from now on; with an overlap the one before stays published."""
        await _told(self._process, {"rotate": "overlap" if overlap else "replace"})

    async def sign_in(self, address: str, *, back_to: str) -> str:
        """Go through its pages like a person: where it sends the browser in the end."""
        return await self._walk(await self.browser.get(address), back_to=back_to)

    async def sign_out(self, address: str, *, back_to: str) -> str:
        """Confirm that one wants to leave."""
        return await self._walk(await self.browser.get(address), back_to=back_to)

    async def _walk(self, answer: httpx.Response, *, back_to: str) -> str:
        for _ in range(_MOST_PAGES):
            if answer.is_redirect:
                there = urljoin(str(answer.url), answer.headers["location"])
                if there.startswith(back_to):
                    return there
                answer = await self.browser.get(there)
            else:
                address, form = _filled(answer)
                answer = await self.browser.post(address, data=form)
        raise AssertionError(f"never came back to {back_to}: {answer.status_code} {answer.text[:500]}")


def _filled(page: httpx.Response) -> tuple[str, dict[str, str]]:
    """The page's form, as a person fills it in."""
    assert page.status_code == 200, page.text[:500]
    action = page.text.partition('action="')[2].partition('"')[0]
    form = {"login": "subject-1", "password": "any", "logout": "yes"}
    for field in page.text.split("<input")[1:]:
        name, value = (field.partition(f'{key}="')[2].partition('"')[0] for key in ("name", "value"))
        if 'type="hidden"' in field.partition(">")[0]:
            form[name] = value
    return urljoin(str(page.url), action), form


async def _told(process: asyncio.subprocess.Process, what: dict[str, Any]) -> dict[str, Any]:
    """Say a line, and read the next line that is an answer: it warns in between."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(what).encode() + b"\n")
    await process.stdin.drain()
    while line := await process.stdout.readline():
        if line.startswith(b"{"):
            return dict(json.loads(line))
    raise AssertionError("the provider has ended")
