"""Files that mean harm, or came to harm."""

import io
import struct
import zipfile
import zlib

__all__ = ["encrypted_office_file", "honest_zip_bomb", "lying_zip_bomb", "pdf_bomb", "zip_archive"]

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def zip_archive(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def honest_zip_bomb(*, mebibytes: int = 400) -> bytes:
    """A Word file of little size whose text says that it unpacks to much."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("word/document.xml", "w", force_zip64=True) as part:
            part.write(f'<w:document xmlns:w="{_WORD}"><w:body><w:p><w:r><w:t>'.encode())
            for _ in range(mebibytes):
                part.write(b"a " * 2**19)
            part.write(b"</w:t></w:r></w:p></w:body></w:document>")
    return target.getvalue()


def lying_zip_bomb(*, mebibytes: int = 100) -> bytes:
    """The same, but its table of contents says that it unpacks to 1,000 bytes."""
    data = bytearray(honest_zip_bomb(mebibytes=mebibytes))
    entry = data.rfind(b"PK\x01\x02")
    extra = struct.unpack_from("<H", data, entry + 30)[0]
    struct.pack_into("<I", data, entry + 24, 1000)
    if extra:
        data[entry + 46 + struct.unpack_from("<H", data, entry + 28)[0]] ^= 0xFF
    return bytes(data)


def pdf_bomb(*, mebibytes: int = 800) -> bytes:
    """A one-page PDF whose few megabytes of drawing commands unpack to far more."""
    packer = zlib.compressobj(9)
    drawing = b"".join(packer.compress(b"BT /F1 12 Tf 72 700 Td (hello) Tj ET\n" * 28_340) for _ in range(mebibytes))
    drawing += packer.flush()
    font = b"<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"
    return b"".join(
        (
            b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n",
            b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font"
            + font
            + b">>>>endobj\n",
            b"4 0 obj<</Length " + str(len(drawing)).encode() + b"/Filter/FlateDecode>>stream\n" + drawing,
            b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n%EOF",
        )
    )


def encrypted_office_file() -> bytes:
    """What Office writes for a workbook with a password: an OLE container with an EncryptedPackage."""
    free, end_of_chain, fat_sector = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    header = struct.pack("<8s16sHHHHH6xIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6,
                         0, 1, 1, 0, 4096, end_of_chain, 0, end_of_chain, 0, 0)  # fmt: skip
    header += struct.pack("<109I", 0, *[free] * 108)[: 512 - len(header)]
    table = struct.pack("<128I", fat_sector, end_of_chain, *range(3, 10), end_of_chain, *[free] * 118)
    entries = _entry("Root Entry", kind=5, child=1) + _entry("EncryptedPackage", kind=2, start=2, size=4096)
    return (header + table + entries.ljust(512, b"\x00") + bytes(range(256)) * 16).ljust(512 * 11, b"\x00")


def _entry(name: str, *, kind: int, child: int = 0xFFFFFFFF, start: int = 0, size: int = 0) -> bytes:
    encoded = name.encode("utf-16-le") + b"\x00\x00"
    none = 0xFFFFFFFF
    return struct.pack(
        "<64sHBBIII16sI8s8sIQ", encoded, len(encoded), kind, 1, none, none, child, b"", 0, b"", b"", start, size
    )
