"""The content of a WordPress page: whole where its markup is broken, without what WordPress and plugins add."""

from __future__ import annotations

import pytest

from campbell_scraper.items import ReviewRecord
from campbell_scraper.reading.page_reading import read_page

URL = "https://wp.example.org/review/radios/"
HTML = [("Content-Type", "text/html")]
BEFORE = "<h2>Radios work</h2><p>In brief.</p><h3>What is this review about?</h3><p>Radios.</p>"
AFTER = "<h3>How up-to-date is this review?</h3><p>Until 2014.</p>"
TEXT = "Radios work\nIn brief.\nWhat is this review about?\nRadios.\n{}How up-to-date is this review?\nUntil 2014."

BLOCK_THEME = """<html><body class="single-review"><div class="wp-site-blocks"><main class="wp-block-group">
<div class="wp-block-group"><h1 class="wp-block-post-title">Radios</h1>
<div class="entry-content alignfull wp-block-post-content has-global-padding">{}</div>
<div class="wp-block-group"></div><div class="wp-block-group"><nav class="wp-block-group" aria-label="Post navigation">
<div class="post-navigation-link-previous wp-block-post-navigation-link">
<a href="/review/a/" rel="prev">A</a></div></nav></div>
<div class="wp-block-comments"><h2 class="wp-block-heading">Comments</h2></div></div></main>
<div class="wp-block-group"><h2 class="wp-block-heading">More posts</h2></div></div></body></html>"""
CLASSIC_THEME = """<html><body class="single-review"><div id="page" class="site"><div id="content"><main>
<article class="type-review"><header class="entry-header"><h1 class="entry-title">Radios</h1></header>
<div class="entry-content">{}</div><!-- .entry-content -->
<footer class="entry-footer">Posted in News</footer></article>
<div id="comments" class="comments-area"><h2>Leave a Reply</h2></div></main></div>
<footer class="site-footer"><h2>Footer</h2><p>Words</p></footer></div></body></html>"""
THEMES = pytest.mark.parametrize("theme", [BLOCK_THEME, CLASSIC_THEME], ids=["block", "classic"])


def record(theme: str, content: str) -> ReviewRecord:
    (read,) = read_page(URL, HTML, theme.format(content).encode()).reviews
    return read


@THEMES
@pytest.mark.parametrize(
    "broken",
    [
        "<p>More.</p></div>",
        "<p>More.</p></div></div></div></div>",
        "</div>More.",
        "<div><p>More.</p>",
        "<ol><li><div>More.</li>",
        "<table><tr><td><p>More.</p></td></tr>",
        "<blockquote><p>More.</p>",
        "<p>More.</p><section><ul><li>",
    ],
)
def test_broken_markup_neither_ends_the_content_nor_draws_the_theme_into_it(theme: str, broken: str) -> None:
    read = record(theme, BEFORE + broken + AFTER)
    text = read.summaries[0].text.replace("1. More.", "More.").replace("- How", "How")
    assert text == TEXT.format("More.\n")
    assert [one.heading for one in read.summaries[0].sections] == [
        "What is this review about?",
        "How up-to-date is this review?",
    ]


@THEMES
@pytest.mark.parametrize(
    "added",
    [
        '<nav class="wp-block-table-of-contents"><ol><li><a href="#a">What is this review about?</a></li></ol></nav>',
        '<div id="ez-toc-container" class="ez-toc-v2"><p>Contents</p><ul><li><a href="#a">What?</a></li></ul></div>',
        '<div class="addtoany_share_save_container"><a href="https://example.com/share">Share</a></div>',
        '<div class="yarpp yarpp-related"><h3>Related posts:</h3><ol><li><a href="/review/b/">B</a></li></ol></div>',
        '<ul class="wp-block-latest-posts"><li><a href="/review/b/">B</a></li></ul>',
    ],
)
def test_what_wordpress_and_plugins_add_is_no_word_of_the_summary(theme: str, added: str) -> None:
    assert record(theme, BEFORE + added + AFTER).summaries[0].text == TEXT.format("")


@THEMES
def test_a_date_that_an_editor_put_into_the_content_does_not_end_it(theme: str) -> None:
    date = '<div class="wp-block-post-date"><time datetime="2020-05-01">1 May 2020</time></div>'
    assert record(theme, BEFORE + date + AFTER).summaries[0].text == TEXT.format("1 May 2020\n")


@pytest.mark.parametrize("behind", ["<p>Back to all reviews</p>", "<h2>Newsletter</h2><p>Sign up.</p>", "Loose words"])
def test_text_that_a_theme_prints_behind_the_content_is_not_the_post_s(behind: str) -> None:
    theme = CLASSIC_THEME.replace("</div><!-- .entry-content -->", "</div>" + behind)
    assert record(theme, BEFORE + AFTER).summaries[0].text == TEXT.format("")


@pytest.mark.parametrize("name", ["post-content", "elementor-widget elementor-widget-theme-post-content"])
def test_title_and_content_of_themes_with_classes_of_their_own(name: str) -> None:
    page = (
        '<html><head><title>Radios - Campbell</title></head><body class="single-review"><main>'
        f'<h1 class="elementor-heading-title">Radios</h1><div class="{name}">{BEFORE}{AFTER}</div></main></body></html>'
    )
    (read,) = read_page(URL, HTML, page.encode()).reviews
    assert (read.title, read.summaries[0].text, read.unhandled) == ("Radios", TEXT.format(""), [])
