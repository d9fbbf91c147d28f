"""A colleague's home page: what waits for their approval, their tasks today, their pipeline, their quota, things to
ask, and their settings.

The page is data, its texts ready to be read; a channel that has a place for it (Slack's App Home) gives it its looks.
Whatever can be used on it stands for a command, which runs through the same turn as a message.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from actions.call import Command
from actions.formatting import date_text, day_text, moment_text, money_text, percent_text
from actions.home_settings import HomeSetting, settings_of
from actions.registry import SALES
from actions.report_output import whole
from actions.skills.smalltalk import EXAMPLES
from actions.turn import CompanyPolicy
from actions.words import Words
from crm_store.approvals import waiting_for
from crm_store.insights.calendar_buckets import buckets_between, midnight
from crm_store.insights.forecast import Forecast, ForecastPeriod, forecast_by_owner
from crm_store.insights.pipeline import list_open, open_total
from crm_store.insights.quota import quotas_of, share_elapsed
from crm_store.insights.selection import DealSelection
from crm_store.models import Attention, Deal, Proposal, Task, User
from crm_store.money import Money
from crm_store.rates import Rates
from crm_store.refs import RecordRef
from crm_store.unit_of_work import UnitOfWork
from nlu.values.reading import Reading

LISTED = 5
_BAR = 10
"""Pieces of the bar that shows how much of a quota is reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeLine:
    """One line of a list: the record it is about ("" for none), and the one thing that is usually done with it."""

    title: str
    detail: str
    ref: str
    button: str
    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSection:
    """A part of the page. ``more`` is the text of the button that shows everything, with its command."""

    title: str
    summary: str
    lines: tuple[HomeLine, ...] = ()
    more: tuple[str, Command] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    """The whole page. ``forms`` are (label, form) pairs to open, ``prompts`` messages to be said when pressed."""

    title: str
    sections: tuple[HomeSection, ...]
    forms: tuple[tuple[str, str], ...]
    prompts_title: str
    prompts: tuple[str, ...]
    settings_title: str
    settings: tuple[HomeSetting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeReading:
    """Reads the page of ``user``, whom the unit of work already belongs to."""

    uow: UnitOfWork
    user: User
    words: Words
    reading: Reading
    policy: CompanyPolicy

    def page(self) -> HomePage:
        """The page as of now."""
        label = self.words.label
        wishes = self.uow.session.get(Attention, self.user.id)
        return HomePage(
            title=self.words.say(
                "utter_home_title", name=self.user.name.split()[0], day=date_text(self.reading.today, self.reading)
            ),
            sections=tuple(self._sections()),
            forms=tuple((label(form), form) for form in self._forms()),
            prompts_title=label("home_prompts"),
            prompts=tuple(label(name) for name in EXAMPLES[self.user.role]),
            settings_title=label("home_settings"),
            settings=settings_of(self.user, wishes, words=self.words, reading=self.reading),
        )

    @property
    def _sells(self) -> bool:
        return self.user.role in SALES

    def _forms(self) -> Iterator[str]:
        if self._sells:
            yield "log_deal"
        yield from ("log_activity", "create_task", "open_ticket", "feedback")

    def _sections(self) -> Iterator[HomeSection]:
        approvals = self._approvals()
        if approvals is not None:
            yield approvals
        yield self._tasks()
        if self._sells:
            rates = Rates.load(self.uow.session, self.policy.currency)
            yield self._pipeline(rates)
            quota = self._quota(rates)
            if quota is not None:
                yield quota

    def _approvals(self) -> HomeSection | None:
        waiting = waiting_for(self.uow.session, self.user.id, now=self.reading.now)
        if not waiting:
            return None
        return HomeSection(
            title=self.words.label("home_approvals"),
            summary=self.words.say("utter_home_approvals", requests=self.words.counted("request", len(waiting))),
            lines=tuple(
                HomeLine(
                    title=proposal.summary,
                    detail=self._approval_detail(proposal),
                    ref="",
                    button=self.words.label("home_decide"),
                    command=Command("show_approvals"),
                )
                for proposal in waiting[:LISTED]
            ),
        )

    def _approval_detail(self, proposal: Proposal) -> str:
        ref = RecordRef.from_text(proposal.proposer)
        asker = self.uow.session.get(User, ref.id) if ref is not None else None
        until = self.words.say("utter_home_until", when=moment_text(proposal.expires_at, self.reading))
        return " · ".join(filter(None, (asker.name if asker is not None else "", until)))

    def _tasks(self) -> HomeSection:
        label = self.words.label
        end = midnight(self.reading.today + timedelta(days=1), self.reading.zone)
        due = [Task.done_at.is_(None), Task.assignee_id == self.user.id, Task.due_at < end]
        query = select(Task).where(*due).options(joinedload(Task.account)).order_by(Task.due_at, Task.id)
        tasks = list(self.uow.session.scalars(query.limit(200)))
        overdue = sum(1 for task in tasks if task.due_at is not None and task.due_at < self.reading.now)
        title = label("home_tasks")
        if not tasks:
            return HomeSection(title=title, summary=self.words.say("utter_home_no_tasks"))
        summary = self.words.say(
            "utter_home_tasks", tasks=self.words.counted("task", len(tasks)), overdue=f"{overdue:,}"
        )
        lines = tuple(
            HomeLine(
                title=task.subject,
                detail=self._task_detail(task),
                ref=str(task.ref),
                button=label("done"),
                command=Command("complete_task", {"ref": str(task.ref)}),
            )
            for task in tasks[:LISTED]
        )
        return HomeSection(
            title=title, summary=summary, lines=lines, more=(label("home_all_tasks"), Command("show_tasks"))
        )

    def _task_detail(self, task: Task) -> str:
        due = moment_text(task.due_at, self.reading) if task.due_at is not None else ""
        if task.due_at is not None and task.due_at < self.reading.now:
            due = self.words.say("utter_overdue_since", when=due)
        return " · ".join(filter(None, (due, task.account.name if task.account else "")))

    def _pipeline(self, rates: Rates) -> HomeSection:
        label = self.words.label
        today = self.reading.today
        mine = DealSelection(owner_ids=frozenset({self.user.id}))
        total = open_total(self.uow.session, rates, mine, today=today)
        title = label("home_pipeline")
        if not total.count:
            return HomeSection(title=title, summary=self.words.say("utter_home_no_deals"))
        deals = list_open(self.uow.session, rates, mine, today=today, order="close date", limit=LISTED)
        summary = self.words.say(
            "utter_pipeline_total",
            deals=self.words.counted("deal", total.count),
            amount=self._company_money(Money(total.amount, self.policy.currency)),
            weighted=self._company_money(Money(total.weighted, self.policy.currency)),
        )
        return HomeSection(
            title=title,
            summary=summary,
            lines=tuple(self._deal_line(deal) for deal in deals),
            more=(label("home_all_deals"), Command("show_pipeline", {"scope": "my"})),
        )

    def _deal_line(self, deal: Deal) -> HomeLine:
        closing = ""
        if deal.close_date is not None:
            day = day_text(deal.close_date, self.reading)
            passed = deal.close_date < self.reading.today
            closing = self.words.say("utter_stale_passed" if passed else "utter_home_closing", day=day)
        amount = money_text(deal.money, self.reading) if deal.money else ""
        detail = " · ".join(filter(None, (deal.account.name, deal.stage.name, amount, closing)))
        command = Command("show_record", {"ref": str(deal.ref)})
        return HomeLine(
            title=deal.name, detail=detail, ref=str(deal.ref), button=self.words.label("home_open"), command=command
        )

    def _quota(self, rates: Rates) -> HomeSection | None:
        today = self.reading.today
        (quarter,) = buckets_between(today, today, "quarter")
        period = ForecastPeriod(
            first_day=quarter.start,
            last_day=quarter.end - timedelta(days=1),
            start=midnight(quarter.start, self.reading.zone),
            end=midnight(quarter.end, self.reading.zone),
        )
        ids = frozenset({self.user.id})
        quotas = quotas_of(self.uow.session, period.first_day, period.last_day, owner_ids=ids)
        if not quotas.total:
            return None
        mine = DealSelection(owner_ids=ids)
        closed = forecast_by_owner(self.uow.session, rates, mine, period, today=today).get(self.user.id, Forecast())
        reached = closed.closed.amount / quotas.total
        full = min(_BAR, int(reached * _BAR))
        summary = self.words.say(
            "utter_quota_summary",
            closed=self._company_money(Money(closed.closed.amount, self.policy.currency)),
            quota=self._company_money(Money(quotas.total, self.policy.currency)),
            share=percent_text(reached, self.reading),
            elapsed=percent_text(share_elapsed(period.start, period.end, self.reading.now), self.reading),
        )
        bar = "█" * full + "░" * (_BAR - full)
        return HomeSection(
            title=self.words.label("home_quota"),
            summary=f"{bar}  {summary}",
            more=(self.words.label("home_forecast"), Command("forecast", {"scope": "my"})),
        )

    def _company_money(self, money: Money) -> str:
        return money_text(Money(whole(money.amount), money.currency), self.reading)
