"""`chatter doctor`: what this machine has, what it lacks, and a sentence of cure for each."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import msgspec
import rich_click as click
from dotenv import load_dotenv
from rich.markup import escape

from chatter.cli.installation import Installation
from chatter.cli.terminal import out
from chatter.embedded import files
from chatter.embedded.errors import EmbeddedError
from chatter.embedded.postgres import roomy_shared_memory
from chatter.embedded.privileges import RunAs, choose
from chatter.embedded.processes import port_is_free
from chatter.embedded.valkey import server_program
from chatter.kit.settings import Settings

_GIGABYTE = 1024**3
_PLENTY = 5 * _GIGABYTE
_LEAST = _GIGABYTE
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Verdict(StrEnum):
    """`hint` works, yet could be better or is needed for something else only."""

    FINE = "fine"
    HINT = "hint"
    MISSING = "missing"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found; `cure` is empty when all is well."""

    check: str
    verdict: Verdict
    found: str
    cure: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool) -> None:
    """Check this machine; a cure for each thing that is missing. Status 1 when something is."""
    load_dotenv(Path(".env"))
    installation = Installation(Settings())
    findings = [check(installation) for check in _CHECKS]
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(findings)) + b"\n")
    else:
        for finding in findings:
            _print(finding)
    sys.exit(any(finding.verdict is Verdict.MISSING for finding in findings))


def _print(finding: Finding) -> None:
    mark = {Verdict.FINE: "[green]✓[/]", Verdict.HINT: "[yellow]•[/]", Verdict.MISSING: "[red]✗[/]"}[finding.verdict]
    out.print(f"  {mark} {finding.check:<18} {escape(finding.found)}")
    if finding.cure:
        out.print(f"    {'':<18} [dim]{escape(finding.cure)}[/]")


def _python(_: Installation) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(check="Python", verdict=Verdict.FINE, found=version)


def _environment(_: Installation) -> Finding:
    name = "Environment"
    if sys.prefix == sys.base_prefix:
        cure = "Let make up install Chatter into an environment of its own."
        return Finding(check=name, verdict=Verdict.HINT, found="not a virtual environment", cure=cure)
    return Finding(check=name, verdict=Verdict.FINE, found=sys.prefix)


def _folder(installation: Installation) -> Finding:
    existing = next(path for path in (installation.folder, *installation.folder.parents) if path.exists())
    name, found = "Data folder", str(installation.folder)
    if not os.access(existing, os.W_OK | os.X_OK):
        cure = f"Let this user write to {existing}, or set CHATTER_DATA_DIR to another folder."
        return Finding(check=name, verdict=Verdict.MISSING, found=f"{found} cannot be written", cure=cure)
    if installation.folder.exists() and os.geteuid() and installation.folder.stat().st_uid != os.geteuid():
        cure = "Run Chatter as the user who started it first, or have the folder given to this one with chown -R."
        return Finding(check=name, verdict=Verdict.MISSING, found=f"{found} belongs to another user", cure=cure)
    return Finding(check=name, verdict=Verdict.FINE, found=found)


def _disk(installation: Installation) -> Finding:
    existing = next(path for path in (installation.folder, *installation.folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    found, cure = f"{free / _GIGABYTE:.1f} GB free", "Free some space: documents and their vectors are kept there."
    verdict = Verdict.FINE if free > _PLENTY else Verdict.HINT if free > _LEAST else Verdict.MISSING
    return Finding(check="Disk", verdict=verdict, found=found, cure="" if verdict is Verdict.FINE else cure)


def _postgres(installation: Installation) -> Finding:
    if installation.settings.database_url:
        return _own_postgres(installation.settings.database_url)
    try:
        program = installation.postgres.program("postgres")
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except EmbeddedError as missing:
        return Finding(check="Postgres", verdict=Verdict.MISSING, found=missing.detail, cure=missing.remedy)
    except (OSError, subprocess.CalledProcessError) as error:
        cure = "Set DATABASE_URL to a Postgres 18 with pgvector."
        return Finding(check="Postgres", verdict=Verdict.MISSING, found=f"does not run here: {error}", cure=cure)
    running = installation.postgres.process()
    state = f", runs as process {running.pid}" if running else ""
    return Finding(check="Postgres", verdict=Verdict.FINE, found=f"embedded {answer.split()[2]}{state}")


def _own_postgres(url: str) -> Finding:
    try:
        version, vector = asyncio.run(_ask_postgres(url))
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        cure = "Check DATABASE_URL, and that the server takes connections from here."
        return Finding(check="Postgres", verdict=Verdict.MISSING, found=f"DATABASE_URL: {error}", cure=cure)
    if not vector:
        cure = "Install the extension pgvector 0.8 or newer on that server."
        return Finding(check="Postgres", verdict=Verdict.MISSING, found=f"yours, {version}, no pgvector", cure=cure)
    return Finding(check="Postgres", verdict=Verdict.FINE, found=f"yours, {version}, pgvector {vector}")


async def _ask_postgres(url: str) -> tuple[str, str | None]:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        version = await connection.fetchval("select current_setting('server_version')")
        vector = await connection.fetchval("select default_version from pg_available_extensions where name = 'vector'")
    finally:
        await connection.close()
    return str(version), None if vector is None else str(vector)


def _valkey(installation: Installation) -> Finding:
    url = installation.settings.redis_url
    if url:
        parts = urlsplit(url)
        try:
            socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), timeout=5).close()
        except OSError as error:
            cure = "Check REDIS_URL, and that the server takes connections from here."
            return Finding(check="Valkey", verdict=Verdict.MISSING, found=f"REDIS_URL: {error}", cure=cure)
        return Finding(check="Valkey", verdict=Verdict.FINE, found="yours, answers")
    try:
        answer = subprocess.run([server_program(), "--version"], capture_output=True, text=True, check=True).stdout
    except EmbeddedError as missing:
        return Finding(check="Valkey", verdict=Verdict.MISSING, found=missing.detail, cure=missing.remedy)
    except (OSError, subprocess.CalledProcessError) as error:
        cure = "Set REDIS_URL to a Valkey or Redis server."
        return Finding(check="Valkey", verdict=Verdict.MISSING, found=f"does not run here: {error}", cure=cure)
    version = next((word.removeprefix("v=") for word in answer.split() if word.startswith("v=")), "")
    return Finding(check="Valkey", verdict=Verdict.FINE, found=f"embedded {version}".strip())


def _user(_: Installation) -> Finding:
    found = {
        RunAs.CALLER: "an ordinary one",
        RunAs.NAMESPACE: "root; Postgres gets a user namespace, where it is not root",
        RunAs.NOBODY: "root without user namespaces; Postgres runs as nobody",
    }[choose()]
    return Finding(check="User", verdict=Verdict.FINE, found=found)


def _shared_memory(_: Installation) -> Finding:
    if roomy_shared_memory():
        return Finding(check="Shared memory", verdict=Verdict.FINE, found="enough")
    cure = "Postgres uses files instead, a little slower; in a container give it --shm-size=1g."
    return Finding(check="Shared memory", verdict=Verdict.HINT, found="less than 1 GB", cure=cure)


def _port(installation: Installation) -> Finding:
    port, host = installation.settings.port, installation.settings.host
    running = files.read_or_none(installation.address_file)
    if running:
        return Finding(check="Port", verdict=Verdict.FINE, found=f"Chatter is at {running.strip()}")
    if not port_is_free(port, host=host):
        cure = "Nothing to do: chatter up takes another one and prints it."
        return Finding(check="Port", verdict=Verdict.HINT, found=f"{port} is taken", cure=cure)
    return Finding(check="Port", verdict=Verdict.FINE, found=f"{port} is free")


def _locale(_: Installation) -> Finding:
    encoding = (sys.stdout.encoding or "unknown").lower()
    if encoding.replace("-", "") != "utf8":
        cure = "Set LANG=C.UTF-8, so that every script can be shown in this terminal."
        return Finding(check="Terminal", verdict=Verdict.HINT, found=f"encoding {encoding}", cure=cure)
    return Finding(check="Terminal", verdict=Verdict.FINE, found="UTF-8")


def _browser(_: Installation) -> Finding:
    name = "Browser for tests"
    own = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    if any(own.glob("chromium*")):
        return Finding(check=name, verdict=Verdict.FINE, found="playwright's Chromium")
    program = next((path for path in map(shutil.which, _BROWSERS) if path), None)
    if program:
        return Finding(check=name, verdict=Verdict.FINE, found=program)
    cure = "Only for development; make test gets one, or on Debian: sudo apt-get install chromium"
    return Finding(check=name, verdict=Verdict.HINT, found="none", cure=cure)


_CHECKS: tuple[Callable[[Installation], Finding], ...] = (
    _python,
    _environment,
    _folder,
    _disk,
    _postgres,
    _valkey,
    _user,
    _shared_memory,
    _port,
    _locale,
    _browser,
)
