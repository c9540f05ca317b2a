"""Who servers run as: an account that cannot reach a folder is told so before anything is copied there."""

from pathlib import Path

import pytest

from chatter.embedded.errors import PrivilegesRefused
from chatter.embedded.privileges import Launcher, RunAs


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A folder that only its owner may enter."""
    folder = tmp_path / "private"
    folder.mkdir(mode=0o700)
    return folder


def test_a_copy_for_nobody_is_refused_where_nobody_could_not_reach_it(private: Path) -> None:
    launcher = Launcher(run_as=RunAs.NOBODY)
    (private / "installation").mkdir()
    with pytest.raises(PrivilegesRefused, match="cannot reach"):
        launcher.reachable_binaries(private / "installation", copy=private / "copy")
    assert not (private / "copy").exists()


def test_whoever_may_run_servers_themselves_needs_no_copy(private: Path) -> None:
    launcher = Launcher(run_as=RunAs.NAMESPACE)
    assert launcher.reachable_binaries(private, copy=private / "copy") == private
