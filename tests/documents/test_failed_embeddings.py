"""A call that turns texts into vectors is kept as used, also when it fails."""

from typing import Any

import pytest

from chatter.kit.job_runner import JobRunner
from tests.documents.conftest import Librarian, work_off
from tests.documents.embeddings import EmbeddingServer


async def embedding_calls(librarian: Librarian) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = (await librarian.person.get("/usage/calls?limit=100")).json()["items"]
    return calls


@pytest.mark.parametrize("failing", [True, False])
async def test_a_search_leaves_one_row_for_its_call(
    librarian: Librarian, embeddings: EmbeddingServer, failing: bool
) -> None:
    embeddings.failing = failing
    answer = await librarian.person.post("/search", json={"query": "holidays"})
    assert (answer.status_code >= 500) is failing, answer.text
    [call] = await embedding_calls(librarian)
    assert embeddings.requests == 1
    assert (call["purpose"], call["outcome"]) == ("query", "refused" if failing else "complete")
    assert (call["embeddings"], bool(call["input_tokens"])) == (int(not failing), not failing)


async def test_a_document_leaves_a_row_for_each_call_whatever_came_of_it(
    librarian: Librarian, worker: JobRunner, embeddings: EmbeddingServer
) -> None:
    await work_off(worker)
    embeddings.failing, before = True, embeddings.requests
    document_id = await librarian.add("note.md", b"Short note.")
    await work_off(worker)
    assert (await librarian.document(document_id))["state"] == "processing"
    [call] = await embedding_calls(librarian)
    assert (call["purpose"], call["outcome"], call["subject_id"]) == ("passages", "refused", document_id)
    assert embeddings.requests == before + 1
