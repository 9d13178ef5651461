"""Pages of real CMSs against what was typed into them, where the shared material is present."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import lru_cache
from html import escape
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]  # has no stubs

from campbell_scraper.items import Kind, PageReading, ReviewRecord
from campbell_scraper.reading.page_reading import read_page
from tests.conftest import SHARED

CMS = SHARED / "cms"

pytestmark = pytest.mark.skipif(not CMS.is_dir(), reason="../shared/cms is not there")

PRINTED = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "″": '"', "′": "'"})


def responses(name: str) -> Iterator[tuple[str, list[tuple[str, str]], bytes]]:
    with (CMS / f"{name}.warc.gz").open("rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type == "response":
                url = record.rec_headers["WARC-Target-URI"]
                yield url, record.http_headers.headers, record.content_stream().read()


@lru_cache(maxsize=3)
def readings(name: str) -> dict[str, PageReading]:
    return {url: read_page(url, headers, body) for url, headers, body in responses(name)}


def truth(name: str) -> list[dict[str, Any]]:
    if not CMS.is_dir():
        return []
    return [json.loads(line) for line in (CMS / f"{name}.truth.jsonl").read_text(encoding="utf-8").splitlines()]


def squeezed(text: str) -> str:
    return " ".join(text.split())


def plain(text: str) -> str:
    """Without what WordPress rewrites, and without the marks that text gives lists and tables."""
    return squeezed(re.sub(r"(?m)^(?:- |\d+\. )", "", text)).translate(PRINTED).replace("--", "-")


def typed_value(field: dict[str, Any]) -> str:
    match field["type"]:
        case "header":
            return ""
        case "csv":
            return "\n".join("\t".join(row) for row in field["rows"])
        case "labels":
            return ", ".join(field["options"])
        case "image":
            return str(field["alt"])
        case _:
            return squeezed(field["text"])


@pytest.mark.parametrize(
    "typed", truth("k2"), ids=lambda typed: f"{typed['category']}-{typed['k2_id']}" if isinstance(typed, dict) else None
)
class TestK2:
    def record(self, typed: dict[str, Any]) -> ReviewRecord:
        reading = readings("k2")[typed["url"]]
        assert (reading.kind, reading.layout) == (Kind.REVIEW, "k2-item")
        return reading.reviews[0]

    def test_every_label_and_type_in_order(self, typed: dict[str, Any]) -> None:
        record = self.record(typed)
        assert record.title == squeezed(typed["page_title"])
        assert [one.label for one in record.additional_info] == [field["label"] for field in typed["fields"]]
        assert [one.field_type for one in record.additional_info] == [
            field["type"].lower() for field in typed["fields"]
        ]

    def test_every_value(self, typed: dict[str, Any]) -> None:
        for one, field in zip(self.record(typed).additional_info, typed["fields"], strict=True):
            if "sections" not in field:
                assert one.value == typed_value(field)

    def test_every_heading_and_paragraph_of_a_language(self, typed: dict[str, Any]) -> None:
        record = self.record(typed)
        for field in typed["fields"]:
            if "sections" not in field:
                continue
            summary = next(one for one in record.summaries if one.language_label == field["label"])
            headings = [summary.banner, summary.headline, *(section.heading for section in summary.sections)]
            assert [one for one in headings if one] == [
                squeezed(one["heading"]) for one in field["sections"] if one["heading"]
            ]
            words = [one for part in field["sections"] for one in (part["heading"] or "", *part["text"])]
            assert plain(summary.text) == plain(" ".join(words).replace("|", " "))


@pytest.mark.parametrize(
    "typed", truth("wordpress"), ids=lambda typed: str(typed["id"]) if isinstance(typed, dict) else None
)
@pytest.mark.parametrize("source", ["page", "rest"])
class TestWordPress:
    def record(self, typed: dict[str, Any], source: str) -> ReviewRecord:
        if source == "page":
            return readings("wordpress")[typed["url"]].reviews[0]
        listed = [one for reading in readings("wordpress-rest").values() for one in reading.reviews]
        found = next((one for one in listed if one.url == typed["url"]), None)
        if found is None:
            pytest.skip("not in the stored REST list")
        return found

    def test_title_image_and_address(self, typed: dict[str, Any], source: str) -> None:
        record = self.record(typed, source)
        assert record.url == typed["url"]
        assert plain(record.title or "") == plain(typed["title"])
        assert record.library_image_url == typed["image"]

    def test_headline_brief_headings_and_paragraphs(self, typed: dict[str, Any], source: str) -> None:
        record = self.record(typed, source)
        if not typed["headline"] and not typed["intro"]:
            assert record.summaries == []
            return
        summary = record.summaries[0]
        assert plain(summary.headline or "") == plain(typed["headline"])
        assert plain(summary.brief or "") == plain(typed["intro"])
        sections = [one for one in summary.sections if one.heading]
        expected = typed["sections"]
        if source == "page" and "nextpage" in typed["notes"]:
            expected = expected[: len(sections)]
            assert any("text goes on at" in one.value for one in record.unhandled)
        assert [plain(one.heading) for one in sections] == [plain(one["heading"]) for one in expected]
        for section, one in zip(sections, expected, strict=True):
            # The truth keeps tables beside the text; a section's text has them at their place.
            assert plain(section.text).startswith(plain(one["text"]))
            assert bool(one["tables"] or one["figures"]) or plain(section.text) == plain(one["text"])

    def test_groups_of_the_rest_answer(self, typed: dict[str, Any], source: str) -> None:
        record = self.record(typed, source)
        slugs = [one.lower().replace(" ", "-") for one in record.groups]
        assert slugs == (list(dict.fromkeys(typed["groups"])) if source == "rest" else [])


def test_page_and_rest_agree_in_every_field_that_both_carry() -> None:
    pages = {url: reading.reviews[0] for url, reading in readings("wordpress").items() if reading.reviews}
    listed = [one for reading in readings("wordpress-rest").values() for one in reading.reviews]
    compared = 0
    for rest in listed:
        page = pages[rest.url]
        if any("text goes on at" in one.value for one in page.unhandled):
            continue
        for field in fields(ReviewRecord):
            mine, theirs = getattr(page, field.name), getattr(rest, field.name)
            if mine and theirs and field.name not in {"representation", "layout", "attachments"}:
                compared += 1
                assert mine == theirs, (rest.url, field.name)
    assert compared > 50


def test_the_map_page_and_the_contact_block() -> None:
    reading = next(one for url, one in readings("k2").items() if url.endswith("/evidence-gap-maps.html"))
    page, contact = reading.pages
    assert (page.kind, page.title, page.tagline) == (
        "map",
        "Campbell evidence and gap maps",
        "Better evidence for a better world",
    )
    assert [(one.heading, [link.text for link in one.links]) for one in page.sections] == [
        ("", ["click here", "Learn more about Campbell EGMs"]),
        ("Other EGMs", ["See our other EGMs"]),
    ]
    assert contact.text == "P.O. Box 222 Skøyen\n0213 Oslo\nNorway\n+47 2107 8100\ninfo@campbellcollaboration.org"


def test_the_listing_leads_to_its_items_and_pages() -> None:
    reading = next(one for url, one in readings("k2").items() if url.endswith("/better-evidence.html"))
    assert reading.kind is Kind.LISTING
    assert len([link for link in reading.links if "/better-evidence/" in link]) >= 20
    assert any("start=" in link for link in reading.links)


def headers() -> list[dict[str, Any]]:
    path = SHARED / "gold" / "headers.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


@pytest.mark.parametrize("entry", headers(), ids=lambda entry: entry["title"][:30] if isinstance(entry, dict) else None)
def test_real_headers_in_k2_markup(entry: dict[str, Any]) -> None:
    block = "".join(
        f'<li class="even typeTextfield group1"><span class="itemExtraFieldsLabel">{escape(label)}:</span>'
        f'<span class="itemExtraFieldsValue">{escape(value)}</span></li>'
        for label, value in entry["page_header"]
    )
    page = (
        f'<div id="k2Container" class="itemView"><h2 class="itemTitle">{escape(entry["title"])}</h2>'
        f'<div class="itemExtraFields"><h3>Additional Info</h3><ul>{block}</ul><div class="clr"></div></div></div>'
    )
    record = read_page("https://library.example.org/a.html", [("Content-Type", "text/html")], page.encode()).reviews[0]
    parsed = entry["parsed"]
    assert [[one.label, one.value] for one in record.additional_info] == [
        [label, squeezed(value)] for label, value in entry["page_header"]
    ]
    assert ", ".join(one.name for one in record.authors) == squeezed(parsed["authors"] or "")
    assert record.published_date == parsed["published_date"]
    assert record.doi == parsed["doi"]
    assert ", ".join(record.groups) == (parsed["coordinating_groups"] or "")
    assert record.document_types == (parsed["document_types"] or [])
    assert record.unhandled == []
