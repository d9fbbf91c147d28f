"""What the support desk is measured by: when tickets were answered and solved, and how customers found it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from crm_store.demo.rows import Rows
from crm_store.models import Conversation, SolvedHow, SupportEvent, SupportEventKind, Survey, SurveyKind, TicketPriority

_DESK = ZoneInfo("America/New_York")
_OPENS, _CLOSES, _SATURDAY = time(9), time(18), 5
_PROMISED = {  # minutes to the first answer and to the solution, as config.yml has them
    TicketPriority.URGENT: (30, 480),
    TicketPriority.HIGH: (60, 960),
    TicketPriority.NORMAL: (240, 2_400),
    TicketPriority.LOW: (480, 4_800),
}
_SCORES = {5: 50, 4: 25, 3: 12, 2: 8, 1: 5}
_COMMENTS = {5: "Quick and friendly, thank you!", 2: "It took three messages.", 1: "Still not working."}
_ANSWERS_CSAT = 0.45


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketStory:
    """A ticket as far as the desk measures it."""

    ticket_id: int
    contact_id: int
    agent_id: int
    category: str
    priority: TicketPriority
    opened_at: datetime
    answered_at: datetime | None
    solved_at: datetime | None


class SupportEventWriter:
    """Writes the events and ratings of tickets. Its random numbers are its own, so that tickets stay as they are."""

    def __init__(self, rows: Rows, rng: Random, latest: datetime) -> None:
        self._rows, self._rng, self._latest = rows, rng, latest
        self._conversations: dict[int, int] = {}

    def write(self, story: TicketStory) -> None:
        """Add what happened to a ticket."""
        answer_within, solve_within = _PROMISED[story.priority]
        kinds = SupportEventKind
        self._event(story, kinds.OPENED, story.opened_at, category=story.category, priority=story.priority.value)
        if story.answered_at is not None:
            minutes = office_minutes(story.opened_at, story.answered_at)
            seconds = round((story.answered_at - story.opened_at).total_seconds())
            self._event(
                story,
                kinds.FIRST_RESPONSE,
                story.answered_at,
                minutes=minutes,
                kept=minutes <= answer_within,
                wall_seconds=seconds,
                handover=False,
            )
        if story.solved_at is not None:
            minutes = office_minutes(story.opened_at, story.solved_at)
            how = SolvedHow.HUMAN.value
            self._event(story, kinds.SOLVED, story.solved_at, how=how, minutes=minutes, kept=minutes <= solve_within)
            self._rate(story, story.solved_at)

    def _rate(self, story: TicketStory, solved_at: datetime) -> None:
        asked_at = solved_at + timedelta(minutes=15)
        answered_at = asked_at + timedelta(minutes=self._rng.randint(1, 300))
        if self._rng.random() >= _ANSWERS_CSAT or answered_at >= self._latest:
            return
        score = self._rng.choices(list(_SCORES), weights=list(_SCORES.values()))[0]
        self._rows.add(
            Survey,
            key=f"csat:{story.ticket_id}",
            kind=SurveyKind.CSAT,
            conversation_id=self._conversation(story, asked_at),
            contact_id=story.contact_id,
            ticket_id=story.ticket_id,
            user_id=story.agent_id,
            how=SolvedHow.HUMAN.value,
            asked_at=asked_at,
            answered_at=answered_at,
            score=score,
            comment=_COMMENTS.get(score, "") if self._rng.random() < 0.4 else "",
            followed_up_at=answered_at if score <= 2 else None,
        )
        self._event(story, SupportEventKind.CSAT_ASKED, asked_at)
        self._event(story, SupportEventKind.CSAT_ANSWERED, answered_at, score=score, how=SolvedHow.HUMAN.value)

    def _conversation(self, story: TicketStory, at: datetime) -> int:
        """One for each person, on a channel nobody can be reached on: the demo's customers are made up."""
        if story.contact_id not in self._conversations:
            self._conversations[story.contact_id] = self._rows.add(
                Conversation,
                channel="demo",
                external_id=f"contact:{story.contact_id}",
                created_at=at,
                last_message_at=at,
                focus={},
                dialogue={},
                pending={},
            )
        return self._conversations[story.contact_id]

    def _event(self, story: TicketStory, kind: SupportEventKind, at: datetime, **data: object) -> None:
        self._rows.add(
            SupportEvent,
            key=f"{kind.value}:t{story.ticket_id}",
            kind=kind,
            at=at,
            ticket_id=story.ticket_id,
            contact_id=story.contact_id,
            user_id=story.agent_id,
            data=data,
        )


def office_minutes(begin: datetime, end: datetime) -> int:
    """Minutes from nine to six on weekdays between two instants."""
    begin, end = begin.astimezone(_DESK), end.astimezone(_DESK)
    day, total = begin.date(), timedelta()
    while day <= end.date():
        if day.weekday() < _SATURDAY:
            opens, closes = (datetime.combine(day, at, _DESK) for at in (_OPENS, _CLOSES))
            total += max(timedelta(), min(end, closes) - max(begin, opens))
        day += timedelta(days=1)
    return round(total.total_seconds() / 60)
