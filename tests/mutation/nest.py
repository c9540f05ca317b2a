"""A copy of the tree, and a process that has loaded the libraries: each mutant of the program hatches from a fork."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.mutation.code import CodeMutant
from tests.mutation.covering import Covering

__all__ = ["Nest", "nest"]

ROOT = Path(__file__).parents[2]
PARTS = ("backend", "frontend/chatter_dashboard", "tests", "migrations", "pyproject.toml")
_PATIENCE = 600
"""Seconds for the tests of a domain; a mutant with which they do not end is noticed."""
# What is tested with another domain's people and things.
_ELSEWHERE = {
    "backend/chatter/chat/belongings.py": ["tests/tenancy/test_offboarding.py"],
    "backend/chatter/chat/controllers.py": ["tests/rbac/test_administrators.py"],
    "backend/chatter/chat/others.py": ["tests/rbac/test_administrators.py"],
    "backend/chatter/cli/support.py": ["tests/tenancy/test_support.py"],
    "backend/chatter/identity/authentication.py": ["tests/tenancy/test_closing.py"],
    "backend/chatter/identity/demands.py": ["tests/sso/test_enforcement.py"],
    "backend/chatter/identity/joining.py": ["tests/tenancy/test_invitations.py"],
    "backend/chatter/identity/mailboxes.py": ["tests/tenancy/test_joining_by_domain.py"],
    "backend/chatter/identity/organizations.py": ["tests/tenancy/test_standing.py"],
    "backend/chatter/identity/standing.py": ["tests/chat/test_standing.py"],
    "backend/chatter/oauth/access_tokens.py": ["tests/sso/test_enforcement.py"],
    "backend/chatter/tenancy/present_roles.py": ["tests/chat/test_queue.py"],
    "backend/chatter/tenancy/provisioned_memberships.py": [
        "tests/scim/test_users.py",
        "tests/scim/test_group_roles.py",
    ],
    "backend/chatter/tenancy/provisioning.py": ["tests/scim/test_groups.py", "tests/sso/test_signing_in.py"],
    "backend/chatter/tenancy/service_memberships.py": ["tests/identity/test_service_accounts.py"],
    "backend/chatter/tools/decisions.py": ["tests/chat/test_questions.py"],
    "backend/chatter/tools/facade.py": ["tests/chat/test_timelines.py"],
    "backend/chatter/tools/notes.py": ["tests/chat/test_tools.py"],
    "backend/chatter/tools/belongings.py": ["tests/tenancy/test_notes_of_leavers.py"],
}
_LIST_LIBRARIES = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
import tests.mutation.hatch, tests.conftest
ours = ("chatter", "chatter_dashboard", "tests")
print(json.dumps([name for name in sys.modules if name.partition(".")[0] not in ours and name != "__main__"]))
"""


@dataclass
class Nest:
    """Where mutants are hatched, one at a time."""

    folder: Path
    process: "subprocess.Popen[str]"
    covering: Covering | None = None
    """Where many mutants are tried: what the tests run is worth asking then."""
    green: dict[str, bool] = field(default_factory=dict)
    """Whether a test that noticed something passes without a mutant."""

    def hatch(self, mutant: CodeMutant | None, order: dict[str, Any]) -> str | None:
        """Run the attacks in a fresh process with the mutant's file; the name of the first test that fails."""
        with self.mutated(mutant):
            return self._asked({"by": "tests.mutation.hatch", **order})

    def ask_what_tests_run(self, kept: Path | None) -> None:
        """From here on, try a mutant by the tests that run its lines; `kept` has them of an earlier run, or will."""
        self.covering = Covering.of(self.folder, kept)

    def ask_near(self, mutant: CodeMutant) -> str | None:
        """Run the tests of the domain that run the mutated lines or, where that is not known, name the mutant's
        module; the name of the first that fails.
        """
        near, _ = _tests_of(mutant, self.folder)
        covering = self.covering if mutant.path.startswith("backend/") else None
        original = (self.folder / mutant.path).read_text()
        running = covering.tests_of(mutant, original) if covering is not None else []
        return self._sure(mutant, running or near)

    def ask_one(self, mutant: CodeMutant, test: str) -> str | None:
        """Run one test; its name, if it fails with the mutant and passes without."""
        return self._tested(mutant, [test]) and self._if_green(test)

    def ask_others(self, mutant: CodeMutant) -> str | None:
        """Run the domain's other tests; the name of the first that fails."""
        near, others = _tests_of(mutant, self.folder)
        return self._sure(mutant, near + others if self.covering else others)

    def _sure(self, mutant: CodeMutant, tests: list[str]) -> str | None:
        """The first of the tests that fails, if it does so again by itself: one of chance tells nothing."""
        failed = self._tested(mutant, tests)
        return self.ask_one(mutant, failed) if failed and "::" in failed else failed

    def _if_green(self, test: str) -> str | None:
        if test not in self.green:
            self.green[test] = self._tested(None, [test]) is None
        return test if self.green[test] else None

    def _tested(self, mutant: CodeMutant | None, tests: list[str]) -> str | None:
        if not tests:
            return None
        with self.mutated(mutant):
            return self._asked({"by": "tests.mutation.asking", "tests": tests, "patience": _PATIENCE})

    @contextmanager
    def mutated(self, mutant: CodeMutant | None) -> Iterator[None]:
        """Have the mutant's file in the copy."""
        if mutant is None:
            yield
            return
        file = self.folder / mutant.path
        original = file.read_bytes()
        file.unlink()
        file.write_text(mutant.source)
        try:
            yield
        finally:
            file.write_bytes(original)

    def _asked(self, order: dict[str, Any]) -> str | None:
        to, back = _pipes(self.process)
        to.write(json.dumps(order) + "\n")
        to.flush()
        answer: dict[str, str | None] = json.loads(back.readline())
        return answer["failed"]


@contextmanager
def nest(folder: Path) -> Iterator[Nest]:
    """Copy the tree; the checkout itself is never written to."""
    for part in PARTS:
        target = folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, target)
    paths = [str(folder / "backend"), str(folder / "frontend"), str(folder)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    # By the content, not by the time: a mutant may be written within the same second as what it replaces.
    compiling = [
        sys.executable,
        "-m",
        "compileall",
        "-q",
        "--invalidation-mode",
        "checked-hash",
        *paths[:2],
        f"{folder}/tests",
    ]
    subprocess.run(compiling, check=True)
    listing = [sys.executable, "-c", _LIST_LIBRARIES, json.dumps(paths)]
    libraries = folder / "libraries.json"
    with libraries.open("w") as listed:
        subprocess.run(listing, check=True, stdout=listed, env=environment, cwd=folder)
    process = subprocess.Popen(
        [sys.executable, "-P", str(folder / "tests/mutation/zygote.py"), json.dumps(paths), str(libraries)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=folder,
    )
    try:
        yield Nest(folder, process)
    finally:
        to, back = _pipes(process)
        to.close()
        process.wait(30)
        back.close()
        shutil.rmtree(folder, ignore_errors=True)


def _tests_of(mutant: CodeMutant, folder: Path) -> tuple[list[str], list[str]]:
    """The files of tests that name the mutated module, those first that do so most often, and the domain's others."""
    if mutant.path.startswith("frontend/"):
        return ["tests/dashboard/test_guard.py", "tests/security/test_dashboard_socket.py"], []
    word = re.compile(rf"\b{Path(mutant.path).stem}\b")
    files = (folder / "tests" / mutant.path.split("/")[2]).rglob("test_*.py")
    named = {file: len(word.findall(file.read_text())) for file in sorted(files)}
    near = [file for file in sorted(named, key=lambda file: -named[file]) if named[file]]
    others = [file for file in named if not named[file]]
    return (
        [str(file.relative_to(folder)) for file in near] + _ELSEWHERE.get(mutant.path, []),
        [str(file.relative_to(folder)) for file in others],
    )


def _pipes(process: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout
