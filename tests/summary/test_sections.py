"""Banner, headline, brief and sections, in every heading style of docs/sites.md."""

# ruff: noqa: E501  (a page reads best on one line)

from __future__ import annotations

import pytest

from campbell_scraper.items import Form
from campbell_scraper.reading.summary.sections import is_placeholder
from tests.summary.markup import shape, summary

Q = "What is this review about?"
U = "How up-to-date is this review?"

STYLES = {
    "h2": "<h2>{}</h2>",
    "h3 span": "<h3><span>{}</span></h3>",
    "h4": "<h4>{}</h4>",
    "h5 strong": "<h5><strong>{}</strong></h5>",
    "p strong": "<p><strong>{}</strong></p>",
    "p strong br": "<p><strong>{}<br/></strong></p>",
    "p b": "<p><b>{}</b></p>",
    "p span": "<p><span style='font-size: 14pt'><strong>{}</strong></span></p>",
    "heading in a": "<a href='#'><h3>{}</h3></a>",
    "bold in a": "<p><a href='#'><strong>{}</strong></a></p>",
    "wrapper divs": "<div><div><h3>{}</h3></div></div>",
    "empty heading before": "<h3></h3><p>&nbsp;</p><h3>{}</h3>",
}


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES.keys())
def test_every_heading_style(style: str) -> None:
    markup = (
        style.format("PLAIN LANGUAGE SUMMARY") + style.format("Radios work, but not for all") + "<p>In brief.</p>"
        + style.format(Q) + "<p>Radios.</p><p>More.</p>" + style.format(U) + "<p>Until 2014.</p>"
    )  # fmt: skip
    found = summary(markup)
    assert found.banner == "PLAIN LANGUAGE SUMMARY"
    assert found.headline == "Radios work, but not for all"
    assert found.brief == "In brief."
    assert [(s.heading, s.kind, s.text) for s in found.sections] == [
        (Q, "about", "Radios.\nMore."),
        (U, "up_to_date", "Until 2014."),
    ]


@pytest.mark.parametrize("tags", ["<h2>{}</h2>", "<p><strong>{}</strong></p>"])
def test_plain_questions_under_a_headline_that_is_marked_up(tags: str) -> None:
    found = summary(
        f"<h4>Plain language summary</h4>{tags.format('Radios work, but not for all')}<p>In brief.</p>"
        f"<p>{Q}</p><p>Radios.</p><p>Why radios?</p><p>Cheap.</p><p>{U}</p><p>Until 2014.</p>"
    )
    assert (found.headline, found.brief) == ("Radios work, but not for all", "In brief.")
    assert [(s.heading, s.text) for s in found.sections] == [
        (Q, "Radios."),
        ("Why radios?", "Cheap."),
        (U, "Until 2014."),
    ]


def test_a_plain_question_among_headings_that_are_marked_up_is_text() -> None:
    markup = f"<h3>{Q}</h3><p>Radios.</p><p>What studies are included?</p><h3>{U}</h3><p>{Q}</p><p>Until 2014.</p>"
    assert [(heading, text) for heading, _, _, text in shape(markup)] == [
        (Q, "Radios.\nWhat studies are included?"),
        (U, f"{Q}\nUntil 2014."),
    ]


@pytest.mark.parametrize(
    "part",
    [
        "<details><summary>{}</summary><p>{}</p></details>",
        "<div><div role='tab' aria-controls='t1'><a tabindex='0'>{}</a></div><div id='t1' role='tabpanel'>{}</div></div>",
        "<p><strong>{}</strong> </p><p>{}</p>",
    ],
)
def test_parts_that_open_and_close(part: str) -> None:
    markup = "<h2>Radios work</h2><p>In brief.</p>" + part.format(Q, "Radios.") + part.format("Costs", "Few.")
    assert [(heading, text) for heading, _, _, text in shape(markup)] == [(Q, "Radios."), ("Costs", "Few.")]


def test_bold_first_line_ended_by_br() -> None:
    markup = f"<p><strong>Radios work</strong><br/>In brief.</p><p><strong>{Q}</strong><br/>Radios <b>are</b> boxes.</p><p>More.</p>"
    found = summary(markup)
    assert (found.headline, found.brief) == ("Radios work", "In brief.")
    assert shape(markup) == [(Q, None, "about", "Radios are boxes.\nMore.")]


def test_a_bold_question_glued_to_the_paragraph_before_it() -> None:
    markup = f"<p><b>{Q}</b></p><p>Costs were not counted (p&lt;.05).\n\n<strong>{U}</strong></p><p>2014.</p>"
    assert shape(markup) == [
        (Q, None, "about", "Costs were not counted (p<.05)."),
        (U, None, "up_to_date", "2014."),
    ]


def test_run_in_headings() -> None:
    markup = "<p><b>Background:</b> Old.</p><p><strong>Objectives</strong>: To see.</p><p><b>Results</b> vary <b>much</b>.</p>"
    assert [(s.heading, s.text) for s in summary(markup).sections] == [
        ("Background:", "Old."),
        ("Objectives:", "To see.\nResults vary much."),
    ]


def test_one_heading_broken_by_br_and_two_headings_in_one_element() -> None:
    markup = "<h3>What is this<br>review about?</h3><p>a</p><h3>And<br>that</h3>"
    assert [s.heading for s in summary(markup).sections] == [Q, "And that"]
    found = summary(f"<h2>PLAIN LANGUAGE SUMMARY<br>Radios<br>work</h2><p>Brief.</p><h3>{Q}</h3>")
    assert (found.banner, found.headline, found.brief) == ("PLAIN LANGUAGE SUMMARY", "Radios work", "Brief.")


def test_plain_text_lines_of_known_wording_are_headings() -> None:
    markup = f"PLAIN LANGUAGE SUMMARY<br>Radios work<br>In brief they do.<br>{Q}<br>Text.<br>Is it good?<br>Yes.<br>{U}<br>2014."
    found = summary(markup)
    assert (found.banner, found.headline, found.brief) == ("PLAIN LANGUAGE SUMMARY", "Radios work", "In brief they do.")
    assert [(s.heading, s.level, s.kind) for s in found.sections] == [
        (Q, None, "about"), ("Is it good?", None, "topic_finding"), (U, None, "up_to_date"),
    ]  # fmt: skip


def test_an_umbrella_heading_keeps_its_empty_section() -> None:
    markup = "<h2>H</h2><h3>What were the main findings of the review?</h3><h3>What kinds are there?</h3><p>Two.</p>"
    assert shape(markup) == [
        ("What were the main findings of the review?", 3, "main_results", ""),
        ("What kinds are there?", 3, "topic_finding", "Two."),
    ]


def test_the_review_in_brief_is_the_brief_and_no_headline() -> None:
    found = summary(f"<h4>PLAIN LANGUAGE SUMMARY</h4><h3>The review in brief</h3><p>Short.</p><h3>{Q}</h3><p>Long.</p>")
    assert (found.headline, found.brief) == (None, "Short.")
    assert found.banner == "PLAIN LANGUAGE SUMMARY\nThe review in brief"
    assert [s.heading for s in found.sections] == [Q]


def test_banner_followed_by_the_brief_without_headline() -> None:
    found = summary(f"<h4>PLAIN LANGUAGE SUMMARY</h4><p>Funding works.</p><h3>{Q}</h3><p>Long.</p>")
    assert (found.headline, found.brief) == (None, "Funding works.")


def test_a_page_that_begins_at_background_has_no_headline() -> None:
    markup = (
        "<h2>Background</h2><p>a</p><h2>Objectives</h2><p>b</p><h2>Search methods</h2><p>c</p><h2>Selection criteria</h2>"
        "<p>d</p><h2>Data collection and analysis</h2><p>e</p><h2>Results</h2><p>f</p><h2>Authors’ conclusions</h2><p>g</p>"
    )
    found = summary(markup)
    assert (found.headline, found.brief, found.form) == (None, None, Form.EXECUTIVE)
    assert [s.kind for s in found.sections] == [
        "background", "objectives", "search_methods", "selection_criteria", "data_collection", "results",
        "authors_conclusions",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("banner", "form"),
    [("User abstract", Form.USER_ABSTRACT), ("EXECUTIVE SUMMARY", Form.EXECUTIVE), ("Policy brief 1", Form.POLICY_BRIEF),
     ("PLAIN LANGUAGE SUMMARY", Form.PLS)],
)  # fmt: skip
def test_the_banner_names_the_form(banner: str, form: str) -> None:
    assert summary(f"<h2>{banner}</h2><h3>Scared straight</h3><p>It fails.</p>").form == form


def test_lines_above_the_headline_are_kept_apart_from_the_brief() -> None:
    found = summary(f"<p>cheap pills</p><h2>Radios work</h2><p>Brief.</p><h3>{Q}</h3><p>Long.</p>")
    assert (found.headline, found.brief) == ("Radios work", "Brief.")
    assert (found.sections[0].heading, found.sections[0].text) == ("", "cheap pills")


def test_the_page_title_above_the_headline_is_an_eyebrow() -> None:
    markup = f"<h1>Radios for all</h1><h2>Radios work</h2><p>Brief.</p><h3>{Q}</h3><p>x</p>"
    found = summary(markup, page_title="Radios for all")
    assert (found.banner, found.headline) == ("Radios for all", "Radios work")


def test_text_without_headings() -> None:
    assert summary("<p>The protocol has been approved.</p>").brief == "The protocol has been approved."
    long = "<p>" + "A policy brief says much. " * 30 + "</p>"
    found = summary("<p>First.</p>" + long * 2)
    assert found.brief is None
    assert found.sections[0].heading == ""
    assert found.sections[0].text.startswith("First.\n")
    assert summary(" ").sections == []


def test_bold_sentences_are_text() -> None:
    markup = (
        f"<h3>{Q}</h3><p><b>It works. It is cheap.</b></p><p><strong>Results should be read with caution.</strong></p>"
    )
    assert [s.heading for s in summary(markup).sections] == [Q]


def test_lists_and_tables_stay_readable() -> None:
    markup = f"<h3>{Q}</h3><ul><li>one;</li><li>two</li></ul><table><tr><td>a</td><td>1</td></tr></table>"
    assert shape(markup) == [(Q, 3, "about", "- one;\n- two\na\t1")]


@pytest.mark.parametrize(
    "text",
    [
        "Click on 'Download PDF' on the right to view the plain language summary in Norwegian.",
        "Click on ‘Download PDF’ on the right to view the plain language summary in Spanish",
        "Please click here to download the plain language summary (PDF).",
        "Haga clic en «Descargar PDF» para ver el resumen en español.",
        "Klikk på «Last ned PDF» for å lese sammendraget på norsk.",
        "Cliquez sur « Télécharger le PDF » pour lire le résumé.",
        "点击右侧“下载PDF”查看中文摘要。",
    ],
)
def test_placeholders(text: str) -> None:
    found = summary(f"<p>{text}</p>")
    assert is_placeholder(text)
    assert found.is_placeholder
    assert found.brief == text
    assert found.sections == []


def test_a_plain_paragraph_among_headings_is_no_heading() -> None:
    markup = f"<h3>{Q}</h3><p>The aim.</p><p>The aim</p><p>Is it so?</p><h3>Background</h3><p>Results</p>"
    assert shape(markup) == [
        (Q, 3, "about", "The aim.\nThe aim\nIs it so?"), ("Background", 3, "background", "Results"),
    ]  # fmt: skip
    assert [s.heading for s in summary("<p>The aim.</p><p>Methods.</p><p>x</p>").sections] == []


def test_a_real_text_is_no_placeholder() -> None:
    assert not is_placeholder("The protocol for this review has been approved. The full review is expected in 2010.")
    assert not is_placeholder("Mobile downloads raise savings. " * 20 + "See the PDF summary.")


def test_the_pdf_of_a_placeholder_is_found() -> None:
    markup = "<p><a href='http://[bad/x.pdf'>x</a> Download the <a href='/images/s_no.PDF?x=1'>PDF</a> summary.</p>"
    assert summary(markup, base_url="https://example.org/a/b").pdf_url == "https://example.org/images/s_no.PDF?x=1"


def test_language_comes_from_label_tag_or_text() -> None:
    chinese = "小班教学对学生成绩的影响很小，本综述纳入了多项研究，作者检索了截至今年的研究，结果应谨慎解读。"
    assert summary(f"<p>{chinese}</p>", language=None).language == "zh"
    assert summary("<p>x</p>", language=None).language == "und"
    assert summary("<p>x</p>", language="nb").language == "nb"
