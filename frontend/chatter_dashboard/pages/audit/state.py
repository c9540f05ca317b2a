"""What the page of the audit log knows and does."""

from datetime import UTC, datetime, timedelta

from chatter.audit.schemas import AuditEvent, AuditHead
from chatter.identity.schemas import ServiceAccount
from chatter.tenancy.schemas import Member
from chatter_dashboard.api.audit import AuditFilter
from chatter_dashboard.components.form import Field, Values
from chatter_dashboard.components.table import Option
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["AuditState", "action_words", "who_did"]

_AREAS = {
    "": "Everything",
    "identity:": "Sign-ins and profiles",
    "tenancy:": "Organization and members",
    "documents:": "Documents",
    "chat:": "Conversations",
    "runs:": "Runs",
    "llm:": "Models and providers",
    "audit:": "Audit log",
}
_PERIODS = {"": "Any time", "1": "Last hour", "24": "Last 24 hours", "168": "Last 7 days", "720": "Last 30 days"}


class AuditState:
    """The rows as far as they were shown, and the state of the chain."""

    def __init__(self, visitor: Visitor) -> None:
        self._api = visitor.api.audit
        self._visitor = visitor
        self.items: list[AuditEvent] = []
        self.cursor: str | None = None
        self.wanted = AuditFilter()
        self.members: list[Member] = []
        self.accounts: list[ServiceAccount] = []
        self.head: AuditHead | None = None

    @property
    def narrowed(self) -> bool:
        """Whether something that is new may be left out."""
        return self.wanted != AuditFilter()

    async def start(self) -> None:
        """Fetch what the page shows at first."""
        self.members = await self._visitor.api.identity.members()
        if self._visitor.may("identity:service_account:read"):
            self.accounts = await self._visitor.api.service_accounts.all()
        await self.load()

    async def load(self) -> None:
        """Fetch the first part, and the chain."""
        page = await self._api.events(self.wanted)
        self.items, self.cursor = page.items, page.next_cursor
        self.head = await self._api.head()

    async def more(self) -> None:
        """Fetch the next part."""
        page = await self._api.events(self.wanted, cursor=self.cursor)
        self.items, self.cursor = [*self.items, *page.items], page.next_cursor

    def narrow(self, values: Values) -> None:
        """Want other rows from now on."""
        hours = int(values["period"] or "0")
        self.wanted = AuditFilter(
            query=values["query"].strip(),
            action=values["action"],
            actor=values["actor"],
            since=datetime.now(UTC) - timedelta(hours=hours) if hours else None,
        )

    def fields(self) -> list[Field]:
        """What narrows the list."""
        people = [Option(value="", label="Anybody")]
        people += [Option(value=str(member.user_id), label=member.name) for member in self.members]
        people += [Option(value=str(one.id), label=f"{one.name} (service account)") for one in self.accounts]
        return [
            Field(name="query", label="Words", kind="search", optional=True, max_length=200),
            Field(name="action", label="Area", kind="select", optional=True, options=_options(_AREAS)),
            Field(name="actor", label="Who", kind="select", optional=True, options=tuple(people)),
            Field(name="period", label="When", kind="select", optional=True, options=_options(_PERIODS)),
        ]


def action_words(action: str) -> str:
    """`tenancy:member:role_changed` as people read it: `Member: role changed`."""
    _, _, rest = action.partition(":")
    resource, _, verb = rest.partition(":")
    return f"{resource.replace('_', ' ').capitalize()}: {verb.replace('_', ' ')}"


def who_did(event: AuditEvent) -> str:
    """The actor's name; that of the server's operator says so, for a person may be called the same."""
    name = event.actor_label or event.actor_kind
    return f"{name} (operator)" if event.actor_kind == "operator" and event.key_id else name


def _options(words: dict[str, str]) -> tuple[Option, ...]:
    return tuple(Option(value=value, label=label) for value, label in words.items())
