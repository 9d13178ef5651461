"""Headings matched loosely, stored verbatim."""

# ruff: noqa: E501  (a page reads best on one line)

from __future__ import annotations

import pytest

from campbell_scraper.reading.summary.heading_kinds import (
    KINDS,
    banner_prefix,
    is_banner,
    is_brief_heading,
    is_question,
    kind_of,
)

WORDINGS = {
    "about": [
        "What is this review about?", "What is the review about?", "What did the review study?",
        "What Is This Review/Map About?", "WHAT IS THIS MAP ABOUT", "What is this evidence and gap map (EGM) about?",
        "¿De qué trata esta revisión?", "Hva handler denne oversikten om?", "ما موضوع هذه المراجعة؟",
        "这篇综述是关于什么的？", "What\u00a0is\u00a0this review about ?",
    ],
    "aim": ["What is the aim of this review?", "What are the aims of this study?", "¿Cuál es el objetivo de esta revisión?",
            "Hva er målet med oversikten?"],
    "included_studies": ["What studies are included?", "What studies are included in this review?", "Which studies were included?",
                         "¿Qué estudios se incluyen?", "Hvilke studier er inkludert?"],
    "main_results": [
        "What are the main results of this review?", "What are the main results in this review?",
        "What were the main findings of the review?", "What are the main findings in this review?", "Review findings",
        "What Are the Main Results?", "What is the main finding of this review?", "What did the review find?",
        "¿Cuáles son los principales hallazgos?", "Hva er hovedfunnene?",
    ],
    "topic_finding": ["Is PIP effective for high-risk populations?", "Are the effects different for different groups?",
                      "What kinds of psychosocial interventions are there?", "Do programmes reduce negative attitudes?"],
    "adverse_effects": ["Does PIP have any adverse effects?", "Are there any adverse effects?", "Does it cause harm?"],
    "quality": ["What was the quality of the evidence?", "What is the quality of the evidence in this review?",
                "How good is the evidence?"],
    "implications": [
        "What do the findings of this review mean?", "What do the findings in this review mean?",
        "What do the findings of the review mean?", "What Do the Findings Mean?", "What do the results mean?",
    ],
    "policy_implications": ["What are the implications of this review for policy makers and decision makers?",
                            "What are the implications of this review for policy‐makers and decision‐makers?"],
    "research_implications": ["What are the research implications of this review?"],
    "up_to_date": ["How up-to-date is this review?", "How up‐to‐date is this review?", "How up‑to‑date is this map?",
                   "How up–to–date is this review", "How up to date is the review?", "¿Qué tan actualizada está esta revisión?"],
    "background": ["Background", "BACKGROUND:", "1. Background"],
    "objectives": ["Objectives", "Objective"],
    "search_methods": ["Search methods", "Search strategy"],
    "selection_criteria": ["Selection criteria"],
    "data_collection": ["Data collection and analysis"],
    "results": ["Results", "Main results"],
    "authors_conclusions": ["Authors' conclusions", "Authors’ conclusions", "Conclusions"],
    "other": ["Cash and its discontents", "Key messages"],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "heading"), [(kind, heading) for kind, many in WORDINGS.items() for heading in many])
def test_kind(kind: str, heading: str) -> None:
    assert kind_of(heading) == kind
    assert kind in KINDS


@pytest.mark.parametrize(
    "line",
    ["PLAIN LANGUAGE SUMMARY", "Plain language summary", "Plain-language summary:", "RESUMEN EN LENGUAJE SENCILLO",
     "Sammendrag på et enkelt språk", "Résumé en langage simple", "The Campbell Collaboration", "EXECUTIVE SUMMARY",
     "User abstract", "ملخص بلغة بسيطة", "通俗语言摘要"],
)  # fmt: skip
def test_banners(line: str) -> None:
    assert is_banner(line)


@pytest.mark.parametrize(
    "line", ["Summary care reduces costs", "Campbell tartans", "School-based summary", "Background"]
)
def test_no_banners(line: str) -> None:
    assert not is_banner(line)


def test_brief_headings() -> None:
    assert is_brief_heading("The review in brief")
    assert is_brief_heading("The Map in Brief:")
    assert not is_brief_heading("Brief interventions for youth")


def test_questions_of_several_scripts() -> None:
    assert all(map(is_question, ["Really?", "有用吗？", "هل هو فعال؟", "“Does it?”", "Ποιος είναι ο στόχος;"]))
    assert not is_question("No; yes;")


def test_a_banner_before_its_headline() -> None:
    assert banner_prefix("Plain language summary: Radios work") == len("Plain language summary: ")
    assert banner_prefix("Radios: they work") == 0


def test_matching_time_is_bounded() -> None:
    kind_of("what are the main " + "results of the " * 400)
    kind_of("does " + "adverse " * 40 + "?")
