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
    from collections.abc import Iterable, Iterator
    from importlib.resources.abc import Traversable

PACKAGE = "campbell_scraper"
DECIDING = ("items.py", "reading", "view")
"""Files and folders of the package that decide what a page says and which rows that makes."""
FACTS = "reading/facts"
PAGES = ("items.py", "reading", "archive/http.py", "archive/read", "view/log/extraction.py", "view/parts")
"""Those that decide what a page says; of these, ``FACTS`` decide only what its summaries state."""
_IGNORED = frozenset({"__pycache__"})


@lru_cache(maxsize=1)
def extractor_version() -> str:
    """Return the fingerprint: 16 hexadecimal digits, equal wherever the files are equal, whatever their line ends."""
    return _fingerprint(DECIDING)


@lru_cache(maxsize=1)
def reading_version() -> str:
    """Return the fingerprint of the code that reads pages, without the rules of facts, which are changed most often."""
    return _fingerprint(PAGES, but=FACTS)


def _fingerprint(names: Iterable[str], *, but: str | None = None) -> str:
    digest = hashlib.sha256()
    root = resources.files(PACKAGE)
    for name in names:
        for path, source in _sources(root.joinpath(name), name):
            if but is None or not path.startswith(f"{but}/"):
                digest.update(path.encode() + b"\0" + source.replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()[:16]


def _sources(entry: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    if entry.is_dir():
        for child in sorted(entry.iterdir(), key=lambda child: child.name):
            if child.name not in _IGNORED and not child.name.startswith("."):
                yield from _sources(child, f"{path}/{child.name}")
    elif entry.is_file() and not path.endswith(".pyc"):
        yield path, entry.read_bytes()
