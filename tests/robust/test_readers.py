"""Whoever reads the database while it is written sees old rows, then new ones, and never an error."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import threading
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from campbell_scraper.sample import generated
from campbell_scraper.sample.sample_server import SampleSite
from tests.helpers import BIN, free_port, program, wait_for

from .runs import crawl

pytestmark = pytest.mark.xdist_group("robust")
N = 15
QUESTION = "select count(*), max(title) from reviews"


class Reader(threading.Thread):
    """Asks a question again and again over one connection, as a notebook does that is left open."""

    def __init__(self, database: Path) -> None:
        super().__init__(daemon=True)
        self._database = database
        self._done = threading.Event()
        self.answers: list[tuple[int, str]] = []
        self.errors: list[str] = []

    def run(self) -> None:
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as connection:
            while not self._done.wait(0.01):
                try:
                    answer = connection.execute(QUESTION).fetchone()
                    problems = connection.execute(
                        "select count(*) from reviews r left join review_versions v using (review_id, version) "
                        "where v.record is null"
                    ).fetchone()[0]
                except sqlite3.Error as error:
                    self.errors.append(str(error))
                    continue
                if problems:
                    self.errors.append(f"{problems} reviews without their version")
                if not self.answers or self.answers[-1] != answer:
                    self.answers.append(answer)

    def stop(self) -> None:
        self._done.set()
        self.join()


def edited() -> dict[str, dict[str, object]]:
    last = max((entry.review for entry in generated(N, 3).entries if entry.review), key=lambda review: review.title)
    return {last.slug: {"title": "ZZ: a title that sorts last"}}


def test_a_reader_left_open_sees_old_rows_then_new_ones(tmp_path: Path) -> None:
    data = tmp_path / "library"
    with SampleSite(library=generated(N, 3)) as site:
        assert crawl(site, data, "--no-requisites").returncode == 0
        reader = Reader(data / "campbell.db")
        reader.start()
        site.library = generated(N + 1, 3, edits=edited())
        assert crawl(site, data, "--no-requisites").returncode == 0
        after_crawl = len(reader.answers)
        assert program("rebuild", "--data", data).returncode == 0
        time.sleep(0.2)
        reader.stop()
    assert not reader.errors
    assert reader.answers[0][0] == N
    assert reader.answers[-1] == (N + 1, "ZZ: a title that sorts last")
    assert len(reader.answers) == after_crawl, "the rebuild changed what readers see"


def ask(port: int) -> tuple[int, str]:
    query = quote(QUESTION)
    with urllib.request.urlopen(
        f"http://127.0.0.1:{port}/campbell.json?sql={query}&_shape=arrays", timeout=30
    ) as answer:
        count, title = json.load(answer)["rows"][0]
    return count, title


@pytest.mark.slow
def test_a_running_datasette_serves_through_crawl_and_rebuild(tmp_path: Path) -> None:
    pytest.importorskip("datasette")
    data = tmp_path / "library"
    with SampleSite(library=generated(N, 3)) as site:
        assert crawl(site, data, "--no-requisites").returncode == 0
        port = free_port()
        command = [str(BIN / "datasette"), str(data / "campbell.db"), "-p", str(port)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(f"http://127.0.0.1:{port}", server)
            assert ask(port)[0] == N
            site.library = generated(N + 1, 3, edits=edited())
            for work, seen in (
                (lambda: crawl(site, data, "--no-requisites"), {N, N + 1}),
                (lambda: program("rebuild", "--data", data), {N + 1}),
            ):
                codes: list[int] = []
                thread = threading.Thread(target=lambda work=work, codes=codes: codes.append(work().returncode))
                thread.start()
                while thread.is_alive():
                    assert ask(port)[0] in seen
                thread.join()
                assert codes == [0]
                assert ask(port) == (N + 1, "ZZ: a title that sorts last")
        finally:
            server.terminate()
            server.wait(30)
