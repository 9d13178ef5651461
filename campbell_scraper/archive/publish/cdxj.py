"""The CDXJ index that pywb looks captures up in: sorted lines of URL key, timestamp and JSON.

Each capture that our own reader finds, and each resource record besides, has a line. cdxj-indexer, an optional
dependency, makes a capture's where it is installed and finds the same URL there: it knows the keys of POST requests.
What it makes of damaged places is left out: of a record that cannot be unpacked, cdxj-indexer 1.5 takes the compressed
bytes for a URL, or ends without a word.

Answers with status 304 are left out: pywb would send the browser, which made no conditional request, an empty 304.
Without them it sends the capture that was confirmed.
"""

from __future__ import annotations

import heapq
import io
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from campbell_scraper.archive.capture import Capture, Damage
from campbell_scraper.archive.files import sync_directory
from campbell_scraper.archive.read.archive_files import all_sources
from campbell_scraper.archive.read.pairing import Pairing, warc_date, warc_uri
from campbell_scraper.archive.read.payload import PayloadResolver
from campbell_scraper.archive.read.reader import records_of
from campbell_scraper.archive.read.scan import RawRecord
from campbell_scraper.archive.stored_files import closed_files, size_of
from campbell_scraper.archive.surt_keys import timestamp_of, url_key
from campbell_scraper.atomic_files import replacing
from campbell_scraper.untrusted_json import parsed_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

STATE_SUFFIX: Final = ".files.json"
"""Suffix of the file beside the index that says which WARC files are in it, with size and time of change."""
_OFFSET: Final = re.compile(r'"offset": "(\d+)"')
_URL: Final = re.compile(r'"url": ("(?:[^"\\]|\\.)*")')
_DIGEST_OF_NOTHING: Final = '"digest": "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"'
_NOT_MODIFIED: Final = 304
_FILENAME: Final = re.compile(r'"filename": ("(?:[^"\\]|\\.)*")')


@dataclass(slots=True)
class IndexReport:
    """What was indexed."""

    indexed: list[str] = field(default_factory=list)
    """WARC files that were new or had changed."""
    dropped: list[str] = field(default_factory=list)
    """WARC files that are not there any more."""
    damaged: dict[str, str] = field(default_factory=dict)
    """WARC file → what of it could not be read. Their whole records are in the index."""
    lines: int = 0


def index_lines(path: Path) -> tuple[list[str], str | None]:
    """Return the CDXJ lines of a WARC file, sorted, and what of it could not be read (None if all of it was)."""
    resources: dict[int, str] = {}
    captures: list[Capture] = []
    lost: str | None = None

    def noted(records: Iterable[RawRecord | Damage]) -> Iterator[RawRecord | Damage]:
        for record in records:
            if isinstance(record, RawRecord) and record.rtype == "resource":
                date = warc_date(record.get("warc-date"))
                if date is not None:
                    resources[record.offset] = _line_of_resource(record, date)
            yield record

    pairing = Pairing(PayloadResolver(elsewhere=lambda: all_sources([path.parent])))
    for source in all_sources([path]):
        for event in pairing.events(noted(records_of(source))):
            if isinstance(event, Damage) and event.is_lost:
                lost = lost or event.reason
            elif isinstance(event, Capture):
                resources.pop(event.warc_offset, None)
                if event.outcome != "failed" and event.status != _NOT_MODIFIED and event.captured_at:
                    captures.append(event)
    made = {(_OFFSET.findall(line)[-1], _URL.findall(line)[0]): line for line in _indexers_lines(path)}
    found = (made.get((str(one.warc_offset), json.dumps(one.url)), _line_of_capture(one)) for one in captures)
    return sorted({*found, *resources.values()}), lost


def _indexers_lines(path: Path) -> Iterator[str]:
    """Yield the complete lines that cdxj-indexer makes of a file, up to where it gives up."""
    if not path.exists():  # it opens files on disk only
        return
    output = io.StringIO()
    with suppress(Exception):  # it is not installed, or raises whatever a broken record makes it trip over
        _indexer(output, path).process_all()
    yield from (line for line in output.getvalue().splitlines(keepends=True) if _is_complete(line))


def _indexer(output: io.StringIO, path: Path) -> Any:
    """Make a cdxj-indexer that reads no bodies but those of requests, which are part of a POST's key.

    On its own, cdxj-indexer unpacks each page into a temporary file, even a whole compression bomb.
    """
    from cdxj_indexer.main import CDXJIndexer  # type: ignore[import-untyped] # noqa: PLC0415 - optional
    from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped] # noqa: PLC0415 - comes with it

    class Records(ArchiveIterator):  # type: ignore[misc] # has no types
        def __iter__(self) -> Iterator[Any]:  # its loops call this, not __next__
            for record in super().__iter__():
                if record.rec_type != "request":
                    record.content_stream = io.BytesIO
                yield record

    class Indexer(CDXJIndexer):  # type: ignore[misc] # likewise
        def _create_record_iter(self, stream: Any) -> Records:
            return Records(stream, no_record_parse=not self.record_parse, arc2warc=True, verify_http=self.verify_http)

    return Indexer(output, [str(path)], post_append=True)


def _is_complete(line: str) -> bool:
    """Tell whether a line has URL and offset, and a payload's digest: _indexer reads none, so it cannot compute it."""
    return bool(_OFFSET.search(line) and _URL.search(line)) and _DIGEST_OF_NOTHING not in line


def _line_of_capture(capture: Capture) -> str:
    revisit = capture.outcome in {"revisit", "unchanged"} and capture.refers_to is not None
    entry = {
        "url": capture.url,
        "mime": "warc/revisit" if revisit else capture.mime,
        "status": None if capture.status is None else str(capture.status),
        "digest": capture.payload_digest,
        "length": str(capture.warc_length),
        "offset": str(capture.warc_offset),
        "filename": capture.warc_file,
    }
    return _line(capture.url_key, capture.captured_at, entry)


def _line_of_resource(record: RawRecord, date: str) -> str:
    """Return the line of a resource record that is no page, as a crawl's log is."""
    url = warc_uri(record.get("warc-target-uri")) or ""
    entry = {
        "url": url,
        "mime": record.get("content-type"),
        "digest": record.get("warc-payload-digest") or record.get("warc-block-digest"),
        "length": str(record.length),
        "offset": str(record.offset),
        "filename": record.source.name,
    }
    return _line(url_key(url), date, entry)


def _line(key: str, date: str, entry: Mapping[str, str | None]) -> str:
    given = {name: value for name, value in entry.items() if value is not None}
    return f"{key} {timestamp_of(date)} {json.dumps(given)}\n"


def write_index(archive_dir: Path, index_path: Path) -> IndexReport:
    """Bring a folder's index up to date: only WARC files that are new or have changed are read.

    Files that are still ``.open`` are left out. The index is replaced in one step; readers see the old or the new one.
    Raises OSError if it cannot be written.
    """
    index_path.parent.mkdir(parents=True, exist_ok=True)
    present = {path.name: path for path in closed_files(archive_dir)}
    before = _read_state(index_path)
    now = {name: _mark(path, before.get(name, [])) for name, path in present.items()}
    report = IndexReport(
        indexed=[name for name in now if before.get(name) != now[name]],
        dropped=[name for name in before if name not in now],
    )
    stale = {*report.indexed, *report.dropped}
    if not stale and index_path.is_file():
        return report
    fresh: list[str] = []
    for name in report.indexed:
        lines, problem = index_lines(present[name])
        fresh += lines
        if problem is not None:
            report.damaged[name] = problem
    fresh.sort()
    _merge(index_path, fresh, stale, report)
    _write_state(index_path, now)
    return report


def _mark(path: Path, before: list[int]) -> list[int]:
    """Return size and time of change; for a file only in the store, the known mark if the size is the same."""
    with suppress(FileNotFoundError):
        stat = path.stat()
        return [stat.st_size, stat.st_mtime_ns]
    size = size_of(path)
    return before if before[:1] == [size] else [size, 0]


def _state_path(index_path: Path) -> Path:
    return index_path.with_name(index_path.name + STATE_SUFFIX)


def _read_state(index_path: Path) -> dict[str, list[int]]:
    """Return what is in the index; nothing if the index or its state is missing or unreadable."""
    if not index_path.is_file():
        return {}
    try:
        state = parsed_json(_state_path(index_path).read_text("utf-8"))
    except (OSError, ValueError):
        index_path.unlink()
        return {}
    return state if isinstance(state, dict) else {}


def _write_state(index_path: Path, marks: dict[str, list[int]]) -> None:
    _replace(_state_path(index_path), [json.dumps(marks, indent=0, sort_keys=True) + "\n"])


def _replace(path: Path, lines: Iterable[str]) -> int:
    """Write a file anew, durably and in one step; return how many lines it has."""
    count = 0
    with replacing(path) as fresh, fresh.open("w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(line)
            count += 1
    sync_directory(path.parent)
    return count


def _kept(index_path: Path, stale: set[str]) -> Iterator[str]:
    if not index_path.is_file():
        return
    with index_path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            named = _FILENAME.search(line)
            if named and parsed_json(named[1]) not in stale:
                yield line


def _merge(index_path: Path, fresh: list[str], stale: set[str], report: IndexReport) -> None:
    # The state goes first: after a crash in between, its absence has everything indexed again.
    _state_path(index_path).unlink(missing_ok=True)
    report.lines = _replace(index_path, heapq.merge(_kept(index_path, stale), fresh))
