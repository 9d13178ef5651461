"""What a command writes has its name when it is whole; what a kill leaves is swept by the next start."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from campbell_scraper.faces.cli import main
from campbell_scraper.folder import DataFolder
from campbell_scraper.view.following import locked
from tests.helpers import Crawled, campbell, in_fork, rows

pytestmark = pytest.mark.xdist_group("robust")


def _killed_before_it_is_named(words: list[str]) -> None:
    """Run a command that ends, as by ``kill -9``, where it would give its product the name."""

    def kill(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    Path.replace = Path.rename = kill  # type: ignore[method-assign, assignment]  # in a process of its own
    sys.argv = ["campbell", *words]
    main()


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("export csv --output {exports}/r.csv", "r.csv"),
        ("export sqlite --output {exports}/r.db", "r.db"),
        ("export package --output {exports}/r.zip", "r.zip"),
        ("changes --output {exports}/r.txt", "r.txt"),
        ("report --output {exports}/r.html", "r.html"),
        ("package --output {exports}/r.wacz", "r.wacz"),
        ("package --format bagit --output {exports}/r.bag", "r.bag"),
        ("rebuild {archive} --workers 1 --db {exports}/n.db", "n.db"),
        ("add {plain}", "added-plain"),
    ],
)
def test_a_killed_command_leaves_nothing_under_the_name_and_nothing_for_ever(
    crawled: Crawled, tmp_path: Path, words: str, name: str
) -> None:
    data = crawled.copied(tmp_path / "library").data
    folder = DataFolder(data)
    plain = tmp_path / "plain.warc"
    plain.write_bytes(
        b"WARC/1.1\r\nWARC-Type: warcinfo\r\nWARC-Record-ID: <urn:uuid:0>\r\nContent-Length: 0\r\n\r\n\r\n\r\n"
    )
    before = sorted(data.rglob("*"))
    command = [*words.format(exports=folder.exports, archive=folder.archive, plain=plain).split(), "--data", str(data)]
    assert in_fork(_killed_before_it_is_named, command) == -signal.SIGKILL
    left = sorted(set(data.rglob("*")) - set(before))
    assert left, "the kill came too early to show anything"
    assert not [path for path in left if path.name.startswith(name)]
    with locked(folder, "the next start"):
        assert not [path for path in set(data.rglob("*")) - set(before) if not path.name.startswith(".campbell.lock")]


@pytest.mark.parametrize("name", [b"a#b?c%25", b"\xff\xe9"], ids=repr)
def test_a_folder_may_have_any_name_whatever_is_done_with_it(crawled: Crawled, tmp_path: Path, name: bytes) -> None:
    place = tmp_path / os.fsdecode(name)
    data = crawled.copied(place / "library").data
    for words in ("export sqlite", "export package", "package", "verify", "rebuild --workers 1"):
        run = campbell(*words.split(), "--data", data)
        assert run.returncode == 0, run.stderr
    added = campbell("add", data / "exports" / "campbell.wacz", "--data", place / "other")
    assert added.returncode == 0, added.stderr
    reviews = "select review_id, version, title from reviews order by 1"
    assert rows(place / "other", reviews) == rows(crawled.data, reviews)
    assert [path.name for path in tmp_path.iterdir()] == [place.name]
