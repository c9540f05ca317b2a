"""In the process of one mutant: the attacks, on clones of the database that its parent made."""

import asyncio
import os
import pickle
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import structlog

from tests.mutation.trial import first_failure
from tests.security.stand import Cast, Place, Stand
from tests.servers import RUN, Servers

__all__ = ["run"]


def run(order: dict[str, Any]) -> str | None:
    """`modules` are the attacks, `only` may be one; `templates` are the databases for the stands, `cast` is a file."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    cast = pickle.loads(Path(order["cast"]).read_bytes())  # noqa: S301  # written by our parent
    return asyncio.run(_run(order, cast, Servers(Path(os.environ[RUN]))))


async def _run(order: dict[str, Any], cast: Cast, servers: Servers) -> str | None:
    async with AsyncExitStack() as stack:
        built: dict[str, Stand] = {}

        async def build(name: str) -> Stand:
            if name not in built:
                urls = await servers.clone(f"chatter_mutant_{name}", template=order["templates"][name])
                place = Place(urls, order["redis"], Path(stack.enter_context(tempfile.TemporaryDirectory())))
                built[name] = await stack.enter_async_context(Stand.open(place, cast))
            return built[name]

        return await first_failure(order["modules"], list(order["templates"]), build, only=order["only"])
