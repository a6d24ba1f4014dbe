"""The built dashboard: a bounded number of files, read once, served from memory."""

from __future__ import annotations

import mimetypes
import re
from pathlib import Path
from typing import NamedTuple

from api.log import log

MAX_FILES, MAX_BYTES = 2000, 67_108_864
#: The name of a file that Vite has put a hash of its content into: index-BxY3k_9a.js.
_HASHED = re.compile(r"-[\w-]{8,}\.\w+$")
_IMMUTABLE, _ASK = b"public, max-age=31536000, immutable", b"no-cache"
_OURS = frozenset({"/health", "/ready", "/metrics"})
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
DEFAULT = Path(__file__).parents[2] / "dashboard" / "dist"


class File(NamedTuple):
    """One file in its forms: encoding ("" for plain) to headers and bytes."""

    forms: dict[str, tuple[list[tuple[bytes, bytes]], bytes]]

    def best(self, accepted: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
        """Return the form that suits the client best."""
        names = {part.partition(b";")[0].strip().decode("latin-1") for part in accepted.split(b",")}
        return next((self.forms[e] for e, _ in _ENCODINGS if e in names and e in self.forms), self.forms[""])


class Files:
    """The files by their paths. A path without a suffix that is no file is one of the dashboard's own routes."""

    def __init__(self, folder: Path) -> None:
        self._files = _read(folder) if folder.is_dir() else {}

    def find(self, path: str) -> File | None:
        """Return the file of a path; None when there is none."""
        if (found := self._files.get(path)) is not None:
            return found
        if path in _OURS or path.startswith(("/api/", "/ws/")):
            return None
        named = path.startswith(("/entities/", "/threats/"))  # an entity is an address: its route has dots in it
        return self._files.get("/index.html") if named or "." not in path.rpartition("/")[2] else None


def _read(folder: Path) -> dict[str, File]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    size = sum(path.stat().st_size for path in paths)
    if len(paths) > MAX_FILES or size > MAX_BYTES:
        log.warning("%s is not served: %d files of %d bytes are too many", folder, len(paths), size)
        return {}
    suffixes = tuple(suffix for _, suffix in _ENCODINGS)
    return {
        "/" + path.relative_to(folder).as_posix(): _file(path)
        for path in paths
        if not path.name.endswith(suffixes) and path.suffix != ".map"
    }


def _file(path: Path) -> File:
    forms = {"": path.read_bytes()}
    for encoding, suffix in _ENCODINGS:
        packed = path.with_name(path.name + suffix)
        if packed.is_file():
            forms[encoding] = packed.read_bytes()
    return File({encoding: (_headers(path, encoding, data), data) for encoding, data in forms.items()})


def _headers(path: Path, encoding: str, data: bytes) -> list[tuple[bytes, bytes]]:
    type_ = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if type_.startswith("text/") or type_ == "application/javascript":
        type_ += "; charset=utf-8"
    headers = [
        (b"content-type", type_.encode()),
        (b"content-length", str(len(data)).encode()),
        (b"cache-control", _IMMUTABLE if _HASHED.search(path.name) else _ASK),
        (b"vary", b"accept-encoding"),
    ]
    return [*headers, (b"content-encoding", encoding.encode())] if encoding else headers
