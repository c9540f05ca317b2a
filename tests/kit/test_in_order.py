"""What a handler asks for is resolved where the handler runs."""

import asyncio
from typing import Any

from litestar import Litestar, get
from litestar.di import Provide
from litestar.testing import AsyncTestClient

from chatter.kit.web.in_order import resolve_in_order


async def test_dependencies_are_resolved_one_after_another_in_the_request_s_own_task() -> None:
    async def first() -> Any:
        return asyncio.current_task()

    async def second() -> Any:
        return asyncio.current_task()

    async def third(first: Any, second: Any) -> bool:
        return first is second is asyncio.current_task()

    @get("/", dependencies={"first": Provide(first), "second": Provide(second), "third": Provide(third)})
    async def handler(first: Any, third: bool) -> bool:
        return third and first is asyncio.current_task()

    api = Litestar([handler])
    resolve_in_order(api)
    async with AsyncTestClient(api) as client:
        assert (await client.get("/")).json() is True
