"""Binds what comes over NiceGUI's socket to the tab that the socket was opened for.

NiceGUI acts for whichever client a message names, and asks neither of a handshake nor of an event whose it is: somebody
signed in who knew the id of another person's tab could read it and click in it.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import core
from starlette.datastructures import Headers

from chatter_dashboard.shell.guard import session_token
from chatter_dashboard.shell.sessions import TabRegistry

__all__ = ["SPOKEN", "bind_messages"]

Message = dict[str, Any]

SPOKEN = ("event", "javascript_response", "ack", "log")
"""The messages that act for a tab. What our elements tell, also of what is new, comes as `event`."""


def bind_messages(tabs: TabRegistry) -> None:
    """Stand before NiceGUI's handlers; called once a process."""
    handlers: dict[str, Callable[..., Any]] = core.sio.handlers["/"]
    core.sio.on("handshake", _by_its_owner(handlers["handshake"], tabs))
    for name in SPOKEN:
        core.sio.on(name, _for_its_own_tab(handlers[name]))


def _by_its_owner(handle: Callable[[str, Message], Awaitable[bool]], tabs: TabRegistry) -> Callable[..., Any]:
    """Let a socket join a tab that was built for its session, and no other."""

    async def handshake(socket: str, message: Message) -> bool:
        environ: dict[str, Any] = core.sio.get_environ(socket)
        token = session_token(Headers(scope=environ["asgi.scope"]))
        return tabs.owns(token, str(message.get("client_id"))) and await handle(socket, message)

    return handshake


def _for_its_own_tab(handle: Callable[[str, Message], None]) -> Callable[[str, Message], None]:
    """Hear what a socket says for the tab that it has joined."""

    def heard(socket: str, message: Message) -> None:
        if message.get("client_id") in core.sio.rooms(socket):
            handle(socket, message)

    return heard
