"""How the code is laid out: by meaning, in small files and functions, with imports at the top."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "backend").rglob("*.py"), *(ROOT / "frontend/chatter_dashboard").rglob("*.py")])
ALLOWANCES = tomllib.loads((Path(__file__).parent / "allowances.toml").read_text())
LONGEST_FILE, LONGEST_FUNCTION = 500, 60
NAMED_BY_KIND = {"utils", "util", "helpers", "helper", "common", "core", "manager", "misc", "base_classes"}
# A domain's files; what it adds to them is named by its own words.
DOMAINS = ("audit", "rbac", "tenancy", "identity", "oauth", "scim", "llm", "documents", "runs", "chat", "analytics")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {name(path): ast.parse(path.read_text()) for path in SOURCES}


def test_files_are_short() -> None:
    long = {name(path) for path in SOURCES if len(path.read_text().splitlines()) > LONGEST_FILE}
    assert long == ALLOWANCES["long_files"].keys()


def test_functions_are_short(trees: dict[str, ast.Module]) -> None:
    long = {
        f"{path}:{node.name}"
        for path, tree in trees.items()
        for node in functions(tree)
        if (node.end_lineno or node.lineno) - node.lineno >= LONGEST_FUNCTION
    }
    assert long == ALLOWANCES["long_functions"].keys()


def test_imports_stand_at_the_top(trees: dict[str, ast.Module]) -> None:
    lazy = {
        f"{path}:{node.name}"
        for path, tree in trees.items()
        for node in functions(tree)
        if any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node))
    }
    assert lazy == ALLOWANCES["lazy_imports"].keys()


def test_nothing_is_named_by_its_kind() -> None:
    assert [name(path) for path in SOURCES if path.stem in NAMED_BY_KIND or path.parent.name in NAMED_BY_KIND] == []


def test_every_module_says_what_it_is_for(trees: dict[str, ast.Module]) -> None:
    silent = [path for path, tree in trees.items() if not ast.get_docstring(tree)]
    assert silent == []


def test_packages_hold_no_code(trees: dict[str, ast.Module]) -> None:
    full = [path for path, tree in trees.items() if path.endswith("/__init__.py") and len(tree.body) > 1]
    assert full == []


def test_the_environment_is_read_by_the_settings_alone(trees: dict[str, ast.Module]) -> None:
    """The launchers hand an environment on to their children; nothing else looks at it."""
    allowed = ("backend/chatter/cli/", "backend/chatter/embedded/")
    readers = {
        path
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} and not path.startswith(allowed)
    }
    assert readers == {"backend/chatter/kit/settings.py"}


def test_every_domain_is_described() -> None:
    described = (ROOT / "docs/domains/README.md").read_text()
    assert [domain for domain in DOMAINS if f"`{domain}`" not in described] == []
