"""What the share dialog knows and does."""

from datetime import UTC, datetime, timedelta
from typing import Literal, cast
from uuid import UUID

from chatter.documents.schemas import CollectionUpdate, Visibility
from chatter.rbac.schemas import Grant, GrantContainer, GrantCreate, GrantUpdate, Subjects
from chatter_dashboard.components.table import Option
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["ENDS", "LEVELS", "VISIBILITIES", "Sharing", "level_options"]

Level = Literal["view", "edit", "manage"]
SubjectKind = Literal["user", "team", "everyone"]
LEVELS = {"view": "Can view", "edit": "Can edit", "manage": "Can manage"}
ENDS = {"0": "Without end", "1": "One day", "7": "A week", "30": "30 days", "365": "A year"}
VISIBILITIES = {"organization": "Everybody in the organization", "restricted": "Only those it is shared with"}


class Sharing:
    """One thing, and who has access to it."""

    def __init__(self, visitor: Visitor, kind: str) -> None:
        self._visitor = visitor
        self._api = visitor.api.access
        self._kind = kind
        self._resource_id = UUID(int=0)
        self._owner_id = UUID(int=0)
        self._subjects = Subjects(people=[], service_accounts=[], teams=[])
        self.owner_name = ""
        self.container: GrantContainer | None = None
        self.visibility = "restricted"
        self.grants: list[Grant] = []

    @property
    def restrictable(self) -> bool:
        """Whether it can be open to everybody without a grant."""
        return self._kind in ("document", "collection")

    async def load(self, resource_id: UUID) -> None:
        """Fetch who has access to a thing, and who could have it."""
        self._resource_id = resource_id
        self._subjects = await self._api.subjects()
        await self._reload()

    async def open_to(self, visibility: str) -> None:
        """Open it to everybody, or keep it to those it is shared with."""
        wanted = cast(Visibility, visibility)
        if self._kind == "collection":
            await self._visitor.api.collections.update(self._resource_id, CollectionUpdate(visibility=wanted))
        else:
            await self._visitor.api.documents.set_visibility(self._resource_id, wanted)
        self.visibility = visibility

    async def add(self, subject: str, *, level: str, days: str) -> Grant:
        """Share with the subject of an option, for some days or (0) without end."""
        kind, _, subject_id = subject.partition(":")
        made = await self._api.grant(
            GrantCreate(
                resource_kind=self._kind,
                resource_id=self._resource_id,
                subject_kind=cast(SubjectKind, kind),
                subject_id=UUID(subject_id) if subject_id else None,
                level=cast(Level, level),
                expires_at=datetime.now(UTC) + timedelta(days=int(days)) if days != "0" else None,
            )
        )
        await self._reload()
        return made

    async def change(self, grant_id: str, *, level: str) -> Grant:
        """Give another level."""
        changed = await self._api.change_grant(UUID(grant_id), GrantUpdate(level=cast(Level, level)))
        self.grants = [changed if grant.id == changed.id else grant for grant in self.grants]
        return changed

    async def remove(self, grant_id: str) -> str:
        """Take access back; answers whose."""
        grant = next(grant for grant in self.grants if str(grant.id) == grant_id)
        await self._api.revoke(grant.id)
        self.grants = [other for other in self.grants if other.id != grant.id]
        return grant.subject_name

    def subject_options(self) -> list[Option]:
        """Everyone, the teams, the people and the service accounts who have no grant on it yet."""
        taken = {_value(grant.subject_kind, grant.subject_id) for grant in self.grants}
        options = [Option(value="everyone", label="Everyone in the organization")]
        options += [Option(value=_value("team", team.id), label=f"Team {team.name}") for team in self._subjects.teams]
        options += [
            Option(value=_value("user", person.id), label=f"{person.name} ({person.email})")
            for person in self._subjects.people
            if person.id != self._owner_id
        ]
        options += [
            Option(value=_value("user", account.id), label=f"{account.name} (service account)")
            for account in self._subjects.service_accounts
            if account.id != self._owner_id
        ]
        return [option for option in options if option.value not in taken]

    async def _reload(self) -> None:
        found = await self._api.grants(self._kind, self._resource_id)
        self.grants, self._owner_id = found.items, found.owner_id
        self.owner_name = found.owner_name or "somebody who has left"
        self.container = found.container
        self.visibility = "organization" if found.open_to_all else "restricted"


def level_options() -> list[Option]:
    """The levels that can be given."""
    return [Option(value=level, label=label) for level, label in LEVELS.items()]


def _value(kind: str, subject_id: UUID | None) -> str:
    return kind if subject_id is None else f"{kind}:{subject_id}"
