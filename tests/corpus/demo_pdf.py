"""python -m tests.corpus.demo_pdf: makes the PDF files of the demo corpus from their sources beside this module."""

from pathlib import Path

from tests.corpus.pdf import pdf_file

SOURCES = Path(__file__).parent / "demo"
TARGET = Path(__file__).parents[2] / "backend/chatter/documents/demo"


def main() -> None:
    for source in sorted(SOURCES.glob("*.md")):
        pages = [[line for line in page.splitlines() if line] for page in source.read_text().split("<page>")]
        (TARGET / f"{source.stem}.pdf").write_bytes(pdf_file(pages))


if __name__ == "__main__":
    main()
