"""How long a search and a review's page take in a library of two million words, in-process, against size.

    python bench/faces.py [--sections 1000 10000 100000] [--json FILE]

Makes libraries of random words with a natural distribution (Zipf), through SQL and not through crawls, serves each as
``campbell serve`` does and asks: FTS queries of common, middling and rare words; the search page; a review's page.
Prints the median and the slowest of 15, in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasette.app import Datasette

from campbell_scraper.datasette.fulltext import parse
from campbell_scraper.datasette.metadata import write_faces
from campbell_scraper.folder import DataFolder
from campbell_scraper.store import Store, search

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

WORDS_OF_A_SECTION = 20
SECTIONS_OF_A_REVIEW = 10
REPEATS = 15
_LETTERS = "aeioubdfgklmnprstvz"


def vocabulary(size: int = 30_000) -> list[str]:
    chance = random.Random(1)
    return sorted(
        {"".join(chance.choices(_LETTERS, k=chance.randint(3, 11))) for _ in range(size)}, key=lambda _: chance.random()
    )


def fill(root: Path, sections: int) -> tuple[DataFolder, list[str]]:
    folder = DataFolder(root)
    folder.create()
    Store.open(folder.database, library="bench.example").close()
    chance, words = random.Random(2), vocabulary()
    weights = [1 / (rank + 3) for rank in range(len(words))]
    stream = iter(chance.choices(words, weights, k=sections * WORDS_OF_A_SECTION))
    import sqlite3  # noqa: PLC0415

    with closing(sqlite3.connect(folder.database)) as connection:
        search.register(connection)
        connection.execute("PRAGMA foreign_keys = OFF")
        at = "2026-03-14T09:00:00.000000Z"
        connection.execute(
            "INSERT INTO crawls (crawl_id, source, site, started_at, finished_at, status) VALUES "
            "('c', 'k2', 'https://bench.example/', ?, ?, 'finished')", (at, at),
        )  # fmt: skip
        for number in range(sections // SECTIONS_OF_A_REVIEW):
            name, url = f"review/r{number}", f"https://bench.example/review/r{number}/"
            connection.execute(
                "INSERT INTO captures (capture_id, crawl_id, method, url, url_key, captured_at, fetched_at, restored, "
                "status, mime, kind, outcome, hops, payload_digest, payload_length, warc_file, warc_offset, "
                "warc_length) VALUES (?, 'c', 'GET', ?, ?, ?, ?, 0, 200, 'text/html', 'review', 'new', '', 'sha256:0', "
                "1, 'w', ?, 1)",
                (f"urn:uuid:{number}", url, url, at, at, number),
            )
            texts = [" ".join(next(stream) for _ in range(WORDS_OF_A_SECTION)) for _ in range(SECTIONS_OF_A_REVIEW)]
            date = f"{2004 + number % 20}-05-01"
            title = " ".join(texts[0].split()[:8])
            record = {
                "title": title,
                "url": url,
                "status": "current",
                "stage": "review",
                "authors": [],
                "summaries": [],
            }
            connection.execute(
                "INSERT INTO reviews (review_id, work_id, stage, status, url, title, published_date, layout, "
                "first_seen, last_seen, last_changed, version, capture_id, headline, brief) VALUES "
                "(?, ?, 'review', 'current', ?, ?, ?, 'x', ?, ?, ?, 1, ?, ?, ?)",
                (
                    name,
                    name,
                    url,
                    title,
                    date,
                    at,
                    at,
                    at,
                    f"urn:uuid:{number}",
                    title,
                    texts[1],
                ),
            )
            connection.execute(
                "INSERT INTO review_versions VALUES (?, 1, ?, NULL, ?, 'h', ?)",
                (name, at, f"urn:uuid:{number}", json.dumps(record)),
            )
            connection.execute(
                "INSERT INTO summaries (summary_id, review_id, position, language, language_label, form, text, "
                "is_placeholder) VALUES (?, ?, 1, 'en', 'English', 'plain_language_summary', ?, 0)",
                (f"s{number}", name, "\n".join(texts)),
            )
            connection.executemany(
                "INSERT INTO sections VALUES (?, ?, ?, ?, ?, 2, 'about', ?)",
                [
                    (f"s{number}-{place}", f"s{number}", name, place, "What is it?", text)
                    for place, text in enumerate(texts, 1)
                ],
            )
        search.rebuild(connection)
        connection.commit()
        connection.execute("ANALYZE")
        connection.commit()
    write_faces(folder)
    return folder, [words[0], words[200], words[5_000]]


async def timed(ask: Callable[[int], Awaitable[Any]]) -> tuple[float, float]:
    await ask(0)
    taken = []
    for number in range(REPEATS):
        start = time.perf_counter()
        await ask(number)
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken), max(taken)


async def measure(folder: DataFolder, words: list[str], sections: int) -> dict[str, tuple[float, float]]:
    datasette = Datasette(config_dir=folder.root)
    await datasette.invoke_startup()
    reviews = sections // SECTIONS_OF_A_REVIEW

    async def page(path: str) -> None:
        answer = await datasette.client.get(path)
        assert answer.status_code == 200, answer.text

    found = {}
    sections_sql = (
        "SELECT rowid, snippet(sections_fts, 1, '[', ']', '…', 30) FROM sections_fts WHERE sections_fts MATCH ? "
        "ORDER BY rank LIMIT 20"
    )
    reviews_sql = "SELECT rowid, rank FROM reviews_fts WHERE reviews_fts MATCH ? ORDER BY rank LIMIT 20"
    database = datasette.get_database("campbell")
    for name, typed in zip(
        ("commonest word", "middling word", "rare word", "two words"), [*words, f"{words[0]} {words[1]}"], strict=True
    ):
        match = parse(typed).match
        found[f"FTS of reviews: {name}"] = await timed(lambda _, match=match: database.execute(reviews_sql, [match]))
        found[f"FTS of sections: {name}"] = await timed(lambda _, match=match: database.execute(sections_sql, [match]))
        found[f"search page: {name}"] = await timed(lambda _, typed=typed: page(f"/-/search?q={typed}"))
    found["review page"] = await timed(lambda number: page(f"/-/review/review/r{(number * 37) % reviews}"))
    found["home page"] = await timed(lambda _: page("/"))
    found["table review_overview"] = await timed(lambda _: page("/campbell/review_overview?_nofacet=1"))
    database.close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--json", type=Path, help="Also write the numbers here.")
    arguments = parser.parse_args()
    results: dict[int, dict[str, tuple[float, float]]] = {}
    for sections in arguments.sections:
        with tempfile.TemporaryDirectory() as root:
            folder, words = fill(Path(root), sections)
            size = folder.database.stat().st_size / 1e6
            print(f"\n{sections:,} sections, {sections * WORDS_OF_A_SECTION:,} words, {size:.0f} MB")
            results[sections] = asyncio.run(measure(folder, words, sections))
            for name, (median, slowest) in results[sections].items():
                print(f"  {name:<32} {median:7.1f} ms   slowest {slowest:7.1f} ms")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
