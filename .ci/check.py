"""Everything about the code that can be judged without running it, and the migrations: what `make check` runs."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_PROGRAMS = _ROOT / ".venv" / "bin"
_LOCKS = {
    "runtime.txt": ["pyproject.toml", "--group", "build"],
    "dev.txt": ["pyproject.toml", "--group", "build", "--extra", "dev", "--constraint", "requirements/runtime.txt"],
    "uv.txt": ["--group", "uv"],
}
_LOCK_OPTIONS = ["--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate"]
_LOCK_OPTIONS += ["--no-header", "--no-python-downloads"]
_UNREACHABLE = ("error sending request", "failed to fetch", "dns error", "connection", "timed out", "network")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    passed: bool
    said: str


def main() -> int:
    """Run every check, even after one failed, and return how many failed."""
    checks = {
        "ruff check": lambda: _run("ruff", "check", "--quiet", "."),
        "ruff format": lambda: _run("ruff", "format", "--check", "."),
        "mypy": lambda: _run("mypy", "backend", "frontend", "tests", "migrations"),
        "import ladder": lambda: _run("lint-imports"),
        "API compatibility": lambda: _run("python", "-m", "tests.contract.compatibility"),
        "locks": _locks,
        "migrations": lambda: _run("python", "-m", "pytest", "-q", "tests/migrations"),
    }
    failed = 0
    for name, check in checks.items():
        started = time.monotonic()
        outcome = check()
        failed += not outcome.passed
        print(f"{'ok    ' if outcome.passed else 'FAILED'} {name} ({time.monotonic() - started:.1f} s)", flush=True)
        if not outcome.passed or outcome.said.startswith("not checked"):
            print(outcome.said.strip(), flush=True)
    return failed


def _run(program: str, *arguments: str) -> Outcome:
    return _outcome([str(_PROGRAMS / program), *arguments])


def _outcome(command: Sequence[str]) -> Outcome:
    ended = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    return Outcome(passed=ended.returncode == 0, said=ended.stdout + ended.stderr)


def _locks() -> Outcome:
    """Resolve again, preferring what is locked: a difference means that pyproject.toml changed since `make lock`."""
    with tempfile.TemporaryDirectory() as folder:
        for name, sources in _LOCKS.items():
            kept, fresh = _ROOT / "requirements" / name, Path(folder) / name
            shutil.copy(kept, fresh)
            outcome = _outcome([".tools/bin/uv", "pip", "compile", *_LOCK_OPTIONS, *sources, "-o", str(fresh)])
            if not outcome.passed and any(hint in outcome.said.lower() for hint in _UNREACHABLE):
                return Outcome(passed=True, said=f"not checked, no package index can be reached: {outcome.said[:300]}")
            if not outcome.passed:
                return outcome
            if fresh.read_text() != kept.read_text():
                return Outcome(passed=False, said=f"requirements/{name} is behind pyproject.toml: make lock")
    return Outcome(passed=True, said="")


if __name__ == "__main__":
    sys.exit(main())
