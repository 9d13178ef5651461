"""Counts that are of all included studies by their place only: "the 43 studies", "we found 12", "thirty-eight were included"."""

# ruff: noqa: E501  (a rule reads best whole)

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .counts import (
    BY,
    CUT_DOWN,
    INCLUDES,
    PARTIAL_TAIL,
    POTENTIAL,
    RESTRICTED,
    STUDIES,
    STUDIES_NAMED,
    is_contrasted,
    is_second_count,
    is_whole,
    make,
)
from .grammar import NX, REVIEW, STUDY, Candidate, N, Rule, Sentence, count_of, pattern
from .persons import HAD, OF_PERSONS, PERSON, PERSONS

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

_BARE_INCLUDED: Final = Rule(
    rf"^(?:in total,?\s|in all,?\s|overall,?\s|finally,?\s|altogether,?\s|only\s)?{N}\s(?:such (?:studies|trials|evaluations)\s|of (?:these|them|those)\s)?(?:were|are|was|is|could be)\s"
    r"(?:[a-z]+ and\s|finally\s|eventually\s|ultimately\s)?included(?:\sin\s(?:this|the)\s(?:\w+\s){0,2}?(?:review|map))?(?=[.,;]|\s(?:and|with)\b|$)",
    "included",
    at_start=True,
)
"""Thirty-eight were included."""
_NOT_OF_STUDIES: Final = pattern(
    r"\b(?:reports|papers|articles|publications|interventions|programmes|programs|reviews|schools)\b"
)
_REMAINING: Final = Rule(
    rf"^the remaining {N} (?:{STUDY}(?:, (?:with|involving|including|covering) [^.;:,]{{3,60}},)? )?(?:were|are) (?:all )?included(?=[.,;]|$| in (?:this|the) (?:\w+ )?review| and\b)",
    "remaining",
    at_start=True,
)
"""What is left after others were excluded."""
_EXCLUDED: Final = pattern(
    r"\b(?:excluded|removed|discarded|left out|rejected|did not|duplicates?|ineligible|without)\b"
)
_THERE_ARE_OF_THEM: Final = Rule(
    rf"\bthere (?:are|were) {N} (?:of them|of these|in total|altogether|in all)\b", "there"
)
_PEOPLE_IN: Final = Rule(
    rf"(?:[a-z]+ ){{0,2}}{NX}\s(?:[a-z-]+,?\s){{1,4}}?(?:(?:who )?(?P<v>took part|taking part|participated|participating|enrolled)\s)?\(?"
    rf"(?:(?:in|across|(?:drawn )?from)\s|(?<=\())(?:a total of\s)?{N}\s{STUDY}(?P<tail>[^.;:]{{0,40}})",
    STUDIES,
    PERSONS,
    at_number=True,
)
"""3,271 participants in nine trials: all, if the review includes them."""
_INCLUDES_PEOPLE: Final = pattern(
    rf"(?:\b(?:{REVIEW}|we|the authors|the evidence)\s{INCLUDES}\s(?:(?:the )?(?:data|evidence|findings|results|information|experiences?|outcomes|views|responses)\s(?:from|on|for|of)\s)?(?:a total of\s)?)$"
)
_PEOPLE_FIRST: Final = pattern(
    r"^(?:(?:data|evidence|results|findings) (?:from|on) |a total of |in total,? |overall,? )?(?:a total of )?$"
)
_SAMPLE_WAS: Final = pattern(
    r"^the (?:total |overall |combined |final )?sample (?:was|is|comprised|comprises|included|consisted of) (?:a total of )?$"
)
_PEOPLE_WERE: Final = pattern(
    r"\)?,? (?:were|was|are) (?:included|analysed|analyzed|available|summari[sz]ed|synthesi[sz]ed|reviewed)\b"
)
_THE_STUDIES: Final = Rule(
    rf"(?P<n>{NX}) (?:(?:included|eligible|identified|relevant|primary|unique|separate|independent|impact|original|outcome|effect) )*(?:studies|trials|evaluations|experiments|rcts)"
    r"(?=[.,;]|$| \(| (?:in|of) (?:this|the) (?:\w+ ){0,2}?(?:review|map)\b| (?:that |which )?(?:this review|we|the review) (?:includ|cover|review|found|summari|analys|identif)| (?:were|was|are|is|had|have|includ\w+|cover\w*|took|took place|take|came|come|enrol\w+|involved?|randomi[sz]ed|recruited|assess\w*|use[ds]?|"
    r"evaluated?|examined?|analysed|represent\w*|span\w*|compared?|measured?|looked|numbered|totalled|test(?:ed)?|focus(?:ed)?|done|mostly|all|together|altogether)\b)",
    STUDIES,
    "the these our all",
    at_number=True,
)
_DEFINITE_BEFORE: Final = pattern(
    r"(?:^|\b(?:of|in|across|from|for|altogether,?|together,?|among|all|overall,?|in total,?|in all,?|on) )(?:all (?:of )?)?(?:the|these|our|all) $"
)
"""The 43 studies took place in 19 countries: all there are, if nothing sets others beside them."""
_AND_MORE: Final = pattern(rf"\s(?:and|plus)\s(?:the\s)?{NX}")
_NOT_THE_WHOLE: Final = pattern(
    rf"\b(?:(?<!studies we )(?<!trials we )(?<!studies that we )(?<!trials that we )found|identified|located|screened|analysed|analyzed|meta-analys[ei]s|meta-analyses|synthesis|excluded|follow-up|only|remaining|other|these {NX})\b|N\d+N (?!(?:[a-z-]+ ){{0,3}}?{PERSON})[^.;]{{0,60}}\b(?:were|was|met)\b [^.;]{{0,30}}(?:included|eligible|criteria)"
)
_LISTED: Final = Rule(
    rf"^(?:there (?:are|were) (?:a total of )?|a total of |in total,? )?{N} {STUDY}(?:[.,]|$| \([^()]*\)(?:[.,;]|$| with| from| in| of)|,? (?:all |both |each )?(?:with|from|in|involving|covering|of|conducted|published|reported) )",
    STUDIES,
    at_start=True,
)
"""Seven studies with 1,213 participants: no verb says what of them, but the heading asks which studies are included."""
_HEADED: Final = Rule(
    rf"^{N} {STUDY} (?:(?:took place|were (?:conducted|carried out|undertaken|done)) (?:in|across|between)\b|"
    rf"(?:with|involving|including|enrolling) (?:about |over |around |more than )?(?:a total of )?{NX} (?:[a-z-]+ ){{0,3}}?{PERSON}[^.;:,]{{0,60}} (?:compared|examined|evaluated|assessed|looked at|investigated|tested|studied|explored)\b)",
    STUDIES,
    at_start=True,
)
"""What the answer to "What studies are included?" begins with is all there are, if the text goes on about them."""
_GO_ON: Final = ("the studies ", "the trials ", "they ", "these ", "all ")
_ANOTHER: Final = pattern(
    rf"(?P<n>{NX}) (?:{STUDY}|(?:were|was|are|is|of them|of these|others?)\b)|\bothers?\b|\bthe rest\b"
)
_VERB: Final = pattern(
    r"(?<!there )\b(?:is|are|was|were|has|have|had|do|did|does|found|showed?|compared?|examined?|measured?|met|looked|used|assessed|evaluated?|suggests?|focus(?:ed)?|identified|analysed|provided?|took|came|gave|could)\b"
)
_FOUND: Final = Rule(
    rf"\b(?:{BY}|it|(?:(?:the|our|a) (?:[a-z]+ ){{0,3}}?search(?:es)?|searching)(?: for studies)?(?: in {NX})?)\s(?:[a-z]+ly\s)?(?:found|uncovered|identified|"
    rf"located|yielded|resulted in)(?:\sa total of)?(?:\s(?:just|only))?\s{N}\s(?:{STUDY}|(?P<of>of (?:these|them)))(?P<tail>[^.;:]*)",
    "found uncovered identified located yielded resulted",
)
_WERE_FOUND: Final = Rule(
    rf"^(?:a total of |in total,? |overall,? |in all,? |only |just )?{N} {STUDY}(?: (?:of|on|that|which|from|with) [^.;:,]{{3,60}}| \([^()]*\)|, (?:with|including|involving|covering|comprising) [^.;:,]{{3,60}})?,? (?:were|was|could be) (?:found|identified|located)(?P<tail>[^.;:]*)",
    STUDIES,
    "found identified located",
    at_start=True,
)
_MEETING: Final = pattern(
    r"(?:,[^.;:]{1,60},)?\s(?:that|which|who)?\s?(?:met|meets?|meeting|fulfilled|fulfilling|satisfied|satisfying|were eligible|eligible|"
    r"suitable|qualified|(?:can|could) be included|were included|we could include|to include|for inclusion)\b"
)
_CAN_BE_INCLUDED: Final = pattern(r"\b(?:that|which) (?:(?:can|could) be|were) included\b")
_EVALUATING: Final = pattern(
    rf"^,? (?:and|(?:which|that|and they|and these) (?:together |in total )?{HAD}(?: a total of)?) {N} (?:[a-z-]+ ){{0,3}}?{PERSON}|"
    rf"^\s(?:of|on|about|assessing|evaluating|examining|testing) (?!(?:these|those|them|which|high|low|poor|good|moderate)\b)[^.;:,]{{3,80}}$|"
    rf",? of which {NX} (?:were|was|are|is|came|come|took)\b|\s\(|"
    r"(?:\sfrom [^,.;]{2,60})?\s(?:that|which) (?:evaluat|examin|assess|investigat|stud|look|test|meas|compar|explor|address|consider|estimat|describ|focus|dealt)|\spublished (?:between|from|in)\b|\s(?:in total|altogether|in all)\b|,? (?:all|both|each)\b|,? (?:conducted|published|involving|with|from|reported|covering|including|comprising)\b"
)
_ELIGIBLE_NOUN: Final = pattern(
    r"N\d+N (?:[a-z-]+ )?(?:eligible|relevant|qualifying|suitable|includable|independent|separate) "
)

_TOTAL_AT_END: Final = pattern(rf"\b(?:trials|studies|designs|evaluations): {N} in (?:all|total)\b")

UNDERSTOOD: Final = 3
"""Tier of counts nothing says are included, and nothing says are not."""
DEFINITE: Final = 5
"""Tier of "the 43 studies", which only says that a number was told before."""


def implied_candidates(sentence: Sentence) -> Iterator[Candidate]:
    """Yield the counts that ``sentence``, which speaks of all studies of the review, leaves to be understood as theirs."""
    yield from _found(sentence)
    yield from _of_people(sentence)
    yield from _bare(sentence)
    if ": " in sentence.low and (total := _TOTAL_AT_END.search(sentence.counted)):
        yield from make("studies_included", total, sentence, 3)
    if sentence.kind == "included_studies":
        yield from _listed(sentence)
    if sentence.kind != "results":
        yield from _definite(sentence)


def _of_people(sentence: Sentence) -> Iterator[Candidate]:
    """Read the studies behind the people in them: "data from 3,271 participants in nine trials"."""
    for match in _PEOPLE_IN.matches(sentence) if len(sentence.starts) > 1 else ():
        if (
            _is_of_included_people(match)
            and is_whole(match, sentence.counted)
            and not PARTIAL_TAIL.match(match["tail"])
            and not RESTRICTED.search(match[0])
        ):
            yield from make("studies_included", match, sentence, 2)


def _is_of_included_people(match: re.Match[str]) -> bool:
    """Return whether the people a match begins with are what the review includes."""
    head = match.string[: match.start()]
    if _INCLUDES_PEOPLE.search(head):
        return True
    if _SAMPLE_WAS.match(head):
        return not match["tail"]
    if _PEOPLE_FIRST.match(head) is None:
        return False
    if were := _PEOPLE_WERE.match(match["tail"]):
        return PARTIAL_TAIL.match(match["tail"], were.end()) is None and " meta" not in match["tail"]
    return match["v"] is not None and not match["tail"]


def _bare(sentence: Sentence) -> Iterator[Candidate]:
    """Read a number without its noun, if the sentence before is about studies."""
    if match := _BARE_INCLUDED.first(sentence):
        named = sentence.previous
        if " such " in match[0] or (STUDIES_NAMED.search(named) and not _NOT_OF_STUDIES.search(named)):
            yield from make("studies_included", match, sentence, 3)
    if (
        sentence.low.startswith("the remaining ")
        and (match := _REMAINING.first(sentence))
        and _EXCLUDED.search(sentence.previous)
    ):
        yield from make("studies_included", match, sentence, 2)
    if match := _THERE_ARE_OF_THEM.first(sentence):
        named = sentence.previous
        if "included" in named and STUDIES_NAMED.search(named) and not OF_PERSONS.match(named):
            yield from make("studies_included", match, sentence, 3)


def _listed(sentence: Sentence) -> Iterator[Candidate]:
    match = _LISTED.first(sentence)
    text = sentence.counted
    if match and is_whole(match, text) and not RESTRICTED.search(match[0]) and not _VERB.search(text):
        yield from make("studies_included", match, sentence, 3)
    if sentence.starts[0] or sentence.previous or not sentence.following.startswith(_GO_ON):
        return
    if (match := _HEADED.first(sentence)) is None:
        return
    if (
        is_whole(match, text)
        and not RESTRICTED.search(match[0])
        and all(other["n"] == match["n"] for other in _ANOTHER.finditer(text[match.end() :] + sentence.after))
    ):
        yield from make("studies_included", match, sentence, DEFINITE)


def _definite(sentence: Sentence) -> Iterator[Candidate]:
    text = sentence.counted
    for match in _THE_STUDIES.matches(sentence):
        if (
            _DEFINITE_BEFORE.search(text[: match.start()])
            and not is_second_count(text[: match.start("n")])
            and not _AND_MORE.match(text[match.end() :])
            and not RESTRICTED.search(match[0])
            and not _NOT_THE_WHOLE.search(text[match.end("n") :])
        ):
            yield from make("studies_included", match, sentence, DEFINITE)


def _were_found(sentence: Sentence) -> Iterator[Candidate]:
    """Read "twelve studies were found" alike."""
    match = _WERE_FOUND.first(sentence)
    if (
        match
        and is_whole(match, sentence.counted)
        and not POTENTIAL.search(match[0])
        and not RESTRICTED.search(match[0].replace(" small ", " "))
        and (_MEETING.match(match["tail"]) or not is_contrasted(sentence, match.start("tail"), count_of(match)))
        and (not match["tail"].strip() or _EVALUATING.match(match["tail"]) or _MEETING.match(match["tail"]))
    ):
        yield from make("studies_included", match, sentence, 3)


def _found(sentence: Sentence) -> Iterator[Candidate]:
    """Read "we found 12 studies" as included, if nothing sets the found against the used."""
    if (match := _FOUND.first(sentence)) is None:
        yield from _were_found(sentence)
    if (
        not match
        or not is_whole(match, sentence.counted)
        or POTENTIAL.search(match[0])
        or CUT_DOWN.search(_CAN_BE_INCLUDED.sub("", sentence.counted[match.end("n") :]))
    ):
        return
    if match["of"] and not STUDIES_NAMED.search(sentence.previous):
        return
    tail = match["tail"]
    eligible = _ELIGIBLE_NOUN.match(sentence.counted, match.start("n"))
    if _MEETING.match(tail) or eligible:
        yield from make("studies_included", match, sentence, 2)
    elif is_contrasted(sentence, match.start("tail"), count_of(match)):
        return
    elif not tail.strip() or _EVALUATING.match(tail) or match["of"]:
        yield from make("studies_included", match, sentence, 3)
