"""A file is what its content says."""

import pytest

from chatter.documents.errors import Corrupt, EmptyFile, PasswordProtected, UnsupportedType, ZipBomb
from chatter.documents.file_names import MAX_NAME_LENGTH, sanitised_name
from chatter.documents.file_types import FileType, recognise
from tests.corpus.hostile import encrypted_office_file, honest_zip_bomb, zip_archive
from tests.corpus.mail import eml_file
from tests.corpus.office import docx_file, epub_file, pptx_file, xlsx_file
from tests.corpus.pdf import pdf_file

PDF = pdf_file([["Words."]])
DOCX = docx_file(["Words."])


@pytest.mark.parametrize(
    ("name", "data", "file_type"),
    [
        ("a.pdf", PDF, FileType.PDF),
        ("a.docx", DOCX, FileType.DOCX),
        ("a.pptx", pptx_file([("T", "x")]), FileType.PPTX),
        ("a.xlsx", xlsx_file({"S": [["x"]]}), FileType.XLSX),
        ("a.epub", epub_file([("C", "<p>x</p>")]), FileType.EPUB),
        ("a.eml", eml_file(subject="s", text="t"), FileType.EML),
        ("a.html", b"<p>no html element</p>", FileType.HTML),
        ("a.md", b"# x", FileType.MARKDOWN),
        ("a.csv", b"a,b", FileType.CSV),
        ("a.txt", "Grüße".encode("utf-16"), FileType.TEXT),
        ("README", b"plain words", FileType.TEXT),
        ("no-extension", PDF, FileType.PDF),
    ],
)
def test_each_readable_type_is_recognised(name: str, data: bytes, file_type: FileType) -> None:
    recognised = recognise(name, data=data)
    assert recognised.file_type is file_type
    assert recognised.warning is None


@pytest.mark.parametrize(
    ("name", "data", "file_type"),
    [
        ("report.docx", PDF, FileType.PDF),
        ("report.pdf", DOCX, FileType.DOCX),
        ("report.pdf", b"<!DOCTYPE html><html><body>Sign in</body></html>", FileType.HTML),
        ("report.txt", PDF, FileType.PDF),
        ("report.pdf", b"only words", FileType.TEXT),
    ],
)
def test_a_wrong_name_is_no_obstacle_but_is_told(name: str, data: bytes, file_type: FileType) -> None:
    recognised = recognise(name, data=data)
    assert recognised.file_type is file_type
    assert recognised.warning is not None
    assert file_type.label in recognised.warning


@pytest.mark.parametrize(
    ("name", "data", "error", "words"),
    [
        ("a.pdf", b"", EmptyFile, "no content"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 20, UnsupportedType, "PNG picture"),
        ("a.zip", zip_archive({"x.txt": b"x"}), UnsupportedType, "ZIP archive"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, UnsupportedType, "97-2003"),
        ("a.bin", bytes(range(256)) * 4, UnsupportedType, "neither"),
        ("a.pdf", bytes(range(256)) * 4, Corrupt, "damaged"),
        ("a.docx", DOCX[: len(DOCX) // 2], Corrupt, "damaged"),
        ("a.xlsx", encrypted_office_file(), PasswordProtected, "password"),
        ("a.docx", honest_zip_bomb(), ZipBomb, "unpack"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason_and_a_remedy(
    name: str, data: bytes, error: type[EmptyFile], words: str
) -> None:
    with pytest.raises(error, match=words) as refusal:
        recognise(name, data=data)
    assert refusal.value.remedy


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\plan.docx", "plan.docx"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ("annual\u202egpj.exe.pdf", "annualgpj.exe.pdf"),
        ("  spaced   name .md ", "spaced name .md"),
        ("..", "unnamed"),
        ("folder/", "unnamed"),
        ("", "unnamed"),
        ("Bericht für März.pdf", "Bericht für März.pdf"),
    ],
)
def test_a_name_loses_its_path_and_what_cannot_be_seen(given: str, kept: str) -> None:
    assert sanitised_name(given) == kept


def test_a_long_name_keeps_its_extension() -> None:
    name = sanitised_name("x" * 500 + ".pdf")
    assert len(name) == MAX_NAME_LENGTH
    assert name.endswith("x.pdf")
