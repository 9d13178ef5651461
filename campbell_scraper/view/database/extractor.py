"""Which code made the rows: a fingerprint of every source file that decides what a page says.

Another fingerprint means that the view is rebuilt from the archive, so that an improved page object reaches every
version of every review, and is never mistaken for an edit of the site.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

PACKAGE = "campbell_scraper"
DECIDING = ("items.py", "reading", "view")
"""Files and folders of the package that decide what a page says and which rows that makes."""
_IGNORED = frozenset({"__pycache__"})


@lru_cache(maxsize=1)
def extractor_version() -> str:
    """Return the fingerprint: 16 hexadecimal digits, equal wherever the files are equal, whatever their line ends."""
    digest = hashlib.sha256()
    root = resources.files(PACKAGE)
    for name in DECIDING:
        for path, source in _sources(root.joinpath(name), name):
            digest.update(path.encode() + b"\0" + source.replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()[:16]


def _sources(entry: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    if entry.is_dir():
        for child in sorted(entry.iterdir(), key=lambda child: child.name):
            if child.name not in _IGNORED and not child.name.startswith("."):
                yield from _sources(child, f"{path}/{child.name}")
    elif entry.is_file() and not path.endswith(".pyc"):
        yield path, entry.read_bytes()
