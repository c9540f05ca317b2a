"""Starts the processes of an installation in order, watches them, and stops them in the opposite order."""

import asyncio
import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from chatter.cli.api import Api, ApiFailed, Unreachable
from chatter.cli.children import Child, stop_leftovers
from chatter.cli.database_state import ensure_database, is_current
from chatter.cli.demo import DemoSignIn, ensure_demo
from chatter.cli.front_door import FrontDoor
from chatter.cli.installation import DATABASE, Installation
from chatter.cli.terminal import Stage, StageFailed, notice, out, stage
from chatter.embedded import files
from chatter.embedded.errors import EmbeddedError
from chatter.embedded.postgres import Start
from chatter.embedded.processes import free_port, listens
from chatter.kit.db.urls import DatabaseUrls

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOK_EVERY = 1.0
_LONGEST_START = 180.0


class StopRequested(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal. Not an Exception: nothing on the way may take it for a failure."""


class Ready(msgspec.Struct):
    """The answer of a process that can do its work."""

    status: str


@dataclass(frozen=True, kw_only=True)
class LocalModels:
    """The process of the models that need no key, and where it listens."""

    child: Child
    port: int
    key: str


class Supervisor:
    """One run of one installation."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._children: list[Child] = []
        self._door: FrontDoor | None = None
        self._holds_folder = False
        self.logs = installation.logs
        self.demo_password_file = installation.demo_password_file

    def start(self, *, demo: bool) -> DemoSignIn | None:
        """Start everything; return the demo organisation's sign-in if it was never shown."""
        self._installation.prepare()
        self._installation.lock()
        self._holds_folder = True
        self._clear_leftovers()
        door = self._door = FrontDoor.open(self._installation.settings, port_file=self._installation.run / "port")
        models = self._start_local_models()
        self._start_servers()
        self._migrate()
        web = self._start_web_and_worker(models, door)
        with stage("Web and worker"):
            self._await_web(web, door)
        with stage("Local models") as models_stage:
            self._await_local_models(models, models_stage)
        files.write_private(self._installation.address_file, door.address + "\n")
        return self._demo(door) if demo else None

    @property
    def address(self) -> str:
        return self._door.address if self._door else ""

    def watch(self) -> None:
        """Start again whatever ends, until a signal asks to stop."""
        waking, written = os.pipe()
        for end in (waking, written):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(written)
        while True:
            select.select([waking], [], [], _LOOK_EVERY)
            self._revive_servers()
            started = [child.start_again_when_due(report=notice) for child in self._children]
            if any(started):
                self._record()
            with contextlib.suppress(BlockingIOError):
                os.read(waking, 4096)

    def stop(self) -> None:
        """Stop everything in order; safe at any time."""
        if not self._holds_folder:
            return
        began = time.monotonic()
        for signalled in _STOPPING:
            signal.signal(signalled, signal.SIG_IGN)
        if self._door:
            self._door.listening.close()
        for child in reversed(self._children):
            child.stop(patience=10.0)
        self._installation.record_children({})
        if not self._installation.settings.redis_url:
            self._installation.valkey.stop()
        if not self._installation.settings.database_url:
            self._installation.postgres.stop()
        self._installation.address_file.unlink(missing_ok=True)
        out.print(f"  [dim]Everything is stopped ({time.monotonic() - began:.1f} s). Your data is kept.[/]")

    def _clear_leftovers(self) -> None:
        stopped = stop_leftovers(self._installation.children())
        if stopped:
            notice(f"stopped what an earlier run left: {', '.join(stopped)}")

    def _start_local_models(self) -> LocalModels:
        kept = self._installation.run / "local-models-port"
        port = free_port(preferred=files.number_in(kept))
        files.write_private(kept, str(port))
        key = files.secret_in(self._installation.folder / "local-models-key")
        child = Child(
            name="local models",
            arguments=[sys.executable, "-m", "chatter.llm.local_models", "--host", "127.0.0.1", "--port", str(port)],
            environment=os.environ | {"CHATTER_LOCAL_MODELS_KEY": key, "HF_HUB_OFFLINE": "1"},
            log=self.logs / "local-models.log",
        )
        self._run(child)
        return LocalModels(child=child, port=port, key=key)

    def _start_servers(self) -> None:
        installation, settings = self._installation, self._installation.settings
        with stage("Postgres") as postgres:
            if settings.database_url:
                postgres.note = "yours, by DATABASE_URL"
            else:
                postgres.note = _note(installation.postgres.start())
                asyncio.run(ensure_database(installation.postgres.superuser_url, name=DATABASE))
        with stage("Valkey") as valkey:
            valkey.note = "yours, by REDIS_URL" if settings.redis_url else _note(installation.valkey.start())

    def _migrate(self) -> None:
        installation = self._installation
        urls = DatabaseUrls.derived(
            installation.database_url,
            secret_key=installation.secret_key,
            app=installation.settings.database_app_url,
            platform=installation.settings.database_platform_url,
        )
        with stage("Migrations") as migrations:
            try:
                current = asyncio.run(is_current(urls))
            except OSError as error:
                raise StageFailed(f"The database cannot be reached: {error}.", remedy="Check DATABASE_URL.") from error
            if current:
                migrations.note = "up to date"
                return
            command = [sys.executable, "-m", "chatter.cli", "migrate"]
            ended = subprocess.run(
                command, env=installation.migrating_environment(), capture_output=True, text=True, check=False
            )
            (self.logs / "migrate.log").write_text(ended.stdout + ended.stderr)
            if ended.returncode:
                last = (ended.stderr.strip() or ended.stdout.strip()).splitlines()[-1:]
                raise StageFailed(
                    f"The database could not be migrated: {' '.join(last)}",
                    remedy=f"Nothing was changed. The whole log is in {self.logs / 'migrate.log'}.",
                )
            migrations.note = "applied"

    def _start_web_and_worker(self, models: LocalModels, door: FrontDoor) -> Child:
        environment = self._installation.environment(
            address=door.address, local_models_url=f"http://127.0.0.1:{models.port}/v1", local_models_key=models.key
        )
        descriptor = door.listening.fileno()
        web = Child(
            name="web",
            arguments=[sys.executable, "-m", "chatter.cli.serve", "--fd", str(descriptor)],
            environment=environment,
            log=self.logs / "web.log",
            inherited=[descriptor],
        )
        worker = Child(
            name="worker",
            arguments=[sys.executable, "-m", "chatter.worker"],
            environment=environment,
            log=self.logs / "worker.log",
        )
        self._run(worker)
        self._run(web)
        return web

    def _run(self, child: Child) -> None:
        child.start()
        self._children.append(child)
        self._record()

    def _record(self) -> None:
        alive = {child.name: child.identity for child in self._children if child.identity}
        self._installation.record_children(alive)

    def _await_web(self, web: Child, door: FrontDoor) -> None:
        deadline = time.monotonic() + _LONGEST_START
        while web.ended() is None and time.monotonic() < deadline:
            try:
                Api(door.own_address, timeout=2.0).get("/health/ready", Ready)
            except (ApiFailed, Unreachable):
                time.sleep(0.1)
            else:
                return
        raise StageFailed(
            f"The web process did not come up: {_last_line(web.log)}", remedy=f"The whole log is in {web.log}."
        )

    def _await_local_models(self, models: LocalModels, current: Stage) -> None:
        """Wait for the models that need no key; an installation without them still works with those that do."""
        while models.child.ended() is None:
            if listens(models.port):
                return
            time.sleep(0.1)
        self._children.remove(models.child)
        self._record()
        current.note = f"not available, see {os.path.relpath(models.child.log)}"

    def _demo(self, door: FrontDoor) -> DemoSignIn | None:
        try:
            return ensure_demo(Api(door.own_address), password_file=self.demo_password_file)
        except ApiFailed as failed:
            raise StageFailed(
                f"The demo organisation could not be made: {failed.problem.detail}",
                remedy="Start with --no-demo and sign up in the browser.",
            ) from failed

    def _revive_servers(self) -> None:
        installation, settings = self._installation, self._installation.settings
        before = installation.addresses()
        try:
            if not settings.database_url and installation.postgres.process() is None:
                notice(f"Postgres ended; {_note(installation.postgres.start()) or 'started again'}")
            if not settings.redis_url and installation.valkey.process() is None:
                notice(f"Valkey ended; {_note(installation.valkey.start()) or 'started again'}")
        except EmbeddedError as failed:
            notice(str(failed))
        if installation.addresses() != before:
            self._tell_new_addresses()

    def _tell_new_addresses(self) -> None:
        """A server's port was taken while it was away, so it came back on another one."""
        for child in self._children:
            if "DATABASE_URL" in child.environment:
                child.environment = {**child.environment, **self._installation.addresses()}
                child.stop(patience=10.0)
                child.start()
        self._record()


def stop_on_signals() -> None:
    """From now on raise StopRequested for Ctrl-C, SIGTERM and a closed terminal."""

    def request(*_: object) -> None:
        raise StopRequested

    for signalled in _STOPPING:
        signal.signal(signalled, request)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing."


def _note(start: Start) -> str:
    if start.adopted:
        return "was still running"
    if start.recovered:
        return "recovered after a crash"
    return "new" if start.created else ""
