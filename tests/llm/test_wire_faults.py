"""Whatever a provider or the network does, on every wire: a typed error, no storm of calls, one row for each call."""

from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from chatter.kit.errors import ChatterError
from chatter.kit.http import HttpSessions
from chatter.llm.adapters.wires import Wires
from chatter.llm.metering import metered
from chatter.llm.ports import ChatCall, ChatDelta, ChatMessage, ChatTarget
from chatter.llm.resilience import Attempt, Resilience
from chatter.usage.facade import FREE, Billed, Ledger
from tests.aimock.counterpart import Aimock
from tests.llm.scissors import Scissors
from tests.llm.test_wires import TARGETS
from tests.llm.wire_faults import DOCUMENT, FAULTS, WIRES, WireFault, table

SAID = "Once upon a time there was a wire."
CASES = [
    pytest.param(wire, fault, id=f"{wire}: {fault.name}") for fault in FAULTS for wire in WIRES if wire in fault.wires
]


@pytest.mark.parametrize(("wire", "fault"), CASES)
async def test_a_fault_is_told_paid_for_and_not_repeated_in_vain(
    sessions: HttpSessions, aimock: Aimock, wire: str, fault: WireFault
) -> None:
    model, ledger = f"fault-{uuid4().hex}", Ledger(purpose="answer", origin=uuid4())
    await aimock.answers(model, _response(fault), chunkSize=5)
    port = urlsplit(aimock.url).port
    assert port is not None
    async with Scissors(port, fault.cut, SAID[:5].strip().encode()).open() as way:
        call = _call(f"http://127.0.0.1:{way.port}", model, wire=wire, fault=fault)
        text, error = await _asked(Wires(sessions), call, ledger)
    assert (error.code if error else None) == fault.code
    assert error is None or error.remedy
    assert way.calls == fault.calls
    assert [(use.outcome, use.source) for use in ledger.uses] == [(fault.outcome, fault.source)] * fault.calls
    if fault.source == "reported":
        assert [(use.input_tokens, use.output_tokens) for use in ledger.uses] == [(9, 8)], "exact"
    elif fault.outcome == "complete":
        assert [(use.input_tokens, use.output_tokens) for use in ledger.uses] == [(8, 9)], "about"
    if fault.outcome == "complete":
        assert text == SAID
    elif fault.cut in {"abort", "end", "stall", "garble"}:
        assert text
        assert SAID.startswith(text)
    assert [bool(use.output_tokens) for use in ledger.uses] == [bool(text)] * fault.calls


def test_the_documentation_shows_what_is_tested() -> None:
    assert table() in DOCUMENT.read_text()


def _response(fault: WireFault) -> dict[str, object]:
    if fault.status != 200:
        error: dict[str, object] = {"error": {"message": f"answers {fault.status}"}, "status": fault.status}
        return error | ({"retryAfter": fault.retry_after} if fault.retry_after else {})
    return {"content": SAID, "usage": {"prompt_tokens": 9, "completion_tokens": 8}}


def _call(address: str, model: str, *, wire: str, fault: WireFault) -> ChatCall:
    path, key = TARGETS[wire]
    target = ChatTarget(base_url=f"{address}{path}", model=model, key=key, provider="Counterpart", wire=wire)  # type: ignore[arg-type]  # one of WIRES
    said = [ChatMessage("user", "Tell me a story.")]
    return ChatCall(target=target, messages=said, max_tokens=100, idle_seconds=fault.idle_seconds)


async def _asked(wires: Wires, call: ChatCall, ledger: Ledger) -> tuple[str, ChatterError | None]:
    """What came, and what it ended with."""
    billed = Billed(model_id=None, model=call.target.model, label="Model", provider="Counterpart", price=FREE)
    attempt = Attempt(
        tenant_id=uuid4(),
        provider_id=uuid4(),
        provider="Counterpart",
        address=call.target.base_url,
        begin=lambda: metered(wires.stream_chat(call), call=call, billed=billed, ledger=ledger),
    )
    came: list[ChatDelta] = []
    try:
        async for delta in Resilience().stream([attempt]):
            came.append(delta)  # noqa: PERF401 # what came before it broke counts
    except ChatterError as error:
        return "".join(delta.text for delta in came), error
    return "".join(delta.text for delta in came), None
