"""The picture of the tables in ``docs/reference``, drawn from the schema as SVG.

``_COLUMNS`` says where each table stands; its name, its columns and its references come from the schema. A line leads
from each table to the tables of its own and the next column that refer to it. Other references are written in their
box only.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from campbell_scraper.view.schema import BY_NAME, VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campbell_scraper.view.schema import Column, Table

_COLUMNS = (
    ("What was fetched", ("crawls", "captures", "discovered", "unhandled", "meta", "data_dictionary")),
    (
        "Reviews and other pages",
        ("reviews", "files", "pages", "page_sections", "map_references", "map_codes", "map_cells"),
    ),
    (
        "What a review says",
        (
            "summaries", "review_authors", "review_groups", "review_document_types", "additional_info", "review_urls",
            "review_versions", "changes", "corrections", "confirmed_facts",
        ),
    ),
    ("Parts and names", ("sections", "evidence_facts", "authors", "coordinating_groups", "document_types")),
)  # fmt: skip
_WIDTH, _GAP, _MARGIN = 188, 36, 18
_HEAD, _LINE, _SPACE = 22, 16, 14
_STYLE = """
text { font: 12px sans-serif; fill: #1b1b1b }
.title { font-size: 14px; font-weight: bold; fill: #444 }
.name { font-weight: bold; fill: #fff }
.key { font-weight: bold }
.more { fill: #555; font-size: 11px; font-weight: normal }
.box { fill: #fff; stroke: #46637f }
.head { fill: #46637f }
.view { fill: #fff; stroke: #46637f; stroke-dasharray: 5 3 }
.line { fill: none; stroke: #9a5b13; stroke-width: 1.3 }
"""


@dataclass(frozen=True, slots=True)
class _Box:
    table: Table
    column: int
    x: int
    y: int

    @property
    def shown(self) -> list[Column]:
        """The columns of the key and those that refer to another table."""
        return [column for column in self.table.columns if column.name in self.table.key or column.references]

    @property
    def height(self) -> int:
        more = len(self.shown) < len(self.table.columns)
        return _HEAD + _LINE * (len(self.shown) + more) + 5


def picture() -> str:
    """Return the picture as SVG."""
    boxes = {box.table.name: box for box in _boxes()}
    missing = {name for name, table in BY_NAME.items() if not table.hidden} - set(boxes)
    if missing:
        raise ValueError(f"the picture of the tables has no place for {', '.join(sorted(missing))}")
    bottom = max(box.y + box.height for box in boxes.values())
    width = 2 * _MARGIN + len(_COLUMNS) * _WIDTH + (len(_COLUMNS) - 1) * _GAP
    views = list(_views(bottom + _SPACE, width))
    height = bottom + _SPACE + len(VIEWS) * (_HEAD + 8) + _MARGIN
    size = f'width="{width}" height="{height}"'
    titles = [
        f'<text class="title" x="{_left(place)}" y="26">{title}</text>' for place, (title, _) in enumerate(_COLUMNS)
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size}>',
            f"<title>The tables of campbell.db</title><style>{_STYLE}</style>",
            f'<rect {size} fill="#f6f6f3"/>',
            *titles,
            *_lines(boxes),
            *(part for box in boxes.values() for part in _drawn(box)),
            *views,
            "</svg>",
        ]
    )


def _left(column: int) -> int:
    return _MARGIN + column * (_WIDTH + _GAP)


def _boxes() -> Iterator[_Box]:
    for place, (_, names) in enumerate(_COLUMNS):
        y = 40
        for name in names:
            box = _Box(BY_NAME[name], place, _left(place), y)
            yield box
            y += box.height + _SPACE


def _drawn(box: _Box) -> Iterator[str]:
    yield f'<rect class="box" x="{box.x}" y="{box.y}" width="{_WIDTH}" height="{box.height}" rx="3"/>'
    yield f'<rect class="head" x="{box.x}" y="{box.y}" width="{_WIDTH}" height="{_HEAD}" rx="3"/>'
    yield f'<text class="name" x="{box.x + 8}" y="{box.y + 15}">{box.table.name}</text>'
    y = box.y + _HEAD + 13
    for column in box.shown:
        kind = "key" if column.name in box.table.key else "other"
        target = f" → {column.references.partition('.')[0]}" if column.references else ""
        yield (
            f'<text class="{kind}" x="{box.x + 8}" y="{y}">{column.name}'
            f'<tspan class="more">{escape(target)}</tspan></text>'
        )
        y += _LINE
    if more := len(box.table.columns) - len(box.shown):
        yield f'<text class="more" x="{box.x + 8}" y="{y}">and {more} more</text>'


def _lines(boxes: dict[str, _Box]) -> Iterator[str]:
    """Yield a line from each table to each table beside or below it that refers to it."""
    uprights: dict[int, list[str]] = {}
    for box in boxes.values():
        parents = {column.references.partition(".")[0] for column in box.table.columns if column.references}
        for parent in (boxes[name] for name in sorted(parents)):
            left, right = sorted((parent, box), key=lambda one: one.column)
            if right.column - left.column > 1:
                continue
            # Lines of one parent share their upright part; those of two parents must not.
            used = uprights.setdefault(left.column if left.column < right.column else -1 - left.column, [])
            if parent.table.name not in used:
                used.append(parent.table.name)
            nth = used.index(parent.table.name)
            if left.column == right.column:
                upright, begin = left.x - 6 - 4 * nth, left.x
            else:
                upright, begin = left.x + _WIDTH + 5 + 5 * nth, left.x + _WIDTH
            start, end = left.y + _HEAD // 2, right.y + _HEAD // 2
            yield f'<path class="line" d="M{begin} {start}H{upright}V{end}H{right.x}"/>'


def _views(y: int, width: int) -> Iterator[str]:
    for view in VIEWS:
        yield f'<rect class="view" x="{_MARGIN}" y="{y}" width="{width - 2 * _MARGIN}" height="{_HEAD + 2}" rx="3"/>'
        yield (
            f'<text x="{_MARGIN + 8}" y="{y + 16}"><tspan class="key">{view.name}</tspan> '
            f'<tspan class="more">(view, {len(view.columns)} columns) {escape(view.description)}</tspan></text>'
        )
        y += _HEAD + 8
