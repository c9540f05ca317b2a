"""Mutants of the program: one guard, predicate or declared permission less, written into a copy of the tree."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from chatter.kit.errors import ChatterError
from chatter.registry import DOMAINS

__all__ = ["CodeMutant", "code_mutants"]

REFUSALS = frozenset({401, 403, 404})
OTHER_REFUSALS = frozenset({"TenantMissing"})
OWNERSHIP = re.compile(r"(?:^|_)(?:tenant_id|owner_id|user_id)$")
SQL = re.compile(r"\b(?:\w+\.)?(?:tenant_id|owner_id) = (\$1|:\w+|\w+\.tenant_id)")
"""A predicate in a statement. What it compared stays mentioned, or the statement would not be valid."""

DEMAND = re.compile(r"_?(?:require|refuse|demand)(?:_|$)")

# What changes nothing that anybody could see, with the reason; anything else that survives is a failure.
EQUIVALENT = (
    ("chat/repository.py", "ConversationNotFound if row is None"),  # the functions always answer with one row
    ("chat/turns.py", "ConversationNotFound if opened.question_id is None"),  # narrows types: `opened` has its ids
    ("chat/branch_points.py", "RunNotFound if answer is None"),  # every run has an answer
    ("chat/comparisons.py", "RunNotFound if message is None"),
    ("chat/branch_opening.py", "Conversation.owner_id == "),  # handed over between two statements: seen before, too
    ("chat/branch_opening.py", "ConversationNotFound if"),  # gone between two statements: a crash in place of a 404
    ("chat/service.py", "ConversationNotFound if (row := "),
    ("chat/versions.py", "ConversationNotFound if row is None"),
    ("identity/service_accounts.py", "NotFound if row is None"),
    ("rbac/grants.py", "NotFound if found is None"),
    ("identity/sign_ups.py", "SignUpInvalid if not await session.scalar(_USED"),  # the address is taken by then
    ("tenancy/closing.py", "NotFound if row is None"),  # whoever asks is in it
    ("sso/tokens.py", "IdTokenInvalid if len(raw)"),  # saves the work of reading it
    ("sso/tokens.py", "IdTokenInvalid if algorithm != "),  # the library holds a token to the same one algorithm
    ("sso/sign_in.py", "IdentityProviderDisabled if acting is None"),  # taken out between two statements
    ("kit/sealed_columns.py", "tenant_id = $1"),  # which rows are due; each is sealed to the tenant that it names
    ("audit/sealing.py", "s.tenant_id = e.tenant_id"),  # which organisations are due; no two have an event of one id
    (
        "tenancy/teams.py",
        "TeamMember.tenant_id == Row.tenant_id",
    ),  # kit/db/database.py holds each select to it
    ("kit/job_runner.py", "t.tenant_id = j.tenant_id"),  # whose turn it is, asked for all tenants by the picker
)

# Defences that no rule above finds: a file, what it says, and what it says without the defence.
GUARD, SOCKET = "frontend/chatter_dashboard/shell/guard.py", "frontend/chatter_dashboard/shell/socket.py"
BY_HAND = (
    ("kit/db/database.py", "lambda model: model.tenant_id == tenant_id", "lambda model: model.tenant_id.is_not(None)"),
    ("api.py", "require_permission, preflights(", "preflights("),
    ("api.py", "refuse_foreign_pages, count_request", "count_request"),
    ("api.py", "count_request, require_permission", "require_permission"),
    ("kit/rate_limits/limiter.py", "if not taken.allowed", "if False"),
    ("kit/rate_limits/limiter.py", "asker.account.strip().lower()", "asker.account"),
    ("kit/rate_limits/limiter.py", "int(parsed) >> 64 << 64", "int(parsed)"),
    ("kit/web/client_address.py", "peer is not None and self._trusts(peer)", "peer is not None"),
    ("identity/authentication.py", "            await count_unknown(services.limiter)\n", ""),
    ("identity/authentication.py", "        refuse_cross_origin(connection.scope)\n", ""),
    ("identity/keys.py", " or tenant_id not in (None, key.tenant_id)", ""),
    ("oauth/access_tokens.py", " or tenant_id not in (None, claims.org)", ""),
    ("oauth/consent.py", "(said.tenant_id, said.user_id, said.about) != expected", "said.tenant_id != expected[0]"),
    ("oauth/consent.py", "if not await self._redis.set(key, b\"1\", nx=True, ex=_MINUTES * 60):", "if False:"),
    ("rbac/authorizer.py", "held if principal.scopes is None else held & principal.scopes", "held"),
    ("kit/storage.py", 'return f"tenants/{tenant_id}/{key}"', 'return f"tenants/{key}"'),
    ("kit/storage.py", 'part in ("", ".", "..")', 'part in ("",)'),
    ("runs/wire.py", 'f"t:{tenant_id}:run:{run_id}"', 'f"run:{run_id}"'),
    ("runs/follower.py", "key = (tenant_id, run_id)", "key = (run_id, run_id)"),
    ("kit/crypto.py", "tenant_id.bytes", 'b""'),
    ("kit/db/kept_levels.py", "kept.version != version", "False"),
    ("rbac/access.py", "row.rank > 0 and row.unwritten", "row.unwritten"),
    ("documents/service.py", 'or await _is_withheld(session, document.collection_id)', ""),
    ("kit/jobs.py", 'tenant_id=session.info["tenant_id"]', "tenant_id=new_id()"),
    ("tenancy/support_visits.py", "named is None or tenant_id not in (None, named)", "named is None"),
    ("tenancy/support_visits.py", "(Visit.entered_at.is_(None), ", "("),
    ("rbac/guard.py", 'handler.opt.get("signed_in") and not handler.opt.get("operators")', "False"),
    ("rbac/authorizer.py", "self.catalogue.operators:\n            return False", "():\n            return False"),
    ("tenancy/cross_origin.py", " if principal.is_program else None", ""),
    ("tenancy/cross_origin.py", "KeptOrigins).of(principal.tenant_id)", "KeptOrigins).of(principal.tenant_id) or True"),
    ("tenancy/cross_origin.py", "if await services.part(KeptOrigins).listed(origin):", "if True:"),
    ("tenancy/cross_origin.py", 'if connection.scope["path"].startswith(prefix):', "if True:"),
    ("tenancy/cross_origin.py", "        await count_unknown(services.limiter)\n", "        pass\n"),
    ("tenancy/kept_origins.py", "        self._kept.clear()\n", ""),
    ("tenancy/web_origin_names.py", 'parts.scheme == "http" and not _is_loopback(host)', "False"),
    (GUARD, 'urlsplit(origin).netloc != headers.get("host")', "False"),
    (GUARD, "not token or not await tabs.valid(token)", "False"),
    (GUARD, "return tabs.owns(token, tab) or tab not in Client.instances", "return True"),
    (SOCKET, "tabs.owns(token, str(message.get(\"client_id\"))) and ", ""),
    (SOCKET, 'if message.get("client_id") in core.sio.rooms(socket):', "if True:"),
)  # fmt: skip


@dataclass(frozen=True)
class CodeMutant:
    """A file of the program with one defence less."""

    name: str
    path: str
    source: str

    @property
    def declared(self) -> bool:
        """Whether it is of what can be read off the program: a statement in SQL, or a permission."""
        return "(line " in self.name or SQL.search(self.name) is not None


def code_mutants(root: Path) -> list[CodeMutant]:
    """All of them: what a new domain brings is mutated as well."""
    found = []
    for path in sorted((root / "backend/chatter").rglob("*.py")):
        source, relative = path.read_text(), str(path.relative_to(root))
        for number, (what, mutated) in enumerate(_weaker(source), 1):
            short = relative.removeprefix("backend/chatter/")
            if any(short == name and what.startswith(text) for name, text in EQUIVALENT):
                continue
            found.append(CodeMutant(f"{short} without {what} (no. {number})", relative, mutated))
    return [*found, *_by_hand(root)]


def _by_hand(root: Path) -> Iterator[CodeMutant]:
    for name, old, new in BY_HAND:
        path = name if name.startswith("frontend/") else f"backend/chatter/{name}"
        text = (root / path).read_text()
        assert old in text, f"tests/mutation/code.py: {name} does not say {old!r} any more"
        yield CodeMutant(f"{name} without {' '.join(old.split())}", path, text.replace(old, new))


def _weaker(text: str) -> Iterator[tuple[str, str]]:
    lines = _Lines(text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.If) and (refusal := _refusal(node)):
            yield f"{refusal} if {ast.unparse(node.test)}"[:110], lines.replaced(node.test, "False")
        elif isinstance(node, ast.Compare) and _tells_owners_apart(node):
            yield ast.unparse(node)[:110], lines.replaced(node, str(isinstance(node.ops[0], ast.Eq)))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "route":
            yield from _permissions(node, lines)
    for match in SQL.finditer(text):
        yield match[0], f"{text[: match.start()]}{_kept(match[1])}{text[match.end() :]}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and (call := _demand(node.value)):
            yield f"the call {ast.unparse(call)}"[:110], lines.replaced(node.value, "None")


def _kept(compared: str) -> str:
    """A condition that always holds and still mentions what was compared."""
    if compared.startswith("$"):
        return f"{compared}::uuid is not null"
    return f"cast({compared} as uuid) is not null" if compared.startswith(":") else f"{compared} is not null"


def _permissions(node: ast.Call, lines: "_Lines") -> Iterator[tuple[str, str]]:
    for keyword in node.keywords:
        if keyword.arg == "people_only":
            yield f"people_only (line {node.lineno})", lines.replaced(keyword.value, "False")
        if keyword.arg == "permission" and isinstance(keyword.value, ast.Attribute):
            declared = ast.unparse(keyword.value)
            yield f"{declared} (line {node.lineno})", lines.replaced(keyword, "signed_in=True")
            family = ast.unparse(keyword.value.value)
            if weaker := _weaker_permission(family, keyword.value.attr):
                yield (
                    f"more than {family}.{weaker} for {declared} (line {node.lineno})",
                    lines.replaced(keyword.value, f"{family}.{weaker}"),
                )


def _weaker_permission(family: str, declared: str) -> str | None:
    """The permission to read of the same enum; None when nothing more is declared."""
    enums: list[type[StrEnum]] = [domain.permissions for domain in DOMAINS if domain.permissions]
    found = next((enum for enum in enums if enum.__name__ == family), None)
    if found is None or found[declared].value.endswith(":read"):
        return None
    return next((member.name for member in found if member.value.endswith(":read")), None)


def _refusal(node: ast.If) -> str | None:
    """The error that a guard raises, when it says that somebody may not."""
    statement = node.body[-1]
    if not isinstance(statement, ast.Raise) or statement.exc is None or len(node.body) > 1:
        return None
    raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
    name = ast.unparse(raised)
    return name if name in _refusals() else None


def _demand(value: ast.expr) -> ast.Call | None:
    """A call that does nothing but raise, when somebody may not."""
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call):
        return None
    name = ast.unparse(call.func).rpartition(".")[2]
    return call if DEMAND.match(name) else None


def _refusals() -> frozenset[str]:
    def under(kind: type[ChatterError]) -> Iterator[str]:
        for sub in kind.__subclasses__():
            if sub.status in REFUSALS:
                yield sub.__name__
            yield from under(sub)

    return frozenset(under(ChatterError)) | OTHER_REFUSALS


def _tells_owners_apart(node: ast.Compare) -> bool:
    sides = [node.left, *node.comparators]
    names = [side.attr for side in sides if isinstance(side, ast.Attribute)]
    return isinstance(node.ops[0], (ast.Eq, ast.NotEq)) and any(OWNERSHIP.search(name) for name in names)


class _Lines:
    """A text in which the place of a node can be filled anew."""

    def __init__(self, text: str) -> None:
        self._data = text.encode()
        self._starts = [0]
        for line in self._data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def replaced(self, node: ast.expr | ast.keyword, new: str) -> str:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._starts[node.lineno - 1] + node.col_offset
        end = self._starts[node.end_lineno - 1] + node.end_col_offset
        return (self._data[:start] + new.encode() + self._data[end:]).decode()
