"""Why a figure is missed: the same load once more, on a process that runs under the sampler."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from tests.bench.ingestion import ingest
from tests.bench.lists import read
from tests.bench.organization import API, sign_up
from tests.bench.retrieval import search
from tests.bench.scene import LOADS, ONE, Scene
from tests.bench.startup import settle, until_page

__all__ = ["profile"]


async def profile(scene: Scene, name: str) -> str | None:
    """Return the profile of that name, None when there is no load of that name to repeat."""
    out = scene.stand.folder / f"profile-{name.replace(' ', '-')}.txt"
    if name == "start":
        with scene.stand.web(profile=out) as web:
            until_page(web.port, path="/", cookie=f"chatter_session={scene.organization.token}")
    elif name == "ingestion":
        await _ingestion(scene, out)
    elif name in _WEB:
        with scene.stand.web(profile=out) as web:
            await _WEB[name](scene.on(web), lambda: web.signal(signal.SIGUSR1))
    return out.read_text().rstrip() if out.exists() else None


async def _ingestion(scene: Scene, out: Path) -> None:
    scene.worker.stop()
    with scene.stand.worker(profile=out) as worker:
        organization = await sign_up(scene.web.port, name="Profile")
        processes = {"worker": worker.pid}
        admin = scene.stand.urls.admin
        await ingest(organization, admin_url=admin, count=5, seed=11, processes=processes)
        worker.signal(signal.SIGUSR1)
        await ingest(organization, admin_url=admin, count=60, seed=12, processes=processes)


async def _turns(scene: Scene, warm: Callable[[], None]) -> None:
    settle(scene.web.pid)
    await scene.chat.one_by_one(ONE, rounds=5)
    warm()
    for _ in range(3):
        await scene.chat.at_once(LOADS[0])


async def _short_turns(scene: Scene, warm: Callable[[], None]) -> None:
    settle(scene.web.pid)
    await scene.chat.one_by_one(ONE, rounds=5)
    warm()
    await scene.chat.one_by_one(ONE, rounds=120)


async def _lists(scene: Scene, warm: Callable[[], None]) -> None:
    settle(scene.web.pid)
    path = f"{API}/conversations?limit=50"
    await read(scene.organization, path, rounds=20, processes={})
    warm()
    await read(scene.organization, path, rounds=200, processes={})


async def _retrieval(scene: Scene, warm: Callable[[], None]) -> None:
    settle(scene.web.pid)
    warm()
    await search(scene.library, app_url=scene.stand.urls.app, rounds=200, processes={})


_WEB: Mapping[str, Callable[[Scene, Callable[[], None]], Awaitable[None]]] = {
    "turns": _turns,
    "short turns": _short_turns,
    "lists": _lists,
    "retrieval": _retrieval,
}
