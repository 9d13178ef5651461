"""Records as gzip members: whichever compressor makes one, every reader unpacks it."""

from __future__ import annotations

import gzip
import random
import threading
from pathlib import Path

import pytest

from campbell_scraper.archive.catalog import Catalog
from campbell_scraper.archive.files import OpenFile
from campbell_scraper.archive.serialise import SHORT, write_record


@pytest.mark.parametrize("coded", [False, True])
@pytest.mark.parametrize("length", [0, SHORT, SHORT + 1, 700_000])
def test_a_record_of_any_size_is_one_whole_member(length: int, coded: bool, tmp_path: Path) -> None:
    block = random.Random(length).randbytes(length) if coded else b"text " * (length // 5) + b"." * (length % 5)
    file = OpenFile(tmp_path, "members.warc.gz")
    pieces = [block[at : at + 100_000] for at in range(0, length, 100_000)]
    record_id, offset, size = write_record(
        file, "resource", "2026-01-01T00:00:00Z", [], pieces, length=length, coded=coded
    )
    file.finish(tmp_path / "manifest")
    member = file.final.read_bytes()
    assert (offset, size) == (0, len(member))
    head, _, rest = gzip.decompress(member).partition(b"\r\n\r\n")
    assert f"<{record_id}>".encode() in head
    assert rest == block + b"\r\n\r\n"


def test_a_new_catalog_is_asked_and_written_to_at_once(tmp_path: Path) -> None:
    failed: list[BaseException] = []
    for number in range(40):
        catalog = Catalog(tmp_path / f"{number}.sqlite")
        together = threading.Barrier(2)

        def ask(catalog: Catalog = catalog, together: threading.Barrier = together) -> None:
            together.wait()
            try:
                assert catalog.lookup("sha256:none") is None
            except BaseException as error:  # noqa: BLE001 - an assertion in a thread would go unheard
                failed.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        together.wait()
        catalog.stored([])
        asking.join()
        catalog.close()
    assert failed == []
