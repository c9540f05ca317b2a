"""`chatter up`, stopped with Ctrl-C in the middle of an answer and started again, goes on with it."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chatter.chat.schemas import Conversation, ConversationCreate, Turn, TurnRequest
from chatter.cli.api import Api, StreamedEvent
from chatter.documents.schemas import Document
from chatter.runs.schemas import Run, RunState
from tests.chaos.people import Uploader
from tests.chaos.stand import add_model, installation, ready, signed_in, upstream
from tests.cli.running import until

TOKENS = 120
MODEL = f"tokens-{TOKENS}@20"
SOME = 20


@pytest.mark.timeout(300)
def test_an_answer_goes_on_after_a_restart(tmp_path: Path) -> None:
    with upstream() as provider_url, installation(tmp_path, provider_url) as running:
        api = signed_in(running)
        turn = _asked(api, tmp_path, model_id=add_model(api, provider_url, model=MODEL, kind="vllm"))
        seen = _first_events(api, turn)
        assert running.stop() == 0
        running.up("--port", api.url.rpartition(":")[2])
        until(lambda: ready(api), seconds=60)
        rest = list(api.events(f"/runs/{turn.run_id}/events", after=len(seen)))
        numbers = [event.id for event in [*seen, *rest]]
        assert numbers == list(range(1, len(numbers) + 1))
        assert b"RUN_FINISHED" in rest[-1].data
        assert not any(b'"name":"void"' in event.data for event in rest), "nothing that was shown is lost"
        assert b" w%d" % (TOKENS - 1) in b"".join(event.data for event in rest)
        assert api.get(f"/runs/{turn.run_id}", Run).state is RunState.FINISHED


def _asked(api: Api, folder: Path, *, model_id: UUID) -> Turn:
    uploader = Uploader(api, folder)
    uploader.act()
    [document] = uploader.accepted
    until(lambda: api.get(f"/documents/{document}", Document).state == "ready", seconds=90)
    conversation = api.post("/conversations", Conversation, body=ConversationCreate())
    question = TurnRequest(question="How many crates of apples did report 1 count in cellar 1?", model_id=model_id)
    return api.post(f"/conversations/{conversation.id}/turns", Turn, body=question, key=str(uuid4()))


def _first_events(api: Api, turn: Turn) -> list[StreamedEvent]:
    """Read until the answer is well under way, then go away."""
    seen: list[StreamedEvent] = []
    for event in api.events(f"/runs/{turn.run_id}/events"):
        seen.append(event)
        if sum(b"TEXT_MESSAGE_CONTENT" in each.data for each in seen) == SOME:
            break
    return seen
