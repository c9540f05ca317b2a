"""Calls the database's functions with ids of one world or another, by the names and types of their arguments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from tests.security.world import KEY_DIGEST, World

__all__ = ["Function", "arguments", "functions", "tables_of", "unknown_ids"]

FUNCTIONS = """
select p.oid, p.proname as name, p.prosecdef as definer, p.prosrc as body, l.lanname as language,
    coalesce(p.proargnames[1:p.pronargs], '{}') as names,
    array(select format_type(t, null) from unnest(p.proargtypes) with ordinality a (t, o) order by o) as types
from pg_proc p join pg_language l on l.oid = p.prolang
where p.pronamespace = 'public'::regnamespace and l.lanname in ('sql', 'plpgsql') and p.prorettype <> 'trigger'::regtype
    and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
order by p.proname
"""

# What an argument means, where its name does not say it.
NAMES: Mapping[str, str] = {
    "owner": "app_user",
    "user": "app_user",
    "actor": "app_user",
    "member": "app_user",
    "from": "message",
    "parent": "message",
    "answer": "message",
    "subject": "run",
    "target": "document",
    "event": "audit_event",
    "resource": "document",
    "key": "api_key",
    "bound": "organization",
    "family": "oauth_family",
}
FRESH = {"id", "keep", "session", "question_id", "answer_id", "run_id", "audit_id", "event_id", "before_id", "passkey"}
FRESH |= {"ended", "link"}
"""Ids that the caller makes, or that only narrow what is found."""
CALLS = """[{"id": "018f0000-0000-7000-8000-000000000001", "purpose": "answer", "outcome": "complete",
    "source": "reported", "model": "m", "provider": "p", "input_tokens": 1, "output_tokens": 1, "cached_tokens": 0,
    "reasoning_tokens": 0, "images": 0, "embeddings": 0, "whole_ms": 1}]"""
"""A call to a model, as it is recorded."""
VALUES: Mapping[str, Any] = {
    "p_fence": 1,
    "p_fences": [1],
    "p_limit": 20,
    "p_lease_seconds": 30,
    "p_state": "failed",
    "p_run_state": "failed",
    "p_key": "a key that is new",
    "p_before": None,
    "p_in_state": None,
    "p_filter": "{}",
    "p_text_kind": "text",
    "p_calls": CALLS,
    "p_kind": "document",
    "p_level": "view",
    "p_after": 0,
    "p_firsts": [2],
    "p_lasts": [2],
    "p_frames": [b"\0"],
    "c_start": [0],
    "c_end": [9],
    "p_role": "owner",
    "p_actor_kind": "user",
    "p_token_hash": KEY_DIGEST,
    "p_outcome": "answered",
    "p_payload": "{}",
    "c_versions": ["{}"],
    "c_metadata": ["{}"],
}

MENTION = re.compile(
    r"\b(?:from|join|update|using)\s+(\w+)"
    r"(?:\s+(?:as\s+)?(?!(?:set|on|where|using|for|left|join|cross|order|limit|group)\b)(\w+))?"
)


@dataclass(frozen=True)
class Function:
    """A function of ours, as the catalogue tells it."""

    oid: int
    name: str
    definer: bool
    body: str
    language: str
    arguments: dict[str, str]

    @property
    def names_a_tenant(self) -> bool:
        return bool({"p_tenant", "p_tenants"} & self.arguments.keys())

    @property
    def call(self) -> str:
        slots = [f"${n}::{kind}" for n, kind in enumerate(self.arguments.values(), 1)]
        return f"select * from {self.name}({', '.join(slots)})"


async def functions(admin: asyncpg.Connection) -> list[Function]:
    return [
        Function(
            row["oid"],
            row["name"],
            row["definer"],
            row["body"],
            row["language"],
            dict(zip(row["names"], row["types"], strict=True)),
        )
        for row in await admin.fetch(FUNCTIONS)
    ]


def arguments(function: Function, *, tenant: World, ids: World | None, like: World) -> list[Any]:
    """One value for each argument: the tenant of one world, ids of another (None: ids that never existed).

    `like` gives the texts: the keys by which its rows are found.
    """
    return [_value(name, kind, tenant=tenant, ids=ids, like=like) for name, kind in function.arguments.items()]


def _value(name: str, kind: str, *, tenant: World, ids: World | None, like: World) -> Any:
    if name in VALUES:
        return VALUES[name]
    if name in {"p_tenant", "p_tenants"}:
        found: Any = tenant.person.organization_id
        return [found] if kind.endswith("[]") else found
    base = kind.removesuffix("[]")
    value = _id(name, ids, like) if base == "uuid" else _made_up(name, base, like)
    return [value] if kind.endswith("[]") else value


def _id(name: str, ids: World | None, like: World) -> UUID:
    stem = name.removeprefix("p_").removeprefix("s_")
    if stem in FRESH:
        return uuid4()
    table = _table_named(stem, like)
    if table == "app_user":  # whoever owns the rows, so that nothing but the tenant can refuse
        return (ids or like).id_of("app_user")
    return ids.id_of(table) if ids and table else uuid4()


def _table_named(stem: str, world: World) -> str | None:
    """The table that an argument names; None when nobody knows."""
    candidates = (stem, stem.removesuffix("s"), stem.removesuffix("_id"), NAMES.get(stem.removesuffix("_id"), ""))
    return next((table for table in candidates if table in world.rows), None)


def _made_up(name: str, kind: str, like: World) -> Any:
    made = {"text": like.marker, "bytea": b"\0", "integer": 1, "bigint": 1, "boolean": False, "double precision": 0.5}
    if name == "p_token_hash":
        return like.marker.encode()
    if name == "p_embedding":
        return str([0.1] * 384)
    return None if kind.startswith("timestamp") or name in {"p_before_at", "p_query"} else made.get(kind)


def unknown_ids(function: Function, world: World) -> list[str]:
    """Arguments that take an id of which this suite does not know what it names."""
    return [
        name
        for name, kind in function.arguments.items()
        if kind.removesuffix("[]") == "uuid"
        and name not in {"p_tenant", "p_tenants", *VALUES}
        and name.removeprefix("p_").removeprefix("s_") not in FRESH
        and _table_named(name.removeprefix("p_").removeprefix("s_"), world) is None
    ]


def tables_of(function: Function, tables: set[str]) -> list[tuple[str, str]]:
    """Each mention of a tenant table in a statement of the function's body, with the name it goes by there."""
    return [(match[1], match[2] or match[1]) for match in MENTION.finditer(function.body) if match[1] in tables]
