"""Citations read back by the programs people have: every field is what went in."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.faces.export import FORMATS, Library
from campbell_scraper.faces.export.citations.citation import Citation, cite
from campbell_scraper.faces.export.citations.clean_text import one_line
from campbell_scraper.folder import DataFolder
from tests.conftest import ROOT
from tests.made_library import HOSTILE

if TYPE_CHECKING:
    from tests.helpers import Crawled


@pytest.fixture(params=["made by hand", "sample"])
def library(request: pytest.FixtureRequest, folder: DataFolder, crawled: Crawled) -> DataFolder:
    return folder if request.param == "made by hand" else DataFolder(crawled.data)


def exported(folder: DataFolder, name: str) -> str:
    out = io.BytesIO()
    with Library.open(folder) as library:
        FORMATS[name].write(library.reviews(), out)
    return out.getvalue().decode("utf-8")


def citations(folder: DataFolder) -> list[Citation]:
    with Library.open(folder) as library:
        found = [cite(review) for review in library.reviews()]
    assert len(found) >= 5
    return found


def date(parts: tuple[int, ...]) -> str:
    return "-".join(f"{part:02}" for part in parts)


def test_rispy_reads_every_field_of_ris(library: DataFolder) -> None:
    rispy = pytest.importorskip("rispy")
    entries = rispy.loads(exported(library, "ris"))
    for entry, citation in zip(entries, citations(library), strict=True):
        names = []
        for name in citation.authors:
            plain = [name.whole_family, name.given, name.suffix] if name.family else [name.literal]
            names.append(", ".join(part.replace(",", "") for part in plain if part))
        slashed = ["/".join([*(f"{p:02}" for p in d), "", "", ""][:4]) for d in (citation.issued, citation.accessed)]
        expected: dict[str, Any] = {
            "type_of_reference": "JOUR" if citation.is_article else "RPRT",
            "id": citation.key,
            "title": citation.title,
            "authors": names,
            "year": f"{citation.issued[0]:04}" if citation.issued else None,
            "date": slashed[0] if citation.issued else None,
            "secondary_title": citation.journal,
            "volume": citation.volume,
            "number": citation.issue,
            "start_page": citation.article_number,
            "custom7": citation.article_number,
            "issn": citation.issn,
            "publisher": citation.publisher,
            "type_of_work": None if citation.is_article else citation.genre,
            "doi": citation.doi,
            "urls": [citation.url],
            "language": citation.language,
            "abstract": one_line(citation.abstract) if citation.abstract else None,
            "keywords": [word.replace(";", ",") for word in citation.keywords],
            "notes": list(citation.notes) or None,
            "name_of_database": "Campbell Collaboration library",
            "accession_number": citation.review_id,
            "access_date": slashed[1],
        }
        assert entry == {name: value for name, value in expected.items() if value}


def test_ris_lines_follow_the_rules_of_the_format(folder: DataFolder) -> None:
    text = exported(folder, "ris")
    lines = text.split("\r\n")
    assert "\n" not in "".join(lines)
    assert "\r" not in "".join(lines)
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line) for line in lines if line)
    assert sum(line.startswith("TY  - ") for line in lines) == 5
    assert [line for line in lines if line.startswith("ER")] == ["ER  - "] * 5
    assert len(text.splitlines()) == len(lines) - 1  # no character of a text is a line break for any reader
    assert "EP  - " not in text  # no page shows the last page of an article


def plain(value: str) -> str:
    """Undo BibTeX's escapes, as a style would print them."""
    for command, character in (
        (r"{\textbackslash}", "\0"), (r"{\textbraceleft}", "\1"), (r"{\textbraceright}", "\2"),
        (r"{\textasciicircum}", "^"), (r"{\textasciitilde}", "~"), ('{"}', '"'),
    ):  # fmt: skip
        value = value.replace(command, character)
    value = re.sub(r"\\([&%$#_])", r"\1", value)
    value = value.replace("{", "").replace("}", "")
    assert "\\" not in value, "a command was left"
    return value.replace("\0", "\\").replace("\1", "{").replace("\2", "}")


def test_bibtexparser_reads_every_field_of_bibtex(library: DataFolder) -> None:
    bibtexparser = pytest.importorskip("bibtexparser")
    parsed = bibtexparser.parse_string(exported(library, "bibtex"))
    assert parsed.failed_blocks == []
    for entry, citation in zip(parsed.entries, citations(library), strict=True):
        expected = {
            "title": citation.title,
            "journal": citation.journal,
            "institution": citation.publisher,
            "type": None if citation.is_article else citation.genre,
            "date": date(citation.issued),
            "year": f"{citation.issued[0]:04}" if citation.issued else None,
            "month": str(citation.issued[1]) if len(citation.issued) > 1 else None,
            "volume": citation.volume,
            "number": citation.issue,
            "eid": citation.article_number,
            "pages": citation.article_number,
            "issn": citation.issn,
            "doi": citation.doi,
            "url": citation.url,
            "urldate": date(citation.accessed),
            "langid": {"en": "english", "ar": "arabic", None: None}[citation.language],
            "keywords": ", ".join(word.replace(",", ";") for word in citation.keywords),
            "note": "; ".join(citation.notes),
            "abstract": one_line(citation.abstract) if citation.abstract else None,
        }
        found = {field.key: plain(str(field.value)) for field in entry.fields if field.key != "author"}
        assert entry.key == citation.key
        assert entry.entry_type == ("article" if citation.is_article else "techreport")
        assert found == {name: value for name, value in expected.items() if value}


def test_bibtex_names_are_split_as_written(library: DataFolder) -> None:
    bibtexparser = pytest.importorskip("bibtexparser")
    middlewares = pytest.importorskip("bibtexparser.middlewares")
    parsed = bibtexparser.parse_string(
        exported(library, "bibtex"), append_middleware=[middlewares.SeparateCoAuthors(), middlewares.SplitNameParts()]
    )
    assert parsed.failed_blocks == []
    for entry, citation in zip(parsed.entries, citations(library), strict=True):
        names = entry.fields_dict["author"].value if "author" in entry.fields_dict else []
        for found, name in zip(names, citation.authors, strict=True):
            joined = [plain(" ".join(part)) for part in (found.von, found.last, found.first, found.jr)]
            if name.family is None:
                assert joined == ["", name.literal, "", ""]
            elif name.particle and name.particle.endswith("'"):
                assert joined == ["", name.whole_family, name.given, ""]
            else:
                assert joined == [name.particle or "", name.family, name.given or "", name.suffix or ""]


def test_no_text_can_leave_its_bibtex_field(folder: DataFolder) -> None:
    text = exported(folder, "bibtex")
    assert len(re.findall(r"^@", text, re.MULTILINE)) == 5
    assert text.count("{") == text.count("}")
    assert r"\input" not in text
    assert not re.search(r"(?<!\\)\$", text)


def zotero(name: str, source: str, folder: Path) -> list[dict[str, Any]]:
    """Return what Zotero's own translator makes of a file, or skip.

    The package has the translators of 2019; a checkout of today's may be named.
    """
    named = os.environ.get("ZOTERO_TRANSLATORS")
    bundle = ROOT / "node_modules" / "zotero-translators" / "index.js"
    node = shutil.which("node")
    if node is None or not (named or bundle.is_file()):
        pytest.skip("needs node and Zotero's translators: make system-deps, or ZOTERO_TRANSLATORS=a checkout of them")
    translator = Path(named or folder) / f"{name}.js"
    if not named:
        found = re.search(rf'"label": "{name}",.*?\n  "code": ("[^\n]*")\n', bundle.read_text("utf-8"), re.DOTALL)
        assert found
        translator.write_text(json.loads(found[1]), "utf-8")
    path = folder / "library"
    path.write_text(source, "utf-8", newline="")
    command = [node, str(Path(__file__).with_name("zotero_import.js")), str(translator), str(path)]
    items: list[dict[str, Any]] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return items


@pytest.mark.parametrize(("name", "format_"), [("RIS", "ris"), ("BibTeX", "bibtex")])
def test_zotero_reads_what_it_shows(crawled: Crawled, name: str, format_: str, tmp_path: Path) -> None:
    library = DataFolder(crawled.data)
    items = zotero(name, exported(library, format_), tmp_path)
    for item, citation in zip(items, citations(library), strict=True):
        expected = {
            "itemType": "journalArticle" if citation.is_article else "report",
            "title": citation.title,
            "publicationTitle": citation.journal,
            "volume": citation.volume,
            "issue": citation.issue,
            "pages": citation.article_number,
            "ISSN": citation.issn,
            "DOI": citation.doi,
            "url": citation.url,
            "accessDate": date(citation.accessed),
            "abstractNote": one_line(citation.abstract) if citation.abstract else None,
            "tags": list(citation.keywords),
        }
        assert {key: item.get(key) for key in expected} == expected
        # The translator of 2019 puts the month of BibTeX before the whole date.
        assert (item.get("date") or "").endswith(date(citation.issued))
        assert item.get("language") == (citation.language if name == "RIS" else None)
        names = [name.whole_family for name in citation.authors]
        assert [creator["lastName"] for creator in item["creators"]] == names


@pytest.mark.parametrize("format_", ["bibtex", "biblatex", "csl-json"])
def test_pandoc_reads_what_it_cites(crawled: Crawled, format_: str) -> None:
    library = DataFolder(crawled.data)
    pandoc = shutil.which("pandoc")
    if pandoc is None:
        pytest.skip("needs pandoc: make system-deps")
    source = exported(library, "csl-json" if format_ == "csl-json" else "bibtex").encode()
    command = [pandoc, "-f", format_.replace("-", ""), "-t", "csljson"]
    items = json.loads(subprocess.run(command, input=source, capture_output=True, check=True).stdout)
    for item, citation in zip(items, citations(library), strict=True):
        expected = {
            "id": citation.key,
            "type": "article-journal" if citation.is_article else "report",
            "container-title": citation.journal,
            "volume": citation.volume,
            "issue": citation.issue,
            "page": citation.article_number,
            "ISSN": citation.issn,
            "publisher": citation.publisher,
            "DOI": citation.doi,
            "URL": citation.url,
        }
        assert {key: item.get(key) for key in expected} == expected
        assert (item.get("title") or "").casefold() == (citation.title or "").casefold()
        assert item.get("language", "")[:2] == (citation.language or "")
        assert item.get("issued", {}).get("date-parts", [[]]) == [list(citation.issued)]
        names = [name.family or name.literal for name in citation.authors]
        assert [name.get("family") or name["literal"] for name in item.get("author", [])] == names


MINISTRY = "Ministry of Health, Education and Care"
STYLE = """<style xmlns="http://purl.org/net/xbiblio/csl" version="1.0" class="in-text">
  <info><title>All</title><id>http://example.org/all</id><updated>2026-01-01T00:00:00+00:00</updated></info>
  <citation><layout><text variable="title"/></layout></citation>
  <bibliography><layout><group delimiter=" | ">
    <names variable="author"><name name-as-sort-order="all" delimiter="; " and="text"/></names>
    <date variable="issued"><date-part name="year"/><date-part name="month" form="numeric" prefix="-"/>
      <date-part name="day" prefix="-"/></date>
    <text variable="title"/>
    <choose><if type="report"><text value="REPORT"/></if>
      <else-if type="article-journal"><text value="ARTICLE"/></else-if></choose>
    <text variable="genre"/><text variable="container-title"/><text variable="issue" prefix="issue "/>
    <text variable="number" prefix="no. "/><text variable="publisher"/><text variable="DOI"/><text variable="URL"/>
  </group></layout></bibliography>
</style>"""


def printed_by_citeproc(folder: DataFolder, style: Path) -> dict[str, str]:
    """What citeproc-py prints of a library's CSL-JSON, by key."""
    citeproc = pytest.importorskip("citeproc")
    source = pytest.importorskip("citeproc.source.json")
    style.write_text(STYLE, "utf-8")
    items = json.loads(exported(folder, "csl-json"))
    read = citeproc.CitationStylesStyle(str(style), validate=False)
    bibliography = citeproc.CitationStylesBibliography(read, source.CiteProcJSON(items), citeproc.formatter.plain)
    for item in items:
        bibliography.register(citeproc.Citation([citeproc.CitationItem(item["id"])]))
    return {item["id"]: str(entry) for item, entry in zip(items, bibliography.bibliography(), strict=True)}


def test_citeproc_prints_every_review(library: DataFolder, tmp_path: Path) -> None:
    printed = printed_by_citeproc(library, tmp_path / "all.csl")
    for citation in citations(library):
        names: list[str] = []
        for one in citation.authors:
            given = " ".join(filter(None, (one.given, one.particle)))
            names.append(", ".join(filter(None, (one.family, given, one.suffix))) if one.family else one.literal or "")
        others = "; ".join(names[:-1]) + ("; and " if names[2:] else " and ") if names[1:] else ""
        expected = [
            others + names[-1] if names else None,
            "-".join(map(str, citation.issued)),
            citation.title,
            "ARTICLE" if citation.is_article else "REPORT",
            citation.genre,
            citation.journal,
            citation.issue and f"issue {citation.issue}",
            citation.article_number and f"no. {citation.article_number}",
            citation.publisher,
            citation.doi,
            citation.url,
        ]
        assert printed[citation.key].split(" | ") == [part for part in expected if part]


def test_citeproc_prints_each_kind(folder: DataFolder, tmp_path: Path) -> None:
    by_key = printed_by_citeproc(folder, tmp_path / "all.csl")
    printed = {key.split("-")[0]: entry.split(" | ") for key, entry in by_key.items()}
    site = "https://www.campbellcollaboration.org/better-evidence"
    assert printed["barlow2015parent"] == [
        f"Barlow, Jane; Beek, Allard van der, Jr.; Aubigné, Gabriel d'; {MINISTRY}; and Madonna",
        "2015-3-2", "Parent-infant psychotherapy & HIV: 50% of infants", "ARTICLE", "Campbell Systematic Reviews",
        "issue 1", "10.4073/csr.2015.6", f"{site}/parent-infant-psychotherapy.html",
    ]  # fmt: skip
    assert printed["orsted2019youth"] == [
        "Ørsted, Åsa", "2019-6", "PROTOCOL: The youth gangs of McDonald", "ARTICLE", "Protocol",
        "Campbell Systematic Reviews", "no. e1234", "10.1002/cl2.1234", f"{site}/youth-gangs.html",
    ]  # fmt: skip
    assert printed["li2012title"] == [
        "Li, Wei", "2012", "A title registration", "REPORT", "Title registration", "Campbell Collaboration",
        f"{site}/a-title.html",
    ]  # fmt: skip


def test_csl_json_has_every_field(library: DataFolder) -> None:
    items = json.loads(exported(library, "csl-json"))
    for item, citation in zip(items, citations(library), strict=True):
        authors = []
        for name in citation.authors:
            parts = {"family": name.family, "given": name.given, "non-dropping-particle": name.particle,
                     "suffix": name.suffix, "literal": name.literal}  # fmt: skip
            authors.append({key: value for key, value in parts.items() if value})
        expected = {
            "id": citation.key,
            "citation-key": citation.key,
            "type": "article-journal" if citation.is_article else "report",
            "title": citation.title,
            "author": authors,
            "issued": {"date-parts": [list(citation.issued)]} if citation.issued else None,
            "container-title": citation.journal,
            "volume": citation.volume,
            "page": citation.article_number,
            "issue": citation.issue,
            "number": citation.article_number,
            "ISSN": citation.issn,
            "publisher": citation.publisher,
            "genre": citation.genre,
            "DOI": citation.doi,
            "URL": citation.url,
            "accessed": {"date-parts": [list(citation.accessed)]},
            "language": citation.language,
            "abstract": citation.abstract,
            "keyword": ", ".join(word.replace(",", ";") for word in citation.keywords),
            "note": "; ".join(citation.notes),
            "status": "withdrawn" if citation.withdrawn else None,
        }
        assert item == {name: value for name, value in expected.items() if value}


@pytest.mark.parametrize("name", ["ris", "bibtex", "csl-json"])
def test_hostile_text_is_there_as_text_without_its_powers(folder: DataFolder, name: str) -> None:
    assert "\x1b" in HOSTILE
    text = exported(folder, name)
    assert "<script>alert(1)</script>" in text
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text)
    assert "javascript:" not in text
