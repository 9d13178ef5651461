"""What a reader would say about an invented page: the expected record, made from its content file alone.

Keys and formats are those of ``items.ReviewRecord`` and its parts. Left out, because they follow from the rest or are a
parser's business: ``html`` of a field, ``facts``, ``unhandled``, ``aliases``, ``layout``.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from campbell_scraper.sample.dynamic import CLOAKED

from .invented_content import INVENTED, Block, FieldContent, ReviewContent, SummaryContent, load_reviews, plain_text

LANGUAGE_PLACEHOLDER = "Click on 'Download PDF' on the right to view the plain language summary in {}."


def truth(base: str = "", reviews: list[ReviewContent] | None = None) -> list[dict[str, Any]]:
    """Return the expected records of the sample's invented reviews (or of ``reviews``), with URLs made absolute.

    ``base`` is the site's address without a slash at its end ("http://127.0.0.1:8000"). Removed reviews are left out.
    """
    return [expected(one, base) for one in (load_reviews() if reviews is None else reviews) if not one.removed]


def expected(review: ReviewContent, base: str = "") -> dict[str, Any]:
    """Return the expected record of one review."""
    first = next((one for one in review.summaries if one.language == "en"), None)
    first = first or (review.summaries[0] if review.summaries else None)
    return {
        "url": base + review.path,
        "representation": "item",
        "title": review.title,
        "stage": review.stage,
        "withdrawn": review.withdrawn,
        "published_date": review.published,
        "published_date_raw": _published_printed(review),
        "published_precision": review.published_precision,
        "doi": review.doi,
        "full_review_url": review.full_review,
        "library_image_url": base + review.image if review.image else None,
        "headline": review.pls_title or (first.headline if first else None),
        "brief": review.pls_description or (first.brief if first else None),
        "intro": "\n".join([INVENTED, *intro_lines(review)]),
        "authors": [asdict(one) for one in review.authors],
        "groups": list(review.groups),
        "document_types": list(review.types),
        "additional_info": [
            {"label": one.label, "value": one.text, "field_type": one.type.lower()} for one in true_fields(review)
        ],
        "summaries": [summary(one, base) for one in review.summaries],
        "attachments": [
            {"url": base + one.pdf, "label": "Download PDF", "language": one.language}
            for one in review.summaries
            if one.pdf
        ],
    }


def intro_lines(review: ReviewContent) -> list[str]:
    """Return the paragraphs of the intro text as a reader without JavaScript sees them, one a line."""
    shown = re.sub(r"%%CLOAK[^%]*%%", CLOAKED, review.intro)
    return [plain_text("html:" + one) for one in shown.split("</p>") if one.strip()]


def summary(content: SummaryContent, base: str = "") -> dict[str, Any]:
    """Return the expected record of one summary."""
    return {
        "language": content.language,
        "language_label": content.label,
        "form": content.form,
        "banner": content.banner if not content.placeholder else None,
        "headline": content.headline,
        "brief": summary_text(content) if content.placeholder else content.brief,
        "sections": [
            {
                "heading": one.heading,
                "level": level(one.style or content.style),
                "kind": one.kind,
                "text": text_of_blocks(one.blocks),
            }
            for one in content.sections
        ],
        "is_placeholder": content.placeholder,
        "pdf_url": base + content.pdf if content.pdf else None,
        "text": summary_text(content),
    }


def level(style: str) -> int | None:
    """Return 1 to 6 where the style is an HTML heading, None where it is bold text."""
    return int(style[1]) if style[0] == "h" and style[1].isdigit() else None


def text_of_blocks(blocks: list[Block]) -> str:
    """Return paragraphs, list items and rows, one a line, as ``items.Section.text`` describes them."""
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, str):
            lines.append(plain_text(block))
        elif "ul" in block:
            lines += ["- " + plain_text(one) for one in block["ul"]]
        elif "ol" in block:
            lines += [f"{number}. {plain_text(one)}" for number, one in enumerate(block["ol"], 1)]
        elif "table" in block:
            lines += ["\t".join(row) for row in block["table"]]
        else:
            lines.append(plain_text(block["tail"]))
    return "\n".join(lines)


def summary_text(content: SummaryContent) -> str:
    """Return the whole summary as plain text, in page order."""
    if content.placeholder:
        return LANGUAGE_PLACEHOLDER.format(content.label)
    parts = [content.banner, content.headline, content.brief]
    for one in content.sections:
        parts += [one.heading, text_of_blocks(one.blocks)]
    return "\n".join(one for one in parts if one)


def _published_printed(review: ReviewContent) -> str | None:
    return review.published_printed if review.published_printed is not None else review.published


def true_fields(review: ReviewContent) -> list[FieldContent]:
    """Return the fields of the Additional Info block in page order, with the text a reader sees."""
    found: list[FieldContent] = []

    def add(label: str, text: str | None, kind: str = "textfield", **more: Any) -> None:
        if text:
            found.append(FieldContent(label=label, type=kind, text=text, **more))

    add("Authors", review.authors_printed or ", ".join(one.name for one in review.authors))
    add("Published date", _published_printed(review), review.published_type)
    add(review.groups_label, review.groups_printed or ", ".join(review.groups), "multipleSelect")
    add("Type of document", ", ".join(review.types), "multipleSelect")
    add("Title", review.title if review.title_field == "=" else review.title_field)
    add("PLS Title", review.pls_title)
    add("PLS Description", review.pls_description, "textarea")
    add("Category Image", review.category_image and "Category Image", "image", href=review.category_image)
    add("Library Image", review.image and "Library Image", "image", href=review.image)
    add(
        "See the full review",
        review.full_review and (review.full_review_text or review.full_review),
        "link",
        href=review.full_review,
    )
    found.append(FieldContent(label="Note", text=INVENTED))
    if review.records_field:
        add("Records available in", ", ".join(one.label for one in review.summaries), "multipleSelect")
    for one in review.summaries:
        add(one.label, summary_text(one), "textarea")
    for extra in review.extra:
        places = [at for at, one in enumerate(found) if one.label == extra.after]
        found.insert(places[0] + 1 if places else len(found), extra)
    return found
