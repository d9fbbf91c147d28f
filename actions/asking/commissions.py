"""Commission with how it comes about: deals, rates, tiers, quota and cap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from babel.numbers import format_decimal

from actions.asking.wording import UNKNOWN, title_of, value_text
from actions.errors import refused
from actions.formatting import date_text, money_text, percent_text
from actions.report_output import Report, column, company_money, count_text, left_out, notes, sum_column, sum_text
from actions.report_periods import quarter_text
from actions.turn import Turn
from crm_store.insights.commission import CommissionPlan
from crm_store.insights.deal_sums import DealSum
from crm_store.insights.query.commissions import PaidDeal, Share, paid_deals, shares, unknown_names
from crm_store.insights.query.layer import Dimension, Subject, Unit
from crm_store.insights.query.report_query import Condition, ReportQuery
from crm_store.insights.query.running import Answer
from crm_store.insights.query.sources import Circumstances
from crm_store.insights.query.tallies import Tally
from crm_store.models import Role

_MOST_DEALS = 14
_CENT = Decimal("0.01")


@dataclass(slots=True)
class _Sums:
    """Somebody's shares of a period together."""

    tally: Tally
    quota: Decimal
    plans: dict[str, None]
    whole: bool


def for_asker(turn: Turn, query: ReportQuery, own: Condition) -> ReportQuery:
    """The query as the asker may ask it: a rep's is of their own commission. Raises Refused."""
    if query.subject is not Subject.COMMISSION:
        return query
    if not turn.policy.commission:
        raise refused("utter_commission_no_plans")
    if turn.colleague.role is not Role.REP:
        return query
    people = query.condition_on(Dimension.REP)
    others = [name for key, name in people.values if key != turn.colleague.id] if people is not None else []
    if others or (people is not None and people.excluded) or query.condition_on(Dimension.TEAM) is not None:
        raise refused("utter_commission_own_only")
    return query.with_condition(own)


def commission_report(turn: Turn, at: Circumstances, query: ReportQuery, answer: Answer, base: Report) -> Report:
    """A statement for one person, a line for each by rep, else the report as of any figure; with what it rests on."""
    if query.period is None:
        return base
    found = list(shares(at, query, query.period))
    note = _notes(turn, at, found, answer)
    sellers = {share.seller.id: share.seller for share in found if share.tally.count or share.before}
    if query.against is not None or query.figures != answer.query.figures:
        return replace(base, note=notes(base.note, note))
    if not query.by and len(sellers) == 1:
        (seller,) = sellers.values()
        deals = paid_deals(at, query, query.period, seller)
        return _statement(turn, query, [each for each in found if each.seller.id == seller.id], deals, note)
    if query.by == (Dimension.REP,):
        return _by_rep(turn, found, base, note)
    return replace(base, note=notes(base.note, note))


def _statement(turn: Turn, query: ReportQuery, found: list[Share], deals: list[PaidDeal], note: str) -> Report:
    """Deal by deal in the order they were won, since what was won before decides the rate."""
    rows = [_deal_row(turn, each) for each in deals]
    more = len(rows) - _MOST_DEALS
    rest = deals[_MOST_DEALS:]
    shown = rows[:_MOST_DEALS] if more > 1 else [*rows]
    if more > 1:
        amount = sum((each.amount or Decimal(0) for each in rest), Decimal(0))
        earned = sum((each.earned or Decimal(0) for each in rest), Decimal(0))
        name = turn.words.say("utter_more_left_out_sentence", n=count_text(turn, more))
        shown.append(("", name, "", sum_text(turn, amount), _rate(turn, earned, amount), sum_text(turn, earned)))
    total = sum((share.tally for share in found), Tally())
    label = turn.words.label("total")
    shown.append(
        (
            label[:1].upper() + label[1:],
            turn.words.counted("deal", total.count),
            "",
            sum_text(turn, total.amount),
            _rate(turn, total.earned, total.amount),
            sum_text(turn, total.earned),
        )
    )
    columns = (
        column(turn, "closed_on"),
        column(turn, "deal"),
        column(turn, "amount", "number"),
        sum_column(turn, "won_value"),
        column(turn, "commission_rate", "number"),
        sum_column(turn, "figure_commission"),
    )
    return Report(
        title=title_of(turn, query),
        columns=columns,
        rows=tuple(shown),
        note=notes(*(_worked_out(turn, share) for share in found if share.plan is not None), note),
        file_name="commission",
        file_columns=tuple(name for name, _ in columns),
        file_rows=[(*row[:3], *_plain(each)) for row, each in zip(rows, deals, strict=True)],
    )


def _deal_row(turn: Turn, paid: PaidDeal) -> tuple[str, ...]:
    deal = paid.deal
    day = deal.closed_at.astimezone(turn.reading.zone).date() if deal.closed_at else None
    unknown = turn.words.label("unknown")
    return (
        date_text(day, turn.reading) if day else unknown,
        deal.name,
        money_text(deal.money, turn.reading) if deal.money else unknown,
        UNKNOWN if paid.amount is None else sum_text(turn, paid.amount),
        UNKNOWN if paid.amount is None or paid.earned is None else _rate(turn, paid.earned, paid.amount),
        UNKNOWN if paid.earned is None else sum_text(turn, paid.earned),
    )


def _plain(paid: PaidDeal) -> tuple[str, str, str]:
    if paid.amount is None or paid.earned is None:
        return "", "", ""
    share = paid.earned / paid.amount if paid.amount else Decimal(0)
    return (
        f"{paid.amount.quantize(_CENT):f}",
        f"{share:.4f}",
        f"{paid.earned.quantize(_CENT):f}",
    )


def _by_rep(turn: Turn, found: list[Share], base: Report, note: str) -> Report:
    """Beside the commission what it is paid for: plan, deals, amount, share of the quota, and the rate on average."""
    by_rep: dict[str, _Sums] = {}
    for share in found:
        if share.plan is None or not (share.tally.count or share.tally.earned):
            continue
        sums = by_rep.setdefault(share.seller.name, _Sums(Tally(), Decimal(0), {}, whole=True))
        sums.tally += share.tally
        sums.quota += share.quota or Decimal(0)
        sums.plans[share.plan.name] = None
        sums.whole = sums.whole and not share.before and share.quota is not None
    rows = []
    for name, *_, earned in (row for row in base.rows if row):
        if name in by_rep:
            sums = by_rep[name]
            reached = sums.tally.amount / sums.quota if sums.quota and sums.whole else None
            rows.append(
                (
                    name,
                    ", ".join(sums.plans),
                    count_text(turn, sums.tally.count),
                    sum_text(turn, sums.tally.amount),
                    value_text(turn, reached, Unit.SHARE),
                    _rate(turn, sums.tally.earned, sums.tally.amount),
                    earned,
                )
            )
        else:
            rows.append((name, "", "", "", "", "", earned))
    columns = (
        base.columns[0],
        column(turn, "commission_plan"),
        column(turn, "deals", "number"),
        sum_column(turn, "won_value"),
        column(turn, "of_quota", "number"),
        column(turn, "commission_rate", "number"),
        base.columns[-1],
    )
    return replace(base, columns=columns, rows=tuple(rows), note=notes(base.note, note))


def _worked_out(turn: Turn, share: Share) -> str:
    """ "Q4 2026: 262,000 USD x 4% + 40,000 USD x 6%, 115% of the quota of 262,000 USD." """
    plan, amount = share.plan, share.before + share.tally.amount
    if plan is None or not amount:
        return ""
    steps = " + ".join(
        turn.words.say(
            "utter_commission_step", amount=company_money(turn, step.amount), rate=rate_text(turn, step.rate)
        )
        for step in plan.steps(amount, share.quota)
    )
    quarter = quarter_text(share.quarter.start)
    parts = [turn.words.say("utter_commission_worked_out", quarter=quarter, steps=steps)]
    if share.quota:
        reached = percent_text(amount / share.quota, turn.reading)
        parts.append(
            turn.words.say("utter_commission_quota", share=reached, quota=company_money(turn, share.quota))
        )  # fmt: skip
    if share.capped and plan.cap is not None:
        parts.append(turn.words.say("utter_commission_capped", cap=company_money(turn, plan.cap)))
    if share.before:
        earned = plan.earned(share.before, share.quota)
        parts.append(turn.words.say("utter_commission_before", amount=company_money(turn, earned)))
    return notes(*parts)


def _notes(turn: Turn, at: Circumstances, found: list[Share], answer: Answer) -> str:
    """The plans that were applied, and what earns nothing."""
    plans = {share.plan.name: share.plan for share in found if share.plan is not None and share.tally.count}
    total = answer.total.now[0]
    planless = {share.seller.name for share in found if share.plan is None and share.outside}
    elsewhere = sum(share.outside for share in found if share.plan is not None)
    unpaid = sum(share.outside for share in found if share.plan is None)
    no_quota = {share.seller.name for share in found
                if share.plan is not None and share.plan.tiers and not share.quota and share.tally.count}  # fmt: skip
    counted = turn.words.counted
    unknown = unknown_names(at)
    return notes(
        *(plan_text(turn, plan) for plan in plans.values()),
        left_out(turn, DealSum(without_amount=total.without_amount, without_rate=total.without_rate)),
        turn.words.say("utter_commission_elsewhere", deals=counted("deal", elsewhere)) if elsewhere else "",
        turn.words.say("utter_commission_planless", people=", ".join(sorted(planless)), deals=counted("deal", unpaid))
        if planless else "",
        turn.words.say("utter_commission_no_quota", people=", ".join(sorted(no_quota))) if no_quota else "",
        turn.words.say("utter_commission_unknown", names=", ".join(unknown)) if unknown else "",
    )  # fmt: skip


def plan_text(turn: Turn, plan: CommissionPlan) -> str:
    """A plan in a sentence."""
    rate = rate_text(turn, plan.rate)
    tiers = ", ".join(
        turn.words.say(
            "utter_commission_tier_whole" if plan.whole else "utter_commission_tier",
            rate=rate_text(turn, tier.rate),
            above=percent_text(tier.above, turn.reading),
        )
        for tier in plan.tiers
    )
    cap = turn.words.say("utter_commission_cap", cap=company_money(turn, plan.cap)) if plan.cap is not None else ""
    return turn.words.say("utter_commission_plan", name=plan.name, terms=", ".join(filter(None, (rate, tiers, cap))))


def rate_text(turn: Turn, rate: Decimal) -> str:
    """A rate in percent, with up to two decimals."""
    return f"{format_decimal(rate * 100, format='#,##0.##', locale=turn.reading.locale)}%"


def _rate(turn: Turn, earned: Decimal, amount: Decimal) -> str:
    return rate_text(turn, earned / amount) if amount else UNKNOWN
