from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, inspect, select
from sqlalchemy.orm import Session

from crm_store.demo import DatabaseNotEmpty, SeedReport, seed, seed_large
from crm_store.engine import open_engine
from crm_store.models import (
    RECORDS,
    Account,
    Activity,
    Article,
    Base,
    Contact,
    Deal,
    DealLine,
    ExchangeRate,
    ForecastCategory,
    Invoice,
    InvoiceStatus,
    JournalEntry,
    Order,
    OrderStatus,
    Pipeline,
    Product,
    Quota,
    Role,
    Stage,
    StageType,
    Task,
    Team,
    Ticket,
    TicketStatus,
    User,
)
from crm_store.names import name_key
from crm_store.schema import upgrade

NOW = datetime(2026, 3, 18, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = _empty(tmp_path_factory.mktemp("demo"))
    seed(engine, now=NOW)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def session(engine: Engine) -> Iterator[Session]:
    """One for all tests: they only read, and what one has loaded the next need not load again."""
    with Session(engine.execution_options(rapport_read_only=True)) as session:
        yield session


def _empty(directory: Path) -> Engine:
    engine = open_engine(f"sqlite:///{directory}/crm.db")
    upgrade(engine)
    return engine


def _everything(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for name, table in Base.metadata.tables.items()
        }


def _user(session: Session, handle: str) -> User:
    return session.scalars(select(User).where(User.handle == handle)).one()


def _account(session: Session, name: str) -> Account:
    return session.scalars(select(Account).where(Account.name == name)).one()


def _open_deals(session: Session, account: str) -> list[Deal]:
    return [deal for deal in _deals(session, account) if deal.stage.type is StageType.OPEN]


def _deals(session: Session, account: str) -> list[Deal]:
    return list(session.scalars(select(Deal).where(Deal.account_id == _account(session, account).id)))


# ------------------------------------------------------------------------------------------------------------- seeding


def test_the_same_day_gives_the_same_rows(engine: Engine, tmp_path: Path) -> None:
    again = _empty(tmp_path)
    seed(again, now=NOW + timedelta(hours=2))
    assert _everything(again) == _everything(engine)
    again.dispose()


def test_another_seed_gives_another_history(engine: Engine, tmp_path: Path) -> None:
    other = _empty(tmp_path)
    seed(other, now=NOW, random_seed=2)
    assert _everything(other)["deal"] != _everything(engine)["deal"]
    other.dispose()


def test_seeding_twice_leaves_the_database_alone(engine: Engine) -> None:
    before = _everything(engine)
    assert seed(engine, now=NOW + timedelta(days=1)) == SeedReport(seeded=False)
    assert _everything(engine) == before


def test_a_database_of_somebody_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    engine = _empty(tmp_path)
    with Session(engine) as session:
        session.add(Account(name="Real Customer", name_key="real customer", created_at=NOW))
        session.commit()
    with pytest.raises(DatabaseNotEmpty) as refusal:
        seed(engine, now=NOW)
    assert (refusal.value.users, refusal.value.accounts) == (0, 1)
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Deal)) == 0
    engine.dispose()


def test_a_naive_now_is_refused(tmp_path: Path) -> None:
    engine = _empty(tmp_path)
    with pytest.raises(ValueError, match="naive"):
        seed(engine, now=NOW.replace(tzinfo=None))
    engine.dispose()


def test_the_report_counts_what_is_in_the_tables_and_progress_goes_up_to_one(tmp_path: Path) -> None:
    engine = _empty(tmp_path)
    heard: list[float] = []
    report = seed(engine, now=NOW, progress=lambda _, done: heard.append(done))
    assert report.seeded
    assert report.counts == {name: len(rows) for name, rows in _everything(engine).items() if rows}
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    engine.dispose()


def test_on_postgresql_the_rows_are_the_same_and_numbering_goes_on(engine: Engine, postgres_url: str) -> None:
    other = open_engine(postgres_url)
    upgrade(other)
    seed(other, now=NOW)
    assert _everything(other) == _everything(engine)
    with Session(other) as session:
        last = session.scalar(select(func.max(Account.id))) or 0
        account = Account(name="New", name_key="new", created_at=NOW)
        session.add(account)
        session.flush()
        assert account.id == last + 1
        session.rollback()
    other.dispose()


def test_a_large_one_has_as_many_deals_and_contacts_as_asked_for(tmp_path: Path) -> None:
    engine = _empty(tmp_path)
    report = seed_large(engine, now=NOW, deals=3_000, contacts=2_000)
    assert (report.counts["deal"], report.counts["contact"]) == (3_000, 2_000)
    with Session(engine) as session:
        phones = Counter(session.scalars(select(Contact.phone)))
        assert max(phones.values()) == 1
        emails = Counter(session.scalars(select(Contact.email)))
        assert max(emails.values()) == 1
        assert max(Counter(session.scalars(select(Account.name_key))).values()) == 1
    engine.dispose()


@pytest.mark.parametrize(
    "now",
    [
        datetime(2028, 2, 29, 0, 1, tzinfo=UTC),
        datetime(2026, 3, 1, 23, 59, tzinfo=UTC),
        datetime(2026, 12, 31, 3, tzinfo=UTC),
        datetime(2027, 1, 1, 12, tzinfo=UTC),
        datetime(2026, 11, 1, 6, tzinfo=ZoneInfo("Pacific/Auckland")),
    ],
)
def test_any_day_will_do(now: datetime, tmp_path: Path) -> None:
    engine = _empty(tmp_path)
    assert seed(engine, now=now).counts["deal"] == 1_500
    with Session(engine) as session:
        _check_nothing_happened_after(session, now)
        _check_march_invoice_of_kim(session, now.astimezone(UTC).date())
        _check_agenda_of_dana(session, now)
    engine.dispose()


# --------------------------------------------------------------------------------------------------------- consistency


def _check_nothing_happened_after(session: Session, now: datetime) -> None:
    midnight = datetime.combine(now.astimezone(UTC).date(), datetime.min.time(), UTC)
    for cls in RECORDS.values():
        assert session.scalars(select(func.max(cls.created_at))).one() < midnight, cls
    for column in (
        Deal.closed_at,
        Deal.stage_since,
        Deal.last_activity_at,
        Activity.at,
        Task.done_at,
        Order.shipped_at,
        Order.delivered_at,
        Ticket.first_response_at,
        Ticket.solved_at,
        Article.updated_at,
    ):
        latest = session.scalars(select(func.max(column))).one()
        assert latest is not None
        assert latest < midnight, column


def test_nothing_happened_today_or_later(session: Session) -> None:
    _check_nothing_happened_after(session, NOW)


def test_all_moments_are_aware(session: Session) -> None:
    for cls in RECORDS.values():
        names = [c.key for c in inspect(cls).column_attrs if c.columns[0].type.python_type is datetime]
        for record in session.scalars(select(cls).limit(50)):
            moments = [getattr(record, name) for name in names]
            assert all(moment is None or moment.tzinfo is not None for moment in moments)


def test_stage_histories_are_in_order_and_end_where_the_deal_is(session: Session) -> None:
    for deal in session.scalars(select(Deal)):
        changes = sorted(deal.stage_changes, key=lambda change: change.id)
        moments = [change.at for change in changes]
        assert moments == sorted(set(moments)), deal.ref
        assert changes[0].from_stage_id is None
        assert [change.to_stage_id for change in changes[:-1]] == [change.from_stage_id for change in changes[1:]]
        assert all(change.from_stage_id != change.to_stage_id for change in changes)
        assert len({change.to_stage.pipeline_id for change in changes}) == 1
        assert (moments[0], moments[-1], changes[-1].to_stage_id) == (deal.created_at, deal.stage_since, deal.stage_id)


def test_closed_deals_have_a_closing_time_and_lost_ones_a_reason(session: Session) -> None:
    for deal in session.scalars(select(Deal)):
        assert (deal.closed_at is not None) == (deal.stage.type is not StageType.OPEN)
        assert (deal.lost_reason is not None) == (deal.stage.type is StageType.LOST)
        if deal.closed_at is not None:
            assert deal.created_at < deal.closed_at == deal.stage_since


def test_a_deals_amount_is_the_sum_of_its_lines(session: Session) -> None:
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for line in session.scalars(select(DealLine)):
        sums[line.deal_id] += line.quantity * line.unit_price
    for deal in session.scalars(select(Deal)):
        assert sums.get(deal.id) == deal.amount


def test_a_deal_was_last_touched_by_its_last_activity(session: Session) -> None:
    last: dict[int | None, datetime] = {}
    for activity in session.scalars(select(Activity).order_by(Activity.at)):
        last[activity.deal_id] = activity.at
        if activity.deal_id is not None:
            deal = session.get_one(Deal, activity.deal_id)
            assert deal.created_at <= activity.at <= (deal.closed_at or NOW)
            assert activity.account_id == deal.account_id
    for deal in session.scalars(select(Deal)):
        assert deal.last_activity_at == max(last.get(deal.id, deal.created_at), deal.created_at)


def test_contacts_of_deals_orders_and_tickets_work_at_their_accounts(session: Session) -> None:
    for cls in (Deal, Order, Invoice, Ticket):
        employers = session.execute(
            select(cls.account_id, Contact.account_id).outerjoin(Contact, cls.contact_id == Contact.id)
        )
        assert all(account_id is not None and account_id == employer_id for account_id, employer_id in employers)


def test_nothing_happened_with_a_customer_before_they_were_one(session: Session) -> None:
    for account in session.scalars(select(Account)):
        assert all(contact.created_at >= account.created_at for contact in account.contacts)
    for cls in (Deal, Order, Invoice, Ticket, Activity):
        pairs = session.execute(select(cls.created_at, Contact.created_at).join(Contact, cls.contact_id == Contact.id))
        assert all(created > met for created, met in pairs), cls


def test_an_orders_total_is_the_sum_of_its_lines_and_its_invoices_total(session: Session) -> None:
    for order in session.scalars(select(Order)):
        assert order.total == sum(line.quantity * line.unit_price for line in order.lines)
        assert [invoice.total for invoice in order.invoices] == [order.total]
        assert {line.product.currency for line in order.lines} == {"USD"}


def test_orders_states_fit_their_dates(session: Session) -> None:
    for order in session.scalars(select(Order)):
        assert (order.tracking_number is not None) == (order.carrier is not None) == (order.shipped_at is not None)
        assert (order.delivered_at is not None) == (order.status is OrderStatus.DELIVERED)
        steps = [moment for moment in (order.placed_at, order.shipped_at, order.delivered_at) if moment is not None]
        assert steps == sorted(steps)


def test_invoices_states_fit_their_dates(session: Session) -> None:
    for invoice in session.scalars(select(Invoice)):
        assert (invoice.paid_on is not None) == (invoice.status is InvoiceStatus.PAID)
        assert (invoice.status is InvoiceStatus.VOID) == (invoice.order.status is OrderStatus.CANCELLED)
        if invoice.status in {InvoiceStatus.OPEN, InvoiceStatus.OVERDUE}:
            assert (invoice.due_on < NOW.date()) == (invoice.status is InvoiceStatus.OVERDUE)


def test_ticket_messages_are_in_order_and_a_solved_ticket_was_answered(session: Session) -> None:
    for ticket in session.scalars(select(Ticket)):
        moments = [message.at for message in sorted(ticket.messages, key=lambda message: message.id)]
        assert moments == sorted(moments)
        assert moments[0] == ticket.created_at
        assert ticket.messages[0].author_contact_id == ticket.contact_id
        assert (ticket.solved_at is not None) == (ticket.status in {TicketStatus.SOLVED, TicketStatus.CLOSED})
        assert (ticket.first_response_at is not None) == any(message.author_user_id for message in ticket.messages)


def test_name_keys_are_those_of_the_names(session: Session) -> None:
    for cls in (User, Account, Contact, Product, Deal):
        for name, key in session.execute(select(cls.name, cls.name_key)):
            assert key == name_key(name)


def test_document_numbers_go_up_without_a_gap(session: Session) -> None:
    for cls, first, column in (
        (Order, "ORD-10001", Order.placed_at),
        (Invoice, "INV-2001", Invoice.issued_on),
        (Ticket, "T-101", Ticket.created_at),
    ):
        numbers = list(session.scalars(select(cls.number).order_by(column, cls.id)))
        assert numbers[0] == first
        digits = [int(number.partition("-")[2]) for number in numbers]
        assert digits == list(range(digits[0], digits[0] + len(digits)))


def test_nothing_is_journaled(session: Session) -> None:
    assert session.scalar(select(func.count()).select_from(JournalEntry)) == 0


# --------------------------------------------------------------------------------------------------- people and records


def test_staff_teams_and_managers(session: Session) -> None:
    users = list(session.scalars(select(User)))
    assert len(users) == 12
    assert all(user.email == f"{user.handle}@brightwater.example" for user in users)
    reps = [user for user in users if user.role is Role.REP]
    assert len(reps) == 6
    assert {user.manager.handle for user in reps if user.manager} == {"morgan"}
    assert Counter(user.team.name for user in users if user.team) == {"Enterprise": 3, "Growth": 3, "Support": 3}
    assert [team.name for team in session.scalars(select(Team))] == ["Enterprise", "Growth", "Support"]
    dana, riley, morgan, sam = (_user(session, handle) for handle in ("dana", "riley", "morgan", "sam"))
    assert (dana.name, dana.timezone) == ("Dana Whitfield", "America/New_York")
    assert (riley.name, riley.timezone) == ("Riley Chen", "America/Chicago")
    assert (morgan.role, sam.role) == (Role.MANAGER, Role.SUPPORT)
    assert sam.manager is _user(session, "priya")
    assert (_user(session, "alex").role, _user(session, "mia").role) == (Role.ADMIN, Role.MARKETER)
    assert any((user.timezone, user.locale) == ("Europe/Berlin", "en_GB") for user in reps)


def test_each_rep_has_a_quota_for_every_quarter_of_three_years_and_the_next_four(session: Session) -> None:
    for rep in session.scalars(select(User).where(User.role == Role.REP)):
        quotas = session.scalars(select(Quota).where(Quota.user_id == rep.id))
        quarters = sorted(quota.year * 4 + quota.quarter - 1 for quota in quotas)
        assert quarters == list(range(2023 * 4, 2027 * 4 + 1))  # Q1 2023 to Q1 2027, seen from Q1 2026
        amounts = session.scalars(select(Quota.amount).where(Quota.user_id == rep.id))
        assert all(50_000 < amount < 500_000 for amount in amounts)


def test_pipelines_and_their_stages(session: Session) -> None:
    stages = {
        pipeline.name: [(stage.name, stage.probability, stage.type.value) for stage in pipeline.stages]
        for pipeline in session.scalars(select(Pipeline))
    }
    assert stages == {
        "Sales": [
            ("Lead", 10, "open"),
            ("Qualified", 20, "open"),
            ("Proposal", 40, "open"),
            ("Negotiation", 70, "open"),
            ("Won", 100, "won"),
            ("Lost", 0, "lost"),
        ],
        "Renewals": [
            ("Upcoming", 60, "open"),
            ("In discussion", 75, "open"),
            ("Verbal yes", 90, "open"),
            ("Renewed", 100, "won"),
            ("Churned", 0, "lost"),
        ],
    }
    assert [pipeline.name for pipeline in session.scalars(select(Pipeline).where(Pipeline.is_default))] == ["Sales"]
    assert session.scalars(select(Stage.rotting_days).where(Stage.name == "Lead")).one() == 14
    assert session.scalars(select(Stage.forecast_category).where(Stage.name == "Negotiation")).one() is (
        ForecastCategory.COMMIT
    )


def test_there_is_a_rate_for_every_month_of_the_three_years(session: Session) -> None:
    days = {(rate.currency, rate.day) for rate in session.scalars(select(ExchangeRate))}
    for currency in ("EUR", "GBP"):
        assert {(currency, date(2023 + month // 12, month % 12 + 1, 1)) for month in range(2, 39)} <= days
    assert all(Decimal("0.8") < Decimal(rate.rate) < Decimal("1.7") for rate in session.scalars(select(ExchangeRate)))


def test_initech_has_no_open_deal_and_globex_has_one(session: Session) -> None:
    assert _account(session, "Initech").owner is _user(session, "dana")
    assert _deals(session, "Initech")
    assert _open_deals(session, "Initech") == []
    (deal,) = _open_deals(session, "Globex")
    assert (deal.name, deal.stage.name, deal.owner.handle) == ("Website redesign", "Qualified", "dana")
    assert deal.contact is not None
    assert deal.contact.name == "Jane Doe"
    (deal,) = _open_deals(session, "Umbrella Health")
    assert deal.owner.handle == "riley"


def test_some_names_are_there_twice(session: Session) -> None:
    acmes = list(session.scalars(select(Account).where(Account.name_key.startswith("acme"))))
    assert sorted(account.name for account in acmes) == ["Acme Corp", "Acme Logistics"]
    assert {account.owner.handle for account in acmes if account.owner} == {"dana"}
    alexes = session.scalars(select(Contact).where(Contact.name.startswith("Alex ")))
    assert sorted(contact.name for contact in alexes) == ["Alex Romero", "Alex Turner"]
    for name in ("Jane", "Kim", "Jo"):
        assert len(list(session.scalars(select(Contact).where(Contact.name.startswith(f"{name} "))))) == 1


def test_the_other_named_accounts_are_there(session: Session) -> None:
    names = set(session.scalars(select(Account.name)))
    assert names >= {"Hooli", "Stark Industries", "Wayne Logistics", "Orange Grove", "Summit", "Apple Valley Dairy"}
    assert _account(session, "Hooli").owner is _user(session, "riley")


def test_kim_has_orders_in_every_state_invoices_by_the_month_and_tickets(session: Session) -> None:
    kim = session.scalars(select(Contact).where(Contact.email == "kim@example.com")).one()
    assert (kim.name, kim.account and kim.account.name) == ("Kim Lee", "Northwind Traders")
    orders = list(session.scalars(select(Order).where(Order.contact_id == kim.id)))
    assert {order.status for order in orders} == set(OrderStatus)
    assert [order.tracking_number for order in orders if order.status is OrderStatus.SHIPPED] != [None]
    invoices = session.scalars(select(Invoice).where(Invoice.contact_id == kim.id))
    months = {(invoice.issued_on.year, invoice.issued_on.month) for invoice in invoices}
    assert months >= {(2025, month) for month in range(3, 13)} | {(2026, 1), (2026, 2)}
    tickets = Counter(session.scalars(select(Ticket.status).where(Ticket.contact_id == kim.id)))
    assert tickets == {TicketStatus.OPEN: 1, TicketStatus.WAITING: 1, TicketStatus.SOLVED: 1}


def _check_march_invoice_of_kim(session: Session, today: date) -> None:
    months = {
        (invoice.issued_on.year, invoice.issued_on.month)
        for invoice in session.scalars(select(Invoice).join(Contact).where(Contact.email == "kim@example.com"))
    }
    assert (today.year if today.month > 3 else today.year - 1, 3) in months


def test_jo_is_a_customer_elsewhere_with_other_orders(session: Session) -> None:
    jo = session.scalars(select(Contact).where(Contact.email == "jo@example.com")).one()
    assert jo.account is not None
    assert jo.account.name != "Northwind Traders"
    assert len(list(session.scalars(select(Order).where(Order.contact_id == jo.id)))) == 2


def _check_agenda_of_dana(session: Session, now: datetime) -> None:
    dana = _user(session, "dana")
    zone = ZoneInfo(dana.timezone)
    today = now.astimezone(zone).date()
    due = Counter(
        (task.due_at.astimezone(zone).date() - today).days
        for task in session.scalars(select(Task).where(Task.assignee_id == dana.id, Task.done_at.is_(None)))
        if task.due_at is not None
    )
    assert due[0] == 3
    assert sum(count for days, count in due.items() if days < 0) == 2
    assert sum(count for days, count in due.items() if 0 < days < 6) == 4


def test_dana_has_three_tasks_for_today_two_overdue_and_four_in_the_days_to_come(session: Session) -> None:
    _check_agenda_of_dana(session, NOW)


def test_open_deals_are_spread_over_the_reps_and_some_are_not_as_they_should_be(session: Session) -> None:
    deals = [deal for deal in session.scalars(select(Deal)) if deal.stage.type is StageType.OPEN]
    assert Counter(deal.owner.handle for deal in deals) == dict.fromkeys(
        ("dana", "marcus", "yuki", "riley", "lena", "theo"), 20
    )
    today = NOW.date()
    for handle in ("dana", "riley"):
        own = [deal for deal in deals if deal.owner.handle == handle]
        assert any(deal.amount is None for deal in own)
        assert any(deal.close_date is None for deal in own)
        assert any(deal.close_date is not None and deal.close_date < today for deal in own)
        stale = [
            deal
            for deal in own
            if deal.stage.rotting_days and (NOW - deal.last_activity_at).days > deal.stage.rotting_days
        ]
        assert 1 <= len(stale) <= 8
    dates = [deal.close_date for deal in deals if deal.close_date is not None]
    assert max(dates) <= today + timedelta(days=275)
    assert sum(date >= today for date in dates) > 100


# ----------------------------------------------------------------------------------------------------------- statistics


def test_there_is_as_much_of_everything_as_promised(engine: Engine) -> None:
    counts = {name: len(rows) for name, rows in _everything(engine).items()}
    exact = {"account": 150, "contact": 400, "deal": 1_500, "ticket": 350, "product": 14, "user_account": 12}
    assert {name: counts[name] for name in exact} == exact
    assert 5_000 < counts["activity"] < 7_500
    assert 800 < counts["customer_order"] < 1_100
    assert counts["article"] == 40


def test_win_rates_differ_by_source(session: Session) -> None:
    results: dict[str | None, Counter[bool]] = defaultdict(Counter)
    for deal in session.scalars(select(Deal)):
        if deal.closed_at is not None:
            results[deal.source][deal.stage.type is StageType.WON] += 1
    rates = {source: counter[True] / counter.total() for source, counter in results.items()}
    assert rates["referral"] > rates["inbound"] > rates["outbound"]
    assert rates["existing customer"] > 0.6
    assert 0.2 < sum(counter[True] for counter in results.values()) / 1_380 < 0.4


def test_december_is_strong_august_is_weak_and_business_grows(session: Session) -> None:
    closed = [deal.closed_at for deal in session.scalars(select(Deal)) if deal.closed_at is not None]
    months = Counter(moment.month for moment in closed)
    assert months.most_common(1)[0][0] == 12
    assert months[8] < months[7]
    assert months[8] < months[9]
    years = Counter((NOW.date() - moment.date()).days // 365 for moment in closed)
    assert years[0] > years[1] > years[2]


def test_deals_that_are_won_are_won_sooner_than_others_are_lost(session: Session) -> None:
    days: dict[StageType, list[int]] = defaultdict(list)
    for deal in session.scalars(select(Deal)):
        if deal.closed_at is not None:
            days[deal.stage.type].append((deal.closed_at - deal.created_at).days)
    won, lost = (sorted(days[kind])[len(days[kind]) // 2] for kind in (StageType.WON, StageType.LOST))
    assert won < lost


def test_some_customers_have_stopped_ordering(session: Session) -> None:
    last = session.execute(select(func.count(), func.max(Order.placed_at)).group_by(Order.account_id)).all()
    regular = [placed for count, placed in last if count >= 4]
    quiet = [placed for placed in regular if NOW - placed > timedelta(days=240)]
    assert 5 <= len(quiet) < len(regular) / 2
