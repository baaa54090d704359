"""Runs a command and ends it when the process that started this one is gone, however it went.

Run as a program of its own: `python -I -S watch.py COMMAND…`. Its standard input is a pipe that the starter holds open and never
writes to: the system closes it when the starter ends, even by `kill -9`. It says the command's process id on its standard output
and exits with the command's exit status.

A parent-death signal alone would not do: Linux sends it when the *thread* that started the child ends, and setting it
between fork and exec is not safe in a process with threads. This process has one thread. Where there is such a signal, the
command gets it besides, so that it ends with this process too.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

_PR_SET_PDEATHSIG = 1
_LOOK_S = 1.0


def _ends_with_parent() -> Callable[[], None] | None:
    """What the child does before it runs the command; None where the system has no parent-death signal."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is None:
        return None

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

    return ask


def watch(command: list[str]) -> int:
    """Run the command until it ends or the starter is gone, and return its exit status."""
    starter = os.getppid()
    awake, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    child = subprocess.Popen(  # noqa: S603 - the starter's own command
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        preexec_fn=_ends_with_parent(),  # noqa: PLW1509 - safe here: one thread
    )
    sys.stdout.write(f"{child.pid}\n")
    sys.stdout.flush()
    while child.poll() is None:
        readable, _, _ = select.select([sys.stdin.fileno(), awake], [], [], _LOOK_S)
        if sys.stdin.fileno() in readable or _told_to_end(awake, readable) or os.getppid() != starter:
            # The embedded broker keeps everything in memory, so there is nothing that it could still put in order.
            with suppress(ProcessLookupError):
                child.kill()
            child.wait()
    return child.returncode


def _told_to_end(awake: int, readable: list[int]) -> bool:
    return awake in readable and signal.SIGTERM in os.read(awake, 64)


if __name__ == "__main__":
    sys.exit(watch(sys.argv[1:]) % 256)
