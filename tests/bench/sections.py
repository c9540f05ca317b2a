"""The sections of the table. Each measures one promise and returns its figures."""

import asyncio
import os
import statistics
from contextlib import suppress
from pathlib import Path

from chatter.llm.presets import EMBEDDING_MODEL_NAME
from tests.bench.access import GRANTS, decide
from tests.bench.accounting import cpu_of_tree, on_one_core, resident_megabytes
from tests.bench.figures import Figure
from tests.bench.ingestion import ingest
from tests.bench.isolation import isolated
from tests.bench.library import fill, neighbours
from tests.bench.lists import read
from tests.bench.organization import API, sign_up
from tests.bench.provider import Load, first_token_seconds, relayed_token_cost
from tests.bench.retrieval import Found, search
from tests.bench.scene import LOADS, ONE, Scene
from tests.bench.sealing import WRITERS, wait_for_seals
from tests.bench.stand import Stand
from tests.bench.startup import Installation, settle, until_page
from tests.bench.turns import Spent

__all__ = ["access", "audit", "ingestion", "lists", "local_ingestion", "memory", "retrieval", "start", "turns"]

_ROUNDS = 2
_SHORT_TURNS = 60
_BLOCKS = 4
_STEADY_ROUNDS = 4
_DOCUMENTS = 150
_DOCUMENTS_LOCAL = 10
_SIZES = {"tiny": 200, "middle": 2000, "big": 100_000 if os.environ.get("BENCH_FULL") else 20_000}


async def turns(scene: Scene) -> list[Figure]:
    """Streamed turns beside two relays, alternated, then short turns one by one.

    The raw one passes bytes on; the one that stores does what any product must, and is what the aim is against.
    """
    figures: list[Figure] = []
    await scene.chat.one_by_one(ONE, rounds=5)
    for load in LOADS:
        relay, storing, ours = await _alternated(scene, load)
        web = statistics.median(spent.per_token("web") for spent in ours) * 1000
        name, why = f"CPU a token, {load.streams} turns of {load.tokens}", "turns"
        figures += [
            _figure(f"{name}: raw relay", relay, "ms"),
            _figure(f"{name}: relay that stores", storing, "ms"),
            _figure(f"{name}: web process", web, "ms", aim=0.30, why=why),
            _figure(f"{name}: times the raw relay", web / relay, "x"),
            _figure(f"{name}: times the relay that stores", web / storing, "x", aim=4, why=why),
            *_others(name, ours[-1].per_token("Postgres"), ours[-1].per_token("Valkey")),
        ]
    return figures + await _short_turns(scene) + await _steady(scene)


async def _alternated(scene: Scene, load: Load) -> tuple[float, float, list[Spent]]:
    relays = (scene.stand.relay, scene.stand.storing_relay)
    relayed: list[list[float]] = [[], []]
    ours: list[Spent] = []
    for _ in range(_ROUNDS):
        for relay, costs in zip(relays, relayed, strict=True):
            costs.append(await relayed_token_cost(relay.port, pid=relay.pid, load=load))
        ours.append(await scene.chat.at_once(load))
    bare, storing = (statistics.median(costs) * 1000 for costs in relayed)
    return bare, storing, ours


async def _short_turns(scene: Scene) -> list[Figure]:
    """Short turns in blocks, of which the cheapest counts: whoever shares the machine only ever adds to a block."""
    blocks = [await _block(scene) for _ in range(_BLOCKS)]
    spent, added = min(blocks, key=lambda block: block[0].per_turn("web"))
    usual = statistics.median(each.per_turn("web") for each, _ in blocks) * 1000
    name = f"CPU a turn, short turns one by one, best of {_BLOCKS} times {_SHORT_TURNS}"
    return [
        _figure(f"{name}: web process", spent.per_turn("web") * 1000, "ms", aim=12, why="short turns"),
        _figure(f"{name}: web process, the median instead", usual, "ms"),
        *_others(name, spent.per_turn("Postgres"), spent.per_turn("Valkey")),
        _figure("Time to first token beside the provider's own, p50", added * 1000, "ms", aim=20, why="short turns"),
    ]


async def _block(scene: Scene) -> tuple[Spent, float]:
    """Short turns, and the seconds that they add to the first token."""
    direct = await first_token_seconds(scene.stand.upstream.port, rounds=_SHORT_TURNS, model=ONE.model)
    spent = await scene.chat.one_by_one(ONE, rounds=_SHORT_TURNS)
    return spent, spent.first_token - direct


async def _steady(scene: Scene) -> list[Figure]:
    """As many open answers as one core is meant to carry, with a new question each time that one ends."""
    load = LOADS[-1]
    with on_one_core(scene.web.pid):
        spent = await scene.chat.steadily(load, rounds=_STEADY_ROUNDS)
    name = f"{load.streams} answers kept open, web process on one core"
    return [
        _figure(f"{name}: first token, p50", spent.first_token * 1000, "ms"),
        _figure(f"{name}: first token, p99", spent.slow_first_token * 1000, "ms", aim=500, why="turns"),
    ]


async def memory(scene: Scene) -> list[Figure]:
    """The web process at rest and while it streams; what it loads at its first turns is not counted to the streams."""
    at_rest = resident_megabytes(scene.web.pid)
    await scene.chat.at_once(LOADS[-1])
    before = resident_megabytes(scene.web.pid)
    peak = before
    streaming = asyncio.create_task(scene.chat.at_once(LOADS[-1]))
    while not streaming.done():
        peak = max(peak, resident_megabytes(scene.web.pid))
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(streaming), 0.25)
    await streaming
    streams = LOADS[-1].streams
    return [
        _figure("Memory of the web process at rest", at_rest, "MB"),
        _figure(f"Memory of the web process, {streams} streams open", peak, "MB", aim=220, why="memory"),
        _figure(f"Memory of {streams} open streams", peak - before, "MB", aim=15, why="memory"),
    ]


async def lists(scene: Scene) -> list[Figure]:
    """The conversations of somebody who has had many, and the documents."""
    figures: list[Figure] = []
    for name in ("conversations", "documents"):
        reads = await read(scene.organization, f"{API}/{name}?limit=50", rounds=150, processes=scene.processes)
        title = f"List of {name} ({reads.bytes / 1000:.1f} kB)"
        both = (reads.cpu["web"] + reads.cpu["Postgres"]) * 1000
        figures += [
            _figure(f"{title}: CPU, web and Postgres", both, "ms", aim=1.5, why="lists"),
            _figure(f"{title}: of it Postgres", reads.cpu["Postgres"] * 1000, "ms"),
        ]
    return figures


async def access(scene: Scene) -> list[Figure]:
    """Who may do what, in an organisation with ten thousand grants."""
    organization = await sign_up(scene.web.port, name="Shared")
    found = await decide(organization, urls=scene.stand.urls)
    reads = await read(organization, f"{API}/documents?limit=50", rounds=50, processes=scene.processes)
    isolation = await isolated(
        scene.organization,
        f"{API}/documents?limit=50",
        admin_url=scene.stand.urls.admin,
        rounds=60,
        processes=scene.processes,
    )
    name = f"Access, {GRANTS:,} grants, p50"
    return [
        _figure(f"{name}: permission, decision kept", found.kept * 1_000_000, "µs", aim=10),
        _figure(f"{name}: permission, asked of Casbin anew", found.casbin * 1000, "ms", aim=1),
        _figure(f"{name}: permission, version compared", found.refreshed * 1000, "ms", aim=1),
        _figure(f"{name}: permission, roles loaded", found.loaded * 1000, "ms"),
        _figure(f"{name}: level on one thing, in its transaction", found.on_one_thing * 1000, "ms", aim=1),
        _figure(f"{name}: level on one thing, decision kept", found.kept_on_one_thing * 1_000_000, "µs", aim=10),
        _figure(f"{name}: list of documents", reads.median * 1000, "ms"),
        _figure(f"{name}: list of documents, CPU", (reads.cpu["web"] + reads.cpu["Postgres"]) * 1000, "ms", aim=2.5),
        _figure("List of documents, CPU: with policies and guard", isolation.ratio(guard=found.kept), "x", aim=1.2),
    ]


async def audit(scene: Scene) -> list[Figure]:
    """How long rows wait for their seal: from the beginning of their transaction, over all of them."""
    figures: list[Figure] = []
    busy, quiet = await wait_for_seals(scene.stand.urls)
    for who, delays in ((f"{WRITERS} writers of one organisation", busy), ("a quiet organisation beside them", quiet)):
        name = f"Seal, {delays.rows} rows, {who}"
        figures += [
            _figure(f"{name}: p50", delays.median, "s"),
            _figure(f"{name}: p99", delays.p99, "s", aim=1),
            _figure(f"{name}: worst", delays.worst, "s", aim=1),
        ]
    return figures


async def ingestion(scene: Scene) -> list[Figure]:
    """Texts of 10 kB, embedded by the fast fake and by the local model."""
    admin, processes = scene.stand.urls.admin, scene.processes
    fake = await sign_up(scene.web.port, name="Fake embeddings")
    await ingest(fake, admin_url=admin, count=10, seed=1, processes=processes)
    fast = await ingest(fake, admin_url=admin, count=_DOCUMENTS, seed=2, processes=processes)
    ours = (fast.cpu["web"] + fast.cpu["worker"]) / fast.documents * 1000
    postgres = fast.cpu["Postgres"] / fast.documents * 1000
    name = f"Documents of 10 kB ({fast.chunks / fast.documents:.0f} passages)"
    return [
        _figure(f"{name}: a second", fast.per_second, "docs/s", aim=12, at_least=True, why="ingestion"),
        _figure(f"{name}: CPU, web and worker", ours, "ms", aim=8, why="ingestion"),
        _figure(f"{name}: of it the web process", fast.cpu["web"] / fast.documents * 1000, "ms"),
        _figure(f"{name}: CPU, Postgres", postgres, "ms"),
    ]


async def local_ingestion(scene: Scene) -> list[Figure]:
    """The same with the built-in embedding model, whose share is its own process's."""
    stand = scene.stand
    scene.worker.stop()
    with stand.local_models() as models, stand.worker(models=models) as worker:
        organization = await sign_up(scene.web.port, name="Local embeddings")
        processes = scene.processes | {"worker": worker.pid, "local models": models.pid}
        admin = stand.urls.admin
        await ingest(organization, admin_url=admin, count=1, seed=3, processes=processes)
        done = await ingest(organization, admin_url=admin, count=_DOCUMENTS_LOCAL, seed=4, processes=processes)
        resident = resident_megabytes(models.pid)
    name = "Documents of 10 kB, built-in embeddings"
    return [
        _figure(f"{name}: a second", done.per_second, "docs/s"),
        _figure(f"{name}: CPU, local models", done.cpu["local models"] / done.documents * 1000, "ms"),
        _figure(f"{name}: memory, local models", resident, "MB"),
    ]


async def retrieval(scene: Scene) -> list[Figure]:
    """A big, a middle and a tiny organisation in one partition."""
    admin = scene.stand.urls.admin
    organizations = await neighbours(scene.web.port, admin_url=admin, count=len(_SIZES))
    libraries = [
        await fill(organization, admin_url=admin, model=EMBEDDING_MODEL_NAME, passages=size)
        for organization, size in zip(organizations, _SIZES.values(), strict=True)
    ]
    figures: list[Figure] = []
    for name, library in zip(_SIZES, libraries, strict=True):
        found = await search(library, app_url=scene.stand.urls.app, rounds=100, processes=scene.processes)
        figures += _found(f"Search among {len(library.topics)} passages ({name})", found)
    return figures


async def start(stand: Stand) -> list[Figure]:
    """The web process by itself, then everything, both warm: bytecode compiled, database migrated."""
    with stand.web() as web:
        token = (await sign_up(web.port, name="Start")).token
    with stand.web() as web:
        until_page(web.port, path="/", cookie=f"chatter_session={token}")
        until_first_page = cpu_of_tree(web.pid)
        settled = settle(web.pid)
        resident = resident_megabytes(web.pid)
    return [
        _figure("Web process, exec to the first page: CPU", until_first_page, "s", aim=8, why="start"),
        _figure("Web process, until all is loaded: CPU", settled, "s"),
        _figure("Web process, all loaded: memory", resident, "MB", aim=220, why="memory"),
        *_make_up(stand.folder),
    ]


def _make_up(folder: Path) -> list[Figure]:
    installation = Installation.new(folder / "installation")
    with installation.running() as pid:
        first = cpu_of_tree(pid)
        settle(pid)
    with installation.running() as pid:
        warm, settled = cpu_of_tree(pid), settle(pid)
    return [
        _figure("make up, first start until the sign-in page: CPU", first, "s"),
        _figure("make up, warm, until the sign-in page: CPU", warm, "s", aim=8, why="start"),
        _figure("make up, warm, until all is loaded: CPU", settled, "s"),
    ]


def _found(name: str, found: Found) -> list[Figure]:
    cpu = (found.cpu["web"] + found.cpu["Postgres"]) * 1000
    return [
        _figure(f"{name}: p50", found.median * 1000, "ms", aim=10, why="retrieval"),
        _figure(f"{name}: CPU, web and Postgres", cpu, "ms"),
        _figure(f"{name}: recall@10, nearest", found.nearest_recall, "", aim=0.95, at_least=True),
        _figure(f"{name}: recall@10, hybrid", found.hybrid_recall, "", aim=0.95, at_least=True),
    ]


def _others(name: str, postgres: float, valkey: float) -> list[Figure]:
    return [
        _figure(f"{name}: Postgres", postgres * 1000, "ms"),
        _figure(f"{name}: Valkey", valkey * 1000, "ms"),
    ]


def _figure(
    name: str, measured: float, unit: str, *, aim: float | None = None, at_least: bool = False, why: str = ""
) -> Figure:
    return Figure(
        name=name, measured=measured, unit=unit, aim=aim, better="more" if at_least else "less", explained_by=why
    )
