"""A small library with everything exports have to get right, made through the store's own doors."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.archive.capture import Capture, CrawlEnd, CrawlStart, Note
from campbell_scraper.folder import DataFolder
from campbell_scraper.items import (
    Attachment,
    Author,
    EvidenceFact,
    Kind,
    LabelValue,
    PageReading,
    Representation,
    ReviewRecord,
    Section,
    Summary,
)
from campbell_scraper.view.log.intake import rows_of_capture
from campbell_scraper.view.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

SITE = "https://www.campbellcollaboration.org"
FIRST, SECOND = "20260314T090000Z-k2-00000001", "20260414T090000Z-k2-00000002"
HOSTILE = (
    "<script>alert(1)</script>\r\nER  - \r\nTY  - JOUR\x00\x1b[31m\u202egnp.exe\u2028next "
    "}, @evil{x, $\\input{/etc/passwd}$"
)


def author(name: str, **parts: Any) -> Author:
    return Author(name=name, **parts)


def record(slug: str, **fields: Any) -> ReviewRecord:
    fields = {"title": f"Title of {slug}", "stage": "review", "document_types": ["Review"]} | fields
    return ReviewRecord(
        url=f"{SITE}/better-evidence/{slug}.html", representation=Representation.ITEM, layout="k2-item", **fields
    )


def summary(language: str = "en", **fields: Any) -> Summary:
    return Summary(language=language, language_label={"en": "English", "nb": "Norwegian"}.get(language), **fields)


PIP = record(
    "parent-infant-psychotherapy",
    title="Parent-infant psychotherapy & HIV: 50% of infants",
    published_date="2015-03-02",
    published_date_raw="Monday, 02 March 2015",
    published_precision="day",
    doi="10.4073/csr.2015.6",
    full_review_url="https://onlinelibrary.wiley.com/doi/10.4073/csr.2015.6",
    authors=[
        author("Jane Barlow", given="Jane", family="Barlow"),
        author("Allard van der Beek, Jr.", given="Allard", family="van der Beek", suffix="Jr."),
        author("Gabriel d'Aubigné", given="Gabriel", family="d'Aubigné"),
        author("Ministry of Health, Education and Care", is_group=True),
        author("Madonna"),
    ],
    groups=["Social Welfare", "Crime and Justice"],
    document_types=["Review", "Plain language summary"],
    headline="Psychotherapy helps",
    brief="Parents and infants.\nTwo paragraphs.",
    additional_info=[LabelValue(label="Authors", value="Jane Barlow", html="Jane Barlow", field_type="textfield")],
    summaries=[
        summary(
            headline="Psychotherapy helps",
            brief="Parents and infants.\nTwo paragraphs.",
            banner="PLAIN LANGUAGE SUMMARY",
            text="Parents and infants.",
            sections=[
                Section(heading="What studies are included?", level=3, kind="included_studies",
                        text="The review includes 8 studies of 846 participants."),
                Section(heading="How up-to-date is this review?", level=3, kind="up_to_date",
                        text="The review authors searched for studies published until January 2014."),
            ],
            facts=[
                EvidenceFact(fact="studies_included", value="8", number=8, precision="exact", section=0, quote_start=0,
                             quote="The review includes 8 studies of 846 participants.", quote_end=50),
                EvidenceFact(fact="participants", value="846", number=846, precision="exact", section=0, quote_start=0,
                             quote="The review includes 8 studies of 846 participants.", quote_end=50),
                EvidenceFact(fact="search_date", value="2014-01", precision="month", section=1, quote_start=0,
                             quote="The review authors searched for studies published until January 2014.",
                             quote_end=69),
            ],
        ),
        summary("nb", text="Click on 'Download PDF'", is_placeholder=True, pdf_url=f"{SITE}/media/pip_no.pdf"),
    ],
    attachments=[Attachment(url=f"{SITE}/media/pip_no.pdf", label="Download PDF", language="nb")],
)  # fmt: skip
GANGS = record(
    "youth-gangs",
    title="PROTOCOL: The youth gangs of McDonald",
    stage="protocol",
    published_date="2019-06",
    published_precision="month",
    doi="10.1002/cl2.1234",
    document_types=["Protocol"],
    authors=[author("Åsa Ørsted", given="Åsa", family="Ørsted")],
    groups=["Crime and Justice"],
)
TITLE = record(
    "a-title", title="A title registration", stage="title", published_date="2012", published_precision="year",
    document_types=["Title"], authors=[author("Li Wei", given="Wei", family="Li")],
)  # fmt: skip
COCHRANE = record(
    "cochrane", title="Together with Cochrane", doi="10.1002/14651858.cd001234.pub2",
    authors=[author("Only Excluded-Here", given="Only", family="Excluded-Here")],
)  # fmt: skip
HOSTILE_REVIEW = record(
    "hostile",
    title=HOSTILE,
    stage="review",
    doi="10.1002/cl2.77",
    full_review_url="javascript:alert(1)",
    headline="=HYPERLINK(\"http://evil.example\",\"x\")",
    brief=HOSTILE,
    authors=[author('@SUM(1+1), "x" {and} and others', is_group=True),
             author("Robert'); DROP TABLE reviews;--", given="-Robert and Co,", family="O'{Hara")],
    groups=["+cmd|' /C calc'!A0; injected, twice"],
    summaries=[summary("ar", headline="\u202eعربي", text="x" * 200_000, sections=[
        Section(heading="=1+1", level=2, kind="other", text="\t=cmd|' /C calc'!A0"),
        Section(heading="\x00\ufffe_x0041_", level=None, kind="other", text="w" * 40_000),
        Section(heading="- a list", level=None, kind="other", text="- one\n- two"),
    ])],
)  # fmt: skip
ALL = (PIP, GANGS, TITLE, COCHRANE, HOSTILE_REVIEW)


class Maker:
    """Fills a data folder's database as crawls would."""

    def __init__(self, root: Path) -> None:
        self.folder = DataFolder(root)
        self.folder.create()
        self.store = Store.open(self.folder.database, library="www.campbellcollaboration.org")
        self.serial = 0

    def crawl(self, crawl_id: str, day: str, records: Sequence[ReviewRecord], missing: Sequence[str] = ()) -> None:
        with self.store.transaction():
            start = {"crawl-source": "k2", "crawl-site": SITE, "crawl-arguments": "crawl --source k2"}
            self.store.take(
                CrawlStart(crawl_id=crawl_id, started_at=f"{day}T09:00:00.000000Z", software="campbell-scraper/0.1.0",
                           info=start)
            )  # fmt: skip
            for number, one in enumerate(records):
                reading = PageReading(url=one.url, kind=Kind.REVIEW, layout="k2-item", canonical_url=one.url,
                                      title=one.title, reviews=[one])  # fmt: skip
                self.store.take(
                    rows_of_capture(
                        self.capture(crawl_id, one.url, f"{day}T09:{number:02}:00.000000Z"), Kind.REVIEW, reading
                    )
                )
            for number, url in enumerate(missing):
                capture = self.capture(crawl_id, url, f"{day}T10:{number:02}:00.000000Z")
                self.store.take(rows_of_capture(replace(capture, status=404), Kind.OTHER, None))
            self.store.take(
                Note(crawl_id=crawl_id, noted_at=f"{day}T11:00:00.000000Z",
                     fields={"url": f"{SITE}/wp-admin/", "decision": "robots", "via": SITE, "hint_modified": None})
            )  # fmt: skip
            self.store.take(
                CrawlEnd(crawl_id=crawl_id, finished_at=f"{day}T12:00:00.000000Z", status="finished",
                         info={"count-requests": "9", "crawl-discovery_complete": "true"})
            )  # fmt: skip
        self.store.finish()

    def capture(self, crawl_id: str, url: str, at: str) -> Capture:
        self.serial += 1
        return Capture(
            capture_id=f"urn:uuid:00000000-0000-4000-8000-{self.serial:012}",
            crawl_id=crawl_id,
            method="GET",
            url=url,
            url_key=url.removeprefix("https://www."),
            captured_at=at,
            fetched_at=at,
            status=200,
            mime="text/html",
            payload_digest=f"sha256:{self.serial:064x}",
            payload_length=1000,
            warc_file=f"campbell-{crawl_id[:8]}090000000-00000-1a2b3c4d.warc.gz",
            warc_offset=self.serial * 1000,
            warc_length=900,
        )

    def exclude(self, *decisions: tuple[str, str]) -> None:
        lines = ["review_id,reason", *(f"{name},{reason}" for name, reason in decisions)]
        self.folder.exclusions.write_text("\n".join(lines) + "\n", "utf-8")


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "data")


@pytest.fixture(scope="session")
def five(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """One crawl of five reviews, one of them hostile; not to be changed."""
    maker = Maker(tmp_path_factory.mktemp("five") / "data")
    maker.crawl(FIRST, "2026-03-14", ALL)
    maker.store.close()
    return maker.folder


def copied(folder: DataFolder, target: Path) -> DataFolder:
    """Return a copy of a data folder, to be changed."""
    return DataFolder(shutil.copytree(folder.root, target))


@pytest.fixture
def folder(five: DataFolder, tmp_path: Path) -> DataFolder:
    """A copy of the five reviews."""
    return copied(five, tmp_path / "data")


PIP_EDITED = replace(
    PIP, title="Parent-infant psychotherapy and HIV: 50% of infants", brief="Parents and their infants."
)


@pytest.fixture
def edited(maker: Maker) -> DataFolder:
    """Two crawls, a month apart: one review edited, one withdrawn, one gone, one new."""
    maker.crawl(FIRST, "2026-03-14", [PIP, GANGS, TITLE, COCHRANE])
    withdrawn = replace(GANGS, withdrawn=True)
    maker.crawl(SECOND, "2026-04-14", [PIP_EDITED, withdrawn, COCHRANE, HOSTILE_REVIEW], missing=[TITLE.url])
    maker.store.close()
    return maker.folder


def loads(text: str) -> Any:
    return json.loads(text)
