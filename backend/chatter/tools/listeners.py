"""What follows from calls that are gone: what was too large for their rows goes, too."""

from uuid import UUID

from chatter.kit.events import Listener
from chatter.kit.services import Services
from chatter.tools.events import PayloadsForgotten
from chatter.tools.payloads import erase_payloads

__all__ = ["LISTENERS"]


async def _erase(services: Services, tenant_id: UUID, event: PayloadsForgotten) -> None:
    await erase_payloads(services.store, tenant_id, event.payload_ids)


LISTENERS = (Listener(event=PayloadsForgotten, handle=_erase),)
