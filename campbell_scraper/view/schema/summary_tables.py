"""Tables of what review pages say: labels, summaries, sections, facts, and what people confirmed or corrected."""

from __future__ import annotations

from .table_model import Row, column, table

_ID = "better-evidence/youth-gangs"
_INFO = "Additional Info block"
_SUM = "summary"
_FACT = "summary, by rule"


@table("additional_info", key=("review_id", "position"), indexes=(("label",),))
class InfoRow(Row):
    """One label and value of the Additional Info block, in page order."""

    review_id: str = column("The review", _INFO, _ID, references="reviews.review_id")
    position: int = column("Place in the block, from 1", _INFO, "2")
    label: str = column("Verbatim, without the colon", _INFO, "Published date")
    value: str = column(
        "Text of the value, a line for each paragraph, list item or table row", _INFO, "Monday, 02 March 2015"
    )
    html: str = column("Markup of the value, sanitised", _INFO, "Monday, 02 March 2015")
    field_type: str | None = column("K2's field type in lower case", "class of the list item", "date")


@table("summaries", key=("summary_id",), indexes=(("review_id",), ("language",)))
class SummaryRow(Row):
    """One summary of a review in one language and form."""

    summary_id: str = column(
        "Hash of review, language, form, and number among the review's summaries of this language and form",
        "code",
        "0f1e2d3c4b5a6978",
    )
    review_id: str = column("The review", "page", _ID, references="reviews.review_id")
    position: int = column("Place on the page, from 1", "page", "1")
    language: str = column("BCP 47; und if unknown", "label, else text", "nb")
    language_label: str | None = column("As the page calls it", "label", "Norwegian")
    form: str = column(
        "plain_language_summary, user_abstract, executive_summary, policy_brief", _SUM, "plain_language_summary"
    )
    title: str | None = column("A title of its own inside the summary", _SUM)
    banner: str | None = column("PLAIN LANGUAGE SUMMARY or its like, verbatim", _SUM, "PLAIN LANGUAGE SUMMARY")
    headline: str | None = column("The sentence at its head", _SUM)
    brief: str | None = column("The paragraph below the headline", _SUM)
    text: str = column("The whole summary as plain text", _SUM)
    is_placeholder: bool = column("1 if the text only points to a PDF", _SUM, "0")
    pdf_url: str | None = column("The PDF that holds this language", "page")


@table("sections", key=("section_id",), indexes=(("summary_id",), ("review_id",), ("kind",)))
class SectionRow(Row):
    """One headed part of a summary."""

    section_id: str = column("Summary and position", "code", "0f1e2d3c4b5a6978-1")
    summary_id: str = column("The summary", _SUM, "0f1e2d3c4b5a6978", references="summaries.summary_id")
    review_id: str = column("The review", _SUM, _ID, references="reviews.review_id")
    position: int = column("Place in the summary, from 1", _SUM, "1")
    heading: str = column("Verbatim; empty for text before any heading", _SUM, "What is this review about?")
    level: int | None = column("1 to 6; NULL for a heading made of bold text", _SUM, "2")
    kind: str = column(
        "What the heading asks: about, aim, included_studies, main_results, …", "wording of the heading", "about"
    )
    text: str = column("Paragraphs, list items and table rows, one a line", _SUM)


@table(
    "evidence_facts",
    key=("fact_id",),
    indexes=(("review_id", "fact"), ("summary_id",), ("section_id",), ("fact", "value")),
)
class FactRow(Row):
    """One fact a summary states, with its sentence."""

    fact_id: str = column("Summary and number of the fact", "code", "0f1e2d3c4b5a6978-fact-1")
    review_id: str = column("The review", _FACT, _ID, references="reviews.review_id")
    summary_id: str = column("The summary", _FACT, "0f1e2d3c4b5a6978", references="summaries.summary_id")
    section_id: str | None = column(
        "The section; NULL if read from headline or brief",
        _FACT,
        "0f1e2d3c4b5a6978-1",
        references="sections.section_id",
    )
    position: int = column("Place among the summary's facts, from 1", _FACT, "1")
    fact: str = column(
        "studies_included, participants, search_date, publication_window, countries, …", _FACT, "search_date"
    )
    value: str = column("Normalised: digits, ISO date, 1990/2013, English name", _FACT, "2014-01")
    number: int | None = column("The value as a number", _FACT)
    precision: str | None = column("exact, at_least, about; day, month, year", _FACT, "month")
    quote: str = column(
        "The sentence, verbatim", _SUM, "The review authors searched for studies published until January 2014."
    )
    quote_start: int = column(
        "Where the sentence begins in the text of the section, or in brief or headline: characters from 0", _SUM, "0"
    )
    quote_end: int = column("The character after its end, counted likewise", _SUM, "70")


@table("confirmed_facts", key=("review_id", "fact", "position"))
class ConfirmedFactRow(Row):
    """One fact that a person confirmed or corrected: a line of facts.csv."""

    review_id: str = column("The review", "facts.csv", _ID)
    fact: str = column("Name of the fact, as in evidence_facts", "facts.csv", "studies_included")
    position: int = column("Place among the values of this fact, from 1", "facts.csv", "1")
    value: str | None = column("Normalised as in evidence_facts; NULL: the review does not state it", "facts.csv", "8")
    number: int | None = column("The value as a number", "facts.csv", "8")
    who: str | None = column("Who says so", "facts.csv", "J. Doe")
    confirmed_at: str | None = column("When, as written there", "facts.csv", "2026-11-30")


@table("corrections", key=("review_id", "field", "position"))
class CorrectionRow(Row):
    """One correction of a value that a page has wrong: a line of corrections.csv."""

    review_id: str = column("The review", "corrections.csv", _ID, references="reviews.review_id")
    field: str = column(
        "title, authors, published_date, doi, full_review_url, stage, groups, document_types", "corrections.csv", "doi"
    )
    position: int = column("Place among the corrections of this field, from 1", "corrections.csv", "1")
    old: str | None = column(
        "What the page says; names separated by semicolons; NULL: nothing", "corrections.csv", "10.4073/csr.2015.9"
    )
    new: str | None = column("The right value, in the same form", "corrections.csv", "10.4073/csr.2015.6")
    applies: bool = column(
        "1 while the page says `old`: reviews and exports then have `new`, review_versions have what the page says",
        "corrections.csv, page",
        "1",
        default=False,
    )
    reason: str | None = column("Why", "corrections.csv", "as the publisher has it")
    who: str | None = column("Who says so", "corrections.csv", "J. Doe")
