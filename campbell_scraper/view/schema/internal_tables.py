"""Hidden tables: the input of the fold. Everything else about reviews can be made from them."""

from __future__ import annotations

from .table_model import Row, column, table


@table("_contents", key=("content_hash",), stays="first")
class ContentRow(Row):
    """What one representation said, once for all captures that said it."""

    content_hash: str = column("Hash of the record", "extraction")
    record: str = column("Canonical JSON", "extraction")
    stated: str = column("JSON array of the fields it states (see fold/stated_fields.py)", "extraction")
    same: str = column("Hash of the record without its address", "extraction")


@table(
    "_representations",
    key=("review_id", "captured_at", "capture_id", "representation"),
    indexes=(("capture_id",), ("crawl_id",), ("address",)),
    stays="first",
)
class RepresentationRow(Row):
    """One representation of a review in one capture."""

    review_id: str = column("The review", "extraction")
    captured_at: str = column("Time of the capture", "archive")
    capture_id: str = column("The capture", "archive", references="captures.capture_id")
    representation: str = column(
        "item, rest, alias:<path>, listing:<path>; protected:item if it asks for a password", "extraction"
    )
    crawl_id: str | None = column("The run", "archive")
    content_hash: str = column("What it said", "extraction", references="_contents.content_hash")
    address: str = column("What would be the review by the URL alone", "extraction")


@table("_aliases", key=("address", "captured_at", "capture_id"), indexes=(("review_id",),), stays="first")
class AliasRow(Row):
    """A page that names another address as its own."""

    address: str = column("What would be the review by the URL alone", "archive")
    captured_at: str = column("Time of the capture", "archive")
    capture_id: str = column("The capture", "archive", references="captures.capture_id")
    review_id: str = column("The review it names", "extraction")


@table("_addresses", key=("address", "url"))
class AddressRow(Row):
    """A URL that a record names, before its address is given to a review."""

    address: str = column("What would be the review by the record's URL alone", "extraction")
    url: str = column("The URL", "extraction")
    how: str = column("canonical or alias", "extraction")


@table("_signals", key=("review_id", "at", "kind", "capture_id"), stays="first")
class SignalRow(Row):
    """A sign of absence or sameness without content: 404, 410, 304, redirect, discoveries."""

    review_id: str = column("What would be the review of that address", "archive")
    at: str = column("Time, UTC", "archive")
    kind: str = column("Which", "archive", choices=("gone", "missing", "moved", "not_modified"))
    capture_id: str = column("The capture; empty for missing", "archive")
    crawl_id: str | None = column("The run; for missing the later one", "archive")
    url_identity: str = column("The address; empty for missing", "archive")
    since: str | None = column("For missing: start of the earlier discovery", "archive", default=None)


@table("_file_texts", key=("url_identity",), indexes=(("capture_id",),))
class FileTextRow(Row):
    """The text of a file, as last captured."""

    url_identity: str = column("Its address", "archive")
    captured_at: str = column("Time of the capture", "archive")
    capture_id: str = column("The capture", "archive", references="captures.capture_id")
    pages: int | None = column("Number of its pages", "PDF")
    text: str | None = column("Its text", "PDF")
    error: str | None = column("Why there is no text", "PDF")


@table("_post_files", key=("post",), indexes=(("capture_id",),))
class PostFilesRow(Row):
    """The files that WordPress says are attached to a post, as last captured."""

    post: str = column("The post's short address", "archive")
    captured_at: str = column("Time of the capture", "archive")
    capture_id: str = column("The capture", "archive", references="captures.capture_id")
    files: str = column("JSON array of objects with url, label and language", "REST")


@table("_robots", key=("capture_id",), stays="first")
class RobotsRow(Row):
    """What a robots.txt said."""

    capture_id: str = column("The capture", "archive", references="captures.capture_id")
    said: str = column("Hash of its text, without content coding", "archive")


@table("_warc_files", key=("name",), stays="last")
class WarcFileRow(Row):
    """How far a WARC file of the data folder has been derived."""

    name: str = column("Name without folder", "archive")
    size: int = column("Bytes from its beginning whose records are in the database", "archive")


@table("_vanished", key=("crawl_id", "class", "field"))
class VanishedRow(Row):
    """A field that vanished from the pages of a run at once: what reviews had of it is kept."""

    crawl_id: str = column("The run", "captures", references="crawls.crawl_id")
    class_: str = column("item, rest, alias or listing", "captures")
    field: str = column("The field, as _contents.stated names it", "extraction")
    pages: int = column("Pages read that had been read before", "captures")
    had: int = column("Those that had the field", "captures")
    lost: int = column("Those of them that have it no more", "captures")
    urls: str = column("JSON array of at most three of these", "captures")


@table("_losses", key=("crawl_id", "review_id"))
class LossRow(Row):
    """A page that a run lost among many others, or to another page's content: nothing is concluded from it."""

    crawl_id: str = column("The run", "captures", references="crawls.crawl_id")
    review_id: str = column("The review, by its page's address", "captures")
    why: str = column("What the run saw in its place", "captures")
    url: str = column("The page", "captures")


@table("_pending", key=("kind", "id"), stays="first")
class PendingRow(Row):
    """What was stored since the view was last finished; empty between runs."""

    kind: str = column("Which", "captures", choices=("address", "crawl"))
    id: str = column("Address of a review to be folded anew, or a crawl", "captures")
