"""Invented reviews by the thousand, in the templates of the sample: for benchmarks, soak tests and edited libraries.

``generated(n, seed)`` is deterministic: the same arguments give the same site, and the first reviews of a larger site
are those of a smaller one. The sentences are plausible, their topics are not: nobody lends lanterns to lock-keepers.
"""

from __future__ import annotations

import random
import re
from calendar import month_name
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from campbell_scraper.sample.markup import HEADINGS

from .invented_content import ReviewContent, SectionContent, SummaryContent, author_from, edited
from .sample_site import SampleLibrary

if TYPE_CHECKING:
    from collections.abc import Mapping

THINGS = [
    "Lantern lending", "Rooftop gardening", "Kite-building clubs", "Singing on ferries", "Shared bicycle sheds",
    "Night-time story lines", "Travelling puppet theatres", "Clockwork repair classes", "Barefoot walking groups",
    "Painted stairways", "Postcard mentoring", "Silent breakfast clubs", "Cloud-watching breaks", "Borrowed aquariums",
    "Village weather diaries", "Whistling lessons", "Orchard apprenticeships", "Reading to horses", "Map-drawing walks",
    "Neighbourhood bread ovens", "Juggling in the classroom", "Lighthouse visits", "Beekeeping after school",
    "Loaned telescopes",
]  # fmt: skip
PEOPLE = [
    "lock-keepers", "ferry commuters", "first-year apprentices", "island school pupils", "night-shift bakers",
    "retired postal workers", "young people leaving care", "families in temporary housing", "novice teachers",
    "seasonal fruit pickers", "adults with hearing loss", "street market traders", "foster carers", "rural midwives",
    "newly arrived pupils", "people on probation", "carers of older relatives", "mountain smallholders",
]  # fmt: skip
OUTCOMES = [
    "loneliness", "school attendance", "sleep quality", "punctuality", "household savings", "reading fluency",
    "reoffending", "job retention", "trust in neighbours", "fruit consumption", "self-reported wellbeing", "bullying",
    "vocabulary", "staff turnover", "screen time", "physical activity",
]  # fmt: skip
GROUPS = [
    "Ageing", "Business and Management", "Children and Young Persons Wellbeing", "Climate Solutions",
    "Crime and Justice", "Disability", "Education", "International Development",
    "Knowledge Translation and Implementation", "Methods",
    "Nutrition", "Social Welfare",
]  # fmt: skip
AUTHORS = [
    "Aino|Vesterlund", "Tomas R.|Quillfeather", "Ndidi|Okonjo-Vale", "Birgitte|Skovdal", "Pedro|Antunes-Faria",
    "Lotte|van der Wiel", "Ximena|Robledo", "Harald|Isdahl", "Mei-Lin|Zhao", "Rashid|Al-Karimi", "Oona|MacTavish",
    "Jean-Luc|Perrault", "Svetlana|Dragić", "Kofi|Amponsah-Reed", "Ingunn|Þorsteinsdóttir", "Priya|Ramanathan",
    "Giulia|De Santis", "Callum|O’Rourke", "Yusuf|Demirkan", "Hanna|Lindqvist-Moe", "Edgar|Whitlow|Jr.",
    "Zofia|Wrzesińska",
]  # fmt: skip
COUNTRIES = ["Norway", "Kenya", "the USA", "Canada", "India", "Chile", "Portugal", "Australia", "Ghana", "Denmark"]
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def generated(n: int, seed: int = 0, *, edits: Mapping[str, Mapping[str, Any]] | None = None) -> SampleLibrary:
    """Return a library of ``n`` invented reviews, with the sample's articles and requisites.

    ``edits`` maps a slug to what to change: any attribute of :class:`ReviewContent` (``{"title": "…"}``,
    ``{"removed": True}``, ``{"authors": ["Given|Family"]}``) or ``"brief"`` and ``"headline"`` of its first summary.
    Expected records: ``truth(reviews=[one.review for one in library.entries if one.review])``.
    Raises ValueError for an unknown slug or attribute.
    """
    reviews = [invent(number, seed) for number in range(1, n + 1)]
    return SampleLibrary.of(edited(reviews, edits or {}))


def invent(number: int, seed: int) -> ReviewContent:
    """Return the invented review number ``number`` (from 1) of the library with that seed."""
    chance = random.Random(f"{seed}/{number}")  # noqa: S311  # a reproducible invention, not a secret
    thing, people, outcome = chance.choice(THINGS), chance.choice(PEOPLE), chance.choice(OUTCOMES)
    title = f"{thing} for {people}: effects on {outcome} (invented review {number})"
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower().replace("(invented review ", "").rstrip(")")).strip("-")
    day = date(2005, 1, 3) + timedelta(days=chance.randrange(5400))
    doi = f"10.4073/csr.{day.year}.{number}" if day.year < 2019 else f"10.1002/cl2.{90000 + number}"
    languages = chance.random()
    summaries = [_english(chance, thing, people, outcome, day)]
    if languages < 0.25:
        summaries += [_placeholder(number, *one) for one in (("Norwegian", "no"), ("Spanish", "es"))]
    return ReviewContent(
        id=1000 + number,
        slug=slug,
        title=title,
        created=(datetime(2017, 1, 2, 9, tzinfo=UTC) + timedelta(hours=number)).isoformat(),
        template=chance.choice(("2016", "2019", "2019")),
        authors=[author_from(one) for one in chance.sample(AUTHORS, chance.randint(1, 6))],
        published=day.isoformat(),
        published_precision="day",
        groups=chance.sample(GROUPS, chance.choice((1, 1, 1, 2))),
        types=["Review", "Plain language summary"],
        title_field="=",
        image=f"/images/library/cover-{number % 40:02}.png",
        doi=doi,
        full_review=f"https://onlinelibrary.wiley.com/doi/{chance.choice(('', 'full/', 'abs/'))}{doi}",
        summaries=summaries,
    )


def _placeholder(number: int, label: str, language: str) -> SummaryContent:
    return SummaryContent(
        label=label,
        language=language,
        banner=None,
        placeholder=True,
        pdf=f"/media/k2/attachments/generated-{number}-{language}.pdf",
        pdf_text=[f"{label} summary of the invented review {number}."],
    )


def _english(chance: random.Random, thing: str, people: str, outcome: str, day: date) -> SummaryContent:
    studies = chance.randint(2, 90)
    trials = chance.randint(1, studies)
    participants = studies * chance.randint(30, 400)
    count = NUMBERS[studies] if studies < len(NUMBERS) else str(studies)
    one, other = chance.sample(COUNTRIES, 2)
    searched = f"{chance.choice(month_name[1:])} {day.year - 1}"
    name = thing[0].lower() + thing[1:]
    verdict = chance.choice(("may improve", "can improve", "may do little for", "cannot yet be said to improve"))
    about = chance.choice(("What is this review about?", "What is the review about?", "What did the review study?"))
    results = chance.choice(
        (
            "What are the main findings of this review?",
            "What are the main results in this review?",
            "What were the main results of the review?",
        )
    )
    mean = chance.choice(("What do the findings of this review mean?", "What do the findings in this review mean?"))
    parts = [
        (
            about,
            "about",
            [f"{thing} and the like are offered to {people} to change their {outcome}. Opinions differ."],
        ),
        (
            "What is the aim of this review?",
            "aim",
            [
                (
                    f"This Campbell systematic review examines the effects of {name} on {outcome} among {people}. "
                    f"The review summarises findings from {count} studies."
                )
            ],
        ),
        (
            "What studies are included?",
            "included_studies",
            [
                (
                    f"The review includes {studies} studies with a total of {participants:,} participants, of which "
                    f"{trials} are randomised controlled trials. The studies were conducted in {one} and {other}."
                )
            ],
        ),
        (results, "main_results", [f"{thing} {verdict} {outcome}.", "Effects were smaller at the last follow-up."]),
        (mean, "implications", [f"Those who plan services for {people} should treat the evidence with caution."]),
        (
            "How up-to-date is this review?",
            "up_to_date",
            [f"The review authors searched for studies published until {searched}."],
        ),
    ]
    return SummaryContent(
        headline=f"{thing} {verdict} {outcome} among {people}",
        brief=f"{thing} {verdict} {outcome} among {people}. The evidence is thin, and larger studies are needed.",
        sections=[SectionContent(heading=heading, kind=kind, blocks=list(text)) for heading, kind, text in parts],
        style=chance.choice([one for one in HEADINGS if one != "bold_line"]),
    )
