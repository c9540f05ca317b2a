"""One installation on this machine: its folder, its secrets, and what its processes need to know."""

import fcntl
import json
import os
import sys
from pathlib import Path
from typing import TextIO

from chatter.embedded import files
from chatter.embedded.postgres import EmbeddedPostgres
from chatter.embedded.processes import ProcessIdentity
from chatter.embedded.valkey import EmbeddedValkey
from chatter.kit.settings import Settings

DATABASE = "chatter"


class AlreadyRunning(Exception):
    """Another `chatter up` holds this folder."""


class Installation:
    """Everything below the data folder. Secrets are drawn once, in files that only their owner may read."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = settings.data_dir.absolute()
        self.logs = self.folder / "logs"
        self.run = self.folder / "run"
        self.postgres = EmbeddedPostgres(self.folder / "postgres")
        self.valkey = EmbeddedValkey(self.folder / "valkey")
        self.address_file = self.run / "address"
        self.demo_password_file = self.folder / "demo-password"
        self._children_file = self.run / "children.json"
        self._lock: TextIO | None = None

    def prepare(self) -> None:
        for folder in (self.folder, self.logs, self.run):
            folder.mkdir(mode=0o711 if folder == self.folder else 0o700, parents=True, exist_ok=True)

    def lock(self) -> None:
        """Hold the folder until this process ends, however it ends; raises AlreadyRunning."""
        self._lock = (self.run / "lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning from None

    @property
    def secret_key(self) -> str:
        return self.settings.secret_key or files.secret_in(self.folder / "secret-key")

    @property
    def database_url(self) -> str:
        """The operator's database, else the embedded one (which must have been started)."""
        return self.settings.database_url or f"{self.postgres.superuser_url.rpartition('/')[0]}/{DATABASE}"

    @property
    def redis_url(self) -> str:
        return self.settings.redis_url or self.valkey.url

    def migrating_environment(self) -> dict[str, str]:
        """Return what a process needs to bring the database to this release."""
        return os.environ | {"DATABASE_URL": self.database_url, "CHATTER_SECRET_KEY": self.secret_key}

    def environment(self, *, address: str, local_models_url: str, local_models_key: str) -> dict[str, str]:
        """Return the environment of the web and worker processes; what the operator has set stands."""
        ours = {
            "CHATTER_LOCAL_MODELS_KEY": local_models_key,
            "CHATTER_LOCAL_MODELS_URL": local_models_url,
            "CHATTER_OFFER_ENVIRONMENT_PROVIDERS": "true",
            "CHATTER_PUBLIC_URL": address,
            "LANGSMITH_TRACING": "false",
        }
        needed = {"CHATTER_DATA_DIR": str(self.folder), "CHATTER_SECRET_KEY": self.secret_key}
        return ours | os.environ | needed | self.addresses()

    def addresses(self) -> dict[str, str]:
        """Return where the database and Valkey are at the moment."""
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}

    def children(self) -> dict[str, ProcessIdentity]:
        """Return the processes that the last run recorded, whether or not they still live."""
        kept = files.read_or_none(self._children_file)
        rows = json.loads(kept) if kept else {}
        return {name: ProcessIdentity(pid=row["pid"], started=row["started"]) for name, row in rows.items()}

    def record_children(self, children: dict[str, ProcessIdentity]) -> None:
        rows = {name: {"pid": child.pid, "started": child.started} for name, child in children.items()}
        files.write_private(self._children_file, json.dumps(rows))


def command_name() -> str:
    """Return how this command is called from here: `chatter`, or the path that was typed."""
    program = Path(sys.argv[0])
    if program.name != "chatter":
        return "chatter"
    on_path = any(Path(folder) == program.parent for folder in os.get_exec_path())
    if on_path:
        return "chatter"
    try:
        return str(program.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(program)
