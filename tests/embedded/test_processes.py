"""Processes are told apart by their start, not by their pid alone."""

import gc
import os
import signal
import socket
import subprocess
import warnings

from chatter.embedded.processes import (
    ProcessIdentity,
    command_line,
    free_port,
    identify,
    listens,
    port_is_free,
    release,
    start_of,
    stop,
)
from tests.cli.running import until


def test_a_process_that_ended_is_not_alive() -> None:
    child = subprocess.Popen(["sleep", "60"])
    identity = identify(child.pid)
    assert identity is not None
    assert identity.alive()
    until(lambda: "sleep 60" in command_line(child.pid))  # empty for a moment while the program is being loaded
    child.kill()
    child.wait()
    assert not identity.alive()
    assert command_line(child.pid) == ""


def test_a_pid_that_belongs_to_somebody_else_by_now_gets_no_signal() -> None:
    child = subprocess.Popen(["sleep", "60"])
    stranger = ProcessIdentity(pid=child.pid, started="long ago")
    assert not stranger.alive()
    stranger.signal(signal.SIGKILL)
    stop(stranger)
    assert child.poll() is None
    child.kill()
    child.wait()


def test_a_process_that_ignores_the_polite_signal_is_killed() -> None:
    program = "trap '' TERM; echo ready; while :; do read -r line; done"
    with subprocess.Popen(["sh", "-c", program], stdout=subprocess.PIPE, stdin=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        identity = identify(child.pid)
        assert identity is not None
        stop(identity, patience=0.2)
        assert start_of(child.pid) is None


def test_a_child_that_was_released_runs_on_and_python_has_nothing_to_say_of_it() -> None:
    child = subprocess.Popen(["sleep", "60"])
    identity = identify(child.pid)
    release(child)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        del child
        gc.collect()
    assert said == []
    assert identity is not None
    assert identity.alive()
    stop(identity)


def test_the_same_process_is_always_identified_alike() -> None:
    assert identify(os.getpid()) == identify(os.getpid())


def test_a_port_in_use_is_not_handed_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        assert listens(port)
        assert not port_is_free(port)
        assert free_port(preferred=port) != port
    assert port_is_free(port)
    assert free_port(preferred=port) == port
