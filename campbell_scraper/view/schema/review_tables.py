"""Tables that say what the site knows about reviews: their latest state, their versions and changes."""

from __future__ import annotations

from .table_model import Column, Table

_REVIEW = "TEXT NOT NULL REFERENCES reviews(review_id)"
_FOLD = "fold over captures"
_INFO = "Additional Info block"
_ID = "better-evidence/youth-gangs"
_AT = "2026-03-14T09:00:05.123456Z"
_UUID = "urn:uuid:0b9e5f3e-8f1c-4a57-9a35-4a5c1a9f3a11"
# fmt: off

REVIEWS = Table(
    name="reviews", description="One page address of a review, in its latest state.", key=("review_id",),
    columns=(
        Column("review_id", "TEXT NOT NULL", "Path of the canonical URL, without slashes at its ends and .html",
          "page", _ID),
        Column("work_id", "TEXT NOT NULL", "What joins all addresses of one work", "works", _ID),
        Column("matched_by", "TEXT CHECK (matched_by IN ('doi','redirect','slug','title','manual'))",
          "Why it was joined to another address; NULL if it stands alone", "works", "doi"),
        Column("stage", "TEXT", "title, protocol, review, update, map, brief, other", _INFO, "review"),
        Column("status", "TEXT NOT NULL CHECK (status IN ('current','gone','withdrawn'))",
          "gone: 404, 410, redirects to another review or absent from two complete discoveries; withdrawn: the page "
          "says so", _FOLD, "current"),
        Column("url", "TEXT NOT NULL", "Canonical URL", "page",
          "https://www.campbellcollaboration.org/better-evidence/youth-gangs.html"),
        Column("title", "TEXT", "Title of the page", "page", "Youth gang violence"),
        Column("published_date", "TEXT", "ISO 8601 at the precision given", _INFO, "2015-03-02"),
        Column("published_date_raw", "TEXT", "As printed", _INFO, "Monday, 02 March 2015"),
        Column("published_precision", "TEXT", "day, month or year", _INFO, "day"),
        Column("doi", "TEXT", "Lower case, without resolver", "link to the full review", "10.4073/csr.2015.6"),
        Column("full_review_url", "TEXT", "Where the full review is", _INFO, "https://doi.org/10.4073/csr.2015.6"),
        Column("library_image_url", "TEXT", "The image shown in the library", _INFO, ""),
        Column("headline", "TEXT", "Headline of the English, else first, summary", "summary", ""),
        Column("brief", "TEXT", "The paragraph below it", "summary", ""),
        Column("layout", "TEXT", "Name of the layout it was read from", "page", "k2-item"),
        Column("intro", "TEXT", "Text that stands above the Additional Info block", "page", ""),
        Column("first_seen", "TEXT NOT NULL", "First capture that shows it, UTC", _FOLD, _AT),
        Column("last_seen", "TEXT NOT NULL", "Last capture that shows it, UTC", _FOLD, _AT),
        Column("last_changed", "TEXT NOT NULL", "When the current version began, UTC", _FOLD, _AT),
        Column("version", "INTEGER NOT NULL", "Number of the current version, from 1", _FOLD, "1"),
        Column("capture_id", "TEXT NOT NULL REFERENCES captures(capture_id)",
          "Newest capture of the representation believed first", _FOLD, _UUID),
    ),
    indexes=("(work_id)", "(stage)", "(status)", "(doi) WHERE doi IS NOT NULL", "(published_date)", "(last_changed)",
             "(capture_id)"),
)
REVIEW_URLS = Table(
    name="review_urls", description="One URL that led to a review.", key=("review_id", "url"),
    columns=(
        Column("review_id", _REVIEW, "The review", "captures", _ID),
        Column("url", "TEXT NOT NULL", "The URL", "captures",
          "https://www.campbellcollaboration.org/component/k2/12-youth-gangs"),
        Column("how", "TEXT NOT NULL CHECK (how IN ('canonical','alias','redirect'))", "How it led there",
          "captures", "alias"),
    ),
    indexes=("(url)",),
)
AUTHORS = Table(
    name="authors", description="One author, as a name is printed.", key=("author_id",),
    columns=(
        Column("author_id", "TEXT NOT NULL", "Hash of the other columns", "code", "0f1e2d3c4b5a6978"),
        Column("name", "TEXT NOT NULL", "As printed", _INFO, "Higginson, Angela"),
        Column("given", "TEXT", "Given names and initials; NULL for a group", _INFO, "Angela"),
        Column("family", "TEXT", "Family name with particles; NULL for a group", _INFO, "Higginson"),
        Column("suffix", "TEXT", "Jr., Sr., III as printed", _INFO, ""),
        Column("is_group", "INTEGER NOT NULL CHECK (is_group IN (0,1))", "1 for an organisation", _INFO, "0"),
    ),
    indexes=("(family)", "(name)"),
)
REVIEW_AUTHORS = Table(
    name="review_authors", description="One author of one review.", key=("review_id", "position"),
    columns=(
        Column("review_id", _REVIEW, "The review", _INFO, _ID),
        Column("position", "INTEGER NOT NULL", "Place in the list, from 1", _INFO, "1"),
        Column("author_id", "TEXT NOT NULL REFERENCES authors(author_id)", "The author", _INFO, "0f1e2d3c4b5a6978"),
    ),
    indexes=("(author_id)",),
)
COORDINATING_GROUPS = Table(
    name="coordinating_groups", description="One coordinating group that occurs.", key=("group_id",),
    columns=(
        Column("group_id", "TEXT NOT NULL", "The name's words in lower case with hyphens", "code", "crime-and-justice"),
        Column("name", "TEXT NOT NULL", "The name", _INFO, "Crime and Justice"),
    ),
)
REVIEW_GROUPS = Table(
    name="review_groups", description="One coordinating group of one review.", key=("review_id", "group_id"),
    columns=(
        Column("review_id", _REVIEW, "The review", _INFO, _ID),
        Column("group_id", "TEXT NOT NULL REFERENCES coordinating_groups(group_id)", "The group", _INFO,
          "crime-and-justice"),
        Column("position", "INTEGER NOT NULL", "Place in the list, from 1", _INFO, "1"),
        Column("name", "TEXT NOT NULL", "The name as this review gives it", _INFO, "Crime and Justice"),
    ),
    indexes=("(group_id)",),
)
DOCUMENT_TYPES = Table(
    name="document_types", description="One type of document that occurs.", key=("type_id",),
    columns=(
        Column("type_id", "TEXT NOT NULL", "The name's words in lower case with hyphens", "code",
          "plain-language-summary"),
        Column("name", "TEXT NOT NULL", "The name", _INFO, "Plain language summary"),
    ),
)
REVIEW_DOCUMENT_TYPES = Table(
    name="review_document_types", description="One type of document of one review.", key=("review_id", "type_id"),
    columns=(
        Column("review_id", _REVIEW, "The review", _INFO, _ID),
        Column("type_id", "TEXT NOT NULL REFERENCES document_types(type_id)", "The type",
          _INFO, "plain-language-summary"),
        Column("position", "INTEGER NOT NULL", "Place in the list, from 1", _INFO, "1"),
        Column("name", "TEXT NOT NULL", "The name as this review gives it", _INFO, "Plain language summary"),
    ),
    indexes=("(type_id)",),
)
REVIEW_VERSIONS = Table(
    name="review_versions", description="One state a review had on the site.", key=("review_id", "version"),
    columns=(
        Column("review_id", _REVIEW, "The review", _FOLD, _ID),
        Column("version", "INTEGER NOT NULL", "From 1", _FOLD, "1"),
        Column("valid_from", "TEXT NOT NULL", "When the site first showed it, UTC", _FOLD, _AT),
        Column("valid_to", "TEXT", "When the next version began, UTC; NULL for the current one", _FOLD, ""),
        Column("capture_id", "TEXT REFERENCES captures(capture_id)",
          "The capture that showed it first; NULL if absence "
          "from two discoveries made it", _FOLD, _UUID),
        Column("content_hash", "TEXT NOT NULL", "Hash of the record", _FOLD,
          "0f1e2d3c4b5a69780f1e2d3c4b5a6978"),
        Column("record", "TEXT NOT NULL", "The complete record, canonical JSON", _FOLD, '{"authors":[]}'),
    ),
    indexes=("(valid_from)", "(capture_id)"),
)
CHANGES = Table(
    name="changes", description="One field that differs from the version before.",
    key=("review_id", "version", "field"),
    columns=(
        Column("review_id", _REVIEW, "The review", _FOLD, _ID),
        Column("version", "INTEGER NOT NULL", "The version that has the new value", _FOLD, "2"),
        Column("field", "TEXT NOT NULL",
          "title, status, redirects_to, additional_info.<label>, summaries.<language>.sections.<heading>, …",
          _FOLD, "title"),
        Column("old", "TEXT", "Value before; NULL if absent; lists as JSON", _FOLD, "Youth gangs"),
        Column("new", "TEXT", "Value after; NULL if absent; lists as JSON", _FOLD, "Youth gang violence"),
        Column("changed_at", "TEXT NOT NULL", "When the page said so, UTC", _FOLD, _AT),
        Column("old_capture_id", "TEXT REFERENCES captures(capture_id)", "Last capture that showed the old value",
          _FOLD,
          _UUID),
        Column("new_capture_id", "TEXT REFERENCES captures(capture_id)",
          "Capture that showed the new one; NULL for absence "
          "from two discoveries", _FOLD, _UUID),
    ),
    indexes=("(changed_at)", "(field)", "(old_capture_id)", "(new_capture_id)"),
)
TABLES = (REVIEWS, REVIEW_URLS, AUTHORS, REVIEW_AUTHORS, COORDINATING_GROUPS, REVIEW_GROUPS, DOCUMENT_TYPES,
          REVIEW_DOCUMENT_TYPES, REVIEW_VERSIONS, CHANGES)
