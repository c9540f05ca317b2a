"""What other domains get: a model that is ready to answer, and vectors."""

import json
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from langchain_core.messages import HumanMessage, SystemMessage

from chatter.api import build_api
from chatter.kit.db.database import Database
from chatter.kit.http import HttpSessions
from chatter.kit.identifiers import new_id
from chatter.kit.settings import Settings
from chatter.llm.errors import LocalModelsAway, ModelNotFound, ProviderKeyRefused, UpstreamCutShort
from chatter.llm.facade import make_embedder, resolve_chat_model
from chatter.llm.ports import ChatMessage
from chatter.usage.facade import Ledger
from tests.llm.apps import calling
from tests.people import Person, sign_up
from tests.upstream.server import Upstream, serve_upstream

KEY = "sk-kept-sealed-1234"


@pytest.fixture
def allowing(settings: Settings, upstream: Upstream) -> Settings:
    """The operator allows the fake provider; it also plays the local models."""
    return settings.model_copy(
        update={"egress_allow": [f"127.0.0.1:{upstream.port}"], "local_models_url": upstream.url}
    )


@pytest_asyncio.fixture
async def caller(allowing: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(build_api(allowing)) as client:
        yield client


@pytest_asyncio.fixture
async def person(caller: httpx.AsyncClient) -> Person:
    return await sign_up(caller)


def ids(person: Person) -> dict[str, UUID]:
    return {"tenant_id": person.organization_id, "user_id": person.user_id}


async def default_of(person: Person, upstream: Upstream, model: str, *, key: str | None = KEY) -> str:
    body = {"kind": "custom", "name": "Fake", "base_url": upstream.url, "key": key, "models": [model]}
    made = await person.post("/providers", json=body)
    model_id: str = made.json()["models"][0]["id"]
    await person.put("/models/default", json={"model_id": model_id})
    return model_id


async def test_the_default_answers_with_the_organisations_own_key(
    person: Person, upstream: Upstream, allowing: Settings, database: Database, sessions: HttpSessions
) -> None:
    model_id = await default_of(person, upstream, "echo")
    handle = await resolve_chat_model(
        database, sessions, allowing, tenant_id=person.organization_id, user_id=person.user_id
    )
    assert (str(handle.model_id), handle.name, handle.small) == (model_id, "echo", False)
    ledger = Ledger(purpose="answer", origin=new_id())
    deltas = [delta async for delta in handle.stream([ChatMessage("user", "bonjour")], ledger=ledger, max_tokens=50)]
    assert deltas[0].text == "bonjour"
    assert upstream.keys[-1] == f"Bearer {KEY}"


async def test_without_a_choice_the_built_in_model_answers(
    person: Person, allowing: Settings, database: Database, sessions: HttpSessions
) -> None:
    handle = await resolve_chat_model(
        database, sessions, allowing, tenant_id=person.organization_id, user_id=person.user_id
    )
    assert handle.small
    assert handle.context_tokens < 1000


async def test_another_organisations_model_is_not_found(
    person: Person,
    caller: httpx.AsyncClient,
    upstream: Upstream,
    allowing: Settings,
    database: Database,
    sessions: HttpSessions,
) -> None:
    await default_of(person, upstream, "echo")
    stranger = await sign_up(caller, organization="Other")
    theirs = (await person.get("/models")).json()["default_model_id"]
    for model_id in (theirs, uuid4()):
        with pytest.raises(ModelNotFound):
            await resolve_chat_model(
                database,
                sessions,
                allowing,
                tenant_id=stranger.organization_id,
                user_id=stranger.user_id,
                model_id=model_id,
            )


async def test_langchain_gets_the_same_answer_with_its_counts(
    person: Person, upstream: Upstream, allowing: Settings, database: Database, sessions: HttpSessions
) -> None:
    await default_of(person, upstream, "echo")
    handle = await resolve_chat_model(
        database, sessions, allowing, tenant_id=person.organization_id, user_id=person.user_id
    )
    answer = await handle.as_langchain(max_tokens=50).ainvoke([SystemMessage("Be brief."), HumanMessage("one two")])
    assert answer.text == "one two"
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] == 2
    assert answer.response_metadata["finish_reason"] == "stop"
    sent = json.loads(upstream.bodies[-1])["messages"]
    assert [message["role"] for message in sent] == ["system", "user"]


async def test_langchain_hears_of_a_cut_as_an_error(
    person: Person, upstream: Upstream, allowing: Settings, database: Database, sessions: HttpSessions
) -> None:
    await default_of(person, upstream, "no-finish")
    handle = await resolve_chat_model(
        database, sessions, allowing, tenant_id=person.organization_id, user_id=person.user_id
    )
    with pytest.raises(UpstreamCutShort):
        await handle.as_langchain(max_tokens=50).ainvoke("hello")


async def test_many_passages_are_embedded_in_parts_and_in_order(
    upstream: Upstream, allowing: Settings, sessions: HttpSessions
) -> None:
    embedder = make_embedder(sessions, allowing)
    texts = [f"passage number {n}" for n in range(100)]
    vectors = await embedder.embed(texts, purpose="passage", calls=[])
    assert vectors.shape == (100, embedder.dimension)
    assert upstream.requests["POST /v1/embeddings"] == 4
    assert (vectors[77:78] == (await embedder.embed(texts[77:78], purpose="query", calls=[]))).all()


async def test_absent_local_models_are_our_own_fault(settings: Settings, sessions: HttpSessions) -> None:
    away = settings.model_copy(update={"local_models_url": "http://127.0.0.1:1/v1"})
    with pytest.raises(LocalModelsAway):
        await make_embedder(sessions, away).embed(["text"], purpose="query", calls=[])


async def test_a_key_of_the_environment_is_offered_referenced_and_taken_back(
    allowing: Settings, database: Database, sessions: HttpSessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "sk-the-operators-own-key"
    monkeypatch.setenv("MISTRAL_API_KEY", secret)
    offering = allowing.model_copy(update={"offer_environment_providers": True})
    async with calling(build_api(offering)) as client:
        person = await sign_up(client)
        offers = (await person.get("/providers/offers")).json()["items"]
        assert "mistral" in [offer["id"] for offer in offers]
        accepted = await person.post("/providers/offers/mistral/accept")
        assert accepted.status_code == 201, accepted.text
        assert (accepted.json()["key_source"], accepted.json()["key_hint"]) == ("environment", None)
        assert secret not in accepted.text
        assert "mistral" not in [offer["id"] for offer in (await person.get("/providers/offers")).json()["items"]]
        stolen = await person.patch(f"/providers/{accepted.json()['id']}", json={"base_url": "https://example.org/v1"})
        assert stolen.status_code == 422
        path = f"/providers/{accepted.json()['id']}/models"
        model = (await person.post(path, json={"name": "mistral-small-latest"})).json()
    chosen = {**ids(person), "model_id": UUID(model["id"])}
    handle = await resolve_chat_model(database, sessions, offering, **chosen)
    assert handle.target.key == secret
    with pytest.raises(ProviderKeyRefused):
        await resolve_chat_model(database, sessions, allowing, **chosen)


async def test_nothing_is_offered_unless_the_operator_says_so(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-you")
    assert (await person.get("/providers/offers")).json() == {"items": []}
    assert (await person.post("/providers/offers/openai/accept")).status_code == 404


async def test_ollama_on_its_usual_port_is_found_accepted_and_answers(allowing: Settings) -> None:
    offering = allowing.model_copy(update={"offer_environment_providers": True, "egress_allow": []})
    try:
        async with serve_upstream(port=11434) as ollama, calling(build_api(offering)) as client:
            person = await sign_up(client)
            offers = (await person.get("/providers/offers")).json()["items"]
            assert [offer["source"] for offer in offers if offer["id"] == "ollama"] == [
                "Ollama runs on this server and has 4 models"
            ]
            made = (await person.post("/providers/offers/ollama/accept")).json()
            result = (await person.post(f"/providers/{made['id']}/test", json={})).json()
            assert result["passed"], result
            assert ollama.requests["POST /v1/chat/completions"] == 1
    except OSError:
        pytest.skip("an Ollama of this machine's own has the port")
