"""What a librarian would read on small pages made by hand, on each layout that can say it."""

from __future__ import annotations

import json
from html import escape

import pytest

from campbell_scraper.items import ReviewRecord
from campbell_scraper.reading.page_reading import read_page
from campbell_scraper.view.fold.works import WorkEvidence, relate

SITE = "https://www.campbellcollaboration.org"
HTML = [("Content-Type", "text/html; charset=utf-8")]


def k2(title: str, *, intro: str = "", **fields: str) -> ReviewRecord:
    """Read a K2 item; a keyword is a label with "_" for a space, its value is markup."""
    items = "".join(
        f'<li class="even typeTextfield group1"><span class="itemExtraFieldsLabel">{label.replace("_", " ")}:</span>'
        f'<span class="itemExtraFieldsValue">{value}</span></li>'
        for label, value in fields.items()
    )
    page = (
        f'<!DOCTYPE html><html><head><title>t</title></head><body><div id="k2Container" class="itemView">'
        f'<div class="itemHeader"><h2 class="itemTitle">{escape(title)}</h2></div><div class="itemBody">{intro}'
        f'<div class="itemExtraFields"><h3>Additional Info</h3><ul>{items}</ul></div></div></div></body></html>'
    )
    return read_page(f"{SITE}/better-evidence/walking-groups.html", HTML, page.encode()).reviews[0]


def wordpress(title: str | None, content: str, *, head: str = "t", body: str = "") -> ReviewRecord:
    """Read a WordPress post; ``body`` stands where its title would."""
    heading = f'<h1 class="wp-block-post-title">{escape(title)}</h1>' if title else body
    page = (
        f"<!DOCTYPE html><html><head><title>{head}</title></head>"
        f'<body class="review-template-default single single-review postid-1">{heading}'
        f'<div class="entry-content wp-block-post-content"><h2>Walking helps a little</h2><p>A brief.</p>'
        f"<h3>What is this review about?</h3><p>Text.</p>{content}</div></body></html>"
    )
    return read_page(f"{SITE}/review/walking-groups/", HTML, page.encode()).reviews[0]


@pytest.mark.parametrize(
    ("href", "doi", "flagged"),
    [
        ("https://journals.sagepub.com/doi/10.1177/18911803261000001", "10.1177/18911803261000001", False),
        ("https://journals.sagepub.com/doi/full/10.4073/csr.2017.99", "10.4073/csr.2017.99", False),
        ("https://journals.sagepub.com/doi/pdf/10.1002/cl2.1037", "10.1002/cl2.1037", False),
        ("https://onlinelibrary.wiley.com/doi/10.1002/cl2.1037", "10.1002/cl2.1037", False),
        ("https://doi.org/10.4073/cpg.2016.1", "10.4073/cpg.2016.1", False),
        ("https://journals.example.net/doi/10.9999/new.1", "10.9999/new.1", True),
        ("https://reports.example.net/walking-groups", None, True),
        ("https://onlinelibrary.wiley.com/doi/10.1002/cl2.1037/", "10.1002/cl2.1037", False),
    ],
)
def test_the_full_review_is_known_by_its_doi_whoever_publishes_it(href: str, doi: str | None, flagged: bool) -> None:
    link = f'<a href="{href}">See the full review</a>'
    for record in (k2("Walking groups", See_the_full_review=link), wordpress("Walking groups", f"<p>{link}</p>")):
        assert (record.full_review_url, record.doi) == (href, doi)
        assert [one.value for one in record.unhandled if one.kind == "publisher"] == ([href] if flagged else [])
    assert record.summaries[0].text == "Walking helps a little\nA brief.\nWhat is this review about?\nText."


def test_of_several_links_the_one_of_a_known_journal_is_the_full_review() -> None:
    record = wordpress(
        "Walking groups",
        '<p>As in <a href="https://doi.org/10.1016/j.other.1">the full text of a study</a>, <a '
        'href="https://news.example.net/a">read the article</a>.</p><p><a '
        'href="https://journals.sagepub.com/doi/10.1177/18911803261000001">Read the full review</a></p>',
    )
    assert record.doi == "10.1177/18911803261000001"


ARTICLE = "https://journals.sagepub.com/doi/10.1177/18911803261000001"


@pytest.mark.parametrize(
    "content",
    [
        f'<p><a href="{ARTICLE}">View the review</a></p>',
        f'<p><a href="{ARTICLE}">Sage Journals</a></p>',
        f'<p>The full review is available <a href="{ARTICLE}">here</a>.</p>',
        f'<div class="wp-block-button"><a class="wp-block-button__link" href="{ARTICLE}">Go</a></div>',
    ],
)
def test_an_article_of_the_journal_is_the_full_review_whatever_its_link_is_called(content: str) -> None:
    assert wordpress("Walking groups", content).full_review_url == ARTICLE


def test_what_a_summary_cites_is_not_its_full_review() -> None:
    cited = f'<p>This adds to what <a href="{ARTICLE}">an earlier review</a> says of groups that walk together.</p>'
    other = '<p><a href="https://doi.org/10.1002/cl2.1037">A related review</a></p>'
    alone = f'<p><a href="{ARTICLE}">A review</a></p>'
    for content in (cited, alone + other, '<p><a href="https://doi.org/10.1016/j.x.1">A study</a></p>'):
        assert wordpress("Walking groups", content).doi is None


def test_an_address_without_its_scheme_leads_to_the_doi() -> None:
    record = k2("Walking groups", See_the_full_review='<a href="doi.org/10.4073/csr.2015.6">x</a>')
    assert record.full_review_url == "https://doi.org/10.4073/csr.2015.6"


@pytest.mark.parametrize("href", ["/review/other/", "/wp-content/uploads/full-review.pdf"])
def test_a_page_or_file_of_the_site_is_no_full_review(href: str) -> None:
    assert wordpress("Walking groups", f'<p><a href="{href}">Read the full review</a></p>').full_review_url is None


MAP = "Walking groups for older people: An evidence and gap map"


def test_a_map_typed_as_a_review_is_a_map_and_its_two_pages_are_one_work() -> None:
    old = k2(MAP, Type_of_document="Review, Plain language summary")
    new = wordpress(MAP, "")
    assert (old.stage, new.stage) == ("map", "map")
    pages = [
        WorkEvidence("better-evidence/walking-egm", old.stage, "10.1002/cl2.9362", old.title),
        WorkEvidence("review/walking-groups-map", new.stage, None, new.title),
    ]
    assert {work for work, _ in relate(pages, [], {}).assigned.values()} == {"better-evidence/walking-egm"}


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        ("Campbell Collaboration", "", None),
        ("Campbell Collaboration", '<h1 class="wp-block-site-title"><a href="/">Campbell Collaboration</a></h1>', None),
        ("Campbell Collaboration", '<h1 class="wp-block-post-title"></h1>', None),
        ("Campbell Collaboration", "<h1>Campbell Collaboration</h1>", None),
        ("The Campbell Collaboration \u2013 Better evidence for a better world", "", None),
        ('Lantern Library - Light</title><meta property="og:site_name" content="Lantern Library"><title>', "", None),
        ("Walking groups \u2013 Campbell Collaboration", "", "Walking groups"),
        ("Walking: yes - or no | Campbell Collaboration", "", "Walking: yes - or no"),
        ("Campbell Collaboration", "<h1>Walking groups</h1>", "Walking groups"),
    ],
)
def test_a_post_without_a_title_has_none(head: str, body: str, expected: str | None) -> None:
    assert wordpress(None, "", head=head, body=body).title == expected


def test_a_policy_brief_has_no_facts_of_the_reviews_it_is_about() -> None:
    text = "<h3>What studies are included?</h3><p>The review includes 12 studies of 3,400 people.</p>"
    assert wordpress("Walking groups", text).summaries[0].facts
    assert wordpress("POLICY BRIEF: Walking groups", text).summaries[0].facts == []
    assert k2("Walking groups", Type_of_document="Policy brief", English=text).summaries[0].facts == []


def test_what_a_cms_writes_for_no_date_is_reported() -> None:
    record = k2("Walking groups", Published_date="1970-01-01")
    assert (record.published_date, record.published_date_raw) == (None, "1970-01-01")
    assert [(one.kind, one.value) for one in record.unhandled] == [("date", "1970-01-01")]
    post = {"type": "review", "link": f"{SITE}/review/x/", "title": {"rendered": "Walking groups"}}
    answer = json.dumps([post | {"content": {"rendered": ""}, "date_gmt": "1970-01-01T00:00:00"}]).encode()
    json_type = [("Content-Type", "application/json")]
    (rest,) = read_page(f"{SITE}/wp-json/wp/v2/review", json_type, answer).reviews
    assert (rest.published_date, [one.kind for one in rest.unhandled]) == (None, ["date"])


INTRO = '<div class="itemIntroText">{}</div>'
SECTION = (
    "<h3>What studies are included?</h3><p>The review includes 12 studies. They were done in schools and at work.</p>"
)


def test_text_above_the_block_is_the_summary_where_there_is_no_other() -> None:
    alone = k2("Walking groups", intro=INTRO.format(SECTION), Type_of_document="Review")
    assert [one.heading for one in alone.summaries[0].sections] == ["What studies are included?"]
    assert [one.value for one in alone.summaries[0].facts] == ["12"]
    untyped = k2("Walking groups", intro=INTRO.format(f"<p>{'Walking helps. ' * 20}</p>{SECTION}"))
    assert (untyped.stage, untyped.brief) == ("review", "Walking helps. " * 19 + "Walking helps.")
    short = "This review examines walking groups. It includes 12 studies, all done in schools."
    record = k2("Walking groups", intro=INTRO.format(f"<p>{short}</p>"), Type_of_document="Review")
    assert [(one.text, [fact.value for fact in one.facts]) for one in record.summaries] == [(short, ["12"])]
    other = k2("Walking groups", intro=INTRO.format(SECTION), Type_of_document="Review", English="<p>A brief.</p>")
    assert [one.language_label for one in other.summaries] == ["English"]


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("<p>This review has been withdrawn since its authors found an error in their data.</p>", "Review"),
        ("<p>See also the update.</p>", "Review"),
        (f"<p>{'Maps of others. ' * 20}</p>", ""),
    ],
)
def test_a_note_and_the_text_of_a_stub_are_no_summary(text: str, types: str) -> None:
    record = k2("Other maps", intro=INTRO.format(text), **({"Type_of_document": types} if types else {}))
    assert record.intro
    assert (record.summaries, record.headline, record.brief) == ([], None, None)
