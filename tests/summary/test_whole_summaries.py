"""Whole invented summaries (batches 5 and 6), in both layouts and in every style of heading."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

import pytest

from campbell_scraper.faces.cli.evaluate_command import read_gold
from campbell_scraper.reading.scoring import LAYOUTS, Evaluation, evaluate_gold
from tests.summary.markup import summary

FIXTURES = Path(__file__).parents[1] / "fixtures" / "summaries"
BATCHES = [FIXTURES / "batch-5.json", FIXTURES / "batch-6.json"]
TEXTS = ("headline", "brief", "headings", "section texts")
COUNTS = ("studies_included", "studies_analysed", "participants", "search_date")
HEADINGS = {
    **{f"h{level}": f"<h{level}>{{}}</h{level}>" for level in range(2, 7)},
    "h3 span": '<h3><span style="color:red">{}</span></h3>',
    "h3 strong": "<h3><strong>{}</strong></h3>",
    "p strong": "<p><strong>{}</strong></p>",
    "p b": "<p><b>{}</b></p>",
    "p span b br": "<p><span><b>{}</b></span><br></p>",
    "p strong em, no-break space": "<p><strong><em>{}&nbsp;</em></strong></p>",
    "div strong": "<div><strong>{}</strong></div>",
    "plain": "<p>{}</p>",
}
LEADS = {
    "bare": ("", "<h2>{}</h2>", ""),
    "banner, bold headline": ("<p>PLAIN LANGUAGE SUMMARY</p>", "<p><strong>{}</strong></p>", ""),
    "banner heading, headed brief": ("<h2>Plain language summary</h2>", "<h2>{}</h2>", "<h3>The review in brief</h3>"),
}


@pytest.fixture(scope="module", params=BATCHES, ids=lambda path: path.stem)
def scored(request: pytest.FixtureRequest) -> Evaluation:
    batch: Path = request.param
    return evaluate_gold(*read_gold(batch))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_text_is_exact(scored: Evaluation, layout: str) -> None:
    for name in TEXTS:
        score = scored.score(layout, name)
        assert score is not None
        assert score.items >= 30
        assert score.exact == score.items, score.failures


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_fact_is_wrong_and_most_are_read(scored: Evaluation, layout: str) -> None:
    for each in scored.scores:
        if each.layout == layout:
            assert each.wrong == 0, each.failures
    for name in COUNTS:
        score = scored.score(layout, name)
        assert score is not None
        assert score.correct >= 0.8 * score.labelled, score.failures


@pytest.mark.parametrize("lead", LEADS)
@pytest.mark.parametrize("style", HEADINGS)
def test_headings_of_every_style(style: str, lead: str) -> None:
    texts: list[dict[str, Any]] = [text for batch in BATCHES for text in json.loads(batch.read_text(encoding="utf-8"))]
    banner, headline, brief = LEADS[lead]
    for text in texts:
        markup = banner + headline.format(escape(text["headline"]))
        if text["brief"]:
            markup += f"{brief}<p>{escape(text['brief'])}</p>"
        for section in text["sections"]:
            markup += HEADINGS[style].format(escape(section["heading"]))
            markup += "".join(f"<p>{escape(line)}</p>" for line in section["text"].split("\n"))
        found = summary(markup)
        assert (found.headline, found.brief or None) == (text["headline"], text["brief"])
        assert [(s.heading, s.text) for s in found.sections] == [(s["heading"], s["text"]) for s in text["sections"]]
