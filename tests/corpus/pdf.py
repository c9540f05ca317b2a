"""PDF files: with text, as a scan, encrypted."""

import io
from collections.abc import Sequence

import pypdf
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.styles import getSampleStyleSheet  # type: ignore[import-untyped]
from reportlab.pdfgen import canvas  # type: ignore[import-untyped]
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate  # type: ignore[import-untyped]

__all__ = ["encrypted", "pdf_file", "scanned_pdf"]


def pdf_file(pages: Sequence[Sequence[str]]) -> bytes:
    """A page for each list of paragraphs; a paragraph that starts with "# " is a heading."""
    styles, flow = getSampleStyleSheet(), list[Flowable]()
    for number, paragraphs in enumerate(pages):
        if number:
            flow.append(PageBreak())
        for text in paragraphs:
            style = styles["Heading1"] if text.startswith("# ") else styles["BodyText"]
            flow.append(Paragraph(text.removeprefix("# "), style))
    target = io.BytesIO()
    SimpleDocTemplate(target, pagesize=A4, invariant=1).build(flow)
    return target.getvalue()


def scanned_pdf(*, text_on_second_page: str = "") -> bytes:
    """A first page that holds only a drawing."""
    target = io.BytesIO()
    page = canvas.Canvas(target, pagesize=A4)
    page.rect(100, 100, 300, 500, fill=1)
    page.showPage()
    if text_on_second_page:
        page.drawString(72, 700, text_on_second_page)
        page.showPage()
    page.save()
    return target.getvalue()


def encrypted(data: bytes, *, user_password: str) -> bytes:
    """The PDF, encrypted with AES-256; an empty user password leaves it readable."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    writer.encrypt(user_password, "of the owner", algorithm="AES-256")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()
