"""The OpenAPI document's error answers, the same words for each route."""

from collections.abc import Iterable, Mapping

from litestar import Controller
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec

from chatter.kit.schema import Problem
from chatter.kit.web.problems import PROBLEM_JSON

__all__ = ["ABSENT", "ELSEWHERE", "describe_problems"]

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})

ABSENT = {
    404: ResponseSpec(
        Problem, description="No such thing in this organisation.", media_type=PROBLEM_JSON, generate_examples=False
    )
}
"""For a handler whose query names a thing; one whose path does is found without it."""
ELSEWHERE = {
    502: ResponseSpec(Problem, description="Another service failed.", media_type=PROBLEM_JSON, generate_examples=False)
}
"""For a handler that waits for another service's answer."""


def describe_problems(controllers: Iterable[type[Controller]]) -> None:
    """Declare, on each handler, the problem documents that it may answer with."""
    for controller in controllers:
        for value in vars(controller).values():
            if isinstance(value, HTTPRouteHandler):
                problems = _problems(value, named="{" in str(vars(controller).get("path", "")))
                value.responses = {**problems, **(value.responses or {})}


def _problems(handler: HTTPRouteHandler, *, named: bool) -> Mapping[int, ResponseSpec]:
    opt = handler.opt
    unsafe = bool(handler.http_methods & _UNSAFE)
    named = named or any("{" in path for path in handler.paths)
    texts = {
        400: "The request can't be read.",
        401: "Nobody is signed in." if unsafe or not opt.get("public") else None,
        403: "The person's role does not allow it." if unsafe or opt.get("permission") else None,
        404: "No such thing in this organisation." if unsafe or named else None,
        409: "The present state does not allow it." if unsafe else None,
        413: "The body is larger than 1 MiB." if unsafe else None,
        422: "The request is not valid.",
        431: "The headers are too large.",
        429: "Too many requests; Retry-After says when to come back." if opt.get("limit") else None,
        500: "Something went wrong on our side.",
        503: "A part of the service is away for a moment.",
    }
    return {
        status: ResponseSpec(Problem, description=text, media_type=PROBLEM_JSON, generate_examples=False)
        for status, text in texts.items()
        if text is not None
    }
