"""The question a conversation is waiting on, and how an answer to it becomes a command again.

It lives in ``Conversation.pending``, below both engines, so that "which Acme?", a missing reason or a choice works the
same whichever engine understood the message::

    {"resume": "/move_deal{...}", "fill": "account", "free_text": false, "choices": [["Acme Corp", "account:3"]]}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actions.call import Command
from actions.turn import Turn
from actions.words_for_names import POINTING, telling_words
from crm_store.names import name_key
from nlu.values import read_ordinal

_AROUND = " ()[]{}.,:;!?\"'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """One open question: the request to resume, the entity its answer fills, and what may be chosen.

    ``free_text``: any text answers it, not only one of the ``choices``. ``if_yes``: the value a plain yes stands for
    ("Shall I create it?").
    """

    resume: Command
    fill: str
    choices: tuple[tuple[str, str], ...] = ()
    free_text: bool = False
    if_yes: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The form kept in the conversation."""
        choices = [list(choice) for choice in self.choices]
        kept = {"resume": str(self.resume), "fill": self.fill, "free_text": self.free_text, "choices": choices}
        return kept if self.if_yes is None else {**kept, "if_yes": self.if_yes}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Pending | None:
        """Read what ``to_json`` wrote; None when nothing is pending."""
        resume = Command.from_text(str(data.get("resume", "")))
        if resume is None:
            return None
        choices = tuple((str(label), str(value)) for label, value in data["choices"])
        return cls(
            resume=resume,
            fill=str(data["fill"]),
            choices=choices,
            free_text=bool(data["free_text"]),
            if_yes=data.get("if_yes"),
        )

    def answered_with(self, value: str) -> Command:
        """The request, resumed with the answer."""
        return Command(self.resume.intent, {**self.resume.entities, self.fill: value})

    def choice_for(self, text: str) -> str | None:
        """The value of the choice ``text`` picks: by its label, a part of it that no other has, or its position."""
        key = name_key(text)
        if not key:
            return None
        for label, value in self.choices:
            if name_key(label) == key:
                return value
        containing = [value for label, value in self.choices if f" {key} " in f" {name_key(label)} "]
        if len(containing) == 1:
            return containing[0]
        pointed = frozenset(name_key(" ".join(telling_words(text))).split())
        told_apart = [value for label, value in self.choices if pointed and pointed <= set(name_key(label).split())]
        if len(told_apart) == 1:
            return told_apart[0]
        position = read_ordinal(text.strip(_AROUND))
        if position is None or not self._picks(key):
            return None
        index = len(self.choices) + position if position < 0 else position - 1
        return self.choices[index][1] if 0 <= index < len(self.choices) else None

    def _picks(self, key: str) -> bool:
        """Whether a message says hardly more than a position: "by 2 weeks" picks nothing from a list."""
        offered = {word for label, _ in self.choices for word in name_key(label).split()} | {self.fill}
        others = [word for word in key.split() if word not in POINTING | offered and read_ordinal(word) is None]
        return bool(self.choices) and not others


def ask(turn: Turn, *, fill: str, choices: tuple[tuple[str, str], ...], free_text: bool = False) -> None:
    """Leave a question open: offer ``choices`` as buttons and remember what the answer resumes."""
    # A question asked while a form reads its slots is answered to the form.
    in_form_step = turn.call.form is not None and turn.call.action == turn.call.form
    resume = Command("inform", {}) if in_form_step else turn.call.command()
    pending = Pending(resume=resume, fill=fill, choices=choices, free_text=free_text)
    turn.conversation.pending = pending.to_json()
    for label, value in choices:
        answered = pending.answered_with(value)
        turn.offer_command(label, answered, once=True)
