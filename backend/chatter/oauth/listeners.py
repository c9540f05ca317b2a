"""What ends with a person's sign-in: the apps that act for them."""

from uuid import UUID

from chatter.identity.events import PasswordChanged
from chatter.kit.events import Listener
from chatter.kit.services import Services

__all__ = ["LISTENERS"]


async def _end_with_password(services: Services, _: UUID, event: PasswordChanged) -> None:
    """Whoever changes their password signs out everywhere: apps connect anew, in every organisation."""
    await services.database.hot.execute("select oauth_end_families($1)", event.user_id)


LISTENERS = (Listener(event=PasswordChanged, handle=_end_with_password),)
