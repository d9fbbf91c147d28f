"""Customers in groups: by how lately, often and much they buy, or as k-means finds them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

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
)
from actions.report_words import Output
from actions.score_words import Scored, account_meant, account_score, day_text, number_text, scored, share_text
from actions.turn import Turn
from crm_store.insights.scoring.live_segments import CLUSTER, members, segments
from crm_store.insights.scoring.rfm import RFM_SEGMENTS
from crm_store.models import Account, AccountScore, Role, ScoreTask, Segment
from crm_store.names import spelled_words

_BY_MEANS = re.compile(r"\b(k-?means|clusters?|clustering|natural groups?|groups? by behaviou?r)\b", re.IGNORECASE)
_EXPORT = re.compile(r"\b(export|download|spreadsheet|csv|excel)\b", re.IGNORECASE)
_AT_RISK = "at_risk"
_LEVELS = {-1: "low", 0: "middle", 1: "high"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sum:
    count: int
    revenue: Decimal
    value: Decimal


@skill("action_ask_segments", audience=SALES | {Role.MARKETER.value})
def ask_segments(turn: Turn) -> None:
    """The segments, the members of one, or the segment of one company."""
    found = scored(turn, ScoreTask.SEGMENTS)
    account = account_meant(turn)
    segment = _segment_said(turn)
    if segment is None and turn.call.action == "action_ask_churn":
        # A marketer's: single scores are for sales, who is at risk by their orders is for everybody.
        segment = next((each for each in segments(turn.session) if each.key == _AT_RISK), None)
        turn.say("utter_churn_by_segment")
    if segment is not None:
        _show_members(turn, found, segment)
    elif account is not None:
        _say_segment_of(turn, found, account)
    elif _BY_MEANS.search(turn.call.words):
        _show_clusters(turn, found)
    else:
        _show_all(turn, found)


def segment_name(turn: Turn, key: str) -> str:
    """What people call a segment."""
    if key.startswith(CLUSTER):
        return turn.words.say("utter_segment_group", n=key.removeprefix(CLUSTER))
    return turn.words.say(f"utter_segment_{key}")


def _segment_said(turn: Turn) -> Segment | None:
    """The segment whose name is in the request, the longest first."""
    said = " ".join(spelled_words(turn.call.words.replace("can't", "cannot").replace("can’t", "cannot")))
    for segment in sorted(segments(turn.session), key=lambda each: -len(each.name)):
        names = {segment.name, " ".join(spelled_words(segment_name(turn, segment.key))), segment.name.rstrip("s")}
        if any(re.search(rf"\b{re.escape(name)}s?\b", said) for name in names):
            return segment
    return None


def _show_all(turn: Turn, found: Scored) -> None:
    sums = _sums(turn, found, AccountScore.segment)
    keys = [key for key in RFM_SEGMENTS if key in sums]
    total = sum(sums[key].count for key in keys)
    title = turn.words.label("segments")
    everything = _Sum(
        count=total,
        revenue=sum((sums[key].revenue for key in keys), Decimal(0)),
        value=sum((sums[key].value for key in keys), Decimal(0)),
    )
    rows = [
        (
            segment_name(turn, key),
            count_text(turn, sums[key].count),
            share_text(turn, sums[key].count / total if total else 0.0),
            sum_text(turn, sums[key].revenue),
            sum_text(turn, sums[key].value),
            turn.words.say(f"utter_segment_{key}_means"),
        )
        for key in keys
    ]
    rows.append(
        (
            turn.words.label("total"),
            count_text(turn, total),
            "",
            sum_text(turn, everything.revenue),
            sum_text(turn, everything.value),
            "",
        )
    )
    best = max(keys, key=lambda key: sums[key].value, default=None)
    if best is not None and everything.value:
        turn.say(
            "utter_segments_summary",
            customers=turn.words.counted("customer", total),
            segment=segment_name(turn, best),
            share=share_text(turn, float(sums[best].value / everything.value)),
        )
    report = Report(
        title=title,
        columns=(
            column(turn, "segment"),
            column(turn, "customers", "number"),
            column(turn, "share", "number"),
            sum_column(turn, "revenue_year"),
            sum_column(turn, "lifetime_value"),
            column(turn, "meaning"),
        ),
        rows=tuple(rows),
        note=turn.words.say("utter_segments_note", day=day_text(turn, found.run.today.isoformat())),
        chart=ChartSpec(
            title=title,
            labels=tuple(segment_name(turn, key) for key in keys),
            series=(
                Series(name=turn.words.label("customers"), values=tuple(Decimal(sums[key].count) for key in keys)),
            ),
        ),
        file_name="segments",
    )
    show_report(turn, report, output_said(turn))
    for key in [key for key in keys if key not in {"prospects"}][:3]:
        turn.offer(segment_name(turn, key), "ask_segments", words=segment_name(turn, key))


def _show_clusters(turn: Turn, found: Scored) -> None:
    clusters: Sequence[dict[str, Any]] = found.figures["clusters"]
    if not clusters:
        raise refused("utter_segments_too_few", n=str(found.figures["customers"]))
    sums = _sums(turn, found, AccountScore.cluster)
    title = turn.words.label("segments_by_means")
    turn.say(
        "utter_segments_quality",
        k=str(len(clusters)),
        silhouette=f"{found.figures['silhouette']:.2f}",
        stability=f"{found.figures['stability']:.2f}",
        verdict=turn.words.label("groups_stable" if found.figures["stability"] >= 0.8 else "groups_loose"),
    )
    rows = [
        (
            segment_name(turn, f"{CLUSTER}{number + 1}"),
            count_text(turn, sums[number].count if number in sums else 0),
            sum_text(turn, sums[number].revenue if number in sums else Decimal(0)),
            sum_text(turn, sums[number].value if number in sums else Decimal(0)),
            _describe(turn, each),
        )
        for number, each in enumerate(clusters)
    ]
    report = Report(
        title=title,
        columns=(
            column(turn, "segment"),
            column(turn, "customers", "number"),
            sum_column(turn, "revenue_year"),
            sum_column(turn, "lifetime_value"),
            column(turn, "meaning"),
        ),
        rows=tuple(rows),
        note=turn.words.say("utter_segments_note", day=day_text(turn, found.run.today.isoformat())),
        chart=ChartSpec(
            title=title,
            labels=tuple(row[0] for row in rows),
            series=(
                Series(
                    name=turn.words.label("customers"),
                    values=tuple(Decimal(sums[n].count if n in sums else 0) for n in range(len(clusters))),
                ),
            ),
        ),
        file_name="segments",
    )
    show_report(turn, report, output_said(turn))


def _describe(turn: Turn, cluster: dict[str, Any]) -> str:
    """A group in words, by the middle of its customers beside everybody."""
    middles, levels = cluster["middles"], cluster["levels"]
    return turn.words.say(
        "utter_segment_described",
        often=turn.words.label(f"cluster_often_{_LEVELS[levels['often']]}"),
        orders=number_text(turn, middles["often"]),
        worth=turn.words.label(f"cluster_order_value_{_LEVELS[levels['order_value']]}"),
        amount=company_money(turn, Decimal(str(middles["order_value"]))),
        quiet=turn.words.label(f"cluster_quiet_{_LEVELS[levels['quiet']]}"),
        days=number_text(turn, middles["quiet"]),
    )


def _show_members(turn: Turn, found: Scored, segment: Segment) -> None:
    rows = [(account, score) for account, score in turn.session.execute(members(turn.session, segment))]
    name = segment_name(turn, segment.key)
    title = " · ".join((turn.words.label("segment_title"), name))
    if not rows:
        turn.say("utter_report_empty", title=title)
        return
    meaning = (
        _describe(turn, found.figures["clusters"][segment.rule["cluster"]])
        if "cluster" in segment.rule
        else turn.words.say(f"utter_segment_{segment.key}_means")
    )
    turn.say(
        "utter_segment_members", segment=name, customers=turn.words.counted("customer", len(rows)), meaning=meaning
    )
    lines = [
        (
            account.name,
            account.owner.name if account.owner else turn.words.label("none"),
            day_text(turn, score.last_order_on.isoformat()) if score.last_order_on else turn.words.label("never"),
            count_text(turn, score.order_days),
            sum_text(turn, score.revenue_year),
            sum_text(turn, score.value) if score.value is not None else "",
        )
        for account, score in rows
    ]
    report = Report(
        title=title,
        columns=(
            column(turn, "account"),
            column(turn, "owner"),
            column(turn, "last_order"),
            column(turn, "orders", "number"),
            sum_column(turn, "revenue_year"),
            sum_column(turn, "lifetime_value"),
        ),
        rows=tuple(lines[:MAX_ROWS]),
        note=turn.words.say("utter_more_left_out_sentence", n=count_text(turn, len(lines) - MAX_ROWS))
        if len(lines) > MAX_ROWS
        else "",
        file_name=f"segment-{segment.key.replace('_', '-')}",
        file_rows=lines,
    )
    turn.focus_on(rows[0][0])
    output = output_said(turn)
    if output is Output.TABLE and _EXPORT.search(turn.call.words):
        output = Output.CSV
    show_report(turn, report, output)
    if output is not Output.CSV:
        turn.offer(turn.words.label("as_csv"), "ask_segments", words=name, output="csv")


def _say_segment_of(turn: Turn, found: Scored, account: Account) -> None:
    score = account_score(turn, found.run, account)
    turn.focus_on(account)
    key = score.segment or "prospects"
    turn.say(
        "utter_segment_of",
        account=account.name,
        segment=segment_name(turn, key),
        meaning=turn.words.say(f"utter_segment_{key}_means"),
    )
    if score.recency_score is not None:
        turn.say(
            "utter_segment_scores",
            recency=str(score.recency_score),
            frequency=str(score.frequency_score),
            spend=str(score.spend_score),
        )


def _sums(turn: Turn, found: Scored, by: Any) -> dict[Any, _Sum]:
    query = (
        select(by, func.count(), func.sum(AccountScore.revenue_year), func.sum(AccountScore.value))
        .join(Account, Account.id == AccountScore.account_id)
        .where(AccountScore.run_id == found.run.id, by.is_not(None))
        .group_by(by)
    )
    return {
        key: _Sum(count=count, revenue=revenue or Decimal(0), value=value or Decimal(0))
        for key, count, revenue, value in turn.session.execute(query)
    }
