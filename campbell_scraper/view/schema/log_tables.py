"""Tables that say what was crawled: the archive's own facts."""

from __future__ import annotations

from .table_model import Row, column, table

_WARC = "WARC record header"
_INFO = "warcinfo record"
_END = "closing record"


@table("meta", key=("key",), stays="last")
class MetaRow(Row):
    """One fact about the database itself."""

    key: str = column("Name: schema_version, extractor_version, library, replay_base", "code", "extractor_version")
    value: str = column("Its value", "code", "3f9a0c1d2e4b5a69")


@table("data_dictionary", key=("table", "column"))
class DictionaryRow(Row):
    """One column of the database, described."""

    table_: str = column("Table or view", "code", "reviews")
    column_: str = column("Column", "code", "doi")
    type: str = column("SQLite type and constraints", "code", "TEXT")
    description: str = column("What a value means, its format and unit", "code", "DOI in lower case")
    source: str = column("Where a value comes from", "code", "link to the full review")
    example: str = column("A value", "code", "10.4073/csr.2015.6")


@table("crawls", key=("crawl_id",), stays="first")
class CrawlRow(Row):
    """One run of the crawler, as its WARC files tell it."""

    crawl_id: str = column("Name of the run", "isPartOf of the warcinfo record", "20260314T090000Z-1a2b3c4d")
    source: str | None = column("live, k2, wayback, or what another tool calls it", _INFO, "live", default=None)
    site: str | None = column(
        "URL the crawl started from", _INFO, "https://www.campbellcollaboration.org/", default=None
    )
    started_at: str | None = column("Start, UTC", _INFO, "2026-03-14T09:00:00.000000Z", default=None)
    finished_at: str | None = column(
        "End, UTC; NULL while it runs and after a crash", _END, "2026-03-14T09:20:11.000000Z", default=None
    )
    status: str = column(
        "How it ended; running while there is no closing record",
        _END,
        "finished",
        choices=("running", "finished", "interrupted", "failed"),
        default="running",
    )
    software: str | None = column("Program and version", _INFO, "campbell-scraper/0.1.0", default=None)
    arguments: str | None = column(
        "Arguments of the command, as the warcinfo record has them", _INFO, "crawl --source live", default=None
    )
    counts: str | None = column("JSON object: name → number", _END, '{"requests":512}', default=None)
    discovery_complete: bool = column("1 if every list of reviews was read to its end", _END, "1", default=False)
    info: str | None = column(
        "All fields of the warcinfo record, JSON object", _INFO, '{"robots":"obey"}', default=None
    )
    closing: str | None = column(
        "All fields of the closing record, JSON object", _END, '{"count-requests":"512"}', default=None
    )


@table(
    "captures",
    key=("capture_id",),
    indexes=(("url_key", "captured_at"), ("crawl_id",), ("payload_digest",), ("url",), ("warc_file", "warc_offset")),
    partial_indexes=("(redirect_to) WHERE redirect_to IS NOT NULL",),
)
class CaptureRow(Row):
    """One HTTP exchange, or attempt at one."""

    capture_id: str = column(
        "WARC-Record-ID of the response, or of the failure's metadata record",
        _WARC,
        "urn:uuid:0b9e5f3e-8f1c-4a57-9a35-4a5c1a9f3a11",
    )
    crawl_id: str | None = column(
        "The run; NULL for archives that name none",
        _INFO,
        "20260314T090000Z-1a2b3c4d",
        references="crawls.crawl_id",
    )
    method: str = column("HTTP method", "request", "GET")
    url: str = column("URL requested", _WARC, "https://www.campbellcollaboration.org/review/youth-gangs/")
    url_key: str = column("SURT form of the URL", _WARC, "org,campbellcollaboration)/review/youth-gangs")
    captured_at: str | None = column(
        "When the request began, UTC; for restored records when the Wayback Machine made its capture; NULL if the "
        "record's date cannot be read",
        _WARC,
        "2026-03-14T09:00:05.123456Z",
    )
    fetched_at: str | None = column(
        "When this archive got it, UTC; NULL if not known", _WARC, "2026-03-14T09:00:05.123456Z"
    )
    source_uri: str | None = column(
        "Where a restored record came from",
        _WARC,
        "https://web.archive.org/web/20181105000000id_/http://campbellcollaboration.org/",
    )
    restored: bool = column("1 for a record restored from the Wayback Machine", _WARC, "0")
    status: int | None = column("HTTP status; NULL if there was no response", "response", "200")
    mime: str | None = column("Media type without parameters, lower case", "response", "text/html")
    kind: str = column(
        "review, listing, map, page, pdf, requisite, api, sitemap, robots, other", "extraction", "review"
    )
    outcome: str = column(
        "new; unchanged (304); revisit (payload known from refers_to); failed",
        _WARC,
        "new",
        choices=("new", "unchanged", "revisit", "failed"),
    )
    error: str | None = column("What went wrong", "metadata record", "TimeoutError: 60 s")
    redirect_to: str | None = column("Absolute URL that a 3xx response points to", "response")
    refers_to: str | None = column("capture_id of the record that holds the payload", _WARC)
    via: str | None = column(
        "URL of the page that led here", "metadata record", "https://www.campbellcollaboration.org/wp-sitemap.xml"
    )
    hops: str = column(
        "Heritrix' hop letters from the seed: L link, R redirect, E embed, I inferred", "metadata record", "IL"
    )
    etag: str | None = column("ETag header", "response")
    last_modified: str | None = column("Last-Modified header", "response")
    payload_digest: str | None = column(
        "sha256: and hexadecimal, of the dechunked, still content-encoded entity",
        _WARC,
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    )
    payload_length: int | None = column("Bytes of that entity", _WARC, "18230")
    truncated: str | None = column(
        "length, time, disconnect, unspecified; segmented if records with the rest are missing; NULL if whole",
        _WARC,
    )
    warc_file: str = column(
        "Final name of the WARC file, without its folder; for one in a WACZ file, after that file's name and a slash",
        "archive",
        "campbell-20260314090000000-00000-1a2b3c4d.warc.gz",
    )
    warc_offset: int = column("Where the record's gzip member begins, in bytes", "archive", "4711")
    warc_length: int = column("Length of that member, in bytes", "archive", "9120")


@table("discovered", key=("crawl_id", "url"), indexes=(("url",), ("capture_id",)))
class DiscoveredRow(Row):
    """One URL seen in a crawl, and what was decided."""

    crawl_id: str = column("The run", "archive", "20260314T090000Z-1a2b3c4d", references="crawls.crawl_id")
    url: str = column("The URL", "archive", "https://www.campbellcollaboration.org/wp-admin/")
    via: str | None = column("URL of the page that named it", "archive", "https://www.campbellcollaboration.org/")
    hint_modified: str | None = column(
        "When it last changed, as a sitemap or REST says", "sitemap, REST", "2026-01-02T03:04:05Z", default=None
    )
    decision: str = column(
        "fetched, unchanged, robots, limit (outside the run's scope), offsite, private", "archive", "robots"
    )
    capture_id: str | None = column(
        "The last capture, if fetched", "archive", references="captures.capture_id", default=None
    )
    noted_at: str = column("Time of that capture or decision, UTC", "archive", "2026-03-14T09:00:05.123456Z")


@table(
    "unhandled",
    key=("crawl_id", "url", "kind", "value"),
    unique="(coalesce(crawl_id, ''), url, kind, value)",
    stays="first",
)
class UnhandledRow(Row):
    """One unrecognised value."""

    crawl_id: str | None = column(
        "The run; NULL if it comes from no run",
        "extraction",
        "20260314T090000Z-1a2b3c4d",
        references="crawls.crawl_id",
    )
    url: str = column(
        "The page", "extraction", "https://www.campbellcollaboration.org/better-evidence/youth-gangs.html"
    )
    kind: str = column(
        "label, document_type, group, heading, layout, conflict, language, lost_markup, date, publisher, authors, "
        "coding",
        "extraction",
        "label",
    )
    value: str = column("The value, verbatim", "extraction", "Implications for policy")
