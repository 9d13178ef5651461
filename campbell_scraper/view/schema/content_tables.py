"""Tables that hold what the pages say: labels, summaries, facts, files, and pages that are no reviews."""

from __future__ import annotations

from .table_model import Column, Table

_REVIEW = "TEXT NOT NULL REFERENCES reviews(review_id)"
_ID = "better-evidence/youth-gangs"
_INFO = "Additional Info block"
_SUM = "summary"
_FACT = "summary, by rule"
_PAGE = "https://www.campbellcollaboration.org/evidence-gap-maps.html"
# fmt: off

ADDITIONAL_INFO = Table(
    name="additional_info", description="One label and value of the Additional Info block, in page order.",
    key=("review_id", "position"),
    columns=(
        Column("review_id", _REVIEW, "The review", _INFO, _ID),
        Column("position", "INTEGER NOT NULL", "Place in the block, from 1", _INFO, "2"),
        Column("label", "TEXT NOT NULL", "Verbatim, without the colon", _INFO, "Published date"),
        Column("value", "TEXT NOT NULL", "Text of the value, a line for each paragraph, list item or table row", _INFO,
          "Monday, 02 March 2015"),
        Column("html", "TEXT NOT NULL", "Markup of the value, sanitised", _INFO, "Monday, 02 March 2015"),
        Column("field_type", "TEXT", "K2's field type in lower case", "class of the list item", "date"),
    ),
    indexes=("(label)",),
)
SUMMARIES = Table(
    name="summaries", description="One summary of a review in one language and form.", key=("summary_id",),
    columns=(
        Column("summary_id", "TEXT NOT NULL", "Hash of review, language, form and number among equals", "code",
          "0f1e2d3c4b5a6978"),
        Column("review_id", _REVIEW, "The review", "page", _ID),
        Column("position", "INTEGER NOT NULL", "Place on the page, from 1", "page", "1"),
        Column("language", "TEXT NOT NULL", "BCP 47; und if unknown", "label, else text", "nb"),
        Column("language_label", "TEXT", "As the page calls it", "label", "Norwegian"),
        Column("form", "TEXT NOT NULL", "plain_language_summary, user_abstract, executive_summary, policy_brief", _SUM,
          "plain_language_summary"),
        Column("title", "TEXT", "A title of its own inside the summary", _SUM, ""),
        Column("banner", "TEXT", "PLAIN LANGUAGE SUMMARY or its like, verbatim", _SUM, "PLAIN LANGUAGE SUMMARY"),
        Column("headline", "TEXT", "The sentence at its head", _SUM, ""),
        Column("brief", "TEXT", "The paragraph below", _SUM, ""),
        Column("text", "TEXT NOT NULL", "The whole summary as plain text", _SUM, ""),
        Column("is_placeholder", "INTEGER NOT NULL CHECK (is_placeholder IN (0,1))",
          "1 if the text only points to a PDF",
          _SUM, "0"),
        Column("pdf_url", "TEXT", "The PDF that holds this language", "page", ""),
    ),
    indexes=("(review_id)", "(language)"),
)
SECTIONS = Table(
    name="sections", description="One headed part of a summary.", key=("section_id",),
    columns=(
        Column("section_id", "TEXT NOT NULL", "Summary and position", "code", "0f1e2d3c4b5a6978-1"),
        Column("summary_id", "TEXT NOT NULL REFERENCES summaries(summary_id)", "The summary", _SUM, "0f1e2d3c4b5a6978"),
        Column("review_id", _REVIEW, "The review", _SUM, _ID),
        Column("position", "INTEGER NOT NULL", "Place in the summary, from 1", _SUM, "1"),
        Column("heading", "TEXT NOT NULL", "Verbatim; empty for text before any heading", _SUM,
          "What is this review about?"),
        Column("level", "INTEGER", "1 to 6; NULL for a heading made of bold text", _SUM, "2"),
        Column("kind", "TEXT NOT NULL", "What the heading asks: about, aim, included_studies, main_results, …",
          "wording of the heading", "about"),
        Column("text", "TEXT NOT NULL", "Paragraphs, list items and table rows, one a line", _SUM, ""),
    ),
    indexes=("(summary_id)", "(review_id)", "(kind)"),
)
EVIDENCE_FACTS = Table(
    name="evidence_facts", description="One fact a summary states, with its sentence.", key=("fact_id",),
    columns=(
        Column("fact_id", "TEXT NOT NULL", "Summary and number of the fact", "code", "0f1e2d3c4b5a6978-fact-1"),
        Column("review_id", _REVIEW, "The review", _FACT, _ID),
        Column("summary_id", "TEXT NOT NULL REFERENCES summaries(summary_id)", "The summary",
          _FACT, "0f1e2d3c4b5a6978"),
        Column("section_id", "TEXT REFERENCES sections(section_id)", "The section; NULL if read from headline or brief",
          _FACT, "0f1e2d3c4b5a6978-1"),
        Column("position", "INTEGER NOT NULL", "Place among the summary's facts, from 1", _FACT, "1"),
        Column("fact", "TEXT NOT NULL", "studies_included, participants, search_date, publication_window, countries, …",
          _FACT, "search_date"),
        Column("value", "TEXT NOT NULL", "Normalised: digits, ISO date, 1990/2013, English name", _FACT, "2014-01"),
        Column("number", "INTEGER", "The value as a number", _FACT, ""),
        Column("precision", "TEXT", "exact, at_least, about; day, month, year", _FACT, "month"),
        Column("quote", "TEXT NOT NULL", "The sentence, verbatim", _SUM,
          "The review authors searched for studies published until January 2014."),
        Column("quote_start", "INTEGER NOT NULL",
          "Offset in characters in that section's text, or brief or headline", _SUM,
          "0"),
        Column("quote_end", "INTEGER NOT NULL", "Offset behind its end", _SUM, "70"),
    ),
    indexes=("(review_id, fact)", "(summary_id)", "(section_id)", "(fact, value)"),
)
FILES = Table(
    name="files", description="One file that a review or page offers for download.",
    key=("url", "review_id", "page_url"),
    columns=(
        Column("url", "TEXT NOT NULL", "The file", "page",
          "https://www.campbellcollaboration.org/media/k2/attachments/gangs_no.pdf"),
        Column("review_id", "TEXT REFERENCES reviews(review_id)", "The review that offers it", "page", _ID),
        Column("page_url", "TEXT REFERENCES pages(url)", "The page that offers it, if no review does", "page", ""),
        Column("label", "TEXT", "Text of the link", "page", "Download PDF"),
        Column("language", "TEXT", "BCP 47, where the page ties it to one", "page", "nb"),
        Column("capture_id", "TEXT REFERENCES captures(capture_id)", "Its newest capture", "archive", ""),
        Column("pages", "INTEGER", "Number of its pages", "PDF", "2"),
        Column("text", "TEXT", "Its text", "PDF", ""),
        Column("error", "TEXT", "Why there is no text", "PDF", ""),
    ),
    indexes=("(review_id)", "(page_url)", "(capture_id)"),
    unique=("(url, coalesce(review_id, ''), coalesce(page_url, ''))",),
)
PAGES = Table(
    name="pages", description="One page kept as content that is no review, as last captured.", key=("url",),
    columns=(
        Column("url", "TEXT NOT NULL", "Canonical URL", "page", _PAGE),
        Column("kind", "TEXT NOT NULL", "map, contact, article, home", "page", "map"),
        Column("title", "TEXT", "Its title", "page", "Evidence and gap maps"),
        Column("tagline", "TEXT", "The site's line above the content", "page", "Better evidence for a better world"),
        Column("text", "TEXT NOT NULL", "Its text", "page", ""),
        Column("capture_id", "TEXT NOT NULL REFERENCES captures(capture_id)", "Newest capture", "archive", ""),
        Column("captured_at", "TEXT NOT NULL", "Its time, UTC", "archive", "2026-03-14T09:00:05.123456Z"),
    ),
    indexes=("(capture_id)",),
)
PAGE_SECTIONS = Table(
    name="page_sections", description="One headed part of such a page.", key=("url", "position"),
    columns=(
        Column("url", "TEXT NOT NULL REFERENCES pages(url)", "The page", "page", _PAGE),
        Column("position", "INTEGER NOT NULL", "Place on the page, from 1", "page", "1"),
        Column("heading", "TEXT NOT NULL", "Verbatim", "page", "Other EGMs"),
        Column("text", "TEXT NOT NULL", "Its text", "page", ""),
        Column("links", "TEXT NOT NULL", "JSON array of objects with text and url", "page", "[]"),
    ),
)
TABLES = (ADDITIONAL_INFO, SUMMARIES, SECTIONS, EVIDENCE_FACTS, PAGES, PAGE_SECTIONS, FILES)
