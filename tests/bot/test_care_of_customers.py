"""Floods are met once and calmly, old words are let go, and the assistant's successes are counted honestly."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from bot.settings import Abuse
from crm_store.models import (
    Article,
    ArticleVerdict,
    ChannelIdentity,
    Conversation,
    Inbox,
    InboxStatus,
    Message,
    PrivacyAct,
)
from crm_store.retention import Times, let_go
from crm_store.support_measures import containment
from crm_store.unit_of_work import UnitOfWork
from tests.assistants import NOW, Rig

LIMIT = Abuse().per_person_a_minute
TIMES = Times(customers=timedelta(days=30), visitors=timedelta(days=10), traces=timedelta(days=60))


def test_who_writes_too_fast_is_told_once_and_loses_nothing(rig: Rig) -> None:
    customer = rig.speaker("customer:kim@example.com", conversation="flood")
    answers = [customer.say("/greet").text for _ in range(LIMIT + 4)]
    assert "That's a lot at once" not in "".join(answers[:LIMIT])
    assert "That's a lot at once" in answers[LIMIT]
    assert answers[LIMIT + 1 :] == ["", "", ""]
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        talk = uow.session.scalars(select(Conversation.id).where(Conversation.external_id.contains("flood"))).one()
        said = uow.session.scalars(select(Message.id).where(Message.conversation_id == talk, Message.text == "/greet"))
        assert len(said.all()) == LIMIT + 4
    rig.clock.advance(minutes=2)
    assert "That's a lot" not in customer.say("/greet").text


def test_a_colleague_is_never_held_back(rig: Rig) -> None:
    dana = rig.speaker("dana")
    assert all(dana.say("/greet").text for _ in range(LIMIT + 2))


def test_words_are_let_go_when_they_are_old_enough_and_colleagues_words_stay(rig: Rig) -> None:
    for who in ("dana", "customer:kim@example.com", "visitor"):
        rig.speaker(who, conversation=f"old-{who}").say("/greet")

    def texts(uow: UnitOfWork, who: str) -> set[str]:
        query = select(Message.text).join(Conversation, Message.conversation_id == Conversation.id)
        return set(uow.session.scalars(query.where(Conversation.external_id.contains(f"old-{who}"))))

    later = NOW + timedelta(days=15)
    with rig.assistant.store.unit_of_work(now=later) as uow:
        counts, _ = let_go(uow.session, TIMES, now=later)
        assert counts["message"] == 2
        assert texts(uow, "visitor") == {""}
        assert "/greet" in texts(uow, "customer:kim@example.com") & texts(uow, "dana")
        later += timedelta(days=30)
        let_go(uow.session, TIMES, now=later)
        assert texts(uow, "customer:kim@example.com") == {""}
        assert "/greet" in texts(uow, "dana")
        assert let_go(uow.session, TIMES, now=later)[0].get("message") is None
        assert {act.kind for act in uow.session.scalars(select(PrivacyAct))} == {"expired"}


class Requests:
    """Writes what customers said and how it went."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.uow = uow
        self.count = 0

    def visitor(self) -> tuple[int, int]:
        self.count += 1
        talk = Conversation(
            channel="web",
            external_id=f"m{self.count}",
            created_at=NOW,
            last_message_at=NOW,
            focus={},
            dialogue={},
            pending={},
        )
        who = ChannelIdentity(channel="web", external_id=f"m{self.count}", created_at=NOW)
        self.uow.session.add_all([talk, who])
        self.uow.flush()
        return talk.id, who.id

    def said(self, person: tuple[int, int], *, hours: float) -> None:
        self.count += 1
        at = NOW + timedelta(hours=hours)
        row = Inbox(
            source="web",
            event_id=f"m{self.count}",
            conversation_id=person[0],
            identity_id=person[1],
            text="hi",
            attachments=[],
            sent_at=at,
            received_at=at,
            status=InboxStatus.DONE,
            trace={},
        )
        self.uow.session.add(row)
        self.uow.flush()
        author = f"anonymous:{person[1]}"
        self.uow.session.add(Message(conversation_id=person[0], author=author, text="hi", at=at, inbox_id=row.id))
        self.uow.flush()

    def verdict(self, person: tuple[int, int], *, helpful: bool, hours: float) -> None:
        article = self.uow.session.scalars(select(Article.id).limit(1)).one()
        at = NOW + timedelta(hours=hours)
        row = ArticleVerdict(article_id=article, conversation_id=person[0], helpful=helpful, said_by="x")
        row.question, row.at = "hi", at
        self.uow.session.add(row)
        self.uow.flush()


def test_only_those_who_said_it_helped_and_stayed_away_count_as_settled(rig: Rig) -> None:
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        write = Requests(uow)
        content, silent, returning, displeased, late = (write.visitor() for _ in range(5))
        for person in (content, silent, returning, displeased):
            write.said(person, hours=1)
        write.verdict(content, helpful=True, hours=1.1)
        write.verdict(returning, helpful=True, hours=1.1)
        write.said(returning, hours=60)
        write.verdict(displeased, helpful=True, hours=1.1)
        write.verdict(displeased, helpful=False, hours=1.2)
        write.said(late, hours=90)
        found = containment(uow.session, since=NOW, until=NOW + timedelta(hours=100), now=NOW + timedelta(hours=140))
        assert (found.requests, found.confirmed, found.silent, found.came_back) == (6, 1, 2, 1) or found.open
        assert (found.confirmed, found.came_back, found.dissatisfied, found.handed_over) == (1, 1, 1, 0)
        assert found.silent + found.open == found.requests - 3
