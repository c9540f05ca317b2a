"""Collections on the documents page: the way into each, and what may be done with the one that is open."""

from collections.abc import Awaitable, Callable
from typing import Literal, cast

from nicegui import ui

from chatter.documents.schemas import Collection, CollectionCreate, CollectionUpdate, Visibility
from chatter_dashboard.components.chips import Chip, Chips
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import button, card, div, text
from chatter_dashboard.components.table import Option
from chatter_dashboard.pages.access.share import ShareDialog
from chatter_dashboard.pages.access.sharing import VISIBILITIES
from chatter_dashboard.pages.documents.state import DocumentsState
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["collection_chips", "collection_head", "new_collection"]

_FATES = (
    Option(value="keep", label="Keep them; nobody sees more than before"),
    Option(value="delete", label="Delete them too"),
)


def new_collection(visitor: Visitor) -> None:
    """The button that makes one, for who may."""
    if not visitor.may("documents:collection:create"):
        return

    async def submit(values: Values) -> None:
        made = await visitor.api.collections.create(
            CollectionCreate(
                name=values["name"],
                description=values["description"],
                visibility=cast(Visibility, values["visibility"]),
            )
        )
        dialog.close()
        ui.navigate.to(_address(made))

    dialog = Dialog("New collection")
    options = tuple(Option(value=value, label=label) for value, label in VISIBILITIES.items())
    who = Field(name="visibility", label="Who sees it", kind="select", options=options, value="organization")
    with dialog:
        Form([*_words("", ""), who], submit_label="Create collection", on_submit=submit)
    button("New collection", dialog.open, icon_name="folder")


def collection_chips(state: DocumentsState, *, on_drop: Callable[[str, list[str]], Awaitable[None]]) -> None:
    """All documents, and each collection; what may be put into one can be dropped on it."""
    if not state.collections:
        return
    every = Chip(value="", label="All documents", href="/documents", current=state.collection is None)
    Chips([every, *(_chip(state, one) for one in state.collections)], label="Collections", on_drop=on_drop)


def collection_head(visitor: Visitor, state: DocumentsState) -> None:
    """What the open collection is, and what the person may do with it."""
    found = state.collection
    if found is None:
        return
    with card("lx-collection"), div("lx-rowline"):
        with div("lx-rowline-main"):
            text("strong", found.name)
            text("span", found.description or _seen_by(found))
        if visitor.may("rbac:grant:manage") and (found.access == "manage" or state.may_administer):
            _share(visitor, found)
        if visitor.may("documents:collection:update") and found in state.open_collections:
            _edit(visitor, found)
        if visitor.may("documents:collection:delete") and (found.access == "manage" or state.may_administer):
            _delete(visitor, found)


def _share(visitor: Visitor, found: Collection) -> None:
    dialog = ShareDialog(visitor, "collection")

    async def share() -> None:
        await dialog.open(found.id, found.name)

    button("Share", share, icon_name="share")


def _edit(visitor: Visitor, found: Collection) -> None:
    async def submit(values: Values) -> None:
        change = CollectionUpdate(name=values["name"], description=values["description"])
        await visitor.api.collections.update(found.id, change)
        dialog.close()
        ui.navigate.reload()

    dialog = Dialog("Rename collection")
    with dialog:
        Form(_words(found.name, found.description), submit_label="Save", on_submit=submit)
    button("Rename", dialog.open, icon_name="edit")


def _delete(visitor: Visitor, found: Collection) -> None:
    async def submit(values: Values) -> None:
        fate = cast(Literal["keep", "delete"], values["documents"])
        await visitor.api.collections.delete(found.id, documents=fate)
        dialog.close()
        ui.navigate.to("/documents")

    options = _FATES if visitor.may("documents:document:delete") else _FATES[:1]
    field = Field(name="documents", label="What is in it", kind="select", options=options, value="keep")
    dialog = Dialog(f"Delete {found.name}?", text="What was shared through it is shared no more.")
    with dialog:
        Form([field], submit_label="Delete collection", on_submit=submit)
    button("Delete", dialog.open, icon_name="trash")


def _words(name: str, description: str) -> list[Field]:
    return [
        Field(name="name", label="Name", value=name, max_length=100),
        Field(name="description", label="Description", value=description, max_length=300, optional=True),
    ]


def _chip(state: DocumentsState, found: Collection) -> Chip:
    restricted = found.visibility == "restricted"
    return Chip(
        value=str(found.id),
        label=found.name,
        href=_address(found),
        icon="lock" if restricted else "folder",
        note=", restricted" if restricted else "",
        current=found == state.collection,
        droppable=found in state.open_collections,
    )


def _seen_by(found: Collection) -> str:
    return "Seen by those it is shared with" if found.visibility == "restricted" else "Seen by everybody"


def _address(found: Collection) -> str:
    return f"/documents?collection={found.id}"
