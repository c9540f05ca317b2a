"""`chatter documents`: add, list, show and delete."""

import sys
from pathlib import Path
from uuid import UUID

import msgspec
import rich_click as click
from rich.markup import escape
from rich.table import Table

from chatter.cli.adding import Adding, add_all
from chatter.cli.api import Api
from chatter.cli.api_errors import explained
from chatter.cli.collections import collection_named
from chatter.cli.sign_in import signed_in_api, with_key
from chatter.cli.terminal import fail, out
from chatter.documents.schemas import Document, TextPages
from chatter.kit.schema import Page

_MOST_A_PAGE = 100
_WORDS = {"queued": "waiting", "processing": "being read", "ready": "ready", "failed": "failed"}


@click.group()
def documents() -> None:
    """Add, list, show and delete documents."""


@documents.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--collection", metavar="NAME", help="Put them into this collection: its name, or its id.")
@click.option("--wait/--no-wait", default=True, help="Wait until each document can be asked about.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each change of a file.")
@with_key
@explained
def add(paths: tuple[Path, ...], collection: str | None, wait: bool, as_json: bool) -> None:
    """Add files, and all files in folders. Status 1 when one could not be read."""
    found = [file for path in paths for file in _files_in(path)]
    if not found:
        fail("There is no file to add.", remedy="Hidden files and folders are left out.")
    api = signed_in_api()
    adding = Adding(api=api, as_json=as_json, collection_id=collection_named(api, collection) if collection else None)
    if not add_all(adding, found, wait=wait):
        sys.exit(1)


@documents.command("list")
@click.option("--state", type=click.Choice(list(_WORDS)), help="Only those in this state.")
@click.option("--query", help="Only those whose name holds this text.")
@click.option("--collection", metavar="NAME", help="Only those in this collection: its name, or its id.")
@click.option("--limit", default=50, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a document.")
@with_key
@explained
def list_documents(*, state: str | None, query: str | None, collection: str | None, limit: int, as_json: bool) -> None:
    """List documents, the newest first."""
    api = signed_in_api()
    collection_id = collection_named(api, collection) if collection else None
    rows = _list(api, state=state, query=query, collection_id=collection_id, limit=limit)
    if as_json:
        for document in rows:
            _write(document)
        return
    if not rows:
        out.print(
            "  No documents."
            if state or query or collection
            else "  No documents yet. Add some: chatter documents add PATH..."
        )
        return
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("Name", "State", "Pages", "Size", "Id"):
        table.add_column(
            heading, justify="right" if heading in ("Pages", "Size") else "left", no_wrap=heading != "Name"
        )
    for document in rows:
        pages, size = str(document.page_count or ""), _size(document.size_bytes)
        table.add_row(escape(document.name), _state(document), pages, size, f"[dim]{document.id}[/]")
    out.print(table)


@documents.command()
@click.argument("document_id", metavar="ID", type=UUID)
@click.option("--text", is_flag=True, help="Print the text that was read from it, page by page.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON; with --text one line a page.")
@with_key
@explained
def show(document_id: UUID, text: bool, as_json: bool) -> None:
    """Show one document, or its text."""
    api = signed_in_api()
    if text:
        _show_text(api, document_id, as_json=as_json)
        return
    document = api.get(f"/documents/{document_id}", Document)
    if as_json:
        _write(document)
        return
    out.print(f"  [bold]{escape(document.name)}[/]")
    out.print(f"  {_state(document)} [dim]· {_size(document.size_bytes)} · {document.media_type}[/]")
    out.print(f"  [dim]{document.page_count} pages, {document.chunk_count} passages, added {document.created_at:%c}[/]")
    for warning in document.warnings:
        out.print(f"  [yellow]•[/] {escape(warning)}")
    if document.error:
        out.print(f"  [red]✗[/] {escape(document.error.detail)} {escape(document.error.remedy or '')}")


@documents.command()
@click.argument("document_ids", metavar="ID...", nargs=-1, required=True, type=UUID)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a document; does not ask.")
@with_key
@explained
def delete(document_ids: tuple[UUID, ...], yes: bool, as_json: bool) -> None:
    """Delete documents with everything that was made from them."""
    api = signed_in_api()
    for document_id in document_ids:
        name = api.get(f"/documents/{document_id}", Document).name
        if not (yes or as_json) and not click.confirm(f"Delete {name} for everybody?"):
            continue
        api.call("DELETE", f"/documents/{document_id}")
        if as_json:
            _write({"id": document_id, "name": name, "deleted": True})
        else:
            out.print(f"  [green]✓[/] Deleted {escape(name)}")


def _files_in(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    visible = (
        file for file in sorted(path.rglob("*")) if not any(p.startswith(".") for p in file.relative_to(path).parts)
    )
    return [file for file in visible if file.is_file()]


def _list(api: Api, *, state: str | None, query: str | None, collection_id: UUID | None, limit: int) -> list[Document]:
    rows: list[Document] = []
    cursor: str | None = None
    while len(rows) < limit:
        size = min(limit - len(rows), _MOST_A_PAGE)
        narrowed = {"state": state, "query": query, "collection_id": collection_id}
        page = api.get("/documents", Page[Document], **narrowed, cursor=cursor, limit=size)
        rows += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    return rows


def _show_text(api: Api, document_id: UUID, *, as_json: bool) -> None:
    following: int | None = 1
    while following is not None:
        pages = api.get(f"/documents/{document_id}/pages", TextPages, **{"from": following, "limit": 50})
        for page in pages.items:
            if as_json:
                _write(page)
            else:
                out.print(f"[dim]--- page {page.page} ---[/]")
                out.print(page.text, markup=False)
        following = pages.next_page


def _state(document: Document) -> str:
    colour = {"ready": "green", "failed": "red"}.get(document.state, "yellow")
    return f"[{colour}]{_WORDS[document.state]}[/]"


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _write(value: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()
