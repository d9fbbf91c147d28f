"""The leaderboard nobody is on against their will, and commission anybody can work out again."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from actions.asking.boards import board_wish
from bot.errors import ConfigError
from bot.settings import Commission, CommissionTier, RapportConfig, load_settings
from crm_store.insights.commission import CommissionPlan, Tier
from crm_store.models import Outbox, Quota, User
from tests.assistants import Heard, Rig
from tests.fakes import FakeEngine

NEW_YORK = ZoneInfo("America/New_York")
PLANS = [
    Commission(
        name="Enterprise",
        rate=Decimal(4),
        tiers=[
            CommissionTier(above=Decimal(100), rate=Decimal(6)),
            CommissionTier(above=Decimal(120), rate=Decimal(8)),
        ],
        cap=Decimal(60000),
        pipelines=["Sales"],
        teams=["Enterprise"],
    ),
    Commission(name="Growth", rate=Decimal(6), tiers=[CommissionTier(above=Decimal(100), rate=Decimal(9))],
               pipelines=["Sales"], teams=["Growth"]),
]  # fmt: skip


@pytest.fixture
def paid(make_rig: Callable[..., Rig]) -> Rig:
    """The demo company with its commission plans."""
    return make_rig(FakeEngine(), config=RapportConfig(commission=PLANS))


def ask(rig: Rig, who: str, words: str, *, intent: str = "ask_report") -> Heard:
    return rig.speaker(who).say(f"/{intent}{json.dumps({'words': words})}")


def is_personal(rig: Rig) -> bool:
    """Whether the last answer is for whoever asked, in a channel too."""
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        body = uow.session.scalars(select(Outbox.body).order_by(Outbox.id.desc())).first()
        return bool(body and body.get("personal"))


def rows(heard: Heard) -> list[list[str]]:
    return next(part["rows"] for part in heard.exchange.body["parts"] if part["type"] == "table")


def test_a_rep_sees_only_those_who_asked_to_be_on_the_leaderboard_and_themselves(rig: Rig) -> None:
    names = [row[1] for row in rows(ask(rig, "marcus", "leaderboard this year"))]

    assert "Marcus Bell" in names
    assert "Theo Grant" not in names
    assert {"Dana Whitfield", "Yuki Tanaka", "Riley Chen", "Lena Hoffmann"} < set(names)
    assert "Marcus Bell" not in ask(rig, "riley", "leaderboard this year").text


def test_whoever_leads_sees_all_of_theirs_and_who_is_not_on_it(rig: Rig) -> None:
    heard = ask(rig, "morgan", "who's top of the leaderboard this year")

    assert {"Marcus Bell *", "Theo Grant *"} < {row[1] for row in rows(heard)}
    assert "only you and they" in heard.text
    assert is_personal(rig)


def test_going_on_the_board_is_journaled_and_undone(rig: Rig) -> None:
    theo = rig.speaker("theo")
    heard = theo.say(f"/show_results{json.dumps({'words': 'put me on the leaderboard'})}")
    assert "Theo Grant" in ask(rig, "dana", "leaderboard this year").text

    undone = theo.press(heard.token("Undo"))

    assert "Yes → No" in undone.text
    assert "Theo Grant" not in ask(rig, "dana", "leaderboard this year").text


def test_the_figures_of_the_board_are_those_of_the_records_nobody_else_may_see(rig: Rig) -> None:
    of_board = {row[1]: row[2] for row in rows(ask(rig, "dana", "leaderboard last quarter by number of deals"))}
    of_manager = {row[0]: row[1] for row in rows(ask(rig, "morgan", "number of won deals by rep last quarter"))}

    assert "Riley Chen" in of_board
    assert all(of_manager.get(name, "0") == count for name, count in of_board.items())


@pytest.mark.parametrize(
    "words", ["leaderboard in EMEA", "leaderboard by commission", "leaderboard by region", "leaderboard for Globex"]
)
def test_the_board_tells_nothing_but_its_figures(rig: Rig, words: str) -> None:
    assert "leaderboard shows" in ask(rig, "dana", words).text


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("put me on the leaderboard", True),
        ("add me to the sales leaderboard please", True),
        ("i want to be on the leaderboard", True),
        ("opt in to the leaderboard", True),
        ("can i be shown on the leaderboard", True),
        ("take me off the leaderboard", False),
        ("remove my name from the leader board", False),
        ("i don't want to be on the leaderboard", False),
        ("opt me out of the leaderboard", False),
        ("don't show me on the leaderboard anymore", False),
        ("don't take me off the leaderboard", True),
        ("show me the leaderboard", None),
        ("where am i on the leaderboard", None),
        ("who is on the leaderboard?", None),
        ("my place on the leaderboard", None),
        ("put me down for Friday", None),
    ],
)
def test_who_wants_on_the_board_or_off_it_is_told_from_who_wants_to_see_it(words: str, wish: bool | None) -> None:
    assert board_wish(words) is wish


def _by_hand(rig: Rig, first: date, last: date) -> dict[str, Decimal]:
    """Commission of a quarter from the plain rows, deal by deal."""
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        session = uow.session
        users = {user.id: user for user in session.scalars(select(User))}
        teams = {row.id: row.name for row in session.execute(text("select id, name from team"))}
        quotas = {
            quota.user_id: quota.amount
            for quota in session.scalars(
                select(Quota).where(Quota.year == first.year, Quota.quarter == (first.month + 2) // 3)
            )
        }
        rates: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
        for row in session.execute(text("select currency, day, rate from exchange_rate order by day")):
            rates[row.currency].append((str(row.day), Decimal(str(row.rate))))
        won: dict[int, Decimal] = defaultdict(Decimal)
        deals = text(
            "select d.owner_id, d.amount, d.currency, d.closed_at from deal d join stage s on s.id = d.stage_id"
            " join pipeline p on p.id = s.pipeline_id where s.type = 'won' and p.name = 'Sales'"
            " and d.amount is not null and d.deleted_at is null"
        )
        for row in session.execute(deals):
            closed = datetime.fromisoformat(str(row.closed_at)).replace(tzinfo=UTC)
            if first <= closed.astimezone(NEW_YORK).date() <= last:
                known = [rate for day, rate in rates[row.currency] if day <= closed.date().isoformat()]
                won[row.owner_id] += Decimal(row.amount) / 1000 * (known[-1] if row.currency != "USD" else 1)
    earned = {}
    for number, amount in won.items():
        user, quota = users[number], quotas[number]
        if teams.get(user.team_id or 0) == "Growth":
            due = min(amount, quota) * Decimal("0.06") + max(amount - quota, Decimal(0)) * Decimal("0.09")
        else:
            due = min(amount, quota) * Decimal("0.04")
            due += max(min(amount, quota * Decimal("1.2")) - quota, Decimal(0)) * Decimal("0.06")
            due += max(amount - quota * Decimal("1.2"), Decimal(0)) * Decimal("0.08")
            due = min(due, Decimal(60000))
        earned[user.name] = due
    return earned


def _file(heard: Heard) -> list[list[str]]:
    document = next(part for part in heard.exchange.body["parts"] if part["type"] == "document")
    with Path(document["path"]).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("last quarter", date(2026, 7, 1), date(2026, 9, 30)),
        ("in Q2", date(2026, 4, 1), date(2026, 6, 30)),
        ("in Q4 2025", date(2025, 10, 1), date(2025, 12, 31)),
    ],
)
def test_commission_is_what_the_rows_come_to(paid: Rig, said: str, first: date, last: date) -> None:
    found = {row[0]: Decimal(row[-1]) for row in _file(ask(paid, "morgan", f"commission by rep {said} as csv"))}

    expected = _by_hand(paid, first, last)
    assert {name: round(amount, 2) for name, amount in expected.items()} == found


def test_the_months_of_a_quarter_add_up_to_its_commission(paid: Rig) -> None:
    months = [Decimal(row[-1]) for row in _file(ask(paid, "morgan", "commission by month last quarter as csv"))]

    whole = sum(_by_hand(paid, date(2026, 7, 1), date(2026, 9, 30)).values(), Decimal(0))
    assert len(months) == 3
    assert abs(sum(months, Decimal(0)) - whole) < Decimal("0.05")


def test_a_statement_lists_the_deals_with_what_each_brought(paid: Rig) -> None:
    heard = ask(paid, "dana", "what's my commission last quarter")
    by_deal = [Decimal(row[-1]) for row in _file(ask(paid, "dana", "my commission last quarter as csv"))]

    assert abs(
        sum(by_deal, Decimal(0)) - _by_hand(paid, date(2026, 7, 1), date(2026, 9, 30))["Dana Whitfield"]
    ) < Decimal("0.1")
    assert "Plan Enterprise: 4%, 6% on what lies beyond 100% of the quota" in heard.text
    assert "of the quota of" in heard.text
    assert is_personal(paid)


@pytest.mark.parametrize("words", ["commission of Marcus last quarter", "commission of the growth team last quarter"])
def test_reps_are_told_their_own_commission_only(paid: Rig, words: str) -> None:
    assert "your own commission only" in ask(paid, "dana", words).text
    assert [row[0] for row in rows(ask(paid, "dana", "commission by rep last quarter"))][:-1] == ["Dana Whitfield"]


def test_without_plans_there_is_no_commission(rig: Rig) -> None:
    assert "No commission plans are set up" in ask(rig, "dana", "my commission").text


@pytest.mark.parametrize(
    ("plan", "complaint"),
    [
        ("{name: All, rate: 400}", "less than or equal to 100"),
        ("{rate: 4}", "commission.0.name"),
        ("{name: All, rate: 4, teems: [Growth]}", "commission.0.teems"),
        ("{name: All, rate: 4, tiers: [{above: 120, rate: 6}, {above: 100, rate: 5}]}", "more and more of the quota"),
        ("{name: All, rate: 4, cap: 0}", "greater than 0"),
        ("{name: All, rate: 4, first_quarter: 2026-02-01}", "not the first day of a calendar quarter"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_with_what_is_wrong(tmp_path: Path, plan: str, complaint: str) -> None:
    (tmp_path / "config.yml").write_text(f"rapport:\n  commission:\n    - {plan}\n", "utf-8")

    with pytest.raises(ConfigError) as error:
        load_settings(home=tmp_path / "home", project=tmp_path)

    assert complaint in str(error.value)


def test_tiers_pay_what_lies_beyond_or_all_and_a_cap_holds() -> None:
    tiers = (Tier(above=Decimal(1), rate=Decimal("0.08")),)
    beyond = CommissionPlan(name="beyond", rate=Decimal("0.05"), tiers=tiers)
    whole = replace(beyond, whole=True)

    assert beyond.earned(Decimal(150_000), Decimal(100_000)) == 5_000 + 4_000
    assert whole.earned(Decimal(150_000), Decimal(100_000)) == 12_000
    assert beyond.earned(Decimal(150_000), None) == 7_500
    assert replace(beyond, cap=Decimal(6_000)).earned(Decimal(150_000), Decimal(100_000)) == 6_000
