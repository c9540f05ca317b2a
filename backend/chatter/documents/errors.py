"""What can be wrong with a file, each with what its owner can do about it.

All are final: the same bytes would fail again, so a job that raises one is not tried a second time.

DocumentNotFound      404   no such document in this organisation
CollectionNotFound    404   no such collection in this organisation
CollectionTooLarge    409   too many documents to delete with their collection
EmptyFile             422   no bytes
NoTextFound           422   pages, but no text on them: a scan or a picture
PasswordProtected     422   needs a password to open
Corrupt               422   damaged, cut off, or not what its name says
ZipBomb               422   unpacks to far more than it seems
ExtractionTimedOut    422   takes longer to read than is allowed
DocumentTooLarge      413   more bytes, or more text, than is allowed
UnsupportedType       415   a kind of file that is not read
NotRetryable          409   only a failed document can be tried again
"""

from chatter.kit.errors import Conflict, Invalid, NotFound, TooLarge, Unsupported

__all__ = [
    "CollectionNotFound",
    "CollectionTooLarge",
    "Corrupt",
    "DocumentNotFound",
    "DocumentTooLarge",
    "EmptyFile",
    "ExtractionTimedOut",
    "NoTextFound",
    "NotRetryable",
    "PasswordProtected",
    "UnsupportedType",
    "ZipBomb",
    "readable_size",
]

READABLE = "PDF, Word, PowerPoint, Excel, HTML, Markdown, text, CSV, e-mail (.eml) and EPUB"


class DocumentNotFound(NotFound):
    code, title = "document_not_found", "No such document"


class CollectionNotFound(NotFound):
    code, title = "collection_not_found", "No such collection"


class CollectionTooLarge(Conflict):
    code, title = "collection_too_large", "Too many documents to delete at once"


class EmptyFile(Invalid):
    code, title = "document_empty", "The file is empty"

    def __init__(self, detail: str = "The file has no content (0 bytes).") -> None:
        super().__init__(detail, remedy="Check the original and upload it again; the copy may have been interrupted.")


class DocumentTooLarge(TooLarge):
    code, title = "document_too_large", "The file is too large"

    def __init__(self, detail: str) -> None:
        super().__init__(
            detail, remedy="Split the document and upload its parts, or ask your operator for a higher limit."
        )

    @classmethod
    def beyond(cls, limit: int) -> "DocumentTooLarge":
        return cls(f"The file is larger than the {readable_size(limit)} that are allowed.")


class PasswordProtected(Invalid):
    code, title = "document_password_protected", "The file is protected by a password"

    def __init__(self, detail: str = "The file can't be opened without its password.") -> None:
        super().__init__(detail, remedy="Save a copy without the password and upload that copy.")


class Corrupt(Invalid):
    code, title = "document_corrupt", "The file is damaged"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, remedy="Open the original, save or export it again, and upload the new copy.")


class UnsupportedType(Unsupported):
    code, title = "document_type_unsupported", "This kind of file can't be read"

    def __init__(self, detail: str, *, remedy: str = f"Readable are {READABLE}.") -> None:
        super().__init__(detail, remedy=remedy)


class ZipBomb(Invalid):
    code, title = "document_zip_bomb", "The file unpacks to too much"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, remedy="If the file is genuine, save it anew without embedded media, or split it.")


class ExtractionTimedOut(Invalid):
    code, title = "document_extraction_timed_out", "Reading the file took too long"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The file was not read within {seconds:.0f} seconds.",
            remedy="Split the document into smaller parts, or export it to PDF again.",
        )


class NoTextFound(Invalid):
    code, title = "document_no_text", "No text was found in the file"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, remedy="Run text recognition (OCR) over it and upload the result.")


class NotRetryable(Conflict):
    code, title = "document_not_failed", "Only a failed document can be tried again"


def readable_size(size: int) -> str:
    return f"{size / 2**20:.0f} MiB" if size >= 2**20 else f"{max(size // 1024, 1)} KiB"
