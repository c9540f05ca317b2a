"""The migrations as files: what a process needs to know that does not run them (importing alembic costs a second)."""

from pathlib import Path

__all__ = ["migrations_folder", "newest_revision"]


def migrations_folder() -> Path:
    """The folder of the migrations: inside the installed package, or at the top of the checkout."""
    packaged = Path(__file__).resolve().parents[2] / "migrations"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[4] / "migrations"


def newest_revision() -> str:
    """The newest revision that the code knows: files are named after their revisions, which sort by their number."""
    return max(path.stem for path in (migrations_folder() / "versions").glob("[0-9]*.py"))
