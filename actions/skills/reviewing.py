"""Administrators see what was not understood, and say what it meant."""

from __future__ import annotations

from actions.call import Command
from actions.errors import refused
from actions.formatting import date_text
from actions.registry import skill
from actions.reply import Table
from actions.report_periods import period_said
from actions.review_queue import OUT_OF_SCOPE, Cluster, clusters_of
from actions.turn import Turn
from crm_store.models import ReviewItem, Role
from crm_store.reviewing import dismiss_items, label_items, open_items

_SHOWN = 5
_READ = 200
"""Groups in the table, and messages grouped: the newest ones, so that looking does not keep others waiting."""

_DISMISSED = "-"
_TEXT = 80


@skill("action_review_messages", audience={Role.ADMIN})
def review_messages(turn: Turn) -> None:
    """Show the groups of messages that were not understood; a button labels or dismisses the biggest one."""
    label = turn.call.first("label")
    if label is not None:
        _decide(turn, label, _numbers(turn.call.first("items") or ""))
    period = None if label is not None else period_said(turn, prefer="past")
    items = open_items(
        turn.session, since=period.start if period else None, until=period.end if period else None, limit=_READ
    )
    if not items:
        turn.say("utter_review_nothing")
        return
    clusters = clusters_of(items, turn.alike)
    _show(turn, clusters, count=len(items))
    _offer_labels(turn, clusters[0])


def _decide(turn: Turn, label: str, numbers: frozenset[int]) -> None:
    if label == _DISMISSED:
        count = dismiss_items(turn.session, numbers, by=str(turn.actor), now=turn.uow.now)
        response = "utter_review_dismissed"
    else:
        count = label_items(turn.session, numbers, label, by=str(turn.actor), now=turn.uow.now)
        response = "utter_review_labelled"
    if not count:
        raise refused("utter_review_gone")
    turn.say(response, messages=turn.words.counted("message", count), meaning=_meaning(turn, label))


def _show(turn: Turn, clusters: tuple[Cluster, ...], *, count: int) -> None:
    table = Table(
        title=turn.words.say("utter_review_title", messages=turn.words.counted("message", count)),
        columns=(
            (turn.words.label("review_example"), "text"),
            (turn.words.label("review_messages"), "number"),
            (turn.words.label("review_guess"), "text"),
            (turn.words.label("review_last"), "text"),
        ),
        rows=tuple(_row(turn, cluster) for cluster in clusters[:_SHOWN]),
        note=turn.words.say("utter_review_more", n=str(len(clusters) - _SHOWN)) if len(clusters) > _SHOWN else "",
    )
    turn.show(table)


def _row(turn: Turn, cluster: Cluster) -> tuple[str, ...]:
    newest = max(item.at for item in cluster.items)
    guess = _meaning(turn, cluster.suggestions[0]) if cluster.suggestions else ""
    day = date_text(newest.astimezone(turn.reading.zone).date(), turn.reading)
    return (_shortened(cluster.items[0]), str(len(cluster.items)), guess, day)


def _offer_labels(turn: Turn, cluster: Cluster) -> None:
    turn.say("utter_review_ask", example=_shortened(cluster.items[0]))
    choices = [(_meaning(turn, intent), intent) for intent in (*cluster.suggestions, OUT_OF_SCOPE)]
    choices.append((turn.words.label("review_dismiss"), _DISMISSED))
    for text, label in choices:
        decision = {"label": label, "items": ",".join(map(str, cluster.numbers))}
        turn.offer_command(text, Command("review_messages", decision), once=True)


def _meaning(turn: Turn, intent: str) -> str:
    response = f"utter_label_intent_{intent}"
    return turn.words.say(response) if turn.words.has(response) else intent.replace("_", " ")


def _shortened(item: ReviewItem) -> str:
    return item.text if len(item.text) <= _TEXT else f"{item.text[: _TEXT - 1]}…"


def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(number) for number in text.split(",") if number.isdecimal())
