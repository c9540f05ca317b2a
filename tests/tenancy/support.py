"""Somebody who operates the server, inside an organisation that has let them in."""

from uuid import UUID, uuid4

from chatter.kit.clock import Clock, SystemClock
from chatter.kit.db.database import Database
from chatter.tenancy.facade import SupportVisits, new_link
from tests.people import Person

__all__ = ["enter", "granted", "link_to", "visiting"]


async def granted(owner: Person, *, role: str = "admin", hours: int = 24) -> str:
    """An access that the owner grants; returns its id."""
    answer = await owner.post("/support-grants", json={"reason": "Please help", "role": role, "hours": hours})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def link_to(database: Database, organization_id: UUID, *, minutes: int = 30, clock: Clock | None = None) -> str:
    """What `chatter support enter` prints behind the `#`."""
    link = new_link()
    async with database.unit(organization_id) as session:
        visits = SupportVisits(session, clock or SystemClock())
        await visits.open(link, operator="sam", reason="Ticket 7731", minutes=minutes)
    return link.text


async def enter(owner: Person, link: str) -> Person:
    """The operator, who has opened the link."""
    key = {"organization_id": str(owner.organization_id), "token": link}
    answer = await owner.client.post("/api/v1/support/enter", json=key)
    assert answer.status_code == 200, answer.text
    owner.client.cookies.clear()
    return Person(owner.client, answer.json()["token"], uuid4(), owner.organization_id, "sam")


async def visiting(database: Database, owner: Person, *, role: str = "admin") -> Person:
    """The operator, in an organisation that has just let them in."""
    await granted(owner, role=role)
    return await enter(owner, await link_to(database, owner.organization_id))
