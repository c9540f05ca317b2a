"""Sends an operation as somebody, and says everything that the answer shows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import httpx

from chatter.registry import DOMAINS
from tests.people import Person
from tests.security.operations import BESIDE, BODY_IDS, NOBODYS, PARAMETERS, Operation
from tests.security.stand import Stand
from tests.security.world import World

__all__ = [
    "Ids",
    "Seen",
    "alike",
    "allowed",
    "foreign_ids",
    "ids_of",
    "probe",
    "queries_beside",
    "send",
    "table_of",
    "unlike",
    "with_ids",
]

Ids = dict[str, UUID | str]
Ask = Callable[[], Awaitable["Seen"]]
PATIENCE = 30


@dataclass(frozen=True)
class Seen:
    """All that a caller can see, request id apart, and what it cost the database."""

    status: int
    text: str
    headers: tuple[tuple[str, str], ...]
    statements: int


OF_THE_REQUEST = {"x-request-id", "date", "ratelimit"}
"""What differs between any two answers: the last counts down, whatever was asked for."""


async def send(person: Person, operation: Operation, ids: Ids, **kwargs: Any) -> httpx.Response:
    """Send the operation with a valid body, unless another is given."""
    content = kwargs.pop("body", operation.body)
    demanded = {name: f"{BODY_IDS.get(name)}_id" for name in operation.demanded}
    if beside := {name: str(ids[place]) for name, place in demanded.items() if place in ids}:
        kwargs.setdefault("params", beside)
    return await person.call(operation.method, operation.address(ids), json=content, **kwargs)


async def probe(stand: Stand, person: Person, operation: Operation, ids: Ids, **kwargs: Any) -> Seen:
    """Send it and count; an attack."""
    stand.attacks += 1
    stand.meter.reset()
    answer = await send(person, operation, ids, **kwargs)
    request_id = answer.headers.get("x-request-id", "")
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in OF_THE_REQUEST)
    return Seen(answer.status_code, answer.text.replace(request_id, ""), tuple(headers), stand.meter.statements)


async def alike(ask_never: Ask, ask_foreign: Ask) -> Seen:
    """Ask both and demand the same answer for the same number of statements.

    What runs in the background speaks to the database as well, now and then: what an answer costs is the least that it
    ever took.
    """
    never, foreign = await ask_never(), await ask_foreign()
    for _ in range(PATIENCE):
        if never.statements == foreign.statements:
            break
        never, foreign = _cheaper(never, await ask_never()), _cheaper(foreign, await ask_foreign())
    assert foreign == never, f"never there: {never}; foreign: {foreign}"
    return foreign


def _cheaper(one: Seen, other: Seen) -> Seen:
    assert replace(one, statements=0) == replace(other, statements=0)
    return min(one, other, key=lambda seen: seen.statements)


def table_of(name: str, world: World) -> str | None:
    """The table that a parameter or a field names; None when this suite does not know."""
    known = PARAMETERS | BODY_IDS
    if name in known:
        return known[name] if known[name] in world.rows else None
    stem = name.removesuffix("_ids").removesuffix("_id").removesuffix("s")
    return next((table for table in (stem, f"{stem}s") if table in world.rows), None)


def ids_of(operation: Operation, world: World) -> Ids:
    """The world's own ids for the operation's path."""
    return {name: _id(name, world) for name in operation.parameters}


def queries_beside(operation: Operation, name: str, world: World) -> dict[str, str]:
    """What a request needs beside one parameter of its query: the world's own ids, and words that belong to it."""
    others = [other for other in operation.demanded if other != name and operation.queries[other] == "uuid"]
    return {other: str(_id(other, world)) for other in others} | BESIDE.get(name, {})


def _id(name: str, world: World) -> UUID | str:
    table = table_of(name, world)
    return NOBODYS.get(name, "none") if table is None else world.id_of(table)


def with_ids(stand: Stand) -> list[Operation]:
    """The operations whose path names something; not the doors that are open to strangers, which tests/sso attacks."""
    return [
        operation
        for operation in stand.operations
        if set(operation.parameters) - NOBODYS.keys() and not stand.handlers[operation.name].opt.get("public")
    ]


def foreign_ids(operation: Operation, victim: World, attacker: World) -> list[Ids]:
    """All ids the victim's; and, where a path has several, each of them alone among ids of the attacker's own."""
    theirs, own = ids_of(operation, victim), ids_of(operation, attacker)
    mixed = [own | {name: theirs[name]} for name in theirs.keys() - NOBODYS.keys()] if len(theirs) > 1 else []
    return [theirs, *mixed]


def unlike(ids: Ids, attacker: World) -> Ids:
    """The same, with ids that never existed in place of the victim's."""
    own = {row.get("id") for row in attacker.rows.values()}
    return {name: value if value in own or not isinstance(value, UUID) else uuid4() for name, value in ids.items()}


def allowed(stand: Stand, role: str, operation: Operation) -> bool:
    """Whether the manifests let a built-in role do this: read from them, not asked of the guard."""
    permission = stand.permission(operation)
    return permission is None or any(permission in domain.role_permissions.get(role, frozenset()) for domain in DOMAINS)
