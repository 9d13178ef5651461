"""A revisit's payload is found wherever its record lies."""

from __future__ import annotations

from pathlib import Path

from campbell_scraper.archive.capture import Capture
from campbell_scraper.archive.read.payload import PayloadResolver
from campbell_scraper.archive.read.reader import read_archive, read_events

from .handmade import PAGE, exchange, new_id, revisit, sha256, write


def payloads(path: Path, resolver: PayloadResolver | None = None) -> list[bytes | None]:
    events = read_events(path, resolver=resolver)
    return [event.payload() if event.payload else None for event in events if isinstance(event, Capture)]


def test_in_a_file_that_is_read_later(tmp_path: Path) -> None:
    held = new_id()
    write(tmp_path / "a.warc.gz", [revisit("http://site.test/a", held, sha256(PAGE))])
    write(tmp_path / "b.warc.gz", exchange("http://site.test/a", record_id=held))
    assert payloads(tmp_path) == [PAGE, PAGE]
    found = [e.payload() for e in read_archive([tmp_path]) if isinstance(e, Capture) and e.payload is not None]
    assert found == [PAGE, PAGE]


def test_where_a_database_says(tmp_path: Path) -> None:
    held = new_id()
    other = tmp_path / "other"
    other.mkdir()
    places = write(
        other / "b.warc.gz", [exchange("http://site.test/0")[0], *exchange("http://x.test/", record_id=held)]
    )
    write(tmp_path / "a.warc.gz", [revisit("http://site.test/a", held, sha256(PAGE))])
    asked: list[str] = []

    def lookup(capture_id: str) -> tuple[Path, int] | None:
        asked.append(capture_id)
        return other / "b.warc.gz", places[1]

    assert payloads(tmp_path / "a.warc.gz", PayloadResolver(lookup)) == [PAGE]
    assert asked == [held]


def test_by_url_and_date_as_old_tools_name_it(tmp_path: Path) -> None:
    lost = revisit("http://site.test/b", new_id(), sha256(PAGE), target="http://site.test/a")
    nameless = lost.replace(b"WARC-Refers-To: ", b"X-Nothing: ")
    write(tmp_path / "a.warc.gz", [exchange("http://site.test/a")[0], nameless])
    assert payloads(tmp_path / "a.warc.gz") == [PAGE, PAGE]
