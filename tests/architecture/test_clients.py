"""Every way out of the program is known: what calls an address holds to the egress policy, or has a reason not to."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "backend" / "chatter"
CLIENTS = (
    *("aiohttp.ClientSession", "aiohttp.TCPConnector", "aiohttp.UnixConnector", "aiohttp.request"),
    *("httpx.AsyncClient", "httpx.Client", "httpx.get", "httpx.post", "httpx.request", "httpx.stream"),
    *("http.client.HTTPConnection", "http.client.HTTPSConnection", "urllib.request.urlopen", "urllib.request.Request"),
    *("socket.create_connection", "asyncio.open_connection", "aiosmtplib.send", "aiosmtplib.SMTP"),
    *("requests.get", "requests.post", "requests.Session", "urllib3.PoolManager", "websockets.connect"),
)
KNOWN = {
    "kit/http.py": "the two sessions of a process; `public` has the policy as its transport",
    "kit/mail_smtp.py": "the operator's mail server",
    "cli/api.py": "the command line on a person's own machine, calling the server that they named",
    "cli/doctor.py": "the operator asks whether their own Redis answers",
    "embedded/valkey.py": "our own server, on loopback",
    "embedded/processes.py": "our own servers, on loopback",
}
INTERNAL = {
    "kit/http.py": "makes it",
    "llm/adapters/exchange.py": "for the local models, whose address is the operator's; asked of the target",
}


def _imported(tree: ast.Module) -> dict[str, str]:
    """What each name of a file stands for."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {
                (alias.asname or alias.name).partition(".")[0]: (alias.asname and alias.name)
                or alias.name.partition(".")[0]
                for alias in node.names
            }
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _mentions() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text())
        names, place = _imported(tree), path.relative_to(ROOT).as_posix()
        types = {id(inner) for note in _annotations(tree) for inner in ast.walk(note)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute | ast.Name) and id(node) not in types:
                first, _, rest = _dotted(node).partition(".")
                yield place, ".".join(part for part in (names.get(first, ""), rest) if part)


def _annotations(tree: ast.Module) -> Iterator[ast.expr]:
    """What only says of which type something is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
            yield node.returns
        elif isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
            yield node.annotation


def _users(words: tuple[str, ...]) -> set[str]:
    return {place for place, name in _mentions() if name in words}


def test_every_client_is_known() -> None:
    found = _users(CLIENTS)
    assert found == KNOWN.keys(), "call through HttpSessions, or say here why this client needs no egress policy"


def test_the_session_without_the_policy_is_used_for_our_own_services_alone() -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "internal" and _dotted(node.value).endswith("http")
    }
    assert users | {"kit/http.py"} == INTERNAL.keys()


def test_a_client_is_found_whatever_it_is_called() -> None:
    tree = ast.parse(
        "import aiohttp as a\nfrom httpx import AsyncClient as C\nimport http.client\na.ClientSession()\nC()"
    )
    assert _imported(tree) == {"a": "aiohttp", "C": "httpx.AsyncClient", "http": "http"}
