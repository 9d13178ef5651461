"""Tables that say what the site knows about reviews: their latest state, their versions and changes."""

from __future__ import annotations

from .table_model import Row, column, table

_FOLD = "fold over captures"
_INFO = "Additional Info block"
_OR_PERSON = " or corrections.csv"
_REST = "REST: date_gmt, modified_gmt"
_ID = "better-evidence/youth-gangs"
_AT = "2026-03-14T09:00:05.123456Z"
_UUID = "urn:uuid:0b9e5f3e-8f1c-4a57-9a35-4a5c1a9f3a11"


@table(
    "reviews",
    key=("review_id",),
    indexes=(("work_id",), ("stage",), ("status",), ("published_date",), ("last_changed",), ("capture_id",)),
    partial_indexes=("(doi) WHERE doi IS NOT NULL",),
)
class ReviewRow(Row):
    """One page address of a review, in its latest state."""

    review_id: str = column("Path of the canonical URL, without slashes at its ends and .html", "page", _ID)
    work_id: str = column("Identifier that all addresses of one work share", "works", _ID)
    matched_by: str | None = column(
        "Why it was joined to another address; NULL if it stands alone",
        "works",
        "doi",
        choices=("doi", "translation", "redirect", "slug", "title", "manual"),
        default=None,
    )
    stage: str | None = column("title, protocol, review, update, map, brief, other", _INFO + _OR_PERSON, "review")
    status: str = column(
        "gone: 404, 410, asks for a password, redirects to another review or absent from two complete discoveries; "
        "withdrawn: the page says so",
        _FOLD,
        "current",
        choices=("current", "gone", "withdrawn"),
    )
    url: str = column("Canonical URL", "page", "https://www.campbellcollaboration.org/better-evidence/youth-gangs.html")
    title: str | None = column("Title of the page", "page" + _OR_PERSON, "Youth gang violence")
    published_date: str | None = column("ISO 8601 at the precision given", _INFO + _OR_PERSON, "2015-03-02")
    published_date_raw: str | None = column("As printed", _INFO, "Monday, 02 March 2015")
    published_precision: str | None = column("day, month or year", _INFO + _OR_PERSON, "day")
    posted_at: str | None = column(
        "When the page was posted, UTC; its date is the published_date of a page that states none",
        _REST,
        "2024-03-01T09:30:00Z",
    )
    modified_at: str | None = column("When the page was last saved, UTC", _REST, "2024-05-02T10:00:00Z")
    language: str | None = column("BCP 47, of a page in a language other than English; else NULL", "page", "es")
    translation_of: str | None = column(
        "The English page that it names as its original",
        "page",
        "https://www.campbellcollaboration.org/review/youth-gangs/",
    )
    doi: str | None = column(
        "Lower case, without resolver", "link to the full review" + _OR_PERSON, "10.4073/csr.2015.6"
    )
    full_review_url: str | None = column(
        "Where the full review is", _INFO + _OR_PERSON, "https://doi.org/10.4073/csr.2015.6"
    )
    library_image_url: str | None = column("The image shown in the library", _INFO)
    headline: str | None = column("Headline of the English, else first, summary", "summary")
    brief: str | None = column("The paragraph below the headline", "summary")
    layout: str | None = column("Name of the layout it was read from", "page", "k2-item")
    intro: str | None = column("Text above the Additional Info block", "page")
    first_seen: str = column("First capture that shows it, UTC", _FOLD, _AT)
    last_seen: str = column("Last capture that shows it, UTC", _FOLD, _AT)
    last_changed: str = column("When the current version began, UTC", _FOLD, _AT)
    version: int = column("Number of the current version, from 1", _FOLD, "1")
    capture_id: str = column(
        "Newest capture of the preferred representation", _FOLD, _UUID, references="captures.capture_id"
    )


@table("review_urls", key=("review_id", "url"), indexes=(("url",),))
class ReviewUrlRow(Row):
    """One URL that led to a review."""

    review_id: str = column("The review", "captures", _ID, references="reviews.review_id")
    url: str = column("The URL", "captures", "https://www.campbellcollaboration.org/component/k2/12-youth-gangs")
    how: str = column("How it led there", "captures", "alias", choices=("canonical", "alias", "redirect"))


@table("authors", key=("author_id",), indexes=(("family",), ("name",)), stays="first")
class AuthorRow(Row):
    """One author, as a name is printed."""

    author_id: str = column("Hash of the other columns", "code", "0f1e2d3c4b5a6978")
    name: str = column("As printed", _INFO, "Higginson, Angela")
    given: str | None = column("Given names and initials; NULL for a group", _INFO, "Angela")
    family: str | None = column("Family name with particles; NULL for a group", _INFO, "Higginson")
    suffix: str | None = column("Jr., Sr., III as printed", _INFO)
    is_group: bool = column("1 for an organisation", _INFO, "0")


@table("review_authors", key=("review_id", "position"), indexes=(("author_id",),))
class ReviewAuthorRow(Row):
    """One author of one review."""

    review_id: str = column("The review", _INFO, _ID, references="reviews.review_id")
    position: int = column("Place in the list, from 1", _INFO, "1")
    author_id: str = column("The author", _INFO + _OR_PERSON, "0f1e2d3c4b5a6978", references="authors.author_id")


@table("coordinating_groups", key=("group_id",), stays="first")
class GroupRow(Row):
    """One coordinating group that a review names."""

    group_id: str = column("The name's words in lower case with hyphens", "code", "crime-and-justice")
    name: str = column("The name", _INFO, "Crime and Justice")


@table("review_groups", key=("review_id", "group_id"), indexes=(("group_id",),), stays="first")
class ReviewGroupRow(Row):
    """One coordinating group of one review."""

    review_id: str = column("The review", _INFO, _ID, references="reviews.review_id")
    group_id: str = column("The group", _INFO, "crime-and-justice", references="coordinating_groups.group_id")
    position: int = column("Place in the list, from 1", _INFO, "1")
    name: str = column("The name as this review gives it", _INFO + _OR_PERSON, "Crime and Justice")


@table("document_types", key=("type_id",), stays="first")
class DocumentTypeRow(Row):
    """One type of document that a review names."""

    type_id: str = column("The name's words in lower case with hyphens", "code", "plain-language-summary")
    name: str = column("The name", _INFO, "Plain language summary")


@table("review_document_types", key=("review_id", "type_id"), indexes=(("type_id",),), stays="first")
class ReviewDocumentTypeRow(Row):
    """One type of document of one review."""

    review_id: str = column("The review", _INFO, _ID, references="reviews.review_id")
    type_id: str = column("The type", _INFO, "plain-language-summary", references="document_types.type_id")
    position: int = column("Place in the list, from 1", _INFO, "1")
    name: str = column("The name as this review gives it", _INFO + _OR_PERSON, "Plain language summary")


@table("review_versions", key=("review_id", "version"), indexes=(("valid_from",), ("capture_id",)))
class VersionRow(Row):
    """One state a review had on the site."""

    review_id: str = column("The review", _FOLD, _ID, references="reviews.review_id")
    version: int = column("From 1", _FOLD, "1")
    valid_from: str = column("When it was first seen, UTC", _FOLD, _AT)
    valid_to: str | None = column("When the next version began, UTC; NULL for the current one", _FOLD)
    capture_id: str | None = column(
        "The capture that first showed it; NULL if the review was absent from two complete discoveries",
        _FOLD,
        _UUID,
        references="captures.capture_id",
    )
    content_hash: str = column("Hash of the record", _FOLD, "0f1e2d3c4b5a69780f1e2d3c4b5a6978")
    record: str = column("The complete record, canonical JSON", _FOLD, '{"authors":[]}')


@table(
    "changes",
    key=("review_id", "version", "field"),
    indexes=(("changed_at",), ("field",), ("old_capture_id",), ("new_capture_id",)),
)
class ChangeRow(Row):
    """One field that differs from the version before."""

    review_id: str = column("The review", _FOLD, _ID, references="reviews.review_id")
    version: int = column("The version that has the new value", _FOLD, "2")
    field: str = column(
        "title, status, redirects_to, access, additional_info.<label>, summaries.<language>.sections.<heading>, …",
        _FOLD,
        "title",
    )
    old: str | None = column("Value before; NULL if absent; lists as JSON", _FOLD, "Youth gangs")
    new: str | None = column("Value after; NULL if absent; lists as JSON", _FOLD, "Youth gang violence")
    changed_at: str = column("When the new value was first seen, UTC", _FOLD, _AT)
    old_capture_id: str | None = column(
        "Last capture that showed the old value", _FOLD, _UUID, references="captures.capture_id"
    )
    new_capture_id: str | None = column(
        "First capture that showed the new value; NULL if the review was absent from two complete discoveries",
        _FOLD,
        _UUID,
        references="captures.capture_id",
    )
