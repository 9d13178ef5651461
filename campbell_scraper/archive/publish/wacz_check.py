"""Checks WACZ packages strictly.

``wacz validate`` 0.6 passes packages whose index points nowhere, whose archive is compressed and whose page list is no
page list. This one reads every record, line and page, and names whatever differs from WACZ 1.1.1.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
import zlib
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from campbell_scraper.archive.capture import Damage
from campbell_scraper.archive.http import status_of
from campbell_scraper.archive.publish.timestamps import TIMESTAMP_NAMES, timestamp_problem
from campbell_scraper.archive.read.archive_files import Source
from campbell_scraper.archive.read.pairing import warc_date, warc_uri
from campbell_scraper.archive.read.scan import scan
from campbell_scraper.archive.surt_keys import timestamp_of
from campbell_scraper.archive.userinfo import without_userinfo
from campbell_scraper.untrusted_json import parsed_json

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from campbell_scraper.archive.read.scan import RawRecord

_MAX_JSON: Final = 64 * 1024 * 1024
_MAX_LINE: Final = 64 * 1024 * 1024
_MAX_INDEX: Final = 1024 * 1024 * 1024
_PIECE: Final = 1 << 20
_SIGNATURE_NAMES: Final = {"hash", "created", "software", "version", "signature", "publicKey"}
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_PLAIN_INDEX: Final = re.compile(r"indexes/[^/]+\.cdxj?", re.IGNORECASE)
"""As js-wacz and HTTrack write it: the index of a small archive need not be compressed."""
_MEANT_TO_BE_UNLISTED: Final = {"datapackage.json", "datapackage-digest.json"}


def check_wacz(path: Path) -> list[str]:
    """Return what is wrong with a package, one sentence each; an empty list if nothing is."""
    problems: list[str] = []
    try:
        with zipfile.ZipFile(path) as package:
            # One by one, so that what was found is not lost when the package cannot be read to its end.
            for problem in _PackageCheck(path, package).run():
                problems.append(problem)  # noqa: PERF402
    except (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError) as error:
        problems.append(f"{path.name} cannot be read: {error}")
    return problems


class _PackageCheck:
    def __init__(self, path: Path, package: zipfile.ZipFile) -> None:
        self._path = path
        self._zip = package
        self._infos = {info.filename: info for info in package.infolist() if not info.is_dir()}
        self._indexed: set[tuple[str, int]] = set()
        self._urls: set[tuple[str, str]] = set()
        """URL and fourteen-digit time of every indexed capture."""

    def run(self) -> Iterator[str]:
        names = [info.filename for info in self._zip.infolist()]
        yield from (f"{name} is in the package twice" for name in sorted({n for n in names if names.count(n) > 1}))
        yield from (f"{name} is not a safe path" for name in names if name.startswith("/") or ".." in name.split("/"))
        datapackage = yield from self._json("datapackage.json")
        if datapackage is not None:
            yield from self._datapackage(datapackage)
        yield from self._digest(datapackage)
        archive = [name for name in self._infos if name.startswith("archive/")]
        if not archive:
            yield "archive/ holds no WARC file"
        for name in archive:
            if self._infos[name].compress_type != zipfile.ZIP_STORED:
                yield f"{name} is compressed: players cannot seek in it"
        yield from self._indexes()
        yield from self._records(archive)
        yield from self._pages(datapackage)

    def _read(self, name: str, limit: int) -> bytes:
        with self._zip.open(self._infos[name]) as entry:
            data = entry.read(limit + 1)
        if len(data) > limit:
            raise ValueError(f"is over {limit} bytes")
        return data

    def _json(self, name: str) -> Generator[str, None, dict[str, Any] | None]:
        """Yield problems; return the object, or None."""
        if name not in self._infos:
            yield f"{name} is missing"
            return None
        try:
            value = parsed_json(self._read(name, _MAX_JSON))
        except ValueError as error:
            yield f"{name} is not JSON: {error}"
            return None
        if not isinstance(value, dict):
            yield f"{name} is not a JSON object"
            return None
        return value

    def _datapackage(self, datapackage: dict[str, Any]) -> Iterator[str]:
        if datapackage.get("profile") != "data-package":
            yield f"datapackage.json: profile is {datapackage.get('profile')!r}, not 'data-package'"
        if datapackage.get("wacz_version") != "1.1.1":
            yield f"datapackage.json: wacz_version is {datapackage.get('wacz_version')!r}, not '1.1.1'"
        if not _is_time(datapackage.get("created")):
            yield f"datapackage.json: created is {datapackage.get('created')!r}, not an RFC 3339 time in UTC"
        resources = datapackage.get("resources")
        if not isinstance(resources, list):
            yield "datapackage.json: resources is not a list"
            return
        listed: set[str] = set()
        for resource in resources:
            yield from self._resource(resource, listed)
        for name in sorted(set(self._infos) - listed - _MEANT_TO_BE_UNLISTED):
            yield f"{name} is not among the resources"

    def _resource(self, resource: Any, listed: set[str]) -> Iterator[str]:
        if not isinstance(resource, dict) or not all(resource.get(key) for key in ("name", "path", "hash")):
            yield f"datapackage.json: a resource lacks name, path or hash: {str(resource)[:100]}"
            return
        path = str(resource["path"])
        if path in listed:
            yield f"datapackage.json: {path} is listed twice"
        listed.add(path)
        if resource["name"] != path.rpartition("/")[2]:
            yield f"datapackage.json: {path} is named {resource['name']!r}"
        if path not in self._infos:
            yield f"{path} is among the resources, but not in the package"
            return
        digest, size = self._hash(path)
        if resource["hash"] != f"sha256:{digest}":
            yield f"{path}: SHA-256 is {digest}, not {resource['hash']} as stated"
        if resource.get("bytes") != size:
            yield f"{path}: {size} bytes, not {resource.get('bytes')!r} as stated"

    def _hash(self, name: str) -> tuple[str, int]:
        digest = hashlib.sha256()
        size = 0
        with self._zip.open(self._infos[name]) as entry:
            while piece := entry.read(_PIECE):
                digest.update(piece)
                size += len(piece)
        return digest.hexdigest(), size

    def _digest(self, datapackage: dict[str, Any] | None) -> Iterator[str]:
        statement = yield from self._json("datapackage-digest.json")
        if statement is None or datapackage is None:
            return
        if statement.get("path") != "datapackage.json":
            yield f"datapackage-digest.json: path is {statement.get('path')!r}"
        actual = f"sha256:{self._hash('datapackage.json')[0]}"
        if statement.get("hash") != actual:
            yield f"datapackage-digest.json: hash is {statement.get('hash')!r}, that of datapackage.json {actual}"
        if "signedData" in statement:
            problem = signature_problem(statement["signedData"], actual)
            if problem:
                yield f"datapackage-digest.json: {problem}"

    def _indexes(self) -> Iterator[str]:
        plain = [name for name in self._infos if _PLAIN_INDEX.fullmatch(name)]
        for name in plain:
            lines = self._read(name, _MAX_INDEX).decode("utf-8", "replace").splitlines(keepends=True)
            yield from self._index_lines(name, lines)
        if plain:
            return
        if "indexes/index.cdx.gz" not in self._infos or "indexes/index.idx" not in self._infos:
            yield "indexes/index.cdx.gz or indexes/index.idx is missing"
            return
        data = self._read("indexes/index.cdx.gz", _MAX_INDEX)
        directory = self._read("indexes/index.idx", _MAX_INDEX).decode("utf-8", "replace").splitlines()
        if not directory or not directory[0].startswith("!meta 0 "):
            yield "indexes/index.idx does not begin with its !meta line"
        last = ""
        end = 0
        for entry in directory[1:]:
            try:
                key, block = _index_block(entry, data)
            except (ValueError, KeyError, TypeError, OSError, EOFError, zlib.error) as error:
                yield f"indexes/index.idx: {entry[:100]!r}: {error}"
                continue
            end += len(block[1])
            if block[0] and not block[0][0].startswith(key):
                yield f"indexes/index.idx: {key!r} is not the beginning of its block"
            yield from self._index_lines("indexes/index.cdx.gz", block[0], last)
            last = block[0][-1] if block[0] else last
        if end != len(data):
            yield f"indexes/index.idx covers {end} of {len(data)} bytes of index.cdx.gz"

    def _index_lines(self, name: str, lines: list[str], last: str = "") -> Iterator[str]:
        for line in lines:
            if line < last:
                yield f"{name} is not sorted at {line[:80]!r}"
            last = line
            yield from self._index_line(name, line)

    def _index_line(self, name: str, line: str) -> Iterator[str]:
        try:
            _, timestamp, rest = line.split(" ", 2)
            entry = parsed_json(rest)
            place = (f"archive/{entry['filename']}", int(entry["offset"]))
            url = without_userinfo(str(entry["url"]))
            int(entry["length"])
        except (ValueError, KeyError, TypeError) as error:
            yield f"{name}: {line[:80]!r}: {error!r}"
            return
        self._indexed.add(place)
        self._urls.add((url, timestamp))
        if place[0] not in self._infos:
            yield f"{name} names {place[0]}, which is not in the package"

    def _records(self, archive: list[str]) -> Iterator[str]:
        """Read every record: what is indexed must be there, what can be replayed must be indexed."""
        places: dict[tuple[str, int], tuple[str, str]] = {}
        dispensable: set[tuple[str, int]] = set()
        others: set[tuple[str, int]] = set()  # show nothing; js-wacz has them in its index all the same
        for name in archive:
            for record in scan(Source(self._path, name)):
                if isinstance(record, Damage):
                    yield f"{name} at {record.warc_offset}: {record.reason}"
                elif record.rtype in {"response", "revisit", "resource"}:
                    date = warc_date(record.get("warc-date")) or ""
                    url = warc_uri(record.get("warc-target-uri")) or ""
                    places[name, record.offset] = (url, timestamp_of(date))
                    if _is_not_modified(record):
                        dispensable.add((name, record.offset))
                else:
                    others.add((name, record.offset))
        for place in sorted(self._indexed - places.keys() - others):
            if place[0] in self._infos:
                yield f"indexes/: there is no record in {place[0]} at {place[1]}"
        for place in sorted(places.keys() - self._indexed - dispensable):
            yield f"{place[0]} at {place[1]}: {places[place][0]} is not in the index"
        for place in self._indexed & places.keys():
            if places[place] not in self._urls:
                yield f"{place[0]} at {place[1]}: the index says another URL or time than {places[place]}"

    def _pages(self, datapackage: dict[str, Any] | None) -> Iterator[str]:
        name = "pages/pages.jsonl"
        if name not in self._infos:
            yield f"{name} is missing"
            return
        ids: set[str] = set()
        urls: set[str] = set()
        with self._zip.open(self._infos[name]) as entry:
            for number, line in enumerate(_lines(entry)):
                try:
                    page = parsed_json(line)
                except ValueError as error:
                    yield f"{name} line {number + 1} is not JSON: {error}"
                    continue
                if not isinstance(page, dict):
                    yield f"{name} line {number + 1} is not a JSON object"
                elif number == 0:
                    if page.get("format") != "json-pages-1.0" or not page.get("id"):
                        yield f"{name} does not begin with a line that names format json-pages-1.0 and an id"
                else:
                    yield from self._page(page, f"{name} line {number + 1}", ids)
                    urls.add(str(page.get("url")))
        main = (datapackage or {}).get("mainPageUrl")
        if main is not None and main not in urls:
            yield f"datapackage.json: mainPageUrl {main!r} is not among the pages"

    def _page(self, page: dict[str, Any], where: str, ids: set[str]) -> Iterator[str]:
        url, ts = page.get("url"), page.get("ts")
        if not isinstance(url, str) or not _is_time(ts):
            yield f"{where}: url {url!r} or ts {ts!r} is missing or malformed"
            return
        if "id" in page:
            if page["id"] in ids:
                yield f"{where}: id {page['id']!r} comes twice"
            ids.add(page["id"])
        for key in ("title", "text"):
            if key in page and not isinstance(page[key], str):
                yield f"{where}: {key} is not text"
        if (url, timestamp_of(str(ts))) not in self._urls:
            yield f"{where}: {url} of {ts} is not in the index"


def _is_not_modified(record: RawRecord) -> bool:
    """Tell whether a record is a 304, which shows nothing and so may be left out of the index."""
    return record.rtype != "resource" and status_of(record.block[:4096]) == 304


def _index_block(entry: str, data: bytes) -> tuple[str, tuple[list[str], bytes]]:
    key, _, rest = entry.partition(" {")
    place = parsed_json("{" + rest)
    block = data[int(place["offset"]) : int(place["offset"]) + int(place["length"])]
    if "digest" in place and place["digest"] != f"sha256:{hashlib.sha256(block).hexdigest()}":
        raise ValueError("its block has another digest")
    inflater = zlib.decompressobj(31)
    text = inflater.decompress(block, _MAX_LINE)
    if not inflater.eof or inflater.unused_data:
        raise ValueError("its block is not a whole gzip member")
    return key, (text.decode("utf-8", "replace").splitlines(keepends=True), block)


def _lines(entry: IO[bytes]) -> Iterator[bytes]:
    while line := entry.readline(_MAX_LINE):
        yield line


def _is_time(value: object) -> bool:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value).astimezone(UTC)
    except ValueError:
        return False
    return True


def signature_problem(signed: object, digest: str) -> str | None:
    """Return what is wrong with a signedData object over a hash label; None for a valid anonymous signature.

    Domain signatures (with certificates) are not checked, which is reported.
    """
    if not isinstance(signed, dict):
        return "signedData is not an object"
    if "domain" in signed:
        return "signedData is a domain signature, which is not checked here"
    if set(signed) - TIMESTAMP_NAMES != _SIGNATURE_NAMES:
        return f"signedData has {', '.join(sorted(signed))} instead of {', '.join(sorted(_SIGNATURE_NAMES))}"
    if signed["hash"] != digest or not _DIGEST.fullmatch(digest):
        return f"the signed hash is {signed['hash']!r}, not {digest}"
    return _ecdsa_problem(signed, digest) or timestamp_problem(signed)


def _ecdsa_problem(signed: dict[str, Any], digest: str) -> str | None:
    try:
        key = serialization.load_der_public_key(base64.b64decode(str(signed["publicKey"]), validate=True))
        raw = base64.b64decode(str(signed["signature"]), validate=True)
        if not isinstance(key, ec.EllipticCurvePublicKey) or len(raw) != 2 * ((key.curve.key_size + 7) // 8):
            return "signature or public key is not an ECDSA one"
        half = len(raw) // 2
        der = encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
        key.verify(der, digest.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return "the signature is not valid"
    except ValueError as error:
        return f"signature or public key cannot be read: {error}"
    return None
