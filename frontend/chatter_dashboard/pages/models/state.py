"""What the models page knows and does."""

from uuid import UUID

from chatter.llm.schemas import Audience, Model, Offer, Provider, ProviderList, ProviderPreset
from chatter.rbac.schemas import Role
from chatter.tenancy.schemas import Team
from chatter.usage.schemas import ProviderHealth
from chatter_dashboard.components.table import Row, State
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["ModelsState", "model_row"]


class ModelsState:
    """Providers with their models, what was found on the server, and the changes to them."""

    def __init__(self, visitor: Visitor) -> None:
        self.api = visitor.api.llm
        self._access = visitor.api.access
        self._tenancy = visitor.api.tenancy
        self.may_add = visitor.may("llm:provider:create")
        self.may_change = visitor.may("llm:provider:update")
        self.may_delete = visitor.may("llm:provider:delete")
        self.may_choose = visitor.may("llm:model:update")
        self.may_name = self.may_choose and visitor.may("rbac:role:read") and visitor.may("tenancy:team:read")
        self.offers: list[Offer] = []
        self.health: dict[UUID, ProviderHealth] = {}
        self._list = ProviderList(items=[], presets=[])

    @property
    def providers(self) -> list[Provider]:
        """The built-in one first."""
        return self._list.items

    @property
    def presets(self) -> list[ProviderPreset]:
        """The kinds that can be added."""
        return self._list.presets

    async def load(self) -> None:
        """Fetch everything."""
        self._list = await self.api.providers()
        self.health = {one.provider_id: one for one in await self.api.health()}
        self.offers = await self.api.offers() if self.may_add else []

    async def audience(self, model_id: UUID) -> tuple[Audience, list[Role], list[Team]]:
        """Who may use a model, and whom there is to choose from."""
        return await self.api.audience(model_id), await self._access.roles(), await self._tenancy.teams()

    async def act_on_model(self, action: str, model_id: str) -> str:
        """Make it the default, enable or disable it; answers what to say."""
        model = self.model(model_id)
        if action == "default":
            await self.api.choose_default(model.id)
            return f"{model.label} answers by default."
        await self.api.enable_model(model.id, enabled=action == "enable")
        return (
            f"{model.label} can be chosen in chats." if action == "enable" else f"{model.label} is no longer offered."
        )

    @property
    def default(self) -> Model | None:
        """The model that answers by default."""
        return next((model for model in self._models() if model.is_default), None)

    @property
    def stand_ins(self) -> list[Model]:
        """The models that stand in for the default, in their order."""
        return sorted((model for model in self._models() if model.stands_in), key=lambda model: model.stands_in or 0)

    @property
    def able(self) -> list[Model]:
        """The models that could stand in for the default."""
        return [m for m in self._models() if m.enabled and m.kind == "chat" and not m.is_default and not m.small]

    def model(self, model_id: str) -> Model:
        """One of them."""
        wanted = UUID(model_id)
        return next(model for model in self._models() if model.id == wanted)

    def _models(self) -> list[Model]:
        return [model for provider in self.providers for model in provider.models]


def model_row(model: Model, *, may_choose: bool, may_name: bool) -> Row:
    """A model as a line; only chat models can be chosen."""
    chat = model.kind == "chat"
    actions = []
    if may_choose and chat:
        if model.enabled and not model.is_default:
            actions.append("default")
        if not model.is_default:
            actions.append("disable" if model.enabled else "enable")
        if not model.small:
            actions.append("price")
    if may_name and chat and not model.small:
        actions.append("audience")
    return Row(
        id=str(model.id),
        note=model.name if model.name != model.label else "",
        cells={
            "label": model.label,
            "state": _state(model),
            "price": _price(model),
            "who": "Chosen" if model.restricted else "Everyone",
            "context": model.context_tokens,
        },
        actions=actions,
    )


def _price(model: Model) -> str:
    """Of a million tokens."""
    if model.small:
        return "free"
    return "" if model.price is None else f"${model.price.input} in, ${model.price.output} out"


def _state(model: Model) -> State | None:
    if model.is_default:
        return State(text="Default", tone="accent")
    if model.stands_in:
        return State(text=f"Stand-in {model.stands_in}", tone="ok")
    if model.kind != "chat":
        return State(text=model.kind.capitalize())
    return State(text="Enabled", tone="ok") if model.enabled else State(text="Off")
