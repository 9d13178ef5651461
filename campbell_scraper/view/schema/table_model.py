"""What a table, its columns and its rows are, before they become SQL, documentation or metadata.

A table is a dataclass: its docstring says what one row is, its fields are the columns, and its objects are the rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from dataclasses import Field

_TYPES = {"str": "TEXT", "int": "INTEGER", "bool": "INTEGER"}
_NULLABLE = " | None"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``source`` says where its values come from, ``example`` is one as SQLite would print it."""

    name: str
    type: str
    """TEXT or INTEGER."""
    description: str
    source: str
    example: str = ""
    not_null: bool = False
    default: str | int | None = None
    choices: tuple[str | int, ...] = ()
    """All values that it may have."""
    references: str | None = None
    """The table.column that it points to."""

    @property
    def check(self) -> str | None:
        """The condition that its values are among the choices."""
        return f"{self.name} IN ({','.join(map(repr, self.choices))})" if self.choices else None

    @property
    def sql(self) -> str:
        """Its type and constraints, as people read them in the data dictionary."""
        parts = [self.type]
        if self.not_null:
            parts.append("NOT NULL")
        if self.default is not None:
            parts.append(f"DEFAULT {self.default!r}")
        if self.check:
            parts.append(f"CHECK ({self.check})")
        if self.references:
            parts.append("REFERENCES {}({})".format(*self.references.split(".")))
        return " ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table. A name that begins with ``_`` marks an internal table: hidden from faces, compared all the same."""

    name: str
    description: str
    """One sentence: what one row is."""
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """Columns of the primary key; also the order in which tables are compared."""
    indexes: tuple[tuple[str, ...], ...] = ()
    partial_indexes: tuple[str, ...] = ()
    """What stands after ``CREATE INDEX … ON table`` where that is more than columns."""
    unique: str | None = None
    """What stands after ``CREATE UNIQUE INDEX … ON table``: this keeps a key whose columns may be NULL."""
    stays: Literal["first", "last"] | None = None
    """Which of two rows with one key stays. None: two are an error, or view/database/writing.py merges them."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def hidden(self) -> bool:
        """True for an internal table."""
        return self.name.startswith("_")


class Row:
    """One row of a table. Each table has a subclass, made by :func:`table`."""

    __slots__: ClassVar[tuple[str, ...]] = ()
    table: ClassVar[Table]

    @classmethod
    def of(cls, values: Mapping[str, Any], **more: Any) -> Self:
        """Return a row of ``more``, and of ``values`` for the other columns (None where it lacks a name)."""
        return cls(**{name: values.get(name) for name in cls.__slots__ if name not in more}, **more)

    def values(self) -> list[Any]:
        """Return the values of all columns in their order."""
        return [getattr(self, name) for name in self.__slots__]


AnyRow = TypeVar("AnyRow", bound=Row)


def column(description: str, source: str, example: str = "", **more: Any) -> Any:
    """Return the field of a column. ``more``: ``default``, and ``choices`` and ``references`` of :class:`Column`."""
    about = {"description": description, "source": source, "example": example}
    default = {"default": more["default"]} if "default" in more else {}
    return field(metadata={**about, **more}, **default)


@dataclass_transform(kw_only_default=True, field_specifiers=(column,))
def table(name: str, **about: Any) -> Callable[[type[AnyRow]], type[AnyRow]]:
    """Make a class the rows of a table; ``about`` are the other fields of :class:`Table`.

    A field's type says what its column holds, and whether that may be NULL.
    """

    def described(cls: type[AnyRow]) -> type[AnyRow]:
        row: type[AnyRow] = dataclass(slots=True, kw_only=True)(cls)
        row.table = Table(
            name=name,
            description=cls.__doc__ or "",
            columns=tuple(map(_column, fields(row))),  # type: ignore[arg-type]  # it was made a dataclass just now
            **about,
        )
        return row

    return described


def _column(about: Field[Any]) -> Column:
    python = str(about.type).removesuffix(_NULLABLE)
    metadata = dict(about.metadata)
    if python == "bool":
        metadata["choices"] = (0, 1)
        if "default" in metadata:
            metadata["default"] = int(metadata["default"])
    return Column(
        about.name.rstrip("_"),  # an underscore follows names that are taken in Python or here
        _TYPES[python],
        not_null=not str(about.type).endswith(_NULLABLE),
        **metadata,
    )
