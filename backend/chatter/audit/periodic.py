"""What the workers do for the audit log again and again."""

from chatter.audit.anchoring import anchor_heads
from chatter.audit.delivery import deliver_due
from chatter.audit.sealing import Sealer
from chatter.kit.domain import Periodic
from chatter.kit.services import Services

__all__ = ["PERIODIC", "start_sealer"]


async def start_sealer(services: Services) -> None:
    """Give the process its sealer, which remembers how far it is."""
    services.add(Sealer(services.database))


async def _seal(services: Services) -> int:
    return await services.part(Sealer).run()


PERIODIC = (
    Periodic(name="audit.seal", seconds=0.3, step=_seal),
    Periodic(name="audit.deliver", seconds=1, step=deliver_due),
    Periodic(name="audit.anchor", seconds=600, step=anchor_heads),
)
