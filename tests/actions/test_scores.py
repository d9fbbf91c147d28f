"""Scores as people hear them: every number in an answer is counted again in SQL."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.assistants import Heard, Rig


@pytest.fixture
def sql(scored_rig: Rig) -> Iterator[sqlite3.Connection]:
    """The same database, below everything of ours."""
    connection = sqlite3.connect(str(scored_rig.assistant.store.engine.url.database))
    yield connection
    connection.close()


def ask(rig: Rig, who: str, intent: str, **entities: str) -> Heard:
    return rig.speaker(who).say(f"/{intent}{json.dumps(entities)}" if entities else f"/{intent}")


def table(heard: Heard) -> dict[str, Any]:
    return next(part for part in heard.exchange.body["parts"] if part["type"] == "table")


def number(text: str) -> int:
    return int(re.sub(r"[^\d-]", "", text))


def percent(share: float) -> str:
    return f"{Decimal(str(share * 100)).quantize(Decimal(1), 'ROUND_HALF_EVEN')}%"


def one(sql: sqlite3.Connection, query: str, *values: object) -> Any:
    return sql.execute(query, values).fetchone()


def figures(sql: sqlite3.Connection, task: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(one(sql, "select figures from score_model where task = ?", task)[0])
    return found


def test_who_may_leave_is_listed_by_risk_with_reason_and_backtest(scored_rig: Rig, sql: sqlite3.Connection) -> None:
    heard = ask(scored_rig, "morgan", "ask_churn")
    team = "select id from user_account where handle in ('dana','marcus','yuki','riley','lena','theo','morgan')"
    rows = sql.execute(
        f"select a.name, s.churn, s.value from account_score s join account a on a.id = s.account_id"
        f" where churn is not null and a.owner_id in ({team}) order by churn desc, a.id"
    ).fetchall()
    high = [row for row in rows if row[1] >= 0.5]
    worth = round(sum(row[2] for row in high) / 1000)
    assert f"{len(high)} of {len(rows)} customers are likelier to leave" in heard.text
    assert abs(number(re.search(r"Worth ([\d,]+) USD", heard.text)[1]) - worth) <= 1  # type: ignore[index]
    assert [row[0] for row in table(heard)["rows"]] == [row[0] for row in rows[:15]]
    assert [row[1] for row in table(heard)["rows"]] == [percent(row[1]) for row in rows[:15]]
    past = figures(sql, "churn")["backtest"]
    assert f"named {past['named']} customers with the highest risk; {past['left']} of them then left" in heard.text
    assert f"Of all {past['customers']} it was {past['left_of_all']}" in heard.text


def test_a_rep_hears_of_their_own_customers_only(scored_rig: Rig, sql: sqlite3.Connection) -> None:
    names = {row[0] for row in table(ask(scored_rig, "riley", "ask_churn"))["rows"]}
    owners = {
        one(sql, "select u.handle from account a join user_account u on u.id = a.owner_id where a.name = ?", name)[0]
        for name in names
    }
    assert owners == {"riley"}


def test_one_customers_risk_comes_with_reasons_and_something_to_do(scored_rig: Rig, sql: sqlite3.Connection) -> None:
    name, risk, before = one(
        sql,
        "select a.name, churn, churn_before from account_score s join account a on a.id = s.account_id"
        " where churn is not null and churn_before is not null order by churn desc limit 1",
    )
    speaker = scored_rig.speaker("morgan")
    heard = speaker.say(f"/ask_churn{json.dumps({'account': name})}")
    assert f"{name}: {percent(risk)} risk of leaving" in heard.text
    assert "Speaks for leaving: " in heard.text
    assert "What you can do: " in heard.text
    change = risk - before
    assert ("steady" in heard.text) == (abs(change) < 0.05)
    assert "Create a task" in heard.labels
    why = speaker.say("/why")
    assert "Nothing about persons" in why.text
    assert f"{percent(risk)} risk of leaving" in why.text
    made = speaker.say("Create a task")
    assert made.action == "action_create_task"
    assert name in made.text


def test_a_lifetime_value_states_both_sums(scored_rig: Rig, sql: sqlite3.Connection) -> None:
    heard = ask(scored_rig, "morgan", "ask_lifetime_value", account="Acme Corp")
    value, simple, revenue = one(
        sql,
        "select value, simple_value, revenue_year from account_score s join account a on a.id = s.account_id"
        " where a.name = 'Acme Corp'",
    )
    said = figures(sql, "lifetime_value")
    rank = one(sql, "select count(*) + 1 from account_score where value > ?", value)[0]
    assert f"Acme Corp is worth {round(value / 1000):,} USD over the next 3 years" in heard.text
    assert f"By plain cash flow it is {round(simple / 1000):,} USD" in heard.text
    assert f"R = {round(revenue / 1000):,} USD" in heard.text
    assert f"Rank {rank} of all customers" in heard.text
    expected = revenue * sum(said["retention"] ** t / 1.1**t for t in (1, 2, 3))
    assert simple == pytest.approx(expected, rel=1e-3)


def test_the_most_valuable_customers_come_first_and_the_total_adds_up(scored_rig: Rig, sql: sqlite3.Connection) -> None:
    heard = ask(scored_rig, "alex", "ask_lifetime_value")
    count, total = one(sql, "select count(*), sum(value) from account_score where value is not null")
    assert f"{count} customers are worth {round(total / 1000):,} USD" in heard.text
    values = [number(row[1]) for row in table(heard)["rows"]]
    assert values == sorted(values, reverse=True)


def test_segments_add_up_and_one_can_be_exported(scored_rig: Rig, sql: sqlite3.Connection) -> None:
    heard = ask(scored_rig, "morgan", "ask_segments")
    *rows, total = table(heard)["rows"]
    counted = dict(sql.execute("select segment, count(*) from account_score group by segment"))
    assert sorted(number(row[1]) for row in rows) == sorted(counted.values())
    assert number(total[1]) == sum(counted.values()) == 150
    exported = ask(scored_rig, "morgan", "ask_segments", words="export segment champions")
    document = next(part for part in exported.exchange.body["parts"] if part["type"] == "document")
    with Path(document["path"]).open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    assert len(lines) - 1 == counted["champions"]
    assert document["name"] == "segment-champions-2026-11-18.csv"


def test_a_marketer_goes_on_from_a_segment_to_its_file_and_not_to_figures_of_sales(scored_rig: Rig) -> None:
    mia = scored_rig.speaker("mia")
    wish = "/refine_report" + json.dumps({"words": "the champions as csv", "output": "csv"})
    assert "isn't part of your role" in mia.say(wish).text
    mia.say("/ask_segments" + json.dumps({"words": "show the champions"}))
    assert "segment-champions" in str(mia.say(wish).exchange.body["parts"])
    assert "isn't part of your role" in mia.say("/show_results").text


def test_groups_by_k_means_are_described_in_words_with_their_quality(scored_rig: Rig, sql: sqlite3.Connection) -> None:
    heard = ask(scored_rig, "mia", "ask_segments", words="k-means groups")
    said = figures(sql, "segments")
    sizes = [row[0] for row in sql.execute("select count(*) from account_score where cluster >= 0 group by cluster")]
    assert [number(row[1]) for row in table(heard)["rows"]] == sizes == [each["size"] for each in said["clusters"]]
    assert f"silhouette {said['silhouette']:.2f}" in heard.text
    assert "orders (" in table(heard)["rows"][0][4]


def test_an_offer_is_compared_with_popularity(scored_rig: Rig, sql: sqlite3.Connection) -> None:
    heard = ask(scored_rig, "dana", "ask_recommendation", account="Globex")
    said = figures(sql, "recommendation")
    offers = json.loads(
        one(sql, "select offers from account_score s join account a on a.id = s.account_id where a.name = 'Globex'")[0]
    )
    names = [one(sql, "select name from product where id = ?", offer[0])[0] for offer in offers]
    assert [row[0] for row in table(heard)["rows"]] == names
    assert f"Tried on {said['judged']} customers" in heard.text
    assert percent(said["hits"]["popularity"]["hit_rate"]) in heard.text
    buyers, customers = one(
        sql,
        "select count(distinct case when l.product_id = ? then o.account_id end), count(distinct o.account_id)"
        " from customer_order o join order_line l on l.order_id = o.id where o.status != 'cancelled'",
        offers[0][0],
    )
    assert offers[0][4] == pytest.approx(buyers / customers, abs=1e-4)


def test_customers_alike_share_the_products_that_are_said(scored_rig: Rig, sql: sqlite3.Connection) -> None:
    heard = ask(scored_rig, "dana", "ask_recommendation", account="Globex", words="customers like Globex")

    def bought(name: str) -> set[int]:
        query = (
            "select distinct l.product_id from customer_order o join order_line l on l.order_id = o.id"
            " join account a on a.id = o.account_id where o.status != 'cancelled' and a.name = ?"
        )
        return {row[0] for row in sql.execute(query, (name,))}

    own = bought("Globex")
    for name, common, _ in table(heard)["rows"]:
        theirs = bought(name)
        assert common.startswith(f"{len(own & theirs)} of {len(own | theirs)} products")


def test_a_chance_to_win_is_said_with_reasons_and_quality(scored_rig: Rig, sql: sqlite3.Connection) -> None:
    heard = ask(scored_rig, "morgan", "forecast", account="Globex", words="chance of winning Globex")
    win = one(
        sql,
        "select win from deal_score s join deal d on d.id = s.deal_id join account a on a.id = d.account_id"
        " where a.name = 'Globex'",
    )[0]
    assert f"(Globex): {percent(win)} likely to be won" in heard.text
    assert percent(figures(sql, "win")["auc"]) in heard.text


def test_the_forecast_weighs_deals_by_their_own_chances(scored_rig: Rig, sql: sqlite3.Connection) -> None:
    heard = ask(scored_rig, "alex", "forecast", date="this quarter")
    wins, deals = one(
        sql,
        "select sum(s.win), count(*) from deal_score s join deal d on d.id = s.deal_id"
        " join stage g on g.id = d.stage_id"
        " where d.close_date between '2026-10-01' and '2026-12-31' and g.forecast_category != 'omitted'",
    )
    assert f"the chances add up to {round(wins, 1):g} of {deals} open deals" in heard.text
    assert "From past revenue alone" in heard.text
    assert "Both together: " in heard.text


def test_past_revenue_is_carried_on_and_reconciled(scored_rig: Rig) -> None:
    text = ask(scored_rig, "alex", "forecast", date="next quarter").text
    series = re.search(r"models\): ([\d,]+) USD, in eight of ten cases ([\d,]+) USD to ([\d,]+) USD", text)
    assert series is not None
    mean, low, high = (number(found) for found in series.groups())
    both = number(re.search(r"Both together: ([\d,]+) USD", text)[1])  # type: ignore[index]
    from_deals = re.search(r"Likely between ([\d,]+) USD and ([\d,]+) USD", text)
    assert from_deals is not None
    assert low < mean < high
    assert min(mean, number(from_deals[1])) <= both <= max(mean, number(from_deals[2]))


def test_scores_are_not_for_support(scored_rig: Rig) -> None:
    for intent in ("ask_churn", "ask_lifetime_value", "ask_recommendation"):
        assert ask(scored_rig, "sam", intent).error == "not_for_role"


def test_a_category_is_kept_with_its_reason_counts_and_goes_back(scored_rig: Rig, sql: sqlite3.Connection) -> None:
    speaker = scored_rig.speaker("dana")
    before = number(re.search(r"Commit: ([\d,]+)", speaker.say("/forecast").text)[1])  # type: ignore[index]
    deal, amount = one(
        sql,
        "select d.id, d.amount / 1000 from deal d join stage s on s.id = d.stage_id join user_account u on"
        " u.id = d.owner_id where u.handle = 'dana' and s.forecast_category in ('pipeline', 'best_case')"
        " and d.currency = 'USD' and d.close_date between '2026-10-01' and '2026-12-31' and d.amount > 0 limit 1",
    )
    words = "call it commit because they signed verbally"
    heard = speaker.say(f"/set_forecast_category{json.dumps({'ref': f'deal:{deal}', 'words': words})}")
    assert "none → commit" in heard.text
    assert "they signed verbally" in heard.text
    after = speaker.say("/forecast").text
    assert abs(number(re.search(r"Commit: ([\d,]+)", after)[1]) - before - amount) <= 2  # type: ignore[index]
    assert "commit (they signed verbally)" in after.casefold()
    sql.commit()
    assert one(sql, "select forecast_category from deal where id = ?", deal) == ("commit",)
    reset = json.dumps({"ref": f"deal:{deal}", "words": "reset its forecast category"})
    speaker.say(f"/set_forecast_category{reset}")
    assert one(sql, "select forecast_category, forecast_reason from deal where id = ?", deal) == (None, None)


def test_how_good_forecasts_were_is_said_for_every_quarter(scored_rig: Rig) -> None:
    heard = ask(scored_rig, "alex", "forecast", words="how good were our forecasts?")
    rows = table(heard)["rows"]
    assert len(rows) == 18
    for _, _, expected, _, came, off in rows:
        share = number(expected) / number(came) - 1
        assert abs(int(off.replace("%", "").replace("+", "")) - share * 100) <= 1
    ends = [abs(number(row[2]) / number(row[4]) - 1) for row in rows if row[1] == "60"]
    assert f"and {percent(sum(ends) / len(ends))} after 60 days" in heard.text


def test_slipped_deals_are_those_whose_close_date_was_written_down_later(
    scored_rig: Rig, sql: sqlite3.Connection
) -> None:
    heard = ask(scored_rig, "alex", "what_changed", words="what slipped this month", date="this month")
    query = (
        "select d.name from deal_snapshot a join deal_snapshot b on a.deal_id = b.deal_id"
        " join deal d on d.id = a.deal_id"
        " where a.first_day <= '2026-10-31' and (a.last_day is null or a.last_day >= '2026-10-31')"
        " and b.first_day <= '2026-11-18' and (b.last_day is null or b.last_day >= '2026-11-18')"
        " and b.close_date > a.close_date"
    )
    expected = sorted(row[0] for row in sql.execute(query))
    assert expected
    assert sorted(row[0] for row in table(heard)["rows"]) == expected
