"""WACZ 1.1.1 packages, streamed: WARC files as they are, with an index, a list of pages and digests of it all.

Formats: https://specs.webrecorder.net/wacz/1.1.1/ and, for signatures, https://specs.webrecorder.net/wacz-auth/0.1.0/.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import io
import json
import struct
import tempfile
import uuid
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from campbell_scraper.archive.http import GZIP_MAGIC
from campbell_scraper.archive.read.archive_files import Source
from campbell_scraper.archive.read.locate import crawl_of
from campbell_scraper.archive.read.pairing import warc_uri
from campbell_scraper.archive.read.scan import RawRecord, scan
from campbell_scraper.archive.stored_files import open_warc
from campbell_scraper.atomic_files import replacing

from .cdxj import index_lines
from .timestamps import timestamp
from .withheld import Withheld, copy_bytes, record_id

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

WACZ_VERSION: Final = "1.1.1"
SIGNATURE_VERSION: Final = "0.1.0"
PAGES_FORMAT: Final = "json-pages-1.0"
SOFTWARE: Final = "campbell_scraper"
INDEX_BLOCK: Final = 300
"""Lines of a block of the compressed index."""
_PAGE_IDS: Final = uuid.UUID("b6ce5c32-9e43-5f55-8c55-0f7f44d5a0f1")
_PIECE: Final = 1 << 20
_EXTENDED_TIMESTAMP: Final = 0x5455
"""Header id of the extra field "extended timestamp" (PKWARE's APPNOTE, 4.6.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEntry:
    """A page to be listed: an entry point of the package."""

    url: str
    ts: str
    """Capture time, ISO 8601 UTC."""
    title: str | None = None
    text: str | None = None
    """Its text, for full-text search."""


@dataclass(slots=True)
class _Resource:
    name: str
    path: str
    digest: str
    size: int

    def entry(self) -> dict[str, Any]:
        return {"name": self.name, "path": self.path, "hash": f"sha256:{self.digest}", "bytes": self.size}


@dataclass(slots=True)
class _Package:
    """A zip file being written, with a list of its entries."""

    zip: zipfile.ZipFile
    moment: datetime
    resources: list[_Resource] = field(default_factory=list)

    def add(self, path: str, pieces: Iterable[bytes], *, compressed: bool, listed: bool = True) -> str:
        """Write one entry; return its SHA-256 in hex."""
        info = zipfile.ZipInfo(path, self.moment.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        digest = hashlib.sha256()
        size = 0
        with self.zip.open(info, "w", force_zip64=True) as entry:
            for piece in pieces:
                entry.write(piece)
                digest.update(piece)
                size += len(piece)
        # The local header has an extra field (ZIP64, the size being unknown when it is written). ReplayWeb.page looks
        # for one there only if the central directory has one too: so a time of change goes there.
        info.extra = struct.pack("<HHBI", _EXTENDED_TIMESTAMP, 5, 1, int(self.moment.timestamp()) & 0xFFFFFFFF)
        if listed:
            self.resources.append(_Resource(path.rpartition("/")[2], path, digest.hexdigest(), size))
        return digest.hexdigest()


def write_wacz(
    out: Path,
    archive_files: Sequence[Path],
    *,
    pages: Iterable[PageEntry],
    title: str,
    description: str,
    crawl_id: str | None = None,
    needed: Collection[str] = (),
    hidden: Collection[str] = (),
    key: Path | None = None,
    authority: str | None = None,
    software: str = SOFTWARE,
    progress: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write a WACZ of these WARC files, or of those of one crawl among them.

    A package of one crawl also carries, byte for byte in a WARC file of their own, the records that its revisits refer
    to, and those whose ids are ``needed``. Records of ``hidden`` URLs are left out, and so are revisits of them.
    ``pages`` are streamed. ``key`` is a PEM file with an ECDSA P-384 private key, with which the package is signed (the
    anonymous signature of wacz-auth), and ``authority`` the URL of a time stamping authority (RFC 3161) that is asked
    for a timestamp of the signature. ``progress`` is called with what is packaged. Returns ``out``, which is replaced
    in one step.

    Raises ValueError if there is nothing to package, the key is of another kind or no timestamp was given, OSError if a
    file cannot be read or written.
    """
    signer = Signer(_load_key(key), authority) if key else None
    with (
        replacing(out) as fresh,
        files_to_package(archive_files, crawl_id, hidden, needed) as files,
        zipfile.ZipFile(fresh, "w", allowZip64=True) as package,
    ):
        about = {"title": title, "description": description, "software": software}
        _fill(_Package(package, datetime.now(UTC)), files, pages, about, signer, progress=progress)
    return out


@contextlib.contextmanager
def files_to_package(
    archive_files: Sequence[Path], crawl_id: str | None, hidden: Collection[str], needed: Collection[str] = ()
) -> Iterator[list[tuple[str, Path]]]:
    """Yield the names and paths of WARC files, or of those of one crawl, while the block runs.

    With those of one crawl comes a file of the records that its revisits refer to, and of those whose ids are
    ``needed``. Files with records of ``hidden`` URLs are replaced by copies without them. Raises ValueError if
    there are no files.
    """
    files = sorted((path for path in archive_files if path.name.endswith((".warc.gz", ".warc"))), key=lambda p: p.name)
    chosen = files if crawl_id is None else [path for path in files if crawl_of(Source(path)) == crawl_id]
    if not chosen:
        raise ValueError("there are no WARC files to package" + (f" of crawl {crawl_id}" if crawl_id else ""))
    named = {path.name: path for path in chosen}
    if len(named) < len(chosen):
        raise ValueError("two of the WARC files have the same name")
    with tempfile.TemporaryDirectory() as folder:
        referred = Path(folder) / _referred_name(crawl_id)
        if crawl_id and _write_referred(referred, chosen, [path for path in files if path not in chosen], needed):
            named[referred.name] = referred
        if hidden:
            withheld = Withheld({*files, *named.values()}, hidden)
            (copies := Path(folder) / "copies").mkdir()
            named = {name: withheld.copied(path, copies) for name, path in named.items()}
        yield list(named.items())


def _fill(
    package: _Package,
    files: Sequence[tuple[str, Path]],
    pages: Iterable[PageEntry],
    about: dict[str, str],
    signer: Signer | None,
    *,
    progress: Callable[[str], None],
) -> None:
    lines: list[str] = []
    for number, (name, path) in enumerate(files, 1):
        progress(f"packaging file {number} of {len(files)}")
        package.add(f"archive/{name}", _file_pieces(path), compressed=False)
        lines += index_lines(path)[0]
    index, directory = _compressed_index(sorted(lines))
    package.add("indexes/index.cdx.gz", [index], compressed=False)
    package.add("indexes/index.idx", [directory], compressed=True)
    listed = _PageList(pages)
    package.add("pages/pages.jsonl", listed.pieces(), compressed=True)
    created = package.moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    datapackage: dict[str, Any] = {
        "profile": "data-package",
        "wacz_version": WACZ_VERSION,
        **about,
        "created": created,
    }
    if listed.first is not None:
        datapackage |= {"mainPageUrl": listed.first.url, "mainPageDate": _page_time(listed.first.ts)}
    datapackage["resources"] = [resource.entry() for resource in package.resources]
    content = json.dumps(datapackage, indent=2, ensure_ascii=False).encode()
    digest = package.add("datapackage.json", [content], compressed=True, listed=False)
    statement: dict[str, Any] = {"path": "datapackage.json", "hash": f"sha256:{digest}"}
    if signer is not None:
        statement["signedData"] = signer.signed(statement["hash"], created, about["software"])
    package.add("datapackage-digest.json", [json.dumps(statement, indent=2).encode()], compressed=True, listed=False)


def _file_pieces(path: Path) -> Iterator[bytes]:
    with open_warc(path) as file:
        while piece := file.read(_PIECE):
            yield piece


class _PageList:
    """pages.jsonl, line by line, and the first page that was in it."""

    def __init__(self, pages: Iterable[PageEntry]) -> None:
        self.first: PageEntry | None = None
        self._pages = pages

    def pieces(self) -> Iterator[bytes]:
        header = {"format": PAGES_FORMAT, "id": "pages", "title": "All Pages", "hasText": True}
        yield json.dumps(header).encode() + b"\n"
        for page in self._pages:
            self.first = self.first or page
            ts = _page_time(page.ts)
            entry = {"id": str(uuid.uuid5(_PAGE_IDS, f"{page.url} {page.ts}")), "url": page.url, "ts": ts}
            entry |= {name: value for name, value in (("title", page.title), ("text", page.text)) if value is not None}
            yield json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _page_time(value: str) -> str:
    """Return a time as RFC 3339 with seconds, as index lines have it: players look a page up by it."""
    moment = datetime.fromisoformat(value).astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _compressed_index(lines: Sequence[str]) -> tuple[bytes, bytes]:
    """Return index.cdx.gz (blocks of lines, each a gzip member) and index.idx (where each block is)."""
    data = io.BytesIO()
    header = {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}
    directory = [f"!meta 0 {json.dumps(header)}\n"]
    for start in range(0, len(lines), INDEX_BLOCK):
        block = gzip.compress("".join(lines[start : start + INDEX_BLOCK]).encode(), mtime=0)
        place = {"offset": data.tell(), "length": len(block), "digest": f"sha256:{hashlib.sha256(block).hexdigest()}",
                 "filename": "index.cdx.gz"}  # fmt: skip
        directory.append(f"{lines[start].split('{', 1)[0].strip()} {json.dumps(place)}\n")
        data.write(block)
    return data.getvalue(), "".join(directory).encode()


def _referred_name(crawl_id: str | None) -> str:
    # Sorts before all others, so that a reader meets a payload before its revisits.
    return f"0-referred-{hashlib.sha256((crawl_id or '').encode()).hexdigest()[:8]}.warc.gz"


def _write_referred(out: Path, chosen: Sequence[Path], others: Sequence[Path], needed: Collection[str]) -> int:
    """Copy ``needed`` and what revisits in ``chosen`` refer to from ``others``, with warcinfos; return how many."""
    wanted = set(needed)
    held: set[str] = set()
    for path in chosen:
        for record in scan(Source(path)):
            if isinstance(record, RawRecord):
                held.add(record_id(record))
                refers_to = warc_uri(record.get("warc-refers-to"))
                if record.rtype == "revisit" and refers_to:
                    wanted.add(refers_to)
    wanted -= held
    copied = 0
    with out.open("wb") as target:
        for path in others if wanted else ():
            warcinfo: RawRecord | None = None
            for record in scan(Source(path)):
                if not isinstance(record, RawRecord):
                    continue
                if record.rtype == "warcinfo":
                    warcinfo = record
                elif record_id(record) in wanted:
                    wanted.discard(record_id(record))
                    for member in (warcinfo, record):
                        if member is not None:
                            _copy_member(path, member, target)
                    warcinfo = None
                    copied += 1
    return copied


def _copy_member(path: Path, record: RawRecord, target: IO[bytes]) -> None:
    """Copy a record byte for byte; one of an uncompressed file becomes a gzip member."""
    with io.BufferedReader(cast("io.RawIOBase", open_warc(path))) as source, contextlib.ExitStack() as closing:
        source.seek(record.offset)
        if source.read(2) != GZIP_MAGIC:
            target = cast("IO[bytes]", closing.enter_context(gzip.GzipFile("", "wb", fileobj=target, mtime=0)))
        copy_bytes(source, record, target)


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP384R1):
        raise ValueError(f"{path.name} holds no ECDSA P-384 private key, which a WACZ signature needs")  # noqa: TRY004 - no type is wrong
    return key


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs packages."""

    key: ec.EllipticCurvePrivateKey
    authority: str | None
    """URL of a time stamping authority."""

    def signed(self, digest: str, created: str, software: str) -> dict[str, str]:
        """Return the anonymous form of signedData: ECDSA over the hash label, r and s side by side as in WebCrypto.

        As in authsign, the timestamp covers the Base64 text of the signature.
        """
        r, s = decode_dss_signature(self.key.sign(digest.encode(), ec.ECDSA(hashes.SHA256())))
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        public = self.key.public_key().public_bytes(serialization.Encoding.DER, form)
        signature = base64.b64encode(r.to_bytes(48, "big") + s.to_bytes(48, "big")).decode()
        return {
            "hash": digest,
            "created": created,
            "software": software,
            "version": SIGNATURE_VERSION,
            "signature": signature,
            "publicKey": base64.b64encode(public).decode(),
        } | (timestamp(self.authority, signature.encode()) if self.authority else {})
