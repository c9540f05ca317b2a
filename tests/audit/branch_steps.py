"""What a branch is made of, for the test that drives every mutation: a run of the person's that has ended."""

from tests.audit.factor_steps import Step
from tests.people import Person

__all__ = ["answered"]


async def answered(person: Person) -> Step:
    """Somebody asked in an organisation that has nothing to find, and reads the answer to its end."""
    conversation = (await person.post("/conversations", json={})).json()
    asked = {"question": "How many days of holiday do I have?", "model_id": None}
    turn = (await person.post(f"/conversations/{conversation['id']}/turns", json=asked)).json()
    await person.get(f"/runs/{turn['run_id']}/events")
    found = (await person.get(f"/runs/{turn['run_id']}/checkpoints")).json()
    body = {"checkpoint_id": found["items"][0]["id"], "question": "How many days?", "model_id": None}
    return Step(body={**body, "instructions": "", "tool_results": []}, ids={"run_id": turn["run_id"]})
