"""People who go on working while processes die: they ask again until they are told that they were heard."""

import http.client
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

from chatter.chat.schemas import Conversation, ConversationCreate, Turn, TurnRequest
from chatter.cli.api import Api, ApiFailed, Unreachable
from chatter.documents.schemas import Uploads

__all__ = ["Asker", "Follower", "Person", "Uploader", "insist"]

T = TypeVar("T")
_PATIENCE = 120.0
_FOLLOWED = 3
"""Every third answer is read while it is written."""


class Person(threading.Thread):
    """Does one thing over and over until told to stop; `failure` says why it gave up."""

    def __init__(self, api: Api) -> None:
        super().__init__(daemon=True)
        self.api = api
        self.failure: Exception | None = None
        self._enough = threading.Event()

    def run(self) -> None:
        try:
            while not self._enough.wait(0.2):
                self.act()
        except Exception as error:  # noqa: BLE001 - handed to the test, which raises it
            self.failure = error

    def act(self) -> None:
        raise NotImplementedError

    def done(self) -> None:
        """Stop after the act in hand; raises what made the person give up."""
        self._enough.set()
        self.join(2 * _PATIENCE)
        if self.failure is not None:
            raise self.failure


class Uploader(Person):
    """Uploads one document after the other; `accepted` holds the ids that the API confirmed."""

    def __init__(self, api: Api, folder: Path) -> None:
        super().__init__(api)
        self.accepted: set[UUID] = set()
        self._folder = folder
        self._number = 0

    def act(self) -> None:
        self._number += 1
        path = self._folder / f"report {self._number}.md"
        path.write_text(_report(self._number))
        upload = insist(lambda: self.api.upload("/documents", Uploads, file=path)).items[0]
        assert upload.document is not None, upload.problem
        self.accepted.add(upload.document.id)


class Follower(threading.Thread):
    """Reads one run as a browser does: when the stream ends early, on after the last event that came."""

    def __init__(self, api: Api, run_id: UUID) -> None:
        super().__init__(daemon=True)
        self.numbers: list[int] = []
        self.ended = False
        self._api, self._run_id = api, run_id

    def run(self) -> None:
        deadline = time.monotonic() + 2 * _PATIENCE
        while not self.ended and time.monotonic() < deadline:
            try:
                for event in self._api.events(f"/runs/{self._run_id}/events", after=len(self.numbers)):
                    self.numbers.append(event.id or 0)
                    self.ended = b"RUN_FINISHED" in event.data[:24] or b"RUN_ERROR" in event.data[:24]
            except (Unreachable, OSError, http.client.HTTPException, ApiFailed):
                pass
            time.sleep(0.3)


class Asker(Person):
    """Asks in one new conversation after the other; `turns` holds what the API confirmed, `followers` who reads along.

    The model saves a note for each question before it answers.
    """

    def __init__(self, api: Api, *, model_id: UUID) -> None:
        super().__init__(api)
        self.turns: list[Turn] = []
        self.followers: list[Follower] = []
        self._model_id = model_id

    def act(self) -> None:
        conversation = insist(lambda: self.api.post("/conversations", Conversation, body=ConversationCreate()))
        asked = "How many crates of apples did report 1 count?"
        question = TurnRequest(question=asked, model_id=self._model_id, tools=("save_note",))
        path, key = f"/conversations/{conversation.id}/turns", str(uuid4())
        self.turns.append(insist(lambda: self.api.post(path, Turn, body=question, key=key)))
        if len(self.turns) % _FOLLOWED == 0:
            self.followers.append(Follower(self.api, self.turns[-1].run_id))
            self.followers[-1].start()


def _report(number: int) -> str:
    parts = [
        f"## Part {part}\n\nIn report {number}, part {part}, the keeper counted {number * part + 7} crates of apples "
        f"and {number + part} barrels of cider in cellar {part}. " * 4
        for part in range(1, 7)
    ]
    return f"# Report {number}\n\n" + "\n\n".join(parts)


def insist(request: Callable[[], T]) -> T:
    """Repeat a request while the server is away or fails; a refusal (4xx) is an error."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return request()
        except (Unreachable, OSError, ApiFailed) as error:
            refused = isinstance(error, ApiFailed) and error.problem.status < 500
            if refused or time.monotonic() > deadline:
                raise
            time.sleep(0.3)
