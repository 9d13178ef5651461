"""From fields to a review record: the one place that says what a label's value means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from lxml.etree import _Element

from campbell_scraper.items import Attachment, Form, ReviewRecord, Stage, Summary, Unhandled
from campbell_scraper.reading.page.document import Document
from campbell_scraper.reading.page.fields import Field
from campbell_scraper.reading.page.links import is_of_library
from campbell_scraper.reading.summary.heading_kinds import OTHER as OTHER_KIND
from campbell_scraper.reading.summary.language_identification import language_mismatch
from campbell_scraper.reading.summary.summary_reader import read_facts, read_summary
from campbell_scraper.reading.values.author_names import author_list
from campbell_scraper.reading.values.dois import doi
from campbell_scraper.reading.values.journals import place_of
from campbell_scraper.reading.values.language_names import language
from campbell_scraper.reading.values.printed_dates import date
from campbell_scraper.reading.values.review_stages import stage, withdrawn
from campbell_scraper.reading.values.vocabularies import (
    GROUP_NAMES,
    TYPE_NAMES,
    Role,
    name_key,
    role_of,
    vocabulary_list,
)

_OWN_DOIS: Final = "10.4073/"
"""Beginning of the Campbell Collaboration's DOIs; its policies, guidelines and briefs are in no journal."""


def add_fields(record: ReviewRecord, fields: Sequence[Field], document: Document) -> None:
    """Read ``fields`` into ``record``: the raw values in page order, and what the known ones mean."""
    record.additional_info.extend(field.info for field in fields)
    for field in fields:
        if field.element is None:
            continue
        role = role_of(field.info.label)
        if role in _FROM_TEXT:
            _FROM_TEXT[role](record, field.info.value)
        elif role in _FROM_MARKUP:
            _FROM_MARKUP[role](record, field, document)
    offered = _languages_offered(fields, record)
    for field in fields:
        if field.element is not None and role_of(field.info.label) is None:
            tag = language(field.info.label)
            if tag is None and field.info.label.lower() in offered:
                record.unhandled.append(Unhandled(kind="language", value=field.info.label))
                tag = "und"
            if tag is None:
                if field.info.label:
                    record.unhandled.append(Unhandled(kind="label", value=field.info.label))
            else:
                summary = read_summary(
                    field.element,
                    language_label=field.info.label,
                    language=tag,
                    page_title=record.title,
                    base_url=document.base_url,
                )
                field.info.value = summary.text
                record.summaries.append(summary)
    complete(record)


_SHORTEST_SUMMARY: Final = 80
"""Fewest characters of a text without headings that is a summary, and not a note ("See also the update.")."""
_SHORTEST_OTHER: Final = 200
"""The same for other stages than reviews, whose notes are longer ("This is the protocol for ...")."""


def add_intro(record: ReviewRecord, element: _Element, document: Document) -> None:
    """Read the text above the block as the summary of an item that has no other, unless it is a note or a stub."""
    summary = read_summary(element, page_title=record.title, base_url=document.base_url)
    shortest = _SHORTEST_SUMMARY if record.stage in (Stage.REVIEW, Stage.UPDATE) else _SHORTEST_OTHER
    is_note = len(summary.text) < shortest or withdrawn(None, summary.text)
    if is_note and not any(section.heading for section in summary.sections):
        return
    record.summaries.append(summary)
    if record.stage or _stage_of_content(record):
        complete(record)
    else:
        record.summaries.clear()


def complete(record: ReviewRecord, *, otherwise: str | None = None) -> None:
    """Set what follows from the whole record: stage (``otherwise`` if nothing tells it), headline and brief, forms."""
    record.stage = stage(record.document_types, record.title) or _stage_of_content(record) or otherwise
    record.withdrawn = record.withdrawn or withdrawn(
        record.title, record.intro, *(one.text for one in record.summaries)
    )
    for summary in record.summaries:
        _check(record, summary)
    _set_forms(record)
    lead = next((one for one in record.summaries if one.language == "en"), None)
    lead = lead or next((one for one in record.summaries if not one.is_placeholder), None)
    if lead is not None and not lead.is_placeholder:
        if lead.headline or record.brief is None:
            record.brief = lead.brief or record.brief
        record.headline = lead.headline or record.headline


def set_facts(record: ReviewRecord) -> None:
    """Set the facts that a complete record's summaries state.

    A policy brief has none: the studies it tells of are those of the reviews that it is about.
    """
    for summary in record.summaries:
        summary.facts = [] if record.stage == Stage.BRIEF else read_facts(summary)


def _stage_of_content(record: ReviewRecord) -> str | None:
    """Return the stage that the text itself tells: "This is the protocol for a Campbell ..."."""
    for summary in record.summaries:
        start = summary.text[:400].lower()
        if "this is the protocol for" in start or "this is a protocol for" in start:
            return stage(["Protocol"], None)
        if "this title has been registered" in start or "this title registration" in start:
            return stage(["Title"], None)
        if any(section.kind in _SUMMARY_KINDS for section in summary.sections):
            return stage(["Review"], record.title)
    return None


_SUMMARY_KINDS: Final = frozenset({"about", "aim", "included_studies", "main_results", "implications", "up_to_date"})


def _check(record: ReviewRecord, summary: Summary) -> None:
    """Report headings of unknown wording, and a text that is not in the language of its label."""
    record.unhandled.extend(
        Unhandled(kind="heading", value=section.heading)
        for section in summary.sections
        if section.kind == OTHER_KIND and section.heading
    )
    if summary.language_label is not None and (found := language_mismatch(summary)):
        record.unhandled.append(Unhandled(kind="language", value=f"{summary.language_label}: text is in {found}"))


def _set_forms(record: ReviewRecord) -> None:
    """Set a summary's form from the page's document types if it has no banner."""
    types = set(record.document_types)
    if "Plain language summary" in types:
        return
    form = Form.USER_ABSTRACT if "User abstract" in types else Form.POLICY_BRIEF if types == {"Policy brief"} else None
    if form is not None:
        for one in record.summaries:
            if one.form == Form.PLS and not one.banner:
                one.form = form


def _languages_offered(fields: Sequence[Field], record: ReviewRecord) -> set[str]:
    """Return the lower-case names that "Records available in" lists; unknown ones are reported."""
    names: set[str] = set()
    for field in fields:
        if role_of(field.info.label) is Role.LANGUAGES:
            for part in field.info.value.replace(";", ",").replace("\n", ",").split(","):
                name = part.strip()
                if not name:
                    continue
                names.add(name.lower())
                if language(name) is None and not all(language(word) for word in name.split()):
                    record.unhandled.append(Unhandled(kind="language", value=name))
    return names


def tie_files(record: ReviewRecord, files: Sequence[Attachment]) -> None:
    """Attach the documents that the item offers, each to its language where the page says so.

    A placeholder is tied to the PDF that holds its text.
    """
    record.attachments.extend(files)
    for summary in record.summaries:
        summary.pdf_url = summary.pdf_url or _pdf_of(summary, record.attachments)


def _pdf_of(summary: Summary, files: Sequence[Attachment]) -> str | None:
    exact = [one.url for one in files if one.language == summary.language and one.language is not None]
    if exact:
        return exact[0]
    base = summary.language.partition("-")[0]
    same = [one.url for one in files if one.language is not None and one.language.partition("-")[0] == base]
    return same[0] if len(same) == 1 else None


_FOUNDED: Final = "1999"
"""When the Campbell Collaboration was founded; an earlier date is a CMS's default (1970-01-01)."""


def set_date(record: ReviewRecord, raw: str) -> None:
    """Set the raw date and its normalised form; the first one counts, another one is a conflict."""
    if record.published_date_raw is not None:
        if record.published_date_raw != raw:
            record.unhandled.append(Unhandled(kind="conflict", value=f"published date: {raw}"))
        return
    record.published_date_raw = raw
    read = date(raw)
    if read is None or read[0] < _FOUNDED:
        record.unhandled.append(Unhandled(kind="date", value=raw))
    else:
        record.published_date, record.published_precision = read


def set_groups(record: ReviewRecord, text: str) -> None:
    """Set the coordinating groups of a printed list."""
    _add_groups(record, *vocabulary_list(text, GROUP_NAMES))


def _add_groups(record: ReviewRecord, known: list[str], unknown: list[str]) -> None:
    record.groups = list(dict.fromkeys([*record.groups, *known]))
    record.unhandled.extend(Unhandled(kind="group", value=name) for name in unknown)


def set_types(record: ReviewRecord, text: str) -> None:
    """Set the document types of a printed list."""
    _add_types(record, *vocabulary_list(text, TYPE_NAMES))


def set_terms(record: ReviewRecord, groups: Iterable[str], types: Iterable[str]) -> None:
    """Set the coordinating groups and document types that terms name; a comma is part of a term's name."""
    _add_groups(record, *_terms(groups, GROUP_NAMES))
    _add_types(record, *_terms(types, TYPE_NAMES))


def _terms(terms: Iterable[str], names: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return terms as ``vocabulary_list`` returns a printed list."""
    known = [(term, names.get(name_key(term))) for term in terms]
    return [name or term for term, name in known], [term for term, name in known if name is None]


def _add_types(record: ReviewRecord, known: list[str], unknown: list[str]) -> None:
    record.document_types = list(dict.fromkeys([*record.document_types, *known]))
    record.unhandled.extend(Unhandled(kind="document_type", value=name) for name in unknown)
    record.withdrawn = record.withdrawn or any("withdrawn" in name.lower() for name in unknown)


def _authors(record: ReviewRecord, value: str) -> None:
    found, is_clear = author_list(value)
    record.authors.extend(found)
    if not is_clear:
        record.unhandled.append(Unhandled(kind="authors", value=value))


def _library_image(record: ReviewRecord, field: Field, document: Document) -> None:
    assert field.element is not None
    image = next(field.element.iter("img"), None)
    if image is not None:
        record.library_image_url = document.absolute(image.get("src"))


def _full_review(record: ReviewRecord, field: Field, document: Document) -> None:
    assert field.element is not None
    link = next(field.element.iter("a"), None)
    text = field.info.value.strip()
    href = link.get("href") if link is not None else text if text.startswith(("http:", "https:", "/")) else None
    set_full_review(record, document.absolute(href) if href else None, doi(href or "") or doi(text))


def set_full_review(record: ReviewRecord, url: str | None, found: str | None) -> None:
    """Set address and DOI of the full review; an unknown journal or publisher is reported."""
    if found and url and is_of_library(url, record.url) and doi(url):
        url = f"https://doi.org/{found}"  # it was written without its scheme: "doi.org/10.4073/csr.2015.6"
    record.full_review_url = url
    set_doi(record, found)
    known = found and (place_of(found) or found.startswith(_OWN_DOIS))
    if url and not known and not is_of_library(url, record.url):
        record.unhandled.append(Unhandled(kind="publisher", value=url))


def set_doi(record: ReviewRecord, found: str | None) -> None:
    """Set the DOI; the first one counts, another one is a conflict."""
    if found is None:
        return
    if record.doi is not None and record.doi != found:
        record.unhandled.append(Unhandled(kind="conflict", value=f"doi: {found}"))
    record.doi = record.doi or found


def _doi(record: ReviewRecord, value: str) -> None:
    found = doi(value)
    if found is None:
        record.unhandled.append(Unhandled(kind="doi", value=value))
    set_doi(record, found)


def _one_line(text: str) -> str | None:
    return " ".join(text.split()) or None


_FROM_TEXT: Final[dict[Role, Callable[[ReviewRecord, str], object]]] = {
    Role.AUTHORS: _authors,
    Role.DATE: set_date,
    Role.GROUPS: set_groups,
    Role.TYPES: set_types,
    # The field sometimes holds the headline, so the page's own title stands.
    Role.TITLE: lambda record, value: setattr(record, "title", record.title or _one_line(value)),
    Role.HEADLINE: lambda record, value: setattr(record, "headline", _one_line(value)),
    Role.BRIEF: lambda record, value: setattr(record, "brief", value or None),
    Role.DOI: _doi,
}
"""Readers of a value's text. Values of roles in neither table are kept in the block only."""
_FROM_MARKUP: Final = {Role.LIBRARY_IMAGE: _library_image, Role.FULL_REVIEW: _full_review}


def stage_or_other(record: ReviewRecord) -> None:
    """Set the stage of a K2 item that names none: a stub ("Other evidence and gap maps") is not a review."""
    record.stage = record.stage or Stage.OTHER
