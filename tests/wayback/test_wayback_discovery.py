"""What the discovery asks for, row by row, without a server."""

from __future__ import annotations

import json
import re

from campbell_scraper.archive.write.restore import Recorded
from campbell_scraper.sample import generated
from campbell_scraper.spiders.discovery import Answer, History, Scope, Step
from campbell_scraper.spiders.sources.wayback_index import PATHS, span_of
from campbell_scraper.spiders.sources.wayback_source import NO_CENSUS, WaybackDiscovery
from tests.helpers import steps_of

SITE = "https://www.campbellcollaboration.org/"
MACHINE = "http://127.0.0.1:8000"
FIELDS = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest"]
KITES = "http://www.campbellcollaboration.org/better-evidence/kites.html"


def row(timestamp: str, digest: str, status: str = "200", url: str = KITES, mimetype: str = "text/html") -> list[str]:
    path = url.partition("campbellcollaboration.org")[2]
    return [f"org,campbellcollaboration){path}", timestamp, url, mimetype, status, digest]


def begun(**scope: object) -> WaybackDiscovery:
    span = span_of(machine=MACHINE, **scope.pop("span", {}))  # type: ignore[arg-type]
    return WaybackDiscovery(SITE, Scope(span=span, **scope))  # type: ignore[arg-type]


def listed(discovery: WaybackDiscovery, *rows: list[str], end: tuple[list[str], ...] = ()) -> list[Step]:
    """Answer the first page of the index; give what follows."""
    (first, *_) = list(discovery.start())
    headers = [("Content-Type", "application/json")]
    body = json.dumps([FIELDS, *rows, *end]).encode()
    return steps_of(discovery, Answer(asked=first.url, url=first.url, status=200, headers=headers, body=body))


def stamps(steps: list[Step]) -> list[str]:
    return [step.url.split("/web/")[1][:14] for step in steps if step.decision is None]


def test_of_each_url_every_capture_that_differs_from_the_one_before_is_asked_for() -> None:
    rows = [row("20160101000000", "A"), row("20160201000000", "A"), row("20160301000000", "B"),
            row("20160401000000", "A", "-", mimetype="warc/revisit"), row("20160501000000", "A")]  # fmt: skip
    found = listed(begun(), *rows)
    assert stamps(found) == ["20160101000000", "20160301000000", "20160401000000"]
    assert found[0].url == f"{MACHINE}/web/20160101000000id_/{KITES}"
    assert all(step.exact for step in found)


def test_a_gone_page_is_asked_for_at_each_url_though_the_answer_is_the_same() -> None:
    other = KITES.replace("kites", "lanterns")
    found = listed(begun(), row("20180101000000", "N", "404"), row("20180101000001", "N", "404", other))
    assert stamps(found) == ["20180101000000", "20180101000001"]


def test_a_redirect_is_asked_for_once_for_each_target() -> None:
    rows = [row("20160101000000", "R", "301"), row("20160101000001", "A"), row("20160201000000", "R", "301"),
            row("20160201000001", "B"), row("20160301000000", "S", "302")]  # fmt: skip
    assert stamps(listed(begun(), *rows)) == ["20160101000000", "20160101000001", "20160201000001", "20160301000000"]


def test_what_is_no_page_of_the_library_is_left_out() -> None:
    rows = [
        row("20160101000000", "A", url="http://www.example.org/better-evidence/kites.html"),
        row("20160101000000", "B", url=KITES.replace(".html", ".pdf")),
        row("20160101000000", "C", url=KITES + "?format=feed&type=rss"),
        row("20160101000000", "D", mimetype="image/png"),
    ]
    assert listed(begun(), *rows) == []


def test_captures_that_earlier_runs_have_are_noted_and_not_asked_for() -> None:
    discovery = begun()
    discovery.history = lambda: History(captures=frozenset({(KITES, "20160101000000")}))
    found = listed(discovery, row("20160101000000", "A"), row("20160201000000", "B"))
    assert [(step.decision, step.url.split("/web/")[1][:14]) for step in found] == [
        ("unchanged", "20160101000000"),
        (None, "20160201000000"),
    ]


def test_a_capture_that_led_to_one_which_is_had_is_not_asked_for_again() -> None:
    discovery = begun()
    asked, served = (f"{MACHINE}/web/{stamp}id_/{KITES}" for stamp in ("20160101000000", "20160201000000"))
    captures = frozenset({(KITES, "20160201000000")})
    discovery.history = lambda: History(captures=captures, redirects={asked: served})
    assert stamps(listed(discovery, row("20160101000000", "A"))) == []


def test_a_limit_is_one_of_reviews_not_of_captures_and_leaves_the_discovery_incomplete() -> None:
    discovery = begun(limit=1)
    other = KITES.replace("kites", "lanterns")
    listing = "http://www.campbellcollaboration.org/better-evidence.html"
    found = listed(
        discovery,
        row("20160101000000", "A"),
        row("20160201000000", "B"),
        row("20160101000009", "C", url=other),
        row("20160101000000", "D", url=listing),
    )
    assert stamps(found) == ["20160101000000", "20160201000000", "20160101000000"]
    assert [step.url for step in found if step.decision == "limit"] == [other]
    assert discovery.incomplete


def test_the_index_is_read_on_with_its_resume_key_and_not_in_a_circle() -> None:
    discovery = begun()
    listed(discovery, row("20160101000000", "A"), end=([], ["key 1"]))
    (following,) = discovery.idle()
    assert "resumeKey=key+1" in following.url
    body = json.dumps([FIELDS, row("20160201000000", "B"), [], ["key 1"]]).encode()
    steps_of(discovery, Answer(asked=following.url, url=following.url, status=200, body=body))
    assert discovery.idle() == []
    assert any("no end" in reason for reason in discovery.incomplete)


def test_what_was_cut_off_or_failed_is_asked_for_again_and_then_given_up() -> None:
    discovery = begun()
    (step,) = listed(discovery, row("20160101000000", "A"))
    headers = [("Memento-Datetime", "Fri, 01 Jan 2016 00:00:00 GMT")]
    recorded = Recorded("urn:uuid:1", "2026-01-01T00:00:00.000000Z", headers, is_whole=False)
    cut = Answer(asked=step.url, url=step.url, status=200, headers=headers, body=b"half", recorded=recorded)
    rounds = 0
    for _ in range(20):
        assert discovery.restored(cut) is None
        discovery.steps(cut)
        if not (again := discovery.idle()):
            break
        assert [one.url for one in again] == [step.url]
        assert again[0].again
        rounds += 1
    assert rounds == 3
    assert discovery.incomplete == [f"{step.url}: the capture was not served whole", NO_CENSUS]
    assert discovery.closing["crawl-wayback-complete"] == "0"


def test_a_neighbour_of_another_time_or_host_is_not_followed() -> None:
    for target in (
        f"{MACHINE}/web/20110101000000id_/{KITES}",
        "https://example.org/",
        f"http://other/web/2016id_/{KITES}",
        "http://[a/",
    ):
        discovery = begun(span={"since": "2016"})
        (step,) = listed(discovery, row("20160101000000", "A"))
        answer = Answer(asked=step.url, url=step.url, status=302, headers=[("Location", target)])
        assert discovery.steps(answer) == []


def test_a_chain_of_neighbours_ends() -> None:
    discovery = begun()
    (step,) = listed(discovery, row("20160101000000", "A"))
    followed = 0
    for day in range(2, 28):
        target = f"{MACHINE}/web/201601{day:02}000000id_/{KITES}"
        answer = Answer(asked=step.url, url=step.url, status=302, headers=[("Location", target)])
        steps = discovery.steps(answer)
        if not steps:
            break
        (step,) = steps
        followed += 1
    assert followed == 5


def test_a_machine_that_cannot_be_reached_is_not_asked_on_and_on() -> None:
    discovery = begun()
    (first, *rest) = list(discovery.start())
    assert len(rest) == len(PATHS) - 1
    discovery.failed(first.url, None, "connection refused")
    assert discovery.idle() == []
    assert discovery.incomplete


def test_the_nearest_capture_is_the_nearest_that_shows_the_page() -> None:
    discovery = begun(span={"nearest": "2018-08-20"})
    gone = KITES.replace("kites", "gone")
    rows = [row("20160101000000", "A"), row("20180801000000", "N", "404"), row("20180820000000", "R", "301"),
            row("20190101000000", "B"), row("20180820000000", "N", "404", gone)]  # fmt: skip
    assert listed(discovery, *rows) == []
    assert stamps(discovery.idle()) == ["20190101000000"]


def test_where_the_nearest_capture_cannot_be_had_or_shows_no_page_the_next_is_asked_for() -> None:
    discovery = begun(span={"nearest": "2018-08-20"})
    listed(discovery, *(row(f"2018080{day}000000", "ABCDE"[day - 1]) for day in range(1, 6)))
    (nearest,) = discovery.idle()
    (second,) = discovery.steps(Answer(asked=nearest.url, url=nearest.url, status=404))
    archived = [("X-Archive-Orig-Date", "x"), ("Memento-Datetime", "Sat, 04 Aug 2018 00:00:00 GMT")]
    recorded = Recorded("urn:uuid:1", "2026-01-01T00:00:00Z", archived, is_whole=True)
    shown = Answer(asked=second.url, url=second.url, status=404, headers=archived, recorded=recorded)
    assert discovery.restored(shown) is None
    (third,) = discovery.steps(shown)
    assert stamps([nearest, second, third]) == ["20180805000000", "20180804000000", "20180803000000"]
    assert list(discovery.steps(Answer(asked=third.url, url=third.url, status=404))) == []


def test_files_that_a_captured_page_offers_are_noted() -> None:
    library = generated(8, seed=4)
    (page, *_) = (found for entry in library.entries if b".pdf" in (found := library.get(entry.path, {})).body)
    discovery = begun()
    (step,) = listed(discovery, row("20160101000000", "A"))
    headers = [("Memento-Datetime", "Fri, 01 Jan 2016 00:00:00 GMT"), ("Content-Type", "text/html; charset=utf-8")]
    recorded = Recorded("urn:uuid:1", "2026-01-01T00:00:00.000000Z", headers, is_whole=True)
    answer = Answer(asked=step.url, url=step.url, status=200, headers=headers, body=page.body, recorded=recorded)
    steps = steps_of(discovery, answer)
    offered = {f"{SITE}media/{path}" for path in re.findall(r'href="/media/([^"]+\.pdf)"', page.body.decode())}
    assert offered
    assert {(one.url, one.decision, one.via) for one in steps} == {(url, "limit", KITES) for url in offered}
