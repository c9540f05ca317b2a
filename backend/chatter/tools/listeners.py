"""What follows from calls that are gone: what was too large for their rows goes, too."""

from uuid import UUID

from chatter.kit.events import Listener
from chatter.kit.services import Services
from chatter.runs.events import RunsTrimmed
from chatter.tools.events import PayloadsForgotten
from chatter.tools.payloads import erase_payloads

__all__ = ["LISTENERS"]

_FORGET = """
update tool_call set arguments_payload = null, result_payload = null
where tenant_id = $1 and run_id = any ($2) and (arguments_payload is not null or result_payload is not null)
returning old.arguments_payload, old.result_payload
"""


_STILL_NAMED = """
select unnest(array[arguments_payload, result_payload]) as id from tool_call
where tenant_id = $1 and (arguments_payload = any ($2) or result_payload = any ($2))
"""


async def _erase(services: Services, tenant_id: UUID, event: PayloadsForgotten) -> None:
    await _erase_unnamed(services, tenant_id, event.payload_ids)


async def _trim(services: Services, tenant_id: UUID, event: RunsTrimmed) -> None:
    """The rows keep their beginnings; objects that no row names any more would be swept, were this cut short."""
    async with services.database.connection(tenant_id) as connection:
        rows = await connection.fetch(_FORGET, tenant_id, event.run_ids)
    named = [each for row in rows for each in row if each is not None]
    await _erase_unnamed(services, tenant_id, named)


async def _erase_unnamed(services: Services, tenant_id: UUID, payload_ids: list[UUID]) -> None:
    """A run that branched off shares what it took over: it stays as long as one of them needs it."""
    if not payload_ids:
        return
    async with services.database.connection(tenant_id) as connection:
        shared = {row["id"] for row in await connection.fetch(_STILL_NAMED, tenant_id, payload_ids)}
    await erase_payloads(services.store, tenant_id, [each for each in payload_ids if each not in shared])


LISTENERS = (Listener(event=PayloadsForgotten, handle=_erase), Listener(event=RunsTrimmed, handle=_trim))
