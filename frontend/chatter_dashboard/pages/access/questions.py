"""What the access explainer knows and asks."""

import re
from uuid import UUID

from chatter.identity.schemas import ServiceAccount
from chatter.kit.schema import Problem
from chatter.rbac.schemas import Explanation, Permission
from chatter.tenancy.schemas import Member
from chatter_dashboard.api.problems import ApiProblem
from chatter_dashboard.components.form import Values
from chatter_dashboard.components.table import Option
from chatter_dashboard.pages.access.sharing import LEVELS
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["Questions"]

_ADDRESS = re.compile(r"/(documents\?collection=|documents/|chat/)([0-9a-f-]{36})")
_KINDS = {"documents?collection=": "collection", "documents/": "document", "chat/": "conversation"}


class Questions:
    """Whom and what one can ask about."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._api = visitor.api.access
        self._members: list[Member] = []
        self._accounts: list[ServiceAccount] = []
        self._permissions: list[Permission] = []
        self._models: list[Option] = []

    async def load(self) -> None:
        """Fetch the members, the service accounts and the permissions."""
        self._members = await self._visitor.api.identity.members()
        if self._visitor.may("identity:service_account:read"):
            self._accounts = await self._visitor.api.service_accounts.all()
        self._permissions = await self._api.permissions()
        if self._visitor.may("llm:provider:read"):
            providers = (await self._visitor.api.llm.providers()).items
            chat = [(provider, model) for provider in providers for model in provider.models if model.kind == "chat"]
            self._models = [Option(value=str(one.id), label=f"{one.label} ({by.name})") for by, one in chat]

    async def ask(self, values: Values) -> Explanation:
        """Ask the API; raises ApiProblem for an address of nothing."""
        kind, resource_id = _thing(values["thing"], values.get("model", ""))
        return await self._api.explain(
            UUID(values["person"]),
            permission=values["permission"],
            kind=kind,
            resource_id=resource_id,
            level=values["level"],
        )

    def people(self) -> list[Option]:
        people = [Option(value=str(one.user_id), label=f"{one.name} ({one.email})") for one in self._members]
        return people + [Option(value=str(one.id), label=f"{one.name} (service account)") for one in self._accounts]

    def permissions(self) -> list[Option]:
        return [Option(value=one.name, label=one.name) for one in self._permissions]

    def models(self) -> list[Option]:
        """None for whom may not see the providers."""
        return self._models

    def levels(self) -> list[Option]:
        return [Option(value=level, label=label) for level, label in LEVELS.items()]


def _thing(address: str, model: str) -> tuple[str, str]:
    if not address.strip():
        return ("model", model) if model else ("", "")
    found = _ADDRESS.search(address)
    if found is None:
        raise ApiProblem(
            Problem(
                type="about:blank",
                title="Not an address",
                status=422,
                detail="This is not the address of a document, a collection or a conversation.",
                code="not_an_address",
                request_id="",
                remedy="Open the thing and copy the address from your browser.",
            )
        )
    return _KINDS[found[1]], found[2]
