"""Rows of providers and models. The session adds the tenant to each statement."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.llm.errors import ModelNotFound, ProviderNotFound
from chatter.llm.models import LlmSetting, Model, Provider

__all__ = ["LlmRepository"]


class LlmRepository:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._tenant_id: UUID = session.info["tenant_id"]

    async def providers(self) -> Sequence[Provider]:
        """All providers, oldest first."""
        return (await self._session.scalars(select(Provider).order_by(Provider.id))).all()

    async def provider(self, provider_id: UUID) -> Provider:
        """One provider; raises ProviderNotFound."""
        row = await self._session.get(Provider, (self._tenant_id, provider_id))
        if row is None:
            raise ProviderNotFound
        return row

    async def provider_named(self, name: str) -> Provider | None:
        return await self._session.scalar(select(Provider).where(Provider.name == name))

    async def models(self, provider_id: UUID | None = None) -> Sequence[Model]:
        """The models, of one provider if given, by label."""
        query = select(Model).order_by(Model.provider_id, Model.label, Model.id)
        if provider_id is not None:
            query = query.where(Model.provider_id == provider_id)
        return (await self._session.scalars(query)).all()

    async def model(self, model_id: UUID) -> Model:
        """One model; raises ModelNotFound."""
        row = await self._session.get(Model, (self._tenant_id, model_id))
        if row is None:
            raise ModelNotFound
        return row

    async def default_model_id(self) -> UUID | None:
        """The chosen model; None means the built-in one."""
        setting = await self._session.get(LlmSetting, self._tenant_id)
        return setting.default_model_id if setting else None

    async def choose_default(self, model_id: UUID | None) -> None:
        setting = await self._session.get(LlmSetting, self._tenant_id)
        if setting is None:
            self._session.add(LlmSetting(tenant_id=self._tenant_id, default_model_id=model_id))
        else:
            setting.default_model_id = model_id
        await self._session.flush()
