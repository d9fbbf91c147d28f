"""What to offer a customer next, and who is like them."""

from __future__ import annotations

import re

from sqlalchemy import select

from actions.errors import Missing, refused
from actions.formatting import money_text
from actions.registry import SALES, skill
from actions.report_output import Report, column, output_said, show_report
from actions.score_words import Scored, account_meant, account_score, scored, share_text
from actions.turn import Turn
from crm_store.insights.scoring.alike import customers_like
from crm_store.models import Account, Product, ScoreTask
from crm_store.money import Money

_ALIKE = re.compile(
    r"\b(similar|alike|lookalikes?|look-alikes?|resembl\w+|comparable|(?:customers?|accounts?|compan(?:y|ies)|clients?|"
    r"who(?: else)? is|anyone|others?) (?:\w+ )?like)\b",
    re.IGNORECASE,
)
_ALIKE_SHOWN = 8


@skill("action_ask_recommendation", audience=SALES)
def ask_recommendation(turn: Turn) -> None:
    """The products to offer a company, each with its reason; or the customers most like it."""
    account = account_meant(turn) or _talked_about(turn)
    if account is None:
        raise Missing("account", "utter_ask_offer_account", free_text=True)
    if _ALIKE.search(turn.call.words):
        _show_alike(turn, account)
    else:
        say_offers(turn, scored(turn, ScoreTask.RECOMMENDATION), account)


def say_offers(turn: Turn, found: Scored, account: Account) -> None:
    """What to offer, why, and how good the choice is beside naming what most buy."""
    score = account_score(turn, found.run, account)
    turn.focus_on(account)
    if not score.offers:
        raise refused("utter_offer_nothing", account=account.name)
    products = {each.id: each for each in turn.session.scalars(select(Product))}
    rows = []
    for product_id, _score, because, share, base in score.offers:
        product = products.get(product_id)
        if product is None:
            continue
        other = products.get(because)
        why = (
            turn.words.say(
                "utter_offer_because", other=other.name, share=share_text(turn, share), base=share_text(turn, base)
            )
            if other is not None
            else turn.words.say("utter_offer_popular", base=share_text(turn, base))
        )
        rows.append((product.name, money_text(Money(product.price, product.currency), turn.reading), why))
    if not rows:
        raise refused("utter_offer_nothing", account=account.name)
    turn.say("utter_offer_first", account=account.name, product=rows[0][0])
    report = Report(
        title=" · ".join((turn.words.label("next_products"), account.name)),
        columns=(column(turn, "product"), column(turn, "price", "number"), column(turn, "because")),
        rows=tuple(rows),
        file_name="next-products",
    )
    show_report(turn, report, output_said(turn))
    say_offer_backtest(turn, found)
    turn.offer(turn.words.label("log_this_deal"), "log_deal", account=str(account.ref), deal=rows[0][0])
    turn.offer(turn.words.label("customers_like_this"), "ask_recommendation", account=str(account.ref), words="similar")


def say_offer_backtest(turn: Turn, found: Scored) -> None:
    """How often a product named met what was bought, for the method used and for popularity."""
    hits, chosen = found.figures["hits"], found.figures["model"]
    best = max((name for name in hits if name != "popularity"), key=lambda name: float(hits[name]["hit_rate"]))
    turn.say(
        "utter_offer_backtest_popular" if chosen == "popularity" else "utter_offer_backtest",
        customers=turn.words.counted("customer", found.figures["judged"]),
        method=turn.words.label(f"recommender_{best if chosen == 'popularity' else chosen}"),
        hit=share_text(turn, hits[best if chosen == "popularity" else chosen]["hit_rate"]),
        popular=share_text(turn, hits["popularity"]["hit_rate"]),
    )


def _show_alike(turn: Turn, account: Account) -> None:
    found = scored(turn, ScoreTask.SEGMENTS)
    turn.focus_on(account)
    alike = customers_like(turn.session, found.run, account, limit=_ALIKE_SHOWN)
    if not alike:
        raise refused("utter_alike_nobody", account=account.name)
    rows = []
    for each in alike:
        same = [turn.words.say("utter_alike_products", common=str(each.common), either=str(each.either))]
        same += [each.account.industry or ""] if each.same_industry else []
        same += [each.account.region or ""] if each.same_region else []
        rows.append((each.account.name, ", ".join(part for part in same if part), ", ".join(each.more[:3])))
    report = Report(
        title=turn.words.say("utter_alike_title", account=account.name),
        columns=(column(turn, "account"), column(turn, "in_common"), column(turn, "has_too")),
        rows=tuple(rows),
        note=turn.words.label("alike_note"),
        file_name="customers-alike",
    )
    show_report(turn, report, output_said(turn))


def _talked_about(turn: Turn) -> Account | None:
    focused = turn.focused_id(Account.kind)
    return turn.session.get(Account, focused) if focused is not None else None
