"""What rules have to tell: their own words, and that one could not act."""

from __future__ import annotations

from collections.abc import Sequence

from actions.cards import show_deal
from actions.describing import describe_briefly
from actions.notices.focusing import focus_on_told
from actions.resolving import by_ref
from actions.turn import Turn
from crm_store.models import Deal, Notice, Record

_CARDS = 2


def say_rule_notices(turn: Turn, notices: Sequence[Notice]) -> list[Notice]:
    """Say each; what it is about must still be there."""
    said: list[Notice] = []
    told: list[Record] = []
    for notice in notices:
        if notice.topic == "told":
            record = by_ref(turn, notice.ref)
            if record is not None:
                _tell(turn, notice, record, with_card=len(notices) <= _CARDS)
                said.append(notice)
                told.append(record)
        else:
            _complain(turn, notice)
            said.append(notice)
    focus_on_told(turn, list(dict.fromkeys(told)))
    return said


def _tell(turn: Turn, notice: Notice, record: Record, *, with_card: bool) -> None:
    text = str(notice.data.get("text") or "")
    about = describe_briefly(record)
    if text and about.partition(" (")[0] in text:
        turn.say("utter_rule_told_plainly", text=text)
    elif text:
        turn.say("utter_rule_told_text", text=text, record=about)
    else:
        turn.say("utter_rule_told", name=str(notice.data["name"]), record=about)
    if isinstance(record, Deal) and with_card:
        show_deal(turn, record, with_buttons=False)


def _complain(turn: Turn, notice: Notice) -> None:
    number, name = str(notice.data["rule"]), str(notice.data["name"])
    if notice.topic == "rule_too_often":
        turn.say("utter_rule_too_often", n=number, name=name)
        return
    turn.say("utter_rule_failed", n=number, name=name, detail=str(notice.data.get("detail", "")))
    turn.offer(turn.words.label("turn_off"), "manage_rules", rule=number, answer="off")
