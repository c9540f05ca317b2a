"""One call of each route that takes more than an example, for the test that drives every mutation."""

import asyncpg
import httpx

from tests.sso.company import found_company
from tests.sso.evil_provider import EvilProvider

__all__ = ["finish_sso", "tell_of_a_logout"]


async def finish_sso(client: httpx.AsyncClient, admin: asyncpg.Connection, request_id: str) -> httpx.Response:
    """Somebody whom the provider has signed in before comes back from it."""
    async with EvilProvider().serving() as provider:
        company = await found_company(client, provider, admin)
        assert (await company.sign_in()).status_code == 200
        browser = company.browser()
        back = provider.sign_in(await company.depart(browser))
        return await browser.get(back, request_id=request_id)


async def tell_of_a_logout(client: httpx.AsyncClient, admin: asyncpg.Connection, request_id: str) -> httpx.Response:
    """The provider ends the sessions of somebody who is signed in."""
    async with EvilProvider().serving() as provider:
        company = await found_company(client, provider, admin)
        assert (await company.sign_in()).status_code == 200
        form, headers = {"logout_token": provider.logout_token()}, {"X-Request-ID": request_id}
        return await client.post(f"{company.path}/backchannel-logout", data=form, headers=headers)
