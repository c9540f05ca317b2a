"""Rows of providers and models. The session adds the tenant to each statement."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.db.repository import TenantRepository
from chatter.llm.errors import ModelNotFound, ProviderNotFound
from chatter.llm.models import LlmSetting, Model, ModelFallback, ModelPrice, Provider
from chatter.llm.views import Beside

__all__ = ["LlmRepository"]


class _Providers(TenantRepository[Provider]):
    model_type = Provider
    missing = ProviderNotFound


class _Models(TenantRepository[Model]):
    model_type = Model
    missing = ModelNotFound


class _Settings(TenantRepository[LlmSetting]):
    model_type = LlmSetting


class _Prices(TenantRepository[ModelPrice]):
    model_type = ModelPrice


class _Fallbacks(TenantRepository[ModelFallback]):
    model_type = ModelFallback


class LlmRepository:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._providers = _Providers(session)
        self._models = _Models(session)
        self._settings = _Settings(session)
        self._prices = _Prices(session)
        self._fallbacks = _Fallbacks(session)

    async def providers(self) -> Sequence[Provider]:
        """All providers, oldest first."""
        return await self._providers.get_many(order_by=(Provider.id, False))

    async def provider(self, provider_id: UUID) -> Provider:
        """One provider; raises ProviderNotFound."""
        return await self._providers.one(provider_id)

    async def provider_named(self, name: str) -> Provider | None:
        return await self._providers.get_one_or_none(name=name)

    async def models(self, provider_id: UUID | None = None) -> Sequence[Model]:
        """The models, of one provider if given, by label."""
        only = [] if provider_id is None else [Model.provider_id == provider_id]
        return await self._models.get_many(*only, order_by=[(name, False) for name in ("provider_id", "label", "id")])

    async def model(self, model_id: UUID) -> Model:
        """One model; raises ModelNotFound."""
        return await self._models.one(model_id)

    async def prices(self) -> Sequence[ModelPrice]:
        """The organisation's own prices."""
        return await self._prices.get_many(order_by=[("model_id", False), ("valid_from", False)])

    async def price(self, model_id: UUID, valid_from: date) -> ModelPrice | None:
        """The price of a model from exactly this day on."""
        return await self._prices.get_one_or_none(model_id=model_id, valid_from=valid_from)

    async def fallbacks(self) -> list[UUID]:
        """The models that stand in for the default, in their order."""
        return [row.model_id for row in await self._fallbacks.get_many(order_by=("position", False))]

    async def choose_fallbacks(self, model_ids: Sequence[UUID]) -> None:
        """Let exactly these stand in."""
        session = self._fallbacks.session
        await session.execute(delete(ModelFallback))
        session.add_all(
            ModelFallback(tenant_id=self._fallbacks.tenant_id, position=position, model_id=model_id)
            for position, model_id in enumerate(model_ids, start=1)
        )
        await session.flush()

    async def beside(self) -> Beside:
        """What is shown of models beside their rows."""
        return Beside(
            default_model_id=await self.default_model_id(),
            prices=await self.prices(),
            fallbacks=await self.fallbacks(),
        )

    async def default_model_id(self) -> UUID | None:
        """The chosen model; None means the built-in one."""
        setting = await self._settings.find()
        return setting.default_model_id if setting else None

    async def choose_default(self, model_id: UUID | None) -> None:
        setting = await self._settings.find()
        if setting is None:
            await self._settings.add(LlmSetting(tenant_id=self._settings.tenant_id, default_model_id=model_id))
        else:
            setting.default_model_id = model_id
            await self._settings.session.flush()
