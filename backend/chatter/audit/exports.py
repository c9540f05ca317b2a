"""The audit log as files: JSON lines, CSV, and OCSF for security tools."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

import msgspec

from chatter.audit.filters import EventFilter
from chatter.audit.ocsf import ocsf_event
from chatter.audit.repository import AuditRepository
from chatter.audit.schemas import AuditEvent, ExportFormat
from chatter.kit.pagination import Cursor

__all__ = ["encode", "exported"]

_PAGE = 500
_COLUMNS = tuple(name for name in AuditEvent.__struct_fields__ if name != "changes")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Encode = Callable[[Sequence[AuditEvent]], bytes]


async def exported(log: AuditRepository, wanted: EventFilter, *, form: ExportFormat) -> AsyncIterator[bytes]:
    """Every row that is wanted, newest first, page by page: memory stays that of a page, however long the log is."""
    if form == "csv":
        yield _csv_lines([[*_COLUMNS, "changes"]])
    after: Cursor | None = None
    while True:
        found = await log.find(wanted, after=after, limit=_PAGE)
        if found:
            after = Cursor(found[-1].at, found[-1].id)
            yield encode(found, form=form)
        if len(found) < _PAGE:
            return


def encode(events: Sequence[AuditEvent], *, form: ExportFormat) -> bytes:
    """Rows as lines of a format, without a heading."""
    return _ENCODERS[form](events)


def _jsonl(events: Sequence[AuditEvent]) -> bytes:
    return msgspec.json.Encoder().encode_lines(events)


def _ocsf(events: Sequence[AuditEvent]) -> bytes:
    return msgspec.json.Encoder().encode_lines([ocsf_event(event) for event in events])


def _csv(events: Sequence[AuditEvent]) -> bytes:
    return _csv_lines([[_cell(getattr(event, name)) for name in _COLUMNS] + [_changes(event)] for event in events])


def _csv_lines(lines: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()


def _changes(event: AuditEvent) -> str:
    return _harmless(msgspec.json.encode(event.changes).decode()) if event.changes else ""


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else _harmless(str(value))


def _harmless(text: str) -> str:
    """A spreadsheet takes a cell that begins like this for a formula; an apostrophe makes it text (OWASP)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


_ENCODERS: dict[ExportFormat, Encode] = {"jsonl": _jsonl, "csv": _csv, "ocsf": _ocsf}
