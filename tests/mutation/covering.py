"""Which tests run which lines, asked once for each domain: a mutant is tried by those that can notice it."""

import ast
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from coverage import CoverageData

from tests.mutation.code import CodeMutant
from tests.servers import GUEST

__all__ = ["Covering"]

_ENOUGH = 40
"""Tests of a line that do not end there, before all that attack."""
_RED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_TOOK = re.compile(r"^(\d+\.\d+)s (?:call|setup) +(\S.*)$", re.MULTILINE)
_CONFIGURED = "[run]\nconcurrency = greenlet, thread\n"

Lines = dict[int, set[str]]


@dataclass
class Covering:
    """What the tests of each domain run of the program, and how long they take, in the copy at `folder`."""

    folder: Path
    _of_tests: dict[str, "_Run"] = field(default_factory=dict)

    def tests_of(self, mutant: CodeMutant, tests: list[str]) -> list[str]:
        """Those among the files of `tests` that run the mutated lines in their own process, if any.

        Those first that end there: most likely an error is raised there, which the mutant no longer raises.
        """
        if not tests:
            return []
        key = " ".join(sorted(tests))
        if key not in self._of_tests:
            self._of_tests[key] = self._run(tests)
        run = self._of_tests[key]
        original = (self.folder / mutant.path).read_text()
        lines = run.lines.get(mutant.path, {})
        statement, following = _statement(original, _changed(original, mutant.source))
        covering: set[str] = set().union(*(lines.get(line, set()) for line in statement))
        passing = lines.get(following, set()) if following else set()
        return [*run.quickest(covering - passing), *run.quickest(covering & passing)[:_ENOUGH]]

    def _run(self, tests: list[str]) -> "_Run":
        (self.folder / "coverage.ini").write_text(_CONFIGURED)
        data = self.folder / ".coverage"
        data.unlink(missing_ok=True)
        paths = ":".join(str(self.folder / part) for part in ("backend", "frontend", "."))
        asking = [
            *(sys.executable, "-m", "pytest", "-q", "-vv", "-n", "2", "-p", "no:cacheprovider"),
            *("--cov=backend/chatter", "--cov-context=test", "--cov-report=", "--cov-config=coverage.ini"),
            *("--durations=0", "--durations-min=0", *tests),
        ]
        environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", GUEST: "mutant"}
        ended = subprocess.run(asking, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        if red := set(_RED.findall(ended.stdout)):
            print(f"red without a mutant, so not asked: {' '.join(sorted(red))}", flush=True)
        return _Run.read(self.folder, data, ended.stdout, without=red)


@dataclass(frozen=True)
class _Run:
    lines: dict[str, Lines]
    """By the file's path, then by the line: the tests that run it."""
    seconds: dict[str, float]

    def quickest(self, tests: set[str]) -> list[str]:
        return sorted(tests, key=lambda test: (self.seconds[test], test))

    @classmethod
    def read(cls, folder: Path, file: Path, printed: str, *, without: set[str]) -> "_Run":
        seconds: dict[str, float] = defaultdict(float)
        for took, test in _TOOK.findall(printed):
            seconds[test] += float(took)
        data = CoverageData(str(file))
        data.read()
        lines = {
            str(Path(path).relative_to(folder)): {
                line: {context.partition("|")[0] for context in contexts if context} - without
                for line, contexts in data.contexts_by_lineno(path).items()
            }
            for path in data.measured_files()
        }
        return cls(lines, seconds)


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
