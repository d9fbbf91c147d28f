"""Who is about to leave, how likely, why, and what to do about it."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select

from actions.asking.left_aside import say_left_aside
from actions.charts import ChartSpec, Series
from actions.errors import refused
from actions.leaving import months_of, suggested_action, trend_text
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
)
from actions.report_scope import Scope, scope_said
from actions.score_words import (
    Scored,
    account_meant,
    account_score,
    day_text,
    joined,
    reason_texts,
    scored,
    share_text,
)
from actions.turn import Turn
from crm_store.models import Account, AccountScore, Role, ScoreTask

HIGH = 0.5


@skill("action_ask_churn", audience=SALES, instead={Role.MARKETER: "action_ask_segments"})
def ask_churn(turn: Turn) -> None:
    """One company's risk with its reasons, or the customers of the scope by risk."""
    found = scored(turn, ScoreTask.CHURN)
    account = account_meant(turn)
    if account is not None:
        say_account_risk(turn, found, account)
    else:
        say_left_aside(turn)
        _list(turn, found, scope_said(turn))


def say_account_risk(turn: Turn, found: Scored, account: Account) -> None:
    """A company's risk, trend, reasons on both sides and what to do."""
    score = account_score(turn, found.run, account)
    turn.focus_on(account)
    if score.churn is None:
        last = score.last_order_on
        if last is None:
            raise refused("utter_churn_never_bought", account=account.name)
        turn.say("utter_churn_gone_already", account=account.name, day=day_text(turn, last.isoformat()))
        turn.offer(turn.words.label("next_offer"), "ask_recommendation", account=str(account.ref))
        return
    turn.say(
        "utter_churn_account",
        account=account.name,
        risk=share_text(turn, score.churn),
        months=months_of(found),
        trend=trend_text(turn, score),
    )
    towards, against = (reason_texts(turn, score.reasons, towards=side) for side in (True, False))
    if towards:
        turn.say("utter_churn_because", reasons=joined(towards))
    if against:
        turn.say("utter_churn_but", reasons=joined(against))
    action = suggested_action(turn, score.reasons)
    turn.say("utter_churn_do", action=action)
    say_churn_backtest(turn, found)
    subject = turn.words.say("utter_churn_task", account=account.name)
    turn.offer(turn.words.label("make_task"), "create_task", subject=subject, account=str(account.ref), date="tomorrow")
    turn.offer(turn.words.label("next_offer"), "ask_recommendation", account=str(account.ref))


def say_churn_backtest(turn: Turn, found: Scored) -> None:
    """How good the risk was the last time that could be checked."""
    past = found.figures["backtest"]
    turn.say(
        "utter_churn_backtest",
        day=day_text(turn, past["day"]),
        named=str(past["named"]),
        left=str(past["left"]),
        customers=str(past["customers"]),
        all=str(past["left_of_all"]),
        share=share_text(turn, past["left_of_all"] / max(1, past["customers"])),
        months=months_of(found),
        error=share_text(turn, found.figures["calibration_error"]),
    )


def _list(turn: Turn, found: Scored, scope: Scope) -> None:
    query = (
        select(Account, AccountScore)
        .join(AccountScore, AccountScore.account_id == Account.id)
        .where(AccountScore.run_id == found.run.id, AccountScore.churn.is_not(None))
    )
    if scope.owner_ids is not None:
        query = query.where(Account.owner_id.in_(sorted(scope.owner_ids)))
    rows = [
        (account, score)
        for account, score in turn.session.execute(query.order_by(AccountScore.churn.desc(), Account.id))
    ]
    title = " · ".join((turn.words.label("churn_risk"), scope.label))
    if not rows:
        turn.say("utter_report_empty", title=title)
        return
    high = [row for row in rows if (row[1].churn or 0) >= HIGH]
    at_stake = sum((score.value or Decimal(0) for _, score in high), Decimal(0))
    turn.say(
        "utter_churn_summary",
        high=count_text(turn, len(high)),
        customers=turn.words.counted("customer", len(rows)),
        months=months_of(found),
        worth=company_money(turn, at_stake),
    )
    lines = [_line(turn, account, score) for account, score in rows]
    report = Report(
        title=title,
        columns=(
            column(turn, "account"),
            column(turn, "risk", "number"),
            column(turn, "trend"),
            sum_column(turn, "lifetime_value"),
            column(turn, "because"),
            column(turn, "to_do"),
        ),
        rows=tuple(lines[:MAX_ROWS]),
        note=_note(turn, found, len(lines)),
        chart=ChartSpec(
            title=title,
            labels=tuple(account.name for account, _ in rows[:10]),
            series=(
                Series(
                    name=turn.words.label("risk"),
                    values=tuple(Decimal(round((score.churn or 0) * 100)) for _, score in rows[:10]),
                ),
            ),
            unit="%",
        ),
        file_name="churn",
        file_rows=lines,
    )
    turn.focus_on(rows[0][0])
    show_report(turn, report, output_said(turn))
    say_churn_backtest(turn, found)


def _line(turn: Turn, account: Account, score: AccountScore) -> tuple[str, ...]:
    towards = reason_texts(turn, score.reasons, towards=True)
    return (
        account.name,
        share_text(turn, score.churn or 0),
        trend_text(turn, score),
        sum_text(turn, score.value) if score.value is not None else turn.words.label("unknown"),
        towards[0] if towards else "",
        suggested_action(turn, score.reasons),
    )


def _note(turn: Turn, found: Scored, count: int) -> str:
    more = turn.words.say("utter_more_left_out_sentence", n=count_text(turn, count - MAX_ROWS))
    day = day_text(turn, found.run.today.isoformat())
    return f"{turn.words.say('utter_scored_on', day=day)}{' ' + more if count > MAX_ROWS else ''}"
