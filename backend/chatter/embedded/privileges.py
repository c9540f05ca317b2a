"""Who Postgres runs as. It refuses root, so root needs a way that changes nobody's files or accounts."""

import ctypes
import os
import pwd
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from chatter.embedded import files
from chatter.embedded.errors import PrivilegesRefused

_CLONE_NEWUSER = 0x10000000
_INSIDE = 65534  # the uid that root has inside the namespace; it must not be 0, and needs no entry in /etc/passwd


class RunAs(StrEnum):
    """How the server's processes are kept from being root."""

    CALLER = "caller"  # an ordinary user: nothing to do
    NAMESPACE = "namespace"  # root outside, uid 65534 inside: files stay root's
    NOBODY = "nobody"  # where namespaces are refused (many containers)


def choose() -> RunAs:
    if os.geteuid() != 0:
        return RunAs.CALLER
    return RunAs.NAMESPACE if namespaces_allowed() else RunAs.NOBODY


def namespaces_allowed() -> bool:
    """Try it in a child: limits, seccomp and security modules each have their own way to refuse."""
    if sys.platform != "linux":
        return False
    try:
        return subprocess.run(["/bin/true"], preexec_fn=enter_namespace, check=False).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def enter_namespace() -> None:
    """For `preexec_fn`: continue in a user namespace where this process is not root, with files as before."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")
    for name, line in (("setgroups", "deny"), ("uid_map", f"{_INSIDE} 0 1"), ("gid_map", f"{_INSIDE} 0 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(line)


@dataclass(frozen=True, kw_only=True)
class Launcher:
    """Starts the programs of one server as the user it may run as."""

    run_as: RunAs

    def popen(self, arguments: list[str], *, log: Path, cwd: Path) -> subprocess.Popen[bytes]:
        """Start a program in a session of its own, so that a Ctrl-C in the terminal does not reach it."""
        account = pwd.getpwnam("nobody") if self.run_as is RunAs.NOBODY else None
        with files.open_log(log) as sink:
            return subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                cwd=cwd,
                start_new_session=True,
                # safe here: whoever starts servers has no threads
                preexec_fn=enter_namespace if self.run_as is RunAs.NAMESPACE else None,  # noqa: PLW1509
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )

    def owners(self) -> set[int]:
        """Return the uids that may own what the server uses."""
        return {os.geteuid()} | ({pwd.getpwnam("nobody").pw_uid} if self.run_as is RunAs.NOBODY else set())

    def hand_over(self, path: Path) -> None:
        """Let the server's user own a folder or file that the server writes."""
        if self.run_as is RunAs.NOBODY:
            account = pwd.getpwnam("nobody")
            os.chown(path, account.pw_uid, account.pw_gid)

    def reachable_binaries(self, installation: Path, *, copy: Path) -> Path:
        """Return the installation, or a copy that `nobody` can read: root's venv often lies below a 0700 home."""
        if self.run_as is not RunAs.NOBODY or _traversable(installation):
            return installation
        self.require_traversable(copy.parent)
        if not copy.exists():
            partial = copy.with_name(copy.name + ".partial")
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(installation, partial, symlinks=True)
            partial.rename(copy)
        return copy

    def require_traversable(self, path: Path) -> None:
        if self.run_as is RunAs.NOBODY and not _traversable(path):
            raise PrivilegesRefused(
                "Postgres does not run as root, this machine allows root no user namespace, "
                f"and the account nobody cannot reach {path}.",
                remedy="Run Chatter as an ordinary user, or set CHATTER_DATA_DIR to a folder that all users may enter.",
            )


def _traversable(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents) if folder.is_dir())
