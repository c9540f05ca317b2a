"""`chatter collections`: list and make them."""

import sys
from uuid import UUID

import msgspec
import rich_click as click
from rich.markup import escape
from rich.table import Table

from chatter.cli.api import Api
from chatter.cli.api_errors import explained
from chatter.cli.sign_in import signed_in_api, with_key
from chatter.cli.terminal import fail, out
from chatter.documents.schemas import Collection, CollectionCreate, CollectionList

__all__ = ["collection_named", "collections"]


@click.group()
def collections() -> None:
    """List and make collections of documents."""


@collections.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a collection.")
@with_key
@explained
def list_collections(as_json: bool) -> None:
    """List the collections that you see, by name."""
    found = _all(signed_in_api())
    if as_json:
        for collection in found:
            _write(collection)
        return
    if not found:
        out.print("  No collections yet. Make one: chatter collections create NAME")
        return
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("Name", "Seen by", "Your access", "Id"):
        table.add_column(heading, no_wrap=heading != "Name")
    for collection in found:
        seen_by = "those it is shared with" if collection.visibility == "restricted" else "everybody"
        table.add_row(escape(collection.name), seen_by, collection.access or "", f"[dim]{collection.id}[/]")
    out.print(table)


@collections.command()
@click.argument("name")
@click.option("--restricted", is_flag=True, help="Keep it, and what is in it, to those it is shared with.")
@click.option("--description", default="", help="What it is for.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@with_key
@explained
def create(name: str, restricted: bool, description: str, as_json: bool) -> None:
    """Make a collection, which is yours."""
    body = CollectionCreate(
        name=name, description=description, visibility="restricted" if restricted else "organization"
    )
    made = signed_in_api().post("/collections", Collection, body=body)
    if as_json:
        _write(made)
    else:
        out.print(f"  [green]✓[/] Made {escape(made.name)} [dim]{made.id}[/]")


def collection_named(api: Api, name: str) -> UUID:
    """The id of the collection with a name, or with that id; ends the command when it is not exactly one."""
    known = _all(api)
    found = [one for one in known if name == str(one.id)] or [one for one in known if one.name == name]
    if not found:
        fail(f"You see no collection called {name}.", remedy="See which there are: chatter collections list")
    if len(found) > 1:
        fail(f"{len(found)} collections are called {name}.", remedy="Give the id: chatter collections list")
    return found[0].id


def _all(api: Api) -> list[Collection]:
    return api.get("/collections", CollectionList).items


def _write(value: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
