"""The shapes that cross the API's border."""

from typing import Annotated, Any, Generic, TypeVar, dataclass_transform

import msgspec
from msgspec import Meta

__all__ = ["FieldProblem", "FrozenMeta", "Page", "Problem", "Schema"]

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class FrozenMeta(msgspec.StructMeta):
    """Makes frozen and keyword-only the default of each subclass; msgspec itself does not hand keyword-only down."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> "FrozenMeta":
        return super().__new__(cls, name, bases, namespace, **{"frozen": True, "kw_only": True} | config)


class Schema(msgspec.Struct, metaclass=FrozenMeta):
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

    type: Annotated[str, Meta(examples=["https://chatter.dev/problems/last_owner"])]
    title: Annotated[str, Meta(examples=["An organisation needs an owner"])]
    status: Annotated[int, Meta(examples=[409])]
    detail: Annotated[str, Meta(examples=["This is the last owner."])]
    code: Annotated[str, Meta(examples=["last_owner"])]
    request_id: Annotated[str, Meta(examples=["019a1b2c3d4e7f508a1b2c3d4e5f6071"])]
    remedy: Annotated[str, Meta(examples=["Make somebody else an owner first."])] | None = None
    errors: list[FieldProblem] = []
    retry_after: int | None = None
