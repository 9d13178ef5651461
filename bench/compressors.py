"""Which compressor for files kept for decades? Measures size and time of one gzip member a record, on real pages.

Usage: python bench/compressors.py FILE.warc.gz...   (isal is measured if it is installed)
"""

from __future__ import annotations

import gzip
import sys
import time
import zlib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastwarc.warc import ArchiveIterator
from zlib_ng import zlib_ng

Compress = Callable[[bytes], bytes]
ROUNDS = 3


def records(paths: list[Path]) -> list[bytes]:
    """Return whole records, head and block."""
    found = []
    for path in paths:
        with path.open("rb") as file:
            for record in ArchiveIterator(file, parse_http=False):
                head = "".join(f"{name}: {value}\r\n" for name, value in record.headers)
                found.append(f"WARC/1.1\r\n{head}\r\n".encode() + record.reader.read() + b"\r\n\r\n")
    return found


def member(module: Any, level: int) -> Compress:
    """Return a function that makes one gzip member, as the writer does."""

    def compress(record: bytes) -> bytes:
        compressor = module.compressobj(level, zlib.DEFLATED, 31)
        data: bytes = compressor.compress(record)
        return data + bytes(compressor.flush())

    return compress


def candidates() -> dict[str, Compress]:
    found = {
        "zlib 6": member(zlib, 6),
        "zlib 9": member(zlib, 9),
        "zlib-ng 6": member(zlib_ng, 6),
        "zlib-ng 9": member(zlib_ng, 9),
    }
    if find_spec("isal"):
        from isal import isal_zlib  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415 - optional

        found |= {f"isal {level}": member(isal_zlib, level) for level in (2, 3)}
    return found


def main() -> None:
    blocks = records([Path(name) for name in sys.argv[1:]])
    total = sum(map(len, blocks))
    print(f"{len(blocks)} records, {total / 1e6:.1f} MB; best of {ROUNDS} rounds, taken alternately")
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
