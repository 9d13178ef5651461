"""In which countries the included studies were done, and with which designs."""

# ruff: noqa: E501  (a rule reads best whole)

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from .countries import SHORT, countries_in
from .counts import STUDIES_NAMED
from .grammar import BRIEF, NX, Candidate, Sentence, counted, need, number_of, pattern

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

PLACES: Final = frozenset({BRIEF, "aim", "included_studies", "results"})

OF_MOST_STUDIES: Final = pattern(
    r"^(?:(?:the )?(?:vast )?majority|most|many|nearly all|almost all|all|more than half|over half|half) of the (?:included )?(?:studies|trials|evaluations)\b"
)
"""Among findings too, a sentence that begins so is of the whole review."""
_STUDIES: Final = need(
    "studies study trial trials rct rcts experiments evaluations they most majority others rest remaining remainder"
)
"""One of these a sentence must have; "others", "rest" and "remaining" stand for studies."""
_OF_THESE: Final = pattern(
    rf"there (?:are|were) {NX} of them\b|of (?:these|them|those),? {NX} |(?:{NX}|most|all) (?:of (?:these|them) )?(?:were|are|came|come|took place) "
)
_COUNTRIES_WERE: Final = pattern(
    r"(?:the )?(?:study )?countries (?:(?:in which|where) (?:the )?(?:studies|trials|programmes|programs|interventions) (?:were [a-z ]{3,20}|took place) )?(?:were|are|include|included)\s(?:the )?"
)
_ONE_STUDY: Final = pattern(r"\b(?:one|single) (?:[a-z-]+ ){0,3}?(?:study|trial|evaluation)\b")
"""What "it" may stand for."""
_NEGATED: Final = pattern(
    r"\b(?:no|none|not(?! (?:clear|reported|stated|given|specified|known)\b)|outside|other than|except|excluding|rather than|instead of|unlike|apart from|migrants?|immigrants?|refugees|born|"
    r"language|compared with|compared to|had to|must|(?<!\dN )(?<!to be )(?<!were )(?<!judged )eligible|limited to|restricted to|(?<!inclusion )(?<!eligibility )(?<!selection )(?<!our )(?<!the )criteria|would|should|could(?! be (?:included|used|analysed))|may|such as in|for example|e\.g\.|might)\b"
)
_NEGATIONS: Final = need(
    "no none not outside other except excluding rather instead unlike apart migrant migrants immigrant "
    "immigrants refugees born language compared had must limited restricted eligible criteria would "
    "should could may such for e might"
)
"""Every match of ``_NEGATED`` has one of them."""
_N_OF: Final = (
    rf"(?<!of the )(?<!of all )(?<!of these )(?P<n>{NX})\s(?:of (?:the|these|them|which|those)\s(?:{NX}\s)?)?(?:(?:included|eligible|of|randomi[sz]ed|controlled|"
    r"quasi-experimental|experimental|cluster|large|small)\s){0,3}"
    r"(?:(?:studies|study|trials?|rcts?|experiments|evaluations)\s)?(?:(?:each|that|which)\s)?(?:(?:was|were|are|is|came|come|took place|have been|had been)\s)?"
    r"(?:(?:only|also|all|mainly)\s)?(?:(?:conducted|carried out|undertaken|performed|based|located|implemented|set|done|originated|published)\s)?(?:in|from)\s(?:the\s)?$"
)
_COUNT_BEFORE: Final = pattern(_N_OF)
_EACH: Final = pattern(
    rf"\b(?P<n>{NX})\s(?:(?:study|studies|trials?)\s)?(?:(?:was|were)\s)?(?:(?:conducted|carried out)\s)?(?:each\s(?:(?:was|were)\s)?(?:(?:conducted|carried out)\s)?)(?:in|from)\s(?:the\s)?$|"
    rf"\b(?P<m>{NX})\s(?:(?:study|studies|trials?)\s)?(?:(?:was|were)\s)?(?:in|from)\seach of\s(?:the\s)?$"
)
_COUNT_AFTER: Final = pattern(rf"^\s\((?:n ?= ?|k ?= ?)?(?P<n>{NX})(?:\s(?:studies|study|trials?))?\)")
_STUDIES_BEHIND: Final = pattern(rf"\s\({NX} (?:studies|study|trials?)\)")
_ENROLLED_IN: Final = pattern(
    rf"\b(?:studies|trials|evaluations) (?:enrolled|recruited|randomi[sz]ed) {NX} [^.;:,]{{3,40}} in (?:[a-z-]+ ){{0,3}}?(?:of )?(?:the )?$"
)
_AT: Final = pattern(
    rf"(?:\b(?:conducted|carried out|undertaken|took place|taken place|located|implemented|performed|set|based|come|came|originate[ds]?|originating|done|run|"
    rf"are|were|was|is|being|studies|study|trials|trial|rcts|evaluations|each|others|other|ones|rest|remaining|remainder|most|majority|countries|half)|{NX})"
    r"(?:,? (?:mainly|mostly|primarily|all|predominantly|only|exclusively|largely|either))?\s(?:in|from)\s(?:the\s)?$|"
    r"\b(?:of (?:them|these|which)|data|comes|all|both|each)\s(?:(?:were|was|are|is|come|came)\s)?(?:mainly |mostly |conducted |carried out )?(?:in|from)\s(?:the\s)?$|"
    rf"\b(?:in|from|across|cover(?:s|ed|ing)?|represent(?:s|ed|ing)?|span(?:s|ned|ning)?)\s(?:{NX}\s)?(?:different\s|other\s|[a-z-]+-\sand\s)?(?:[a-z-]+\s){{0,3}}?countr(?:y|ies)(?:,\s| \(|:\s| - )(?:(?:mostly|mainly|namely|including|primarily|among them)\s)?(?:the\s)?$|"
    r"\b(?:in|from)\seach of\s(?:the\s)?$|"
    r"^it (?:is|was) an? (?:[a-z-]+ ){0,4}?(?:study|trial|evaluation) [^.;:]{3,60} in (?:the )?$|"
    r"\b(?:conducted|carried out|undertaken|took place|performed|done|set)\s(?:in|at|among|with)\s(?:[a-z-]+,?\s){1,5}?in\s(?:the\s)?$"
)
_REGIONS: Final = (
    r"(?:(?:(?:the )?(?:north|south|latin|central|east|west|eastern|western|northern|southern|south-east|southeast|sub-saharan) )?"
    r"(?:america|europe|asia|africa)|(?:the )?middle east|(?:the )?caribbean|oceania|australasia|scandinavia)"
)
_LIST_GLUE: Final = pattern(
    rf"^(?:(?:, |,? and ){_REGIONS}(?: \({NX}\))?)*(?:,? and (?:the )?|, (?:the )?| or (?:the )?| & (?:the )?|,? (?:and then|followed by|then) (?:the )?)$"
)
"""What stands between two members of a list of places; regions among them are no countries."""
_BEHIND_REGIONS: Final = pattern(rf"(?:\s{_REGIONS},?(?:\s\({NX}\),?)?(?:\s(?:and|or))?)+\s(?:the\s)?$")
"""Europe, Asia and … : members of a list of places that are no countries."""
_NEAR: Final = 250
"""Characters before a name in which the rules that end at it find all they look for."""
_SAMPLES: Final = pattern(
    r"\b(?:participants|children|students|pupils|people|samples?|families|women|men|youth|adults|patients|programmes?|programs?|interventions?|(?<!in )schools)\s"
    r"(?:(?:who|that|which)\s)?(?:were|was|are|is|came|come|conducted|implemented)?\s?(?:mainly |mostly |all )?(?:in|from)\b"
)


def country_candidates(sentence: Sentence) -> Iterator[Candidate]:
    """Yield the countries in which ``sentence`` says included studies were done, with their counts where it says so."""
    if not sentence.bits & _STUDIES and not _follows_studies(sentence) and not _COUNTRIES_WERE.match(sentence.low):
        return
    named = list(countries_in(sentence.plain))
    if not named or sentence.is_of_other_work:
        return
    text, mentions = _counted_around(sentence, named)
    if (_SAMPLES.search(text) and not _is_of_studies(text, mentions[0])) or (
        sentence.bits & _NEGATIONS and _NEGATED.search(text)
    ):
        return
    for group in _lists(text, mentions):
        head = text[max(0, group[0].start - _NEAR) : group[0].start]
        if (
            not _AT.search(head)
            and not _COUNTRIES_WERE.fullmatch(head)
            and not _ENROLLED_IN.search(head)
            and not all(_STUDIES_BEHIND.match(text, mention.end) for mention in group)
            and not ((behind := _BEHIND_REGIONS.search(head)) and _AT.search(head[: behind.start()] + " "))
        ):
            continue
        each = _EACH.search(head)
        alone = _COUNT_BEFORE.search(head) if len(group) == 1 else None
        for mention in group:
            count = _COUNT_AFTER.search(text[mention.end :]) or each or alone
            number = number_of(count[count.lastgroup or "n"]) if count else None
            yield Candidate("countries", SHORT[mention.name], sentence, number, "exact" if number is not None else None)


class _Mention(NamedTuple):
    """A country named, and where in the counted text."""

    name: str
    start: int
    end: int


def _counted_around(sentence: Sentence, named: list[re.Match[str]]) -> tuple[str, list[_Mention]]:
    """Return the counted form of a sentence, its countries untouched (no number is in a name), and their places in it."""
    text = ""
    mentions = []
    end = 0
    for match in named:
        text += counted(sentence.low[end : match.start()])
        mentions.append(_Mention(match[0], len(text), len(text) + len(match[0])))
        text += sentence.low[match.start() : match.end()]
        end = match.end()
    return text + counted(sentence.low[end:]), mentions


def _is_of_studies(text: str, first: _Mention) -> bool:
    """Return whether a sentence on people or schools names the countries where the studies themselves were done."""
    return _STUDIES_BEHIND.match(text, first.end) is not None or _ENROLLED_IN.search(text, 0, first.start) is not None


def _follows_studies(sentence: Sentence) -> bool:
    """Return whether "it" or "these" stands for the study or studies of the sentence before."""
    if sentence.low.startswith("it "):
        return _ONE_STUDY.search(sentence.previous) is not None
    return _OF_THESE.match(sentence.counted) is not None and STUDIES_NAMED.search(sentence.previous) is not None


def _lists(text: str, mentions: list[_Mention]) -> Iterator[list[_Mention]]:
    """Group the mentions that stand in one list ("Canada, Switzerland and Sweden")."""
    group: list[_Mention] = []
    for mention in mentions:
        if group:
            between = text[group[-1].end : mention.start]
            if count := _COUNT_AFTER.search(between):
                between = between[count.end() :]
            if not _LIST_GLUE.match(between):
                yield group
                group = []
        group.append(mention)
    if group:
        yield group


_DESIGNS: Final = (
    ("randomised controlled trial", r"(?:(?:cluster[- ]|individually )?randomi[sz]ed[- ](?:controlled[- ])?(?:clinical )?(?:trials?|studies|study|experiments?|evaluations?)|randomi[sz]ed controlled|rcts?)"),
    ("quasi-randomised trial", r"quasi-randomi[sz]ed(?: controlled)?(?: trials?| studies)?"),
    ("non-randomised study", r"non-?\s?randomi[sz]ed(?: controlled)?(?: comparison| comparative)?(?: trials?| studies| study)?"),
    ("quasi-experimental", r"quasi-experiment(?:al|s)?(?: designs?| studies| study| evaluations?| trials?)?"),
    ("controlled before-and-after study", r"controlled before[- ]and[- ]after(?: designs?| studies| study)?"),
    ("interrupted time series", r"interrupted time[- ]series(?: designs?| studies| study| analyses)?"),
    ("cohort study", r"(?:prospective |retrospective )?cohort(?: studies| study)"),
    ("case-control study", r"case-control(?: studies| study)"),
    ("cross-sectional study", r"cross-sectional(?: studies| study| designs?)"),
    ("qualitative", r"qualitative (?:studies|study|designs?)"),
    ("mixed methods", r"mixed[- ]methods? (?:studies|study|designs?)"),
    ("regression discontinuity", r"regression discontinuity(?: designs?| studies)?"),
    ("single-case design", r"single[- ](?:case|subject)(?: experimental)? (?:designs?|studies|study)"),
    ("observational study", r"observational (?:studies|study|designs?)"),
)  # fmt: skip
_ANY_DESIGN: Final = "|".join(rf"(?P<d{i}>{source}(?![\w-]))" for i, (_, source) in enumerate(_DESIGNS))
_DESIGN: Final = pattern(rf"(?<![\w-])(?:{_ANY_DESIGN})")
_DESIGN_BEGUN: Final = pattern(
    r"[ciqrnmopsr](?<![\w-].)(?:luster|ndividually|andomi|ct|uasi|on|ontrolled|nterrupted|rospective|etrospective|ohort|ase-|ross-|ualitative|ixed|egression|ingle|bservational)"
)
"""The beginning of every name; its first letter is quick to look for."""
_DESIGN_WORDS: Final = need(
    "randomised randomized rct rcts nonrandomised nonrandomized quasi controlled interrupted cohort case "
    "cross qualitative mixed regression single observational"
)
"""Every design's name has one of them."""
_CONDITION: Final = pattern(r"\b(?:at least|had to|must|eligible if|identified|excluded)\b")
_DESIGN_COUNT: Final = pattern(
    rf"(?P<n>{NX})\s(?:of (?:the|these|them|which|those)\s(?:{NX}\s)?(?:included\s)?(?:studies\s|trials\s)?)?(?:(?:studies|trials|study)\s)?"
    r"(?:(?:are|were|was|is|used|employed|adopted|had|have|use|of which)\s)?(?:(?:an?|based on|conducted as|classified as|described as)\s)?"
    r"(?:(?:high-quality|large|small|eligible|included|separate|different|independent|relevant|published|parallel|rigorous)\s)*$"
)
_OF_STUDIES: Final = pattern(r"^(?:the |all |these )?(?:included |eligible )?(?:studies|trials|evaluations)\b")
_ALL_ARE: Final = pattern(
    rf"(?:\b(?:all|both) (?:of (?:the|these) )?(?:{NX} )?(?:included |eligible )?(?:studies|trials|evaluations) (?:are|were|used) (?:an? )?|"
    r"\b(?:this|the) (?:campbell |systematic )*(?:review|map) (?:includes|included) (?:only |both )?|^only |^(?:the )?included (?:studies|trials) (?:are|were) (?:all )?)$"
)
"""Without a count, designs are those of all studies only where the text says so."""
_JOINED: Final = pattern(r" (?:and|or) (?:an? )?")
_DESIGN_JOINED: Final = pattern(
    r"^(?:\s\([^()]*\))?(?:\s(?:and|or)|,|/)\s?(?:quasi-|non-?random|randomi|controlled|observational|cohort|experimental|interrupted|qualitative|mixed)"
)


def design_candidates(sentence: Sentence) -> Iterator[Candidate]:
    """Yield the designs of included studies that ``sentence`` counts. Designs named as a condition are not counted."""
    if sentence.kind not in PLACES or not sentence.bits & _DESIGN_WORDS:
        return
    text = sentence.counted
    if sentence.is_of_other_work:
        return
    joined_at = -1
    for match in _designs_in(text):
        head, rest = text[: match.start()], text[match.end() :]
        if _CONDITION.search(head):
            continue
        value = _DESIGNS[int((match.lastgroup or "d0")[1:])][0]
        if after := _COUNT_AFTER.match(rest):
            if _OF_STUDIES.search(head) and (number := number_of(after["n"])) is not None:
                yield Candidate("study_designs", value, sentence, number, "exact")
        elif count := _DESIGN_COUNT.search(head[-_NEAR:]):
            if not _DESIGN_JOINED.match(rest) and (number := number_of(count["n"])) is not None:
                yield Candidate("study_designs", value, sentence, number, "exact")
        elif _ALL_ARE.search(head) or (joined_at >= 0 and _JOINED.fullmatch(text, joined_at, match.start())):
            joined_at = match.end()
            yield Candidate("study_designs", value, sentence)


def _designs_in(text: str) -> Iterator[re.Match[str]]:
    """Yield what ``_DESIGN.finditer`` gives, tried only where a name may begin."""
    end = 0
    for begun in _DESIGN_BEGUN.finditer(text):
        if begun.start() >= end and (match := _DESIGN.match(text, begun.start())):
            end = match.end()
            yield match


def design_name(name: str) -> str | None:
    """Return the name under which ``design_candidates`` states a design ("RCTs" → "randomised controlled trial")."""
    match = _DESIGN.fullmatch(name.strip().lower())
    return _DESIGNS[int((match.lastgroup or "d0")[1:])][0] if match else None
