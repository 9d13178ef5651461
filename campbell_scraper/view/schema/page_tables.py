"""Tables of pages that are not reviews, of evidence and gap maps, and of the files that pages offer."""

from __future__ import annotations

from .table_model import Row, column, table

_ID = "better-evidence/youth-gangs"
_PAGE = "https://www.campbellcollaboration.org/evidence-gap-maps.html"


@table("pages", key=("url",), indexes=(("capture_id",),))
class PageRow(Row):
    """One page that is not a review, as last captured."""

    url: str = column("Canonical URL", "page", _PAGE)
    kind: str = column("map, contact, article, home", "page", "map")
    title: str | None = column("Its title", "page", "Evidence and gap maps")
    tagline: str | None = column("The site's line above the content", "page", "Better evidence for a better world")
    text: str = column("Its text", "page")
    capture_id: str = column("Newest capture", "archive", references="captures.capture_id")
    captured_at: str = column("Its time, UTC", "archive", "2026-03-14T09:00:05.123456Z")


@table("page_sections", key=("url", "position"))
class PageSectionRow(Row):
    """One headed part of a page that is not a review."""

    url: str = column("The page", "page", _PAGE, references="pages.url")
    position: int = column("Place on the page, from 1", "page", "1")
    heading: str = column("Verbatim", "page", "Other EGMs")
    text: str = column("Its text", "page")
    links: str = column("JSON array of objects with text and url", "page", "[]")


_MAP = "EPPI-Mapper map"


@table("map_references", key=("url", "position"), indexes=(("doi",),))
class MapReferenceRow(Row):
    """One reference of an evidence and gap map; the map's capture is that of its page."""

    url: str = column("The map", "page", _PAGE, references="pages.url")
    position: int = column("Place in the map's list, from 1", _MAP, "1")
    item: str | None = column("EPPI's ItemId", _MAP, "33965900")
    title: str = column("Its title", _MAP, "Housing Quality in a Randomized Controlled Trial")
    authors: str | None = column("As printed", _MAP, "Doe J; Roe K")
    year: int | None = column("Year of publication", _MAP, "2012")
    doi: str | None = column("Lower case, without resolver", _MAP, "10.1257/aer.102.1.272")
    link: str | None = column("Where it can be read", _MAP, "https://doi.org/10.1257/aer.102.1.272")
    codes: str = column("JSON array of the AttributeIds of all its codes", _MAP, "[5437033,5437040]")


@table("map_codes", key=("url", "code"))
class MapCodeRow(Row):
    """One code of a map's grid: a heading of rows or columns, or a colour in its cells."""

    url: str = column("The map", "page", _PAGE, references="pages.url")
    code: int = column("EPPI's AttributeId", _MAP, "5437033")
    position: int = column("Place in the grid, from 1", _MAP, "3")
    name: str = column("Its name", _MAP, "Housing stability")
    axis: str = column("Which headings it belongs to", _MAP, "column", choices=("column", "row", "segment"))
    parent: int | None = column("The code whose heading spans this one's", _MAP, "5437027")
    is_leaf: bool = column("1 if it is a row or column of its own", _MAP, "1")


@table("map_cells", key=("url", "position", "number"), indexes=(("url", "row_code", "column_code"),))
class MapCellRow(Row):
    """One reference in one cell of its map's grid."""

    url: str = column("The map", "page", _PAGE, references="pages.url")
    position: int = column("The reference's place in the map's list", _MAP, "1")
    number: int = column("Number among the cells of this reference, from 1", "code", "1")
    row_code: int | None = column("Code of the row; NULL if the map has none for it", _MAP, "5437022")
    column_code: int | None = column("Code of the column; NULL if the map has none for it", _MAP, "5437043")


@table(
    "files",
    key=("url", "review_id", "page_url"),
    indexes=(("review_id",), ("page_url",), ("capture_id",)),
    unique="(url, coalesce(review_id, ''), coalesce(page_url, ''))",
    stays="first",
)
class FileRow(Row):
    """One file that a review or page offers for download."""

    url: str = column("The file", "page", "https://www.campbellcollaboration.org/media/k2/attachments/gangs_no.pdf")
    review_id: str | None = column(
        "The review that offers it", "page", _ID, references="reviews.review_id", default=None
    )
    page_url: str | None = column(
        "The page that offers it, if no review does", "page", references="pages.url", default=None
    )
    label: str | None = column("Text of the link", "page", "Download PDF")
    language: str | None = column("BCP 47, if the page states one", "page", "nb")
    capture_id: str | None = column(
        "Its newest capture",
        "archive",
        references="captures.capture_id",
        default=None,
    )
    pages: int | None = column("Number of its pages", "PDF", "2", default=None)
    text: str | None = column("Its text", "PDF", default=None)
    error: str | None = column("Why there is no text", "PDF", default=None)
