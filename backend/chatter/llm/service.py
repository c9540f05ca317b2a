"""Providers: the rules. Nothing here calls out; see probing for that."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.crypto import SecretBox
from chatter.kit.events import emit
from chatter.kit.http import EgressPolicy
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.kit.settings import Settings
from chatter.llm.errors import ProviderBuiltIn, ProviderInvalid, ProviderNameTaken
from chatter.llm.events import ProviderCreated, ProviderDeleted, ProviderUpdated
from chatter.llm.models import Model as ModelRow
from chatter.llm.models import Provider as ProviderRow
from chatter.llm.permissions import LlmAction
from chatter.llm.presets import BUILT_IN_PROVIDER_ID, PRESET_OF, PRESETS, guess_kind
from chatter.llm.repository import LlmRepository
from chatter.llm.schemas import Offer, Provider, ProviderCreate, ProviderList, ProviderUpdate
from chatter.llm.targets import ENVIRONMENT_PREFIX, as_kind, checked_url
from chatter.llm.views import built_in_provider, provider_record, provider_view

__all__ = ["ProviderRules", "ProviderService"]

_HINT = 4
_SHORTEST_HINTED = 12


@dataclass(frozen=True)
class ProviderRules:
    """What the rules need of the process."""

    policy: EgressPolicy
    secrets: SecretBox
    settings: Settings


class ProviderService:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, rules: ProviderRules) -> None:
        self._session = session
        self._rows = LlmRepository(session)
        self._rules = rules

    async def overview(self) -> ProviderList:
        beside = await self._rows.beside()
        models = await self._rows.models()
        items = [
            provider_view(row, [model for model in models if model.provider_id == row.id], beside=beside)
            for row in await self._rows.providers()
        ]
        built_in = built_in_provider(default_model_id=beside.default_model_id)
        return ProviderList(items=[built_in, *items], presets=PRESETS)

    async def create(self, principal: Principal, data: ProviderCreate) -> Provider:
        """Add a provider; raises ProviderInvalid, ProviderNameTaken, EgressRefused."""
        preset = PRESET_OF[data.kind]
        if preset.needs_key and data.key is None:
            raise ProviderInvalid(f"{preset.label} needs a key.", remedy=f"Enter it; it looks like {preset.example}.")
        row = ProviderRow(
            tenant_id=principal.tenant_id,
            id=new_id(),
            kind=data.kind,
            name=await self._free_name(data.name or preset.label),
            base_url=checked_url(
                data.base_url, kind=data.kind, policy=self._rules.policy, settings=self._rules.settings
            ),
            api_version=data.api_version,
            max_concurrency=data.max_concurrency,
        )
        self._keep_key(row, data.key)
        await self._add(row, data.models)
        await record(self._session, principal, LlmAction.PROVIDER_CREATED, target=row.id, after=provider_record(row))
        return await self.view(row.id)

    async def accept(self, principal: Principal, offer: Offer, *, key_reference: str | None) -> Provider:
        """Add a provider that was found on the server; its key stays where it is."""
        row = ProviderRow(
            tenant_id=principal.tenant_id,
            id=new_id(),
            kind=offer.kind,
            name=await self._free_name(offer.name),
            base_url=offer.base_url,
            key_reference=f"{ENVIRONMENT_PREFIX}{key_reference}" if key_reference else None,
        )
        await self._add(row, [])
        await record(self._session, principal, LlmAction.OFFER_ACCEPTED, target=row.id, after=provider_record(row))
        return await self.view(row.id)

    async def update(self, principal: Principal, provider_id: UUID, data: ProviderUpdate) -> Provider:
        """Change what is given. A new address does not take the stored key along: raises ProviderInvalid."""
        row = await self._own(provider_id)
        before = provider_record(row)
        if data.name is not UNSET and data.name.strip() != row.name:
            row.name = await self._free_name(data.name)
        if data.base_url is not UNSET:
            self._move(row, data)
        if data.key is not UNSET:
            self._keep_key(row, data.key)
        if data.api_version is not UNSET:
            row.api_version = data.api_version
        if data.max_concurrency is not UNSET:
            row.max_concurrency = data.max_concurrency
        await self._session.flush()
        after = provider_record(row)
        await record(self._session, principal, LlmAction.PROVIDER_UPDATED, target=row.id, before=before, after=after)
        emit(self._session, ProviderUpdated(provider_id=row.id))
        return await self.view(row.id)

    async def delete(self, principal: Principal, provider_id: UUID) -> None:
        """Remove a provider with its models; if the default was among them, the built-in model answers."""
        row = await self._own(provider_id)
        before = provider_record(row)
        await self._session.delete(row)
        await self._session.flush()
        await record(self._session, principal, LlmAction.PROVIDER_DELETED, target=provider_id, before=before)
        emit(self._session, ProviderDeleted(provider_id=provider_id))

    async def view(self, provider_id: UUID) -> Provider:
        """One provider with its models; raises ProviderNotFound."""
        beside = await self._rows.beside()
        if provider_id == BUILT_IN_PROVIDER_ID:
            return built_in_provider(default_model_id=beside.default_model_id)
        row = await self._rows.provider(provider_id)
        return provider_view(row, await self._rows.models(provider_id), beside=beside)

    async def _own(self, provider_id: UUID) -> ProviderRow:
        if provider_id == BUILT_IN_PROVIDER_ID:
            raise ProviderBuiltIn(
                "The built-in model comes with the program.", remedy="Add a provider and make its model the default."
            )
        return await self._rows.provider(provider_id)

    async def _add(self, row: ProviderRow, models: Sequence[str]) -> None:
        self._session.add(row)
        await self._session.flush()
        for name in dict.fromkeys(name.strip() for name in models):
            kind = guess_kind(name)
            self._session.add(
                ModelRow(
                    tenant_id=row.tenant_id,
                    provider_id=row.id,
                    name=name,
                    label=name,
                    kind=kind,
                    enabled=kind == "chat",
                )
            )
        await self._session.flush()
        emit(self._session, ProviderCreated(provider_id=row.id))

    async def _free_name(self, name: str) -> str:
        name = name.strip()
        if await self._rows.provider_named(name) is not None:
            raise ProviderNameTaken(f"There is a provider called {name} already.", remedy="Choose another name.")
        return name

    def _move(self, row: ProviderRow, data: ProviderUpdate) -> None:
        if data.base_url is UNSET:
            return
        kind = as_kind(row.kind)
        url = checked_url(data.base_url, kind=kind, policy=self._rules.policy, settings=self._rules.settings)
        has_key = row.key_sealed is not None or row.key_reference is not None
        if url != row.base_url and has_key and data.key is UNSET:
            raise ProviderInvalid(
                "A new address does not take the stored key along.", remedy="Enter the key again, or remove it."
            )
        row.base_url = url

    def _keep_key(self, row: ProviderRow, key: str | None) -> None:
        row.key_reference = None
        row.key_sealed = self._rules.secrets.seal(key, tenant_id=row.tenant_id) if key else None
        row.key_hint = key[-_HINT:] if key and len(key) >= _SHORTEST_HINTED else None
