"""Which compressor for files kept for decades? Measures size and time of one gzip member per record, on real pages.

Records are grouped as the writer does: short ones, answers whose bodies are compressed already, all others.

Usage: python -m bench.compressors FILE.warc.gz...
"""

from __future__ import annotations

import gzip
import sys
import time
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fastwarc.warc import ArchiveIterator
from isal import isal_zlib
from zlib_ng import zlib_ng

from campbell_scraper.archive.http import find_head_end, header, parse_head
from campbell_scraper.archive.write.records import SHORT

Compress = Callable[[bytes], bytes]
ROUNDS = 3


def records(paths: list[Path]) -> dict[str, list[bytes]]:
    """Return whole records, head and block, by the group the writer puts them in."""
    found: dict[str, list[bytes]] = {"short blocks": [], "coded bodies": [], "other blocks": []}
    for path in paths:
        with path.open("rb") as file:
            for record in ArchiveIterator(file, parse_http=False):
                head = "".join(f"{name}: {value}\r\n" for name, value in record.headers)
                block = record.reader.read()
                whole = f"WARC/1.1\r\n{head}\r\n".encode() + block + b"\r\n\r\n"
                found[_kind(block)].append(whole)
    return found


def _kind(block: bytes) -> str:
    if len(block) <= SHORT:
        return "short blocks"
    parsed = parse_head(block[: find_head_end(block)]) if block.startswith(b"HTTP/") else None
    return "coded bodies" if parsed and header(parsed.headers, "content-encoding") else "other blocks"


def candidates() -> dict[str, Compress]:
    return {
        "zlib 6": partial(zlib.compress, level=6, wbits=31),
        "zlib 9": partial(zlib.compress, level=9, wbits=31),
        "zlib-ng 6": partial(zlib_ng.compress, level=6, wbits=31),
        "zlib-ng 9": partial(zlib_ng.compress, level=9, wbits=31),
        "isal 2": partial(isal_zlib.compress, level=2, wbits=31),
        "isal 3": partial(isal_zlib.compress, level=3, wbits=31),
    }


def main() -> None:
    for kind, blocks in records([Path(name) for name in sys.argv[1:]]).items():
        if blocks:
            compare(kind, blocks)


def compare(kind: str, blocks: list[bytes]) -> None:
    total = sum(map(len, blocks))
    print(f"\n{kind}: {len(blocks)} records, {total / 1e6:.1f} MB; best of {ROUNDS} rounds, taken alternately\n")
    tried = candidates()
    best: dict[str, tuple[float, int]] = {}
    for _ in range(ROUNDS):
        for name, compress in tried.items():
            start = time.perf_counter()
            size = 0
            for block in blocks:
                size += len(compress(block))
            seconds = time.perf_counter() - start
            best[name] = min(best.get(name, (seconds, size)), (seconds, size))
    smallest = min(size for _, size in best.values())
    print("| compressor | size, % of original | larger than the smallest | records/s | MB/s |\n|---|---|---|---|---|")
    for name, (seconds, size) in best.items():
        print(
            f"| {name} | {100 * size / total:.2f} | {100 * (size / smallest - 1):.1f} % |"
            f" {len(blocks) / seconds:,.0f} | {total / seconds / 1e6:.0f} |"
        )
    for name, compress in tried.items():
        if gzip.decompress(compress(blocks[0])) != blocks[0]:
            raise SystemExit(f"{name} does not give back what it was given")


if __name__ == "__main__":
    main()
