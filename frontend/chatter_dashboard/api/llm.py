"""Providers and models."""

from uuid import UUID

from msgspec import UNSET

from chatter.llm.schemas import (
    Audience,
    DefaultModel,
    Fallbacks,
    Model,
    ModelCreate,
    ModelList,
    ModelUpdate,
    Offer,
    OfferList,
    PriceSet,
    Provider,
    ProviderCreate,
    ProviderDraft,
    ProviderList,
    ProviderTest,
    ProviderTestRequest,
    ProviderUpdate,
)
from chatter.usage.schemas import ProviderHealth, ProviderHealthList
from chatter_dashboard.api.calls import Calls

__all__ = ["LlmApi"]


class LlmApi:
    """`/providers`, `/models`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def models(self) -> ModelList:
        """Every model, and which one is the default."""
        return await self._calls.get("/models", ModelList)

    async def providers(self) -> ProviderList:
        """Every provider with its models, and the kinds that can be added."""
        return await self._calls.get("/providers", ProviderList)

    async def health(self) -> list[ProviderHealth]:
        """How the providers did in the last 24 hours."""
        return (await self._calls.get("/providers/health", ProviderHealthList)).items

    async def offers(self) -> list[Offer]:
        """Providers found on the server that are not in use yet."""
        return (await self._calls.get("/providers/offers", OfferList)).items

    async def accept_offer(self, offer_id: str) -> Provider:
        """Use a provider that was found."""
        return await self._calls.send("POST", f"/providers/offers/{offer_id}/accept", Provider)

    async def create_provider(self, draft: ProviderCreate) -> Provider:
        """Add a provider."""
        return await self._calls.send("POST", "/providers", Provider, body=draft)

    async def update_provider(
        self, provider_id: UUID, *, name: str, base_url: str, key: str | None, max_concurrency: int | None
    ) -> Provider:
        """Change a provider; an empty name or address and a missing key stay as they are."""
        change = ProviderUpdate(
            name=name or UNSET, base_url=base_url or UNSET, key=key or UNSET, max_concurrency=max_concurrency
        )
        return await self._calls.send("PATCH", f"/providers/{provider_id}", Provider, body=change)

    async def delete_provider(self, provider_id: UUID) -> None:
        """Remove a provider with its models."""
        await self._calls.act("DELETE", f"/providers/{provider_id}")

    async def test_draft(self, draft: ProviderDraft) -> ProviderTest:
        """Try a provider before it is saved."""
        return await self._calls.send("POST", "/providers/test", ProviderTest, body=draft)

    async def test_provider(self, provider_id: UUID) -> ProviderTest:
        """Try a saved provider."""
        return await self._calls.send(
            "POST", f"/providers/{provider_id}/test", ProviderTest, body=ProviderTestRequest()
        )

    async def add_model(self, provider_id: UUID, *, name: str) -> Model:
        """Add a model of a provider by its name."""
        return await self._calls.send("POST", f"/providers/{provider_id}/models", Model, body=ModelCreate(name=name))

    async def enable_model(self, model_id: UUID, *, enabled: bool) -> Model:
        """Offer a model in chats, or stop offering it."""
        return await self._calls.send("PATCH", f"/models/{model_id}", Model, body=ModelUpdate(enabled=enabled))

    async def set_price(self, model_id: UUID, price: PriceSet) -> Model:
        """Say what a model costs from today on."""
        return await self._calls.send("PUT", f"/models/{model_id}/price", Model, body=price)

    async def audience(self, model_id: UUID) -> Audience:
        """Who may use a model."""
        return await self._calls.get(f"/models/{model_id}/audience", Audience)

    async def set_audience(self, model_id: UUID, audience: Audience) -> Audience:
        """Say who may use a model."""
        return await self._calls.send("PUT", f"/models/{model_id}/audience", Audience, body=audience)

    async def choose_fallbacks(self, model_ids: list[UUID]) -> None:
        """Let these stand in for the default, in this order."""
        await self._calls.act("PUT", "/models/fallbacks", body=Fallbacks(model_ids=tuple(model_ids)))

    async def choose_default(self, model_id: UUID) -> None:
        """Let this model answer when nobody chose another."""
        await self._calls.act("PUT", "/models/default", body=DefaultModel(model_id=model_id))
