"""A conversation with one question and one answer, written past the model."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from chatter.kit.identifiers import new_id
from tests.people import Person
from tests.rbac.library import Shelved

__all__ = ["Talk", "add_conversation"]


@dataclass(frozen=True)
class Talk:
    """A conversation."""

    conversation_id: UUID

    async def share(self, owner: Person, *, with_: Person, level: str = "view") -> str:
        """Share it with somebody; returns the grant's id."""
        body = {
            "resource_kind": "conversation",
            "resource_id": str(self.conversation_id),
            "subject_kind": "user",
            "subject_id": str(with_.user_id),
            "level": level,
        }
        answer = await owner.post("/grants", json=body)
        assert answer.status_code == 201, answer.text
        grant_id: str = answer.json()["id"]
        return grant_id


async def add_conversation(admin: asyncpg.Connection, owner: Person, *, cites: Shelved) -> Talk:
    """Somebody asked, and the answer cites the document's first passage."""
    made = await owner.post("/conversations", json={"title": "About quokkas"})
    conversation_id, question_id, answer_id = UUID(made.json()["id"]), new_id(), new_id()
    tenant = owner.organization_id
    message = (
        "insert into message (tenant_id, id, conversation_id, parent_id, role, state, request_id) "
        "values ($1, $2, $3, $4, $5, 'complete', 'r')"
    )
    await admin.execute(message, tenant, question_id, conversation_id, None, "user")
    await admin.execute(message, tenant, answer_id, conversation_id, question_id, "assistant")
    for message_id, text in ((question_id, "What is the quokka?"), (answer_id, "Shy.")):
        await admin.execute(
            "insert into message_part (tenant_id, message_id, position, kind, text) values ($1, $2, 1, 'text', $3)",
            *(tenant, message_id, text),
        )
    await admin.execute(
        "insert into message_passage (tenant_id, message_id, n, chunk_id, document_id, document_name, page, score) "
        "values ($1, $2, 1, $3, $4, 'the quokka.txt', 1, 0.5)",
        *(tenant, answer_id, cites.chunk_ids[0], cites.document_id),
    )
    await admin.execute(
        "insert into citation (tenant_id, message_id, position, n, chunk_id, document_id, document_name, page, "
        "start_offset, end_offset, quote) values ($1, $2, 1, 1, $3, $4, 'the quokka.txt', 1, 0, 4, 'it is shy')",
        *(tenant, answer_id, cites.chunk_ids[0], cites.document_id),
    )
    await admin.execute(
        "update conversation set active_leaf_id = $3 where tenant_id = $1 and id = $2",
        tenant,
        conversation_id,
        answer_id,
    )
    return Talk(conversation_id)
