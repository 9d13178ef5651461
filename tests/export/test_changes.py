"""What the site changed, as text, JSON and Atom."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import feedparser  # type: ignore[import-untyped]  # ships no types
import pytest
from lxml import etree

from campbell_scraper.errors import UsageError
from campbell_scraper.faces.export import Library
from campbell_scraper.faces.export.changes import ReviewChange, recorded_changes, write_json, write_text
from campbell_scraper.faces.export.citations.atom import ATOM, write_atom
from tests.made_library import FIRST, GANGS, HOSTILE, PIP, PIP_EDITED, SECOND, SITE, TITLE

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder
    from tests.made_library import Maker

THIRD = "20260514T090000Z-k2-00000003"
LIBRARY = "www.campbellcollaboration.org"


def found(folder: DataFolder, since: str | None = None, as_of: str | None = None) -> list[ReviewChange]:
    with Library.open(folder, as_of=as_of) as library:
        return list(recorded_changes(library, since))


def kinds(folder: DataFolder, since: str | None = None) -> dict[str, str]:
    return {change.review_id.rsplit("/", 1)[1]: change.kind for change in reversed(found(folder, since))}


EDITS = {"a-title": "gone", "hostile": "new", "youth-gangs": "withdrawn", "parent-infant-psychotherapy": "changed"}


@pytest.mark.parametrize("since", [FIRST, "2026-04-01", "2026-04-14", "2026-04-14T09:00:00Z"])
def test_new_changed_gone_and_withdrawn_are_told_since_a_day_or_crawl(edited: DataFolder, since: str) -> None:
    assert kinds(edited, since) == EDITS


@pytest.mark.parametrize("since", [SECOND, "2026-04-15"])
def test_nothing_happened_since(edited: DataFolder, since: str) -> None:
    assert found(edited, since) == []


def test_without_since_everything_is_told_newest_first(edited: DataFolder) -> None:
    all_of = found(edited)
    assert len(all_of) == 8
    assert [change.at for change in all_of] == sorted((change.at for change in all_of), reverse=True)
    assert [change.kind for change in all_of[4:]] == ["new"] * 4


def test_fields_have_old_and_new_values(edited: DataFolder) -> None:
    (change,) = [change for change in found(edited, FIRST) if change.kind == "changed"]
    assert {one.field: (one.old, one.new) for one in change.fields} == {
        "title": (PIP.title, PIP_EDITED.title),
        "brief": ("Parents and infants.\nTwo paragraphs.", "Parents and their infants."),
    }  # fmt: skip
    assert change.url == PIP.url
    assert change.doi == PIP.doi


def test_a_review_that_comes_back_is_told(maker: Maker) -> None:
    maker.crawl(FIRST, "2026-03-14", [PIP, TITLE])
    maker.crawl(SECOND, "2026-04-14", [PIP], missing=[TITLE.url])
    maker.crawl(THIRD, "2026-05-14", [PIP, TITLE])
    assert kinds(maker.folder, SECOND) == {"a-title": "back"}


def test_lists_are_compared_item_by_item(maker: Maker) -> None:
    maker.crawl(FIRST, "2026-03-14", [PIP])
    maker.crawl(SECOND, "2026-04-14", [replace(PIP, authors=PIP.authors[:2], groups=["Education", *PIP.groups])])
    out = io.StringIO()
    with Library.open(maker.folder) as library:
        write_text(recorded_changes(library, FIRST), out)
    assert "{+Education;+} Social Welfare; Crime and Justice" in out.getvalue()
    assert "[-; Gabriel d'Aubigné; Ministry of Health, Education and Care; Madonna-]" in out.getvalue()


def test_what_is_no_day_and_no_crawl_is_refused(edited: DataFolder) -> None:
    with Library.open(edited) as library, pytest.raises(UsageError, match="neither a date"):
        recorded_changes(library, "last week")


def test_excluded_reviews_are_not_told(edited: DataFolder) -> None:
    edited.exclusions.write_text("review_id,reason\nbetter-evidence/youth-gangs,asked\n", "utf-8")
    assert kinds(edited, FIRST) == {name: kind for name, kind in EDITS.items() if name != "youth-gangs"}


def test_the_text_is_what_a_person_reads(edited: DataFolder) -> None:
    out = io.StringIO()
    with Library.open(edited) as library:
        assert write_text(recorded_changes(library, FIRST), out) == 4
    text = out.getvalue()
    assert "2026-04-14T09:00:00Z  changed    better-evidence/parent-infant-psychotherapy\n" in text
    assert "    Parent-infant psychotherapy [-&-]{+and+} HIV: 50% of infants\n" in text
    assert "    Parents and {+their+} infants.[-Two paragraphs.-]\n" in text
    assert "  status:\n    [-current-]{+withdrawn+}\n" in text
    assert text.endswith("\n1 new, 1 changed, 1 gone, 1 withdrawn.\n")
    assert HOSTILE[:20] in text
    assert all(character not in text for character in "\x00\x1b\u202e\u2028\r")


def test_nothing_is_said_as_such(edited: DataFolder) -> None:
    out = io.StringIO()
    with Library.open(edited) as library:
        assert write_text(recorded_changes(library, SECOND), out) == 0
    assert out.getvalue() == "Nothing changed.\n"


def test_json_has_both_values_and_the_words(edited: DataFolder) -> None:
    out = io.StringIO()
    with Library.open(edited) as library:
        assert write_json(recorded_changes(library, FIRST), out, library=LIBRARY, since=FIRST) == 4
    assert all(character not in out.getvalue() for character in "\x00\x1b\u202e\u2028\r")
    document: dict[str, Any] = json.loads(out.getvalue())
    assert (document["library"], document["since"]) == (LIBRARY, FIRST)
    assert [change["kind"] for change in document["changes"]] == list(EDITS.values())
    title = next(one for one in document["changes"][3]["fields"] if one["field"] == "title")
    assert title["words"] == [
        ["=", "Parent-infant psychotherapy "], ["-", "& "], ["+", "and "], ["=", "HIV: 50% of infants"],
    ]  # fmt: skip
    assert document["changes"][1]["title"] == HOSTILE


def feed(folder: DataFolder, **options: Any) -> etree._Element:
    out = io.BytesIO()
    with Library.open(folder) as library:
        write_atom(recorded_changes(library, options.pop("since", None)), out, library=LIBRARY, **options)
    return etree.fromstring(out.getvalue())


def one(element: etree._Element, name: str) -> str:
    (child,) = element.findall(f"{{{ATOM}}}{name}")
    return child.text or ""


def test_the_feed_has_what_rfc_4287_demands(edited: DataFolder) -> None:
    root = feed(edited, self_url="http://127.0.0.1:8001/-/changes.atom")
    assert root.tag == f"{{{ATOM}}}feed"
    entries = root.findall(f"{{{ATOM}}}entry")
    assert len(entries) == 8
    assert one(root, "updated") == one(entries[0], "updated") == "2026-04-14T10:00:00.000000Z"
    assert root.findtext(f"{{{ATOM}}}author/{{{ATOM}}}name")
    links = root.findall(f"{{{ATOM}}}link")
    assert [link.get("rel") for link in links] == ["self"]
    ids = [one(root, "id"), *(one(entry, "id") for entry in entries)]
    assert len(set(ids)) == 9
    assert all(name.startswith(f"tag:{LIBRARY},2026:campbell_scraper/") for name in ids)
    for entry in entries:
        assert one(entry, "title")
        assert one(entry, "updated").endswith("Z")
        (link,) = entry.findall(f"{{{ATOM}}}link")
        assert (link.get("rel"), (link.get("href") or "")[: len(SITE)]) == ("alternate", SITE)
        (content,) = entry.findall(f"{{{ATOM}}}content")
        assert content.get("type") == "html"
        assert len(content) == 0, "HTML is escaped text"


def test_an_entry_keeps_its_id_whatever_the_feed_begins_with(edited: DataFolder) -> None:
    def ids(since: str | None) -> list[str]:
        return [one(entry, "id") for entry in feed(edited, since=since).findall(f"{{{ATOM}}}entry")]

    assert ids(FIRST) == ids(None)[:4]


def test_words_are_marked_in_html_and_hostile_text_is_text(edited: DataFolder) -> None:
    entries = feed(edited, since=FIRST).findall(f"{{{ATOM}}}entry")
    changed = one(entries[3], "content")
    assert "<dt>title</dt><dd>Parent-infant psychotherapy <del>&amp; </del><ins>and </ins>HIV" in changed
    assert one(entries[1], "title").startswith("New: <script>alert(1)</script> ER - TY - JOUR")
    assert "\u202e" not in one(entries[1], "title")


def test_hostile_text_in_a_change_cannot_become_markup(maker: Maker) -> None:
    maker.crawl(FIRST, "2026-03-14", [GANGS])
    maker.crawl(SECOND, "2026-04-14", [replace(GANGS, headline=HOSTILE, groups=["<img src=x onerror=alert(1)>"])])
    (entry,) = feed(maker.folder, since=FIRST).findall(f"{{{ATOM}}}entry")
    content = one(entry, "content")
    assert "&lt;script&gt;" in content
    assert "<script" not in content
    assert "<img" not in content


def test_a_feed_without_entries_is_a_feed(edited: DataFolder) -> None:
    root = feed(edited, since=SECOND, updated="2026-04-14T12:00:00.000000Z")
    assert one(root, "updated") == "2026-04-14T12:00:00.000000Z"
    assert root.findall(f"{{{ATOM}}}entry") == []


def test_a_feed_is_bounded(edited: DataFolder) -> None:
    assert len(feed(edited, limit=3).findall(f"{{{ATOM}}}entry")) == 3


def test_a_feed_reader_reads_it(edited: DataFolder) -> None:
    out = io.BytesIO()
    with Library.open(edited) as library:
        write_atom(recorded_changes(library), out, library=LIBRARY)
    parsed = feedparser.parse(out.getvalue())
    assert not parsed.bozo
    assert len(parsed.entries) == 8
