"""Leaving the page for one that is built anew: sub pages keep the frame, which knows one organisation."""

from uuid import UUID

from nicegui import ui

__all__ = ["act_in", "leave_for", "start_anew"]


def act_in(organization_id: UUID) -> None:
    """Load the dashboard for another organisation, in this tab."""
    ui.context.client.open(f"/?organization={organization_id}")


def start_anew() -> None:
    """Load the dashboard for whichever organisation the person still has."""
    ui.context.client.open("/")


def leave_for(address: str) -> None:
    """Go to an address of the API, which sends the browser on."""
    ui.context.client.open(address)
