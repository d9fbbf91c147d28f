"""Lists of customers by where they are, what they do and whose they are: "list customers in Berlin".

A message is one only when all of its words are read: what counts or ranks by anything else is another question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from actions.asking.answering import own_records, question_of
from actions.asking.names import NamedValue
from actions.asking.terms import Term, TermKind
from actions.asking.wording import country_name
from actions.listing import remember_listed
from actions.report_output import MAX_ROWS, Report, column, count_text, show_report
from actions.report_words import Output
from actions.turn import Turn
from crm_store.insights.query.layer import Dimension
from crm_store.insights.query.report_query import Show
from crm_store.models import Account, Address

_MAX_IN_FILE = 10_000
_OF_CUSTOMERS = frozenset({Dimension.INDUSTRY, Dimension.REGION, Dimension.COUNTRY, Dimension.REP})
_ASKS = frozenset({TermKind.LIST, TermKind.SHOW_VERB, TermKind.WHICH, TermKind.COUNT, TermKind.WHO, TermKind.OWN})
_READ = _ASKS | {
    TermKind.FILLER,
    TermKind.AND,
    TermKind.BY,
    TermKind.WIDE,
    TermKind.VALUE,
    TermKind.OUTPUT,
    TermKind.DIMENSION,
}
_CUSTOMERS = re.compile(r"\b(?:customers|accounts|companies|clients)\b", re.IGNORECASE)
_GIVES_AWAY = re.compile(r"\b(?:give|hand|assign|reassign|move|transfer|pass|put)\b", re.IGNORECASE)
_PLACED = re.compile(r"\b(?:based|located|living|headquartered|near|around)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    values: tuple[NamedValue, ...]
    cities: tuple[str, ...]
    as_file: bool


def listed_customers(turn: Turn) -> bool:
    """Show the customers a message asks for; whether it asked for some."""
    words = turn.call.words
    if not turn.actor.is_staff or not _CUSTOMERS.search(words) or _GIVES_AWAY.search(words):
        return False
    wanted = _wanted(turn)
    if wanted is None:
        return False
    _show(turn, wanted)
    return True


def _wanted(turn: Turn) -> _Wanted | None:
    words = turn.call.words
    cities = _cities_named(turn, words)
    for city in cities:
        words = re.sub(rf"(?<!\w){re.escape(city)}(?!\w)", " ", words, flags=re.IGNORECASE)
    terms = question_of(turn, _PLACED.sub(" ", words)).terms()
    kinds = {term.kind for term in terms}
    named = [term for term in terms if term.kind is TermKind.VALUE]
    if not kinds <= _READ or not _are_customers_alone(terms) or not (cities or named or kinds & _ASKS):
        return None
    values = [_fitting(term) for term in named]
    if any(value is None for value in values):
        return None
    if TermKind.OWN in kinds:
        if any(value is not None and value.dimension is Dimension.REP for value in values):
            return None
        (own,) = own_records(turn).values
        values.append(NamedValue(Dimension.REP, (own[0],), own[1]))
    shown = {term.value for term in terms if term.kind is TermKind.OUTPUT}
    return _Wanted(
        values=tuple(value for value in values if value is not None), cities=cities, as_file=Show.CSV in shown
    )


def _are_customers_alone(terms: list[Term]) -> bool:
    return {term.value for term in terms if term.kind is TermKind.DIMENSION} == {Dimension.ACCOUNT}


def _fitting(term: Term) -> NamedValue | None:
    return next((value for value in term.value if value.dimension in _OF_CUSTOMERS), None)


def _cities_named(turn: Turn, words: str) -> tuple[str, ...]:
    """The cities of customers that are in the words, the longest first."""
    cities = turn.session.scalars(select(Address.city).where(Address.account_id.is_not(None)).distinct())
    said = words.casefold()
    return tuple(
        city
        for city in sorted(cities, key=len, reverse=True)
        if re.search(rf"(?<!\w){re.escape(city.casefold())}(?!\w)", said)
    )


def _query(wanted: _Wanted) -> Select[Account]:
    query = select(Account).options(joinedload(Account.owner), joinedload(Account.addresses))
    for dimension in {value.dimension for value in wanted.values}:
        keys = [key for value in wanted.values if value.dimension is dimension for key in value.keys]
        if dimension is Dimension.COUNTRY:
            query = query.where(Account.id.in_(select(Address.account_id).where(Address.country.in_(keys))))
        else:
            columns = {
                Dimension.INDUSTRY: Account.industry, Dimension.REGION: Account.region, Dimension.REP: Account.owner_id
            }  # fmt: skip
            query = query.where(columns[dimension].in_(keys))
    if wanted.cities:
        query = query.where(Account.id.in_(select(Address.account_id).where(Address.city.in_(wanted.cities))))
    return query


def _show(turn: Turn, wanted: _Wanted) -> None:
    query = _query(wanted)
    total = turn.session.scalar(select(func.count()).select_from(query.with_only_columns(Account.id).subquery())) or 0
    title = _title(turn, wanted)
    if not total:
        turn.say("utter_report_empty", title=title)
        return
    limit = _MAX_IN_FILE if wanted.as_file else MAX_ROWS
    found = turn.session.scalars(query.order_by(Account.name_key).limit(limit)).unique().all()
    rows = [_row(turn, account) for account in found]
    columns = tuple(column(turn, name) for name in ("account", "industry", "region", "city", "country", "owner"))
    more = total - len(found)
    report = Report(
        title=title,
        columns=columns,
        rows=tuple(rows[:MAX_ROWS]),
        note=turn.words.counted("customer", total)
        + (" · " + turn.words.say("utter_more_left_out_sentence", n=count_text(turn, more)) if more else ""),
        file_name="customers",
        file_columns=tuple(name for name, _ in columns),
        file_rows=rows if wanted.as_file else (),
    )
    show_report(turn, report, Output.CSV if wanted.as_file else Output.TABLE)
    remember_listed(turn, found)
    for account in found[:3]:
        turn.offer(account.name, "show_record", ref=str(account.ref))


def _title(turn: Turn, wanted: _Wanted) -> str:
    parts = [column(turn, "customers")[0]]
    for dimension in sorted({value.dimension for value in wanted.values}):
        of_it = [value.name for value in wanted.values if value.dimension is dimension]
        names = [country_name(turn, name) for name in of_it] if dimension is Dimension.COUNTRY else of_it
        label = turn.words.label(f"grouping_{dimension}")
        parts.append(turn.words.say("utter_query_only", dimension=label, values=", ".join(sorted(names))))
    if wanted.cities:
        label = turn.words.label("city").casefold()
        parts.append(turn.words.say("utter_query_only", dimension=label, values=", ".join(wanted.cities)))
    return " · ".join(parts)


def _row(turn: Turn, account: Account) -> tuple[str, ...]:
    address = min(account.addresses, key=lambda each: each.id, default=None)
    return (
        account.name,
        account.industry or "",
        account.region or "",
        address.city if address is not None else "",
        country_name(turn, address.country) if address is not None else "",
        account.owner.name if account.owner is not None else "",
    )
