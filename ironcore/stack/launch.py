"""Becomes a server: drops privileges, ties the server's life to its parent's, then executes it.

Run as a script, by path, before anything of ours is importable:
`launch.py PARENT_PID SIGNAL USER COMMAND ...`, where USER may be empty. A separate program, because code between
fork and exec is not safe in a parent that has threads, and because the kernel forgets the signal when the user changes.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def main(parent: str, signal: str, user: str, *command: str) -> None:
    """Execute `command`; never returns."""
    if user:
        become(user)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal), 0, 0, 0)
        if os.getppid() != int(parent):  # it died before the kernel was told
            sys.exit("the parent is gone")
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


def become(user: str) -> None:
    """Give up root for `user` and its primary group."""
    import pwd  # noqa: PLC0415 - not on every platform

    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


if __name__ == "__main__":
    main(*sys.argv[1:])
