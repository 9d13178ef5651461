"""How long a search and a review's page take in a library of two million words, in-process, against size.

    python -m bench.faces [--sections 1000 10000 100000] [--json FILE] [--plot FILE.svg]

Makes libraries of random words with a natural distribution (Zipf), through SQL and not through crawls, serves each as
``campbell serve`` does, and searches for common and rare words: the query behind the search page, the canned query
of sections, the search box of a table; then whole pages. Prints, of 15 requests and in milliseconds, the
median and the slowest wall time, and the median CPU time (all threads), which other work on the cores affects less.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from datasette.app import Datasette  # type: ignore[import-untyped]  # ships no types

from campbell_scraper.faces.datasette.metadata import DATABASE, write_faces
from campbell_scraper.faces.datasette.queries import QUERIES
from campbell_scraper.faces.datasette.search.review_index import load_index
from campbell_scraper.faces.datasette.search.search_page import find
from campbell_scraper.faces.datasette.search.selection import Selection
from campbell_scraper.folder import DataFolder
from campbell_scraper.view.fold import fulltext_index as search
from campbell_scraper.view.store import Store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

WORDS_OF_A_SECTION = 20
SECTIONS_OF_A_REVIEW = 10
REPEATS = 15
QUERY = "query"
_LETTERS = "aeioubdfgklmnprstvz"


class Taken(NamedTuple):
    """Milliseconds."""

    wall: float
    slowest: float
    cpu: float


def vocabulary(size: int = 30_000) -> list[str]:
    chance = random.Random(1)
    words = sorted({"".join(chance.choices(_LETTERS, k=chance.randint(3, 11))) for _ in range(size)})
    chance.shuffle(words)
    return words


def fill(root: Path, sections: int) -> tuple[DataFolder, list[str]]:
    folder = DataFolder(root)
    folder.create()
    Store.open(folder.database, library="bench.example").close()
    chance, words = random.Random(2), vocabulary()
    weights = [1 / (rank + 3) for rank in range(len(words))]
    stream = iter(chance.choices(words, weights, k=sections * WORDS_OF_A_SECTION))
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
        search.rebuild_index(connection)
        connection.commit()
        connection.execute("ANALYZE")
        connection.commit()
    write_faces(folder)
    return folder, words


async def timed(ask: Callable[[int], Awaitable[Any]]) -> Taken:
    await ask(0)
    wall, cpu = [], []
    for number in range(REPEATS):
        start, worked = time.perf_counter(), time.process_time()
        await ask(number)
        wall.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
    return Taken(statistics.median(wall), max(wall), statistics.median(cpu))


def typed_by_people(words: list[str]) -> dict[str, str]:
    """Return the searches by name; ``words`` are the library's, the commonest first."""
    return {
        "a word in every section": "is",
        "the commonest word": words[0],
        "a middling word": words[200],
        "a rare word": words[5_000],
        "the two commonest": f"{words[0]} {words[1]}",
        "a phrase": f'"{words[0]} {words[1]}"',
        "five either": " OR ".join(words[:5]),
        "ten words": " ".join(words[:10]),
        "two letters and a star": f"{words[0][:2]}*",
    }


async def measure(folder: DataFolder, words: list[str], sections: int) -> dict[str, Taken]:
    datasette = Datasette(config_dir=folder.root)
    await datasette.invoke_startup()
    reviews = sections // SECTIONS_OF_A_REVIEW

    database = datasette.get_database(DATABASE)
    index = await database.cached("reviews", load_index)
    box = "/campbell/sections.json?_nocount=1&_nofacet=1&_search="

    async def page(path: str, _: int = 0) -> None:
        answer = await datasette.client.get(path)
        assert answer.status_code == 200, answer.text

    async def of_reviews(typed: str, _: int) -> None:
        await database.execute_fn(lambda connection: find(connection, index, Selection(typed=typed)))

    async def of_sections(typed: str, _: int) -> None:
        await database.execute(QUERIES["full_text"]["sql"], {"words": typed})

    found = {}
    for name, typed in typed_by_people(words).items():
        found[f"{QUERY} of reviews: {name}"] = await timed(partial(of_reviews, typed))
        found[f"{QUERY} of sections: {name}"] = await timed(partial(of_sections, typed))
        found[f"{QUERY} of a table's box: {name}"] = await timed(partial(page, box + quote(typed)))
        found[f"search page: {name}"] = await timed(partial(page, f"/-/search?q={quote(typed)}"))
    searched = f"/campbell/sections?_search={quote(words[0])}"
    found["table sections, searched"] = await timed(partial(page, searched))
    found["table review_overview"] = await timed(partial(page, "/campbell/review_overview?_nofacet=1"))
    found["home page"] = await timed(partial(page, "/"))
    found["review page"] = await timed(lambda number: page(f"/-/review/review/r{(number * 37) % reviews}"))
    database.close()
    return found


def plot(results: dict[int, dict[str, Taken]]) -> str:
    """Draw the slowest query, the slowest search page and the review page against size, with their goals."""
    import vl_convert  # noqa: PLC0415 - needed only to plot

    shown: dict[str, Callable[[str], bool]] = {
        "slowest full-text query": lambda name: name.startswith(QUERY),
        "slowest search page": lambda name: name.startswith("search page"),
        "review page": lambda name: name == "review page",
    }
    rows = [
        {"sections": sections, "ms": max(one.cpu for name, one in found.items() if chosen(name)), "what": what}
        for sections, found in results.items()
        for what, chosen in shown.items()
    ]
    goals = [{"ms": 50, "what": "slowest full-text query"}, {"ms": 100, "what": "review page"}]
    colour = {"field": "what", "type": "nominal", "title": None, "sort": list(shown), "legend": {"orient": "bottom"}}
    ms = {"field": "ms", "type": "quantitative", "scale": {"type": "log"}, "title": "CPU milliseconds, median of 15"}
    size = {"field": "sections", "type": "quantitative", "scale": {"type": "log"}, "title": "Sections of 20 words"}
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": 560,
        "height": 280,
        "background": "#ffffff",
        "config": {"font": "sans-serif"},
        "layer": [
            {
                "data": {"values": goals},
                "mark": {"type": "rule", "strokeDash": [5, 4]},
                "encoding": {"y": ms, "color": colour},
            },
            {
                "data": {"values": rows},
                "mark": {"type": "line", "point": True},
                "encoding": {"x": size, "y": ms, "color": colour},
            },
        ],
    }
    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", type=int, nargs="+", default=[1_000, 3_000, 10_000, 30_000, 100_000])
    parser.add_argument("--json", type=Path, help="Also write the numbers here.")
    parser.add_argument("--plot", type=Path, help="Also draw them here, as SVG.")
    arguments = parser.parse_args()
    results: dict[int, dict[str, Taken]] = {}
    for sections in arguments.sections:
        with tempfile.TemporaryDirectory() as root:
            folder, words = fill(Path(root), sections)
            size = folder.database.stat().st_size / 1e6
            print(f"\n{sections:,} sections, {sections * WORDS_OF_A_SECTION:,} words, {size:.0f} MB")
            results[sections] = asyncio.run(measure(folder, words, sections))
            for name, one in results[sections].items():
                print(f"  {name:<52} {one.wall:7.1f} ms   slowest {one.slowest:7.1f} ms   CPU {one.cpu:7.1f} ms")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1), "utf-8")
    if arguments.plot:
        arguments.plot.write_text(plot(results), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
