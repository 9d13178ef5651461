"""Compares archive, manifest and the database's rows with each other.

Digests are read as WARC 1.1 defines them: the payload of a response is the entity, dechunked and still content-encoded;
that of a revisit is the payload of the record it refers to. ``warcio check`` and ``fastwarc check -p`` hash the chunk
framing too and so call every chunked response damaged; fastwarc also hashes a revisit's own (empty) body. A digest
over the framing is accepted only if it is SHA-1, as wget writes it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import Capture, Damage
from campbell_scraper.archive.files import OPEN_SUFFIX, being_written, entry_of, read_manifest, sha256_of
from campbell_scraper.archive.stored_files import closed_files, stored_archive

from .publish.wacz_check import check_wacz
from .read.archive_files import Source, sources_of
from .read.digests import parse_digest
from .read.member import RecordError
from .read.pairing import Pairing, warc_uri
from .read.payload import entity_pieces, is_http
from .read.reader import records_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from .read.scan import RawRecord


class CapturePlace(NamedTuple):
    """A capture's row in the database, its columns in this order."""

    capture_id: str
    url: str
    warc_file: str
    warc_offset: int
    warc_length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    kind: str
    """damage, block-digest, payload-digest, refers-to, warcinfo, record-id, gzip, open, manifest, missing-file, row
    (points nowhere), row-differs, no-row, wacz."""
    file: str
    """Name of the WARC file."""
    offset: int | None = None
    message: str

    def __str__(self) -> str:
        place = self.file if self.offset is None else f"{self.file} at {self.offset}"
        return f"{place}: {self.message} [{self.kind}]"


def verify_archive(
    archive_dir: Path,
    manifest: Path,
    captures: Iterable[CapturePlace | tuple[str, str, str, int, int]] | None,
    *,
    growing: AbstractSet[str] = frozenset(),
    progress: Callable[[str], None] = lambda _: None,
) -> list[Finding]:
    """Return everything that is wrong in an archive folder; an empty list if nothing is.

    Files that another process is writing are left out, with their rows. Rows and manifest entries of the files named
    ``growing`` are not compared.

    Checks every record (gzip member, block and payload digest, warcinfo, what it refers to), the manifest both ways,
    and, if ``captures`` are given, that every row's place holds its capture and every capture has a row. Reads each
    file twice, and holds no body over ``scan.MEMORY_BLOCK`` in memory. ``progress`` is called with what is checked.
    """
    files = closed_files(archive_dir)
    still_open, written = sorted(archive_dir.glob(f"*{OPEN_SUFFIX}")), being_written(archive_dir)
    manifest_findings = [one for one in _check_manifest(manifest, files) if one.file not in growing]
    findings = [
        Finding(kind="open", file=path.name, message="is not closed: the crawl that wrote it has crashed")
        for path in still_open
        if path not in written and path.exists()
    ]
    rows = None if captures is None else _Rows(captures)
    check = _RecordCheck()
    pairing = Pairing()
    for place, path in enumerate(files, 1):
        progress(f"checking file {place} of {len(files)}")
        for event in pairing.events(check.records(Source(path))):
            if isinstance(event, Capture) and rows is not None and path.name not in growing:
                findings += rows.matched(event)
    findings += check.findings
    findings += check.referred()
    if rows is not None:
        unjudged = growing | {path.name.removesuffix(OPEN_SUFFIX) for path in written}
        findings += rows.unmatched({path.name for path in files}, unjudged)
        for number, finding in enumerate(manifest_findings):
            moved = rows.moved.get(finding.file, [])
            if moved and all(other.file != finding.file for other in findings):
                del rows.moved[finding.file]
                message = (
                    f"{finding.message}; all its records are there, at other places than the rows say: recompressed?"
                )
                manifest_findings[number] = replace(finding, message=message)
        findings += chain.from_iterable(rows.moved.values())
    return manifest_findings + findings


def verify_file(path: Path) -> list[Finding]:
    """Return everything that is wrong in one WARC file or WACZ package; an empty list if nothing is.

    A package is checked for all that its format requires (``publish.wacz_check``). What a revisit in a WARC file refers
    to may be in another file, and is not looked for. Raises OSError if it cannot be read, ValueError if it is neither.
    """
    check = _RecordCheck()
    sources = list(sources_of(path))
    for source in sources:
        for _ in check.records(source):
            pass
    if sources and sources[0].member is None:
        return check.findings
    problems = [Finding(kind="wacz", file=path.name, message=problem) for problem in check_wacz(path)]
    return [*check.findings, *check.referred(), *problems]


def listed_damage(manifest: Path, *, anew: bool = True) -> Iterator[Finding]:
    """Yield a finding for each file that is missing or differs from the manifest. Reads each file once.

    Unless ``anew``, an object of the folder's store is read only if it was written since it was last read.
    """
    archive = stored_archive(manifest.parent)
    if archive is not None:
        archive.store.list_anew()
    for entry, expected in read_manifest(manifest).items():
        path = manifest.parent / entry
        stored = archive.digest(path.name, anew=anew) if archive is not None else None
        if not path.is_file():
            if stored is None:
                where = "not there" if archive is None else f"neither there nor in {archive.url}"
                yield Finding(kind="missing-file", file=entry, message=f"is in the manifest, but {where}")
        elif (actual := sha256_of(path)) != expected:
            yield Finding(kind="manifest", file=path.name, message=f"SHA-256 is {actual}, in the manifest {expected}")
        if archive is not None and stored not in {None, expected}:
            message = f"SHA-256 of the object in {archive.url} is {stored}, in the manifest {expected}"
            yield Finding(kind="manifest", file=path.name, message=message)


def _check_manifest(manifest: Path, files: list[Path]) -> Iterator[Finding]:
    yield from listed_damage(manifest)
    entries = read_manifest(manifest)
    for path in files:
        if entry_of(manifest, path) not in entries:
            yield Finding(kind="manifest", file=path.name, message="is missing in the manifest")


class _Rows:
    """The rows of a database, crossed off as their captures are found."""

    def __init__(self, captures: Iterable[CapturePlace | tuple[str, str, str, int, int]]) -> None:
        places = [CapturePlace(*row) for row in captures]
        self._rows = {(row.warc_file, row.capture_id): row for row in places}
        self.moved: dict[str, list[Finding]] = {}
        """By file, findings that a record is there, but at another offset or of another length."""

    def matched(self, capture: Capture) -> Iterator[Finding]:
        """Cross off the row of a capture; yield findings if it is missing or differs."""
        row = self._rows.pop((capture.warc_file, capture.capture_id), None)
        if row is None:
            yield _without_row(capture)
            return
        if row.url != capture.url:
            yield _differs(row, capture, "url")
        if row.warc_offset != capture.warc_offset:
            self.moved.setdefault(row.warc_file, []).extend((_without_row(capture), _points_nowhere(row, is_file=True)))
        elif row.warc_length != capture.warc_length:
            self.moved.setdefault(row.warc_file, []).append(_differs(row, capture, "warc_length"))

    def unmatched(self, files: set[str], unjudged: AbstractSet[str]) -> Iterator[Finding]:
        """Yield a finding for each row that points nowhere, except those of ``unjudged`` files."""
        for row in self._rows.values():
            if row.warc_file not in unjudged:
                yield _points_nowhere(row, is_file=row.warc_file in files)


def _without_row(capture: Capture) -> Finding:
    message = f"{capture.capture_id} ({capture.url}) has no row"
    return Finding(kind="no-row", file=capture.warc_file, offset=capture.warc_offset, message=message)


def _points_nowhere(row: CapturePlace, *, is_file: bool) -> Finding:
    why = "no such record is there" if is_file else "there is no such file"
    message = f"the row of {row.capture_id} ({row.url}) points nowhere: {why}"
    return Finding(kind="row", file=row.warc_file, offset=row.warc_offset, message=message)


def _differs(row: CapturePlace, capture: Capture, name: str) -> Finding:
    here, there = getattr(row, name), getattr(capture, name)
    message = f"{row.capture_id}: the row's {name} is {here!r}, the record's {there!r}"
    return Finding(kind="row-differs", file=row.warc_file, offset=row.warc_offset, message=message)


class _RecordCheck:
    """Checks records on their way to the pairing."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._payloads: dict[int, int] = {}
        """Hash of a record id → hash of its payload digest's bytes; 0 if it states none."""
        self._revisits: list[tuple[Source, int, str, int]] = []

    def records(self, source: Source) -> Iterator[RawRecord | Damage]:
        """Yield a file's records, noting what is wrong with them."""
        warcinfos: set[str] = set()
        several, odd = False, set[str]()
        for record in records_of(source):
            if isinstance(record, Damage):
                self._find("damage", source, record.warc_offset, record.reason)
                yield record
                continue
            if record.oddity is not None and record.oddity not in odd:
                odd.add(record.oddity)
                self._find("damage", source, record.offset, record.oddity)
            if not record.alone and not several:
                several = True
                self._find("gzip", source, record.offset, "gzip member holds several records")
            self._check_ids(record, warcinfos)
            self._check_digests(record)
            yield record

    def _find(self, kind: str, source: Source, offset: int, message: str) -> None:
        self.findings.append(Finding(kind=kind, file=source.name, offset=offset, message=message))

    def _check_ids(self, record: RawRecord, warcinfos: set[str]) -> None:
        own = warc_uri(record.get("warc-record-id"))
        if own is None and record.source.is_arc:
            return
        if own is None:
            self._find("record-id", record.source, record.offset, "record has no id")
            return
        if hash(own) in self._payloads:
            self._find("record-id", record.source, record.offset, f"{own} is the id of another record too")
        stated = record.get("warc-payload-digest") if record.rtype in {"response", "resource", "conversion"} else None
        self._payloads[hash(own)] = _digest_key(stated)
        if record.rtype == "warcinfo":
            warcinfos.add(own)
        named = warc_uri(record.get("warc-warcinfo-id"))
        if named is not None and named not in warcinfos:
            self._find("warcinfo", record.source, record.offset, f"{own} names a warcinfo {named} not in this file")
        refers_to = warc_uri(record.get("warc-refers-to"))
        if record.rtype == "revisit" and refers_to is not None:
            key = _digest_key(record.get("warc-payload-digest"))
            self._revisits.append((record.source, record.offset, refers_to, key))

    def _check_digests(self, record: RawRecord) -> None:
        try:
            self._compare(record, "block", record.get("warc-block-digest"))
            # The payload digest of an answer in several records is that of all of them together.
            if record.rtype != "revisit" and "warc-segment-number" not in record.values:
                self._compare(record, "payload", record.get("warc-payload-digest"))
        except (RecordError, OSError) as error:
            self._find("damage", record.source, record.offset, str(error))

    def _compare(self, record: RawRecord, what: str, stated: str | None) -> None:
        if stated is None:
            return
        algorithm, expected = parse_digest(stated)
        if expected is None:
            self._find(f"{what}-digest", record.source, record.offset, f"{what} digest {stated!r} cannot be read")
            return
        pieces = record.pieces() if what == "block" else entity_pieces(record)
        actual = _hashed(algorithm, pieces)
        if actual == expected:
            return
        if what == "payload" and algorithm == "sha1" and _hashed(algorithm, _body_pieces(record)) == expected:
            return
        name = warc_uri(record.get("warc-record-id"))
        self._find(f"{what}-digest", record.source, record.offset,
                   f"{what} digest of {name} is {algorithm}:{actual.hex()}, not {stated} as stated")  # fmt: skip

    def referred(self) -> Iterator[Finding]:
        """Yield a finding for each revisit whose payload is missing or different."""
        for source, offset, refers_to, key in self._revisits:
            held = self._payloads.get(hash(refers_to))
            if held is None:
                yield Finding(kind="refers-to", file=source.name, offset=offset,
                              message=f"revisit refers to {refers_to}, which is in no file")  # fmt: skip
            elif key and held and key != held:
                yield Finding(kind="payload-digest", file=source.name, offset=offset,
                              message=f"revisit's payload digest is not that of {refers_to}")  # fmt: skip


def _digest_key(stated: str | None) -> int:
    algorithm, digest = parse_digest(stated or "")
    return hash((algorithm, digest)) if digest else 0


def _hashed(algorithm: str, pieces: Iterable[bytes]) -> bytes:
    hasher = hashlib.new(algorithm, usedforsecurity=False)
    for piece in pieces:
        hasher.update(piece)
    return hasher.digest()


def _body_pieces(record: RawRecord) -> Iterator[bytes]:
    """Yield everything after the HTTP head, chunk framing included."""
    skip = len(record.block) - len(http.split_head(record.block)[2]) if is_http(record) else 0
    for piece in record.pieces():
        yield piece[skip:]
        skip = max(0, skip - len(piece))
