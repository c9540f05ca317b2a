"""The edge of the commands that call the API: an error becomes what happened, what to do, and the request's id."""

import functools
from collections.abc import Callable
from typing import ParamSpec

from chatter.cli.api import ApiFailed, Unreachable
from chatter.cli.terminal import fail
from chatter.kit.schema import Problem

P = ParamSpec("P")
_UNAUTHENTICATED = 401


def explained(command: Callable[P, None]) -> Callable[P, None]:
    """Decorate a command so that a refused or impossible call ends it with status 1 and an explanation."""

    @functools.wraps(command)
    def run(*arguments: P.args, **options: P.kwargs) -> None:
        try:
            command(*arguments, **options)
        except ApiFailed as failed:
            fail(what_happened(failed.problem), remedy=_remedy(failed.problem), request_id=failed.problem.request_id)
        except Unreachable as unreachable:
            fail(f"{unreachable}.", remedy="Is it running? Start it with: chatter up")

    return run


def what_happened(problem: Problem) -> str:
    """Return the problem's detail, with what is wrong about each field."""
    fields = "; ".join(f"{error.field}: {error.message}" for error in problem.errors)
    return f"{problem.detail} {fields}".strip()


def _remedy(problem: Problem) -> str:
    if problem.status == _UNAUTHENTICATED:
        return "Sign in again: chatter login. A key may have been revoked, or its time is over."
    return problem.remedy or ""
