"""Every wire of ours against a provider that nobody here wrote, by the suite that plugins run."""

import msgspec
import pytest

from chatter.kit.http import HttpSessions
from chatter.llm.adapters.wires import Wires
from chatter.llm.conformance import *  # noqa: F403  # that is how the suite is run
from chatter.llm.conformance import ALL_OFFERS, Conformance, Offer, Script
from chatter.llm.ports import ChatTarget
from tests.aimock.counterpart import Aimock

AWS_KEY = "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TARGETS = {
    "openai": ("/v1", "sk-any"),
    "azure": ("", "azure-key"),
    "anthropic": ("/v1", "sk-ant-any"),
    "google": ("/v1beta", "google-key"),
    "bedrock": ("", AWS_KEY),
}
# What the counterpart can't be told: to end without a reason; arguments that are no JSON, which Gemini's wire can't
# carry and which it mends on two others.
MISSING: dict[str, frozenset[Offer]] = dict.fromkeys(
    ("anthropic", "google", "bedrock"), frozenset({"malformed_arguments"})
)


@pytest.fixture(params=TARGETS)
def conformance(request: pytest.FixtureRequest, sessions: HttpSessions, aimock: Aimock) -> Conformance:
    """A wire at the counterpart."""
    path, key = TARGETS[request.param]
    target = ChatTarget(base_url=f"{aimock.url}{path}", model="", key=key, provider="Counterpart", wire=request.param)

    async def expect(model: str, script: Script) -> None:
        await aimock.answers(model, _response(script))

    missing = MISSING.get(request.param, frozenset()) | {"truncation"}
    return Conformance(Wires(sessions), target, expect, ALL_OFFERS - missing)


def _response(script: Script) -> dict[str, object]:
    if script.status != 200:
        error = {"error": {"message": f"answers {script.status}"}, "status": script.status}
        return error | ({"retryAfter": script.retry_after} if script.retry_after else {})
    response: dict[str, object] = {"finishReason": script.finish}
    if script.usage is not None:
        usage = {"prompt_tokens": script.usage.input_tokens, "completion_tokens": script.usage.output_tokens}
        response["usage"] = usage
    if script.reasoning:
        response["reasoning"] = script.reasoning
    if script.tool_calls:
        return response | {"toolCalls": [msgspec.to_builtins(call) for call in script.tool_calls]}
    return response | {"content": script.text}
