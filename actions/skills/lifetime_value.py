"""What customers are worth over the coming years."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import func, select

from actions.asking.left_aside import say_left_aside
from actions.charts import ChartSpec, Series
from actions.errors import refused
from actions.registry import SALES, skill
from actions.report_output import (
    MAX_ROWS,
    Report,
    column,
    company_money,
    count_text,
    output_said,
    show_report,
    sum_column,
    sum_text,
    whole,
)
from actions.report_scope import Scope, scope_said
from actions.score_words import (
    Scored,
    account_meant,
    account_score,
    day_text,
    number_text,
    scored,
    share_text,
)
from actions.turn import Turn
from crm_store.models import Account, AccountScore, Role, ScoreTask


@skill("action_ask_lifetime_value", audience=SALES | {Role.MARKETER.value})
def ask_lifetime_value(turn: Turn) -> None:
    """One company's value by both formulas, or the customers of the scope by value."""
    found = scored(turn, ScoreTask.LIFETIME_VALUE)
    account = account_meant(turn)
    if account is not None:
        say_account_value(turn, found, account)
    else:
        say_left_aside(turn)
        # A marketer has no customers of their own; every company is theirs to look at.
        marketer = turn.colleague.role is Role.MARKETER
        everyone = Scope(owner_ids=None, label=turn.words.label("everyone"))
        _list(turn, found, everyone if marketer else scope_said(turn))


def say_account_value(turn: Turn, found: Scored, account: Account) -> None:
    """What a company is worth, and the two sums behind it."""
    score = account_score(turn, found.run, account)
    turn.focus_on(account)
    if score.value is None or score.expected_orders is None or score.order_value is None:
        raise refused("utter_value_never_bought", account=account.name)
    figures = found.figures
    turn.say(
        "utter_value_account",
        account=account.name,
        value=company_money(turn, score.value),
        years=str(figures["years"]),
        rate=share_text(turn, figures["rate"]),
        orders=number_text(turn, score.expected_orders),
        order=company_money(turn, score.order_value),
        alive=share_text(turn, score.alive or 0),
    )
    turn.say(
        "utter_value_simple",
        value=company_money(turn, score.simple_value or Decimal(0)),
        revenue=company_money(turn, score.revenue_year),
        retention=share_text(turn, figures["retention"]),
        rate=share_text(turn, figures["rate"]),
        years=str(figures["years"]),
    )
    rank = turn.session.scalar(
        select(func.count()).where(AccountScore.run_id == found.run.id, AccountScore.value > score.value)
    )
    turn.say(
        "utter_value_rank",
        rank=count_text(turn, (rank or 0) + 1),
        revenue=company_money(turn, score.revenue),
        since=day_text(turn, score.first_order_on.isoformat()) if score.first_order_on else "",
    )
    say_value_backtest(turn, found)


def say_value_backtest(turn: Turn, found: Scored) -> None:
    """What the models expected of the last stretch, and what came."""
    past = found.figures["backtest"]
    turn.say(
        "utter_value_backtest",
        day=day_text(turn, past["day"]),
        days=count_text(turn, past["days"]),
        expected=number_text(turn, past["expected_orders"]),
        orders=number_text(turn, past["orders"]),
        expected_revenue=company_money(turn, Decimal(str(past["expected_revenue"]))),
        revenue=company_money(turn, Decimal(str(past["revenue"]))),
        error=number_text(turn, past["error"]),
        naive=number_text(turn, past["naive_error"]),
    )


def _list(turn: Turn, found: Scored, scope: Scope) -> None:
    query = (
        select(Account, AccountScore)
        .join(AccountScore, AccountScore.account_id == Account.id)
        .where(AccountScore.run_id == found.run.id, AccountScore.value.is_not(None))
    )
    if scope.owner_ids is not None:
        query = query.where(Account.owner_id.in_(sorted(scope.owner_ids)))
    found_rows = turn.session.execute(query.order_by(AccountScore.value.desc(), Account.id))
    rows = [(account, score, score.value or Decimal(0)) for account, score in found_rows]
    title = " · ".join((turn.words.label("lifetime_value_report"), scope.label))
    if not rows:
        turn.say("utter_report_empty", title=title)
        return
    total = sum((value for _, _, value in rows), Decimal(0))
    top = sum((value for _, _, value in rows[: max(1, len(rows) // 5)]), Decimal(0))
    turn.say(
        "utter_value_summary",
        customers=turn.words.counted("customer", len(rows)),
        total=company_money(turn, total),
        years=str(found.figures["years"]),
        share=share_text(turn, float(top / total) if total else 0.0),
    )
    lines = [
        (
            account.name,
            sum_text(turn, value),
            sum_text(turn, score.simple_value or Decimal(0)),
            number_text(turn, score.expected_orders or 0.0),
            sum_text(turn, score.order_value or Decimal(0)),
            sum_text(turn, score.revenue_year),
        )
        for account, score, value in rows
    ]
    turn.focus_on(rows[0][0])
    report = Report(
        title=title,
        columns=(
            column(turn, "account"),
            sum_column(turn, "lifetime_value"),
            sum_column(turn, "cash_flow_value"),
            column(turn, "expected_orders", "number"),
            sum_column(turn, "per_order"),
            sum_column(turn, "revenue_year"),
        ),
        rows=tuple(lines[:MAX_ROWS]),
        note=turn.words.say(
            "utter_value_formula",
            years=str(found.figures["years"]),
            rate=share_text(turn, found.figures["rate"]),
            retention=share_text(turn, found.figures["retention"]),
        ),
        chart=ChartSpec(
            title=title,
            labels=tuple(account.name for account, _, _ in rows[:10]),
            series=(
                Series(
                    name=turn.words.label("lifetime_value"), values=tuple(whole(value) for _, _, value in rows[:10])
                ),
            ),
            unit=found.run.currency,
        ),
        file_name="lifetime-value",
        file_rows=lines,
    )
    show_report(turn, report, output_said(turn))
    say_value_backtest(turn, found)
