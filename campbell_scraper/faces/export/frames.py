"""A library as data frames of pandas or polars, for notebooks: the rows of the other tabular formats, read-only."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from campbell_scraper.errors import ExtraNeeded, UsageError
from campbell_scraper.folder import DataFolder

from .flat_rows import FACTS, REVIEWS, SECTIONS, fact_rows, review_row, section_rows
from .library_export import Library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from os import PathLike

    from .library_export import Review

MAKERS: Final = {"pandas": "frames", "polars": "polars"}
"""Libraries that make frames, the first that is installed by default, and the extra that installs each."""
VERSIONS: Final = (
    "review_id", "version", "valid_from", "valid_to", "stage", "status", "title", "changed", "content_hash",
    "capture_id",
)  # fmt: skip
_VERSIONS: Final = """
SELECT review_id, version, valid_from, valid_to, record ->> '$.stage' AS stage, record ->> '$.status' AS status,
  record ->> '$.title' AS title, content_hash, capture_id FROM review_versions
WHERE (:moment IS NULL OR valid_from <= :moment) ORDER BY review_id, version"""
_CHANGED: Final = "SELECT review_id, version, field FROM changes ORDER BY review_id, version, field"


class LibraryFrames:
    """The tables of one data folder. Each call reads the library as it is then; excluded reviews are in none.

    ``where`` is a condition on ``review_overview``, as of ``campbell export``: ``"stage = 'review'"``.
    """

    def __init__(self, folder: str | PathLike[str], *, frames: str | None = None, as_of: str | None = None) -> None:
        """Check that the folder holds a library, and that a library of data frames is installed.

        Raises:
            UsageError: there is no library in the folder, ``frames`` is no library of frames, or it is not installed.

        """
        if frames is not None and frames not in MAKERS:
            raise UsageError(f"{frames!r} is not a kind of data frame: choose one of {', '.join(MAKERS)}.")
        names = list(MAKERS) if frames is None else [frames]
        installed = next(filter(find_spec, names), None)
        if installed is None:
            raise ExtraNeeded(f"Frames need {' or '.join(names)}", MAKERS[names[0]])
        self._frames = installed
        self._folder = DataFolder(Path(folder))
        self._as_of = as_of
        self._open().close()

    def __repr__(self) -> str:
        """Return the call that opens it again."""
        as_of = f", as_of={self._as_of!r}" if self._as_of else ""
        return f"campbell_scraper.open({str(self._folder.root)!r}, frames={self._frames!r}{as_of})"

    def reviews(self, where: str | None = None) -> Any:
        """Return a row for each review; ``authors``, ``groups``, ``types`` and ``languages`` are lists."""
        return self._frame(REVIEWS, lambda review: [review_row(review)], where)

    def sections(self, where: str | None = None) -> Any:
        """Return a row for each section of each summary."""
        return self._frame(SECTIONS, section_rows, where)

    def facts(self, where: str | None = None) -> Any:
        """Return a row for each evidence fact, with the sentence that states it."""
        return self._frame(FACTS, fact_rows, where)

    def versions(self, where: str | None = None) -> Any:
        """Return a row for each version of each review; ``changed`` lists the fields that differ from the last."""
        with self._open() as library:
            wanted = None if where is None else frozenset(library.select(where))
            changed: dict[tuple[str, int], list[str]] = {}
            for review_id, version, field in library.connection.execute(_CHANGED):
                changed.setdefault((review_id, version), []).append(field)
            rows = [
                dict(row) | {"changed": changed.get((row["review_id"], row["version"]), [])}
                for row in library.connection.execute(_VERSIONS, {"moment": library.moment})
                if row["review_id"] not in library.exclusions and (wanted is None or row["review_id"] in wanted)
            ]
        return self._made(VERSIONS, rows)

    def _open(self) -> Library:
        return Library.open(self._folder, as_of=self._as_of)

    def _frame(
        self, columns: Sequence[str], rows_of: Callable[[Review], Iterable[dict[str, Any]]], where: str | None
    ) -> Any:
        with self._open() as library:
            rows = [row for review in library.reviews(where) for row in rows_of(review)]
        return self._made(columns, rows)

    def _made(self, columns: Sequence[str], rows: list[dict[str, Any]]) -> Any:
        """Return a frame of rows, with whole numbers also where some are missing."""
        maker = import_module(self._frames)
        values = [[row.get(name) for name in columns] for row in rows]
        if self._frames == "polars":
            return maker.DataFrame(values, schema=list(columns), orient="row", infer_schema_length=None)
        return maker.DataFrame(values, columns=list(columns)).convert_dtypes()
