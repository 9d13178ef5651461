"""How many people took part in all the studies together."""

# ruff: noqa: E501  (a rule reads best whole)

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campbell_scraper.summary.facts_grammar import (
    ADJ,
    BRACKETS,
    NOUN,
    NUMBER,
    NX,
    SCOPE,
    STUDY,
    Candidate,
    N,
    Sentence,
    count_of,
    counted,
    last_count,
    need,
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
_PERSONS: Final = (
    "participants people persons individuals children students pupils parents mothers fathers women men youth youths "
    "adolescents adults patients survivors offenders prisoners inmates juveniles girls boys learners teachers "
    "caregivers carers respondents subjects infants babies residents workers employees clients victims toddlers "
    "preschoolers teenagers teens veterans refugees migrants immigrants farmers users smokers drinkers perpetrators "
    "defendants probationers parolees detainees nurses physicians officers practitioners trainees jobseekers seekers "
    "beneficiaries recipients citizens couples dyads elderly consumers readers kindergartners kindergarteners "
    "undergraduates graduates volunteers members claimants complainants youngsters schoolchildren grandparents"
)
_NAMES_PERSONS: Final = need(f"{_PERSONS} sample number n")
"""A total of people has one of them."""
_PERSON: Final = (
    rf"(?:[a-z]+-)?(?:{_PERSONS.replace(' ', '|')})\b"
    # A person, not what is done for them: "three youth programmes".
    r"(?!(?:'s?)?\s(?:programmes?|programs?|mentoring|interventions?|services|courts?|groups?|outcomes?|behaviou?rs?|offending|crime|"
    r"violence|training|development|employment|education|support|care|work|health|schools?|centres?|homes?|gangs?|skills|"
    r"treatments?|achievement|well-?being|projects?|schemes?|policies|clubs?|surveys?|studies|trials|reports?)\b)"
)
_TOTALLED: Final = (
    r"(?:an? (?:overall |combined |grand |joint )?total (?:sample )?(?:size )?of|an? (?:combined|overall|total|pooled|aggregate) (?:sample|population)(?: size)? of|"
    r"altogether|in total,?|a sample of|totall?ing|data (?:from|on)|outcomes for|information on|the participation of)"
)
_PEOPLE: Final = pattern(rf"{N}\s{_WORD}{{0,4}}?{_PERSON}")
_HAD: Final = (
    r"(?:involved?|included?|covere?d?|cover|enrol(?:led|l)?|comprised?|contain(?:ed)?|reported on|reported data (?:from|on|for)|ha[ds]|have|randomi[sz]ed?|"
    r"recruit(?:ed)?|reach(?:ed)?|represent(?:ed)?|follow(?:ed)?(?: up)?|stud(?:ied|y)|test(?:ed)?|survey(?:ed)?|drew on|draw on|examined? (?:data (?:from|on))?|"
    r"assess(?:ed)?|evaluated?|provided? data (?:from|on|for)|gave data (?:from|on|for)|analy[sz]ed?|collected data (?:from|on)|allocated|assigned|tracked|number(?:ed)?|total(?:led)?)"
)
"""What studies do to the people in them."""
_TOGETHER: Final = r"(?:(?:together|altogether|in total|in all|between them|collectively),?\s)?"
_OF_STUDIES: Final = pattern(
    r"(?:(?:(?!N\d+N (?:with|were|was|had|did|of (?:these|them|which)|compared|followed|used|included|covered)\b|(?<!study, )\b(?:an?|one|another) (?:[a-z-]+ )?(?:trial|study)\b)[^.;:]){0,90}?,?\s(?:\(with|\(|with|among|involving|covering|including|comprising|from|of|on|enrolling|following|studying|testing|surveying|assessing|tracking|randomising|recruiting|representing|reporting on|in which|"
    rf"(?:which|that)\s{_TOGETHER}(?:involv|includ|cover|enrol|compris|report|recruit|randomi|analys)\w*|and|totall?ing|encompassing|containing|using data on|analysing|evaluating|examining)|"
    # The studies themselves do something, and no other count stands between.
    rf"(?:(?!{NX})[^.;:]){{0,90}}?(?:\b(?:which|that)|(?<!,) and) {_TOGETHER}{_HAD}|"
    rf"(?: in (?:this|the) (?:\w+ )?review)?,? {_TOGETHER}{_HAD})"
    rf"(?:\s(?:with )?(?:{_TOTALLED}\s)?(?:data (?:from|on|for)\s|results for\s)?|(?<=\()(?:n ?= ?)?)$"
)
"""What leads from the studies to the people in them."""
_TOTAL_BEFORE: Final = pattern(
    rf"\bin (?:total|all),? [a-z ]{{0,30}}{_HAD}\s$|\bbetween them,? [a-z ]{{0,30}}{_HAD}\s$|"
    r"\b(?:total of|total sample (?:was|is|of|included|comprised)|total sample size (?:was|is|of)|combined (?:total|sample|sample size) of|total population of|samples (?:added up to|add up to|totalled|comprised)|(?:total|overall|combined) number of (?:participants|people)[a-z ]{0,40} (?:was|is|comes to)|altogether,?|in total,?|overall,? the studies (?:included|involved)|in all,?|"
    r"(?:in total|overall|together|in all|all together),? (?:these|the|they)[a-z ]{0,30} (?:included|involved|ha[dv]e?|covered|enrolled|randomi[sz]ed))\s$"
)
_TOTAL_AFTER: Final = pattern(
    r"^(?:\s(?:taking part|overall))?,?\s(?:in total|altogether|in all|overall|between them|combined)\b"
)
_SAMPLE_IS: Final = pattern(
    rf"\b(?:(?:total|overall|combined|pooled|aggregate) (?:number of (?:study )?{_PERSON}|sample(?: size)?|population)\s(?:(?:in|across|of|for) (?:the|these|all|this)(?:\s{NX})?[a-z ]{{0,40}}\s)?|"
    rf"\bnumber of (?:study )?{_PERSON}\s(?:included )?(?:in|across) (?:all|the|these)(?: of the| the| these)?(?: {NX})? (?:included )?(?:studies|trials)(?: (?:combined|together|taken together))? )"
    rf"(?:was|is|of|were|included|comprised|consisted of|amounts? to|amounted to|came to|comes to|stood at|totalled|reached|exceeded|exceeds|adds? up to|added up to)\s"
    rf"{N}\b(?!\s(?:studies|trials|schools|families|households))"
)
_THEY_HAD: Final = pattern(
    r"^they (?:were|came|took place)\s[^.;:]{3,140}\sand\s(?:involved|included|covered|enrolled|recruited)\s$|"
    r"(?:^|[,;]\s)(?:they|these|together,? (?:they|these|the)(?: [a-z]+)?|altogether,? the|(?:in total,? )?(?:the|these|all)(?: of the)?|^) ?(?:N\d+N )?(?:included )?(?:(?:studies|trials|rcts|evaluations)(?:, (?:which|that|all|published|conducted)\b[^.;:]{3,70},)? )?(?:included |in (?:this|the) review )?(?:in (?:this|the) review )?(?:together |altogether |in total |collectively )?"
    rf"(?:between them,? |collectively )?{_HAD}\s(?:data (?:from|on|for)\s)?$"
)
"""The studies included: the people come next."""
_THEIR_PARTICIPANTS: Final = pattern(
    r"^(?:the |their |all )?(?:participants|samples?|study populations?)(?: in (?:the|these|all(?: the)?|these) (?:included )?(?:studies|trials))? (?:were|totall?ed|numbered|comprised|amounted to|added up to) (?:a total of )?$"
)
_PARTICIPANTS_WERE: Final = pattern(
    r"^(?:the )?(?:participants|samples?|study populations?) (?:in|of) [^.;:,]{3,60} (?:were|was|comprised|included|totalled) $"
)
_IN_BRACKETS: Final = pattern(rf"(?<=\()(?:total )?n ?= ?{N}(?=\))")
_STUDY_ENDS: Final = ("studies (", "trials (", "rcts (", "evaluations (", "experiments (")
_ACROSS_ALL: Final = pattern(
    rf"^(?:together |altogether |overall,? )?(?:in|across|among|over|within) (?:all |all of )?(?:the|these|our|all) (?:(?P<n>{NX}) )?(?:included |eligible )?(?:studies|trials|evaluations|rcts)(?: (?:combined|together|taken together|in (?:this|the) review))?,? "
    r"(?:there (?:were|are|was|is)|we (?:had|have)|(?:data|information|results) (?:were|are) (?:available |reported |collected |gathered )*(?:for|from|on)) (?:data (?:from|on) )?(?:a total of |altogether |in total )?$"
)
_TOOK_PART: Final = pattern(
    r"^\s(?:(?:who|that)\s)?(?:took part|participated|were involved|were enrolled|were included|were randomi[sz]ed|were recruited)\s(?:in|into|across)\s(?:the|these|all)\s(?:of the\s)?(?:N\d+N\s)?(?:[a-z]+\s){0,2}?(?:studies|trials|experiments|evaluations|rcts)\b"
)
_IN_ALL_STUDIES: Final = pattern(
    rf"^(?! (?:and|or|to)\b)[^.;:,()]{{0,70}}? (?:in|across|from) (?:all (?:of )?(?:the|these) |all |the |these )(?:(?P<n>{NX}) )?(?:included |eligible )?(?:studies|trials|rcts|evaluations)"
    r"(?=[.;,)]|$| (?:combined|together|altogether|included|reviewed|in (?:this|the) (?:\w+ )?review)\b)"
)
_IN_PLACES_OF: Final = pattern(
    r"\b(?:schools|classes|classrooms|communities|villages|sites|clinics|prisons|units|programmes|programs|groups|centres|homes) (?:with|of|serving|reaching|for) $"
)
_FEW_OF: Final = pattern(
    r"\b(?:none|no|any|smaller|larger|bigger|except|one|those|only|every|had to|must|at least one|aimed|eligible)\b|\b(?:studies|trials) (?:with|of) (?:fewer|less|more) than\b"
)
_BARE_COUNT: Final = pattern(rf"^(?:[a-z ]{{0,12}},?\s)?(?P<n>{NX})\s(?:were|are)\s(?:finally\s)?included\b")
_WITH: Final = pattern(
    r"(?: in (?:this|the) (?:\w+ )?review)?,? (?:with|involving|covering|including|enrolling) (?:data (?:from|on) )?$"
)
_IN_STUDIES: Final = pattern(
    rf"^ (?:(?:who )?(?:took part|participated|aged [a-z0-9 ]{{1,20}}|were involved|were enrolled) )?(?:in|across|from) (?:(?:the|all|these|all of the|a total of) )?(?P<n>{NX}) {STUDY}"
)
_STUDY_COUNT: Final = pattern(rf"(?P<n>{NX})\s{ADJ}{NOUN}")
_RANGE: Final = pattern(
    rf"\b(?:between|(?<!added up )to|average(?:d)?(?: of)?|mean(?: of)?|median(?: of)?|minimum(?: of)?|maximum(?: of)?|fewer than|less than|"
    rf"(?<!added )up to|ranged|ranging|only|per|each|(?:between|from)\s{NX}\s(?:and|to))\s$"
)
_PART: Final = pattern(
    r"\b(?:one (?:study|trial|of)|each (?:study|trial)|per (?:study|trial)|(?:intervention|treatment|control|comparison|experimental) groups?|sample sizes|"
    r"ranged|ranging|on average|average|median|most (?:of the )?(?:studies|trials)|(?:largest|smallest)(?! effects?)|some (?:of the )?(?:studies|trials)|"
    r"worldwide|globally|each year|every year|annually|the world)\b"
)


_PART_WORDS: Final = need(
    "one each per group groups sizes ranged ranging average median most largest smallest some worldwide "
    "globally every annually world"
)
"""Every match of ``_PART`` has one of them."""
_PART_OF_THEM: Final = pattern(
    rf"{NX}\sof (?:the|these|which|them)\b|(?<!all )(?<!both )\bof (?:which|these|them)\b|\bincluding {NX}\b(?! (?:total|{_WORD}*{_PERSON}))"
)
_FOR_SOME: Final = pattern(r"^(?:for|in|among|within|across) (?!total|all\b|this|the (?:\w+ )?(?:review|map)|addition)")
_OTHER_END: Final = pattern(rf"^\s?(?:to|-|or|and)\s{NX}\s{_WORD}{{0,3}}?{_PERSON}")
_SECOND_PEOPLE: Final = pattern(
    rf"{NX}\s(?:{_WORD}{{0,4}}?{_PERSON}[a-z ]{{0,40}} |(?:(?![a-z-]*s\s)[a-z-]+\s){{1,3}}?)(?:and|plus) (?:their |the )?(?:over |about |more than )?$"
)
_MORE_PEOPLE: Final = pattern(
    rf"^\s(?:and|plus)\s(?:their |the )?(?:over |about |more than )?{NX}\s{_WORD}{{0,3}}?{_PERSON}"
)
"""1,000 children and 400 parents: neither is the total."""
_TOTAL_OF: Final = need(
    "studies study trials trial rcts rct experiments evaluations total altogether overall all combined "
    "together they these included participants sample"
)
"""Every statement of a total has one of them."""
_BIG: Final = pattern(r"N\d{2,}N\b")
_RESIDENTS: Final = pattern(
    r"^\s(?:who |that )?(?:living|live|lived) in (?:the|these|those|[a-z]+) (?:areas|communities|villages|regions|cities|neighbou?rhoods|districts|countries)\b"
)
"""Those who live where a programme is, and not those studied."""
_MANY_EACH: Final = 100
_FEWEST: Final = 10
"""Smaller numbers of people are those of one study."""


def participant_candidates(sentence: Sentence, studies: int | None) -> Iterator[Candidate]:
    """Give the total of participants ``sentence`` states; ``studies`` is the number of included studies, if known.

    A number of people counts only beside the number of all included studies, where the text calls it the total, or where
    it says it of "the studies" as such.
    """
    bits = sentence.bits
    if (
        not bits & NUMBER
        or not bits & _NAMES_PERSONS
        or not bits & _TOTAL_OF
        or sentence.kind not in SCOPE
        or not sentence.starts
    ):
        return
    text = sentence.counted
    if not _BIG.search(text) or sentence.is_of_other_work:
        return
    people = _people_in(sentence, studies)
    if people:
        counts = [match for match in _STUDY_COUNT.finditer(text) if count_of(match) is not None]
        for match in people:
            if (tier := _tier(match, sentence, studies, counts, alone=len(people) == 1)) is not None:
                yield from _make(match, sentence, studies or 0, tier)
    elif not _FOR_SOME.match(text) and not (bits & _PART_WORDS and _PART.search(text)):
        for match in _SAMPLE_IS.finditer(text):
            if last_count(text) in (None, studies):
                yield from _make(match, sentence, studies or 0, 2)


def _people_in(sentence: Sentence, studies: int | None) -> list[re.Match[str]]:
    """Give the numbers of people that may be all; not those of one group or study, and not those that add up to another."""
    text = sentence.counted
    people = [match for start in sentence.starts if (match := _PEOPLE.match(text, start))]
    if _is_sum(people):
        text = text[: people[0].end()]
        people = people[:1]
    if sentence.bits & _PART_WORDS and _PART.search(text):
        return [match for match in people if not _PART.search(_clause_of(match, text))]
    if not people and "(n" in sentence.low:
        return [match for match in _IN_BRACKETS.finditer(text) if _is_sample_size(match, text, studies)]
    return people


def _clause_of(match: re.Match[str], text: str) -> str:
    """Give what a sentence says around a number of people, without other clauses and other brackets."""
    start = max(text.rfind(sign, 0, match.start()) for sign in ";:") + 1
    end = text.find(";", match.end())
    clause = text[start : end if end > 0 else len(text)]
    return clause if "(" in text[start : match.start()] else BRACKETS.sub("", clause)


def _is_sample_size(match: re.Match[str], text: str, studies: int | None) -> bool:
    """Tell whether "(n = 3,045)" behind the count of all studies gives their participants."""
    before = last_count(text[: match.start()])
    return studies is not None and before == studies and text[: match.start()].endswith(_STUDY_ENDS)


def _tier(
    match: re.Match[str], sentence: Sentence, studies: int | None, counts: list[re.Match[str]], *, alone: bool
) -> int | None:
    """Tell how surely a number of people is that of all studies; None if it may be that of some."""
    text = sentence.counted
    start = match.start("q") if match["q"] else match.start("n")
    head, rest = text[:start], text[match.end() :]
    if _IN_PLACES_OF.search(head) or _SECOND_PEOPLE.search(head):
        return None
    values = {count_of(count) for count in counts}
    of_these_only = values <= {studies}
    if _follows_count(text, start, studies, counts) or (alone and _is_in_all_studies(sentence, head, rest, studies)):
        return 1
    if _FOR_SOME.match(text) or not (of_these_only or _adds_up(counts, studies)):
        return None
    if _TOTAL_BEFORE.search(head) or _TOTAL_AFTER.match(rest) or _TOOK_PART.match(rest):
        return 1
    if alone and of_these_only and not _FEW_OF.search(text) and not _PART_OF_THEM.search(text):
        told = studies is not None and (studies in values or _told_before(sentence) == studies)
        if _they_had(match, head, studies, told=told) or (
            studies is not None and _beside(match, sentence, studies, values)
        ):
            return 2
    return None


def _told_before(sentence: Sentence) -> int | None:
    """Give the count of studies the sentence before ends with."""
    return last_count(BRACKETS.sub("", counted(sentence.previous)))


def _is_in_all_studies(sentence: Sentence, head: str, rest: str, studies: int | None) -> bool:
    """Tell whether the people are said to be in "the studies", or in as many as there are: "across these 14 studies, …"."""
    within = _ACROSS_ALL.match(head) or _IN_ALL_STUDIES.match(rest)
    if within is None or _FEW_OF.search(head):
        return False
    if within["n"] is not None:
        return count_of(within) == studies
    return _told_before(sentence) in (None, studies)


def _follows_count(text: str, start: int, studies: int | None, counts: list[re.Match[str]]) -> bool:
    """Tell whether the people at ``start`` are said of the last count of studies before them, and that is of all.

    Not so in "81 studies, including 44 with …".
    """
    before = [count for count in counts if count.end() <= start]
    return (
        studies is not None
        and bool(before)
        and count_of(before[-1]) == studies
        and not _PART_OF_THEM.search(BRACKETS.sub("", text[:start]))
        and _OF_STUDIES.match(BRACKETS.sub("", text[before[-1].end() : start])) is not None
    )


def _they_had(match: re.Match[str], head: str, studies: int | None, *, told: bool) -> bool:
    """Tell whether "the studies", or "they" where the count of all was just ``told``, had these people."""
    if not _THEY_HAD.search(head):
        return False
    if told or "they" in head or "these" in head:
        return told
    # "The studies had over 100 pupils" may be said of each; not so of thousands.
    return match["q"] is None or (studies is not None and (count_of(match) or 0) >= _MANY_EACH * studies)


def _beside(match: re.Match[str], sentence: Sentence, studies: int, values: set[int | None]) -> bool:
    """Tell whether the people stand beside the count of all studies: "2,310 adults in 19 studies"."""
    text = sentence.counted
    start = match.start("q") if match["q"] else match.start("n")
    if not values and _THEIR_PARTICIPANTS.match(text[:start]):
        return _told_before(sentence) in (None, studies)
    if studies in values and _PARTICIPANTS_WERE.search(text[:start]):
        return True
    if (behind := _IN_STUDIES.match(text[match.end() :])) and count_of(behind) == studies:
        return True
    bare = _BARE_COUNT.match(text)
    return bool(bare and count_of(bare) == studies and _WITH.match(text, bare.end(), start))


def _adds_up(counts: list[re.Match[str]], studies: int | None) -> bool:
    """Tell whether the first count is of all studies, and the others are its parts."""
    first, *parts = (count_of(count) for count in counts)
    return first == studies and sum(part or 0 for part in parts) == studies


def _is_sum(people: list[re.Match[str]]) -> bool:
    """Tell whether the first number of people is that of the others together: "219 children: 116 in …, 103 in …"."""
    first, *parts = (count_of(match) or 0 for match in people) if people else (0,)
    return len(parts) > 1 and first == sum(parts)


def _make(match: re.Match[str], sentence: Sentence, studies: int, tier: int) -> Iterator[Candidate]:
    qualified = "q" in match.re.groupindex
    start = match.start("q") if qualified and match["q"] else match.start("n")
    if _RANGE.search(sentence.counted[max(0, start - 40) : start]):
        return
    if _RESIDENTS.match(sentence.counted[match.end() :]):
        return
    if _OTHER_END.match(sentence.counted[match.end("n") :]) or _MORE_PEOPLE.match(sentence.counted[match.end() :]):
        return
    number = count_of(match)
    if number is None or number < max(_FEWEST, studies):
        return
    precision = precision_of(match) if qualified else "exact"
    yield Candidate("participants", str(number), sentence, number, precision, tier)
