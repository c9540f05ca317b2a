"""Filters and orders of SCIM (RFC 7644 §3.4.2.2, §3.4.2.3) as expressions of the database; every value is a parameter.

The grammar, and what an attribute's name means, are scim2-models'. Here each leaf becomes a comparison with a column,
with a place in the attributes that are kept as JSON, or with one of the entries of a list.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from typing import Any

from scim2_models import InvalidFilterException, InvalidPathException, Path, Resource, ScimFilter
from scim2_models.path import (
    AttributeBinding,
    AttrPath,
    CompareOperator,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
    coerce_value,
)
from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    cast,
    column,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH

__all__ = ["Entries", "Shape", "condition", "order"]

Column = SQLColumnExpression[Any]
_PRIMARY = "$[*] ? (@.primary == true)"
_LONGEST = 8000
_ORDERED = {CompareOperator.gt, CompareOperator.ge, CompareOperator.lt, CompareOperator.le}


@dataclass(frozen=True)
class Entries:
    """The entries of a list that stand in rows of their own: what each sub-attribute is, and the rows themselves."""

    columns: Mapping[str, Column]
    rows: Callable[[], Select[Any]]
    """Those of the resource that the outer statement looks at."""


@dataclass(frozen=True)
class Shape:
    """Where the attributes of a kind of resource are kept."""

    model: type[Resource[Any]]
    columns: Mapping[str, Column]
    """By the attribute's name as SCIM writes it."""
    lowered: frozenset[str] = frozenset()
    """Those columns that are kept in the form in which they are compared."""
    entries: Mapping[str, Entries] = field(default_factory=dict)
    document: Column | None = None
    """All else, as JSON."""


def condition(shape: Shape, given: ScimFilter[Any]) -> ColumnElement[bool]:
    """Whether a row satisfies the filter; raises InvalidFilterException."""
    if len(given) > _LONGEST:
        raise InvalidFilterException(detail=f"A filter has at most {_LONGEST} characters.")
    bound = ScimFilter[shape.model](str(given))  # type: ignore[name-defined]  # a filter may have come for several kinds
    return _Compiler(shape, bound).visit(bound.ast)


def order(shape: Shape, by: Path[Any]) -> Column:
    """What a row is ordered by: text without regard to case, of a list its primary entry or else its first."""
    binding = by.resolve()
    if binding is None:
        raise InvalidPathException(path=str(by), detail=f"nothing is sorted by {str(by)!r}")
    name, _, sub = _name_of(binding).partition(".")
    if column := shape.columns.get(_name_of(binding)):
        return column if _name_of(binding) in shape.lowered else _compared(column, binding)
    if shape.document is None or name in shape.entries:
        raise InvalidPathException(path=str(by), detail=f"nothing is sorted by {str(by)!r}")
    place = _place(shape.document, binding)
    if binding.is_multivalued:
        primary = func.jsonb_path_query_first(place, cast(_PRIMARY, JSONPATH), type_=JSONB)
        return _compared(func.coalesce(primary, place[0])[sub or "value"].astext, binding)
    return _compared(place[sub].astext if sub else place.as_string(), binding)


class _Compiler(FilterVisitor[ColumnElement[bool]]):
    """Of one filter. Within brackets, `within` is the list and `entry` what its entries' sub-attributes are."""

    def __init__(
        self,
        shape: Shape,
        given: ScimFilter[Any],
        *,
        within: AttrPath | None = None,
        entry: Callable[[str], Column] | None = None,
    ) -> None:
        self._shape = shape
        self._given = given
        self._within = within
        self._entry = entry

    def visit_comparison(self, node: Comparison) -> ColumnElement[bool]:
        binding = self._bound(node.attr_path, compared=True)
        if binding is None:
            return false()
        value = coerce_value(binding, node.value, node.op)
        if isinstance(value, str) and not value.isprintable() and _is_no_text(value):
            raise InvalidFilterException(detail="A filter's value holds what is no character.")
        if self._entry is not None:
            return _compare(self._entry(_sub_of(binding)), node.op, value, binding)
        if binding.is_multivalued:
            universal = node.op == CompareOperator.ne
            op = CompareOperator.eq if universal else node.op
            found = self._some(binding, lambda entry: _compare(entry(_sub_of(binding)), op, value, binding))
            return not_(found) if universal else found
        column = self._column(binding)
        return _compare(column, node.op, value, binding, lowered=_name_of(binding) in self._shape.lowered)

    def visit_present(self, node: Present) -> ColumnElement[bool]:
        binding = self._bound(node.attr_path)
        if binding is None:
            return false()
        sub = binding.sub_field_name is not None
        if self._entry is not None:
            return _present(self._entry(_sub_of(binding)))
        if binding.is_multivalued:
            return self._some(binding, lambda entry: _present(entry(_sub_of(binding))) if sub else true())
        return _present(self._column(binding))

    def visit_not(self, node: Not) -> ColumnElement[bool]:
        return not_(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> ColumnElement[bool]:
        joined = and_ if node.op == LogicalOperator.and_ else or_
        return joined(*(self.visit(term) for term in node.terms)).self_group()

    def visit_value_path(self, node: ValuePath) -> ColumnElement[bool]:
        binding = self._bound(node.attr_path)
        if binding is None:
            return false()

        def fits(entry: Callable[[str], Column]) -> ColumnElement[bool]:
            return _Compiler(self._shape, self._given, within=node.attr_path, entry=entry).visit(node.val_filter)

        if binding.is_multivalued:
            return self._some(binding, fits)
        raise InvalidFilterException(detail=f"{node.attr_path} is no list")

    def _bound(self, path: AttrPath, *, compared: bool = False) -> AttributeBinding | None:
        """What a name means; None for one that this kind of resource does not have."""
        if self._within is not None:
            return self._given.resolve(replace(self._within, sub_attr=path.attr), strict=False)
        resolve = self._given.resolve_comparison if compared else self._given.resolve
        return resolve(path, strict=False)

    def _column(self, binding: AttributeBinding) -> Column:
        name = _name_of(binding)
        if name in self._shape.columns:
            return self._shape.columns[name]
        if self._shape.document is None:
            raise InvalidFilterException(detail=f"nothing is found by {name}")
        place, sub = _place(self._shape.document, binding), name.partition(".")[2]
        found: Column = place[sub].astext if sub else place.as_string()
        return found

    def _some(
        self, binding: AttributeBinding, fits: Callable[[Callable[[str], Column]], ColumnElement[bool]]
    ) -> ColumnElement[bool]:
        """Whether one entry of the list fits."""
        name = _name_of(binding).partition(".")[0]
        if kept := self._shape.entries.get(name):
            return kept.rows().where(fits(lambda sub: kept.columns.get(sub, _nothing()))).exists()
        if self._shape.document is None:
            raise InvalidFilterException(detail=f"nothing is found by {name}")
        listed = func.jsonb_array_elements(_place(self._shape.document, binding))
        entries = listed.table_valued(column("value", JSONB), name="entry")
        return exists(select(literal(1)).select_from(entries).where(fits(lambda sub: entries.c.value[sub].astext)))


def _compare(
    column: Column, op: CompareOperator, value: Any, binding: AttributeBinding, *, lowered: bool = False
) -> ColumnElement[bool]:
    """A comparison that is never null, so that its negation holds for what is absent."""
    if value is None:
        return column.is_(None) if op == CompareOperator.eq else column.is_not(None)
    if isinstance(value, bool) and binding.sub_field_name is not None:
        value = "true" if value else "false"
    left = column if lowered else _compared(column, binding)
    right = literal(binding.comparable(value))
    if op == CompareOperator.ne:
        return or_(column.is_(None), left != right)
    return and_(column.is_not(None), _positive(left, op, right, is_text=isinstance(value, str)))


def _positive(left: Column, op: CompareOperator, right: Column, *, is_text: bool) -> ColumnElement[bool]:
    if op in _ORDERED and is_text:
        left = left.collate("C")
    operations: dict[CompareOperator, Callable[[], ColumnElement[bool]]] = {
        CompareOperator.eq: lambda: left == right,
        CompareOperator.gt: lambda: left > right,
        CompareOperator.ge: lambda: left >= right,
        CompareOperator.lt: lambda: left < right,
        CompareOperator.le: lambda: left <= right,
        CompareOperator.co: lambda: func.strpos(left, right) > 0,
        CompareOperator.sw: lambda: func.starts_with(left, right),
        CompareOperator.ew: lambda: func.right(left, func.length(right)) == right,
    }
    return operations[op]()


def _present(column: Column) -> ColumnElement[bool]:
    return column.is_not(None)


def _compared(column: Column, binding: AttributeBinding) -> Column:
    """A text as it is compared, which is without regard to case unless the attribute says otherwise."""
    if binding.case_exact or binding.target_type in (bool, datetime):
        return column
    return func.lower(column)


def _place(document: Column, binding: AttributeBinding) -> Any:
    """Where the attribute stands in the document; those of an extension stand under its schema."""
    schema = str(binding.model.__schema__)  # type: ignore[attr-defined]
    steps = [_name_of(binding).partition(".")[0]]
    if schema not in _OWN:
        steps.insert(0, schema)
    return reduce(lambda place, step: place[step], steps, document)


_OWN = {"urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:Group"}


def _name_of(binding: AttributeBinding) -> str:
    """As SCIM writes it, without the schema: `name.givenName`."""
    return binding.urn.rpartition(":")[2]


def _sub_of(binding: AttributeBinding) -> str:
    return _name_of(binding).partition(".")[2] or "value"


def _is_no_text(value: str) -> bool:
    """Halves of characters, and NUL, which no text of the database holds."""
    return "\0" in value or any("\ud800" <= character <= "\udfff" for character in value)


def _nothing() -> Column:
    return literal(None)
