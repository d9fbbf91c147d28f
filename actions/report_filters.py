"""Which deals are meant, from the words of a request; and the same in words, for the report's title."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import select

from actions.errors import Missing
from actions.formatting import money_text
from actions.report_periods import ReportPeriod, text_before
from actions.report_scope import Scope
from actions.report_words import Comparison, read_comparison
from actions.resolving import by_name
from actions.turn import Turn
from crm_store.finding import is_typo_of
from crm_store.insights.selection import DealSelection, OpenField
from crm_store.models import Account, Stage, StageType
from crm_store.money import Money
from crm_store.names import name_key
from crm_store.rates import Rates
from nlu.parse import Entity
from nlu.values import read_money, read_percent

_WITHOUT_LABELS = {OpenField.CLOSE_DATE: "without_close_date", OpenField.AMOUNT: "without_amount"}
_WITHOUT = {
    each: re.compile(
        rf"\b(?:without|no|missing|lack(?:s|ing)?)\s+(?:(?:an?|any|the|their)\s+)?{words}\b"
        rf"|\b{words}\s+(?:is|are)\s+(?:missing|empty|not set)\b",
        re.IGNORECASE,
    )
    for each, words in (
        (OpenField.CLOSE_DATE, r"(?:expected\s+)?clos(?:e|ing)[\s-]?dates?"),
        (OpenField.AMOUNT, r"(?:amounts?|values?)"),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DealFilter:
    """The deals that are meant. ``spoken`` says each condition in words; ``stage_types`` are those of the stages named.

    ``single_owner``: they are all one person's.
    """

    selection: DealSelection
    spoken: tuple[str, ...]
    single_owner: bool = False
    stage_types: frozenset[StageType] = frozenset()

    def title(self, name: str) -> str:
        """A report's title that repeats how the request was read."""
        return " · ".join((name, *self.spoken))


def filter_said(turn: Turn, scope: Scope, rates: Rates, *, closing: ReportPeriod | None = None) -> DealFilter:
    """Scope, stages, companies, amounts and probabilities named in the request; ``closing`` bounds the close date.

    Raises Missing when a stage is not known, Ambiguous or UnknownName for a company.
    """
    spoken = [scope.label]
    selection = DealSelection(owner_ids=scope.owner_ids)
    stages = [stage for said in turn.call.all("stage") for stage in _stages_called(turn, said)]
    if stages:
        selection = replace(selection, stage_ids=frozenset(stage.id for stage in stages))
        names = dict.fromkeys(stage.name for stage in stages)
        spoken.append(turn.words.say("utter_report_in_stage", stage=", ".join(names)))
    accounts = [by_name(turn, Account, said, entity="account") for said in turn.call.all("account")]
    if accounts:
        selection = replace(selection, account_ids=frozenset(account.id for account in accounts))
        spoken.append(", ".join(account.name for account in accounts))
    selection = _with_amounts(turn, rates, selection, spoken)
    selection = _with_probability(turn, selection, spoken)
    if closing is not None:
        selection = replace(selection, closing_from=closing.first_day, closing_until=closing.last_day)
        spoken.append(turn.words.say("utter_report_closing", period=closing.label))
    without = fields_without(turn.call.text)
    if without:
        selection = replace(selection, without=without)
        spoken += [turn.words.label(_WITHOUT_LABELS[each]) for each in OpenField if each in without]
    types = frozenset(stage.type for stage in stages)
    return DealFilter(selection=selection, spoken=tuple(spoken), single_owner=scope.single, stage_types=types)


def fields_without(text: str) -> frozenset[OpenField]:
    """The fields that are to be empty: "deals without a close date", "no amount", "where the close date is missing"."""
    return frozenset(each for each, pattern in _WITHOUT.items() if pattern.search(text))


def _stages_called(turn: Turn, said: str) -> list[Stage]:
    stages = list(turn.session.scalars(select(Stage).order_by(Stage.pipeline_id, Stage.position)))
    key = name_key(said.casefold().removeprefix("closed ").removesuffix(" stage"))
    # "won" means won in every pipeline, also where the stage is called otherwise ("Renewed").
    found = [stage for stage in stages if stage.type.value == key]
    found = found or [stage for stage in stages if name_key(stage.name) == key]
    found = found or [stage for stage in stages if key and name_key(stage.name).startswith(key)]
    found = found or [stage for stage in stages if is_typo_of(said, stage.name)]
    if not found:
        names = dict.fromkeys(stage.name for stage in stages if stage.type is StageType.OPEN)
        raise Missing("stage", "utter_ask_report_stage", tuple((name, name) for name in names))
    return found


def _with_amounts(turn: Turn, rates: Rates, selection: DealSelection, spoken: list[str]) -> DealSelection:
    named = [(e, _in_company_currency(turn, rates, e.text)) for e in turn.call.entities if e.entity == "amount"]
    amounts = [(entity, money) for entity, money in named if money is not None]
    if not amounts:
        return selection
    if len(amounts) > 1:
        low, high = sorted((money for _, money in amounts[:2]), key=lambda money: money.amount)
        spoken.append(
            turn.words.say(
                "utter_report_amount_between", low=money_text(low, turn.reading), high=money_text(high, turn.reading)
            )
        )
        return replace(selection, least=low.amount, most=high.amount)
    entity, money = amounts[0]
    text = money_text(money, turn.reading)
    if _compared(turn, entity) is Comparison.AT_MOST:
        spoken.append(turn.words.say("utter_report_amount_most", amount=text))
        return replace(selection, most=money.amount)
    spoken.append(turn.words.say("utter_report_amount_least", amount=text))
    return replace(selection, least=money.amount)


def _in_company_currency(turn: Turn, rates: Rates, said: str) -> Money | None:
    amount = read_money(said, locale=turn.reading.locale)
    if amount is None:
        return None
    return rates.convert(Money(amount.value, amount.currency or turn.policy.currency), turn.reading.today)


def _with_probability(turn: Turn, selection: DealSelection, spoken: list[str]) -> DealSelection:
    entity = next((e for e in turn.call.entities if e.entity == "percent"), None)
    percent = read_percent(entity.text) if entity is not None else None
    if entity is None or percent is None:
        return selection
    whole = int(Decimal(percent))
    if _compared(turn, entity) is Comparison.AT_MOST:
        spoken.append(turn.words.say("utter_report_probability_most", percent=str(whole)))
        return replace(selection, most_probability=whole)
    spoken.append(turn.words.say("utter_report_probability_least", percent=str(whole)))
    return replace(selection, least_probability=whole)


def _compared(turn: Turn, entity: Entity) -> Comparison | None:
    return read_comparison(text_before(turn, entity) + " " + entity.text)
