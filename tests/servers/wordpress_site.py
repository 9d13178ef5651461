"""The content of the local WordPress: invented reviews of all stages, edits as an editor makes them, and the truth."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from typing import Any
from urllib.parse import quote

GROUPS = {
    "education": (3, "Education"),
    "international-development": (4, "International Development"),
    "crime-and-justice": (5, "Crime and Justice"),
    "social-welfare": (6, "Social Welfare"),
    "ageing": (10, "Ageing"),
}
TYPES = {
    "title": (12, "Title"),
    "review": (13, "Review"),
    "protocol": (14, "Protocol"),
    "review-update": (15, "Review update"),
}
_THINGS = (
    "Kite clubs",
    "Allotments",
    "Reading tents",
    "Street choirs",
    "Bicycle loans",
    "Pen friends",
    "Chess at noon",
)
_PEOPLE = ("ferry crews", "night bakers", "young drummers", "new neighbours", "lighthouse keepers", "first-time voters")
_OUTCOMES = ("sleep", "attendance", "loneliness", "arithmetic", "reoffending")


@dataclass(slots=True, kw_only=True)
class Post:
    """One post of type ``review``."""

    id: int
    slug: str
    """As typed; percent-encoded, in lower case, in addresses."""
    title: str
    stage: str
    """title, protocol, review, update."""
    groups: list[str]
    parts: list[str]
    """Rendered content, split at ``<!--nextpage-->``."""
    modified: datetime
    in_rest: bool = True
    """False: only the sitemap and the post's own JSON know it."""
    withdrawn: bool = False
    password: bool = False
    old_slugs: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    """Paths of attached PDFs."""

    @property
    def type_slug(self) -> str:
        """Key of TYPES, as WordPress makes slugs of names."""
        return "review-update" if self.stage == "update" else self.stage

    @property
    def path(self) -> str:
        """Path of the post's page as WordPress prints it."""
        return f"/review/{encoded(self.slug)}/"

    @property
    def date(self) -> datetime:
        """When it was published, UTC."""
        return datetime(2014, 1, 7, 9, 30, tzinfo=UTC) + timedelta(days=self.id)


def encoded(slug: str) -> str:
    """Percent-encode a slug with lower-case hexadecimals, as WordPress does."""
    return "".join(one if one.isascii() else quote(one).lower() for one in slug)


def zone(moment: datetime) -> datetime:
    """Return a UTC time in the site's zone: Central European, so that offsets differ between summer and winter."""
    return moment.astimezone(_offset(2 if 4 <= moment.month <= 9 else 1))


def _offset(hours: int) -> timezone:

    return timezone(timedelta(hours=hours))


class Content:
    """Posts of the site; edits are safe while the server answers."""

    def __init__(self, reviews: int = 12) -> None:
        self.lock = threading.RLock()
        self.posts: dict[int, Post] = {}
        self._edits = 0
        self._next_id = 61
        for number in range(reviews):
            self._add_review(number)
        self._add_special()

    def _add_review(self, number: int) -> None:
        thing, people = _THINGS[number % 7], _PEOPLE[number // 7 % 6]
        outcome = _OUTCOMES[number % 5]
        title = f"{thing} for {people}: effects on {outcome} ({number})"
        self.add(title, groups=[list(GROUPS)[number % 5]], files=number % 4 == 0)

    def _add_special(self) -> None:
        """Each oddity of docs/sites.md once."""
        add = self.add
        add(
            "Boot camps by the sea", stage="protocol", in_rest=False, text="This is the protocol for a Campbell review."
        )
        add("Tea rooms for apprentices", stage="title", in_rest=False, text="This title has been registered.")
        withdrawn = add("Cold baths for clerks", in_rest=False, text="This review has been withdrawn by its authors.")
        withdrawn.title, withdrawn.withdrawn = f"WITHDRAWN: {withdrawn.title}", True
        add("Morning songs: an update of a systematic review", stage="update", groups=["education", "ageing"])
        add("小班教学与学生成绩：系统综述", slug="小班教学与学生成绩", text="本综述纳入了十二项研究。")
        add("Locked drawers for auditors", password=True)
        long = add("Long walks for poets: effects on rhyme")
        long.parts.append(_paragraph("What do the findings of this review mean?", "Long walks may help with rhyme."))
        add("Kite clubs for ferry crews and their dogs")
        add("Paper lanterns & string: what works", slug="paper-lanterns-string-what-works")

    def add(
        self,
        title: str,
        *,
        slug: str | None = None,
        stage: str = "review",
        groups: list[str] | None = None,
        text: str | None = None,
        in_rest: bool = True,
        password: bool = False,
        files: bool = False,
    ) -> Post:
        """Publish a review and give it."""
        with self.lock:
            number, self._next_id = self._next_id, self._next_id + 3
            post = Post(
                id=number,
                slug=slug or _slug(title),
                title=title,
                stage=stage,
                groups=groups or ["social-welfare"],
                parts=[_content(title, number, text)],
                modified=self._moment(),
                in_rest=in_rest,
                password=password,
                files=[f"/wp-content/uploads/2024/03/summary-{number}.pdf"] if files else [],
            )
            self.posts[number] = post
            return post

    def edit(self, post: Post, *, title: str | None = None, groups: list[str] | None = None,
             section: str | None = None) -> None:  # fmt: skip
        """Change a post and save it."""
        with self.lock:
            post.title = title or post.title
            post.groups = groups or post.groups
            if section:
                post.parts[-1] += _paragraph("How up-to-date is this review?", section)
            post.modified = self._moment()

    def rename(self, post: Post, slug: str) -> None:
        """Change a post's slug; WordPress remembers the old one and redirects it."""
        with self.lock:
            post.old_slugs.append(post.slug)
            post.slug, post.modified = slug, self._moment()

    def delete(self, post: Post) -> None:
        """Move a post to the bin."""
        with self.lock:
            del self.posts[post.id]

    def by_slug(self, slug: str) -> Post | None:
        """Find a post as the database compares slugs: without regard to case."""
        return next((post for post in self.sorted() if post.slug.lower() == slug.lower()), None)

    def by_old_slug(self, slug: str) -> Post | None:
        """Find the post that once had the slug."""
        return next((post for post in self.sorted() if slug in post.old_slugs), None)

    def guessed(self, slug: str) -> Post | None:
        """Find what WordPress takes a mistyped slug for: the first post whose slug begins with it."""
        return next((post for post in self.sorted() if slug and post.slug.startswith(slug)), None)

    def sorted(self) -> list[Post]:
        """Return all posts by ID."""
        with self.lock:
            return [self.posts[number] for number in sorted(self.posts)]

    def truth(self) -> dict[str, dict[str, Any]]:
        """Return what a crawl must find: path of each post's page → title, stage, groups, withdrawn."""
        return {
            post.path: {
                "title": post.title,
                "types": [TYPES[post.type_slug][1]],
                "stage": post.stage,
                "groups": [GROUPS[group][1] for group in post.groups],
                "withdrawn": post.withdrawn,
            }
            for post in self.sorted()
        }

    def _moment(self) -> datetime:
        self._edits += 1
        return datetime(2024, 6, 1, 12, tzinfo=UTC) + timedelta(hours=37 * self._edits)


def _slug(title: str) -> str:
    kept = "".join(one if one.isalnum() else " " for one in title.lower())
    return "-".join(kept.split())


def _content(title: str, number: int, text: str | None) -> str:
    if text is not None:
        return f"<p>{escape(text, quote=False)}</p>\n"
    thing = escape(title.partition(":")[0].partition(" (")[0], quote=False)
    return (
        f'\n<h2 class="wp-block-heading">{thing} may help, but few studies asked</h2>\n\n\n\n'
        f"<p>{thing} are popular – yet little was known about them. This review invents {number} studies.</p>\n"
        + _paragraph("What is this review about?", f"It’s about {thing.lower()}&nbsp;and nothing else.")
        + _paragraph("What studies are included?", f"This review includes {number} studies from nowhere.")
        + _paragraph("What are the main findings of this review?", "Effects are small (p &lt; .05).")
    )


def _paragraph(heading: str, text: str) -> str:
    return f'\n\n\n<h3 class="wp-block-heading">{heading}</h3>\n\n\n\n<p>{text}</p>\n'
