"""The statements in the program's text: each names the tenant at each table that it reads or changes.

Where rows are only added, the tenant is among the values, and the policy checks it. Where the order of rows decides
what a forgotten predicate shows, no request is sure to find it; this is.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import chatter
from chatter.kit.db.revisions import migrations_folder
from tests.security.catalogue import GLOBAL_TABLES

PROGRAM = Path(chatter.__file__).parent
MENTION = re.compile(
    r"\b(?:from|join|update)\s+(\w+)"
    r"(?:\s+(?:as\s+)?(?!(?:set|on|where|using|for|left|join|cross|order|limit|group|values|select|returning)\b)(\w+))?"
)
BOUND = re.compile(r"\b(?:(\w+)\.)?tenant_id = (?:\$\d+|:\w+|\w+\.tenant_id)")
PAIRED = re.compile(r"\(tenant_id, id\) = \(")
OF_ALL_TENANTS = {
    "audit/anchoring.py": ("with recursive sealed as", "with recursive sealed", "select tenant_id from sealed"),
    "audit/delivery.py": ("where k.state = 'active'",),
    "audit/sealing.py": ("select distinct e.tenant_id",),
    "audit/verification.py": ("with recursive sealed as", "union select tenant_id from audit_event"),
    "cli/organizations.py": ("select tenant_id, name, state, created_at, purge_after from organization",),
    "cli/support.py": ("where g.revoked_at is null and g.expires_at >",),
    "kit/job_runner.py": (
        "where state = 'running' and heartbeat_at",
        "where state = 'queued' and run_after",
        "skip locked",
    ),
    "kit/sealed_columns.py": ("select tenant_id from organization",),
    "kit/relay.py": ("where delivered_at is null", "where delivered_at <"),
    "tenancy/rate_limit_feed.py": ("select tenant_id, rule, amount from rate_limit_override",),
    "tenancy/support_visits.py": ("where ended_at is null and expires_at <=",),
    "tenancy/purging.py": ("where o.state = 'deleting' and o.purge_after <=",),
    "runs/retention.py": ("select tenant_id from organization",),
    "tools/payloads.py": ("select tenant_id from organization",),
    "runs/repository.py": ("where state in ('queued', 'running') and lease_expires_at",),
}
"""What pickers, sweepers, the sealer and the operator's commands ask as chatter_platform, for whose
tables see tests/security/privileges.toml.
"""


def test_a_statement_names_the_tenant_at_each_table_that_it_reads_or_changes() -> None:
    found = list(_statements())
    assert len(found) > 15
    for place, statement in found:
        mentioned = [(match[1], match[2] or match[1]) for match in MENTION.finditer(statement) if match[1] in _tables()]
        bound = [*BOUND.findall(statement), *([""] * len(PAIRED.findall(statement)))]
        assert len(bound) >= len(mentioned), (place, statement, mentioned, bound)
        for table, alias in mentioned:
            assert alias in bound or "" in bound, (place, table, alias)


def _statements() -> Iterator[tuple[str, str]]:
    for path in sorted(PROGRAM.rglob("*.py")):
        place = str(path.relative_to(PROGRAM))
        ours = OF_ALL_TENANTS.get(place, ())
        module = ast.parse(path.read_text())
        named: dict[str, str] = {}
        for part in module.body:
            if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
                named[part.targets[0].id] = _text(part.value, named)
        for node in ast.walk(module):
            text = _text(node, named) if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) else ""
            if _is_statement(text) and not any(words in text for words in ours):
                yield place, text


def _text(node: ast.AST, named: Mapping[str, str]) -> str:
    """What a string says, with the module's own constants put in where it names them."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, named) for part in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left, named) + _text(node.right, named)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, named)
    if isinstance(node, ast.Name):
        return named.get(node.id, "")
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_statement(text: str) -> bool:
    return bool(re.match(r"\s*(?:with|select|insert|update|delete)\b", text)) and any(
        match[1] in _tables() for match in MENTION.finditer(text)
    )


@cache
def _tables() -> frozenset[str]:
    """By the migrations: some tables that only statements use have no model."""
    texts = [path.read_text() for path in (migrations_folder() / "versions").glob("*.py")]
    return frozenset(name for text in texts for name in re.findall(r"create table (\w+) \(", text)) - GLOBAL_TABLES
