"""Each option of a crawl stands once: command line, schedule, archive and spider make theirs of it."""

from __future__ import annotations

from datetime import timedelta

import click
import pytest
from click.testing import CliRunner

from campbell_scraper.errors import UsageError
from campbell_scraper.faces.cli.generated_options import crawling_options
from campbell_scraper.spiders.crawl_options import DEFAULT_SITES, DEFAULTS, OPTIONS, CrawlOptions
from campbell_scraper.spiders.spider import SOURCES

SITE = "http://127.0.0.1:9/"
ASKED = CrawlOptions(
    site=SITE, source="wayback", contact="--a b@example.org", limit=7, delay=0.25, concurrency=2, max_requests=900,
    max_bytes=20_000_000, max_time=43_200.0, requisites=False, full=True, full_every=90.5, follow=0.0, gate=True,
    since="2016-05", until="2019", nearest="2018", paths=("/a*", "--fresh"), wayback_url="http://127.0.0.1:9/m",
)  # fmt: skip
"""No option has its default, but for ``resume``, which is none of a schedule's."""


def parsed(*words: str) -> CrawlOptions:
    """Return what the command line makes of words."""
    found: dict[str, object] = {}
    command = click.command()(crawling_options()(lambda **given: found.update(given)))
    result = CliRunner().invoke(command, list(words))
    assert result.exit_code == 0, result.output
    return CrawlOptions(site=SITE, **found)  # type: ignore[arg-type]  # options by name


def test_without_words_every_option_has_its_default() -> None:
    assert parsed() == CrawlOptions(site=SITE)


def test_the_words_of_a_schedule_ask_for_the_same_crawl() -> None:
    assert [name for name in OPTIONS if getattr(ASKED, name) == DEFAULTS[name]] == ["resume"]
    assert parsed(*ASKED.words()) == ASKED


def test_a_schedule_passes_on_what_is_not_the_default() -> None:
    assert CrawlOptions(site=SITE, concurrency=3, resume=True).words() == ["--concurrency=3"]
    assert CrawlOptions(site=SITE, source="k2").words() == ["--source=k2"]


def test_the_scope_is_recorded_and_the_pace_is_not() -> None:
    assert CrawlOptions(site=SITE, delay=9.0, max_requests=5, contact="a@example.org", follow=0.0).recorded() == ""
    assert ASKED.recorded() == (
        "limit=7 requisites=False full=True full-every=90.5 from=2016-05 to=2019 nearest=2018 path=/a*,--fresh"
    )


def test_the_spider_takes_the_texts_of_fields() -> None:
    texts = {"source": "live", "limit": "5", "full": "1", "full_every": "2d", "paths": "/a*,/b", "library": "l"}
    found = CrawlOptions.of_texts(SITE, texts)
    assert found == CrawlOptions(
        site=SITE, source="live", limit=5, full=True, full_every=172_800.0, paths=("/a*", "/b"), library="l"
    )
    assert found.scope().full_every == timedelta(days=2)


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ({"limit": "0"}, "limit: '0' is not a whole number above 0"),
        ({"full_every": "soon"}, "full_every: 'soon' is not a duration"),
        ({"source": "joomla"}, "there is no source 'joomla': choose one of auto, k2, live, wayback"),
        ({"delay": "2"}, "takes no argument 'delay'"),
        ({"lmit": "2"}, "takes no argument 'lmit'"),
    ],
)
def test_a_text_that_cannot_be_used_is_refused(texts: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says.replace("(", r"\(")):
        CrawlOptions.of_texts(SITE, texts)


def test_every_source_has_a_discovery() -> None:
    assert SOURCES.keys() == {"auto"} | DEFAULT_SITES.keys()
