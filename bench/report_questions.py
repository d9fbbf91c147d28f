"""Asks the whole assistant questions about figures and reports how many it reads otherwise than meant.

    python bench/report_questions.py [--questions FILE] [--models DIR] [--show] [--json]

The questions with their readings are in tests/data/report_questions_typed.yml (200) and, by a second and a
third author, report_questions_second.yml (150) and report_questions_third.yml (127); the trained engine says what each
message asks for, the skill that answers reads it, and what is judged is the reading its answer repeats. Every second
question is held back: what is wrong with those is never shown, only counted. ``--show`` lists what is wrong with the
others.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from babel.dates import format_date
from sqlalchemy import select

from actions.asking.covered import (
    covered_by_activity,
    covered_by_pipeline,
    covered_by_quota,
    covered_by_results,
    covered_by_tickets,
)
from bot.bootstrap import Assistant, bootstrap, open_encoder_for, open_engine
from bot.cli.options import configure_logging
from bot.persons import find_person
from bot.settings import PROJECT, Settings, load_settings
from bot.talking import Exchange, Talk
from crm_store.demo import seed
from crm_store.insights.query.layer import Dimension
from crm_store.insights.query.report_query import ReportQuery
from crm_store.models import Conversation, Product, User
from crm_store.schema import upgrade
from crm_store.store import Store
from nlu.parse import Engine

NOW = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
"""When the questions are asked; their readings hold for this day."""
QUESTIONS = PROJECT / "tests" / "data" / "report_questions_typed.yml"
_ASKER = "morgan"
_OTHER_ASKERS = ("dana", "marcus", "lena", "priya", "sam", "nora", "mia")
_THEN = " >> "
_AT_LEAST, _AT_MOST = (" or more", " between "), (" or less", " between ")
_CALLED = {"account": "company"}
"""What reports of their own kinds call a grouping where it is not by its name."""
_NOTHING = ": nothing there"
_REPORT_FIGURES = frozenset({"table", "picture", "document"})
_OWN_REPORTS = {
    "action_show_results": {
        "amount won",
        "count won",
        "list won",
        "amount lost",
        "count lost",
        "list lost",
        "win_rate",
        "average won",
        "cycle",
    },
    "action_show_pipeline": {"amount open", "count open", "list open", "weighted open"},
    "action_team_activity": {"activities"},
    "action_quota_status": {"attainment"},
    "action_show_tickets": {"tickets"},
}
"""The skills with a report of their own, and the figures it has."""
_COVERED = {
    "action_show_results": covered_by_results,
    "action_show_pipeline": covered_by_pipeline,
    "action_team_activity": covered_by_activity,
    "action_quota_status": covered_by_quota,
    "action_show_tickets": covered_by_tickets,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, who asks it and the readings that would do."""

    text: str
    meant: tuple[str, ...]
    who: str = _ASKER
    held_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the assistant did with a question. ``outcome``: right, refused, other (and said so) or silent."""

    asked: Asked
    outcome: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """By what readings name things: people by handle, every product by its own name."""

    handles: Mapping[str, str]
    products: Mapping[int, str]


def load_questions(path: Path = QUESTIONS) -> list[Asked]:
    """The questions in order; every second one is held back."""
    found = []
    for place, (said, meant) in enumerate(yaml.safe_load(path.read_text("utf-8"))):
        before, _, after = said.partition(": ")
        who, text = (before, after) if before in _OTHER_ASKERS else (_ASKER, said)
        found.append(Asked(text=text, meant=tuple(meant.split(" || ")), who=who, held_back=place % 2 == 1))
    return found


def ask_all(assistant: Assistant, questions: Sequence[Asked]) -> list[Heard]:
    """Each question in a conversation of its own, with what goes on from it."""
    with assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        persons = {who: find_person(uow.session, who) for who in {each.who for each in questions}}
        names = Names(
            handles={user.name: user.handle for user in uow.session.scalars(select(User))},
            products={product.id: product.name for product in uow.session.scalars(select(Product))},
        )
    heard = []
    for place, asked in enumerate(questions):
        name = f"question-{place}"
        talk = Talk(assistant, persons[asked.who], conversation=name)
        exchange = [talk.say(said) for said in asked.text.split(_THEN)][-1]
        with assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
            focus = uow.session.scalars(select(Conversation.focus).where(Conversation.external_id == name)).one()
        heard.append(judge(asked, exchange, focus, names))
    return heard


def judge(asked: Asked, exchange: Exchange, focus: Mapping[str, Any], names: Names) -> Heard:
    """Whether an answer reads its question as meant."""
    said = exchange.to_json()
    text, action = str(said["text"]), str(said["action"])
    # A report on nothing says what it found nothing of.
    parts = [part for part in exchange.body.get("parts", ()) if part["type"] in _REPORT_FIGURES]
    figures = parts or (" · " in text and _NOTHING in text)
    kept = focus.get("report")
    query = ReportQuery.from_json(kept) if isinstance(kept, dict) else None
    read = _with_handles(query.to_text(), names.handles) if query is not None else ""
    alike = {read, _with_handles(_with_products(query, names.products).to_text(), names.handles)} if query else {read}
    found = f"{action}: {read or ' / '.join(text.splitlines()[:2])[:150]}"
    if any(
        _fits(each, form, query, exchange=exchange, text=text, figures=bool(figures))
        for each in asked.meant
        for form in alike
    ):
        outcome = "right"
    elif not figures:
        outcome = "refused"
    else:
        # The title of a report, the text beside a picture and the line above a file repeat the reading.
        outcome = "other" if " · " in text else "silent"
    return Heard(asked=asked, outcome=outcome, found=found)


def _fits(meant: str, read: str, query: ReportQuery | None, *, exchange: Exchange, text: str, figures: bool) -> bool:
    action = str(exchange.to_json()["action"])
    if meant == "refuse":
        return not figures
    if meant.startswith("action_"):
        return action == meant
    if meant.startswith("says: "):
        return figures and all(each in text.casefold() for each in meant[6:].casefold().split("; "))
    own = action in _OWN_REPORTS and (query is None or _COVERED[action](query))
    if not own:
        return read == meant
    # A report of its own kind reads the words in its own way: what counts is what its answer says it is about.
    return (not read or read == meant) and " · " in text and _own_report_fits(meant, action, exchange)


def _own_report_fits(meant: str, action: str, exchange: Exchange) -> bool:
    """Whether the title and columns of a report repeat figures, names, period, groups and form of a reading."""
    figures, *rest = meant.split(" | ")
    if not set(figures.split(", ")) <= _OWN_REPORTS[action]:
        return False
    parts = [part for part in exchange.body["parts"] if part["type"] in _REPORT_FIGURES]
    shown = parts[0] if parts else {}
    title = str(shown.get("title") or shown.get("alt") or exchange.to_json()["text"].splitlines()[0])
    headings = [label.casefold() for label, _ in shown.get("columns", ())]
    if _says_more(title, rest, action) or (figures.startswith("list ") and headings[:1] not in ([], ["deal"])):
        return False
    wanted_form = {"csv": "document", "pdf": "document", "chart": "picture", "bar": "picture", "line": "picture"}
    for part in rest:
        if part in wanted_form:
            fits = any(each["type"] == wanted_form[part] for each in parts)
        elif part.startswith("by "):
            groups = [_CALLED.get(each, each) for each in part[3:].split(", ")]
            fits = all(f"by {each}" in title or each in headings[:1] or _listed(each, headings) for each in groups)
        elif ".." in part and not part.startswith("vs "):
            ends = part.split("..")
            if all(ends):
                fits = any(label in title for label in _labels(*map(date.fromisoformat, ends)))
            else:
                fits = ("since " if ends[0] else "until ") + _day(date.fromisoformat(ends[0] or ends[1])) in title
        elif part.startswith("amount"):
            bound = f"{int(Decimal(part.partition('=')[2])):,}"
            fits = bound in title and any(each in title for each in (_AT_LEAST if ">" in part else _AT_MOST))
        elif "=" in part and "!" not in part:
            _, _, names = part.partition("=")
            fits = all(_named(name, title, headings) for name in names.split(","))
        else:
            fits = False
        if not fits:
            return False
    return True


def _says_more(title: str, meant: Sequence[str], action: str) -> bool:
    """Whether a title names a bound, a period of closing, a stage or groups that were not meant.

    Activities come by person of themselves, and of results those of the period before stand beside.
    """
    signs = {"amount": (*_AT_LEAST, *_AT_MOST), "stage=": (" · stage ",), "..": (" · closing ",)}
    if action != "action_team_activity":
        signs["by "] = (", by ", " by stage · ", " by rep · ", " by month · ")
    said = [sign for sign, labels in signs.items() if any(label in title for label in labels)]
    return any(not any(part.startswith(sign) or (sign == ".." and sign in part) for part in meant) for sign in said)


def _listed(dimension: str, headings: Sequence[str]) -> bool:
    """A list of lost deals names the reason of each."""
    return dimension == "reason" and "lost because" in headings


def _named(name: str, title: str, headings: Sequence[str]) -> bool:
    """Whether a title or a column names a condition: a person by first name, a kind of activity, an amount."""
    plain = f"{int(name):,}" if name.isdecimal() else name.casefold()
    return plain in title.casefold() or any(heading.replace("-", "").startswith(plain) for heading in headings)


def _labels(first: date, last: date) -> list[str]:
    """The ways reports call a period."""
    days = f"{_day(first)} – {_day(last)}"
    british = " – ".join(format_date(day, format="d MMM y", locale="en_GB") for day in (first, last))
    after = last + timedelta(days=1)
    months = (after.year - first.year) * 12 + after.month - first.month if first.day == after.day == 1 else 0
    labels = [days, british, f"since {_day(first)}"] if last != first else [_day(first), "today", "yesterday"]
    if months == 1:
        labels.append(format_date(first, format="LLLL y", locale="en_US"))
    if months == 3 and first.month % 3 == 1:
        labels.append(f"Q{(first.month + 2) // 3} {first.year}")
    if months == 12 and first.month == 1:
        labels.append(str(first.year))
    return labels


def _day(day: date) -> str:
    return format_date(day, format="MMM d, y", locale="en_US")


def _with_products(query: ReportQuery, products: Mapping[int, str]) -> ReportQuery:
    """The query with every product by its own name: "Rugged tablet" is RT-8 and RT-10."""
    meant = query.condition_on(Dimension.PRODUCT)
    if meant is None:
        return query
    values = tuple((key, products[int(key)]) for key, _ in meant.values)
    return query.with_condition(dataclasses.replace(meant, values=values))


def _with_handles(text: str, handles: Mapping[str, str]) -> str:
    for name, handle in handles.items():
        text = text.replace(name, handle)
    return text.replace("rep=", "owner=").replace("rep!=", "owner!=")


def open_demo(engine: Engine, home: Path, config: Settings) -> Assistant:
    """An assistant of the configured company, seeded as of NOW, in an empty directory."""
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'rapport.db'}", config=config.config)
    store = Store(settings.database_url)
    upgrade(store.engine)
    seed(store.engine, now=NOW, progress=None)
    return bootstrap(settings, clock=lambda: NOW, store=store, engine=engine)


def summary(heard: Sequence[Heard]) -> dict[str, dict[str, int]]:
    """How many came to what, of the open and of the held-back questions."""
    halves = {"open": False, "held_back": True}
    outcomes = ("right", "refused", "other", "silent")
    counts = {
        name: Counter(each.outcome for each in heard if each.asked.held_back is held) for name, held in halves.items()
    }
    return {name: {outcome: found[outcome] for outcome in outcomes} for name, found in counts.items()}


def main() -> None:
    """Ask, judge and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--questions", type=Path, default=QUESTIONS, help="a file of questions")
    parser.add_argument("--models", type=Path, help="directory of trained models (default: those of RAPPORT_HOME)")
    parser.add_argument("--show", action="store_true", help="list what is wrong with the questions not held back")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args()
    configure_logging(verbose=False)
    settings = load_settings()
    models: Path = chosen.models or settings.model_dir
    engine = open_engine(dataclasses.replace(settings, home=models.parent), open_encoder_for(settings))
    with tempfile.TemporaryDirectory(prefix="rapport-questions-") as directory:
        assistant = open_demo(engine, Path(directory), settings)
        heard = ask_all(assistant, load_questions(chosen.questions))
        assistant.store.close()
    counted = summary(heard)
    if chosen.json:
        print(json.dumps(counted))
        return
    for name, counts in counted.items():
        number = sum(counts.values())
        wrong = number - counts["right"]
        print(f"{name:10} {number} questions, {wrong} read otherwise than meant ({wrong / number:.1%}): {counts}")
    for each in heard if chosen.show else ():
        if each.outcome != "right" and not each.asked.held_back:
            print(f"- [{each.outcome}] {each.asked.text}")
            print(f"    meant {' || '.join(each.asked.meant)}")
            print(f"    found {each.found}")


if __name__ == "__main__":
    main()
