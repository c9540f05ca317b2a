"""Processes are killed with kill -9, at seeded moments, while people upload and ask; then everything must be right.

CHAOS_SEED chooses the order and the moments, CHAOS_STRIKES how many processes die (`make chaos` asks for many).
"""

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from chatter.chat.schemas import Message, MessageState, Turn
from chatter.cli.api import Api
from chatter.documents.permissions import DocumentAction
from chatter.documents.schemas import Document
from chatter.kit.schema import Page
from chatter.runs.schemas import Run, RunState
from tests.chaos.people import Asker, Uploader, insist
from tests.chaos.stand import add_model, installation, ready, signed_in, upstream
from tests.cli.running import Running, existing, until

SEED = int(os.environ.get("CHAOS_SEED", "20"))
STRIKES = int(os.environ.get("CHAOS_STRIKES", "3"))
VICTIMS = ("web", "worker", "local models", "Postgres", "Valkey")
TOKENS = 60
MODEL = f"noter-{TOKENS}@20"
EXPECTED = "".join(f"w{n} " for n in range(TOKENS)).strip()

pytestmark = pytest.mark.timeout(300 + 30 * STRIKES)


async def test_nothing_that_was_accepted_is_lost_when_processes_are_killed(tmp_path: Path) -> None:
    with upstream() as provider_url, installation(tmp_path, provider_url) as running:
        api = signed_in(running)
        model_id = add_model(api, provider_url, model=MODEL, kind="vllm")
        uploader, asker = Uploader(api, tmp_path), Asker(api, model_id=model_id)
        uploader.start()
        asker.start()
        killed = _strike(running)
        uploader.done()
        asker.done()
        until(lambda: ready(api), seconds=90)

        states = _documents_at_rest(api)
        assert uploader.accepted
        assert {states[one] for one in uploader.accepted} == {"ready"}
        runs = [_run_at_rest(api, turn) for turn in asker.turns]
        answers = [_answer(api, turn) for turn in asker.turns]
        for run, answer in zip(runs, answers, strict=True):
            _check_answer(run, answer)
        for turn in asker.turns:
            _check_events(api, turn)
        for follower in asker.followers:
            follower.join(60)
            assert follower.ended
            assert follower.numbers == list(range(1, len(follower.numbers) + 1))
        await _check_rows(running, documents=uploader.accepted)
        await _check_notes(running, runs=runs)
        whole = sum(answer.state is MessageState.COMPLETE for answer in answers)
        sys.stdout.write(
            f"\nchaos: seed {SEED}, killed {killed}; {len(uploader.accepted)} documents, all ready; "
            f"{len(answers)} answers with a note each, {whole} whole, {len(answers) - whole} cut short and said so; "
            f"{len(asker.followers)} followed without a gap; nothing lost, nothing twice\n"
        )


def _strike(running: Running) -> dict[str, int]:
    """Kill one process after the other, each with -9; every one of them at least once when there are enough strikes."""
    dice = random.Random(SEED)  # noqa: S311 - repeatable, not secret
    order = [name for _ in range(-(-STRIKES // len(VICTIMS))) for name in dice.sample(VICTIMS, len(VICTIMS))]
    killed = dict.fromkeys(VICTIMS, 0)
    for name in order[:STRIKES]:
        time.sleep(dice.uniform(0.5, 4.0))  # the moment of the strike, not a wait for something
        until(lambda name=name: running.process(name) is not None, seconds=90)  # type: ignore[misc]  # mypy: lambda default
        existing(running.process(name)).signal(signal.SIGKILL)
        killed[name] += 1
    return killed


def _check_answer(run: Run, answer: Message) -> None:
    """An answer is whole, or it is the true beginning and says why it ended."""
    assert answer.state is not MessageState.STREAMING
    if answer.state is MessageState.COMPLETE:
        assert run.state is RunState.FINISHED
        assert answer.outcome != "answered" or answer.text.strip() == EXPECTED
    else:
        assert run.state is RunState.FAILED
        assert answer.error is not None
        assert EXPECTED.startswith(answer.text.strip())


def _check_events(api: Api, turn: Turn) -> None:
    """A reader who comes afterwards gets every event, numbered from one without a gap, and an end."""
    events = list(api.events(f"/runs/{turn.run_id}/events"))
    numbers = [event.id for event in events if event.id is not None]
    assert numbers[:1] == [1]
    assert all(after == before + 1 for before, after in pairwise(numbers))
    assert any(word in events[-1].data for word in (b"RUN_FINISHED", b"RUN_ERROR"))


async def _check_rows(running: Running, *, documents: set[UUID]) -> None:
    """Each passage once, each with one vector, and one audit row for each upload."""
    url = running.postgres.superuser_url.rpartition("/")[0] + "/chatter"
    admin = await asyncpg.connect(url)
    try:
        chunks = await admin.fetch(
            "select d.id, d.chunk_count, count(c.id) chunks, count(distinct c.ordinal) ordinals, "
            "count(e.chunk_id) vectors "
            "from document d join chunk c on c.tenant_id = d.tenant_id and c.document_id = d.id "
            "left join embedding_384 e on e.tenant_id = c.tenant_id and e.chunk_id = c.id "
            "where d.id = any($1) group by d.tenant_id, d.id",
            documents,
        )
        uploads = await admin.fetchval(
            "select count(*) from audit_event where action = $2 and target = any($1)",
            documents,
            DocumentAction.UPLOADED,
        )
    finally:
        await admin.close()
    assert len(chunks) == len(documents)
    assert all(row["chunk_count"] == row["chunks"] == row["ordinals"] == row["vectors"] for row in chunks), chunks
    assert uploads == len(documents)


async def _check_notes(running: Running, *, runs: list[Run]) -> None:
    """Each answer has the one note that its model saved; one that was cut short has at most one."""
    admin = await asyncpg.connect(running.postgres.superuser_url.rpartition("/")[0] + "/chatter")
    try:
        rows = await admin.fetch("select run_id, count(*) notes from note group by run_id")
        calls = await admin.fetch("select run_id from tool_call where state = 'done'")
    finally:
        await admin.close()
    notes = {row["run_id"]: row["notes"] for row in rows}
    assert all(count == 1 for count in notes.values()), notes
    finished = {run.id for run in runs if run.state is RunState.FINISHED}
    assert finished <= notes.keys()
    assert {row["run_id"] for row in calls} <= notes.keys()


def _documents_at_rest(api: Api) -> dict[UUID, str]:
    states: dict[UUID, str] = {}

    def at_rest() -> bool:
        states.clear()
        states.update(_documents(api))
        return not {"queued", "processing"} & set(states.values())

    until(at_rest, seconds=120)
    return states


def _documents(api: Api) -> Iterator[tuple[UUID, str]]:
    cursor: str | None = None
    while True:
        page = insist(lambda: api.get("/documents", Page[Document], limit=100, cursor=cursor))
        yield from ((document.id, document.state) for document in page.items)
        if (cursor := page.next_cursor) is None:
            return


def _run_at_rest(api: Api, turn: Turn) -> Run:
    over = (RunState.FINISHED, RunState.FAILED, RunState.CANCELLED)
    until(lambda: insist(lambda: api.get(f"/runs/{turn.run_id}", Run)).state in over, seconds=90)
    return insist(lambda: api.get(f"/runs/{turn.run_id}", Run))


def _answer(api: Api, turn: Turn) -> Message:
    messages = api.get(f"/conversations/{turn.conversation_id}/messages", Page[Message]).items
    return next(message for message in messages if message.id == turn.answer_id)
