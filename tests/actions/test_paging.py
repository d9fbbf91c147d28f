"""A long list goes on where the last page ended, for the same people, period and order."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from crm_store.models import Task, User
from tests.assistants import NOW, Heard, Rig, Speaker


def cells(heard: Heard) -> list[str]:
    return [row[0] for part in heard.exchange.body["parts"] if part["type"] == "table" for row in part["rows"]]


def all_pages(speaker: Speaker, first: Heard) -> list[str]:
    seen, heard = cells(first), first
    while "Show more" in heard.labels:
        heard = speaker.press(heard.token("Show more"))
        seen += cells(heard)
    return seen


def test_all_open_deals_come_page_by_page(rig: Rig) -> None:
    dana = rig.speaker("dana")
    first = dana.say("/show_pipeline")

    seen = all_pages(dana, first)

    assert len(cells(first)) == 15
    assert f"{len(seen)} deals in total" in first.text


def test_whose_deals_were_asked_for_in_words_alone_stays_so_on_the_next_page(trained_rig: Rig) -> None:
    morgan = trained_rig.speaker("dana")
    first = morgan.say("show everyone's open deals")

    second = morgan.press(first.token("Show more"))

    assert first.exchange.body["parts"][0]["title"] in second.exchange.body["parts"][0]["title"]
    assert not set(map(tuple, first.exchange.body["parts"][0]["rows"])) & set(
        map(tuple, second.exchange.body["parts"][0]["rows"])
    )


def test_a_page_that_is_no_number_is_the_first(rig: Rig) -> None:
    first = rig.speaker("dana").say("/show_pipeline")

    for page in ("0", "-3", "many", "99999999", "²"):
        assert cells(rig.speaker("dana").say(f'/show_pipeline{{"page": "{page}"}}')) == cells(first)


def test_a_page_after_the_end_is_the_last(rig: Rig) -> None:
    dana = rig.speaker("dana")

    beyond = cells(dana.say('/show_pipeline{"page": "900"}'))

    assert beyond
    assert all_pages(dana, dana.say("/show_pipeline"))[-len(beyond) :] == beyond


def test_all_tasks_come_page_by_page(rig: Rig) -> None:
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        dana = uow.session.scalars(select(User).where(User.handle == "dana")).one()
        for number in range(40):
            due = NOW + timedelta(days=number)
            uow.add(Task(subject=f"Task {number}", assignee_id=dana.id, due_at=due, remind_at=None))
        uow.commit()
    speaker = rig.speaker("dana")

    seen = all_pages(speaker, speaker.say("/show_tasks"))

    assert [f"Task {number}" in seen for number in range(40)] == [True] * 40
    assert len(seen) == len(set(seen))
