"""When the literature was searched, and over which years the included studies were published."""

# ruff: noqa: E501  (a rule reads best whole)

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campbell_scraper.reading.values.normalising import MONTHS

from .grammar import BRIEF, NX, SCOPE, STUDY, Candidate, Sentence, counted, need, pattern

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

_MONTH: Final = rf"(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})\.?"
_YEAR: Final = r"(?:19[5-9]\d|20[0-4]\d)"
_DAY: Final = r"(?:(?<!week )(?<!weeks )[0-3]?\d)(?:st|nd|rd|th)?"


def _date(name: str, *, end: bool = True) -> str:
    """Return a pattern of a date, its groups prefixed with ``name``; with ``end``, no range may begin with it."""
    return (
        rf"(?:(?:the )?(?:(?:end|beginning|start|middle|first half|second half|close) of |mid[- ]|early |late |spring |"
        rf"summer |autumn |fall |winter )*(?:of )?(?:{_MONTH} (?:and|to|-|/) )?"
        rf"(?:(?P<{name}i>{_YEAR}-[01]\d-[0-3]\d)|"
        rf"(?:(?P<{name}d>{_DAY})(?: of)? )?(?P<{name}m>{_MONTH})(?: (?P<{name}e>{_DAY}),?)?,? (?:of )?(?P<{name}y>{_YEAR})|"
        rf"(?P<{name}z>{_YEAR})))(?![\w%/{'-' if end else ''}]|,\d|\.\d)"
    )


_UNTIL: Final = (
    r"(?:up (?:un)?till?|up until|until|till|up to and including|up to|through to|through|to the end of|to|as of|"
    r"before|prior to|as at|by|inclusive of|ending in|ending)"
)
_SEARCH: Final = need("search searched searches searching")
_SEARCH_UNTIL: Final = pattern(rf"\bsearch(?:ed|es|ing)?\b[^.;]*?\b{_UNTIL}\s(?:and including\s)?{_date('a')}")
_SEARCH_RANGE: Final = pattern(
    rf"\bsearch(?:ed|es|ing)?\b[^.;]*?\b(?:between|from|for|covers?|covered|covering|spanning|period (?:was|is))\s(?:the (?:years|period)\s)?(?:from\s)?{_date('s', end=False)}\s?"
    rf"(?:and|to|until|through|up to|till|-|up until)\s?{_date('a')}"
)
_SEARCH_IN: Final = pattern(
    rf"\bsearch(?:es)?\s(?:was|were|is|are|has been|have been|for studies (?:was|were)|strategy was|of [^.;]{{3,60}} (?:was|were)|for [^.;]{{3,60}} (?:was|were)|(?=conducted|carried|performed|run|undertaken|took place))\s?"
    rf"(?:last\s|first\s|initially\s|originally\s|most recently\s|then\s)?(?:conducted|took place|carried out|completed|run|performed|undertaken|done|"
    rf"updated|executed|finished|finalised|finalized|concluded)\s(?:in|on|during|between [^.;]{{3,25}} and|from [^.;]{{3,25}} to)\s(?:{_YEAR}-)?{_date('a')}|"
    rf"\bsearched\b[^.;]{{0,90}}?\b(?:in|on|during)\s{_date('b')}|"
    rf"\b(?:the |our )?(?:last|latest|most recent|final) search(?:es)?\s(?:(?:was|were|is)(?:\s\w+){{0,3}}?\s?(?:in|on|from)?|dates? (?:back to|from|to)|happened in|took place in)\s{_date('c')}|"
    rf"\bsearch(?: date)?:?\s{_date('d')}|"
    rf"\bsearch(?:es)? (?:is|are|was|were|dates?) (?:from|dated)\s{_date('g')}|"
    rf"\b(?:conducted|ran|performed|carried out|did|completed|repeated) (?:the|our|their|a|this) (?:[a-z]+ ){{0,2}}search(?:es)? (?:for studies |of [^.;]{{3,40}} )?(?:in|on) {_date('f')}|"
    rf"\bsearch(?:es)?\b(?:\s[a-z]+){{0,3}}?\s(?:ended|finished|completed|concluded)\s(?:in|on)\s{_date('e')}"
)
_SEARCH_UPDATED: Final = pattern(
    rf"\bsearch(?:es)?\b[^.;]*?\b(?:updated|repeated|re-?run)\s(?:again\s)?(?:in|on|to|until|up to)\s{_date('a')}|"
    rf"\bupdated\s(?:their|the|our|its|this)\s(?:[a-z]+\s)?search(?:es)?\s(?:in|on|to|until|up to)\s{_date('b')}"
)
_STARTED: Final = pattern(
    r"\b(?:started|begun|begin|beginning|introduced|launched|implemented|registered|established|was published|were published) (?:in|on) (?:the )?$"
)
_COVERS: Final = pattern(
    rf"\b(?:up[- ]to[- ]date|current|(?:covers?|covered|considers?|considered|includes?|included)\b[^.;]{{0,60}}\b(?:research|studies|literature|evidence|publications)\b[^.;]{{0,40}}\b{_UNTIL}\s)"
)
"""Says that the evidence, not the summary, is of a date."""
_OTHER_DATE: Final = pattern(
    r"(?:\b(?:since|(?<!dates )(?<!dated )(?<!dating )from|after|inception|launched in|version of|review of|written in|begun in|started in|introduced in)\s(?:the\s)?(?:years?\s)?|"
    r"\b(?:published|submitted|revised|appeared|released|finished|registered|available|publication|issued|registered)(?: online)?(?: was| is)?(?: in| on|:) (?:the )?|\bpublication (?:date|year):? )$"
)
"""Before a date of something else than the search: no date of the search is read from the sentence for its sake."""
_YEARS: Final = pattern(r"[12][09]\d\d")
_ANY_DATE: Final = pattern(r"\b" + _date("a", end=False))
_ONE_DATE: Final = pattern(r"\b" + _date("a"))
_MONTH_BEHIND: Final = pattern(rf"({_YEAR}) \(({_MONTH})\)")
_IN_FIGURES: Final = pattern(rf"(?<![\d/])(?P<first>\d{{1,2}})/(?:(?P<second>\d{{1,2}})/)?(?P<year>{_YEAR})(?![\d/])")
_MONTH_NAMES: Final = [name for name in MONTHS if len(name) > 4 or name in ("may", "june", "july")]
_NEAR: Final = 60
"""Characters before a date in which is said what else it is the date of."""
_NO_SEARCH_DATE: Final = pattern(
    r"\b(?:since|from|between|after|published in|launched in|version of|review of|inception|period|period was|years|cover(?:s|ed|ing)?)\s(?:the\s)?$|\($|\d-$"
)
_CURRENT: Final = pattern(
    rf"\b(?:studies|evidence|literature|research|reports|papers|review|map|data|it|material|articles|trials)\b[^.;]{{0,80}}?\b(?:published|available|current|up[- ]to[- ]date|"
    rf"completed|released|identified|included|gathered|collected|evidence|studies|literature)\s(?:or (?:made )?available\s)?(?:[a-z]+\s){{0,3}}?{_UNTIL}\s{_date('a')}|"
    rf"\b(?:studies|research|evidence|literature|trials) (?:was|were) (?:sought|looked for)\b[^.;]{{0,40}}? {_UNTIL}\s{_date('d')}|"
    rf"\bupdated (?:our|the|its|their) evidence (?:in|to|until|up to)\s{_date('e')}|"
    rf"\b(?:looked|look|looking) for (?:[a-z]+ ){{0,3}}(?:studies|research|evidence|literature|trials)\b[^.;]{{0,60}}? {_UNTIL}\s{_date('c')}|"
    rf"^(?:all )?(?:relevant |eligible )?(?:studies|research|literature|evidence|trials) (?:from [^.;]{{2,20}} )?{_UNTIL}\s{_date('b')} (?:are|were|is|was|has been|have been) (?:included|covered|considered|reviewed)"
)
_CURRENT_RANGE: Final = pattern(
    rf"\b(?:includes?|covers?|included)\b[^.;]{{0,40}}?\b(?:studies|research|literature|evidence)\s(?:that (?:was|were) )?(?:published|available|completed)\s(?:between|from)\s"
    rf"{_date('s', end=False)}\s?(?:and|to|until|through|up to|-)\s?{_date('a')}"
)
_NOT_SEARCH: Final = pattern(r"\bwill be\b|\bplanned\b|\bnot search")
_ASSESSED: Final = pattern(r"\b(?:and )?(?:was |were )?(?:last )?assessed as up[- ]to[- ]date (?:in|on) .*")
_CLAUSES: Final = pattern(r";|, (?:and|but|while|whereas|with) ")
_OF_THE_REVIEW: Final = pattern(
    r"\b(?:review|summary|map) was (?:first |originally )?(?:published|completed|submitted|written)\b"
)
_OF_PUBLICATION: Final = pattern(
    r"\bthis (?:campbell |systematic |plain language )*(?:review|summary|map) was (?:published|submitted|completed)|\bprotocol\b"
)
"""Tells of other dates too: then only a single date that is not such a one is the search's."""
_UPDATED: Final = pattern(
    r"\b(?:updat(?:e|ed|es|ing)|extended|top-up|most recent|latest|last|again|final|re-?run|repeated|stages|rounds|twice)\b"
)
_TWICE: Final = pattern(r"\b(?:updated|again|re-?run|repeated|stages|rounds|twice)\b")
_TWO_SEARCHES: Final = pattern(
    rf"\bsearch\w*\b[^.;]{{0,60}}\bin (?:{_MONTH} )?{_YEAR}(?:-\d+)?,? and (?:then |in )*(?:{_MONTH} )?{_YEAR}"
)
_UPDATE_OF: Final = pattern(r"\bupdates? of (?:an?|the)\b")
_PARTIAL_SEARCH: Final = pattern(
    r"\b(?:gr[ea]y literature|hand[- ]?search|websites?|google|citation|some databases|one database|(?:trials?|study) regist(?:ers|ries)|regist(?:ers|ries))"
)

_WINDOW: Final = (
    rf"(?:between|from|during|in the (?:period|years)|over the period|the period)\s(?:the (?:years|period)\s|of\s)?(?:from\s|between\s)?{_date('s', end=False)}\s?"
    rf"(?:and|to|until|through|up to|-)\s?{_date('a')}"
)
_PUBLISHED: Final = pattern(
    rf"\b(?:{STUDY}|reports|papers|publications|articles|studies|they|evaluations)\b[^.;]{{0,140}}?\b(?:published|spann?(?:ed|ing)|spans?|cover(?:ed|ing)? the (?:years|period)|dated?|dating|"
    rf"appeared|released|publication (?:dates|years)(?: \w+){{0,2}})\s(?:\w+\s){{0,3}}?{_WINDOW}"
)
_DATED: Final = need(
    "published span spanned spanning spaned spaning spans cover covered covering date dated dating "
    "appeared released publication range were"
)
"""Every match of ``_PUBLISHED`` and ``_SPAN`` has one of them."""
_SPAN: Final = pattern(
    rf"\b(?:studies|trials|publications|papers|reports)\s(?:span|spanned|range in publication (?:date|year)|were published over)\s(?:the (?:period|years)\s)?(?:from\s|between\s)?"
    rf"{_date('s', end=False)}\s?(?:and|to|until|through|-)\s?{_date('a')}"
)
_NOT_ALL: Final = pattern(
    rf"\b(?:most|majority|half|some|many|several|few|oldest|earliest|per ?cent|eligible (?!studies published)|inclusion|criteria|had to|must|"
    rf"restricted|limited|other|others|remaining|ongoing|except)\b|{NX}\sof (?:the|these|which|them)\b|%"
)
_SOME_STUDIES: Final = pattern(rf"(?<!the )(?<!all )(?<!these ){NX}\s{STUDY}")


_WINDOW_PLACES: Final = SCOPE - {"about", "search_methods"} | {"up_to_date", "main_results"}
_SEARCH_PLACES: Final = SCOPE | {"data_collection", "methods"}


def date_candidates(sentence: Sentence) -> Iterator[Candidate]:
    """Yield the search date and the publication window that ``sentence`` states."""
    dates = [*_search_dates(sentence)]
    yield from dates
    if not (dates and sentence.kind == "up_to_date"):
        yield from _windows(sentence)


def _search_dates(sentence: Sentence) -> Iterator[Candidate]:
    text = sentence.low
    in_place = sentence.kind == "up_to_date"
    searched = sentence.bits & _SEARCH != 0
    if not (in_place or (searched and sentence.kind in _SEARCH_PLACES)) or _NOT_SEARCH.search(text):
        return
    rules: tuple[re.Pattern[str], ...]
    rules = (_SEARCH_UNTIL, _SEARCH_RANGE, _SEARCH_IN, _SEARCH_UPDATED) if searched else (_CURRENT_RANGE, _CURRENT)
    if _OF_PUBLICATION.search(text):
        rules = ()
    text = _of_main_search(text)
    updated = _UPDATED.search(_UPDATE_OF.sub("", text)) is not None or (
        " and " in text and len(_YEARS.findall(text)) > 1 and _TWO_SEARCHES.search(text) is not None
    )
    if sentence.is_of_other_work and not updated:
        return
    found = _by_rules(rules, text)
    if in_place and not found and (searched or _COVERS.search(text)):
        found = _only_date(text, latest=_TWICE.search(text) is not None)
    if settled := _one_date(found, latest=updated):
        value, precision = settled
        tier = (1 if in_place else 3) + (1 if _PARTIAL_SEARCH.search(text) else 0) - (1 if in_place and updated else 0)
        yield Candidate("search_date", value, sentence, None, precision, tier)


def _of_main_search(text: str) -> str:
    """Return the part of a sentence on the main search, if another part is on a few sources only; "2019 (April)" as usual."""
    if ";" in text or (", " in text and _PARTIAL_SEARCH.search(text)):
        clauses = _CLAUSES.split(text)
        dated = [clause for clause in clauses if not _PARTIAL_SEARCH.search(clause) and _YEARS.search(clause)]
        dated = [clause for clause in dated if not _OF_THE_REVIEW.search(clause)] or dated
        text = dated[0] if len(dated) == 1 < len(clauses) else text
    if "assessed" in text:
        text = _ASSESSED.sub("", text)
    if "/" in text:
        text = _IN_FIGURES.sub(_in_words, text)
    return _MONTH_BEHIND.sub(r"\2 \1", text) if ")" in text else text


def _in_words(match: re.Match[str]) -> str:
    """Return a date in figures with its month's name: "03/2019"; no date where day and month may be either."""
    first, second, year = match["first"], match["second"], match["year"]
    if second is None:
        return f"{_MONTH_NAMES[int(first) - 1]} {year}" if 1 <= int(first) <= 12 else match[0]
    day, month = (int(first), int(second)) if int(first) > 12 else (int(second), int(first))
    return f"{day} {_MONTH_NAMES[month - 1]} {year}" if 12 < day <= 31 and 1 <= month <= 12 else ""


def _by_rules(rules: tuple[re.Pattern[str], ...], text: str) -> dict[str, str]:
    """Return the dates of searches, with their precision: those the rules name, and others not clearly of something else."""
    one_year = text.count("19") + text.count("20") == 1
    found: dict[str, str] = {}
    for rule in rules:
        found.update(date for match in rule.finditer(text) for date in _dates(match))
        if found and one_year:  # there is no second date to find
            return found
    for match in _ANY_DATE.finditer(text) if found else ():
        if (
            not _NO_SEARCH_DATE.search(text[max(0, match.start() - _NEAR) : match.start()])
            and (other := _iso(match, "a")) is not None
        ):
            found.setdefault(*other)
    return found


def _only_date(text: str, *, latest: bool) -> dict[str, str]:
    """Return the date of a sentence on searches that has one, however it says it; none if the date may be another thing's."""
    dates = [(match.start(), date) for match in _ONE_DATE.finditer(text) if (date := _iso(match, "a")) is not None]
    own = [date for start, date in dates if not _OTHER_DATE.search(text[max(0, start - _NEAR) : start])]
    return dict(own) if len(own) == 1 or latest else {}


def _one_date(found: dict[str, str], *, latest: bool) -> tuple[str, str] | None:
    """Return the one date a sentence states: a month and its own year are one date, two others are two searches."""
    if not found:
        return None
    value = max(found) if latest else max(found, key=len)
    if not latest and any(not value.startswith(other) for other in found):
        return None
    return value, found[value]


def _dates(match: re.Match[str]) -> Iterator[tuple[str, str]]:
    for name in ("a", "b", "c", "d", "e", "f", "g"):
        if f"{name}z" not in match.re.groupindex or (date := _iso(match, name)) is None:
            continue
        start = min(match.start(name + part) for part in ("i", "m", "z") if match[name + part])
        if not _STARTED.search(match.string[max(0, start - _NEAR) : start]):
            yield date


def _iso(match: re.Match[str], name: str) -> tuple[str, str] | None:
    """Return ISO date and precision of one date of a match."""
    if iso := match[f"{name}i"]:
        return iso, "day" if len(iso) == 10 else "month"
    if year := match[f"{name}z"]:
        return year, "year"
    if not (year := match[f"{name}y"]):
        return None
    month = MONTHS[match[f"{name}m"].lower().rstrip(".")]
    day = match[f"{name}d"] or match[f"{name}e"]
    if not day:
        return f"{year}-{month:02d}", "month"
    number = int("".join(c for c in day if c.isdigit()))
    return (f"{year}-{month:02d}-{number:02d}", "day") if 1 <= number <= 31 else None


_FROM: Final = pattern(rf"\b(?:studies|trials|evaluations|articles|papers|reports) {_WINDOW}")
"""27 studies from 2014 to 2020."""


def _windows(sentence: Sentence) -> Iterator[Candidate]:
    text = sentence.low
    if (
        sentence.kind not in _WINDOW_PLACES
        or sentence.bits & _SEARCH
        or not (sentence.bits & _DATED or " from " in text or " between " in text)
        or sentence.is_of_other_work
    ):
        return
    for rule in (_PUBLISHED, _SPAN) if sentence.bits & _DATED else (_FROM,):
        for match in rule.finditer(text):
            head = counted(text[: _first_date(match)])
            if not _counts_all(head, text[match.end() :]) or (
                sentence.kind == "main_results" and not _REVIEW_COUNTS.search(head)
            ):
                continue
            start, end = _iso(match, "s"), _iso(match, "a")
            if start and end and start[0][:4] <= end[0][:4]:
                yield Candidate(
                    "publication_window",
                    f"{start[0]}/{end[0]}",
                    sentence,
                    None,
                    "year",
                    1 if sentence.kind != BRIEF else 2,
                )
                return


def _first_date(match: re.Match[str]) -> int:
    return min(match.start(group) for group in ("si", "sm", "sz") if match[group])


_REVIEW_COUNTS: Final = pattern(
    r"\b(?:review|map|we|synthesis|update|authors|it)\s(?:\w+\s){0,2}?(?:includ|summari|synthesi|cover|is based|identif|analy|found|uncover|compris|examin|draw)|"
    r"\b(?:are|were) included\b"
)


_CONDITION: Final = pattern(r"^[^.;]{0,40}\b(?:eligible|considered|sought|searched|could be)\b")
_ARE_ALL: Final = pattern(
    r"^[^.;]{0,80}?\b(?:(?:are|were) included(?! in (?:the|a) (?:meta|analy|synth|quant))|met (?:all |the |our )*(?:inclusion |eligibility )?criteria)"
)
"""What is said of studies behind their dates if they are all of the review."""


def _counts_all(head: str, tail: str) -> bool:
    """Return whether the studies spoken of around a date are all: "the studies", or a count that is the review's."""
    if _CONDITION.match(tail):
        return False
    clause = head[max(head.rfind(";"), head.rfind(":")) + 1 :]
    if _NOT_ALL.search(clause):
        return False
    return (
        not _SOME_STUDIES.search(clause)
        or _REVIEW_COUNTS.search(clause) is not None
        or _ARE_ALL.match(tail) is not None
    )
