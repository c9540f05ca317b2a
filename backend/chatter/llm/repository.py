"""Rows of providers and models. The session adds the tenant to each statement."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.db.repository import TenantRepository
from chatter.llm.errors import ModelNotFound, ProviderNotFound
from chatter.llm.models import LlmSetting, Model, Provider

__all__ = ["LlmRepository"]


class _Providers(TenantRepository[Provider]):
    model_type = Provider
    missing = ProviderNotFound


class _Models(TenantRepository[Model]):
    model_type = Model
    missing = ModelNotFound


class _Settings(TenantRepository[LlmSetting]):
    model_type = LlmSetting


class LlmRepository:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._providers = _Providers(session)
        self._models = _Models(session)
        self._settings = _Settings(session)

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
