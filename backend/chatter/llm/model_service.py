"""Models of an organisation: which can be chosen, and which answers by default."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.llm.audiences import usable_models
from chatter.llm.errors import ModelInUse, ModelNameTaken, ModelNotChoosable, ProviderBuiltIn
from chatter.llm.events import DefaultModelChanged, FallbacksChanged, ModelAdded, ModelPriceSet, ModelUpdated
from chatter.llm.models import Model as ModelRow
from chatter.llm.models import ModelPrice as PriceRow
from chatter.llm.permissions import LlmAction
from chatter.llm.presets import BUILT_IN_MODEL_ID, BUILT_IN_PROVIDER_ID, guess_kind
from chatter.llm.repository import LlmRepository
from chatter.llm.schemas import (
    Abilities,
    DefaultModel,
    Fallbacks,
    Model,
    ModelCreate,
    ModelList,
    ModelUpdate,
    PriceSet,
)
from chatter.llm.views import Beside, built_in_model, model_record, model_view, price_record

__all__ = ["ModelService"]


class ModelService:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._rows = LlmRepository(session)

    async def overview(self, *, only_enabled: bool) -> ModelList:
        """The built-in model and those of the providers."""
        beside = await self._rows.beside()
        default = beside.default_model_id
        providers = {row.id: row for row in await self._rows.providers()}
        items = [
            model_view(row, provider=providers[row.provider_id], beside=beside)
            for row in await self._rows.models()
            if row.enabled or not only_enabled
        ]
        return ModelList(
            items=[built_in_model(default_model_id=default), *items], default_model_id=default or BUILT_IN_MODEL_ID
        )

    async def choosable(self, principal: Principal) -> ModelList:
        """What the principal may use, with the default that answers them."""
        usable = {BUILT_IN_MODEL_ID, *await usable_models(self._session, principal)}
        all_enabled = await self.overview(only_enabled=True)
        chain = (all_enabled.default_model_id, *await self._rows.fallbacks())
        return ModelList(
            items=[model for model in all_enabled.items if model.id in usable],
            default_model_id=next((model_id for model_id in chain if model_id in usable), BUILT_IN_MODEL_ID),
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
        return model_view(row, provider=provider, beside=Beside(default_model_id=None))

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
        for ability in Abilities.__struct_fields__:
            if (able := getattr(data, ability)) is not UNSET:
                setattr(row, ability, able)
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
        return await self._view(row)

    async def set_price(self, principal: Principal, model_id: UUID, data: PriceSet) -> Model:
        """Say what a model costs from a day on; the price of that day is replaced. Raises ModelNotFound."""
        model = await self._own(model_id)
        today = datetime.now(UTC).date()
        row = await self._rows.price(model_id, data.valid_from or today)
        before = None if row is None else price_record(row)
        if row is None:
            row = PriceRow(tenant_id=principal.tenant_id, model_id=model_id, valid_from=data.valid_from or today)
            self._session.add(row)
        row.input, row.output = Decimal(data.input), Decimal(data.output)
        row.cached = None if data.cached is None else Decimal(data.cached)
        await self._session.flush()
        after = price_record(row)
        await record(self._session, principal, LlmAction.PRICE_SET, target=model_id, before=before, after=after)
        emit(self._session, ModelPriceSet(model_id=model_id, valid_from=row.valid_from.isoformat()))
        return await self._view(model)

    async def choose_fallbacks(self, principal: Principal, data: Fallbacks) -> ModelList:
        """Let models stand in for the default; raises ModelNotFound, ModelNotChoosable."""
        for model_id in data.model_ids:
            row = await self._own(model_id)
            if not row.enabled or row.kind != "chat":
                raise ModelNotChoosable(f"{row.label} is not enabled for chat.", remedy="Enable it first.")
        before = Fallbacks(model_ids=tuple(await self._rows.fallbacks()))
        chosen = tuple(dict.fromkeys(data.model_ids))
        await self._rows.choose_fallbacks(chosen)
        after = Fallbacks(model_ids=chosen)
        await record(self._session, principal, LlmAction.FALLBACKS_CHANGED, target=None, before=before, after=after)
        emit(self._session, FallbacksChanged(model_ids=list(chosen)))
        return await self.overview(only_enabled=True)

    async def _own(self, model_id: UUID) -> ModelRow:
        if model_id == BUILT_IN_MODEL_ID:
            raise ProviderBuiltIn("The built-in model can't be changed.", remedy="Choose a model of a provider.")
        return await self._rows.model(model_id)

    async def _view(self, row: ModelRow) -> Model:
        provider = await self._rows.provider(row.provider_id)
        return model_view(row, provider=provider, beside=await self._rows.beside())

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
