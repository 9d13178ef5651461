"""What a local Wayback Machine holds, and its index of it (CDX server): rows by prefix, bounds of time and filters."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import surt  # type: ignore[import-untyped] # has no stubs

Header = tuple[str, str]
Row = dict[str, str]
FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")


@dataclass(frozen=True, slots=True)
class Capture:
    """One capture it holds."""

    timestamp: str
    original: str
    status: int
    headers: tuple[Header, ...]
    body: bytes
    """Content-encoded as the headers say."""
    revisit: bool = False
    """Listed as warc/revisit, its payload being that of an earlier capture."""

    @property
    def urlkey(self) -> str:
        """SURT of the URL, as the index sorts by it."""
        return str(surt.surt(self.original))

    @property
    def digest(self) -> str:
        """SHA-1 of the payload, Base32."""
        return base64.b32encode(hashlib.sha1(self.body, usedforsecurity=False).digest()).decode()

    def row(self) -> Row:
        """Return its row of the index."""
        mimetype = next((value for name, value in self.headers if name.lower() == "content-type"), "unk")
        return {
            "urlkey": self.urlkey,
            "timestamp": self.timestamp,
            "original": self.original,
            "mimetype": "warc/revisit" if self.revisit else mimetype.partition(";")[0],
            "statuscode": "-" if self.revisit else str(self.status),
            "digest": self.digest,
            "length": str(len(self.body)),
        }


def rows(captures: Iterable[Capture], query: Mapping[str, list[str]], *, malformed: bool) -> list[Row]:
    """Return the rows that a query asks for, in the index's order; ``malformed`` adds two that are none."""
    (url,) = query["url"]
    prefix = str(surt.surt("http://" + url.removesuffix("*")))
    found = [
        row
        for row in (one.row() for one in captures)
        if (row["urlkey"].startswith(prefix) if url.endswith("*") else row["urlkey"] == prefix)
        and row["timestamp"] >= query.get("from", ["0"])[0].ljust(14, "0")
        and row["timestamp"] <= query.get("to", ["9"])[0].ljust(14, "9")
        and all(_passes(row, one) for one in query.get("filter", []))
    ]
    found.sort(key=lambda row: (row["urlkey"], row["timestamp"]))
    if collapse := query.get("collapse"):
        name, _, length = collapse[0].partition(":")
        found = list(_collapsed(found, name, int(length or 99)))
    if malformed and found:
        found.insert(1, {**found[0], "original": "mailto:info@example.org", "timestamp": "20170101000000"})
        found.insert(1, {**found[0], "timestamp": "20179999999999"})
    return found


def _passes(row: Row, wanted: str) -> bool:
    negated = wanted.startswith("!")
    name, _, pattern = wanted.removeprefix("!").partition(":")
    return (re.fullmatch(pattern, row[name]) is None) == negated


def _collapsed(rows: Iterable[Row], name: str, length: int) -> Iterator[Row]:
    before = None
    for row in rows:
        if row[name][:length] != before:
            yield row
        before = row[name][:length]
