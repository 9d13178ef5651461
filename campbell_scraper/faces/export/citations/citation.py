"""One neutral citation of a review; writers put it into formats.

A review is an article of the journal Campbell Systematic Reviews. Its DOI tells journal, issue and article number
(``reading/values/journals.py``), its year the volume; pages are nowhere on the site. What has no DOI and is no full
review (a title registration, a map, a brief, a plain language summary by itself) is a report of the Campbell
Collaboration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from campbell_scraper.items import Stage
from campbell_scraper.reading.values.journals import ISSN, JOURNAL, Place, place_of
from campbell_scraper.words import clean

from .citekey import citation_key
from .clean_text import one_line, web_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campbell_scraper.faces.export.library_export import Review

PUBLISHER = "Campbell Collaboration"
STAGE_NAMES: dict[str, str] = {
    Stage.TITLE: "Title registration",
    Stage.PROTOCOL: "Protocol",
    Stage.UPDATE: "Update",
    Stage.MAP: "Evidence and gap map",
    Stage.BRIEF: "Policy brief",
}
"""What people call a stage; a review needs no word for it."""
_INVENTED = "invented for the demonstration of campbell_scraper"
"""What pages of the sample library say in their text or block."""
_JOURNAL_STAGES = frozenset({Stage.PROTOCOL, Stage.REVIEW, Stage.UPDATE})
_SUMMARY_TYPES = frozenset({"Plain language summary", "User abstract"})
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>{}\\^`|]+")
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
_PARTICLES = re.compile(r"((?:[^\W\d_A-Z][\w'’]*[ ]|[dl]['’])+)(?=\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """An author. A group has ``literal`` and nothing else, a person ``family`` or ``literal``."""

    literal: str | None = None
    particle: str | None = None
    """Lower-case words before the family name ("van der")."""
    family: str | None = None
    """The family name without them."""
    given: str | None = None
    suffix: str | None = None

    @property
    def whole_family(self) -> str:
        """Particle and family name, or the literal name."""
        if self.family is None:
            return self.literal or ""
        if self.particle is None:
            return self.family
        return self.particle + self.family if self.particle.endswith(("'", "’")) else f"{self.particle} {self.family}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """What a bibliography needs. Texts are plain; ``None`` and empty mean that it is not known."""

    key: str
    review_id: str
    is_article: bool
    """An article of ``journal``, else a report of ``publisher``."""
    title: str | None
    authors: tuple[Name, ...]
    issued: tuple[int, ...]
    """Year, month, day: as many as are known."""
    journal: str | None = None
    issn: str | None = None
    volume: str | None = None
    issue: str | None = None
    article_number: str | None = None
    publisher: str | None = None
    doi: str | None = None
    url: str | None = None
    accessed: tuple[int, ...] = ()
    """Day of the capture."""
    genre: str | None = None
    """"Protocol", "Title registration", ...; None for a review."""
    notes: tuple[str, ...] = ()
    abstract: str | None = None
    language: str | None = None
    """BCP 47."""
    keywords: tuple[str, ...] = ()
    withdrawn: bool = False


def cite(review: Review) -> Citation:
    """Return the citation of a review as it stood."""
    record = review.record
    doi = _doi(record.get("doi"))
    page_date = date_parts(record.get("published_date"))
    place = _place(doi, record)
    doi_year = place and place.year
    issued = page_date if doi_year is None or page_date[:1] == (doi_year,) else (doi_year,)
    genre = _genre(record, is_article=place is not None)
    return Citation(
        key=citation_key(review.origin, review.review_id),
        review_id=review.review_id,
        is_article=place is not None,
        journal=place and place.journal,
        issn=place and place.issn,
        volume=place and doi and place.volume(next(iter(issued), None)),
        issue=place and place.issue,
        article_number=place and place.article_number,
        publisher=None if place else PUBLISHER,
        title=_line(record.get("title")),
        authors=tuple(_name(author) for author in record.get("authors") or []),
        issued=issued,
        doi=doi,
        url=web_url(record.get("url")),
        accessed=date_parts((review.captured_at or "")[:10]),
        genre=genre,
        notes=tuple(_notes(record, genre, page_date if issued != page_date else ())),
        abstract=abstract_of(record),
        language=_language(record),
        keywords=_keywords(record, genre),
        withdrawn=record.get("status") == "withdrawn",
    )


def _place(doi: str | None, record: Mapping[str, Any]) -> Place | None:
    """Return the journal that the DOI names; Campbell's own for a review or protocol without a DOI; else None."""
    if doi:
        return place_of(doi)
    types = set(record.get("document_types") or [])
    only_summary = bool(types) and types <= _SUMMARY_TYPES
    return Place(JOURNAL, ISSN) if record.get("stage") in _JOURNAL_STAGES and not only_summary else None


def _genre(record: Mapping[str, Any], *, is_article: bool) -> str | None:
    if name := STAGE_NAMES.get(record.get("stage") or ""):
        return name
    types = record.get("document_types") or []
    return None if is_article else next((_line(name) for name in types), None)


def _notes(record: Mapping[str, Any], genre: str | None, page_date: tuple[int, ...]) -> list[str]:
    notes = [genre] if genre else []
    if record.get("status") == "withdrawn":
        notes.append("Withdrawn")
    elif record.get("status") == "gone":
        notes.append("No longer on the site")
    if page_date:
        notes.append(f"The page gives the date {'-'.join(f'{part:02}' for part in page_date)}")
    return notes


def _keywords(record: Mapping[str, Any], genre: str | None) -> tuple[str, ...]:
    words = [*(record.get("groups") or []), *(record.get("document_types") or []), *([genre] if genre else [])]
    texts = [record.get("intro") or "", *(info["value"] for info in record.get("additional_info") or [])]
    if any(_INVENTED in text for text in texts):
        words.append("Invented example")
    kept: dict[str, str] = {}
    for word in words:
        if line := one_line(word):
            kept.setdefault(line.casefold(), line)
    return tuple(kept.values())


def _name(author: Mapping[str, Any]) -> Name:
    family, given, suffix = (_line(author.get(part)) for part in ("family", "given", "suffix"))
    if author.get("is_group") or family is None:
        return Name(literal=one_line(author.get("name") or ""))
    particles = _PARTICLES.match(family)
    particle = particles[0].strip() if particles else None
    return Name(
        particle=particle, family=family[particles.end() :] if particles else family, given=given, suffix=suffix
    )


def _summary(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the English summary, else the first that is no placeholder, else nothing."""
    summaries = [one for one in record.get("summaries") or [] if not one.get("is_placeholder")]
    return next((one for one in summaries if one["language"] == "en"), next(iter(summaries), {}))


def abstract_of(record: Mapping[str, Any]) -> str | None:
    """Return the whole summary in English; of a page without one its brief or headline, else what text there is."""
    summary = _summary(record)
    whole = summary.get("text")
    texts = (
        whole if summary.get("language") == "en" else None,
        record.get("brief"),
        record.get("headline"),
        whole,
        record.get("intro"),
    )
    return next(filter(None, map(_text, texts)), None)


def _language(record: Mapping[str, Any]) -> str | None:
    tag = _summary(record).get("language", "und")
    return None if tag == "und" or not re.fullmatch(r"[A-Za-z0-9-]{2,35}", tag) else tag


def _doi(text: str | None) -> str | None:
    return text if text and _DOI.fullmatch(text) else None


def date_parts(text: str | None) -> tuple[int, ...]:
    """Return year, month and day of an ISO date, as many as it has; () for other texts."""
    match = _DATE.fullmatch(text or "")
    return tuple(int(part) for part in match.groups() if part) if match else ()


def _line(text: str | None) -> str | None:
    return (one_line(text) or None) if text else None


def _text(text: str | None) -> str | None:
    return (clean(text).strip() or None) if text else None
