"""What the list of other people's conversations knows and does."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chatter.chat.schemas import OthersConversation
from chatter.tenancy.schemas import Member
from chatter_dashboard.components.form import Field, Values
from chatter_dashboard.components.table import Option
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["OthersState"]

_PERIODS = {"": "Any time", "24": "Last 24 hours", "168": "Last 7 days", "720": "Last 30 days"}


class OthersState:
    """The rows as far as they were shown; each part that is fetched is noted in the audit log."""

    def __init__(self, visitor: Visitor) -> None:
        self._api = visitor.api.chat
        self._identity = visitor.api.identity
        self._self = visitor.me.user.id
        self._owner_id: UUID | None = None
        self._since: datetime | None = None
        self.items: list[OthersConversation] = []
        self.cursor: str | None = None
        self.members: list[Member] = []

    @property
    def narrowed(self) -> bool:
        """Whether the list leaves something out."""
        return self._owner_id is not None or self._since is not None

    async def start(self) -> None:
        """Fetch what the page shows at first."""
        await self.load()
        self.members = [member for member in await self._identity.members() if member.user_id != self._self]

    async def load(self) -> None:
        """Fetch the first part."""
        page = await self._api.others(owner_id=self._owner_id, since=self._since)
        self.items, self.cursor = page.items, page.next_cursor

    async def more(self) -> None:
        """Fetch the next part."""
        page = await self._api.others(owner_id=self._owner_id, since=self._since, cursor=self.cursor)
        self.items, self.cursor = [*self.items, *page.items], page.next_cursor

    def narrow(self, values: Values) -> None:
        """Want other rows from now on."""
        hours = int(values["period"] or "0")
        self._owner_id = UUID(values["owner"]) if values["owner"] else None
        self._since = datetime.now(UTC) - timedelta(hours=hours) if hours else None

    def fields(self) -> list[Field]:
        """What narrows the list."""
        people = [Option(value="", label="Anybody")]
        people += [Option(value=str(member.user_id), label=member.name) for member in self.members]
        periods = tuple(Option(value=value, label=label) for value, label in _PERIODS.items())
        return [
            Field(name="owner", label="Whose", kind="select", optional=True, options=tuple(people)),
            Field(name="period", label="Last message", kind="select", optional=True, options=periods),
        ]
