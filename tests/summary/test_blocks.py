"""DOM to lines: what a reader sees, whatever the editor pasted."""

# ruff: noqa: E501  (a page reads best on one line)

from __future__ import annotations

import time

import pytest
from lxml import etree, html

from campbell_scraper.reading.summary.blocks import HEADING, ITEM, PARAGRAPH, ROW, blocks_of, collapsed, text_of
from tests.summary.markup import blocks, element


def lines(markup: str) -> list[str]:
    return [block.line for block in blocks(markup)]


def test_paragraphs_lists_and_rows_are_lines_of_their_own() -> None:
    markup = "<p>One</p><ul><li>a</li><li>b</li></ul><ol start='3'><li>c</li></ol><table><tr><th>h</th><td>v</td></tr></table>"
    assert lines(markup) == ["One", "- a", "- b", "3. c", "h\tv"]
    assert [b.kind for b in blocks(markup)] == [PARAGRAPH, ITEM, ITEM, ITEM, ROW]


def test_nested_list_items_do_not_swallow_each_other() -> None:
    assert lines("<ul><li>outer<ul><li>inner</li></ul></li><li><p>two</p><p>more</p></li></ul>") == [
        "- outer", "- inner", "- two", "more",
    ]  # fmt: skip


def test_a_list_item_outside_a_list_is_still_an_item() -> None:
    assert lines("<li>stray</li>") == ["- stray"]


def test_cell_paragraphs_join_and_empty_cells_keep_the_columns() -> None:
    assert lines("<table><tr><td></td><td><p>b</p><p>c</p></td><td></td></tr></table>") == ["\tb c"]


def test_a_layout_table_is_not_a_row() -> None:
    markup = (
        "<table><tr><td><h3>Q?</h3><p>text</p></td><td><p>side</p></td></tr><tr><td><p>one cell</p></td></tr></table>"
    )
    assert lines(markup) == ["Q?", "text", "side", "one cell"]
    assert blocks(markup)[0].kind == HEADING


def test_a_table_nested_in_a_cell_stays_in_the_cell() -> None:
    inner = "<table><tr><td>x</td><td>y</td></tr></table>"
    assert lines(f"<table><tr><td>a</td><td>{inner}</td></tr></table>") == ["a\tx y"]


@pytest.mark.parametrize("level", range(1, 7))
def test_heading_levels(level: int) -> None:
    (block,) = blocks(f"<h{level}><span>What</span> is <em>this</em>?</h{level}>")
    assert (block.kind, block.level, block.text) == (HEADING, level, "What is this?")


def test_a_heading_inside_a_link() -> None:
    (block,) = blocks("<a href='#'><h3>What studies are included?</h3></a>")
    assert (block.kind, block.level) == (HEADING, 3)


def test_text_that_an_unclosed_heading_dragged_in_is_no_heading() -> None:
    parent = element("")
    heading = etree.SubElement(parent, "h3")
    heading.text = "Heading"
    etree.SubElement(heading, "p").text = "text"
    heading[0].tail = "tail"
    assert [(b.kind, b.text) for b in blocks_of(parent)] == [
        (HEADING, "Heading"),
        (PARAGRAPH, "text"),
        (PARAGRAPH, "tail"),
    ]


@pytest.mark.parametrize(
    "markup",
    [
        "<p><strong>Head<br /></strong></p>",
        "<p><b>Head</b></p>",
        "<p><span style='font-weight: 700'>Head</span></p>",
        "<p><strong><span style='font-size: 12pt'>He</span></strong><strong>ad</strong> </p>",
        "<strong>Head</strong>",
        "<p class='MsoNormal'><b style='mso-bidi-font-weight:normal'>Head</b></p>",
        "<details><summary>Head</summary></details>",
        "<details><summary><span><div> Head </div></span></summary></details>",
        "<div role='button' aria-controls='a1' aria-expanded='false'><a>Head</a></div>",
        "<div role='heading' aria-level='3'>Head</div>",
    ],
)
def test_bold_lines(markup: str) -> None:
    (block,) = blocks(markup)
    assert block.is_bold
    assert block.text == "Head"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p><strong>What is it</strong>?</p>", "What is it?"),
        ("<p><strong>Head</strong> :</p>", "Head :"),
        ("<p>1. <strong>What is it?</strong></p>", "1. What is it?"),
        ("<p>¿<strong>Qué es</strong>?</p>", "¿Qué es?"),
    ],
)
def test_marks_and_numbers_around_a_bold_line_are_part_of_it(markup: str, text: str) -> None:
    (block,) = blocks(markup)
    assert (block.text, block.is_bold) == (text, True)


@pytest.mark.parametrize(
    "markup",
    [
        "<p>Norway<strong> </strong>and Kenya</p>",
        "<p>Norway and Kenya<b>&nbsp;</b></p>",
        "<p><b>\u200b</b>Norway and Kenya</p>",
        "<p>5 <b>studies</b></p>",
        "<p><button role='button'>More</button></p>",
    ],
)
def test_a_bold_space_or_word_makes_no_bold_line(markup: str) -> None:
    (block,) = blocks(markup)
    assert not block.is_bold


def test_google_docs_wraps_everything_in_a_bold_that_is_not_bold() -> None:
    assert not blocks("<p><b style='font-weight:normal'>Text <span style='font-weight:700'>bold</span></b></p>")[
        0
    ].is_bold


def test_a_bold_first_line_ended_by_a_break_shares_the_paragraph() -> None:
    first, second = blocks("<p><strong>H</strong><br>text</p>")
    assert (first.is_bold, second.is_bold) == (True, False)
    assert first.paragraph == second.paragraph


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (r"<p>a\r\nb</p>", "a b"),
        (r"<p>a</p>\r\n<p>b</p>", "a\nb"),
        (r"a\r\n\r\nb", "a\nb"),
        (r"<p>C:\new \alpha</p>", r"C:\new \alpha"),
        ('[vc_row][vc_column width="1/2"]text[/vc_column][/vc_row]', "text"),
        ("[caption id='x']A caption[/caption] [1] [sic]", "A caption [1] [sic]"),
        ("a&nbsp;\u2009b\u00adc\u200bd", "a bcd"),
        ("<p>می\u200cشود \u200fالف</p>", "می\u200cشود \u200fالف"),
        ("p &lt; .05 &amp; I&sup2;", "p < .05 & I²"),
        ("a<!-- c -->b<script>x()</script><style>p{}</style>c", "abc"),
        ("<o:p>Word</o:p><p class=MsoNormal><font>text</font></p>", "Word\ntext"),
        ("<pre>a  b\n c</pre>", "a b\nc"),
        ("<dl><dt>T</dt><dd>D</dd></dl>", "T\nD"),
        ("x<hr>y<br><br>z", "x\ny\nz"),
        ("<span id='cloak1'>This email address is being protected from spambots.</span><script>var a</script>",
         "This email address is being protected from spambots."),
    ],
)  # fmt: skip
def test_text_of(markup: str, text: str) -> None:
    assert text_of(element(markup)) == text


def test_text_of_a_plain_value_takes_no_walk_and_gives_the_same() -> None:
    for value in ("  Jane \n Doe ", "", "a [vc_row] b"):
        node = html.Element("span")
        node.text = value
        assert text_of(node) == "\n".join(b.line for b in blocks_of(node))


def test_ten_thousand_nested_tags_are_no_recursion_and_no_second() -> None:
    for tag in ("div", "b", "ul", "table"):
        root = node = html.Element("div")
        for _ in range(10_000):
            node = etree.SubElement(node, tag)
        node.text = "deep"
        started = time.process_time()
        assert [b.text for b in blocks_of(root)] == ["deep"]
        assert time.process_time() - started < 1


def test_nested_tables_with_headings_stay_linear() -> None:
    root = node = html.Element("div")
    for _ in range(2_000):
        row = etree.SubElement(etree.SubElement(node, "table"), "tr")
        etree.SubElement(row, "td").text = "x"
        node = etree.SubElement(row, "td")
    etree.SubElement(node, "h2").text = "deep"
    started = time.process_time()
    assert "deep" in text_of(root)
    assert time.process_time() - started < 1


def test_hostile_list_numbers() -> None:
    assert lines(f"<ol start='{'9' * 5000}'><li value='{'8' * 5000}'>a<li value='-3'>b</ol>") == ["1. a", "2. b"]


def test_fold_keeps_joiners_and_drops_hints() -> None:
    assert collapsed("a\u00a0\u202f b\u00ad\ufeffc\u200d") == "a bc\u200d"
