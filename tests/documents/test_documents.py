"""Upload, read, find, delete: over the API, with a worker."""

import pytest

from chatter.kit.job_runner import JobRunner
from tests.corpus.hostile import encrypted_office_file, honest_zip_bomb
from tests.corpus.office import docx_file
from tests.corpus.pdf import encrypted, pdf_file, scanned_pdf
from tests.documents.conftest import MAX_UPLOAD, Librarian, work_off
from tests.documents.embeddings import EmbeddingServer
from tests.people import sign_up

HANDBOOK = (
    b"# Staff handbook\n\n## Leave\n\nEvery employee has 27 days of annual leave.\n\n"
    b"## Equipment\n\nLaptops are replaced every four years.\n"
)


async def test_a_document_becomes_ready_and_its_passage_points_into_its_page(
    librarian: Librarian, worker: JobRunner
) -> None:
    document_id = await librarian.add("Staff handbook.md", HANDBOOK)
    queued = await librarian.document(document_id)
    assert (queued["state"], queued["stage"]) == ("queued", "stored")
    await work_off(worker)
    ready = await librarian.document(document_id)
    assert (ready["state"], ready["stage"], ready["error"]) == ("ready", "ready", None)
    assert ready["done"] == ready["total"] == ready["chunk_count"] > 0
    hit = (await librarian.search("How many days of annual leave?"))[0]
    assert "27 days" in hit["text"]
    assert hit["document_name"] == "Staff handbook.md"
    passage = (await librarian.person.get(f"/documents/{document_id}/chunks/{hit['chunk_id']}")).json()
    assert passage["page_text"][passage["start"] : passage["end"]] == passage["text"] == hit["text"]


async def test_each_page_of_a_pdf_can_be_read_and_found(librarian: Librarian, worker: JobRunner) -> None:
    document_id = await librarian.add("report.pdf", pdf_file([["Revenue grew."], ["Costs fell by zebras."]]))
    await work_off(worker)
    pages = (await librarian.person.get(f"/documents/{document_id}/pages", params={"from": 2})).json()
    assert pages == {"items": [{"page": 2, "text": "Costs fell by zebras."}], "next_page": None}
    assert (await librarian.search("zebras"))[0]["page"] == 2


async def test_one_broken_file_blocks_nothing(librarian: Librarian, worker: JobRunner) -> None:
    items = await librarian.upload(
        ("empty.pdf", b""),
        ("../../etc/good.md", HANDBOOK),
        ("huge.txt", b"x" * (MAX_UPLOAD + 1)),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 64),
        ("locked.xlsx", encrypted_office_file()),
        ("bomb.docx", honest_zip_bomb()),
        ("damaged.docx", docx_file(["x"])[:2000]),
    )
    assert [item["name"] for item in items][1] == "good.md"
    codes = [item["problem"] and item["problem"]["code"] for item in items]
    assert codes == [
        "document_empty",
        None,
        "document_too_large",
        "document_type_unsupported",
        "document_password_protected",
        "document_zip_bomb",
        "document_corrupt",
    ]
    for item in items:
        if item["problem"]:
            assert item["document"] is None
            assert all(item["problem"][field] for field in ("type", "title", "detail", "remedy", "request_id"))
    await work_off(worker)
    assert (await librarian.document(items[1]["document"]["id"]))["state"] == "ready"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (encrypted(pdf_file([["x"]]), user_password="secret"), "document_password_protected"),
        (scanned_pdf(), "document_no_text"),
        (b"%PDF-1.7\nrubbish", "document_corrupt"),
        (b" \n\n ", "document_no_text"),
    ],
)
async def test_what_only_reading_shows_fails_the_document_at_once_with_reason_and_remedy(
    librarian: Librarian, worker: JobRunner, data: bytes, code: str
) -> None:
    document_id = await librarian.add("file", data)
    await work_off(worker)
    failed = await librarian.document(document_id)
    assert (failed["state"], failed["error"]["code"]) == ("failed", code)
    assert failed["error"]["detail"]
    assert failed["error"]["remedy"]


async def test_identical_bytes_are_one_document(librarian: Librarian, worker: JobRunner) -> None:
    first = await librarian.add("one.md", HANDBOOK)
    (again,) = await librarian.upload(("two.md", HANDBOOK))
    assert (again["document"]["id"], again["duplicate"]) == (first, True)
    assert again["document"]["name"] == "one.md"


async def test_equal_passages_of_two_documents_are_embedded_once(
    librarian: Librarian, worker: JobRunner, embeddings: EmbeddingServer
) -> None:
    await librarian.add("handbook.md", HANDBOOK)
    await work_off(worker)
    await librarian.add("handbook.txt", HANDBOOK.replace(b"#", b"").replace(b"four", b"five"))
    await work_off(worker)
    assert max(embeddings.texts.values()) == 1
    assert len(await librarian.search("annual leave")) >= 2


async def test_a_failed_document_can_be_tried_again_and_a_ready_one_can_not(
    librarian: Librarian, worker: JobRunner
) -> None:
    failed = await librarian.add("scan.pdf", scanned_pdf())
    ready = await librarian.add("handbook.md", HANDBOOK)
    await work_off(worker)
    assert (await librarian.person.post(f"/documents/{failed}/retry")).status_code == 202
    assert (await librarian.document(failed))["state"] == "queued"
    await work_off(worker)
    assert (await librarian.document(failed))["state"] == "failed"
    refused = await librarian.person.post(f"/documents/{ready}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "document_not_failed")


async def test_deleting_leaves_nothing_behind(librarian: Librarian, worker: JobRunner) -> None:
    document_id = await librarian.add("handbook.md", HANDBOOK)
    await work_off(worker)
    stored = worker.services.store
    key = f"documents/{document_id}/original"
    assert await stored.get(librarian.person.organization_id, key) == HANDBOOK
    assert (await librarian.person.delete(f"/documents/{document_id}")).status_code == 204
    await work_off(worker)
    assert (await librarian.person.get(f"/documents/{document_id}")).status_code == 404
    assert await librarian.search("annual leave") == []
    async with worker.services.database.connection(librarian.person.organization_id) as connection:
        for table in ("document", "document_version", "document_page", "chunk", "embedding_384"):
            assert await connection.fetchval(f"select count(*) from {table}") == 0, table
    with pytest.raises(Exception, match="no object"):
        await stored.get(librarian.person.organization_id, key)


async def test_a_document_deleted_before_it_was_read_cancels_its_job(
    librarian: Librarian, worker: JobRunner, embeddings: EmbeddingServer
) -> None:
    document_id = await librarian.add("handbook.md", HANDBOOK)
    await librarian.person.delete(f"/documents/{document_id}")
    await work_off(worker)
    assert embeddings.requests == 0


async def test_the_original_is_saved_and_never_shown(librarian: Librarian) -> None:
    page = b"<!doctype html><html><body><script>alert(1)</script></body></html>"
    document_id = await librarian.add('über "uns".html', page)
    answer = await librarian.person.get(f"/documents/{document_id}/content")
    assert answer.content == page
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert "filename*=UTF-8''%C3%BCber%20%22uns%22.html" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_the_list_is_newest_first_and_pages_through_its_filter(librarian: Librarian) -> None:
    for number in range(5):
        await librarian.add(f"plan {number}.md", f"Plan number {number}".encode())
    await librarian.add("other.md", b"Something else")
    first = (await librarian.person.get("/documents", params={"query": "PLAN", "limit": 3})).json()
    assert [item["name"] for item in first["items"]] == ["plan 4.md", "plan 3.md", "plan 2.md"]
    rest = (
        await librarian.person.get("/documents", params={"query": "plan", "limit": 3, "cursor": first["next_cursor"]})
    ).json()
    assert [item["name"] for item in rest["items"]] == ["plan 1.md", "plan 0.md"]
    assert rest["next_cursor"] is None
    assert (await librarian.person.get("/documents", params={"state": "ready"})).json()["items"] == []


async def test_a_body_that_is_no_form_is_refused(librarian: Librarian) -> None:
    answer = await librarian.person.post("/documents", json={"files": []})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    cut = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nhalf'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await librarian.person.post("/documents", content=cut, headers=headers)).status_code == 400


async def test_another_organisation_sees_finds_and_changes_nothing(librarian: Librarian, worker: JobRunner) -> None:
    document_id = await librarian.add("handbook.md", HANDBOOK)
    await work_off(worker)
    chunk_id = (await librarian.search("leave"))[0]["chunk_id"]
    stranger = Librarian(await sign_up(librarian.person.client, organization="Others"))
    assert await stranger.search("annual leave") == []
    for method, path in (
        ("GET", f"/documents/{document_id}"),
        ("GET", f"/documents/{document_id}/content"),
        ("GET", f"/documents/{document_id}/pages"),
        ("GET", f"/documents/{document_id}/chunks"),
        ("GET", f"/documents/{document_id}/chunks/{chunk_id}"),
        ("POST", f"/documents/{document_id}/retry"),
        ("DELETE", f"/documents/{document_id}"),
    ):
        assert (await stranger.person.call(method, path)).status_code == 404, path
    mine = await stranger.add("handbook.md", HANDBOOK)
    assert mine != document_id
    assert (await librarian.document(document_id))["state"] == "ready"


async def test_a_viewer_reads_but_does_not_add(librarian: Librarian) -> None:
    viewer = Librarian(await librarian.person.colleague("viewer"))
    assert (await viewer.person.get("/documents")).status_code == 200
    assert (await viewer.post_files([("a.md", HANDBOOK)])).status_code == 403
