"""python -m tests.bench [--only SECTION ...] [--json PATH] [--keep]: measure everything and print the table."""

import argparse
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import asyncpg
import msgspec
import uvloop

from tests.bench import sections
from tests.bench.figures import Figure, Report, table
from tests.bench.pace import reference_milliseconds
from tests.bench.profiles import profile
from tests.bench.scene import Scene
from tests.bench.stand import Stand

_SECTIONS: Mapping[str, Callable[[Scene], Awaitable[list[Figure]]]] = {
    "turns": sections.turns,
    "memory": sections.memory,
    "lists": sections.lists,
    "access": sections.access,
    "audit": sections.audit,
    "search": sections.retrieval,
    "ingestion": sections.ingestion,
    "local": sections.local_ingestion,
}


def main() -> int:
    """Measure and print; the exit status says whether it could be measured, not whether the aims are met."""
    arguments = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="chatter-bench-"))
    try:
        report = uvloop.run(_measure(folder, only=arguments.only))
    except BaseException:
        sys.stderr.write(f"The logs of the processes are in {folder}\n")
        raise
    sys.stdout.write(report.ending() + "\n")
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    if not arguments.keep:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if report.failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=["start", *_SECTIONS], default=["start", *_SECTIONS])
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the processes' logs")
    return parser.parse_args()


async def _measure(folder: Path, *, only: list[str]) -> Report:
    started, paces = time.monotonic(), [reference_milliseconds()]
    measured: dict[str, list[Figure]] = {}
    failures: dict[str, str] = {}

    async def take(name: str, section: Awaitable[list[Figure]]) -> None:
        try:
            measured[name] = await section
        except (RuntimeError, OSError, ValueError, asyncpg.PostgresError) as error:
            failures[name] = f"{type(error).__name__}: {error}"
            return
        paces.append(reference_milliseconds())
        sys.stdout.write(table(name, measured[name]) + "\n")
        sys.stdout.flush()

    async with Stand.open(folder) as stand:
        if "start" in only:
            await take("start", sections.start(stand))
        async with Scene.open(stand) as scene:
            for name in (name for name in _SECTIONS if name in only):
                await take(name, _SECTIONS[name](scene))
            profiles = await _profiles(scene, measured)
    seconds = time.monotonic() - started
    return Report(machine=_machine(paces), seconds=seconds, sections=measured, profiles=profiles, failures=failures)


async def _profiles(scene: Scene, measured: Mapping[str, list[Figure]]) -> dict[str, str]:
    """Profile what is missed."""
    missed = {figure.explained_by for figures in measured.values() for figure in figures if figure.missed}
    found: dict[str, str] = {}
    for name in sorted(missed - {""}):
        text = await profile(scene, name)
        if text is not None:
            found[name] = text
    return found


def _machine(paces: list[float]) -> str:
    """Say how fast and how busy the machine was: on a busy one the same work costs up to twice the CPU."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    pace = f"reference work {min(paces):.1f} to {max(paces):.1f} ms of CPU"
    return f"Python {platform.python_version()}, {cores} cores, load {load:.1f} at the end, {pace}"


if __name__ == "__main__":
    sys.exit(main())
