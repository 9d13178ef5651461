"""Tables that say what was crawled: the archive's own facts."""

from __future__ import annotations

from .table_model import Column, Table

_WARC = "WARC record header"
_INFO = "warcinfo record"
_END = "closing record"
# fmt: off

META = Table(
    name="meta", description="One fact about the database itself.", key=("key",),
    columns=(
        Column("key", "TEXT NOT NULL", "Name: schema_version, extractor_version, library, replay_base", "code",
          "extractor_version"),
        Column("value", "TEXT NOT NULL", "Its value", "code", "3f9a0c1d2e4b5a69"),
    ),
    without_rowid=True,
)
DATA_DICTIONARY = Table(
    name="data_dictionary", description="One column of the database, described.", key=("table", "column"),
    columns=(
        Column("table", "TEXT NOT NULL", "Table or view", "code", "reviews"),
        Column("column", "TEXT NOT NULL", "Column", "code", "doi"),
        Column("type", "TEXT NOT NULL", "SQLite type and constraints", "code", "TEXT"),
        Column("description", "TEXT NOT NULL", "What a value means, its format and unit", "code", "DOI in lower case"),
        Column("source", "TEXT NOT NULL", "Where a value comes from", "code", "link to the full review"),
        Column("example", "TEXT NOT NULL", "A value", "code", "10.4073/csr.2015.6"),
    ),
    without_rowid=True,
)
CRAWLS = Table(
    name="crawls", description="One run of the crawler, as its WARC files tell it.", key=("crawl_id",),
    columns=(
        Column("crawl_id", "TEXT NOT NULL", "Name of the run", "isPartOf of the warcinfo record",
          "20260314T090000Z-live-1a2b3c4d"),
        Column("source", "TEXT", "live, k2, wayback, or what another tool calls it", _INFO, "live"),
        Column("site", "TEXT", "URL the crawl started from", _INFO, "https://www.campbellcollaboration.org/"),
        Column("started_at", "TEXT", "Start, UTC", _INFO, "2026-03-14T09:00:00.000000Z"),
        Column("finished_at", "TEXT", "End, UTC; NULL while it runs and after a crash", _END,
          "2026-03-14T09:20:11.000000Z"),
        Column("status",
          "TEXT NOT NULL DEFAULT 'running' CHECK (status IN ('running','finished','interrupted','failed'))",
          "How it ended; running while there is no closing record", _END, "finished"),
        Column("software", "TEXT", "Program and version", _INFO, "campbell-scraper/0.1.0"),
        Column("arguments", "TEXT", "Arguments of the command, as the warcinfo record has them", _INFO,
          "crawl --source live"),
        Column("counts", "TEXT", "JSON object: name → number", _END, '{"requests":512}'),
        Column("discovery_complete", "INTEGER NOT NULL DEFAULT 0 CHECK (discovery_complete IN (0,1))",
          "1 if every list of reviews was read to its end", _END, "1"),
        Column("info", "TEXT", "All fields of the warcinfo record, JSON object", _INFO, '{"robots":"obey"}'),
        Column("closing", "TEXT", "All fields of the closing record, JSON object", _END, '{"count-requests":"512"}'),
    ),
)
CAPTURES = Table(
    name="captures", description="One HTTP exchange, or attempt at one.", key=("capture_id",),
    columns=(
        Column("capture_id", "TEXT NOT NULL", "WARC-Record-ID of the response, or of the failure's metadata record",
          _WARC,
          "urn:uuid:0b9e5f3e-8f1c-4a57-9a35-4a5c1a9f3a11"),
        Column("crawl_id", "TEXT REFERENCES crawls(crawl_id)", "The run; NULL for archives that name none", _INFO,
          "20260314T090000Z-live-1a2b3c4d"),
        Column("method", "TEXT NOT NULL", "HTTP method", "request", "GET"),
        Column("url", "TEXT NOT NULL", "URL asked for",
          _WARC, "https://www.campbellcollaboration.org/review/youth-gangs/"),
        Column("url_key", "TEXT NOT NULL", "SURT form of the URL", _WARC,
          "org,campbellcollaboration)/review/youth-gangs"),
        Column("captured_at", "TEXT NOT NULL", "When the request began, UTC; for restored records when the Wayback "
          "Machine made its capture", _WARC, "2026-03-14T09:00:05.123456Z"),
        Column("fetched_at", "TEXT NOT NULL", "When this archive got it, UTC", _WARC, "2026-03-14T09:00:05.123456Z"),
        Column("source_uri", "TEXT", "Where a restored record was got", _WARC,
          "https://web.archive.org/web/20181105000000id_/http://campbellcollaboration.org/"),
        Column("restored", "INTEGER NOT NULL CHECK (restored IN (0,1))",
          "1 for a record restored from the Wayback Machine",
          _WARC, "0"),
        Column("status", "INTEGER", "HTTP status; NULL if no answer came", "response", "200"),
        Column("mime", "TEXT", "Media type without parameters, lower case", "response", "text/html"),
        Column("kind", "TEXT NOT NULL", "review, listing, map, page, pdf, requisite, api, sitemap, robots, other",
          "extraction", "review"),
        Column("outcome", "TEXT NOT NULL CHECK (outcome IN ('new','unchanged','revisit','failed'))",
          "new; unchanged (304); revisit (payload known from refers_to); failed", _WARC, "new"),
        Column("error", "TEXT", "What went wrong", "metadata record", "TimeoutError: 60 s"),
        Column("redirect_to", "TEXT", "Absolute URL a 3xx answer points to", "response", ""),
        Column("refers_to", "TEXT", "capture_id of the record that holds the payload", _WARC, ""),
        Column("via", "TEXT", "URL of the page that led here", "metadata record",
          "https://www.campbellcollaboration.org/wp-sitemap.xml"),
        Column("hops", "TEXT NOT NULL", "Heritrix' hop letters from the seed: L link, R redirect, E embed, I inferred",
          "metadata record", "IL"),
        Column("etag", "TEXT", "ETag header", "response", ""),
        Column("last_modified", "TEXT", "Last-Modified header", "response", ""),
        Column("payload_digest", "TEXT", "sha256: and hexadecimal, of the dechunked, still content-encoded entity",
          _WARC,
          "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        Column("payload_length", "INTEGER", "Bytes of that entity", _WARC, "18230"),
        Column("truncated", "TEXT", "length, time, disconnect, unspecified; NULL for a whole answer", _WARC, ""),
        Column("warc_file", "TEXT NOT NULL", "Name of the WARC file once closed, without folder", "archive",
          "campbell-20260314090000000-00000-1a2b3c4d.warc.gz"),
        Column("warc_offset", "INTEGER NOT NULL", "Where the record's gzip member begins, in bytes", "archive", "4711"),
        Column("warc_length", "INTEGER NOT NULL", "Length of that member, in bytes", "archive", "9120"),
    ),
    indexes=("(url_key, captured_at)", "(crawl_id)", "(payload_digest)", "(url)",
             "(redirect_to) WHERE redirect_to IS NOT NULL", "(warc_file, warc_offset)"),
)
DISCOVERED = Table(
    name="discovered", description="One URL seen in a crawl, and what was decided.", key=("crawl_id", "url"),
    columns=(
        Column("crawl_id", "TEXT NOT NULL REFERENCES crawls(crawl_id)", "The run", "archive",
          "20260314T090000Z-live-1a2b3c4d"),
        Column("url", "TEXT NOT NULL", "The URL", "archive", "https://www.campbellcollaboration.org/wp-admin/"),
        Column("via", "TEXT", "URL of the page that named it", "archive", "https://www.campbellcollaboration.org/"),
        Column("hint_modified", "TEXT",
          "When it last changed, as a sitemap or REST answer said",
          "sitemap, REST",
          "2026-01-02T03:04:05Z"),
        Column("decision", "TEXT NOT NULL",
          "fetched, unchanged, robots, limit (beyond what the run is for), offsite, private", "archive", "robots"),
        Column("capture_id", "TEXT REFERENCES captures(capture_id)", "The last capture, if fetched", "archive", ""),
        Column("noted_at", "TEXT NOT NULL", "Time of that capture or decision, UTC", "archive",
          "2026-03-14T09:00:05.123456Z"),
    ),
    indexes=("(url)", "(capture_id)"),
)
UNHANDLED = Table(
    name="unhandled", description="One value that no rule covered.", key=("crawl_id", "url", "kind", "value"),
    columns=(
        Column("crawl_id", "TEXT REFERENCES crawls(crawl_id)", "The run; NULL where no run is to blame", "extraction",
          "20260314T090000Z-live-1a2b3c4d"),
        Column("url", "TEXT NOT NULL", "The page", "extraction",
          "https://www.campbellcollaboration.org/better-evidence/youth-gangs.html"),
        Column("kind", "TEXT NOT NULL",
          "label, document_type, group, heading, layout, conflict, language, lost_markup, date",
          "extraction", "label"),
        Column("value", "TEXT NOT NULL", "The value, verbatim", "extraction", "Implications for policy"),
    ),
    unique=("(coalesce(crawl_id, ''), url, kind, value)",),
)
TABLES = (META, DATA_DICTIONARY, CRAWLS, CAPTURES, DISCOVERED, UNHANDLED)
