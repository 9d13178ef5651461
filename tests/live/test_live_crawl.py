"""The live source against a local WordPress: every item of its truth, whatever the site does."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from campbell_scraper.reading.page_reading import read_page
from campbell_scraper.spiders.sources.live_source import LiveDiscovery
from tests.servers.crawling import Folder
from tests.servers.wordpress import WordPress


def found(folder: Folder, site: WordPress) -> dict[str, dict[str, Any]]:
    """Return what the database says in the form of the server's truth."""
    groups: dict[str, list[str]] = {}
    sql = "select r.review_id, g.name from review_groups r join coordinating_groups g using (group_id)"
    for row in folder.rows(sql):
        groups.setdefault(row["review_id"], []).append(row["name"])
    types = folder.rows("select review_id, name from review_document_types")
    return {
        row["url"].removeprefix(site.url): {
            "title": row["title"],
            "types": [one["name"] for one in types if one["review_id"] == row["review_id"]],
            "stage": row["stage"],
            "groups": sorted(groups.get(row["review_id"], [])),
            "withdrawn": row["status"] == "withdrawn",
        }
        for row in folder.rows("select * from reviews where status <> 'gone'")
    }


def truth(site: WordPress) -> dict[str, dict[str, Any]]:
    """Return the server's truth, groups in order of their names."""
    return {path: {**entry, "groups": sorted(entry["groups"])} for path, entry in site.content.truth().items()}


WHOLE = (
    (),
    ("classic-theme",),
    ("old",),
    ("plain-permalinks",),
    ("small-pages", "rest-html-once"),
    ("cut-off",),
    *(
        pytest.param(quirks, marks=pytest.mark.slow)
        for quirks in (
            ("seo-sitemap",),
            ("gzip-sitemap",),
            ("split-sitemap",),
            ("no-canonical",),
            ("no-alternate",),
            ("forbidden-once",),
            ("small-pages",),
            ("small-pages", "no-totals"),
            ("small-pages", "shifting"),
            ("small-pages", "growing"),
        )
    ),
)


@pytest.mark.parametrize("quirks", WHOLE, ids=lambda quirks: "+".join(quirks) or "plain")
def test_every_item_once_with_its_stage_and_groups(quirks: tuple[str, ...], folder: Folder) -> None:
    with WordPress(reviews=8, quirks=quirks) as site:
        site.list_limit = 7
        folder.crawl(site.url)
        assert found(folder, site) == truth(site)
        assert folder.last_crawl()["discovery_complete"] == 1
        pages = [path for path in site.pages_asked() if site.times.get(path, 0) > 1]
        assert not pages or {"forbidden-once", "cut-off"} & set(quirks), "asked for twice"


def test_whatever_lists_and_pages_name_is_had_or_has_a_row(folder: Folder) -> None:
    with WordPress(reviews=2) as site:
        folder.crawl(site.url)
        _, _, index = site.answer("/wp-sitemap.xml", {})
        named = set(re.findall(r"<loc>([^<]+)</loc>", index.decode()))
        for path in site.pages_asked():
            _, headers, body = site.answer(path, {})
            named.update(read_page(site.url + path, list(headers), body).links)
        rows = {row["url"]: row for row in folder.rows("select * from discovered")}
        assert not {url for url in named if url not in rows and url.rstrip("/") + "/" not in rows}
        left = {url.removeprefix(site.url): row["via"] for url, row in rows.items() if row["decision"] == "limit"}
        assert left["/wp-sitemap-users-1.xml"] == f"{site.url}/wp-sitemap.xml"
        assert left["/education/reviews/"].startswith(site.url)
        asked = {one.target for one in site.asked()}
        assert not asked & set(left), "these are rows of what was not fetched"


def test_a_sitemap_that_robots_txt_names_on_another_host_is_noted_and_not_asked_for() -> None:
    discovery = LiveDiscovery("https://campbell.example/")
    discovery.sitemaps_named(["https://cdn.example/sitemap.xml", "https://campbell.example/sitemap_index.xml"])
    steps = {step.url: (step.decision, step.via) for step in discovery.idle()}
    assert steps["https://cdn.example/sitemap.xml"] == ("offsite", "https://campbell.example/robots.txt")
    assert steps["https://campbell.example/sitemap_index.xml"][0] is None


def test_a_list_whose_last_page_vanishes_while_it_is_read_is_begun_again(folder: Folder) -> None:
    """The one item of the last page has moved to a page that was read already."""
    with WordPress(reviews=1, quirks=("small-pages", "shifting", "no-alternate")) as site:
        site.list_limit = sum(post.in_rest for post in site.content.sorted()) - 1
        folder.crawl(site.url)
        pages = [one.target.rpartition("=")[2] for one in site.asked("/wp-json/wp/v2/review?")]
        assert pages == ["1", "2", "1"]
        assert found(folder, site) == truth(site)
        assert folder.last_crawl()["discovery_complete"] == 1


def test_what_is_asked_for_and_in_which_order(folder: Folder) -> None:
    with WordPress(reviews=3) as site:
        folder.crawl(site.url)
        asked = [one.target.partition("&")[0] for one in site.log]
        begin = ["/robots.txt", "/", "/.well-known/tdmrep.json", "/favicon.ico", "/wp-sitemap.xml"]
        begin += ["/wp-json/wp/v2/review?orderby=id", "/wp-sitemap-posts-page-1.xml", "/wp-sitemap-posts-review-1.xml"]
        assert sorted(asked[: len(begin)]) == sorted(begin)
        assert asked[:2] == begin[:2]
        assert asked.index("/wp-sitemap.xml") < asked.index("/wp-sitemap-posts-review-1.xml")
        assert len(set(asked)) == len(asked), "asked for twice"
        for post in site.content.sorted():
            media = f"/wp-json/wp/v2/media?parent={post.id}"
            json_form = [] if post.in_rest else [f"/wp-json/wp/v2/review/{post.id}?_embed=1"]
            order = [asked.index(one) for one in (post.path, *json_form, media, *post.files)]
            assert order == sorted(order), "a part of a review was asked for before what leads to it"
            assert order[0] >= len(begin), "a page was asked for before the lists were read"


@pytest.mark.parametrize("quirk", ["rest-off", "rest-refused", "robots-bars-rest"])
def test_without_rest_the_sitemap_alone_finds_every_page(quirk: str, folder: Folder) -> None:
    with WordPress(reviews=4, quirks=(quirk,)) as site:
        folder.crawl(site.url)
        assert found(folder, site).keys() == truth(site).keys()
        assert folder.last_crawl()["discovery_complete"] == 1
        assert not [one for one in site.asked("/wp-json/wp/v2/media") if one.status == 200]


def test_without_rest_and_terms_stages_are_what_pages_say_or_reported(folder: Folder) -> None:
    with WordPress(reviews=2, quirks=("rest-off",)) as site:
        begun = ("boot-camps", "tea-rooms", "morning-songs", "kite-clubs")
        posts = site.content.sorted()
        expected: dict[str, str | None] = {post.path: post.stage for post in posts if post.slug.startswith(begun)}
        for title, slug, stage in (
            ("Protocol: Sundials for night bakers", "sundials-1", "protocol"),
            ("Title registration: Hourglasses for ferry crews", "hourglasses-1", "title"),
            ("Water clocks for drummers", "water-clocks-for-drummers-protocol", "protocol"),
            ("Candle clocks for voters", "title-registration-candle-clocks", "title"),
            ("Cuckoo clocks for neighbours", "cuckoo-clocks", None),
            ("Alarm clocks", "on-the-montreal-protocol-of-1987", None),
        ):
            expected[site.content.add(title, slug=slug, text="Little is said here.").path] = stage
        folder.crawl(site.url)
        rows = {row["url"].removeprefix(site.url): row["stage"] for row in folder.rows("select * from reviews")}
        assert {path: rows[path] for path in expected} == expected
        told = folder.rows("select url from unhandled where kind = 'document_type' and value like 'no stage%'")
        assert {row["url"].removeprefix(site.url) for row in told} == {path for path in rows if rows[path] is None}


def test_with_rest_a_slug_says_nothing_about_the_stage(folder: Folder) -> None:
    """A review keeps the address its protocol had."""
    with WordPress(reviews=1) as site:
        post = site.content.add("Pendulums for clerks", slug="pendulums-for-clerks-protocol", text="Text.")
        folder.crawl(site.url)
        (row,) = folder.rows("select stage from reviews where url = ?", site.url + post.path)
        assert row["stage"] == "review"
        assert not folder.rows("select 1 from unhandled where value like 'no stage%'")


@pytest.mark.parametrize("quirk", ["rest-html", "rest-forbidden", "database-down", "no-sitemap"])
def test_a_list_that_cannot_be_read_makes_the_discovery_incomplete(quirk: str, folder: Folder) -> None:
    with WordPress(reviews=4, quirks=(quirk,)) as site:
        folder.crawl(site.url, code=0 if quirk == "no-sitemap" else 3)
        expected = {post.path for post in site.content.sorted() if post.in_rest or quirk != "no-sitemap"}
        assert found(folder, site).keys() == expected
        assert folder.last_crawl()["discovery_complete"] == 0


def test_rest_list_and_item_page_are_both_archived_and_files_too(folder: Folder) -> None:
    with WordPress(reviews=5) as site:
        folder.crawl(site.url)
        captured = {row["url"].removeprefix(site.url): row for row in folder.rows("select * from captures")}
        for post in site.content.sorted():
            assert captured[post.path]["kind"] == "review"
            assert not [path for path in post.files if captured[path]["kind"] != "pdf"]
            if not post.in_rest:
                assert captured[f"/wp-json/wp/v2/review/{post.id}?_embed=1"]["status"] == 200
        split = next(post for post in site.content.sorted() if len(post.parts) > 1)
        assert captured[f"{split.path}2/"]["status"] == 200
        lists = [path for path in captured if path.startswith("/wp-json/wp/v2/review?")]
        assert lists == ["/wp-json/wp/v2/review?orderby=id&order=asc&per_page=100&_embed=1&page=1"]


def test_a_password_keeps_the_text_and_not_the_review(folder: Folder) -> None:
    with WordPress(reviews=1) as site:
        folder.crawl(site.url)
        (row,) = folder.rows("select * from reviews where url like '%locked-drawers%'")
        assert row["title"] == "Locked drawers for auditors"
        assert not folder.rows("select * from summaries where review_id = ?", row["review_id"])


def test_maintenance_in_the_middle_costs_time_and_nothing_else(folder: Folder) -> None:
    with WordPress(reviews=3) as site:
        site.maintain(2)
        folder.crawl(site.url)
        assert found(folder, site) == truth(site)
        assert folder.last_crawl()["discovery_complete"] == 1
        closed = [one for one in site.log if one.status == 503]
        after = site.log[site.log.index(closed[-1]) + 1]
        assert len(closed) == 2
        assert after.at - closed[-1].left >= 1.0


def test_a_limit_is_kept_and_what_it_left_out_is_listed(folder: Folder) -> None:
    with WordPress(reviews=6) as site:
        folder.crawl(site.url, "--limit", "3")
        assert len(site.pages_asked()) == 3
        left = folder.rows("select * from discovered where decision = 'limit' and url like '%/review/%'")
        assert len(left) == len(site.content.posts) - 3
        assert folder.last_crawl()["discovery_complete"] == 0


@pytest.mark.parametrize("quirk", ["tdm-header", "tdm-meta", "tdm-file"])
def test_a_reservation_is_recorded(quirk: str, folder: Folder) -> None:
    with WordPress(reviews=1, quirks=(quirk,)) as site:
        folder.crawl(site.url)
        closing = json.loads(folder.last_crawl()["closing"])
        assert closing["crawl-tdm-reservation"] == "1"
        assert ("crawl-tdm-policy" in closing) == (quirk != "tdm-meta")
        assert len(site.asked("/.well-known/tdmrep.json")) == 1


def test_no_reservation_is_claimed_where_none_is_made(folder: Folder) -> None:
    with WordPress(reviews=1) as site:
        folder.crawl(site.url)
        assert "tdm" not in folder.last_crawl()["closing"]
