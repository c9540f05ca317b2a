"""Rules that the dashboard's sources keep, because breaking one of them runs somebody else's script."""

import hashlib
import re
from pathlib import Path

import pytest

FRONTEND = Path(__file__).parents[2] / "frontend"
DASHBOARD = FRONTEND / "chatter_dashboard"
SOURCES = FRONTEND / "assets-src"

# Each of these ran a script, or let one through, when it was given hostile text.
BANNED = {
    r"\bui\.(html|markdown|editor|chat_message|aggrid)\b": "renders HTML; use layout.text or an own element",
    r"sanitize\s*=\s*False": "turns the sanitiser off",
    r"\bhtml\s*=\s*True": "lets a toast run markup",
    r"\.(props|classes|style)\(\s*f[\"']": "an f-string there is evaluated; set element.props[...] instead",
    r"run_javascript\(\s*f[\"']": "puts a value into a script",
    r"add_slot\(": "takes a template",
}


@pytest.mark.parametrize("pattern", BANNED)
def test_no_page_uses_a_construct_that_runs_text(pattern: str) -> None:
    allowed = {("components/layout.py", r"\.(props|classes|style)\(\s*f[\"']")}
    found = [
        f"{path.relative_to(DASHBOARD)}: {BANNED[pattern]}"
        for path in DASHBOARD.rglob("*.py")
        if re.search(pattern, path.read_text()) and (str(path.relative_to(DASHBOARD)), pattern) not in allowed
    ]
    assert not found


def test_model_output_reaches_the_page_only_through_the_sanitiser() -> None:
    assignments = [
        (path.name, line.strip())
        for path in (SOURCES / "src").rglob("*.js")
        for line in path.read_text().splitlines()
        if "innerHTML" in line or "v-html" in line or "insertAdjacentHTML" in line
    ]
    assert assignments
    assert [(name, line) for name, line in assignments if not re.search(r"= (renderMarkdown|sanitize)\(", line)] == []


def test_the_committed_assets_were_built_from_the_committed_sources() -> None:
    digest = hashlib.sha256()
    names = ["build.mjs", "icons.mjs", "package-lock.json"]
    files = [path for part in ("src", "css") for path in (SOURCES / part).rglob("*") if path.is_file()]
    for path in sorted([*files, *(SOURCES / name for name in names)], key=str):
        digest.update(path.relative_to(SOURCES).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    recorded = (DASHBOARD / "assets" / "sources.sha256").read_text().strip()
    assert recorded == digest.hexdigest(), "Run `make assets` and commit what it changes."


def test_stylesheets_and_scripts_name_no_other_host() -> None:
    for path in [*(DASHBOARD / "assets" / "css").glob("*.css"), *(SOURCES / "src").rglob("*.js")]:
        addresses = set(re.findall(r"https?://[\w.-]+", path.read_text())) - {"http://www.w3.org"}
        assert not addresses, f"{path.name} names {addresses}"
