"""Which tests run which lines of the program, asked once: a mutant is tried by those that can notice it."""

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from coverage import CoverageData

from tests.mutation.code import CodeMutant
from tests.servers import GUEST

__all__ = ["Covering"]

_ENOUGH = 40
"""Tests of a line that do not end there, before all that attack."""
_APART = ("architecture", "chaos", "contract", "e2e", "eval", "load", "mutation", "security")
"""What runs the program elsewhere, or is asked by itself."""
_RED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_TOOK = re.compile(r"^(\d+\.\d+)s (?:call|setup) +(\S.*)$", re.MULTILINE)
_CONFIGURED = "[run]\nconcurrency = greenlet, thread\nrelative_files = true\n"


@dataclass(frozen=True)
class Covering:
    """What each test runs of the program in its own process, and how long it takes."""

    lines: CoverageData
    seconds: Mapping[str, float]
    red: frozenset[str]
    """Tests that fail without a mutant: they tell nothing."""

    @classmethod
    def of(cls, folder: Path, kept: Path | None) -> "Covering":
        """Run the tests in the copy at `folder`, or read what `kept` has of an earlier run of the same program."""
        kept = kept or folder / "covering"
        if not (kept / "covering.txt").exists() or (kept / "program.sha256").read_text() != _digest(folder):
            kept.mkdir(exist_ok=True)
            printed = _run(folder)
            shutil.move(folder / ".coverage", kept / "lines.coverage")
            (kept / "covering.txt").write_text(printed)
            (kept / "program.sha256").write_text(_digest(folder))
        printed = (kept / "covering.txt").read_text()
        seconds: dict[str, float] = defaultdict(float)
        for took, test in _TOOK.findall(printed):
            seconds[test] += float(took)
        data = CoverageData(str(kept / "lines.coverage"))
        data.read()
        return cls(data, seconds, frozenset(_RED.findall(printed)))

    def tests_of(self, mutant: CodeMutant, original: str) -> list[str]:
        """Those that run the mutated lines, if any.

        Those first that end there: most likely an error is raised there, which the mutant no longer raises.
        """
        lines = self.lines.contexts_by_lineno(mutant.path)
        statement, following = _statement(original, _changed(original, mutant.source))
        covering: set[str] = set().union(*(self._named(lines.get(line, ())) for line in statement))
        passing = self._named(lines.get(following, ())) if following else set()
        return [*self._quickest(covering - passing), *self._quickest(covering & passing)[:_ENOUGH]]

    def _named(self, contexts: Iterable[str]) -> set[str]:
        return {context.partition("|")[0] for context in contexts if context} - self.red

    def _quickest(self, tests: set[str]) -> list[str]:
        return sorted(tests, key=lambda test: (self.seconds[test], test))


def _run(folder: Path) -> str:
    (folder / "coverage.ini").write_text(_CONFIGURED)
    (folder / ".coverage").unlink(missing_ok=True)
    paths = ":".join(str(folder / part) for part in ("backend", "frontend", "."))
    asking = [
        *(sys.executable, "-m", "pytest", "-q", "-vv", "-n", "2", "-p", "no:cacheprovider", "--dist", "loadfile"),
        *("--cov=backend/chatter", "--cov-context=test", "--cov-report=", "--cov-config=coverage.ini"),
        *("--durations=0", "--durations-min=0", "tests", *(f"--ignore=tests/{name}" for name in _APART)),
    ]
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", GUEST: "mutant"}
    ended = subprocess.run(asking, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if red := set(_RED.findall(ended.stdout)):
        print(f"red without a mutant, so not asked: {' '.join(sorted(red))}", flush=True)
    return ended.stdout


def _digest(folder: Path) -> str:
    program = hashlib.sha256()
    for file in sorted((folder / "backend").rglob("*.py")):
        program.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return program.hexdigest()


def _changed(original: str, mutated: str) -> int:
    """The first line that differs."""
    pairs = enumerate(zip(original.splitlines(), mutated.splitlines(), strict=False), 1)
    return next(number for number, (old, new) in pairs if old != new)


def _statement(source: str, line: int) -> tuple[range, int | None]:
    """The lines of the innermost statement around the line (of what it decides on, if it has a body), and the first
    line of the one after it in the same block.
    """
    found: tuple[range, int | None] = range(line, line + 1), None
    for block in _blocks(ast.parse(source)):
        for statement, following in zip(block, [*block[1:], None], strict=True):
            body = getattr(statement, "body", None)
            end = body[0].lineno - 1 if body else statement.end_lineno
            if end is not None and statement.lineno <= line <= max(end, statement.lineno):
                found = range(statement.lineno, max(end, statement.lineno) + 1), following.lineno if following else None
    return found


def _blocks(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block:
                yield block
