"""Office files and EPUB are ZIP archives: look inside before anything unpacks them."""

import io
import zipfile

from chatter.documents.errors import Corrupt, ZipBomb, readable_size
from chatter.kit.schema import Schema

__all__ = ["ArchiveContent", "inspected_archive"]

MAX_UNPACKED = 300 * 2**20
MAX_MEMBERS = 10_000
MAX_RATIO = 500
RATIO_MATTERS_ABOVE = 30 * 2**20
_ENCRYPTED = 0x1


class ArchiveContent(Schema, frozen=True):
    names: frozenset[str]
    encrypted: bool


def inspected_archive(data: bytes) -> ArchiveContent:
    """The table of contents, judged by declared sizes; what lies about them meets the reader's memory limit instead."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise Corrupt("The file starts like an Office or EPUB file but breaks off or is damaged.") from error
    _refuse_bomb(members)
    return ArchiveContent(
        names=frozenset(member.filename for member in members),
        encrypted=any(member.flag_bits & _ENCRYPTED for member in members),
    )


def _refuse_bomb(members: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED:
        raise ZipBomb(f"The file would unpack to {readable_size(unpacked)}; allowed are {readable_size(MAX_UNPACKED)}.")
    if len(members) > MAX_MEMBERS:
        raise ZipBomb(f"The file holds {len(members):,} parts; allowed are {MAX_MEMBERS:,}.")
    packed = sum(member.compress_size for member in members)
    if unpacked > RATIO_MATTERS_ABOVE and unpacked > MAX_RATIO * max(packed, 1):
        raise ZipBomb(f"The file unpacks to {unpacked // max(packed, 1):,} times its size.")
