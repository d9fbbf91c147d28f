"""What an answer is made of, before any channel has shaped it.

The JSON form (``Reply.to_json``) is what the outbox keeps and every channel renders::

    {"parts": [{"type": "text", "text": "..."},
               {"type": "card", "title": "...", "subtitle": "...", "ref": "deal:12", "fields": [["Amount", "40 USD"]],
                "edits": [{"kind": "date", "field": "close_date", "label": "Close date", "value": "2027-03-31"}]},
               {"type": "table", "title": "...", "columns": [["Deal", "text"], ["Amount", "number"]],
                "rows": [["...", "..."]], "note": "..."},
               {"type": "picture", "path": "/.../abc.png", "alt": "..."},
               {"type": "document", "path": "/.../x.pdf", "name": "INV-2041.pdf", "media_type": "application/pdf"}],
     "buttons": [{"label": "Undo", "token": "o-3fK...", "style": "default"}],
     "menus": [{"label": "Move to",
                "options": [{"label": "Proposal", "said": "Move to Proposal", "token": "o-7hQ..."}]}],
     "forms": [{"label": "Fill in a form", "form": "log_deal", "said": {"account": "Initech"}}],
     "personal": true}

All texts are plain (no markup); a channel escapes what its format needs. A button's token is all that leaves the house.
A channel without menus, calendars or forms may leave menus and edits out: everything in them can also be said.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

ButtonStyle = Literal["default", "primary", "danger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A choice under a reply. ``command`` is what pressing it says: "/intent{...}" with text-valued entities.

    ``single_use``: once pressed, it and the other single-use buttons of its reply are spent. ``asks``: where the
    channel can, pressing it gives the person's own phone number.
    """

    label: str
    command: str
    style: ButtonStyle = "default"
    single_use: bool = False
    asks: Literal["phone"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of a menu: ``label`` is listed, ``said`` is how the choice reads in the conversation."""

    label: str
    said: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """Choices for one thing, of which there are too many for buttons."""

    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What can be changed on a card in place: a date (``value``: its ISO form or ""), or all that a form asks for.

    ``field`` is the record's field, or the name of the form.
    """

    kind: Literal["date", "form"]
    field: str
    label: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormOffer:
    """A form to open, its fields filled with what was ``said``."""

    form: str
    label: str
    said: dict[str, str]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, possibly of several lines."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A record at a glance: ``fields`` are (label, value) pairs in order of importance."""

    title: str
    subtitle: str = ""
    ref: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under columns; a column is (label, "text" | "number")."""

    title: str
    columns: tuple[tuple[str, Literal["text", "number"]], ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A PNG on disk with the words that say what it shows."""

    path: Path
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file to hand over."""

    path: Path
    name: str
    media_type: str


Part = Text | Card | Table | Picture | Document


@dataclass(slots=True)
class Reply:
    """One answer: parts in order, then the buttons, menus and forms.

    ``personal``: in a room with others it is for whoever asked, whatever the others may see.
    """

    parts: list[Part] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)
    menus: list[Menu] = field(default_factory=list)
    forms: list[FormOffer] = field(default_factory=list)
    personal: bool = False

    @property
    def is_empty(self) -> bool:
        """Nothing would be seen."""
        return not self.parts and not self.buttons

    def as_text(self) -> str:
        """Everything readable, as plain lines, for channels and scripts that know only text."""
        return "\n".join(filter(None, (part_as_text(part) for part in self.parts)))

    def files(self) -> list[Path]:
        """The files that go along."""
        return [part.path for part in self.parts if isinstance(part, Picture | Document)]


def part_as_text(part: Part) -> str:
    """One part as plain lines."""
    match part:
        case Text():
            return part.text
        case Card():
            head = f"{part.title} · {part.subtitle}" if part.subtitle else part.title
            return "\n".join([head, *(f"  {label}: {value}" for label, value in part.fields)])
        case Table():
            rows = [" | ".join(label for label, _ in part.columns), *(" | ".join(row) for row in part.rows)]
            return "\n".join(filter(None, [part.title, *rows, part.note]))
        case Picture():
            return part.alt
        case Document():
            return part.name


def part_to_json(part: Part) -> dict[str, Any]:
    """One part in the form described at the top of this module."""
    match part:
        case Text():
            return {"type": "text", "text": part.text}
        case Card():
            fields = [list(pair) for pair in part.fields]
            return {
                "type": "card",
                "title": part.title,
                "subtitle": part.subtitle,
                "ref": part.ref,
                "fields": fields,
                "edits": [asdict(edit) for edit in part.edits],
            }
        case Table():
            return {
                "type": "table",
                "title": part.title,
                "columns": [list(column) for column in part.columns],
                "rows": [list(row) for row in part.rows],
                "note": part.note,
            }
        case Picture():
            return {"type": "picture", "path": str(part.path), "alt": part.alt}
        case Document():
            return {"type": "document", "path": str(part.path), "name": part.name, "media_type": part.media_type}


def part_from_json(data: dict[str, Any]) -> Part:
    """Read what ``part_to_json`` wrote; raises KeyError or ValueError for anything else."""
    match data["type"]:
        case "text":
            return Text(data["text"])
        case "card":
            fields = tuple((label, value) for label, value in data["fields"])
            edits = tuple(Edit(**edit) for edit in data.get("edits", ()))
            return Card(title=data["title"], subtitle=data["subtitle"], ref=data["ref"], fields=fields, edits=edits)
        case "table":
            return Table(
                title=data["title"],
                columns=tuple((label, kind) for label, kind in data["columns"]),
                rows=tuple(tuple(row) for row in data["rows"]),
                note=data["note"],
            )
        case "picture":
            return Picture(path=Path(data["path"]), alt=data["alt"])
        case "document":
            return Document(path=Path(data["path"]), name=data["name"], media_type=data["media_type"])
    raise ValueError(f"unknown part {data['type']!r}")
