"""The review queue in the chat."""

from __future__ import annotations

from sqlalchemy import select

from crm_store.models import ReviewItem, ReviewReason, ReviewStatus
from tests.assistants import Rig

ASK = "/review_messages"


def keep(rig: Rig, text: str, *candidates: tuple[str, float], suggestion: str | None = None) -> None:
    with rig.assistant.store.unit_of_work(now=rig.clock()) as uow:
        uow.session.add(
            ReviewItem(
                text=text,
                asked_by="rep",
                reason=ReviewReason.FALLBACK,
                confidence=0.5,
                candidates=[list(candidate) for candidate in candidates],
                suggestion=suggestion,
                at=rig.clock(),
            )
        )
        uow.commit()


def states(rig: Rig) -> list[tuple[str, ReviewStatus, str | None, str | None]]:
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        items = uow.session.scalars(select(ReviewItem).order_by(ReviewItem.id))
        return [(item.text, item.status, item.label, item.labelled_by) for item in items]


def test_the_biggest_group_is_labelled_with_one_press(rig: Rig) -> None:
    keep(rig, "what's the weather for <account>", ("forecast", 0.3))
    keep(rig, "how are we doing", ("forecast", 0.3), ("quota_status", 0.4))
    keep(rig, "how are we doing?", ("forecast", 0.35), ("show_results", 0.2), ("greet", 0.1))
    admin = rig.speaker("alex")
    shown = admin.say(ASK)
    assert "3 messages" in shown.text
    assert shown.labels[0] == rig.assistant.pipeline.words.label("intent_forecast")
    assert len(shown.labels) == 5
    after = admin.press(shown.token(shown.labels[0]))
    assert "Noted for 2 messages" in after.text
    by = states(rig)[1][3]
    assert (by or "").startswith("user:")
    assert [state[1:3] for state in states(rig)] == [
        (ReviewStatus.OPEN, None),
        (ReviewStatus.LABELLED, "forecast"),
        (ReviewStatus.LABELLED, "forecast"),
    ]


def test_the_meaning_somebody_chose_comes_first(rig: Rig) -> None:
    keep(rig, "how are we doing", ("forecast", 0.4), ("quota_status", 0.39), suggestion="quota_status")
    shown = rig.speaker("alex").say(ASK)
    assert shown.labels[0] == rig.assistant.pipeline.words.label("intent_quota_status")


def test_only_the_period_asked_for_is_shown(rig: Rig) -> None:
    keep(rig, "from long ago")
    rig.clock.advance(days=30)
    keep(rig, "from today")
    shown = rig.speaker("alex").say('/review_messages{"date": "this week"}')
    assert "from today" in shown.text
    assert "from long ago" not in shown.text


def test_what_somebody_else_has_dealt_with_is_not_labelled_again(rig: Rig) -> None:
    keep(rig, "how are we doing", ("forecast", 0.4))
    one, other = rig.speaker("alex"), rig.speaker("alex")
    shown, seen_before = one.say(ASK), other.say(ASK)
    one.press(shown.token("Dismiss"))
    late = other.press(seen_before.token(seen_before.labels[0]))
    assert late.error == "Refused"
    assert states(rig)[0][1] is ReviewStatus.DISMISSED


def test_a_rep_does_not_see_the_queue(rig: Rig) -> None:
    keep(rig, "how are we doing", ("forecast", 0.4))
    answer = rig.speaker("dana").say(ASK)
    assert answer.error == "not_for_role"
    assert "how are we doing" not in answer.text
