"""``warcio check`` and ``fastwarc check`` over every file of a crawl: what they complain of, and that nothing else is.

Both hash the chunk framing of a chunked response as if it were payload (iipc/warc-specifications #22), and fastwarc
hashes the empty body of a revisit record. docs/archive.md explains it to archivists who see the complaints.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from fastwarc.warc import ArchiveIterator

from tests.helpers import Crawled

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.xdist_group("interop")
Kind = Literal["chunked", "revisit", "plain"]


def kinds(path: Path) -> dict[str, Kind]:
    """Return record id → what is special about the record, read by neither of the tools under test's checks."""
    found: dict[str, Kind] = {}
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, parse_http=False):
            assert record.record_id is not None
            # a revisit of a 304 states no payload digest, and nobody complains of it
            if record.headers["WARC-Type"] == "revisit" and record.headers.get("WARC-Payload-Digest"):
                found[record.record_id] = "revisit"
            elif record.headers["WARC-Type"] == "response":
                head = record.reader.read().partition(b"\r\n\r\n")[0].lower()
                chunked = re.search(rb"\r\ntransfer-encoding:\s*chunked", head)
                found[record.record_id] = "chunked" if chunked else "plain"
            else:
                found[record.record_id] = "plain"
    return found


def run(tool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name(tool)), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def warcio_complaints(output: str) -> Iterator[tuple[str, str]]:
    """Yield record id and complaint of each failed record of ``warcio check -v``."""
    for block in re.split(r"^  (?=offset )", output, flags=re.MULTILINE)[1:]:
        record_id = block.split()[3]
        yield from ((record_id, line.strip()) for line in block.splitlines()[1:] if "failed" in line)


def test_warcio_complains_of_chunked_payloads_alone(library: Crawled) -> None:
    complaints = 0
    for path in library.warcs:
        expected = {record_id for record_id, kind in kinds(path).items() if kind == "chunked"}
        done = run("warcio", "check", "-v", path)
        found = list(warcio_complaints(done.stdout))
        assert {record_id for record_id, _ in found} == expected, done.stdout[-2000:]
        assert all("payload digest failed" in text for _, text in found), found
        assert bool(expected) == bool(done.returncode)
        complaints += len(found)
    assert complaints


def test_fastwarc_finds_every_block_whole(library: Crawled, tmp_path: Path) -> None:
    for path in library.warcs:
        log = tmp_path / "fastwarc.log"
        done = run("fastwarc", "check", "-q", "-o", log, path)
        assert done.returncode == 0, done.stdout + done.stderr
        verdicts = dict(line.rsplit(": ", 1) for line in log.read_text().splitlines())
        assert len(verdicts) == len(kinds(path))
        assert "FAIL" not in "".join(verdicts.values())


def test_fastwarc_complains_of_chunked_payloads_and_revisits_alone(library: Crawled, tmp_path: Path) -> None:
    complaints = {"chunked": 0, "revisit": 0}
    for path in library.warcs:
        expected = {record_id: kind for record_id, kind in kinds(path).items() if kind != "plain"}
        log = tmp_path / "fastwarc.log"
        run("fastwarc", "check", "-p", "-o", log, path)
        found = fastwarc_complaints(log.read_text())
        assert found == dict.fromkeys(expected, "OK, PAYLOAD_FAIL"), path.name
        for kind in expected.values():
            complaints[kind] += 1
    assert all(complaints.values()), complaints


def fastwarc_complaints(log: str) -> dict[str, str]:
    """Return record id → verdict, of those records that are not in order (``<id>: OK, PAYLOAD_FAIL``)."""
    verdicts = dict(line.rsplit(": ", 1) for line in log.splitlines())
    return {record_id: verdict for record_id, verdict in verdicts.items() if "FAIL" in verdict}
