from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from actions.reply import Card, Document, Part, Picture, Table, Text, part_to_json
from bot.channels.terminal.rendering import choices_of, make_console, render, render_plain
from bot.channels.terminal.session import run_chat
from crm_store.errors import DatabaseUnavailable

DEALS = Table(
    title="Open deals",
    columns=(("Deal", "text"), ("Amount", "number")),
    rows=(("Initech renewal", "$40,000.00"), ("Globex", "$8,500.00")),
    note="One deal without an amount is left out.",
)
CARD = Card(title="Initech", subtitle="Deal", fields=(("Amount", "$40,000.00"), ("Next step", "call\nJane")))


def body(*parts: Part, buttons: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "parts": [part_to_json(part) for part in parts],
        "buttons": [{"label": label, "token": f"token of {label}", "style": "default"} for label in buttons],
    }


def piped(reply: dict[str, Any]) -> str:
    """What a program reading our output gets."""
    output = io.StringIO()
    render(make_console(output), reply)
    return output.getvalue()


def drawn(reply: dict[str, Any], *, width: int = 80) -> str:
    """What a terminal shows, without its colours."""
    console = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None, highlight=False)
    render(console, reply)
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_a_pipe_gets_neither_colours_nor_boxes() -> None:
    text = piped(body(Text("Logged."), CARD, DEALS, buttons=("Undo",)))
    assert "\x1b" not in text
    assert text.isascii() or set(text) - set(map(chr, range(128))) == {"\N{NO-BREAK SPACE}"}


def test_a_pipe_gets_a_paragraph_as_one_line() -> None:
    words = "word " * 100
    assert piped(body(Text(words.strip()))) == words.strip() + "\n"


def test_a_card_shows_its_fields_next_to_their_labels() -> None:
    lines = [line.split() for line in piped(body(CARD)).splitlines()]
    assert ["Initech"] in lines
    assert ["Amount", "$40,000.00"] in lines
    assert ["Next", "step", "call"] in lines


def test_numbers_stand_at_the_right_of_their_column() -> None:
    lines = [line.rstrip() for line in piped(body(DEALS)).splitlines()]
    amounts = [line for line in lines if "$" in line]
    assert len(amounts) == 2
    assert len({len(line) for line in amounts}) == 1
    assert lines[0] == "Open deals"
    assert lines[-1].strip() == "One deal without an amount is left out."


@pytest.mark.parametrize("width", [24, 40, 80, 200])
def test_a_terminal_is_never_overrun_and_no_number_is_cut(width: int) -> None:
    text = drawn(body(Text("A sentence of several words."), CARD, DEALS, buttons=("Undo", "Show")), width=width)
    assert all(len(line) <= width for line in text.splitlines())
    assert "$40,000.00" in text


def test_files_are_named_with_where_they_are() -> None:
    text = piped(
        body(
            Picture(path=Path("/data/files/chart.png"), alt="Open deals by stage"),
            Document(path=Path("/data/files/2041.pdf"), name="INV-2041.pdf", media_type="application/pdf"),
        )
    )
    assert text.splitlines() == [
        "Picture: Open deals by stage",
        "/data/files/chart.png",
        "Document: INV-2041.pdf",
        "/data/files/2041.pdf",
    ]


def test_nothing_in_a_reply_controls_the_terminal() -> None:
    nasty = "a\x1b[2Jb\x07c\u202ed\x9be\r[bold]f[/bold] :smile:"
    everywhere = body(
        Text(nasty),
        Card(title=nasty, subtitle=nasty, fields=((nasty, nasty),)),
        Table(title=nasty, columns=((nasty, "text"),), rows=((nasty,),), note=nasty),
        Document(path=Path(f"/x/{nasty}"), name=nasty, media_type="text/plain"),
        buttons=(nasty,),
    )
    for text in (piped(everywhere), drawn(everywhere, width=200)):
        assert not set(text) & set("\x1b\x07\x9b\u202e\r")
        assert "[bold]f[/bold]" in text
        assert ":smile:" in text


def test_a_reply_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    render_plain(body(Text("Hello."), buttons=("Yes", "No")))
    assert capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", " ") == "Hello.\n[1] Yes   [2] No\n"


class Assistant:
    """Answers with what it heard, and offers two buttons."""

    def __init__(self) -> None:
        self.heard: list[tuple[str | None, str]] = []

    def __call__(self, token: str | None, text: str) -> list[dict[str, Any]]:
        self.heard.append((token, text))
        if text == "fail":
            raise DatabaseUnavailable("gone")
        return [body(Text(f"heard {text}"), buttons=("Undo", "Show") if token is None else ())]


def talk(assistant: Assistant, home: Path, keys: str) -> str:
    """What the screen shows after these keys."""
    console = Console(file=io.StringIO(), width=80, highlight=False)
    with create_pipe_input() as keyboard, create_app_session(input=keyboard, output=DummyOutput()):
        keyboard.send_text(keys)
        run_chat(assistant, who="dana", home=home, console=console, interactive=True)
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_lines_are_asked_until_quit(tmp_path: Path) -> None:
    assistant = Assistant()
    screen = talk(assistant, tmp_path, "hello\r  \r/quit\rnot asked\r")
    assert assistant.heard == [(None, "hello")]
    assert "heard hello" in screen


def test_the_end_of_input_leaves(tmp_path: Path) -> None:
    assistant = Assistant()
    talk(assistant, tmp_path, "hello\r\x04")
    assert assistant.heard == [(None, "hello")]


def test_ctrl_c_clears_the_line(tmp_path: Path) -> None:
    assistant = Assistant()
    talk(assistant, tmp_path, "delete every\x03hello\r\x04")
    assert assistant.heard == [(None, "hello")]


def test_a_number_presses_a_button_of_the_last_answer_only(tmp_path: Path) -> None:
    assistant = Assistant()
    talk(assistant, tmp_path, "hello\r2\r1\r9\r\x04")
    assert assistant.heard == [(None, "hello"), ("token of Show", "Show"), (None, "1"), (None, "9")]


@pytest.mark.parametrize("line", ["0", "3", "-1", "1.5", "+1", "１", "99999999999999999999"])
def test_what_is_no_button_number_is_said(tmp_path: Path, line: str) -> None:
    assistant = Assistant()
    talk(assistant, tmp_path, f"hello\r{line}\r\x04")
    assert assistant.heard[-1] == (None, line)


def test_alt_enter_starts_a_new_line(tmp_path: Path) -> None:
    assistant = Assistant()
    talk(assistant, tmp_path, "one\x1b\rtwo\r\x04")
    assert assistant.heard == [(None, "one\ntwo")]


def test_the_talk_goes_on_when_the_database_is_gone(tmp_path: Path) -> None:
    assistant = Assistant()
    screen = talk(assistant, tmp_path, "fail\rhello\r\x04")
    assert "out of reach" in screen
    assert "heard hello" in screen


def test_what_was_typed_is_remembered_for_its_owner_only(tmp_path: Path) -> None:
    talk(Assistant(), tmp_path, "first\r\x04")
    again = Assistant()
    talk(again, tmp_path, "\x1b[A\r\x04")
    assert again.heard == [(None, "first")]
    assert (tmp_path / "chat_history").stat().st_mode & 0o077 == 0


def test_piped_lines_are_said_without_a_prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("hello\n\n2\n"))
    assistant = Assistant()
    run_chat(assistant, who="dana", home=tmp_path)
    assert assistant.heard == [(None, "hello"), ("token of Show", "Show")]
    assert capsys.readouterr().out.splitlines()[0] == "heard hello"


def test_a_short_menu_goes_on_with_the_numbers_and_a_long_one_is_left_to_be_said() -> None:
    menus = [
        {"label": "Move to", "options": [{"label": "Proposal", "said": "Move to Proposal", "token": "o-2"}]},
        {
            "label": "Assign to",
            "options": [{"label": f"P{n}", "said": f"Assign to P{n}", "token": f"o-1{n}"} for n in range(9)],
        },
        {"label": "Won", "options": [{"label": "Today", "said": "Won today", "token": "o-3"}]},
    ]
    body = {"parts": [], "buttons": [{"label": "Won", "token": "o-1", "style": "default"}], "menus": menus}
    out = io.StringIO()

    render(make_console(out), body)

    assert out.getvalue().replace("\N{NO-BREAK SPACE}", " ").split("\n") == ["[1] Won", "Move to:  [2] Proposal", ""]
    assert choices_of(body) == [("o-1", "Won"), ("o-2", "Move to Proposal")]
