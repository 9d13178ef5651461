"""A library in a notebook: frames of pandas or polars with the rows of the exports, and nothing that is excluded."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import campbell_scraper
from campbell_scraper.errors import ExtraNeeded, UsageError
from campbell_scraper.faces.export import frames
from campbell_scraper.faces.export.flat_rows import FACTS
from tests.helpers import campbell, rows

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder
    from tests.made_library import Maker


@pytest.fixture(params=["pandas", "polars"])
def opened(request: pytest.FixtureRequest, edited: DataFolder) -> Any:
    """Return a library opened with each library of frames."""
    pytest.importorskip(request.param)
    return campbell_scraper.open(edited.root, frames=request.param)


def records(frame: Any) -> list[dict[str, Any]]:
    """Return a frame's rows; what is missing is None."""
    if hasattr(frame, "to_dicts"):
        return list(frame.to_dicts())
    return list(frame.astype(object).where(frame.notna(), None).to_dict("records"))


def test_reviews_are_the_rows_of_the_csv(opened: Any, edited: DataFolder) -> None:
    exported = list(csv.DictReader(io.StringIO(campbell("export", "csv", "--data", edited.root).stdout)))
    found = records(opened.reviews())
    assert [row["review_id"] for row in found] == [row["review_id"] for row in exported]
    assert list(found[0]) == list(exported[0])
    (pip,) = [row for row in found if row["review_id"].endswith("parent-infant-psychotherapy")]
    assert list(pip["groups"]) == ["Social Welfare", "Crime and Justice"]
    assert pip["year"] == 2015
    assert pip["authors"][0] == "Jane Barlow"


def test_sections_facts_and_versions(opened: Any, edited: DataFolder) -> None:
    for frame, table in ((opened.sections(), "sections"), (opened.facts(), "evidence_facts")):
        assert len(records(frame)) == rows(edited.root, f"select count(*) from {table}")[0][0] > 0
    versions = records(opened.versions())
    stored = rows(edited.root, "select review_id, version, valid_to from review_versions order by 1, 2")
    assert [(row["review_id"], row["version"], row["valid_to"]) for row in versions] == stored
    assert max(row["version"] for row in versions) == 2
    changed = [(row["review_id"], row["version"], field) for row in versions for field in row["changed"]]
    assert changed == rows(edited.root, "select review_id, version, field from changes order by 1, 2, 3") != []


def test_where_selects_in_every_frame(opened: Any) -> None:
    where = "doi = '10.4073/csr.2015.6'"
    for read in (opened.reviews, opened.sections, opened.facts, opened.versions):
        assert {row["review_id"] for row in records(read(where))} == {"better-evidence/parent-infant-psychotherapy"}
    with pytest.raises(UsageError):
        opened.versions("no such condition")


def test_what_is_excluded_is_in_no_frame(opened: Any, edited: DataFolder) -> None:
    excluded = "better-evidence/parent-infant-psychotherapy"
    edited.exclusions.write_text(f"review_id,reason\n{excluded},asked to\n", "utf-8")
    for read in (opened.reviews, opened.sections, opened.facts, opened.versions):
        assert excluded not in str(records(read()))
        assert records(read("1")) == records(read())


def test_the_library_of_a_day(edited: DataFolder) -> None:
    pytest.importorskip("pandas")
    before = campbell_scraper.open(edited.root, as_of="2026-03-20")
    assert set(before.versions()["version"]) == {1}
    assert set(before.reviews()["version"]) == {1}


def test_an_empty_selection_has_the_columns(opened: Any) -> None:
    frame = opened.facts("stage = 'none'")
    assert list(frame.columns) == list(FACTS)
    assert len(frame) == 0


def test_each_call_reads_the_library_as_it_is_and_holds_nothing_open(maker: Maker, opened: Any) -> None:
    assert maker.folder.root == opened._folder.root
    assert repr(opened).startswith(f"campbell_scraper.open({str(maker.folder.root)!r}, frames=")
    before = maker.folder.database.stat().st_mtime_ns, maker.folder.database.read_bytes()
    opened.reviews()
    assert (maker.folder.database.stat().st_mtime_ns, maker.folder.database.read_bytes()) == before


def test_what_is_missing_is_said(edited: DataFolder, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"no campbell\.db"):
        campbell_scraper.open(tmp_path / "nothing")
    with pytest.raises(UsageError, match="choose one of pandas, polars"):
        campbell_scraper.open(edited.root, frames="numpy")
    monkeypatch.setattr(frames, "find_spec", lambda _: None)
    with pytest.raises(ExtraNeeded, match=r"Frames need pandas or polars: .*campbell-scraper\[frames\]"):
        campbell_scraper.open(edited.root)
    with pytest.raises(ExtraNeeded, match=r"Frames need polars: .*campbell-scraper\[polars\]"):
        campbell_scraper.open(edited.root, frames="polars")


def test_the_package_itself_imports_nothing_for_it() -> None:
    program = "import sys; before = set(sys.modules); import campbell_scraper; print(*set(sys.modules) - before)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert set(run.stdout.split()) <= {"campbell_scraper", "__future__"}
