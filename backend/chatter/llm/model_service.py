"""Models of an organisation: which can be chosen, and which answers by default."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.llm.errors import ModelInUse, ModelNameTaken, ModelNotChoosable, ProviderBuiltIn
from chatter.llm.events import DefaultModelChanged, ModelAdded, ModelUpdated
from chatter.llm.models import Model as ModelRow
from chatter.llm.permissions import LlmAction
from chatter.llm.presets import BUILT_IN_MODEL_ID, BUILT_IN_PROVIDER_ID, guess_kind
from chatter.llm.repository import LlmRepository
from chatter.llm.schemas import DefaultModel, Model, ModelCreate, ModelList, ModelUpdate
from chatter.llm.views import built_in_model, model_record, model_view

__all__ = ["ModelService"]


class ModelService:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._rows = LlmRepository(session)

    async def overview(self, *, only_enabled: bool) -> ModelList:
        """The built-in model and those of the providers."""
        default = await self._rows.default_model_id()
        names = {row.id: row.name for row in await self._rows.providers()}
        items = [
            model_view(row, provider_name=names[row.provider_id], default_model_id=default)
            for row in await self._rows.models()
            if row.enabled or not only_enabled
        ]
        return ModelList(
            items=[built_in_model(default_model_id=default), *items], default_model_id=default or BUILT_IN_MODEL_ID
        )

    async def add(self, principal: Principal, provider_id: UUID, data: ModelCreate) -> Model:
        """Add and enable a model that the provider does not list; raises ModelNameTaken."""
        if provider_id == BUILT_IN_PROVIDER_ID:
            raise ProviderBuiltIn("The built-in provider has one model.", remedy="Add a provider of your own.")
        provider = await self._rows.provider(provider_id)
        name = data.name.strip()
        if any(row.name == name for row in await self._rows.models(provider_id)):
            raise ModelNameTaken(f"{provider.name} has the model {name} already.", remedy="Enable it in the list.")
        row = ModelRow(
            tenant_id=principal.tenant_id,
            id=new_id(),
            provider_id=provider_id,
            name=name,
            label=(data.label or name).strip(),
            kind=guess_kind(name),
            enabled=guess_kind(name) == "chat",
            context_tokens=data.context_tokens,
        )
        self._session.add(row)
        await self._session.flush()
        await record(self._session, principal, LlmAction.MODEL_ADDED, target=row.id, after=model_record(row))
        emit(self._session, ModelAdded(model_id=row.id))
        return model_view(row, provider_name=provider.name, default_model_id=None)

    async def discover(self, principal: Principal, provider_id: UUID, names: Sequence[str]) -> None:
        """Keep the names that a provider lists, not yet enabled; known ones stay as they are."""
        known = {row.name for row in await self._rows.models(provider_id)}
        for name in dict.fromkeys(names):
            if name not in known:
                self._session.add(
                    ModelRow(
                        tenant_id=principal.tenant_id,
                        provider_id=provider_id,
                        name=name,
                        label=name,
                        kind=guess_kind(name),
                        enabled=False,
                    )
                )
        await self._session.flush()

    async def update(self, principal: Principal, model_id: UUID, data: ModelUpdate) -> Model:
        """Change what is given; raises ModelNotChoosable, ModelInUse."""
        if model_id == BUILT_IN_MODEL_ID:
            raise ProviderBuiltIn("The built-in model can't be changed.", remedy="Make another model the default.")
        row = await self._rows.model(model_id)
        default = await self._rows.default_model_id()
        before = model_record(row)
        if data.enabled is not UNSET:
            _check_switch(row, enabled=data.enabled, is_default=row.id == default)
            row.enabled = data.enabled
        if data.label is not UNSET:
            row.label = data.label.strip()
        if data.context_tokens is not UNSET:
            row.context_tokens = data.context_tokens
        await self._session.flush()
        await record(
            self._session,
            principal,
            LlmAction.MODEL_UPDATED,
            target=row.id,
            before=before,
            after=model_record(row),
        )
        emit(self._session, ModelUpdated(model_id=row.id, enabled=row.enabled))
        provider = await self._rows.provider(row.provider_id)
        return model_view(row, provider_name=provider.name, default_model_id=default)

    async def choose_default(self, principal: Principal, data: DefaultModel) -> ModelList:
        """Let a model answer by default; raises ModelNotFound, ModelNotChoosable."""
        before = await self._rows.default_model_id() or BUILT_IN_MODEL_ID
        chosen = None
        if data.model_id != BUILT_IN_MODEL_ID:
            row = await self._rows.model(data.model_id)
            if not row.enabled or row.kind != "chat":
                raise ModelNotChoosable(f"{row.label} is not enabled for chat.", remedy="Enable it first.")
            chosen = row.id
        await self._rows.choose_default(chosen)
        await record(
            self._session,
            principal,
            LlmAction.DEFAULT_CHANGED,
            target=data.model_id,
            before=DefaultModel(model_id=before),
            after=data,
        )
        emit(self._session, DefaultModelChanged(model_id=data.model_id))
        return await self.overview(only_enabled=True)


def _check_switch(row: ModelRow, *, enabled: bool, is_default: bool) -> None:
    if enabled and row.kind != "chat":
        raise ModelNotChoosable(
            f"{row.label} is not a chat model, by its name.", remedy="Choose a model that answers questions."
        )
    if not enabled and is_default:
        raise ModelInUse(f"{row.label} answers by default.", remedy="Choose another default model first.")
