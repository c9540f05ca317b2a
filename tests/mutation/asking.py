"""In the process of one mutant: tests as pytest runs them, until one of them fails."""

import os
from dataclasses import dataclass
from typing import Any

import pytest

from tests.servers import GUEST

__all__ = ["run"]


@dataclass(eq=False)
class _First:
    """A plugin that keeps the name of the first test that fails."""

    failed: str | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.failed is None:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and self.failed is None:
            self.failed = report.nodeid


def run(order: dict[str, Any]) -> str | None:
    """`tests` are files, or tests by their names."""
    os.environ[GUEST] = "mutant"
    first = _First()
    ended = pytest.main(
        ["-q", "-x", "-n", "0", "-p", "no:cacheprovider", "--assert=plain", *order["tests"]], plugins=[first]
    )
    return first.failed or (f"{order['tests'][0]} and others" if ended == pytest.ExitCode.TESTS_FAILED else None)
