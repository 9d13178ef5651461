"""A translation is one work with its English page, and never displaces it as the work's page."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.items import Representation
from campbell_scraper.reading.page.links import review_id
from campbell_scraper.reading.page_reading import read_page
from tests.store.library import capture, end, feed, reading, review, start

if TYPE_CHECKING:
    from pathlib import Path

SITE = "https://www.campbellcollaboration.org"
KITES, COMETAS = f"{SITE}/review/kites/", f"{SITE}/es/review/cometas/"
BOTH = {"en-GB": KITES, "es": COMETAS, "x-default": f"{SITE}/"}


def read(url: str, lang: str, alternates: dict[str, str]) -> tuple[str | None, str | None]:
    links = "".join(f'<link rel="alternate" hreflang="{tag}" href="{to}">' for tag, to in alternates.items())
    page = f'<html lang="{lang}"><head>{links}</head><body class="single-review"><h1>Kites</h1></body></html>'
    (record,) = read_page(url, [("Content-Type", "text/html")], page.encode()).reviews
    return record.language, record.translation_of


@pytest.mark.parametrize(
    ("url", "lang", "alternates", "said"),
    [
        (COMETAS, "es-ES", BOTH, ("es", KITES)),
        (COMETAS, "en", BOTH, ("es", KITES)),
        (COMETAS, "es-ES", {}, ("es-ES", None)),
        (COMETAS, "es", {"es": COMETAS, "X-Default": KITES}, ("es", KITES)),
        (COMETAS, "es", {"es": COMETAS, "en": "https://other.example/kites/"}, ("es", None)),
        (KITES, "en-GB", BOTH, (None, None)),
        (KITES, "", {}, (None, None)),
        (KITES, "no language", {}, (None, None)),
    ],
)
def test_a_page_names_its_language_and_its_english_page(
    url: str, lang: str, alternates: dict[str, str], said: tuple[str | None, str | None]
) -> None:
    assert read(url, lang, alternates) == said


def test_a_language_in_the_query_is_part_of_the_address() -> None:
    assert review_id(f"{KITES}?lang=es") == "review/kites?lang=es"
    assert {review_id(f"{KITES}?lang={tag}") for tag in ("en", "en-gb", "")} == {"review/kites"}


@pytest.mark.parametrize("spanish", [COMETAS, f"{KITES}?lang=es"])
@pytest.mark.parametrize("doi", [None, "10.4073/csr.2020.1"])
@pytest.mark.parametrize("status", [200, 404])
def test_a_translation_is_one_work_and_not_its_page(tmp_path: Path, spanish: str, doi: str | None, status: int) -> None:
    translation: dict[str, Any] = {"language": "es", "translation_of": KITES, "title": "Cometas", "stage": "review"}
    original = review(KITES, title="Kites", stage="review", doi=doi)
    events = [
        start("c1", 1), (capture(KITES, 1.1), reading(original)),
        (capture(spanish, 1.2), reading(review(spanish, doi=doi, published_date="2025", **translation))),
        end("c1", 1.5),
        start("c2", 2), (capture(KITES, 2.1, crawl="c2", status=status), reading(original) if status == 200 else None),
        (capture(spanish, 2.2, crawl="c2"), reading(review(spanish, doi=doi, published_date="2026", **translation))),
        end("c2", 2.5),
    ]  # fmt: skip
    connection = sqlite3.connect(feed(tmp_path / "campbell.db", events))
    assert connection.execute("select distinct work_id from reviews").fetchall() == [("review/kites",)]
    assert connection.execute("select url from works").fetchall() == [(KITES,)]
    (why,) = connection.execute("select matched_by from reviews where language = 'es'").fetchone()
    assert why == ("doi" if doi else "translation")


def test_a_translation_with_another_doi_is_a_conflict(tmp_path: Path) -> None:
    spanish = review(COMETAS, doi="10.1002/cl2.1", title="Cometas", language="es", translation_of=KITES)
    events = [(capture(KITES, 1.1), reading(review(KITES, doi="10.1002/cl2.2", title="Kites"))),
              (capture(COMETAS, 1.2), reading(spanish))]  # fmt: skip
    connection = sqlite3.connect(feed(tmp_path / "campbell.db", events))
    assert len(connection.execute("select distinct work_id from reviews").fetchall()) == 2
    assert connection.execute("select count(*) from unhandled where value like 'work: translation%'").fetchone() == (1,)


def test_links_to_translations_that_come_later_are_no_change_of_the_review(tmp_path: Path) -> None:
    events: list[Any] = []
    for number, said in enumerate((None, "es"), 1):
        item = review(COMETAS, Representation.ITEM, title="Cometas", doi="10.1002/cl2.1", language=said)
        events.append((capture(COMETAS, number, crawl=f"c{number}"), reading(item)))
    connection = sqlite3.connect(feed(tmp_path / "campbell.db", events))
    assert connection.execute("select version, language from reviews").fetchall() == [(1, "es")]
