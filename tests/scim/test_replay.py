"""What real directories send, written down from their makers' documentation, answered as they expect.

A recording is a list of steps: what is sent, and what must come back. `<domain>`, and the ids that steps keep by name,
are filled in; an expected body need only be held by the answer, and null stands for what must be absent.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scim.directory import Directory

RECORDINGS = {path.stem: path.read_text() for path in sorted((Path(__file__).parent / "recordings").glob("*.json"))}


@pytest.mark.parametrize("name", RECORDINGS)
async def test_a_recorded_directory_gets_the_answers_that_it_expects(directory: Directory, name: str) -> None:
    recording = json.loads(RECORDINGS[name])
    known = {"domain": directory.domain}
    for step in recording["steps"]:
        headers = {"Content-Type": recording["content_type"], "Accept": recording["accept"]}
        body = json.dumps(_filled(step["body"], known)) if "body" in step else None
        answer = await directory.call(step["method"], _filled(step["path"], known), content=body, headers=headers)
        told = answer.json() if answer.content else None
        assert answer.status_code == step["status"], (step["name"], answer.text)
        _holds(told, _filled(step.get("expect", {}), known), step["name"])
        if "keep" in step and told is not None:
            known[step["keep"]] = told["id"]
    members = {one["email"]: one for one in (await directory.owner.get("/members")).json()["items"]}
    for address, there in recording["members"].items():
        member = members.get(_filled(address, known))
        assert (member is not None and member["suspended_at"] is None) is there, address


def _filled(value: Any, known: dict[str, str]) -> Any:
    """With what is known in the place of `<name>`."""
    if isinstance(value, dict):
        return {key: _filled(inner, known) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, known) for inner in value]
    if isinstance(value, str):
        for name, text in known.items():
            value = value.replace(f"<{name}>", text)
    return value


def _holds(told: Any, expected: Any, name: str) -> None:
    """The answer holds what is expected; of a list, as many entries."""
    if isinstance(expected, dict):
        for key, inner in expected.items():
            if inner is None:
                assert key not in told, (name, key, told)
            else:
                assert key in told, (name, key, told)
                _holds(told[key], inner, name)
    elif isinstance(expected, list):
        assert len(told) == len(expected), (name, told)
        for one, other in zip(told, expected, strict=True):
            _holds(one, other, name)
    else:
        assert told == expected, (name, told, expected)
