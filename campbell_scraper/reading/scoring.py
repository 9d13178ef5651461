"""Extraction scored against labelled texts: what ``campbell evaluate GOLD`` runs.

A gold text is wrapped in K2 and in WordPress markup and read by the real page objects, so that what is scored is what
a crawl would store. The label format is documented in ``docs/accuracy.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, Final

from .facts.countries import short_name
from .facts.places import design_name
from .page_reading import read_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from campbell_scraper.items import ReviewRecord

GoldText = tuple[str, dict[str, Any]]
"""The name of a labelled text, and the text with its labels."""
LAYOUTS: Final = ("k2", "wordpress")
"""Markups every text is wrapped in; scored apart, because one text read twice is not two texts."""

_FACT_KEYS: Final = {
    "n_studies": "studies_included",
    "n_identified": "studies_identified",
    "n_studies_identified": "studies_identified",
    "n_analysed": "studies_analysed",
    "n_studies_analysed": "studies_analysed",
    "participants": "participants",
    "search_date": "search_date",
    "publication_window": "publication_window",
    "countries": "countries",
    "study_designs": "study_designs",
    "n_reports": "reports",
    "n_interventions": "interventions",
}
"""Label of a gold file → fact of ``items.EvidenceFact``. Other labels are notes and not scored."""
_BASE: Final = "https://www.campbellcollaboration.org"


@dataclass(slots=True)
class Failure:
    """One value that was not read as labelled."""

    text: str
    """Name of the gold file, with the position inside it where it holds several."""
    expected: str
    got: str


@dataclass(slots=True)
class FieldScore:
    """Scores of one field over all gold texts in one layout."""

    layout: str
    name: str
    """The field: "headline", "section texts", "studies_included", …"""
    items: int = 0
    """Texts in which the field is labelled, even as absent."""
    exact: int = 0
    """Of these, texts in which what was read equals the label."""
    labelled: int = 0
    """Values labelled."""
    extracted: int = 0
    """Values read."""
    correct: int = 0
    """Values both labelled and read."""
    failures: list[Failure] = field(default_factory=list)

    @property
    def precision(self) -> tuple[float, float, float] | None:
        """Share of the read values that are right, with its 95 % interval; None if none was read."""
        return wilson(self.correct, self.extracted)

    @property
    def recall(self) -> tuple[float, float, float] | None:
        """Share of the labelled values that were read, with its 95 % interval; None if none is labelled."""
        return wilson(self.correct, self.labelled)

    @property
    def exact_match(self) -> tuple[float, float, float] | None:
        """Share of the texts read exactly as labelled, with its 95 % interval."""
        return wilson(self.exact, self.items)

    @property
    def wrong(self) -> int:
        """Values read that are not labelled."""
        return self.extracted - self.correct


@dataclass(slots=True)
class Evaluation:
    """All scores of one run."""

    summaries: int
    headers: int
    scores: list[FieldScore]

    def score(self, layout: str, name: str) -> FieldScore | None:
        """Return one field's score; None if no gold text labels it."""
        return next((s for s in self.scores if (s.layout, s.name) == (layout, name)), None)


def wilson(successes: int, trials: int, z: float = 1.959964) -> tuple[float, float, float] | None:
    """Return a share and its Wilson score interval (95 % by default); None without trials.

    >>> [round(x, 3) for x in wilson(4, 4)]
    [1.0, 0.51, 1.0]
    """
    if not trials:
        return None
    share = successes / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return share, max(0.0, centre - half), min(1.0, centre + half)


def evaluate_gold(summaries: Sequence[GoldText], headers: Sequence[GoldText]) -> Evaluation:
    """Score extraction against labelled summaries and "Additional Info" blocks."""
    scores: dict[tuple[str, str], FieldScore] = {}
    for layout in LAYOUTS:
        for name, text in summaries:
            _score_summary(scores, layout, name, text)
    for name, header in headers:
        _score_header(scores, name, header)
    return Evaluation(len(summaries), len(headers), list(scores.values()))


def _score_summary(scores: dict[tuple[str, str], FieldScore], layout: str, name: str, text: dict[str, Any]) -> None:
    page = _k2_page(text) if layout == "k2" else _wordpress_page(text)
    url = f"{_BASE}/better-evidence/gold.html" if layout == "k2" else f"{_BASE}/review/gold/"
    record = _review(url, page)
    summary = record.summaries[0] if record and record.summaries else None
    add = partial(_add, scores, (layout, name))
    for part in ("headline", "brief"):
        if part in text:
            value = getattr(summary, part, None)
            add(part, [text[part]] if text[part] else [], [value] if value else [])
    sections = summary.sections if summary else []
    add("headings", [s["heading"] for s in text["sections"]], [s.heading for s in sections])
    add(
        "section texts",
        [f"{s['heading']}\n{s['text']}" for s in text["sections"]],
        [f"{s.heading}\n{s.text}" for s in sections],
    )
    for key, fact in _FACT_KEYS.items():
        if key in text.get("gold", {}):
            # A country or design the label names without a list ("31 countries") cannot be scored.
            expected = [_normalised(fact, str(value)) for value in _listed(text["gold"][key])]
            read = [_normalised(fact, one.value) for one in summary.facts if one.fact == fact] if summary else []
            add(fact, expected, read)


def _listed(label: Any) -> list[Any]:
    """Return a label as a list: empty for None, of one value for a single value, unchanged if it is a list."""
    return [] if label is None else label if isinstance(label, list) else [label]


def _normalised(fact: str, value: str) -> str:
    if fact == "countries":
        return short_name(value) or value
    if fact == "study_designs":
        return design_name(value.partition(" (")[0]) or value
    if fact == "publication_window":
        return value.replace("–", "/") if "/" in value else value.replace("–", "-").replace("-", "/", 1)
    return value


def _score_header(scores: dict[tuple[str, str], FieldScore], name: str, header: dict[str, Any]) -> None:
    record = _review(f"{_BASE}/better-evidence/gold.html", _k2_header_page(header))
    parsed = header.get("parsed", {})
    add = partial(_add, scores, ("k2", name))
    info = [(i.label, i.value) for i in record.additional_info] if record else []
    add("additional info", [f"{k}: {v}" for k, v in header["page_header"]], [f"{k}: {v}" for k, v in info])
    readers: dict[str, Callable[[ReviewRecord], Iterable[str]]] = {
        "authors": lambda r: [a.name for a in r.authors],
        "published_date": lambda r: [r.published_date] if r.published_date else [],
        "doi": lambda r: [r.doi] if r.doi else [],
        "coordinating_groups": lambda r: r.groups,
        "document_types": lambda r: r.document_types,
    }
    for key, reader in readers.items():
        if key in parsed:
            label = parsed[key]
            split = key in ("authors", "coordinating_groups") and isinstance(label, str)
            add(key, label.split(", ") if split else _listed(label), list(reader(record)) if record else [])


def _add(
    scores: dict[tuple[str, str], FieldScore], of: tuple[str, str], field_name: str, expected: list[str], got: list[str]
) -> None:
    """Count one field of one text; ``of`` are layout and name of the text."""
    layout, text = of
    score = scores.setdefault((layout, field_name), FieldScore(layout, field_name))
    rest = list(expected)
    correct = 0
    for value in got:
        if value in rest:
            rest.remove(value)
            correct += 1
    score.items += 1
    score.labelled += len(expected)
    score.extracted += len(got)
    score.correct += correct
    in_order = field_name in ("countries", "study_designs") or expected == got
    if correct == len(expected) == len(got) and in_order:
        score.exact += 1
    else:
        missing = "; ".join(rest) or "(nothing more)"
        extra = "; ".join(value for value in got if value not in expected) or "(nothing)"
        score.failures.append(Failure(text, missing, extra))


def _review(url: str, page: str) -> ReviewRecord | None:
    reading = read_page(url, [("Content-Type", "text/html; charset=utf-8")], page.encode())
    return reading.reviews[0] if reading.reviews else None


def _summary_markup(text: dict[str, Any], *, banner: bool) -> str:
    parts = ["<h4>PLAIN LANGUAGE SUMMARY</h4>"] if banner else []
    if text.get("headline"):
        parts.append(f"<h2>{escape(text['headline'])}</h2>")
    if text.get("brief"):
        parts.append(_paragraphs(text["brief"]))
    for section in text["sections"]:
        parts.append(f"<h3>{escape(section['heading'])}</h3>" if section["heading"] else "")
        parts.append(_paragraphs(section["text"]))
    return "\n".join(parts)


def _paragraphs(text: str) -> str:
    return "\n".join(f"<p>{escape(line)}</p>" for line in text.split("\n") if line)


def _k2_list(fields: Iterable[tuple[str, str]]) -> str:
    """Return an "Additional Info" block as K2 prints it: labels, and values that are markup."""
    items = "\n".join(
        f'<li class="{"even" if i % 2 else "odd"} typeTextfield group1">'
        f'<span class="itemExtraFieldsLabel">{escape(label)}:</span>\n'
        f'<span class="itemExtraFieldsValue">{value}</span></li>'
        for i, (label, value) in enumerate(fields)
    )
    return f'<div class="itemExtraFields"><h3>Additional Info</h3><ul>\n{items}\n</ul><div class="clr"></div></div>'


def _k2_html(title: str, block: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="en-gb"><head><meta charset="utf-8"><base href="{_BASE}/better-evidence/gold.html">'
        f"<title>{escape(title)}</title></head><body>"
        f'<div id="k2Container" class="itemView"><div class="itemHeader">'
        f'<h2 class="itemTitle">{escape(title)}</h2></div>'
        f'<div class="itemBody">{block}</div></div></body></html>'
    )


def _k2_page(text: dict[str, Any]) -> str:
    title = text.get("title") or "Gold text"
    fields = [("Type of document", "Review, Plain language summary"), ("Title", escape(title))]
    return _k2_html(title, _k2_list([*fields, ("English", _summary_markup(text, banner=True))]))


def _k2_header_page(header: dict[str, Any]) -> str:
    fields = []
    for label, value in header["page_header"]:
        if value.startswith("https://"):
            fields.append((label, f'<a href="{escape(value)}">{escape(value)}</a>'))
        elif label == "Library Image":
            fields.append((label, f'<img src="/images/gold.png" alt="{escape(label)}" />'))
        else:
            fields.append((label, escape(value)))
    return _k2_html(header.get("title") or "Gold header", _k2_list(fields))


def _wordpress_page(text: dict[str, Any]) -> str:
    title = escape(text.get("title") or "Gold text")
    return (
        f'<!DOCTYPE html><html lang="en-GB"><head><meta charset="UTF-8"><title>{title}</title>'
        f'<link rel="canonical" href="{_BASE}/review/gold/"></head>'
        '<body class="review-template-default single single-review postid-1">'
        f'<h1 class="wp-block-post-title">{title}</h1>'
        f'<div class="entry-content wp-block-post-content">{_summary_markup(text, banner=False)}</div></body></html>'
    )


def _percent(interval: tuple[float, float, float] | None) -> str:
    if interval is None:
        return "–"
    share, low, high = interval
    return f"{share:.0%} ({low:.0%}–{high:.0%})"


_COLUMNS: Final = ("layout", "field", "texts", "labelled", "read", "wrong", "precision", "recall", "exact match")


def _rows(evaluation: Evaluation) -> list[tuple[str, ...]]:
    return [
        (s.layout, s.name, str(s.items), str(s.labelled), str(s.extracted), str(s.wrong), _percent(s.precision),
         _percent(s.recall), _percent(s.exact_match))
        for s in evaluation.scores
    ]  # fmt: skip


def render_markdown(evaluation: Evaluation) -> str:
    """Return the scores as a Markdown table; shares with their 95 % Wilson intervals."""
    lines = [_COLUMNS, tuple("---" for _ in _COLUMNS), *_rows(evaluation)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def render_text(evaluation: Evaluation) -> str:
    """Return the scores and every failure as plain text."""
    rows = [_COLUMNS, *_rows(evaluation)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_COLUMNS))]
    lines = [f"{evaluation.summaries} summaries, {evaluation.headers} headers; shares with 95 % Wilson intervals", ""]
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    failures = [(score, failure) for score in evaluation.scores for failure in score.failures]
    lines += ["", f"{len(failures)} failures" + (":" if failures else "")]
    lines += [
        f"- {score.layout} {score.name}, {failure.text}: not read: {_short(failure.expected)}; "
        f"wrongly read: {_short(failure.got)}"
        for score, failure in failures
    ]
    return "\n".join(lines) + "\n"


def _short(text: str, limit: int = 160) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
