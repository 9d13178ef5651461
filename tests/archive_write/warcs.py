"""Reads WARC files with a reader that is not ours (fastwarc), to blocks of bytes."""

from __future__ import annotations

import base64
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from fastwarc.warc import ArchiveIterator


@dataclass
class Record:
    type: str
    headers: list[tuple[str, str]]
    block: bytes
    offset: int
    file: Path

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def fields(self) -> dict[str, str]:
        lines = self.block.decode().split("\r\n")
        return dict(reversed([line.split(": ", 1) for line in lines if ": " in line]))


@dataclass
class Recorded:
    """The records of one exchange."""

    url: str
    answer: Record | None = None
    request: Record | None = None
    metadata: Record | None = None
    late: list[Record] = field(default_factory=list)

    @property
    def about(self) -> dict[str, str]:
        assert self.metadata is not None
        return self.metadata.fields

    @property
    def received(self) -> bytes:
        """Interim answers, response block and trailing junk: what came over the socket."""
        interim = base64.b64decode(self.about.get("interim", ""))
        junk = base64.b64decode(self.about.get("trailingJunk", ""))
        late = b"".join(base64.b64decode(record.fields["trailingJunk"]) for record in self.late)
        return interim + (self.answer.block if self.answer else b"") + junk + late


def read(folder: Path) -> list[Record]:
    records = []
    for path in sorted(folder.glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, parse_http=False):
                headers = [(str(key), str(value)) for key, value in record.headers]
                kind = next(value for key, value in headers if key.lower() == "warc-type")
                records.append(Record(kind, headers, record.reader.read(), record.stream_pos, path))
    return records


def exchanges(records: list[Record]) -> dict[str, list[Recorded]]:
    """Exchanges by URL, in order: records that name one main record, which stand together."""
    by_id: dict[str, Recorded] = {}
    found: dict[str, list[Recorded]] = defaultdict(list)
    for record in records:
        url, own = record.get("WARC-Target-URI") or "", record.get("WARC-Record-ID") or ""
        if record.type not in {"response", "revisit", "request", "metadata"} or not url.startswith("http"):
            continue
        main = record.get("WARC-Concurrent-To") or own
        if main not in by_id:
            by_id[main] = Recorded(url)
            found[url].append(by_id[main])
        exchange = by_id[main]
        if record.type in {"response", "revisit"}:
            exchange.answer = record
        elif record.type == "request":
            exchange.request = record
        elif exchange.metadata is None:
            exchange.metadata = record
        else:
            exchange.late.append(record)
    return found
