"""What moves time for tests of sessions: their rows, as if something had happened earlier."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from tests.people import Person

Earlier = Callable[[Person, str, str], Awaitable[None]]


@pytest.fixture
def earlier(admin: asyncpg.Connection) -> Earlier:
    """Let a moment that a person's session remembers lie further back by an interval of Postgres."""

    async def move(person: Person, column: str, by: str) -> None:
        moved = f"update user_session set {column} = {column} - $2::text::interval where user_id = $1"
        assert await admin.execute(moved, person.user_id, by) != "UPDATE 0"

    return move
