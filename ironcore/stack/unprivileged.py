"""PostgreSQL refuses to run as root, so root's runs as `nobody`; no user is created and no folder is opened for it."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

from ironcore.stack.errors import StackError

NOBODY = "nobody"


def can_reach(path: Path) -> bool:
    """Tell whether everybody may pass all the folders above `path`."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)


def hand_over(folder: Path) -> None:
    """Make `nobody` the owner of `folder`. Raises StackError when it lies where `nobody` may not look."""
    if not can_reach(folder):
        raise StackError(
            f"postgres: run by root, it works as {NOBODY!r}, who may not enter a folder above {folder}; "
            "choose a data folder elsewhere, or run as a user without privileges"
        )
    os.chown(folder, pwd.getpwnam(NOBODY).pw_uid, primary_group(NOBODY))


def primary_group(user: str) -> int:
    """Return the number of the user's own group: its name differs between distributions."""
    return pwd.getpwnam(user).pw_gid
