"""A person corrects what pages have wrong: corrections.csv, obeyed by each derivation, shown as a person's word."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.faces.export.changes import recorded_changes
from campbell_scraper.faces.export.library_export import Library
from campbell_scraper.faces.report.run_report import run_report
from campbell_scraper.view.database_diff import compare
from campbell_scraper.view.judging.assertions import broken, check, open_view
from campbell_scraper.view.store import Store
from tests.helpers import campbell, rows
from tests.made_library import FIRST, GANGS, PIP, PIP_EDITED, SECOND, Maker
from tests.store.library import GANGS_ID, capture, end, feed, reading, review, start

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.folder import DataFolder
    from campbell_scraper.items import ReviewRecord

ID = "better-evidence/parent-infant-psychotherapy"
GANGS_PAGE = "better-evidence/youth-gangs"
HEADER = "review_id,field,old,new,reason,who"
HISTORY = ("review_versions", "changes", "_contents", "_representations")
TITLES = "select title from reviews where review_id = ?"


def write(folder: Path, *lines: str) -> None:
    (folder / "corrections.csv").write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")


def say(folder: DataFolder, *lines: str) -> None:
    """Write corrections.csv and derive."""
    write(folder.root, *lines)
    with Store.open(folder.database) as store:
        store.finish()


def shown(folder: DataFolder, review_id: str = ID, as_of: str | None = None) -> dict[str, Any]:
    """Return what the exports have of a review; what the database has of it must be the same."""
    with Library.open(folder, as_of=as_of) as library:
        (found,) = library.named([review_id])
        view = library.connection.execute("select * from review_overview where review_id = ?", (review_id,)).fetchone()
    for name in ("title", "authors", "doi", "published_date", "stage", "full_review_url"):
        assert found.row[name] == view[name]
    assert (found.row["groups"], found.row["types"]) == (json.loads(view["groups"]), json.loads(view["types"]))
    return found.row | {"record": found.record}


def conflicts(folder: DataFolder) -> list[tuple[Any, ...]]:
    return rows(folder.root, "select crawl_id, value from unhandled where value like 'corrections.csv%' order by 2")


@pytest.mark.parametrize(
    ("field", "old", "new", "means"),
    [
        ("title", PIP.title, "Parents, and infants", "Parents, and infants"),
        ("published_date", "2015-03-02", "3 March 2016", "2016-03-03"),
        ("published_date", "02 March 2015", "2016", "2016"),
        ("doi", PIP.doi, "https://doi.org/10.4073/CSR.2015.7", "10.4073/csr.2015.7"),
        ("doi", PIP.doi, "none", None),
        ("full_review_url", PIP.full_review_url, "https://example.org/x", "https://example.org/x"),
        ("stage", "review", "update", "update"),
        ("authors", "; ".join(one.name for one in PIP.authors), "Barlow, Jane; A Network", "Barlow, Jane; A Network"),
        ("groups", "Social Welfare; Crime and Justice", "Education", ["Education"]),
        ("document_types", "Review;Plain language summary", "none", []),
    ],
)
def test_people_read_the_right_value_and_the_history_is_the_sites(
    folder: DataFolder, field: str, old: str, new: str, means: object
) -> None:
    before, history = shown(folder), [rows(folder.root, f"select * from {table} order by 1, 2, 3") for table in HISTORY]
    say(folder, f'{ID},{field},"{old}","{new}",as the publisher has it,J. Doe')
    after = shown(folder)
    column = {"document_types": "types"}.get(field, field)
    assert before[column] != after[column] == means
    assert after["record"]["published_date_raw"] == PIP.published_date_raw, "raw values are the page's"
    assert [rows(folder.root, f"select * from {table} order by 1, 2, 3") for table in HISTORY] == history
    assert rows(folder.root, "select applies, reason, who from corrections") == [
        (1, "as the publisher has it", "J. Doe")
    ]
    assert conflicts(folder) == []
    say(folder)
    assert shown(folder) == before, "a line that is taken back"
    assert rows(folder.root, "select * from corrections") == []


def test_authors_are_read_as_those_of_a_page(folder: DataFolder) -> None:
    names = "; ".join(one.name for one in PIP.authors)
    say(folder, f'{ID},authors,"{names}","van der Beek, Allard; Ministry of Kites",,')
    assert rows(
        folder.root,
        "select family, given, is_group from review_authors join authors using (author_id) where review_id = ? "
        "order by position",
        ID,
    ) == [("van der Beek", "Allard", 0), (None, None, 1)]


def test_a_corrected_doi_joins_works_and_search_finds_the_corrected_title(folder: DataFolder) -> None:
    say(folder, f"{ID},doi,{PIP.doi},{GANGS.doi},,", f'{ID},title,"{PIP.title}",Zebra crossings,,')
    found = rows(folder.root, "select review_id from reviews where work_id = ? and matched_by = 'doi'", ID)
    assert {row[0] for row in found} == {ID, GANGS_PAGE}
    sql = "select review_id from reviews_fts f join reviews r on r.rowid = f.rowid where reviews_fts match 'zebra'"
    assert rows(folder.root, sql) == [(ID,)]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            ["better-evidence/typo,title,a,b,,"],
            "corrections.csv names better-evidence/typo, which is not a review here",
        ),
        ([f"{ID},brief,a,b,,"], "corrections.csv line 2 does not name a review_id, a field and its old and new value"),
        ([f"{ID},title,,b,,"], "corrections.csv line 2 does not name a review_id, a field and its old and new value"),
        ([f"{ID},doi,{PIP.doi},soon,,"], 'corrections.csv line 2: "soon" is not a valid doi'),
        ([f"{ID},stage,review,finished,,"], 'corrections.csv line 2: "finished" is not a valid stage'),
        (
            [f"{ID},published_date,2015-03-02,04/05/2016,,"],
            'corrections.csv line 2: "04/05/2016" is not a valid published_date',
        ),
        (
            [f"{ID},full_review_url,none,javascript:1,,"],
            'corrections.csv line 2: "javascript:1" is not a valid full_review_url',
        ),
        ([f"{ID},doi,{PIP.doi},{PIP.doi},,"], "corrections.csv line 2 changes nothing: old and new are the same"),
        (
            [f"{ID},doi,{PIP.doi},10.1000/a,,", f"{ID},doi,{PIP.doi},10.1000/b,,"],
            "corrections.csv line 3 contradicts an earlier line",
        ),
        ([f"{ID},doi,10.1000/a,10.1000/b,,"], f'corrections.csv: doi is "{PIP.doi}", which no line corrects'),
        (
            [f"{ID},doi,10.1000/a,{PIP.doi},,"],
            f'corrections.csv: doi is "{PIP.doi}" on the page itself now: the line can go',
        ),
    ],
)
def test_what_cannot_be_used_is_reported_and_breaks_no_run(folder: DataFolder, lines: list[str], problem: str) -> None:
    say(folder, *lines)
    assert conflicts(folder) == [(None, problem)]
    with closing(open_view(folder.database)) as connection:
        assert "corrections" not in {one.name for one in broken(check(connection, FIRST))}


def second_run(maker: Maker, record: ReviewRecord) -> DataFolder:
    """Correct the title of the first run, then see the page so."""
    maker.crawl(FIRST, "2026-03-14", [PIP, GANGS])
    write(maker.folder.root, f'{ID},title,"{PIP.title}",What is right,,')
    maker.crawl(SECOND, "2026-04-14", [record, GANGS])
    maker.store.close()
    return maker.folder


def test_a_page_that_says_something_else_now_is_shown_as_it_is_and_breaks_the_run_that_saw_it(maker: Maker) -> None:
    folder = second_run(maker, PIP_EDITED)
    said = f'corrections.csv: title was "{PIP.title}", which a person corrected, and is "{PIP_EDITED.title}" now'
    assert shown(folder)["title"] == PIP_EDITED.title
    assert shown(folder, as_of="2026-03-20")["title"] == "What is right", "the page of that day had it wrong"
    assert conflicts(folder) == [(SECOND, said)]
    with Library.open(folder) as library:
        (told,) = [one for one in recorded_changes(library) if one.kind == "changed"]
    assert [(one.old, one.new) for one in told.fields if one.field == "title"] == [(PIP.title, PIP_EDITED.title)]
    with closing(open_view(folder.database)) as connection:
        assert "corrections" not in {one.name for one in broken(check(connection, FIRST))}
        (verdict,) = [one for one in broken(check(connection, SECOND)) if one.name == "corrections"]
    assert str(verdict).startswith("1 corrected values have changed on the site")
    assert verdict.urls == [PIP.url]
    report = run_report(folder, SECOND)
    assert said in {one["value"] for one in report["unhandled"]}
    assert campbell("status", "--data", folder.root).returncode == 3
    say(folder, f'{ID},title,"{PIP_EDITED.title}",What is right,,')
    assert shown(folder)["title"] == "What is right"
    assert conflicts(folder) == []


@pytest.mark.parametrize("lines", [[], [f'{ID},title,"{PIP_EDITED.title}",What is right,,']], ids=["one", "two"])
def test_a_page_that_is_right_now_or_wrong_in_another_known_way_breaks_nothing(maker: Maker, lines: list[str]) -> None:
    folder = second_run(maker, PIP_EDITED if lines else replace(PIP, title="What is right"))
    say(folder, f'{ID},title,"{PIP.title}",What is right,,', *lines)
    assert shown(folder)["title"] == "What is right"
    assert [crawl for crawl, _ in conflicts(folder)] == [None] * (not lines)
    with closing(open_view(folder.database)) as connection:
        assert "corrections" not in {one.name for one in broken(check(connection, SECOND))}


def test_the_same_rows_whenever_the_line_was_written(tmp_path: Path) -> None:
    page = review(title="Gangs", doi="10.1000/gangs")
    events: list[Any] = []
    for number, one in enumerate((page, replace(page, title="Gangs, again"), page), 1):
        events += [start(f"c{number}", number), (capture(page.url, number + 0.1, crawl=f"c{number}"), reading(one))]
        events.append(end(f"c{number}", number + 0.5))
    lines = [f"{GANGS_ID},title,Gangs,Youth gangs,,", f"{GANGS_ID},doi,none,10.1000/a,,"]
    databases = []
    for name, bulk, early in (("bulk", True, True), ("before", False, True), ("after", False, False)):
        (tmp_path / name).mkdir()
        if early:
            write(tmp_path / name, *lines)
        databases.append(feed(tmp_path / name / "campbell.db", events, bulk=bulk, finish_every=0 if bulk else 3))
        if not early:
            write(tmp_path / name, *lines)
            with Store.open(databases[-1]) as store:
                store.finish()
    assert not compare(databases[0], databases[1])
    assert not compare(databases[0], databases[2])
    assert rows(databases[0], TITLES, GANGS_ID) == [("Youth gangs",)]
    assert rows(databases[0], "select crawl_id from unhandled where value like '%was \"Gangs\"%'") == [("c2",)]


def test_what_is_excluded_is_in_no_export_of_corrections(folder: DataFolder, tmp_path: Path) -> None:
    say(folder, f'{ID},title,"{PIP.title}",Never shown,,', f"{GANGS_PAGE},doi,{GANGS.doi},10.1000/shown,,")
    folder.exclusions.write_text(f"review_id,reason\n{ID},\n", "utf-8")
    path = tmp_path / "copy.db"
    assert campbell("export", "sqlite", "--data", folder.root, "--output", path).returncode == 0
    assert rows(path, "select review_id from corrections") == [(GANGS_PAGE,)]
    assert b"Never shown" not in path.read_bytes()


def test_methods_say_how_much_people_have_corrected(folder: DataFolder, tmp_path: Path) -> None:
    package = tmp_path / "package"
    say(folder, f"{ID},stage,review,map,,", f"{ID},doi,10.1000/x,10.1000/y,,")
    assert campbell("export", "package", "--data", folder.root, "--output", package).returncode == 0
    told = (package / "METHODS.md").read_text("utf-8")
    assert "* *Corrected*: 1 value that pages have wrong is here as" in told
    assert "stage: map | 1 |" in told
    assert len([*package.rglob("corrections.csv")]) == 1
