"""What is kept for review, of whom, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pytest
from sqlalchemy import select

from bot.review import ReviewNotes, forget_old_items
from bot.settings import Privacy, RapportConfig
from crm_store.models import ReviewItem, ReviewReason, ReviewStatus
from nlu.parse import Engine, IntentScore, ParseResult
from nlu.values.reading import Reading
from tests.assistants import Rig
from tests.fakes import FakeEngine

CUSTOMER = "customer:kim@example.com"
DEAL = '/log_deal{"account": "Initech", "amount": "40k", "date": "2027-03-31", "deal": "Printers"}'


class _HesitantEngine(FakeEngine):
    """Reads commands like its base, but is as sure of them as it is told to be."""

    def __init__(self, confidence: float) -> None:
        super().__init__()
        self._confidence = confidence

    def parse(self, text: str, *, reading: Reading) -> ParseResult:
        parse = super().parse(text, reading=reading)
        if not parse.ranking:
            close = (IntentScore(name="forecast", confidence=0.41), IntentScore(name="quota_status", confidence=0.4))
            return replace(parse, intent=replace(parse.intent, confidence=0.59), ranking=close)
        score = replace(parse.intent, confidence=self._confidence)
        return replace(parse, intent=score, ranking=(score,))


def items(rig: Rig) -> list[ReviewItem]:
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        return list(uow.session.scalars(select(ReviewItem).order_by(ReviewItem.id)))


def keeping(rig: Rig, whose: Literal["staff", "all", "none"]) -> Rig:
    config = RapportConfig(privacy=Privacy(keep_for_review=whose))
    pipeline = replace(rig.assistant.pipeline, review=ReviewNotes(config))
    return Rig(replace(rig.assistant, pipeline=pipeline), rig.clock)


def test_a_message_that_is_not_understood_is_kept_masked(rig: Rig) -> None:
    rig.speaker("dana").say("zorble the frumious contract for morgan, call 555-014-2233")
    [item] = items(rig)
    assert item.text == "zorble the frumious contract for <person>, call <number>"
    assert (item.reason, item.asked_by, item.intent) == (ReviewReason.FALLBACK, "rep", None)
    assert item.status is ReviewStatus.OPEN


@pytest.mark.parametrize(("confidence", "kept"), [(0.69, 1), (0.7, 0)])
def test_an_unsure_reading_is_kept(make_rig: Callable[[Engine], Rig], confidence: float, kept: int) -> None:
    rig = make_rig(_HesitantEngine(confidence))
    rig.speaker("dana").say("/show_pipeline")
    assert [(item.reason, item.intent) for item in items(rig)] == [(ReviewReason.UNSURE, "show_pipeline")] * kept


def test_a_customers_message_is_kept_only_where_all_are(rig: Rig) -> None:
    rig.speaker(CUSTOMER).say("zorble please")
    assert items(rig) == []
    keeping(rig, "all").speaker(CUSTOMER).say("zorble please")
    assert [item.asked_by for item in items(rig)] == ["customer"]


def test_nothing_is_kept_where_nothing_may_be(rig: Rig) -> None:
    keeping(rig, "none").speaker("dana").say("zorble please")
    assert items(rig) == []


def test_the_meaning_somebody_chose_is_the_suggestion(make_rig: Callable[[Engine], Rig]) -> None:
    rig = make_rig(_HesitantEngine(0.9))
    dana = rig.speaker("dana")
    answer = dana.say("how will we do")
    dana.press(answer.token(answer.labels[1]))
    assert [item.suggestion for item in items(rig)] == ["quota_status"]


def test_pressing_something_else_suggests_nothing(make_rig: Callable[[Engine], Rig]) -> None:
    rig = make_rig(_HesitantEngine(0.9))
    dana = rig.speaker("dana")
    logged = dana.say(DEAL)
    dana.say("how will we do")
    dana.press(logged.token("Undo"))
    assert [(item.reason, item.suggestion) for item in items(rig)] == [
        (ReviewReason.FALLBACK, None),
        (ReviewReason.UNDONE, None),
    ]


@pytest.mark.parametrize(
    ("taken_back_by", "reason"),
    [
        ("/undo", ReviewReason.UNDONE),
        ('/correct{"amount": "60k"}', ReviewReason.CORRECTED),
        ("/deny", ReviewReason.DENIED),
    ],
)
def test_a_message_that_is_taken_back_is_kept(rig: Rig, taken_back_by: str, reason: ReviewReason) -> None:
    dana = rig.speaker("dana")
    assert "Logged" in dana.say(DEAL).text
    assert items(rig) == []
    dana.say(taken_back_by)
    [item] = items(rig)
    assert (item.reason, item.intent) == (reason, "log_deal")
    assert "Initech" not in item.text


def test_the_undo_button_takes_back_its_own_message(rig: Rig) -> None:
    dana = rig.speaker("dana")
    logged = dana.say(DEAL)
    dana.say("/show_pipeline")
    dana.press(logged.token("Undo"))
    assert [(item.reason, item.intent) for item in items(rig)] == [(ReviewReason.UNDONE, "log_deal")]


def test_taking_back_an_unsure_reading_keeps_one_item(make_rig: Callable[[Engine], Rig]) -> None:
    rig = make_rig(_HesitantEngine(0.5))
    dana = rig.speaker("dana")
    dana.say(DEAL)
    dana.say("/undo")
    assert [(item.intent, item.reason) for item in items(rig)] == [
        ("log_deal", ReviewReason.UNDONE),
        ("undo", ReviewReason.UNSURE),
    ]


def test_an_answer_to_a_question_is_not_kept(rig: Rig) -> None:
    dana = rig.speaker("dana")
    assert "?" in dana.say('/log_deal{"account": "Initech"}').text
    dana.say("40k")
    assert items(rig) == []


def test_an_answer_to_a_question_nobody_asked_is_kept(rig: Rig) -> None:
    rig.speaker("dana").say('/inform{"amount": "40k"}')
    assert [(item.reason, item.intent) for item in items(rig)] == [(ReviewReason.FALLBACK, None)]


def test_items_are_deleted_after_their_time_whatever_became_of_them(rig: Rig) -> None:
    dana = rig.speaker("dana")
    dana.say("zorble")
    with rig.assistant.store.unit_of_work(now=rig.clock()) as uow:
        uow.session.scalars(select(ReviewItem)).one().status = ReviewStatus.LABELLED
        uow.commit()
    rig.clock.advance(days=100)
    dana.say("frobnicate")
    rig.clock.advance(days=100)
    assert forget_old_items(rig.assistant.store, now=rig.clock(), days=180) == 1
    assert [item.text for item in items(rig)] == ["frobnicate"]
