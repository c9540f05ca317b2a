"""The llm domain, as the registry sees it."""

from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.domain import Domain
from chatter.kit.principal import Principal
from chatter.kit.sealed_columns import SealedColumn
from chatter.kit.services import Services
from chatter.llm.adapters.wires import Wires, wires_of
from chatter.llm.audiences import AudienceService
from chatter.llm.controllers import ModelController, ProviderController
from chatter.llm.model_service import ModelService
from chatter.llm.models import LlmSetting, Model, ModelFallback, ModelPrice, ModelRole, ModelTeam, Provider
from chatter.llm.permissions import OPERATOR_PERMISSIONS, ROLE_PERMISSIONS, LlmPermission
from chatter.llm.probing import ProviderProbe
from chatter.llm.service import ProviderRules, ProviderService
from chatter.llm.usage_controllers import UsageController
from chatter.llm.usage_models import ModelUsage
from chatter.llm.usage_service import UsageService

__all__ = ["domain"]


def _rules(services: Services) -> ProviderRules:
    return ProviderRules(services.http.policy, services.secrets, services.settings)


def _providers(session: AsyncSession, provider_rules: ProviderRules) -> ProviderService:
    return ProviderService(session, provider_rules)


def _models(session: AsyncSession) -> ModelService:
    return ModelService(session)


def _audiences(session: AsyncSession, principal: Principal) -> AudienceService:
    return AudienceService(session, principal)


def _usage(session: AsyncSession) -> UsageService:
    return UsageService(session)


def _wire(services: Services) -> Wires:
    return wires_of(services.http)


def _probe(services: Services, wire: Wires) -> ProviderProbe:
    return ProviderProbe(services, wire)


domain = Domain(
    name="llm",
    controllers=(ProviderController, ModelController, UsageController),
    sealed=(SealedColumn(Provider.key_sealed),),
    tables=(Provider, Model, ModelRole, ModelTeam, ModelPrice, ModelFallback, LlmSetting, ModelUsage),
    permissions=LlmPermission,
    role_permissions=ROLE_PERMISSIONS,
    operator_permissions=OPERATOR_PERMISSIONS,
    dependencies={
        "provider_rules": Provide(_rules, sync_to_thread=False),
        "providers": Provide(_providers, sync_to_thread=False),
        "models": Provide(_models, sync_to_thread=False),
        "audiences": Provide(_audiences, sync_to_thread=False),
        "usage": Provide(_usage, sync_to_thread=False),
        "wire": Provide(_wire, sync_to_thread=False),
        "probe": Provide(_probe, sync_to_thread=False),
    },
)
