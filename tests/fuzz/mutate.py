"""Pages broken in the ways real ones are, made from the saved pages; the same seed gives the same page."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[1] / "fixtures" / "pages"
SAVED: Final = [path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.suffix not in {".json", ".md"}]
TAGS: Final = tuple(
    "p div span strong b em h1 h2 h3 h4 h5 ul ol li table tr td th br blockquote section font a u pre".split()  # noqa: SIM905
)
SHARDS: Final = (
    "<!--", "-->", '"', "'", "<", ">", "&", "&nbsp;", "&#xFFFFFFF;", "<script>", "</script>", "<style>",
    "<textarea>", "<title>",
    "<svg>", "<base href='//['>", "<a href='http://['>", "<body class='single-review'>", "<div class='itemView'>",
    "\x00", "\\r\\n",
    "[vc_row]", "<p><strong>What is this review about?<br /></strong></p>", "<b>Background</b>: ", "<h5>Is it so?</h5>",
    '<li class="even typeX"><span class="itemExtraFieldsLabel">',
    "The review includes 12 studies with 4,000 participants. ",
    "searched until " * 8, "of these studies " * 30, "N35N ", "9" * 60, "المراجعة ", "综述 ", "\u202e", "\ufeff",
)  # fmt: skip


def page(seed: int) -> bytes:
    """Return a saved page with one to eight mutations."""
    chance = random.Random(seed)
    body = chance.choice(SAVED)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(body) + 1)
        match chance.randrange(6):
            case 0:
                body = body[:at] + chance.choice(SHARDS).encode() + body[at:]
            case 1:
                tag = chance.choice(TAGS)
                body = (
                    body[:at]
                    + f"<{'/' * chance.randrange(2)}{tag}>".encode() * chance.choice((1, 1, 1, 40))
                    + body[at:]
                )
            case 2:
                body = body[:at] + body[at + chance.randint(1, 400) :]
            case 3:
                body = body[:at] + body[at : at + 300] * chance.randint(2, 5) + body[at:]
            case 4:
                other = chance.choice(SAVED)
                begin = chance.randrange(len(other) + 1)
                body = body[:at] + other[begin : begin + chance.randint(1, 3000)] + body[at:]
            case _:
                body = body[:at] + chance.randbytes(chance.randint(1, 8)) + body[at:]
    return body
