"""Hidden tables: what the fold is folded from. Everything else about reviews can be made from them."""

from __future__ import annotations

from .table_model import Column, Table

_CAPTURE = "TEXT NOT NULL REFERENCES captures(capture_id)"
# fmt: off

CONTENTS = Table(
    name="_contents", description="What one representation said, once for all captures that said it.",
    key=("content_hash",),
    columns=(
        Column("content_hash", "TEXT NOT NULL", "Hash of the record", "extraction"),
        Column("record", "TEXT NOT NULL", "Canonical JSON", "extraction"),
        Column("stated", "TEXT NOT NULL", "JSON array of the fields it states (see store.stated)", "extraction"),
    ),
)
REPRESENTATIONS = Table(
    name="_representations", description="One representation of a review in one capture.",
    key=("review_id", "captured_at", "capture_id", "representation"),
    columns=(
        Column("review_id", "TEXT NOT NULL", "The review", "extraction"),
        Column("captured_at", "TEXT NOT NULL", "Time of the capture", "archive"),
        Column("capture_id", _CAPTURE, "The capture", "archive"),
        Column("representation", "TEXT NOT NULL", "item, rest, alias:<path>, listing:<path>", "extraction"),
        Column("crawl_id", "TEXT", "The run", "archive"),
        Column("content_hash", "TEXT NOT NULL REFERENCES _contents(content_hash)", "What it said", "extraction"),
        Column("address", "TEXT NOT NULL", "What would be the review by the URL alone", "extraction"),
    ),
    without_rowid=True,
    indexes=("(capture_id)", "(crawl_id)", "(address)"),
)
ALIASES = Table(
    name="_aliases", description="A page that names another address as its own.",
    key=("address", "captured_at", "capture_id"),
    columns=(
        Column("address", "TEXT NOT NULL", "What would be the review by the URL alone", "archive"),
        Column("captured_at", "TEXT NOT NULL", "Time of the capture", "archive"),
        Column("capture_id", _CAPTURE, "The capture", "archive"),
        Column("review_id", "TEXT NOT NULL", "The review it names", "extraction"),
    ),
    without_rowid=True,
    indexes=("(review_id)",),
)
SIGNALS = Table(
    name="_signals", description="A sign of absence or sameness without content: 404, 410, 304, redirect, discoveries.",
    key=("review_id", "at", "kind", "capture_id"),
    columns=(
        Column("review_id", "TEXT NOT NULL", "What would be the review of that address", "archive"),
        Column("at", "TEXT NOT NULL", "Time, UTC", "archive"),
        Column("kind", "TEXT NOT NULL CHECK (kind IN ('gone','missing','moved','not_modified'))",
          "Which", "archive"),
        Column("capture_id", "TEXT NOT NULL", "The capture; empty for missing", "archive"),
        Column("crawl_id", "TEXT", "The run; for missing the later one", "archive"),
        Column("url_identity", "TEXT NOT NULL", "The address; empty for missing", "archive"),
        Column("since", "TEXT", "For missing: start of the earlier discovery", "archive"),
    ),
    without_rowid=True,
)
FILE_TEXTS = Table(
    name="_file_texts", description="The text of a file, as last captured.", key=("url_identity",),
    columns=(
        Column("url_identity", "TEXT NOT NULL", "Its address", "archive"),
        Column("captured_at", "TEXT NOT NULL", "Time of the capture", "archive"),
        Column("capture_id", _CAPTURE, "The capture", "archive"),
        Column("pages", "INTEGER", "Number of its pages", "PDF"),
        Column("text", "TEXT", "Its text", "PDF"),
        Column("error", "TEXT", "Why there is no text", "PDF"),
    ),
    indexes=("(capture_id)",),
)
WARC_FILES = Table(
    name="_warc_files", description="How far a WARC file of the data folder has been derived.", key=("name",),
    columns=(
        Column("name", "TEXT NOT NULL", "Name without folder", "archive"),
        Column("size", "INTEGER NOT NULL", "Bytes from its beginning whose records are in the database", "archive"),
    ),
    without_rowid=True,
)
ADDRESSES = Table(
    name="_addresses", description="A URL that a record names, before its address is given to a review.",
    key=("address", "url"),
    columns=(
        Column("address", "TEXT NOT NULL", "What would be the review by the record's URL alone", "extraction"),
        Column("url", "TEXT NOT NULL", "The URL", "extraction"),
        Column("how", "TEXT NOT NULL", "canonical or alias", "extraction"),
    ),
    without_rowid=True,
)
POST_FILES = Table(
    name="_post_files", description="The files that WordPress says are attached to a post, as last captured.",
    key=("post",),
    columns=(
        Column("post", "TEXT NOT NULL", "The post's short address", "archive", ""),
        Column("captured_at", "TEXT NOT NULL", "Time of the capture", "archive"),
        Column("capture_id", _CAPTURE, "The capture", "archive"),
        Column("files", "TEXT NOT NULL", "JSON array of objects with url, label and language", "REST"),
    ),
    indexes=("(capture_id)",),
)
VANISHED = Table(
    name="_vanished",
    description="A field that vanished from the pages of a run at once: what reviews had of it is kept.",
    key=("crawl_id", "class", "field"),
    columns=(
        Column("crawl_id", "TEXT NOT NULL REFERENCES crawls(crawl_id)", "The run", "captures"),
        Column("class", "TEXT NOT NULL", "item, rest, alias or listing", "captures"),
        Column("field", "TEXT NOT NULL", "The field, as _contents.stated names it", "extraction"),
        Column("pages", "INTEGER NOT NULL", "Pages read that had been read before", "captures"),
        Column("had", "INTEGER NOT NULL", "Those that had the field", "captures"),
        Column("lost", "INTEGER NOT NULL", "Those of them that have it no more", "captures"),
        Column("urls", "TEXT NOT NULL", "JSON array of at most three of these", "captures"),
    ),
    without_rowid=True,
)
PENDING = Table(
    name="_pending", description="What was stored since the view was last finished; empty between runs.",
    key=("kind", "id"),
    columns=(
        Column("kind", "TEXT NOT NULL CHECK (kind IN ('address','crawl'))", "Which", "captures"),
        Column("id", "TEXT NOT NULL", "Address of a review to be folded anew, or a crawl", "captures"),
    ),
    without_rowid=True,
)
TABLES = (CONTENTS, REPRESENTATIONS, ALIASES, ADDRESSES, SIGNALS, FILE_TEXTS, POST_FILES, WARC_FILES, VANISHED,
          PENDING)
