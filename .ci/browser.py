"""Make sure that the browser tests find a Chromium: playwright's own where it can be had, else the system's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

_SYSTEM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_CURE = "install one, on Debian with: sudo apt-get install chromium"


def main() -> int:
    if _own() or _system():
        return 0
    print("Getting a Chromium for the browser tests (once) ...", flush=True)
    if _download() or _install():
        return 0
    print(f"The browser tests need a Chromium, and none could be had: {_CURE}", file=sys.stderr)
    return 1


def _own() -> bool:
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def _system() -> bool:
    return any(shutil.which(name) for name in _SYSTEM)


def _download() -> bool:
    """Let playwright bring its own; as root together with the system libraries that it needs."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        command.append("--with-deps")
    return _succeeds(command, seconds=600) and _own()


def _install() -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    return (
        _succeeds(["apt-get", "update", "-q"], seconds=300)
        and _succeeds(["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"], seconds=900)
        and _system()
    )


def _succeeds(command: list[str], *, seconds: int) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        ended = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
