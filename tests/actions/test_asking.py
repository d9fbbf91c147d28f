"""Questions about figures: 200 written before the grammar, and what an answer repeats of its question."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.asking.errors import CannotRead, Why
from actions.asking.grammar import Question, read_question
from actions.asking.names import Vocabulary
from actions.asking.refining import refine
from crm_store.insights.query.layer import Dimension
from crm_store.insights.query.report_query import Condition
from crm_store.models import User
from crm_store.money import Money
from crm_store.rates import Rates
from crm_store.store import Store
from nlu.values import Amount, Reading
from tests.assistants import Heard, Rig

NOW = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
QUESTIONS = Path(__file__).parents[1] / "data" / "report_questions.yml"
MOST_WRONG = 0.05


class Desk:
    """Reads questions as somebody asks them, and writes readings with handles."""

    def __init__(self, session: Session) -> None:
        rates = Rates.load(session, "USD")
        reading = Reading(now=NOW, zone=ZoneInfo("America/New_York"))

        def to_company(amount: Amount) -> Decimal:
            return rates.convert(Money(amount.value, amount.currency or "USD"), reading.today).amount

        self._users = {user.handle: user for user in session.scalars(select(User))}
        self._blank = Question(
            text="", vocabulary=Vocabulary.load(session), reading=reading, session=session, to_company=to_company
        )

    def own(self, handle: str) -> Condition:
        user = self._users[handle]
        return Condition(dimension=Dimension.REP, values=((user.id, user.name),))

    def question(self, said: str) -> Question:
        who, _, text = said.rpartition(": ") if said.startswith("dana: ") else ("", "", said)
        return replace(self._blank, text=text, own=self.own(who) if who else None)

    def read(self, said: str) -> str:
        try:
            return self.written(read_question(self.question(said)).to_text())
        except CannotRead:
            return "refuse"

    def written(self, text: str) -> str:
        for user in self._users.values():
            text = text.replace(user.name, user.handle)
        return text.replace("rep=", "owner=")

    def refined(self, first: str, *then: str) -> str:
        query = read_question(self.question(first))
        for said in then:
            query = refine(query, self.question(said), me=self.own("dana"))
        return self.written(query.to_text())


@pytest.fixture(scope="module")
def desk(seeded_database: Path) -> Iterator[Desk]:
    store = Store(f"sqlite:///{seeded_database}")
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        yield Desk(uow.session)
    store.close()


def test_at_most_one_in_twenty_questions_is_read_otherwise_than_meant(desk: Desk) -> None:
    questions: list[tuple[str, str]] = [(said, meant) for said, meant in yaml.safe_load(QUESTIONS.read_text("utf-8"))]

    wrong = [f"{said}: {found} instead of {meant}" for said, meant in questions if (found := desk.read(said)) != meant]

    assert len(questions) == 200
    assert len(wrong) <= MOST_WRONG * len(questions), "\n".join(wrong)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("monthly revenue in 2025", "amount won | 2025-01-01..2025-12-31 | by month"),
        ("how many deals did each rep win this quarter?", "count won | 2026-10-01..2026-12-31 | by rep"),
        ("how long does it take to close a deal by source", "cycle | 2026-01-01..2026-12-31 | by source"),
        ("how long do tickets take to resolve, by priority", "resolution | 2026-01-01..2026-12-31 | by priority"),
        ("deals between 10 and 50k won this year",
         "count won | amount>=10000 | amount<=50000 | 2026-01-01..2026-12-31"),
        ("lost deals over €50k this year", "count lost | amount>=54430.00 | 2026-01-01..2026-12-31"),
        ("deals won with acme logistics this year", "count won | account=Acme Logistics | 2026-01-01..2026-12-31"),
        ("revenue excluding EMEA and APAC by month",
         "amount won | region!=APAC,EMEA | 2026-01-01..2026-12-31 | by month"),
        ("won amount Q1, Q2 and Q3 by rep", "amount won | 2026-01-01..2026-09-30 | by rep"),
        ("revenue ytd yoy by region", "amount won | 2026-01-01..2026-11-18 | vs year before | by region"),
        ("who sold the most in September", "amount won | 2026-09-01..2026-09-30 | by rep"),
        ("10 biggest deals won this year", "list won | 2026-01-01..2026-12-31 | top 10"),
        ("win rate in the US", "win_rate | country=US | 2026-01-01..2026-12-31"),
        ("dana: how am I doing on quota", "attainment | owner=dana | 2026-10-01..2026-12-31"),
        ("dana: calls of the team this week", "activities | kind=call | 2026-11-16..2026-11-22"),
        ("how is the APAC business doing this year", "amount won | region=APAC | 2026-01-01..2026-12-31"),
        ("rank the reps by win rate", "win_rate | 2026-01-01..2026-12-31 | by rep"),
        ("sort products by revenue this quarter", "amount won | 2026-10-01..2026-12-31 | by product"),
        ("five largest customers last year", "amount won | 2025-01-01..2025-12-31 | by account | top 5"),
        ("customers who bought the most", "amount won | 2026-01-01..2026-12-31 | by account"),
        ("biggest win this year", "list won | 2026-01-01..2026-12-31 | top 1"),
        ("how much did the enterprise reps close in q2", "amount won | team=Enterprise | 2026-04-01..2026-06-30"),
        ("why are we losing deals in retail", "count lost | industry=Retail | 2026-01-01..2026-12-31 | by reason"),
        ("everything but north america, revenue by month",
         "amount won | region!=North America | 2026-01-01..2026-12-31 | by month"),
        ("created vs won deals by month", "count new, count won | 2026-01-01..2026-12-31 | by month"),
        ("what proportion of referrals do we win", "win_rate | source=referral | 2026-01-01..2026-12-31"),
        ("which customers open the most tickets", "tickets | 2026-01-01..2026-12-31 | by account"),
        ("year over year growth in revenue by region",
         "amount won | 2026-01-01..2026-12-31 | vs year before | by region"),
        ("slowest reps to close deals", "cycle | 2026-01-01..2026-12-31 | by rep"),
        ("sales of rugged tablets by quarter",
         "amount won | product=Rugged tablet | 2026-01-01..2026-12-31 | by quarter"),
        ("my commission last month", "commission | 2026-10-01..2026-10-31"),
        ("leaderboard by wins last month", "leaderboard | count won | 2026-10-01..2026-10-31 | by rep"),
        ("which month had the highest revenue", "amount won | 2026-01-01..2026-12-31 | by month"),
        ("last quarters revenue broken out by team", "amount won | 2026-07-01..2026-09-30 | by team"),
        ("did we sell more in q2 or q3", "amount won | 2026-04-01..2026-06-30 | vs 2026-07-01..2026-09-30"),
        ("compare emea and apac by revenue this year",
         "amount won | region=APAC,EMEA | 2026-01-01..2026-12-31 | by region"),
        ("canada vs us revenue", "amount won | country=CA,US | 2026-01-01..2026-12-31 | by country"),
        ("revenue growth this year", "amount won | 2026-01-01..2026-12-31 | vs year before"),
        ("Growth team revenue this year", "amount won | team=Growth | 2026-01-01..2026-12-31"),
        ("small deals (under 5k) won this year", "count won | amount<=5000 | 2026-01-01..2026-12-31"),
        ("the 3 largest lost deals of q3 with reasons", "list lost | 2026-07-01..2026-09-30 | top 3"),
        ("what closes this quarter over 40k", "count open | amount>=40000 | 2026-10-01..2026-12-31"),
        ("best selling products in q3", "amount won | 2026-07-01..2026-09-30 | by product"),
        ("revenue from inbound leads in 2026", "amount won | source=inbound | 2026-01-01..2026-12-31"),
        ("agent with the most open tickets", "tickets | status=open | by rep"),
        ("slowest ticket categories", "resolution | 2026-01-01..2026-12-31 | by category"),
        ("how many tickets did sam close last week", "tickets | owner=sam | status=solved | 2026-11-09..2026-11-15"),
        ("activity trend for marcus", "activities | owner=marcus | 2026-01-01..2026-12-31 | line"),
        ("biggest deal we won of all time", "list won | top 1"),
        ("who had no meetings last week", "refuse"),
        ("largest deal we won in 2024", "list won | 2024-01-01..2024-12-31 | top 1"),
        ("open and weighted pipeline by team", "amount open, weighted open | by team"),
        ("weighted pipeline by close quarter", "weighted open | by quarter"),
        ("won deals each month in 2025 as a graph", "count won | 2025-01-01..2025-12-31 | by month | chart"),
        ("revenue by team for each of the last 2 quarters",
         "amount won | 2026-04-01..2026-09-30 | by team, quarter"),
        ("how come revenue is down this month", "amount won | 2026-11-01..2026-11-30 | vs previous"),
        ("why is the win rate lower this quarter", "win_rate | 2026-10-01..2026-12-31 | vs previous"),
        ("how come we lost so many deals in May", "count lost | 2026-05-01..2026-05-31 | by reason"),
        ("returns in October vs September", "tickets | category=returns | 2026-10-01..2026-10-31 | vs "
         "2026-09-01..2026-09-30"),
        ("so the ceo wants to see revenue by region this year",
         "amount won | 2026-01-01..2026-12-31 | by region"),
        ("sorry to bother you again, win rate back in 2024", "win_rate | 2024-01-01..2024-12-31"),
        ("i'm preparing some slides - wins by source as a pie",
         "count won | 2026-01-01..2026-12-31 | by source | pie"),
        ("deals lost 2 competitors in q3, list em", "list lost | reason=competitor | 2026-07-01..2026-09-30"),
        ("who brought in the most new business in q2", "amount won | 2026-04-01..2026-06-30 | by rep"),
        ("which month was our best ever", "amount won | by month"),
        ("revenue by day this month", "amount won | 2026-11-01..2026-11-30 | by day"),
        ("tickets per day last week", "tickets | 2026-11-09..2026-11-15 | by day"),
        ("compare this month to last month", "amount won | 2026-11-01..2026-11-30 | vs 2026-10-01..2026-10-31"),
        ("revenue h1 vs h2 2025", "amount won | 2025-01-01..2025-06-30 | vs 2025-07-01..2025-12-31"),
        ("wins in q4 vs q4 2025", "count won | 2026-10-01..2026-12-31 | vs 2025-10-01..2025-12-31"),
        ("q1 vs q2 vs q3 revenue", "amount won | 2026-01-01..2026-09-30 | by quarter"),
        ("top 5 reps by deals won this month", "count won | 2026-11-01..2026-11-30 | by rep | top 5"),
        ("top 3 reps by calls this week", "activities | kind=call | 2026-11-16..2026-11-22 | by rep | top 3"),
        ("all sources except inbound, win rate",
         "win_rate | source!=inbound | 2026-01-01..2026-12-31 | by source"),
        ("non-us revenue this year", "amount won | country!=US | 2026-01-01..2026-12-31"),
        ("won, lost and new deals by month",
         "count new, count won, count lost | 2026-01-01..2026-12-31 | by month"),
        ("new and won deals by rep", "count new, count won | 2026-01-01..2026-12-31 | by rep"),
        ("which region is growing the fastest", "amount won | 2026-01-01..2026-12-31 | vs previous | by region"),
        ("which rep is best at closing referrals", "win_rate | source=referral | 2026-01-01..2026-12-31 | by rep"),
        ("order count and value by month", "orders, order_value | 2026-01-01..2026-12-31 | by month"),
        ("stage split for the growth team", "amount open | team=Growth | by stage"),
        ("shipping by month", "tickets | category=shipping | 2026-01-01..2026-12-31 | by month"),
        ("wins over the weekend", "count won | 2026-11-14..2026-11-15"),
        ("busiest rep last week", "activities | 2026-11-09..2026-11-15 | by rep"),
        ("how much came from referrals this year", "amount won | source=referral | 2026-01-01..2026-12-31"),
        ("sub 10k deals won this year", "count won | amount<=10000 | 2026-01-01..2026-12-31"),
        ("list my top accounts", "amount won | 2026-01-01..2026-12-31 | by account"),
    ],
)  # fmt: skip
def test_questions_are_read_as_meant(desk: Desk, said: str, meant: str) -> None:
    assert desk.read(said) == meant


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("deals by hair colour", Why.UNKNOWN_GROUPING),
        ("how many new customers did we get", Why.UNKNOWN_WORDS),
        ("average revenue by month", Why.UNSUPPORTED),
        ("median deal size", Why.UNSUPPORTED),
        ("win rate by stage", Why.CANNOT_COMBINE),
        ("tickets by source", Why.CANNOT_COMBINE),
        ("emea", Why.NO_MEASURE),
        ("new revenue by month", Why.UNKNOWN_WORDS),
        ("percentage of deals lost", Why.UNSUPPORTED),
        ("largest orders this year", Why.UNSUPPORTED),
        ("leaderboard in EMEA", Why.NOT_ON_BOARD),
        ("compare revenue", Why.NO_COMPARISON),
        ("revenue by rep, region and month", Why.TOO_MUCH),
        ("how many units of premium support did we sell", Why.UNSUPPORTED),
        ("unassigned tickets this week", Why.UNSUPPORTED),
        ("companies without calls this month", Why.UNSUPPORTED),
        ("revenue by day this year", Why.TOO_MUCH),
        ("won deals last quarter in the sandwich business district", Why.UNKNOWN_WORDS),
    ],
)
def test_a_question_that_is_not_wholly_understood_is_refused_with_its_reason(desk: Desk, said: str, why: Why) -> None:
    with pytest.raises(CannotRead) as refusal:
        read_question(desk.question(said))

    assert refusal.value.why is why


@pytest.mark.parametrize(
    ("first", "then", "meant"),
    [
        ("won revenue by region this year", ["as a chart"],
         "amount won | 2026-01-01..2026-12-31 | by region | chart"),
        ("won revenue by region this year", ["only EMEA"],
         "amount won | region=EMEA | 2026-01-01..2026-12-31 | by region"),
        ("won revenue by region this year", ["drill into EMEA"],
         "amount won | region=EMEA | 2026-01-01..2026-12-31 | by country"),
        ("won revenue by quarter 2025", ["drill into Q2"], "amount won | 2025-04-01..2025-06-30 | by month"),
        ("won revenue by month this year", ["compare with last year"],
         "amount won | 2026-01-01..2026-12-31 | vs 2025-01-01..2025-12-31 | by month"),
        ("won revenue this quarter by rep", ["compare with the period before"],
         "amount won | 2026-10-01..2026-12-31 | vs previous | by rep"),
        ("won deals by source this year", ["only mine"],
         "count won | owner=dana | 2026-01-01..2026-12-31 | by source"),
        ("won deals by source this year", ["only mine", "for everyone"],
         "count won | 2026-01-01..2026-12-31 | by source"),
        ("won deals by source this year", ["by value instead"],
         "amount won | 2026-01-01..2026-12-31 | by source"),
        ("won deals by source this year", ["only deals over 20k", "as csv"],
         "count won | amount>=20000 | 2026-01-01..2026-12-31 | by source | csv"),
        ("won deals by source this year", ["and also by quarter"],
         "count won | 2026-01-01..2026-12-31 | by source, quarter"),
        ("won deals by source this year", ["list the deals"], "list won | 2026-01-01..2026-12-31"),
        ("won deals by source this year", ["same for last quarter"],
         "count won | 2026-07-01..2026-09-30 | by source"),
        ("won deals by source this year", ["tickets by category this month"],
         "tickets | 2026-11-01..2026-11-30 | by category"),
    ],
)  # fmt: skip
def test_a_report_is_gone_on_from(desk: Desk, first: str, then: list[str], meant: str) -> None:
    assert desk.refined(first, *then) == meant


def _ask(rig: Rig, who: str, words: str) -> Heard:
    return rig.speaker(who).say(f"/ask_report{json.dumps({'words': words})}")


def test_the_answer_repeats_measure_filters_period_and_groups(rig: Rig) -> None:
    heard = _ask(rig, "morgan", "won deals over 20k in EMEA last quarter by rep as a bar chart")

    picture = next(part for part in heard.exchange.body["parts"] if part["type"] == "picture")
    for said in ("Won deals", "Morgan Ellis's team", "region: EMEA", "20,000 USD or more", "Q3 2026", "by rep"):
        assert said in picture["alt"]
    assert Path(picture["path"]).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("intent", "words", "said"),
    [
        ("lose_deal", "deals lost because of timing", "reason: timing · Morgan Ellis's team · 2026"),
        ("search", "win rate by region", "Win rate · "),
        ("order_status", "how many orders did Globex place", "Orders"),
    ],
)
def test_a_question_about_figures_is_not_taken_for_a_command(rig: Rig, intent: str, words: str, said: str) -> None:
    assert said in rig.speaker("morgan").say(f"/{intent}{json.dumps({'words': words})}").text


def test_a_report_of_its_own_kind_names_the_words_it_leaves_out(rig: Rig) -> None:
    heard = rig.speaker("morgan").say(f"/show_results{json.dumps({'words': 'what did we win among astronauts'})}")

    assert '"astronauts"' in heard.text


def test_a_kept_report_moves_on_with_the_time(rig: Rig) -> None:
    morgan = rig.speaker("morgan")
    morgan.say(f"/ask_report{json.dumps({'words': 'won revenue last month by rep'})}")
    rig.clock.now = datetime(2027, 2, 3, 15, tzinfo=UTC)

    heard = morgan.say(f"/refine_report{json.dumps({'words': 'as a table'})}")

    assert "January 2027" in heard.text


def test_a_file_of_a_report_has_plain_numbers_and_no_formulas(rig: Rig) -> None:
    heard = _ask(rig, "morgan", "won revenue by source this year as csv")

    document = next(part for part in heard.exchange.body["parts"] if part["type"] == "document")
    lines = Path(document["path"]).read_text("utf-8-sig").splitlines()
    assert lines[0] == "Source,Won revenue (USD)"
    assert all(Decimal(line.rsplit(",", 1)[1]) > 0 for line in lines[1:])


def test_somebody_elses_figures_are_refused(rig: Rig) -> None:
    assert "can't see" in _ask(rig, "dana", "won revenue of Theo this year").text
    assert "can't see" in _ask(rig, "dana", "growth team win rate").text
    assert "can't see" not in _ask(rig, "morgan", "growth team win rate").text
