"""Adding many files: each is uploaded, then watched until its passages can be found. One bad file stops no other."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from chatter.cli.api import Api, ApiFailed
from chatter.cli.api_errors import what_happened
from chatter.cli.terminal import out
from chatter.documents.schemas import Document, Uploads
from chatter.kit.schema import Problem

_LOOK_EVERY = 0.5
_SHOWN = 12
_STAGES = {
    "stored": "waiting to be read",
    "extracting": "reading",
    "chunking": "cutting into passages",
    "embedding": "understanding",
    "ready": "ready",
}


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one file now: one line of --json."""

    file: str
    document: Document | None = None
    problem: Problem | None = None


@dataclass(frozen=True, kw_only=True)
class Adding:
    """How files are added."""

    api: Api
    as_json: bool
    collection_id: UUID | None = None
    """Where they are put, if anywhere."""


def add_all(adding: Adding, files: list[Path], *, wait: bool) -> bool:
    """Add files and report each; return whether all of them succeeded."""
    watched: dict[UUID, tuple[str, Document]] = {}
    good = True
    with Live(console=out, transient=True, auto_refresh=False) as live:
        for number, file in enumerate(files, start=1):
            live.update(f"  [dim]Sending {number} of {len(files)}: {escape(file.name)}[/]", refresh=out.is_terminal)
            change = _upload(adding, file)
            if change.document is None or change.document.state in ("ready", "failed") or not wait:
                good &= _report(change, adding=adding, wait=wait)
            else:
                watched[change.document.id] = (change.file, change.document)
                _tell(change, adding=adding)
        while watched:
            live.update(_progress(watched), refresh=out.is_terminal)
            time.sleep(_LOOK_EVERY)
            for document_id in list(watched):
                good &= _look(adding, watched, document_id)
    return good


def _upload(adding: Adding, file: Path) -> Change:
    try:
        upload = adding.api.upload("/documents", Uploads, file=file, collection_id=adding.collection_id).items[0]
    except ApiFailed as failed:
        return Change(file=str(file), problem=failed.problem)
    return Change(file=str(file), document=upload.document, problem=upload.problem)


def _look(adding: Adding, watched: dict[UUID, tuple[str, Document]], document_id: UUID) -> bool:
    """Ask for one document again, report it when it is finished; return False when it failed."""
    file, before = watched[document_id]
    try:
        now = adding.api.get(f"/documents/{document_id}", Document)
    except ApiFailed as failed:
        del watched[document_id]
        return _report(Change(file=file, problem=failed.problem), adding=adding, wait=True)
    change = Change(file=file, document=now)
    if now.state in ("ready", "failed"):
        del watched[document_id]
        return _report(change, adding=adding, wait=True)
    watched[document_id] = (file, now)
    if (now.state, now.stage, now.done) != (before.state, before.stage, before.done):
        _tell(change, adding=adding)
    return True


def _report(change: Change, *, adding: Adding, wait: bool) -> bool:
    """Print the end of one file's story; return whether it is a good one."""
    _tell(change, adding=adding)
    document, error = change.document, ""
    if change.problem:
        error = f"{what_happened(change.problem)} {change.problem.remedy or ''}"
    elif document and document.error:
        error = f"{document.error.detail} {document.error.remedy or ''}"
    if adding.as_json:
        return not error
    if error or document is None:
        out.print(f"  [red]✗[/] {escape(change.file)}: {escape(error.strip())}")
        return False
    said = f"{document.page_count} pages, {document.chunk_count} passages" if wait else "sent"
    out.print(f"  [green]✓[/] {escape(change.file)} [dim]{said}  {document.id}[/]")
    return True


def _tell(change: Change, *, adding: Adding) -> None:
    if adding.as_json:
        sys.stdout.buffer.write(msgspec.json.encode(change) + b"\n")
        sys.stdout.buffer.flush()


def _progress(watched: dict[UUID, tuple[str, Document]]) -> Table:
    table = Table.grid(padding=(0, 2))
    rows = list(watched.values())
    for file, document in rows[:_SHOWN]:
        count = f"{document.done} of {document.total}" if document.stage == "embedding" and document.total else ""
        stage = _STAGES.get(document.stage, document.stage)
        table.add_row(" [yellow]•[/]", escape(Path(file).name), f"[dim]{stage} {count}[/]")
    if len(rows) > _SHOWN:
        table.add_row("", f"[dim]and {len(rows) - _SHOWN} more[/]")
    return table
