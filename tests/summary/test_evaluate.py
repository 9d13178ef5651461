"""The evaluation: gold texts through the real page objects, scored with intervals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from campbell_scraper.errors import UsageError
from campbell_scraper.faces.cli.evaluate_command import read_gold
from campbell_scraper.reading.scoring import LAYOUTS, Evaluation, evaluate_gold, render_markdown, render_text, wilson

OWN = Path(__file__).parents[1] / "fixtures" / "gold"
TEXTS = ("headline", "brief", "headings", "section texts")
COUNTS = ("studies_included", "studies_identified", "studies_analysed", "participants", "search_date")


def assert_exact(evaluation: Evaluation) -> None:
    for score in evaluation.scores:
        assert score.wrong == 0, (score.layout, score.name, score.failures)
        if score.name in TEXTS or score.name not in (*COUNTS, "study_designs", "countries", "publication_window"):
            assert score.exact == score.items, (score.layout, score.name, score.failures)
        if score.name in COUNTS:
            assert score.correct >= 0.8 * score.labelled, (score.layout, score.name, score.failures)
    assert {score.layout for score in evaluation.scores} == set(LAYOUTS)


def test_own_gold_is_exact() -> None:
    assert_exact(evaluate_gold(*read_gold(OWN)))


def test_shared_gold_is_exact(shared: Path) -> None:
    assert_exact(evaluate_gold(*read_gold(shared / "gold")))


def test_a_wrong_label_is_a_listed_failure(tmp_path: Path) -> None:
    text = json.loads((OWN / "summary-seed.json").read_text(encoding="utf-8"))
    text["gold"]["n_studies"] = 9
    text["gold"]["participants"] = None
    text["sections"][0]["text"] += "  "
    (tmp_path / "summary.json").write_text(json.dumps(text), encoding="utf-8")
    found = evaluate_gold(*read_gold(tmp_path / "summary.json"))
    studies = found.score("k2", "studies_included")
    assert studies is not None
    assert (studies.labelled, studies.extracted, studies.correct, studies.exact) == (1, 1, 0, 0)
    participants = found.score("wordpress", "participants")
    assert participants is not None
    assert (participants.labelled, participants.extracted, participants.wrong) == (0, 1, 1)
    sections = found.score("k2", "section texts")
    assert sections is not None
    assert (sections.items - sections.exact, sections.labelled - sections.correct) == (1, 1)
    printed = render_text(found)
    assert "k2 studies_included, summary.json: not read: 9; wrongly read: 8" in printed
    assert "| k2 | studies_included | 1 | 1 | 1 | 1 | 0% (0%–79%) |" in render_markdown(found)


def test_wilson_interval_against_published_values() -> None:
    # Newcombe (1998), Statistics in Medicine 17:857, table I: 81/263 and 0/20.
    assert [round(x, 4) for x in wilson(81, 263) or ()][1:] == [0.2553, 0.3662]
    assert [round(x, 4) for x in wilson(0, 20) or ()] == [0.0, 0.0, 0.1611]
    assert wilson(0, 0) is None


DEEP = "[" * 100_000


@pytest.mark.parametrize("content", ["{", "[1]", '{"text": "x"}', '{"sections": [{"heading": 1}]}', DEEP], ids=range(5))
def test_what_is_no_gold_is_refused_in_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="is not a gold"):
        evaluate_gold(*read_gold(tmp_path))


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no gold text"):
        evaluate_gold(*read_gold(tmp_path))
    with pytest.raises(UsageError, match="does not exist"):
        evaluate_gold(*read_gold(tmp_path / "none"))
