"""A crawl that is killed, and what its folder holds afterwards."""

from __future__ import annotations

import os
import random
import signal
import time
import zlib
from contextlib import closing, suppress
from pathlib import Path

from campbell_scraper.folder import DataFolder
from campbell_scraper.view.following import bring_up_to_date, library_of, locked
from campbell_scraper.view.store import Store
from campbell_scraper.view.verification import verify_folder
from tests.helpers import campbell, started


def crawl_words(url: str, data: Path) -> list[str]:
    return ["crawl", url, "--source", "k2", "--delay", "0", "--concurrency", "4", "--data", str(data)]


def archive_of(data: Path) -> Path:
    return data / "collections" / "campbell" / "archive"


def written(data: Path) -> int:
    """Return the bytes in the folder's WARC files, closed or not."""
    size = 0
    for path in archive_of(data).glob("*.warc.gz*"):
        with suppress(FileNotFoundError):  # given its final name meanwhile, and counted the next time
            size += path.stat().st_size
    return size


def crawl_and_kill(url: str, data: Path, chance: random.Random) -> int:
    """Begin a crawl and kill -9 it when it has written a random number of bytes; give that number (0: it finished).

    The number is drawn from the sizes the sample's archive passes through, so kills fall anywhere: into the first
    record, amid a member, between two records, behind the closing one.
    """
    before = written(data) if archive_of(data).is_dir() else 0
    wanted = before + chance.randrange(1, 900_000)
    process = started(*crawl_words(url, data))
    while process.is_alive():
        if archive_of(data).is_dir() and written(data) >= wanted:
            time.sleep(chance.random() * 0.02)
            # Its group: the kill reaches whatever the crawl started, as a power cut would.
            os.killpg(process.pid or 0, signal.SIGKILL)
            process.join()
            return wanted
        time.sleep(0.002)
    return 0


def whole_members(path: Path) -> list[bytes]:
    """Return the whole gzip members of a file as zlib sees them: neither our reader nor any WARC library decides."""
    data = path.read_bytes()
    members = []
    while data:
        inflater = zlib.decompressobj(31)
        try:
            content = inflater.decompress(data)
        except zlib.error:
            break
        if not inflater.eof:
            break
        members.append(content)
        data = inflater.unused_data
    return members


def records_on_disk(data: Path) -> dict[str, bytes]:
    """Return record id → bytes of every whole record in a folder, ``.open`` files included."""
    found = {}
    for path in sorted(archive_of(data).glob("*.warc.gz*")):
        if path.name.endswith((".warc.gz", ".open")):
            for member in whole_members(path):
                record_id = member.split(b"WARC-Record-ID: ", 1)[1].split(b"\r\n", 1)[0]
                found[record_id.decode()] = member
    return found


def start_again(data: Path) -> None:
    """Do what every command that opens a folder to write does first, in this process: 200 of them are waited for."""
    folder = DataFolder(data)
    with locked(folder, "soak"), closing(Store.open(folder.database, library=library_of(folder))) as store:
        bring_up_to_date(folder, store)


def findings(data: Path) -> list[str]:
    """Return what ``campbell verify`` finds fault with, without a process of its own."""
    return verify_folder(DataFolder(data)).findings


def verify(data: Path) -> str:
    """Return what ``campbell verify`` finds fault with; "" if everything agrees."""
    run = campbell("verify", "--data", data, timeout=300)
    return "" if run.returncode == 0 else f"exit {run.returncode}: {run.stdout}{run.stderr}"
