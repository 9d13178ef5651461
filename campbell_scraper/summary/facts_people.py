"""How many people took part in all the studies together."""

# ruff: noqa: E501  (a rule reads best whole)

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campbell_scraper.summary.facts_grammar import (
    NX,
    SCOPE,
    STUDY_NOUN,
    Candidate,
    N,
    Sentence,
    count_of,
    last_count,
    pattern,
    precision_of,
)

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

_WORD: Final = (
    r"(?:(?!(?:of|in|on|for|the|that|which|were|was|are|is|to|from|with|by|at|per|years?|months?|weeks?|studies|study|"
    r"trials?|countries|schools|sites|classes|households|families|communities|villages|effect|outcomes?|interventions?|programmes?|programs?|reports?|papers)\b)"
    r"[a-z][a-z'/-]*,?\s)"
)
_PERSON: Final = (
    r"(?:participants|people|persons|individuals|children|students|pupils|parents|mothers|fathers|women|men|youths?|"
    r"adolescents|adults|patients|survivors|offenders|prisoners|inmates|juveniles|girls|boys|learners|teachers|"
    r"caregivers|carers|respondents|subjects|infants|babies|residents|workers|employees|clients|victims|toddlers|"
    r"preschoolers|teenagers|teens|veterans|refugees|migrants|immigrants|farmers|users|smokers|drinkers|perpetrators|"
    r"defendants|probationers|parolees|detainees|nurses|physicians|officers|practitioners|trainees|jobseekers|"
    r"job seekers|beneficiaries|recipients|citizens|couples|parent-child dyads|elderly|consumers|readers|"
    r"kindergart[a-z]+|undergraduates|graduates|volunteers|members|claimants|complainants|homeless people|youngsters)\b"
    # A person, not what is done for them: "three youth programmes".
    r"(?!(?:'s?)?\s(?:programmes?|programs?|mentoring|interventions?|services|courts?|groups?|outcomes?|behaviou?rs?|offending|crime|"
    r"violence|training|development|employment|education|support|care|work|health|schools?|centres?|homes?|gangs?|skills|"
    r"treatments?|achievement|well-?being|projects?|schemes?|policies|clubs?|surveys?|studies|trials|reports?)\b)"
)
_TOTALLED: Final = (
    r"(?:an? (?:overall |combined |grand |joint )?total (?:sample )?(?:size )?of|an? (?:combined|overall|total|pooled|aggregate) (?:sample|population)(?: size)? of|"
    r"altogether|in total,?|a sample of|totall?ing|data (?:from|on)|outcomes for|information on|the participation of)"
)
_OF_STUDIES: Final = pattern(
    rf"{STUDY_NOUN}[^.;:]{{0,70}}?,?\s(?:\(with|\(|with|involving|covering|including|comprising|from|of|on|enrolling|representing|reporting on|"
    rf"(?:which|that)\s(?:together |altogether |in total )?(?:involv|includ|cover|enrol|compris|report)\w*|and|totall?ing|reaching|encompassing|containing|using data on|analysing)"
    rf"(?:\s(?:{_TOTALLED}\s)?(?:data (?:from|on)\s)?|(?<=\()(?:n ?= ?)?){N}\s{_WORD}{{0,4}}?{_PERSON}"
)
_IN_TOTAL: Final = pattern(
    rf"\b(?:total of|total sample of|total sample size of|combined sample of|total population of|altogether,?|in total,?|overall,? the studies (?:included|involved)|"
    rf"in all,?)\s{N}\s{_WORD}{{0,4}}?{_PERSON}|"
    rf"\b(?:total|overall|combined) (?:number of participants|sample(?: size)?)\s(?:in (?:the|these|all)(?:\s{NX})?[a-z ]{{0,40}}\s)?(?:was|is|of|were|included|comprised|consisted of)\s"
    rf"(?P<n2>{NX})\b(?!\s(?:studies|trials|schools|families|households))"
)
_STUDIES_DID: Final = pattern(
    rf"\b(?:the|these|all|included|eligible|{NX})\s(?:included\s)?(?:studies|trials|rcts)\s(?:included in (?:the|this) review\s)?(?:together |altogether |in total |collectively )?"
    rf"(?:involved|included|covered|enrolled|comprised|reported on|examined data (?:from|on)|had|have|involve|include|cover)\s"
    rf"(?:{_TOTALLED}\s){N}\s{_WORD}{{0,4}}?{_PERSON}"
)
_RANGE: Final = pattern(
    rf"\b(?:between|to|average(?:d)?(?: of)?|mean(?: of)?|median(?: of)?|minimum(?: of)?|maximum(?: of)?|fewer than|less than|"
    rf"up to|ranged|ranging|only|per|each|(?:between|from)\s{NX}\s(?:and|to))\s$"
)
_PART: Final = pattern(
    r"\b(?:one (?:study|trial|of)|each (?:study|trial)|per (?:study|trial)|(?:intervention|treatment|control|comparison|experimental) groups?|sample sizes|"
    r"ranged|ranging|on average|average|median|most (?:of the )?(?:studies|trials)|largest|smallest|some (?:of the )?(?:studies|trials)|"
    r"worldwide|globally|each year|every year|annually|the world)\b"
)


_PART_WORDS: Final = frozenset(
    [
        "one",
        "each",
        "per",
        "group",
        "groups",
        "sizes",
        "ranged",
        "ranging",
        "average",
        "median",
        "most",
        "largest",
        "smallest",
        "some",
        "worldwide",
        "globally",
        "every",
        "annually",
        "world",
    ]
)
"""Every match of ``_PART`` has one of them."""
_PART_OF_THEM: Final = pattern(
    rf"{NX}\sof (?:the|these|which|them)\b|\bof (?:which|these|them)\b|\bincluding {NX}\b(?! (?:total|{_WORD}*{_PERSON}))"
)
_FOR_SOME: Final = pattern(r"^(?:for|in|among|within|across) (?!total|all\b|this|the (?:\w+ )?(?:review|map)|addition)")
_OTHER_END: Final = pattern(rf"^\s?(?:to|-|or|and)\s{NX}\s{_WORD}{{0,3}}?{_PERSON}")
_MORE_PEOPLE: Final = pattern(rf"^\s(?:and|plus)\s(?:over |about |more than )?{NX}\s{_WORD}{{0,3}}?{_PERSON}")
"""1,000 children and 400 parents: neither is the total."""
_TOTAL_OF: Final = frozenset(
    [
        "studies",
        "study",
        "trials",
        "trial",
        "rcts",
        "rct",
        "experiments",
        "evaluations",
        "total",
        "altogether",
        "overall",
        "all",
        "combined",
    ]
)
"""Every match of a rule has one of them."""
_BIG: Final = pattern(r"N\d{2,}N\b")
_FEWEST: Final = 10
"""Smaller numbers of people are those of one study."""


def participant_candidates(sentence: Sentence, studies: int | None) -> Iterator[Candidate]:
    """Give the total of participants ``sentence`` states; ``studies`` is the number of included studies, if known.

    A number of people counts only beside the number of all included studies, or where the text calls it the total.
    """
    if sentence.kind not in SCOPE or _TOTAL_OF.isdisjoint(sentence.words) or not sentence.starts:
        return
    text = sentence.counted
    if not _BIG.search(text) or sentence.is_of_other_work:
        return
    if not _PART_WORDS.isdisjoint(sentence.words) and _PART.search(sentence.counted):
        return
    for match in _OF_STUDIES.finditer(text):
        # The last count of studies before the people must be that of all: not "81 studies, including 44 with …".
        head = text[: match.start("n")]
        if studies is not None and last_count(head) == studies and not _PART_OF_THEM.search(head):
            yield from _make(match, sentence, "n", studies)
    if _FOR_SOME.match(text):
        return
    for rule in (_STUDIES_DID, _IN_TOTAL):
        for match in rule.finditer(text):
            group = "n" if match["n"] else "n2"
            if last_count(text) in (None, studies):
                yield from _make(match, sentence, group, studies or 0)


def _make(match: re.Match[str], sentence: Sentence, group: str, studies: int) -> Iterator[Candidate]:
    start = match.start("q") if group == "n" and match["q"] else match.start(group)
    if _RANGE.search(sentence.counted[max(0, start - 40) : start]):
        return
    if _OTHER_END.match(sentence.counted[match.end(group) :]) or _MORE_PEOPLE.match(sentence.counted[match.end() :]):
        return
    number = count_of(match, group)
    if number is None or number < max(_FEWEST, studies):
        return
    yield Candidate(
        "participants",
        str(number),
        sentence,
        number,
        precision_of(match) if group == "n" else "exact",
        1 if group == "n" else 2,
    )
