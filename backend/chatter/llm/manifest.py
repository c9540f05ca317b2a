"""The llm domain, as the registry sees it."""

from datetime import date

from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.domain import Domain
from chatter.kit.principal import Principal
from chatter.kit.sealed_columns import SealedColumn
from chatter.kit.services import Services
from chatter.llm.adapters.wires import Wires, wires_of
from chatter.llm.audiences import AudienceService
from chatter.llm.catalog import catalog
from chatter.llm.controllers import ModelController, ProviderController
from chatter.llm.explaining import USABLE_MODEL
from chatter.llm.model_service import ModelService
from chatter.llm.models import LlmSetting, Model, ModelFallback, ModelPrice, ModelRole, ModelTeam, Provider
from chatter.llm.permissions import OPERATOR_PERMISSIONS, ROLE_PERMISSIONS, LlmPermission
from chatter.llm.probing import ProviderProbe
from chatter.llm.service import ProviderRules, ProviderService
from chatter.usage.ports import PriceList

__all__ = ["domain"]


def _rules(services: Services) -> ProviderRules:
    return ProviderRules(services.http.policy, services.secrets, services.settings)


def _providers(session: AsyncSession, provider_rules: ProviderRules) -> ProviderService:
    return ProviderService(session, provider_rules)


def _models(session: AsyncSession) -> ModelService:
    return ModelService(session)


def _audiences(session: AsyncSession, principal: Principal) -> AudienceService:
    return AudienceService(session, principal)


class _Prices(PriceList):
    """The catalog, which is read when it is first wanted."""

    @property
    def source(self) -> str:
        return catalog().source

    @property
    def taken(self) -> date:
        return catalog().taken


def _price_list() -> PriceList:
    return _Prices()


def _wire(services: Services) -> Wires:
    return wires_of(services.http)


def _probe(services: Services, wire: Wires) -> ProviderProbe:
    return ProviderProbe(services, wire)


domain = Domain(
    name="llm",
    controllers=(ProviderController, ModelController),
    sealed=(SealedColumn(Provider.key_sealed),),
    usables=(USABLE_MODEL,),
    tables=(Provider, Model, ModelRole, ModelTeam, ModelPrice, ModelFallback, LlmSetting),
    permissions=LlmPermission,
    role_permissions=ROLE_PERMISSIONS,
    operator_permissions=OPERATOR_PERMISSIONS,
    dependencies={
        "provider_rules": Provide(_rules, sync_to_thread=False),
        "providers": Provide(_providers, sync_to_thread=False),
        "models": Provide(_models, sync_to_thread=False),
        "audiences": Provide(_audiences, sync_to_thread=False),
        "price_list": Provide(_price_list, sync_to_thread=False),
        "wire": Provide(_wire, sync_to_thread=False),
        "probe": Provide(_probe, sync_to_thread=False),
    },
)
