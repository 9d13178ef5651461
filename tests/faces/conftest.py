"""Libraries as Datasette serves them, asked in-process."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import sqlite3
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html as lxml_html

datasette_app = pytest.importorskip("datasette.app", reason="needs the extra [serve]")

from campbell_scraper.faces.datasette.metadata import SETTINGS, write_faces  # noqa: E402
from campbell_scraper.faces.datasette.search.sql_functions import register_functions  # noqa: E402
from campbell_scraper.items import Section  # noqa: E402
from tests.made_library import ALL, FIRST, Maker, author, record, summary  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from httpx import Response

    from campbell_scraper.folder import DataFolder

__all__ = ["ALL", "FIRST", "Maker"]


REVIEWS = 1_100
TEXT = "We included {} schools, and {} studies."


class Served:
    """Plain ``datasette DIR``, in this process."""

    def __init__(self, root: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.datasette = datasette_app.Datasette(config_dir=root)
        self.loop.run_until_complete(self.datasette.invoke_startup())

    def get(self, path: str, status: int = 200) -> Response:
        response: Response = self.loop.run_until_complete(self.datasette.client.get(path))
        assert response.status_code == status, f"{path}: {response.status_code}\n{response.text[-2000:]}"
        return response

    def text(self, path: str) -> str:
        return self.get(path).text

    def sql(self, query: str, **parameters: str) -> list[dict[str, Any]]:
        found = self.loop.run_until_complete(
            self.datasette.client.get(
                "/campbell.json", params={"sql": query, "_shape": "objects", "_size": "max"} | parameters
            )
        )
        assert found.status_code == 200, found.text
        rows: list[dict[str, Any]] = found.json()["rows"]
        return rows

    def close(self) -> None:
        for database in self.datasette.databases.values():
            database.close()
        if self.datasette.executor is not None:
            self.datasette.executor.shutdown()
        self.loop.close()


@contextmanager
def in_datasette(folder: DataFolder, **settings: object) -> Iterator[Served]:
    """Serve a data folder as plain ``datasette DIR`` would, with further settings."""
    write_faces(folder)
    (folder.root / "settings.json").write_text(json.dumps(SETTINGS | settings), "utf-8")
    with closing(Served(folder.root)) as served:
        yield served


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Yield a function that serves a data folder while the test runs, with further settings."""
    with ExitStack() as opened:
        yield lambda folder, **settings: opened.enter_context(in_datasette(folder, **settings))


@pytest.fixture(scope="session")
def served(five: DataFolder) -> Iterator[Served]:
    """Five reviews, one of them hostile; who changes the library serves a copy."""
    with in_datasette(five) as running:
        yield running


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """1,100 reviews with 6,600 sections."""
    maker = Maker(tmp_path_factory.mktemp("library") / "data")
    maker.crawl(
        FIRST,
        "2026-03-14",
        [
            record(
                f"n{number:04}",
                title=f"Lanterns, kind {number * 7919 % REVIEWS}",
                groups=["Education"] if number % 3 else ["Crime and Justice", "Education"],
                stage="review" if number % 10 else "protocol",
                published_date=f"{2000 + number % 20}-05-01",
                authors=[author(f"Ann No{number % 7}", given="Ann", family=f"No{number % 7}")],
                summaries=[
                    summary(
                        text="\n".join(TEXT.format(number, part) for part in range(6)),
                        sections=[
                            Section(heading=f"Part {part}", level=2, kind="main_results",
                                    text=TEXT.format(number, part))
                            for part in range(6)
                        ],
                    )
                ],
            )
            for number in range(REVIEWS)
        ],
    )  # fmt: skip
    maker.store.close()
    return maker.folder


@pytest.fixture(scope="session")
def big(library: DataFolder) -> Iterator[Served]:
    """The 1,100 reviews served; who changes the library serves a copy."""
    with in_datasette(library) as running:
        yield running


def selected(folder: DataFolder, sql: str, **parameters: str) -> list[list[str]]:
    """Return the rows of SQL as CSV has them."""
    with closing(sqlite3.connect(folder.database)) as connection:
        register_functions(connection)
        rows = connection.execute(sql, parameters).fetchall()
    return [["" if value is None else str(value) for value in row] for row in rows]


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def parsed(html: str) -> Any:
    """Return a page's tree, untyped: what XPath gives has too many types."""
    return lxml_html.fromstring(html)


def words(html: str) -> str:
    """Return a page's text."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())
