"""Additional Info values as HTML, in every way that the K2 generation of the site wrote them (docs/sites.md)."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from campbell_scraper.sample.truth import LANGUAGE_PLACEHOLDER

if TYPE_CHECKING:
    from .invented_content import Block, FieldContent, ReviewContent, SectionContent, SummaryContent

HEADINGS = {
    "h2": "<h2>{}</h2>",
    "h3": "<h3>{}</h3>",
    "h4": "<h4>{}</h4>",
    "h5": "<h5>{}</h5>",
    "h3_span": '<h3><span style="color: #333399;">{}</span></h3>',
    "h3_strong": "<h3><strong>{}</strong></h3>",
    "h3_a": '<h3><a id="{id}"></a><a href="#{id}">{}</a></h3>',
    "p_strong": "<p><strong>{}</strong></p>",
    "p_strong_br": "<p><strong>{}<br /></strong></p>",
    "p_b": "<p><b>{}</b></p>",
    "p_span_strong": '<p><span style="font-size: 14pt;"><strong>{}</strong></span></p>',
    "bold_line": "",
}
"""Heading styles by name; ``bold_line`` is a bold first line ended by ``<br>`` inside the section's first paragraph."""

MESSES = {
    "nbsp": "no-break spaces in headings, empty paragraphs between sections",
    "rn": "the literal characters backslash r backslash n between blocks",
    "unclosed_p": "paragraphs without an end tag",
    "unclosed_strong": "a strong that is never closed, in the last paragraph",
    "stray_div": "a </div> in the middle of the English value",
    "open_div": "a <div> in the English value that is never closed",
    "word": "a paste from Word: MsoNormal, o:p, conditional comments",
    "script": "a script and a style element inside the value",
    "raw": "unescaped & and <",
    "entities": "numeric entities for punctuation",
    "spam": "lines of spam before the content",
    "wrap": "the value wrapped in section and div elements",
    "email": "a person's e-mail address, cloaked as Joomla does it",
}


def field_html(field: FieldContent, review: ReviewContent) -> str:
    """Return the markup inside ``span.itemExtraFieldsValue``."""
    summary = next((one for one in review.summaries if one.label == field.label and field.type == "textarea"), None)
    link = escape(field.href or "")
    if field.html is not None:
        value = field.html
    elif summary is not None:
        value = summary_html(summary, review)
    elif field.type == "image":
        value = f'<img src="{link}" alt="{escape(field.label)}" />'
    elif field.type == "link":
        value = f'<a href="{link}" target="_blank">{escape(field.text, quote=False)}</a>'
    elif field.type == "labels":
        search = f"/{review.category}/search.html?searchword="
        value = "".join(f'<a href="{search}{quote(one)}">{escape(one)}</a>' for one in field.options)
    elif field.type == "csv":
        value = _table(field.rows, ' cellspacing="0" cellpadding="0" class="csvTable"')
    elif field.type == "textarea":
        value = f"<p>{_text(field.text, review.mess)}</p>"
    else:
        value = _text(field.text, [one for one in review.mess if one == "raw"])
    return value


def summary_html(summary: SummaryContent, review: ReviewContent) -> str:
    """Return a language field's value."""
    mess = review.mess if summary.label == review.summaries[0].label else []
    if summary.placeholder:
        return f"<p>{LANGUAGE_PLACEHOLDER.format(summary.label)}</p>"
    out: list[str] = []
    if summary.banner:
        out.append(
            HEADINGS["h4"].format(summary.banner) if summary.style[0] == "h" else _heading("p_strong", summary.banner)
        )
    if summary.headline:
        out.append(_heading("h2" if summary.style[0] == "h" else "p_strong", summary.headline, mess))
    if summary.brief:
        out.append(f"<p>{_text(summary.brief, mess)}</p>")
    for number, section in enumerate(summary.sections):
        out += _section(section, section.style or summary.style, mess)
        if number == len(summary.sections) // 2:
            out += _middle(mess)
    if "unclosed_strong" in mess and out and out[-1].startswith("<p>"):
        out[-1] = "<p><strong>" + out[-1].removeprefix("<p>")
    joint = "\\r\\n\n" if "rn" in mess else "\n"
    value = joint.join(out)
    if "wrap" in mess:
        value = f'<section id="pls"><div class="row"><div class="col-sm-12">\n{value}\n</div></div></section>'
    if "open_div" in mess:
        value = '<div class="pls-english">' + value
    if summary.language == "ar":
        value = f'<div dir="rtl" lang="ar" style="text-align: right;">{value}</div>'
    return value


def _middle(mess: list[str]) -> list[str]:
    out = []
    if "stray_div" in mess:
        out.append("</div>")
    if "script" in mess:
        out.append("<style>.pls-note { color: red; }</style><script>var plsShown = 'not part of the text';</script>")
    return out


def _section(section: SectionContent, style: str, mess: list[str]) -> list[str]:
    out: list[str] = []
    blocks = list(section.blocks)
    if style == "bold_line":
        first = blocks.pop(0) if blocks and isinstance(blocks[0], str) else ""
        out.append(f"<p><strong>{_text(section.heading, mess)}</strong><br />{_text(str(first), mess)}</p>")
    else:
        out.append(_heading(style, section.heading, mess))
    out += [_block(one, mess) for one in blocks]
    if "nbsp" in mess:
        out.append("<p>&nbsp;</p>")
    return out


def _heading(style: str, text: str, mess: list[str] | None = None) -> str:
    marked = _text(text, mess or [])
    if mess and "nbsp" in mess:
        marked = marked.replace(" ", "&nbsp;", 1)
    anchor = "".join(one for one in text.lower() if one.isalnum())[:24]
    return HEADINGS[style].replace("{id}", anchor).replace("{}", marked)


def _block(block: Block, mess: list[str]) -> str:
    if isinstance(block, str):
        text = _text(block, mess)
        if "word" in mess:
            return f'<p class="MsoNormal"><span lang="EN-GB" style="font-family: Calibri;">{text}<o:p></o:p></span></p>'
        return f"<p>{text}" if "unclosed_p" in mess else f"<p>{text}</p>"
    for tag in ("ul", "ol"):
        if tag in block:
            items = "\n".join(f"<li>{_text(one, mess)}</li>" for one in block[tag])
            return f"<{tag}>\n{items}\n</{tag}>"
    if "table" in block:
        return _table(block["table"], ' class="table"')
    return _text(block["tail"], mess)


def _table(rows: list[list[str]], attributes: str) -> str:
    head, *body = rows
    lines = ["<tr>" + "".join(f"<th>{escape(one)}</th>" for one in head) + "</tr>"]
    lines += ["<tr>" + "".join(f"<td>{escape(one)}</td>" for one in row) + "</tr>" for row in body]
    return f"<table{attributes}><tbody>" + "".join(lines) + "</tbody></table>"


def _text(text: str, mess: list[str]) -> str:
    if text.startswith("html:"):
        return text[5:]
    if "raw" in mess:
        return text
    marked = escape(text, quote=False)
    if "entities" in mess:
        marked = "".join(one if ord(one) < 128 else f"&#{ord(one)};" for one in marked)
    return marked
