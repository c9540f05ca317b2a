"""The shapes that cross the API's border."""

from typing import Generic, TypeVar

import msgspec

__all__ = ["Page", "Problem", "Schema"]

T = TypeVar("T")


class Schema(msgspec.Struct, kw_only=True, frozen=True):
    """Base of every request and response body; fields travel in snake_case."""


class Page(Schema, Generic[T]):
    """One page of a list, newest first; `next_cursor` is null on the last page."""

    items: list[T]
    next_cursor: str | None = None


class FieldProblem(Schema):
    """What is wrong with one field of the request."""

    field: str
    message: str


class Problem(Schema, omit_defaults=True):
    """An RFC 9457 problem document; `code` is stable, `remedy` says what to do next."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    remedy: str | None = None
    errors: list[FieldProblem] = []
    retry_after: int | None = None
