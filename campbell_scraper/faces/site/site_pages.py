"""The files of a static site: what ``campbell serve`` shows at an address, with links relative to each file."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader

from campbell_scraper.faces.datasette.pages.changes_page import load_changes
from campbell_scraper.faces.datasette.pages.comparison import load_comparison
from campbell_scraper.faces.datasette.pages.review_page import load_review, meta_tags, review_path
from campbell_scraper.faces.datasette.search.review_index import FACETS, SORTS, UNKNOWN, load_index
from campbell_scraper.faces.datasette.search.search_page import find, value_name
from campbell_scraper.faces.datasette.search.selection import Selection
from campbell_scraper.faces.datasette.template_filters import FILTERS
from campbell_scraper.faces.export import FORMATS, Library, pieces
from campbell_scraper.faces.export.changes import recorded_changes
from campbell_scraper.faces.export.citations.atom import write_atom
from campbell_scraper.folder import SAMPLE
from campbell_scraper.view.keys import hashed, slug_of
from campbell_scraper.words import clean, escaped_json

from .word_index import search_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from campbell_scraper.faces.datasette.search.review_index import ReviewIndex

_FILES: Final = {
    "/": "index.html",
    "/-/reviews": "index.html",
    "/-/changes": "changes.html",
    "/-/changes.atom": "changes.atom",
    "/-/campbell.css": "campbell.css",
    "/-/search.js": "search.js",
    "/-/search-index.js": "search-index.js",
    "/-/export/sqlite": "downloads/campbell.db",
}
"""Address at ``campbell serve`` → file, of what every site has."""
_DOWNLOADS: Final = ("ris", "bibtex", "csl-json", "csv", "xlsx")
_CITATIONS: Final = ("ris", "bibtex")
"""Formats of each review's citation."""
_SORTS: Final = {"": "Best match, then newest first"} | SORTS
_CHANGED: Final = "SELECT review_id, version FROM review_versions WHERE version > 1 ORDER BY review_id, version"
_DATASETTE: Final = files("campbell_scraper.faces.datasette")
_NOT_NAME: Final = re.compile(r"[^a-z0-9]+")
_MAX_NAME: Final = 80


def file_name(text: str) -> str:
    """Return a file's name for any text: of a to z, digits and hyphens, and a different one for each text.

    >>> file_name("better-evidence/Youth_gangs"), file_name("better-evidence/youth_gangs")
    ('youth-gangs-54e519d597be9b05', 'youth-gangs-c99bee6c9aea4e76')
    """
    return f"{_NOT_NAME.sub('-', slug_of(text))[:_MAX_NAME]}-{hashed(text)}".lstrip("-")


@dataclass(frozen=True, slots=True)
class Links:
    """What templates know as ``urls``, for one file of a site."""

    files: dict[str, str]
    """Address at ``campbell serve`` → file."""
    file: str

    def path(self, address: str) -> str:
        """Return the relative URL of an address; a query that has no file of its own is left to the script."""
        file = self.files.get(address)
        if file is None:
            plain, mark, query = address.partition("?")
            file = f"{self.files[plain]}{mark}{query}"
        return "../" * self.file.count("/") + file

    def instance(self) -> str:
        """Return the relative URL of the first page."""
        return self.path("/")


class SitePages:
    """Writes the files of a site into a folder that has the portable copy of the database already."""

    def __init__(self, library: Library, root: Path) -> None:
        self._library = library
        self._connection = library.connection
        self._root = root
        self._index = load_index(self._connection)
        self._names = list(self._index.names.values())
        self._files = dict(_FILES)
        self._environment = Environment(loader=FileSystemLoader(str(_DATASETTE / "templates")), autoescape=True)
        self._environment.filters |= FILTERS
        self._downloads = {name: FORMATS[name] for name in _DOWNLOADS if name != "xlsx" or find_spec("xlsxwriter")}
        self._environment.globals["site"] = {
            "downloads": {name: one.label for name, one in self._downloads.items()} | {"sqlite": "SQLite"},
            "crawled": library.last_crawl,
        }
        self._environment.globals["is_sample"] = lambda: library.name == SAMPLE

    def write(self, progress: Callable[[str], None]) -> None:
        """Write all files; ``progress`` is told which are being written."""
        lists = list(_lists(self._index))
        # Pages link to each other, so what there will be is known before the first is written.
        self._files |= {review_path(name): f"review/{file_name(name)}.html" for name in self._names}
        for selection, heading in lists:
            query = selection.address()
            self._files.setdefault(f"/-/reviews{query}", f"reviews/{file_name(heading + query)}.html")
        self._files |= {f"/-/export/{name}": f"downloads/campbell{one.suffix}" for name, one in self._downloads.items()}
        versions = [(name, version, _compared(name, version)) for name, version in self._connection.execute(_CHANGED)]
        self._files |= {page: f"compare/{file_name(name)}-{version}.html" for name, version, page in versions}
        progress("writing downloads and the search index")
        for name in self._downloads:
            self._save(f"/-/export/{name}", pieces(self._library.reviews(), name))
        self._save("/-/campbell.css", [(_DATASETTE / "static" / "campbell.css").read_bytes()])
        self._save("/-/search.js", [files(__package__).joinpath("search.js").read_bytes()])
        data = json.dumps(search_data(self._connection, self._index), ensure_ascii=False, separators=(",", ":"))
        self._save("/-/search-index.js", [f"const LIBRARY = {escaped_json(data)};\n".encode()])
        self._write_changes()
        progress("writing lists")
        for selection, heading in lists:
            found = find(self._connection, self._index, selection, size=len(self._names) or 1)
            shown = {"found": found, "selection": selection, "facets": FACETS, "sorts": _SORTS, "heading": heading}
            self._page(f"/-/reviews{selection.address()}", "campbell_reviews.html", shown)
        for number, name in enumerate(self._names, 1):
            progress(f"writing review {number:,} of {len(self._names):,}")
            self._write_review(name)
        for name, version, page in versions:
            compared = load_comparison(self._connection, name, version - 1, version)
            if compared is not None:
                self._page(page, "campbell_compare.html", compared)

    def _write_changes(self) -> None:
        feed = io.BytesIO()
        changes = recorded_changes(self._library)
        write_atom(changes, feed, library=self._library.name, updated=self._library.last_crawl)
        self._save("/-/changes.atom", [feed.getvalue()])
        self._page("/-/changes", "campbell_changes.html", load_changes(self._library))

    def _write_review(self, review_id: str) -> None:
        """Write a review's page, one for each further summary and each PDF, and its citations."""
        address = review_path(review_id)
        name = file_name(review_id)
        for citation in _CITATIONS:
            cited = f"/-/cite/{citation}/{address.removeprefix('/-/review/')}"
            self._files[cited] = f"cite/{name}{FORMATS[citation].suffix}"
            self._save(cited, pieces(self._library.named([review_id]), citation))
        found = load_review(self._connection, review_id, None)
        assert found is not None
        pages = {f"{address}?summary={one['position']}": (one["position"], None) for one in found["summaries"]}
        pages |= {f"{address}?file={quote(one['url'])}": (None, one["url"]) for one in found["files"]}
        self._files |= {page: f"review/{name}-{number}.html" for number, page in enumerate(pages, 1)}
        if found["summary"]:
            shown = f"{address}?summary={found['summary']['position']}"
            self._files[shown] = self._files[address]
            del pages[shown]
        more = {"tags": meta_tags(found["citation"]), "formats": {name: FORMATS[name].label for name in _CITATIONS}}
        self._page(address, "campbell_review.html", found | more)
        for page, asked in pages.items():
            self._page(page, "campbell_review.html", (load_review(self._connection, review_id, *asked) or found) | more)

    def _page(self, address: str, template: str, shown: dict[str, Any]) -> None:
        links = Links(self._files, self._files[address])
        text = self._environment.get_template(template).render(shown, urls=links)
        self._save(address, [clean(text).encode("utf-8", "replace")])

    def _save(self, address: str, chunks: Iterable[bytes]) -> None:
        path = self._root / self._files[address]
        path.parent.mkdir(exist_ok=True)
        with path.open("xb") as file:
            file.writelines(chunks)


def _compared(review_id: str, version: int) -> str:
    """Return the address where a version stands beside the one before."""
    return f"/-/compare/{quote(review_id)}?old={version - 1}&new={version}"


def _lists(index: ReviewIndex) -> Iterator[tuple[Selection, str]]:
    """Yield all reviews, and each list that needs no script, with their headings."""
    yield Selection(), "Reviews"
    for facet, values in index.values.items():
        for value in values:
            if facet != "year":
                yield Selection(chosen={facet: (value,)}), f"{FACETS[facet]}: {value_name(facet, value)}"
            elif value != UNKNOWN:
                yield Selection(since=value, until=value), f"Year: {value}"
