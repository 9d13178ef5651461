"""The table of rules is its own test: each reads its one sentence as it says, and not the other."""

from __future__ import annotations

from html import escape

import pytest

from campbell_scraper.reading.facts.conditions import CONDITIONS, REGIONS
from campbell_scraper.reading.facts.fact_engine import FACTS, RULES, candidates_in, texts_of
from campbell_scraper.reading.facts.matching import needed
from campbell_scraper.reading.facts.rule import Rule
from campbell_scraper.reading.facts.signs import SIGNS
from tests.summary.markup import summary


def read_by(rule: Rule, text: str) -> set[str]:
    """Return the values that ``rule`` reads in a text, with their counts ("Chile", "Chile:3")."""
    in_place = not rule.places & {"included_studies", "*"}
    heading = "How up-to-date is this review?" if in_place else "What studies are included?"
    page = summary(f"<h2>Radios work</h2><h3>{heading}</h3><p>{escape(text)}</p>")
    found = [candidate for candidate in candidates_in(texts_of(page)) if candidate.rule is rule]
    return {candidate.value for candidate in found} | {f"{candidate.value}:{candidate.number}" for candidate in found}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_reads_one_text_and_not_the_other(rule: Rule) -> None:
    assert rule.reads
    assert rule.value
    assert rule.rejects
    assert rule.value in read_by(rule, rule.reads)
    assert read_by(rule, rule.rejects) == set()


def test_names_are_unique_and_known() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert {rule.fact for rule in RULES} == set(FACTS)
    used = {name for rule in RULES for name in (*rule.unless, *rule.given)}
    assert used <= CONDITIONS.keys()
    assert SIGNS.keys() - {"of other work"} <= used
    assert {sign.where for sign in SIGNS.values()} == set(REGIONS)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (r"\bstud(?:y|ies) is", [{"^stud"}, {"y", "ies"}, {"^is"}]),
        (r"(?:found|located by) N\d+N\b", [{"^found", "^located"}, {"N"}]),
        (r"a (?=b)(?!never)(?:red|blue){0,3}trials?", [{"^a"}]),
        (r"(?:one|)", []),
    ],
)
def test_the_words_without_which_a_pattern_cannot_match(source: str, words: list[set[str]]) -> None:
    assert needed(source) == words
