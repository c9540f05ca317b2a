"""Keys as rows of a table."""

from chatter.identity.schemas import ApiKey
from chatter_dashboard.components.table import Action, Column, Confirm, Row, State, Tone

__all__ = ["COLUMNS", "REVOKE", "key_row"]

COLUMNS = [
    Column(key="name", label="Name", kind="name"),
    Column(key="state", label="State", kind="state"),
    Column(key="scope", label="May do", hide="md"),
    Column(key="used", label="Last used", kind="time", hide="sm"),
    Column(key="until", label="Until", hide="md"),
]
REVOKE = Action(
    id="revoke",
    label="Revoke",
    icon="trash",
    danger=True,
    confirm=Confirm(
        title="Revoke {name}?",
        body="What uses it is refused at once. To change keys, make the new one first and revoke this one when it is "
        "not used any more.",
    ),
)
_TONES: dict[str, Tone] = {"active": "ok", "expired": "warn", "revoked": "plain"}


def key_row(key: ApiKey, *, with_holder: bool = False) -> Row:
    """A row with what narrows the key; with its holder where keys of several are shown."""
    about = [key.holder_name or "somebody who has left"] if with_holder else []
    about.append(f"ends in {key.hint}")
    if key.created_by_name and key.created_by != key.holder_id:
        about.append(f"made by {key.created_by_name}")
    if key.addresses:
        about.append(f"from {', '.join(key.addresses)}")
    return Row(
        id=str(key.id),
        icon="key",
        note=", ".join(about),
        cells={
            "name": key.name,
            "state": State(text=key.state.capitalize(), tone=_TONES[key.state]),
            "scope": _scope(key),
            "used": key.last_used_at.isoformat() if key.last_used_at else None,
            "until": f"{key.expires_at:%b} {key.expires_at.day}, {key.expires_at.year}" if key.expires_at else "no end",
        },
        actions=["revoke"] if key.state != "revoked" else [],
    )


def _scope(key: ApiKey) -> str:
    if key.scopes is None:
        return "All its holder may"
    return "1 permission" if len(key.scopes) == 1 else f"{len(key.scopes)} permissions"
