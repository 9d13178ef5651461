"""The main job: the sample crawled over real HTTP into real SQLite and WARC, every field compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from campbell_scraper.sample import SampleSite, generated
from campbell_scraper.sample.truth import truth
from tests.helpers import SEED, Crawled, campbell, rows

EXPECTED = Path(__file__).parent.parent / "sample" / "expected"


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    """Name every place where ``found`` is not what ``expected`` says; keys it does not speak of may be anything."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return [line for key in expected for line in differences(expected[key], found.get(key), f"{path}.{key}")]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [line for index, (one, other) in pairs for line in differences(one, other, f"{path}[{index}]")]
    return [] if expected == found else [f"{path}: expected {expected!r}, found {found!r}"]


def as_stored(expected: dict[str, Any]) -> dict[str, Any]:
    """Return an expected record as the store keeps it: all representations together, what the page says of itself."""
    stored = {key: value for key, value in expected.items() if key not in {"representation", "withdrawn", "url"}}
    return stored | {"status": "withdrawn" if expected["withdrawn"] else "current"}


def absolute(value: Any, base: str) -> Any:
    """Put the site's address before the paths of a record written by hand."""
    if isinstance(value, dict):
        return {
            key: base + v if key.endswith("url") and isinstance(v, str) and v.startswith("/") else absolute(v, base)
            for key, v in value.items()
        }
    return [absolute(one, base) for one in value] if isinstance(value, list) else value


def records(crawled: Crawled) -> dict[str, dict[str, Any]]:
    rows = crawled.rows("select r.url, v.record from reviews r join review_versions v using (review_id, version)")
    return {row["url"]: json.loads(row["record"]) for row in rows}


def test_every_field_of_every_invented_review_is_as_its_content_file_says(crawled: Crawled) -> None:
    found = records(crawled)
    base = crawled.url
    wrong = [
        f"{expected['url']}{line}"
        for expected in truth(base)
        for line in differences(as_stored(expected), found.get(expected["url"]))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", sorted(EXPECTED.glob("*.json")), ids=lambda path: path.stem[:40])
def test_hand_checked_record(crawled: Crawled, path: Path) -> None:
    expected = absolute(as_stored(json.loads(path.read_text("utf-8"))), crawled.url)
    found = next(record for url, record in records(crawled).items() if url.endswith(f"/{path.stem}.html"))
    assert not differences(expected, found)


def test_the_seed_review_is_complete(crawled: Crawled) -> None:
    (review,) = crawled.rows("select * from reviews where review_id = ?", SEED)
    assert review["published_date"] == "2015-03-02"
    assert review["doi"] == "10.4073/csr.2015.6"
    labels = [
        row["label"]
        for row in crawled.rows("select label from additional_info where review_id = ? order by position", SEED)
    ]
    assert labels == [
        "Authors",
        "Published date",
        "Coordinating group(s)",
        "Type of document",
        "Title",
        "Library Image",
        "See the full review",
        "Records available in",
        "English",
        "Norwegian",
        "Spanish",
    ]
    authors = crawled.rows(
        "select name from review_authors join authors using (author_id) where review_id = ? order by position", SEED
    )
    assert [row["name"] for row in authors] == [
        "Jane Barlow",
        "Cathy Bennett",
        "Nick Midgley",
        "Soili Larkin",
        "Yinghui Wei",
    ]
    summaries = crawled.rows(
        "select language, is_placeholder, pdf_url from summaries where review_id = ? order by language", SEED
    )
    assert [(row["language"], row["is_placeholder"]) for row in summaries] == [("en", 0), ("es", 1), ("no", 1)]
    assert all(row["pdf_url"].endswith(".pdf") for row in summaries if row["is_placeholder"])
    sections = crawled.rows(
        "select heading from sections join summaries using (summary_id) where summaries.review_id = ?"
        " and language = 'en' order by sections.position",
        SEED,
    )
    assert [row["heading"] for row in sections] == [
        "What did the review study?",
        "What is the aim of this review?",
        "What studies are included?",
        "Is PIP effective for high-risk populations?",
        "Does PIP have any adverse effects?",
        "What was the quality of the evidence?",
        "What do the findings in this review mean?",
        "How up-to-date is this review?",
    ]


def test_gap_map_page_and_contact_block_are_kept(crawled: Crawled) -> None:
    (page,) = crawled.rows("select * from pages where title = 'Campbell evidence and gap maps'")
    assert page["kind"] == "map"
    assert page["tagline"] == "Better evidence for a better world"
    headings = crawled.rows(
        "select heading, text, links from page_sections where url = ? order by position", page["url"]
    )
    assert "Other EGMs" in [row["heading"] for row in headings]
    links = [link for row in headings for link in json.loads(row["links"])]
    assert {"Learn more about Campbell EGMs", "See our other EGMs"} <= {link["text"] for link in links}
    (contact,) = crawled.rows("select * from pages where kind = 'contact'")
    for line in ("P.O. Box 222 Skøyen", "0213 Oslo", "Norway", "+47 2107 8100", "info@campbellcollaboration.org"):
        assert line in contact["text"]


def test_every_response_record_equals_the_bytes_the_server_sent(crawled: Crawled) -> None:
    sent = sorted(exchange.response for exchange in crawled.exchanges)
    recorded = []
    for path in sorted((crawled.data / "collections/campbell/archive").glob("*.warc.gz")):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream, parse_http=False, record_types=WarcRecordType.response):
                if record.headers["WARC-Target-URI"].startswith(crawled.url):
                    recorded.append(record.reader.read())  # noqa: PERF401 - a record is gone when the next is read
    revisits = crawled.rows("select count(*) from captures where outcome in ('revisit', 'unchanged')")[0][0]
    assert len(recorded) + revisits == len(sent)
    assert not set(recorded) - set(sent)


def test_one_review_once_whatever_url_led_to_it(crawled: Crawled) -> None:
    repeated = crawled.rows("select title, stage, count(*) as n from reviews group by 1, 2 having n > 1")
    assert not [tuple(row) for row in repeated]
    kinds = {row["how"] for row in crawled.rows("select distinct how from review_urls")}
    assert {"canonical", "alias", "redirect"} <= kinds


def test_what_robots_txt_bars_is_not_fetched_and_is_listed(crawled: Crawled) -> None:
    barred = [row["url"] for row in crawled.rows("select url from discovered where decision = 'robots'")]
    assert barred
    assert not crawled.rows(
        "select url from captures where url in (select url from discovered where decision='robots')"
    )
    assert not [e for e in crawled.exchanges if "/private/" in e.target]


def test_off_site_pages_are_not_followed_and_are_listed(crawled: Crawled) -> None:
    assert crawled.rows("select url from discovered where decision = 'offsite'")
    pages = crawled.rows("select url from captures where kind in ('review', 'listing', 'page', 'map')")
    assert all(row["url"].startswith(crawled.url) for row in pages)


def test_a_second_crawl_makes_no_new_versions(crawled: Crawled, tmp_path: Path) -> None:
    reviews = "select review_id, version, title from reviews order by 1"
    again = crawled.copied(tmp_path / "library")
    with again.served():
        run = campbell("crawl", again.url, "--source", "k2", "--delay", "0", "--data", again.data)
    assert run.returncode == 0, run.stderr
    files = "select url, error, pages, text from files order by 1"
    assert rows(again.database, reviews) == rows(crawled.database, reviews)
    assert rows(again.database, files) == rows(crawled.database, files), "304 says that a file is as it was"
    assert not again.rows("select * from changes")


def test_a_crawl_that_is_not_followed_ends_with_all_its_rows(tmp_path: Path) -> None:
    data = tmp_path / "library"
    with SampleSite(library=generated(40, seed=1)) as site:
        words = ("crawl", site.url, "--source", "k2", "--delay", "0", "--no-requisites", "--follow", "0")
        run = campbell(*words, "--data", data)
    assert run.returncode == 0, run.stderr
    assert rows(data / "campbell.db", "select count(*) from reviews where title is not null")[0][0] >= 40
    assert campbell("verify", "--data", data, "--rebuild").returncode == 0


def test_a_database_that_a_kill_left_empty_is_rebuilt(crawled: Crawled, tmp_path: Path) -> None:
    torn = crawled.copied(tmp_path / "library")
    torn.database.write_bytes(b"")
    run = campbell("rebuild", "--data", torn.data)
    assert run.returncode == 0, run.stderr
    reviews = "select review_id, version, title from reviews order by 1"
    assert rows(torn.database, reviews) == rows(crawled.database, reviews)


def test_the_rebuilt_database_equals_the_crawls(crawled: Crawled) -> None:
    run = campbell("verify", "--rebuild", "--data", crawled.data)
    assert run.returncode == 0, run.stdout + run.stderr
