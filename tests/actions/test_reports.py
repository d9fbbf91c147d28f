"""Reports as people hear them; the numbers themselves are checked in tests/crm_store/test_insights.py."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from actions.formatting import money_text
from crm_store.insights.pipeline import open_total
from crm_store.insights.selection import DealSelection
from crm_store.models import Activity, Deal, Stage, StageType, User
from crm_store.money import Money
from crm_store.rates import Rates
from nlu.values.reading import Reading
from tests.assistants import Heard, Rig


def _ask(rig: Rig, who: str, intent: str, **entities: str) -> Heard:
    return rig.speaker(who).say(f"/{intent}{json.dumps(entities)}" if entities else f"/{intent}")


def _table(heard: Heard, index: int = 0) -> dict[str, Any]:
    tables: list[dict[str, Any]] = [part for part in heard.exchange.body["parts"] if part["type"] == "table"]
    return tables[index]


def _part(heard: Heard, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(part for part in heard.exchange.body["parts"] if part["type"] == kind)
    return found


def _number(text: str) -> int:
    return int(text.replace(",", "").removesuffix(" USD"))


def _pipeline_of(rig: Rig, who: str) -> tuple[int, Decimal]:
    """Count and worth of the open deals of one owner, straight from the store."""
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        owner = uow.session.scalars(select(User.id).where(User.handle == who)).one()
        rates = Rates.load(uow.session, "USD")
        today = date(2026, 11, 18)
        deals = uow.session.scalars(
            select(Deal).join(Stage).where(Deal.owner_id == owner, Stage.type == StageType.OPEN)
        ).all()
        worth = sum((rates.convert(deal.money, today).amount for deal in deals if deal.money), Decimal(0))
        total = open_total(uow.session, rates, DealSelection(owner_ids=frozenset({owner})), today=today)
        assert total.amount == pytest.approx(worth, abs=Decimal("0.5"))
        return len(deals), total.amount


def test_a_rep_gets_their_own_pipeline_with_its_total(rig: Rig) -> None:
    count, worth = _pipeline_of(rig, "riley")

    heard = _ask(rig, "riley", "show_pipeline")

    table = _table(heard)
    assert table["title"] == "Open deals · Riley Chen"
    assert len(table["rows"]) == min(15, count)
    reading = Reading(now=rig.clock(), zone=rig.clock().tzinfo, locale="en_US")  # type: ignore[arg-type]
    amount = money_text(Money(worth.quantize(Decimal(1)), "USD"), reading)
    assert f"{count} deals in total, {amount}" in table["note"]
    assert "without an amount" in table["note"]


def test_everyone_widens_a_reps_pipeline_to_their_team_and_no_further(rig: Rig) -> None:
    table = _table(_ask(rig, "riley", "show_pipeline", scope="everyone", grouping="rep"))

    assert table["title"] == "Pipeline by rep · Growth team"
    assert {row[0] for row in table["rows"]} == {"Riley Chen", "Lena Hoffmann", "Theo Grant", "Total"}


def test_the_numbers_of_another_team_are_refused(rig: Rig) -> None:
    for intent in (
        "show_pipeline",
        "forecast",
        "quota_status",
        "show_results",
        "stale_deals",
        "team_activity",
        "what_changed",
    ):
        heard = _ask(rig, "riley", intent, person="dana")
        assert heard.text == "You can't see the numbers of Dana Whitfield.", intent
    assert _ask(rig, "riley", "show_pipeline", scope="enterprise").error == "Refused"


@pytest.mark.parametrize("who", ["sam", "mia"])
def test_reports_are_not_for_support_or_marketing(rig: Rig, who: str) -> None:
    assert _ask(rig, who, "forecast").error == "not_for_role"


def test_a_manager_gets_the_team_and_the_groups_add_up(rig: Rig) -> None:
    table = _table(_ask(rig, "morgan", "show_pipeline", grouping="per stage"))

    *groups, total = table["rows"]
    assert table["title"] == "Pipeline by stage · Morgan Ellis's team"
    assert total[0] == "Total"
    for column in (1, 2, 3):
        parts = sum(_number(row[column]) for row in groups)
        assert abs(parts - _number(total[column])) <= len(groups) / 2  # each is rounded to whole units


def test_the_title_repeats_every_filter(rig: Rig) -> None:
    heard = _ask(rig, "morgan", "show_pipeline", stage="negotiation", date="this quarter", amount="20k", person="dana")
    assert heard.text.startswith(
        "Open deals · Dana Whitfield · stage Negotiation · 20,000 USD or more · closing Q4 2026"
    )


def test_an_unknown_stage_is_asked_about(rig: Rig) -> None:
    heard = _ask(rig, "morgan", "show_pipeline", stage="gibberish")
    assert heard.error == "Missing"
    assert "Negotiation" in heard.labels


def test_closed_stages_are_not_in_the_pipeline(rig: Rig) -> None:
    heard = _ask(rig, "morgan", "show_pipeline", stage="closed won")
    assert "closed" in heard.text
    assert heard.labels == ["Show won and lost deals"]


def test_a_chart_comes_as_a_picture_with_its_numbers_in_words(rig: Rig) -> None:
    heard = _ask(rig, "morgan", "show_pipeline", grouping="stage", output="bar chart")
    table = _table(_ask(rig, "morgan", "show_pipeline", grouping="stage"))

    picture = _part(heard, "picture")
    assert Path(picture["path"]).read_bytes().startswith(b"\x89PNG")
    for name, _, amount, weighted in table["rows"][:-1]:
        assert f"{name} {amount}" in picture["alt"]
        assert f"{name} {weighted}" in picture["alt"]


def test_a_spreadsheet_holds_every_deal_and_no_formula(rig: Rig) -> None:
    count, _ = _pipeline_of(rig, "riley")
    with rig.assistant.store.unit_of_work(now=rig.clock()) as uow:
        owner = uow.session.scalars(select(User.id).where(User.handle == "riley")).one()
        deal = uow.session.scalars(
            select(Deal).join(Stage).where(Deal.owner_id == owner, Stage.type == StageType.OPEN).limit(1)
        ).one()
        deal.name = "=HYPERLINK(1)"
        uow.commit()

    document = _part(_ask(rig, "riley", "show_pipeline", output="excel"), "document")

    with Path(document["path"]).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert document["name"] == "pipeline-2026-11-18.csv"
    assert len(rows) == count + 1
    assert [row[0] for row in rows if "HYPERLINK" in row[0]] == ["'=HYPERLINK(1)"]


def test_a_list_asked_for_as_pdf_is_handed_over_and_not_shown(rig: Rig) -> None:
    heard = _ask(rig, "riley", "show_pipeline", output="pdf")
    assert [part["type"] for part in heard.exchange.body["parts"]] == ["text", "document"]
    assert _part(heard, "document")["name"] == "pipeline-2026-11-18.pdf"


def test_the_forecast_is_closed_plus_weighted_and_each_rep_is_in_it(rig: Rig) -> None:
    heard = _ask(rig, "morgan", "forecast")

    by_category, by_rep = _table(heard), _table(heard, 1)
    assert by_category["title"] == "Forecast · Morgan Ellis's team · Q4 2026"
    *_, total = by_rep["rows"]
    assert by_category["rows"][-1][3] == total[3]
    assert abs(_number(total[1]) + _number(total[2]) - _number(total[3])) <= 1
    assert len(by_rep["rows"]) == 7
    assert "without a close date" in by_category["note"]


def test_the_forecast_says_how_far_the_result_may_lie_and_what_from(rig: Rig) -> None:
    text = _ask(rig, "morgan", "forecast").text
    found = re.search(r"between ([\d,]+) USD and ([\d,]+) USD .* in the middle ([\d,]+) USD: ([\d,]+) open deals", text)
    assert found is not None, text
    low, high, middle = (_number(each) for each in found.groups()[:3])
    closed = _number(_table(_ask(rig, "morgan", "forecast"), 1)["rows"][-1][1])
    assert closed <= low <= middle <= high
    assert "Likely between" not in _ask(rig, "morgan", "forecast", date="last quarter").text


def test_a_forecast_of_a_part_of_the_business_is_not_held_against_a_quota(rig: Rig) -> None:
    heard = _ask(rig, "morgan", "forecast", account="Globex")
    assert "of the quota" not in heard.text
    assert "no comparison with a quota" in heard.text


def test_quota_shows_who_is_behind_those_first(rig: Rig) -> None:
    table = _table(_ask(rig, "morgan", "quota_status"))
    attained = [int(row[3].removesuffix("%")) for row in table["rows"][:-1]]
    elapsed = (datetime(2026, 11, 18, 15, tzinfo=UTC) - datetime(2026, 10, 1, 4, tzinfo=UTC)) / timedelta(days=92)

    assert attained == sorted(attained)
    for row, share in zip(table["rows"], attained, strict=False):
        expected = "reached" if share >= 100 else "on track" if share / 100 > elapsed else "behind"
        assert row[5] == expected


def test_a_period_without_quotas_says_so(rig: Rig) -> None:
    heard = _ask(rig, "riley", "quota_status", date="2035")
    assert heard.text == "Quota · Riley Chen · 2035: there is no quota for this period."


def test_results_are_compared_with_as_much_of_the_period_before(rig: Rig) -> None:
    whole = _table(_ask(rig, "morgan", "show_results", date="last quarter"))
    running = _table(_ask(rig, "morgan", "show_results", date="this quarter"))

    assert [label for label, _ in whole["columns"]] == ["Figure", "Q3 2026", "Apr 1, 2026 – Jun 30, 2026"]
    assert [label for label, _ in running["columns"]] == ["Figure", "Q4 2026", "Jul 1, 2026 – Aug 18, 2026"]


def test_won_deals_of_every_pipeline_are_listed(rig: Rig) -> None:
    table = _table(_ask(rig, "morgan", "show_results", stage="closed won", date="last month"))
    summary = _table(_ask(rig, "morgan", "show_results", date="last month"))

    assert f"{summary['rows'][0][1]} deals in total, {summary['rows'][1][1]}." in table["note"]


@pytest.mark.parametrize("intent", ["show_results", "team_activity", "what_changed"])
def test_an_empty_period_says_there_is_nothing(rig: Rig, intent: str) -> None:
    heard = _ask(rig, "riley", intent, date="1 Jan 2001")
    assert "Riley Chen · Jan 1, 2001: nothing there." in heard.text


@pytest.mark.parametrize("intent", ["stale_deals", "show_pipeline"])
def test_deals_without_a_close_date_are_just_those(rig: Rig, intent: str) -> None:
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        open_deals = select(Deal).join(Stage).where(Stage.type == StageType.OPEN, Deal.owner.has(User.handle == "dana"))
        undated = {deal.name for deal in uow.session.scalars(open_deals) if deal.close_date is None}
    heard = _ask(rig, "dana", intent, field="without a close date")
    table = _table(heard)
    assert "without a close date" in heard.text
    assert "Stale deals" not in heard.text
    assert {row[0] for row in table["rows"]} == undated


def test_stale_deals_open_by_a_button(rig: Rig) -> None:
    speaker = rig.speaker("morgan")
    heard = speaker.say("/stale_deals")

    assert len(heard.labels) == 3
    opened = speaker.press(heard.token(heard.labels[0]))
    assert opened.action == "action_show_record"
    assert _table(heard)["rows"][0][0] in opened.text


def test_activity_counts_everybody_this_week(rig: Rig) -> None:
    table = _table(_ask(rig, "morgan", "team_activity"))
    monday = datetime(2026, 11, 16, 5, tzinfo=UTC)
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        names = uow.session.scalars(
            select(User.name)
            .join(Activity, Activity.owner_id == User.id)
            .where(Activity.at >= monday, User.role == "rep")
        ).all()

    assert {row[0]: int(row[5]) for row in table["rows"][:-1] if int(row[5])} == {
        name: names.count(name) for name in set(names)
    }
    assert int(table["rows"][-1][5]) == len(names)


def test_a_change_made_in_chat_is_among_what_changed(rig: Rig) -> None:
    speaker = rig.speaker("dana")
    speaker.say('/update_deal{"account": "Globex", "amount": "31k"}')
    rig.clock.advance(minutes=5)

    heard = _ask(rig, "morgan", "what_changed", date="today")

    assert "Amount changed" in heard.text
    assert "31,000 USD" in heard.text
    assert "on record since Nov 18, 2026 only" in heard.text
