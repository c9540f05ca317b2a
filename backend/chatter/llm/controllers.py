"""Routes of providers and models."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post, put
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.db.database import Database
from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.kit.settings import Settings
from chatter.llm.adapters.wires import Wires
from chatter.llm.audiences import AudienceService
from chatter.llm.model_service import ModelService
from chatter.llm.offers import find_offer, find_offers, unused
from chatter.llm.permissions import LlmAction, LlmPermission
from chatter.llm.presets import ENVIRONMENT_KEYS
from chatter.llm.probing import ProviderProbe
from chatter.llm.repository import LlmRepository
from chatter.llm.schemas import (
    Audience,
    DefaultModel,
    Fallbacks,
    Model,
    ModelCreate,
    ModelList,
    ModelUpdate,
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
from chatter.llm.service import ProviderRules, ProviderService
from chatter.usage.facade import provider_health
from chatter.usage.schemas import ProviderHealthList

__all__ = ["ModelController", "ProviderController"]


class ProviderController(Controller):
    """`/providers`"""

    path = "/providers"
    tags = ("Models",)

    @get(operation_id="ListProviders", summary="Providers", opt=route(permission=LlmPermission.PROVIDER_READ))
    async def list_all(self, providers: ProviderService) -> ProviderList:
        return await providers.overview()

    @post(
        operation_id="CreateProvider",
        summary="Add a provider",
        opt=route(permission=LlmPermission.PROVIDER_CREATE, audit=LlmAction.PROVIDER_CREATED),
    )
    async def create(self, principal: Principal, providers: ProviderService, data: ProviderCreate) -> Provider:
        return await providers.create(principal, data)

    @get(
        "/{provider_id:uuid}",
        operation_id="GetProvider",
        summary="One provider with its models",
        opt=route(permission=LlmPermission.PROVIDER_READ),
    )
    async def show(self, providers: ProviderService, provider_id: UUID) -> Provider:
        return await providers.view(provider_id)

    @patch(
        "/{provider_id:uuid}",
        operation_id="UpdateProvider",
        summary="Change a provider",
        opt=route(permission=LlmPermission.PROVIDER_UPDATE, audit=LlmAction.PROVIDER_UPDATED),
    )
    async def update(
        self, principal: Principal, providers: ProviderService, provider_id: UUID, data: ProviderUpdate
    ) -> Provider:
        return await providers.update(principal, provider_id, data)

    @delete(
        "/{provider_id:uuid}",
        operation_id="DeleteProvider",
        summary="Remove a provider and its models",
        opt=route(permission=LlmPermission.PROVIDER_DELETE, audit=LlmAction.PROVIDER_DELETED),
    )
    async def remove(self, principal: Principal, providers: ProviderService, provider_id: UUID) -> None:
        await providers.delete(principal, provider_id)

    @post(
        "/{provider_id:uuid}/models",
        operation_id="AddModel",
        summary="Add a model that the provider does not list",
        opt=route(permission=LlmPermission.MODEL_UPDATE, audit=LlmAction.MODEL_ADDED),
    )
    async def add_model(
        self, principal: Principal, models: ModelService, provider_id: UUID, data: ModelCreate
    ) -> Model:
        return await models.add(principal, provider_id, data)

    @post(
        "/{provider_id:uuid}/test",
        status_code=200,
        operation_id="TestProvider",
        summary="Try a provider with real calls and keep the models it lists",
        opt=route(permission=LlmPermission.PROVIDER_UPDATE, audit=LlmAction.PROVIDER_TESTED),
    )
    async def test(
        self, principal: Principal, probe: ProviderProbe, provider_id: UUID, data: ProviderTestRequest
    ) -> ProviderTest:
        return await probe.test_saved(principal, provider_id, data)

    @post(
        "/test",
        status_code=200,
        operation_id="TestProviderDraft",
        summary="Try a provider before it is saved",
        opt=route(permission=LlmPermission.PROVIDER_CREATE, audit=LlmAction.PROVIDER_TESTED),
    )
    async def test_draft(self, principal: Principal, probe: ProviderProbe, data: ProviderDraft) -> ProviderTest:
        return await probe.test_draft(principal, data)

    @get(
        "/health",
        operation_id="GetProviderHealth",
        summary="How the providers did in the last 24 hours",
        opt=route(permission=LlmPermission.PROVIDER_READ),
    )
    async def health(self, session: AsyncSession) -> ProviderHealthList:
        return await provider_health(session)

    @get(
        "/offers",
        operation_id="ListProviderOffers",
        summary="Providers found on the server",
        opt=route(permission=LlmPermission.PROVIDER_CREATE),
    )
    async def offers(self, principal: Principal, database: Database, wire: Wires, settings: Settings) -> OfferList:
        found = await find_offers(wire, settings)
        if not found:
            return OfferList(items=[])
        async with database.unit(principal.tenant_id) as unit:
            return OfferList(items=unused(found, await LlmRepository(unit).providers()))

    @post(
        "/offers/{offer_id:str}/accept",
        operation_id="AcceptProviderOffer",
        summary="Use a provider that was found on the server",
        opt=route(permission=LlmPermission.PROVIDER_CREATE, audit=LlmAction.OFFER_ACCEPTED),
    )
    async def accept(
        self, principal: Principal, database: Database, wire: Wires, provider_rules: ProviderRules, offer_id: str
    ) -> Provider:
        offer = await find_offer(wire, provider_rules.settings, offer_id=offer_id)
        async with database.unit(principal.tenant_id) as unit:
            return await ProviderService(unit, provider_rules).accept(
                principal, offer, key_reference=ENVIRONMENT_KEYS.get(offer.kind)
            )


class ModelController(Controller):
    """`/models`"""

    path = "/models"
    tags = ("Models",)

    @get(
        operation_id="ListModels",
        summary="Models that one may use",
        opt=route(permission=LlmPermission.MODEL_READ),
    )
    async def list_choosable(self, principal: Principal, models: ModelService) -> ModelList:
        return await models.choosable(principal)

    @get(
        "/{model_id:uuid}/audience",
        operation_id="GetModelAudience",
        summary="Who may use a model",
        opt=route(permission=LlmPermission.MODEL_UPDATE),
    )
    async def audience(self, audiences: AudienceService, model_id: UUID) -> Audience:
        return await audiences.of(model_id)

    @put(
        "/{model_id:uuid}/audience",
        operation_id="SetModelAudience",
        summary="Say who may use a model",
        opt=route(permission=LlmPermission.MODEL_UPDATE, audit=LlmAction.AUDIENCE_CHANGED),
    )
    async def set_audience(self, audiences: AudienceService, model_id: UUID, data: Audience) -> Audience:
        return await audiences.change(model_id, data)

    @patch(
        "/{model_id:uuid}",
        operation_id="UpdateModel",
        summary="Enable, disable or rename a model",
        opt=route(permission=LlmPermission.MODEL_UPDATE, audit=LlmAction.MODEL_UPDATED),
    )
    async def update(self, principal: Principal, models: ModelService, model_id: UUID, data: ModelUpdate) -> Model:
        return await models.update(principal, model_id, data)

    @put(
        "/{model_id:uuid}/price",
        operation_id="SetModelPrice",
        summary="Say what a model costs from a day on",
        opt=route(permission=LlmPermission.MODEL_UPDATE, audit=LlmAction.PRICE_SET),
    )
    async def set_price(self, principal: Principal, models: ModelService, model_id: UUID, data: PriceSet) -> Model:
        return await models.set_price(principal, model_id, data)

    @put(
        "/fallbacks",
        operation_id="ChooseFallbackModels",
        summary="Choose the models that stand in for the default when its provider fails",
        opt=route(permission=LlmPermission.MODEL_UPDATE, audit=LlmAction.FALLBACKS_CHANGED),
    )
    async def choose_fallbacks(self, principal: Principal, models: ModelService, data: Fallbacks) -> ModelList:
        return await models.choose_fallbacks(principal, data)

    @put(
        "/default",
        operation_id="ChooseDefaultModel",
        summary="Choose the model that answers by default",
        opt=route(permission=LlmPermission.MODEL_UPDATE, audit=LlmAction.DEFAULT_CHANGED),
    )
    async def choose_default(self, principal: Principal, models: ModelService, data: DefaultModel) -> ModelList:
        return await models.choose_default(principal, data)
