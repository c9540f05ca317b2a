"""The npm `aimock`, started here: a process for whoever asks, with answers and faults by the name of a model."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.node_packages import NODE, installed

__all__ = ["Aimock", "Asked", "serve_aimock"]

_SOURCE = Path(__file__).parent / "server"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that it has journalled."""

    path: str
    status: int
    interrupted: bool
    headers: dict[str, str]
    body: dict[str, Any]
    """As the provider understood it: in OpenAI's words, whatever the wire."""


class Aimock:
    """A running provider."""

    def __init__(self, url: str, control: httpx.AsyncClient, process: asyncio.subprocess.Process) -> None:
        self.url = url
        self._control = control
        self._process = process
        self._saying = asyncio.Lock()

    async def answers(self, model: str, response: dict[str, Any], **how: Any) -> None:
        """From now on this model answers so; `how` are the streaming options of a fixture."""
        await self.fixture({"match": {"model": model}, "response": response, **how})

    async def fixture(self, fixture: dict[str, Any]) -> None:
        """Give it an answer in its own words."""
        assert self._process.stdin
        assert self._process.stdout
        async with self._saying:
            self._process.stdin.write(json.dumps(fixture).encode() + b"\n")
            await self._process.stdin.drain()
            assert await self._process.stdout.readline(), "the provider has ended"

    async def forget_answers(self) -> None:
        """Forget what to answer, so that looking for an answer stays quick; the journal is kept."""
        answer = await self._control.delete("/__aimock/fixtures")
        assert answer.is_success, answer.text

    async def journalled(self) -> int:
        """How many requests it has had."""
        answer = await self._control.get("/__aimock/journal?limit=0")
        return int(answer.headers["x-total-count"])

    async def chaos(self, **rates: float) -> None:
        """Let requests fail at random, at these rates."""
        answer = await self._control.post("/__aimock/chaos", json=rates)
        assert answer.is_success, answer.text

    async def journal(self) -> list[Asked]:
        """What it was asked, oldest first."""
        entries = (await self._control.get("/__aimock/journal")).json()
        return [
            Asked(
                path=entry["path"],
                status=entry["response"]["status"],
                interrupted=bool(entry["response"].get("interrupted")),
                headers=entry["headers"],
                body=entry["body"] or {},
            )
            for entry in entries
        ]


@asynccontextmanager
async def serve_aimock() -> AsyncIterator[Aimock]:
    """Start it on loopback; it ends with the block."""
    folder = await asyncio.to_thread(installed, _SOURCE, name="aimock")
    process = await asyncio.create_subprocess_exec(
        *(NODE, folder / "server.mjs"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin
    assert process.stdout
    try:
        url = json.loads(await process.stdout.readline())["url"]
        async with httpx.AsyncClient(base_url=url) as control:
            yield Aimock(url, control, process)
    finally:
        process.stdin.close()
        await process.wait()
