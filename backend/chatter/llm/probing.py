"""Tries a provider with real calls and says what happened at each step. No database session is open meanwhile."""

import time
from collections.abc import Awaitable, Callable
from typing import Literal
from uuid import UUID

import msgspec

from chatter.audit.facade import record
from chatter.kit.errors import ChatterError
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.llm.adapters.local_embedder import built_in_target
from chatter.llm.adapters.wires import Wires
from chatter.llm.catalog import price_today
from chatter.llm.errors import ProviderInvalid
from chatter.llm.events import ProviderDraftTested, ProviderTested
from chatter.llm.metering import metered
from chatter.llm.model_service import ModelService
from chatter.llm.permissions import LlmAction
from chatter.llm.ports import ChatCall, ChatMessage, ChatTarget
from chatter.llm.presets import BUILT_IN_KIND, BUILT_IN_MODEL_NAME, BUILT_IN_PROVIDER_ID, PRESET_OF, guess_kind
from chatter.llm.repository import LlmRepository
from chatter.llm.schemas import ProviderDraft, ProviderRecord, ProviderTest, ProviderTestRequest, TestStep
from chatter.llm.targets import StoredKey, as_kind, checked_url, target_of
from chatter.usage.facade import Billed, Ledger, keep_uses

__all__ = ["ProviderProbe"]

_LIST_SECONDS = 10.0
_ANSWER_SECONDS = 30.0
_ANSWER_TOKENS = 16  # the least that some reasoning models take
_MOST_SHOWN = 500


class ProviderProbe:
    """Tests saved and unsaved providers."""

    def __init__(self, services: Services, wire: Wires) -> None:
        self._services = services
        self._wire = wire

    async def test_draft(self, principal: Principal, draft: ProviderDraft) -> ProviderTest:
        """Try what a person has typed; only that it was tried is kept. Raises ProviderInvalid, EgressRefused."""
        settings = self._services.settings
        url = checked_url(draft.base_url, kind=draft.kind, policy=self._services.http.policy, settings=settings)
        target = target_of(
            kind=draft.kind,
            provider=PRESET_OF[draft.kind].label,
            base_url=url,
            model=draft.model or "",
            key=draft.key,
            settings=settings,
            api_version=draft.api_version,
        )
        ledger = Ledger(purpose="test", origin=new_id(), user_id=principal.user_id)
        result = await self._probe(target, ledger, kind=draft.kind)
        async with self._services.database.unit(principal.tenant_id) as session:
            await keep_uses(session, principal.tenant_id, ledger.uses)
            tried = ProviderRecord(
                kind=draft.kind, name=PRESET_OF[draft.kind].label, base_url=url, key_source="none", key_hint=None
            )
            await record(session, principal, LlmAction.PROVIDER_TESTED, target=None, after=tried)
            emit(session, ProviderDraftTested(passed=result.passed))
        return result

    async def test_saved(self, principal: Principal, provider_id: UUID, request: ProviderTestRequest) -> ProviderTest:
        """Try a saved provider and keep the models that it lists."""
        kind, target = await self._saved_target(principal, provider_id, request)
        ledger = Ledger(purpose="test", origin=new_id(), user_id=principal.user_id)
        result = await self._probe(target, ledger, kind=kind)
        async with self._services.database.unit(principal.tenant_id) as session:
            await keep_uses(session, principal.tenant_id, ledger.uses)
            if provider_id != BUILT_IN_PROVIDER_ID:
                await LlmRepository(session).provider(provider_id)  # it may have been deleted meanwhile
                await ModelService(session).discover(principal, provider_id, result.models)
            await record(session, principal, LlmAction.PROVIDER_TESTED, target=provider_id)
            emit(session, ProviderTested(provider_id=provider_id, passed=result.passed))
        return result

    async def _saved_target(
        self, principal: Principal, provider_id: UUID, request: ProviderTestRequest
    ) -> tuple[str, ChatTarget]:
        if provider_id == BUILT_IN_PROVIDER_ID:
            return BUILT_IN_KIND, built_in_target(self._services.settings, model=BUILT_IN_MODEL_NAME)
        async with self._services.database.unit(principal.tenant_id) as session:
            rows = LlmRepository(session)
            row = await rows.provider(provider_id)
            enabled = [model.name for model in await rows.models(provider_id) if model.enabled]
        key = StoredKey(sealed=row.key_sealed, reference=row.key_reference).open(
            tenant_id=principal.tenant_id,
            kind=row.kind,
            base_url=row.base_url,
            secrets=self._services.secrets,
            settings=self._services.settings,
        )
        return row.kind, target_of(
            kind=as_kind(row.kind),
            provider=row.name,
            base_url=row.base_url,
            model=request.model or (enabled[0] if enabled else ""),
            key=key,
            settings=self._services.settings,
            api_version=row.api_version,
        )

    async def _probe(self, target: ChatTarget, ledger: Ledger, *, kind: str) -> ProviderTest:
        names: list[str] = []

        async def list_models() -> str:
            names.extend((await self._wire.list_models(target, seconds=_LIST_SECONDS))[:_MOST_SHOWN])
            return f"{len(names)} models" if len(names) != 1 else "1 model"

        async def complete() -> str:
            model = target.model or next((name for name in names if guess_kind(name) == "chat"), None)
            if model is None:
                raise ProviderInvalid("No model to try.", remedy="Name a model of this provider.")
            tried.append(model)
            return await self._complete(msgspec.structs.replace(target, model=model), ledger, kind=kind)

        tried: list[str] = []
        steps = [await _step("list_models", list_models)]
        if _is_worth_going_on(steps[0]):
            steps.append(await _step("complete", complete))
        passed = steps[-1].name == "complete" and steps[-1].passed
        return ProviderTest(passed=passed, steps=steps, models=names, model=tried[0] if tried else None)

    async def _complete(self, target: ChatTarget, ledger: Ledger, *, kind: str) -> str:
        model = target.model
        call = ChatCall(
            target=target,
            messages=[ChatMessage("user", "Say hello.")],
            max_tokens=_ANSWER_TOKENS,
            idle_seconds=_ANSWER_SECONDS,
        )
        billed = Billed(
            model_id=None,
            model=model,
            label=model,
            provider=target.provider,
            price=price_today(kind=kind, name=model),
        )
        spoken = metered(self._wire.stream_chat(call), call=call, billed=billed, ledger=ledger)
        text = "".join([delta.text async for delta in spoken])
        return f"{model} answered" + (f": {' '.join(text.split())[:80]}" if text.strip() else " with no text")


def _is_worth_going_on(listed: TestStep) -> bool:
    """A provider without a list of models may still answer; one that is away or refuses the key will not."""
    return listed.passed or listed.code in ("provider_model_unknown", "provider_incoherent", "provider_refused")


async def _step(name: Literal["list_models", "complete"], work: Callable[[], Awaitable[str]]) -> TestStep:
    started = time.perf_counter()
    try:
        detail = await work()
    except ChatterError as error:
        spent = round((time.perf_counter() - started) * 1000)
        return TestStep(
            name=name, passed=False, milliseconds=spent, detail=error.detail, code=error.code, remedy=error.remedy
        )
    spent = round((time.perf_counter() - started) * 1000)
    return TestStep(name=name, passed=True, milliseconds=spent, detail=detail)
