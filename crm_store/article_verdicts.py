"""What readers said of articles: which questions they answered, and which have no article."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm_store.models import ArticleVerdict, UnansweredQuestion

AGREEING = 2
"""So many different people must say that an article answered a question before it counts as one of its own."""

LEARNED_MOST = 20
"""So many questions are learned for one article at most, the latest."""


def questions_that_helped(session: Session) -> dict[int, tuple[str, ...]]:
    """By article the questions, in the words of those who asked, that AGREEING people said it answered.

    Each with as many yeses more than noes; nobody can teach an article anything alone.
    """
    people: dict[tuple[int, str], dict[str, bool]] = defaultdict(dict)
    worded: dict[tuple[int, str], str] = {}
    rows = session.scalars(select(ArticleVerdict).where(ArticleVerdict.question != "").order_by(ArticleVerdict.id))
    for verdict in rows:
        key = (verdict.article_id, _same(verdict.question))
        people[key][verdict.said_by] = verdict.helpful
        worded[key] = verdict.question
    learned: defaultdict[int, list[str]] = defaultdict(list)
    for (article_id, words), opinions in people.items():
        yes = sum(opinions.values())
        if yes - (len(opinions) - yes) >= AGREEING:
            learned[article_id].append(worded[article_id, words])
    return {article_id: tuple(questions[-LEARNED_MOST:]) for article_id, questions in learned.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingAnswer:
    """Questions no article answered that ask the same: the first asked, how often, and when last."""

    question: str
    times: int
    people: int
    last_at: datetime


def missing_answers(
    session: Session,
    *,
    since: datetime,
    until: datetime,
    alike: Callable[[Sequence[str]], Sequence[Sequence[int]]],
    limit: int = 10,
) -> list[MissingAnswer]:
    """What was asked in a period without an answer, most asked first.

    ``alike`` puts the positions of texts that mean the same together, the most typical first. A question somebody then
    found an article for (and said it helped) is not missing one; noise without a letter is left out.
    """
    query = select(UnansweredQuestion).where(UnansweredQuestion.at >= since, UnansweredQuestion.at < until)
    asked = [row for row in session.scalars(query.order_by(UnansweredQuestion.id)) if any(map(str.isalpha, row.text))]
    helped = {
        (verdict.said_by, _same(verdict.question))
        for verdict in session.scalars(select(ArticleVerdict).where(ArticleVerdict.helpful, ArticleVerdict.at >= since))
    }
    asked = [row for row in asked if (row.asked_by, _same(row.text)) not in helped]
    groups = [[asked[number] for number in numbers] for numbers in alike([row.text for row in asked])]
    found = [
        MissingAnswer(
            question=rows[0].text,
            times=len({(row.asked_by, row.at.date(), _same(row.text)) for row in rows}),
            people=len({row.asked_by for row in rows}),
            last_at=max(row.at for row in rows),
        )
        for rows in groups
    ]
    return sorted(found, key=lambda each: (-each.people, -each.times, -each.last_at.timestamp()))[:limit]


def _same(question: str) -> str:
    return " ".join(question.casefold().split()).rstrip("?!. ")
