"""Providers that are there already: Ollama on its usual port, keys in the server's environment."""

from collections.abc import Sequence

from chatter.kit.settings import Settings, environment_value
from chatter.llm.adapters.wires import Wires
from chatter.llm.errors import OfferGone, ProviderFault
from chatter.llm.models import Provider
from chatter.llm.ports import ChatTarget
from chatter.llm.presets import ENVIRONMENT_KEYS, OLLAMA_URL, PRESET_OF
from chatter.llm.schemas import Offer
from chatter.llm.targets import ENVIRONMENT_PREFIX, as_kind

__all__ = ["find_offer", "find_offers", "unused"]

_OLLAMA_SECONDS = 1.0


async def find_offers(wire: Wires, settings: Settings) -> list[Offer]:
    """What the operator lets organisations use; empty unless offer_environment_providers is set."""
    if not settings.offer_environment_providers:
        return []
    offers = [_environment_offer(kind, name) for kind, name in ENVIRONMENT_KEYS.items() if environment_value(name)]
    return [*offers, *await _ollama_offer(wire)]


async def find_offer(wire: Wires, settings: Settings, *, offer_id: str) -> Offer:
    """One offer; raises OfferGone."""
    for offer in await find_offers(wire, settings):
        if offer.id == offer_id:
            return offer
    raise OfferGone("This offer does not exist any more.", remedy="Reload the list of providers.")


def unused(offers: Sequence[Offer], providers: Sequence[Provider]) -> list[Offer]:
    """The offers that no provider of the organisation came from."""
    references = {row.key_reference for row in providers}
    urls = {row.base_url for row in providers if row.kind == "ollama"}
    return [
        offer
        for offer in offers
        if f"{ENVIRONMENT_PREFIX}{ENVIRONMENT_KEYS.get(offer.kind)}" not in references and offer.base_url not in urls
    ]


def _environment_offer(kind: str, name: str) -> Offer:
    preset = PRESET_OF[as_kind(kind)]
    return Offer(
        id=kind,
        kind=preset.kind,
        name=preset.label,
        base_url=preset.base_url or "",
        source=f"The key {name} of this server's environment",
    )


async def _ollama_offer(wire: Wires) -> list[Offer]:
    target = ChatTarget(base_url=OLLAMA_URL, model="", provider="Ollama", internal=True)
    try:
        models = await wire.list_models(target, seconds=_OLLAMA_SECONDS)
    except ProviderFault:
        return []
    count = f"{len(models)} models" if len(models) != 1 else "1 model"
    return [
        Offer(
            id="ollama",
            kind="ollama",
            name="Ollama",
            base_url=OLLAMA_URL,
            source=f"Ollama runs on this server and has {count}",
        )
    ]
