"""Mails that are kept on the server hold links, so only who set the server up reads them, and only their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio

from chatter.api import build_api
from chatter.kit.settings import Settings
from tests.llm.apps import calling
from tests.people import Person, sign_up
from tests.servers import Servers, worker_number


@pytest_asyncio.fixture
async def fresh(
    servers: Servers, settings: Settings, worker_id: str, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """A server that nobody has signed up to."""
    urls = await servers.database(f"chatter_mails_{worker_id}")
    changes = {
        "database_url": urls.admin,
        "data_dir": tmp_path,
        "redis_url": servers.redis_url(worker_number(worker_id)),
    }
    async with calling(build_api(settings.model_copy(update=changes))) as client:
        yield client


async def test_the_owner_of_the_first_organisation_reads_them_and_no_other_owner(fresh: httpx.AsyncClient) -> None:
    first, second = await sign_up(fresh), await sign_up(fresh)
    assert (await first.get("/me")).json()["reads_mails"] is True
    assert (await first.get("/mails")).json() == {"items": []}
    assert (await second.get("/me")).json()["reads_mails"] is False
    assert (await second.get("/mails")).json()["code"] == "mails_elsewhere"


async def test_an_admin_of_the_first_organisation_does_not(fresh: httpx.AsyncClient) -> None:
    first = await sign_up(fresh)
    admin: Person = await first.colleague("admin")
    assert (await admin.get("/mails")).status_code == 403
    assert (await admin.get("/me")).json()["reads_mails"] is False


async def test_where_a_mail_server_sends_them_there_is_nothing_to_read(
    servers: Servers, settings: Settings, worker_id: str, tmp_path: Path
) -> None:
    urls = await servers.database(f"chatter_mails_{worker_id}")
    changes = {"database_url": urls.admin, "data_dir": tmp_path, "smtp_url": "smtp://127.0.0.1:9"}
    async with calling(build_api(settings.model_copy(update=changes))) as client:
        first = await sign_up(client)
        assert (await first.get("/me")).json()["reads_mails"] is False
        assert (await first.get("/mails")).json()["code"] == "mails_elsewhere"
