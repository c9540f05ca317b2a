"""Runs the tests of tests/security against one stand, in one process, until one of them fails."""

import importlib
import inspect
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import product
from typing import Any

import pytest

from tests.security.stand import Stand

__all__ = ["DATABASE", "READ_OFF", "REQUESTS", "first_failure"]

DATABASE = ("test_rows", "test_catalogue", "test_functions", "test_factors", "test_links")
"""They need the database alone."""
REQUESTS = (
    *("test_keys", "test_apps", "test_attacks", "test_deputies", "test_channels", "test_sso", "test_scim"),
    *("test_web_origins", "test_operators"),
    "test_twins",  # last, as what it does is not undone
)
"""They need the program."""
READ_OFF = ("test_roles", "test_statements")
"""They compare what the program says of itself, in seconds."""

Test = Callable[..., Any]
Build = Callable[[str], Awaitable[Stand]]


async def first_failure(
    modules: Sequence[str], stands: Sequence[str], build: Build, *, only: str | None = None
) -> str | None:
    """The first test that fails, by name; None when all of them pass.

    The first of `stands` is what a test gets for `stand`; for `either` and `spent` it gets each in turn. They are
    built when they are first needed. `only` is the name of one test, to run no other.
    """
    for name, test in _tests(modules):
        if only not in {None, name}:
            continue
        for case in _cases(test):
            for wanted in _wanted(test, case, stands):
                try:
                    arguments = {parameter: await build(stand) for parameter, stand in wanted.items()}
                    result = test(**case, **arguments)
                    if inspect.isawaitable(result):
                        await result
                except (Exception, pytest.fail.Exception):  # noqa: BLE001  # whatever a test raises, it is red
                    return name
    return None


def _tests(modules: Sequence[str]) -> Iterator[tuple[str, Test]]:
    for module in modules:
        for name, value in vars(importlib.import_module(f"tests.security.{module}")).items():
            if name.startswith("test_") and callable(value):
                yield f"{module}::{name}", value


def _cases(test: Test) -> list[dict[str, Any]]:
    """The values that parametrize gives."""
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    axes = [[{mark.args[0]: value} for value in mark.args[1]] for mark in marks]
    return [{name: value for part in combined for name, value in part.items()} for combined in product(*axes)]


def _wanted(test: Test, case: dict[str, Any], stands: Sequence[str]) -> list[dict[str, str]]:
    """Which stand to pass for which parameter, once for each run of the test."""
    parameters = set(inspect.signature(test).parameters) - case.keys()
    if parameters <= {"stand"}:
        return [dict.fromkeys(parameters, stands[0])]
    return [dict.fromkeys(parameters, stand) for stand in stands]
