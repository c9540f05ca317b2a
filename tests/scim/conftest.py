"""Directories for these tests."""

import asyncpg
import pytest_asyncio

from tests.people import Person
from tests.scim.directory import Directory, connect


@pytest_asyncio.fixture
async def directory(owner: Person, admin: asyncpg.Connection) -> Directory:
    """The directory of a new organisation."""
    return await connect(owner, admin)
