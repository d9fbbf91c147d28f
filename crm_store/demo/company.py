"""Brightwater itself: staff and teams, quotas, pipelines, products and exchange rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from crm_store.demo.rows import Rows
from crm_store.demo.timeline import Timeline, season
from crm_store.models import (
    ExchangeRate,
    ForecastCategory,
    Pipeline,
    Product,
    Quota,
    Role,
    Stage,
    StageType,
    Team,
    User,
)

CURRENCY = "USD"
EMAIL_DOMAIN = "brightwater.example"


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """A member of staff. ``skill`` shifts the log-odds of winning; ``quota`` is a quarter's, in the first year."""

    id: int
    handle: str
    name: str
    role: Role
    team: str | None
    zone: ZoneInfo
    skill: float
    quota: int


@dataclass(frozen=True, kw_only=True)
class StageRow:
    """A stage as it is in the database."""

    id: int
    probability: int
    rotting_days: int


@dataclass(frozen=True, kw_only=True)
class PipelineRow:
    """A pipeline: its open stages in order, and its two ends."""

    open_stages: tuple[StageRow, ...]
    won_id: int
    lost_id: int


@dataclass(frozen=True, kw_only=True)
class ProductRow:
    """A product; ``group`` is software, hardware, supplies or service."""

    id: int
    name: str
    group: str
    price: Decimal
    recurring: bool


@dataclass(frozen=True, kw_only=True)
class Company:
    """Everything the rest of the demo refers to."""

    staff: dict[str, Colleague]
    sales: PipelineRow
    renewals: PipelineRow
    products: tuple[ProductRow, ...]
    rates: dict[tuple[str, date], Decimal]

    @property
    def reps(self) -> list[Colleague]:
        """The sales representatives."""
        return [colleague for colleague in self.staff.values() if colleague.role is Role.REP]

    def rate(self, currency: str, day: date) -> Decimal:
        """What one unit of ``currency`` was worth in USD in the month of ``day``."""
        return Decimal(1) if currency == CURRENCY else self.rates[currency, day.replace(day=1)]

    def product(self, name: str) -> ProductRow:
        """The product of that name."""
        return next(product for product in self.products if product.name == name)


@dataclass(frozen=True)
class _Hire:
    handle: str
    name: str
    role: Role
    team: str | None
    manager: str | None
    zone: str
    locale: str = "en_US"
    quiet: tuple[time, time] | None = None
    skill: float = 0.0
    quota: int = 0
    on_leaderboard: bool = False


# Managers before those they manage: the rows refer to each other.
_STAFF = (
    _Hire("alex", "Alex Novak", Role.ADMIN, None, None, "America/New_York"),
    _Hire("morgan", "Morgan Ellis", Role.MANAGER, None, None, "America/New_York", quiet=(time(19), time(7, 30))),
    _Hire("priya", "Priya Sharma", Role.MANAGER, "Support", None, "America/Chicago"),
    _Hire("mia", "Mia Rossi", Role.MARKETER, None, None, "America/New_York"),
    _Hire(
        "dana",
        "Dana Whitfield",
        Role.REP,
        "Enterprise",
        "morgan",
        "America/New_York",
        skill=0.25,
        quota=150_000,
        on_leaderboard=True,
    ),
    _Hire("marcus", "Marcus Bell", Role.REP, "Enterprise", "morgan", "America/Denver", skill=-0.1, quota=150_000),
    _Hire(
        "yuki",
        "Yuki Tanaka",
        Role.REP,
        "Enterprise",
        "morgan",
        "America/Los_Angeles",
        skill=0.4,
        quota=150_000,
        on_leaderboard=True,
    ),
    _Hire(
        "riley",
        "Riley Chen",
        Role.REP,
        "Growth",
        "morgan",
        "America/Chicago",
        "en_US",
        (time(20), time(7)),
        0.1,
        75_000,
        on_leaderboard=True,
    ),
    _Hire(
        "lena",
        "Lena Hoffmann",
        Role.REP,
        "Growth",
        "morgan",
        "Europe/Berlin",
        "en_GB",
        (time(18), time(8)),
        0.2,
        75_000,
        on_leaderboard=True,
    ),
    _Hire("theo", "Theo Grant", Role.REP, "Growth", "morgan", "America/Los_Angeles", skill=-0.3, quota=75_000),
    _Hire("sam", "Sam Okafor", Role.SUPPORT, "Support", "priya", "America/Chicago"),
    _Hire("nora", "Nora Quinn", Role.SUPPORT, "Support", "priya", "Europe/London", "en_GB", (time(19), time(8))),
)
_TEAMS = ("Enterprise", "Growth", "Support")

# name, probability, rotting days, type, forecast category
_SALES_STAGES = (
    ("Lead", 10, 14, StageType.OPEN, ForecastCategory.PIPELINE),
    ("Qualified", 20, 21, StageType.OPEN, ForecastCategory.PIPELINE),
    ("Proposal", 40, 21, StageType.OPEN, ForecastCategory.BEST_CASE),
    ("Negotiation", 70, 14, StageType.OPEN, ForecastCategory.COMMIT),
    ("Won", 100, None, StageType.WON, ForecastCategory.CLOSED),
    ("Lost", 0, None, StageType.LOST, ForecastCategory.OMITTED),
)
_RENEWAL_STAGES = (
    ("Upcoming", 60, 45, StageType.OPEN, ForecastCategory.BEST_CASE),
    ("In discussion", 75, 21, StageType.OPEN, ForecastCategory.BEST_CASE),
    ("Verbal yes", 90, 14, StageType.OPEN, ForecastCategory.COMMIT),
    ("Renewed", 100, None, StageType.WON, ForecastCategory.CLOSED),
    ("Churned", 0, None, StageType.LOST, ForecastCategory.OMITTED),
)

# name, SKU, group, price in USD, billed every year, description
_PRODUCTS = (
    ("Brightwater Desk", "BW-DSK", "software", "468", True, "Projects, tasks and time sheets; per seat and year."),
    ("Brightwater Desk Plus", "BW-DSK-P", "software", "708", True, "Desk with approvals and budgets; per seat, year."),
    ("Brightwater Field", "BW-FLD", "software", "828", True, "Scheduling and job sheets for technicians; seat, year."),
    ("Brightwater Insights", "BW-INS", "software", "9600", True, "Dashboards and forecasts; per company and year."),
    ("Premium support", "BW-SUP-P", "service", "4800", True, "Answers within an hour, day and night; per year."),
    ("Onboarding package", "BW-ONB", "service", "3500", False, "Set-up, data import and four training sessions."),
    ("Advanced training", "BW-TRN", "service", "1800", False, "A day of training for up to twelve people."),
    ("Label printer LP-200", "BW-LP-200", "hardware", "429", False, "Desktop label printer, USB and network."),
    ("Label printer LP-400", "BW-LP-400", "hardware", "899", False, "Industrial label printer, Wi-Fi."),
    ("Rugged tablet RT-8", "BW-RT-8", "hardware", "689", False, "Eight-inch tablet, drop-proof to 1.5 m."),
    ("Rugged tablet RT-10", "BW-RT-10", "hardware", "949", False, "Ten-inch tablet, drop-proof to 1.5 m, LTE."),
    ("Temperature sensor TS-1", "BW-TS-1", "hardware", "129", False, "Logs temperature for cold chains."),
    ("Asset sensor AS-2", "BW-AS-2", "hardware", "89", False, "Tells where equipment is; battery lasts five years."),
    ("Label rolls", "BW-LR-12", "supplies", "84", False, "Twelve rolls of 1,000 labels."),
)
_FOREIGN = {"EUR": 1.08, "GBP": 1.26}


def seed_company(rows: Rows, timeline: Timeline, rng: Random) -> Company:
    """Add the company to ``rows``."""
    # Before all that happened in the three years, back to the customers of the time before.
    founded = datetime.combine(timeline.start.replace(year=timeline.start.year - 3, day=1), time(14), ZoneInfo("UTC"))
    staff = _seed_staff(rows, founded)
    _seed_quotas(rows, timeline, staff)
    return Company(
        staff=staff,
        sales=_seed_pipeline(rows, "Sales", _SALES_STAGES, is_default=True),
        renewals=_seed_pipeline(rows, "Renewals", _RENEWAL_STAGES, is_default=False),
        products=_seed_products(rows, founded),
        rates=_seed_rates(rows, timeline, rng),
    )


def _seed_staff(rows: Rows, founded: datetime) -> dict[str, Colleague]:
    team_ids = {name: rows.add(Team, name=name) for name in _TEAMS}
    staff: dict[str, Colleague] = {}
    for hire in _STAFF:
        number = rows.add(
            User,
            created_at=founded,
            handle=hire.handle,
            name=hire.name,
            email=f"{hire.handle}@{EMAIL_DOMAIN}",
            role=hire.role,
            team_id=team_ids[hire.team] if hire.team else None,
            manager_id=staff[hire.manager].id if hire.manager else None,
            timezone=hire.zone,
            locale=hire.locale,
            quiet_from=hire.quiet[0] if hire.quiet else None,
            quiet_until=hire.quiet[1] if hire.quiet else None,
            on_leaderboard=hire.on_leaderboard,
        )
        staff[hire.handle] = Colleague(
            id=number,
            handle=hire.handle,
            name=hire.name,
            role=hire.role,
            team=hire.team,
            zone=ZoneInfo(hire.zone),
            skill=hire.skill,
            quota=hire.quota,
        )
    return staff


def _seed_quotas(rows: Rows, timeline: Timeline, staff: dict[str, Colleague]) -> None:
    """A quota for each rep and quarter, from the quarter the demo starts in to four quarters after today's."""
    first = timeline.start.year * 4 + (timeline.start.month - 1) // 3
    last = timeline.today.year * 4 + (timeline.today.month - 1) // 3 + 4
    for colleague in staff.values():
        if colleague.role is not Role.REP:
            continue
        for index in range(first, last + 1):
            year, quarter = index // 4, index % 4 + 1
            months = [date(year, month, 15) for month in range(quarter * 3 - 2, quarter * 3 + 1)]
            weight = sum(season(month) for month in months) / 3
            amount = colleague.quota * timeline.growth(months[1]) * weight
            rows.add(Quota, user_id=colleague.id, year=year, quarter=quarter, amount=Decimal(round(amount, -3)))


def _seed_pipeline(
    rows: Rows,
    name: str,
    stages: tuple[tuple[str, int, int | None, StageType, ForecastCategory], ...],
    *,
    is_default: bool,
) -> PipelineRow:
    pipeline_id = rows.add(Pipeline, name=name, is_default=is_default)
    open_stages: list[StageRow] = []
    ends: dict[StageType, int] = {}
    for position, (stage_name, probability, rotting_days, stage_type, category) in enumerate(stages, start=1):
        stage_id = rows.add(
            Stage,
            pipeline_id=pipeline_id,
            name=stage_name,
            position=position,
            probability=probability,
            rotting_days=rotting_days,
            type=stage_type,
            forecast_category=category,
        )
        if rotting_days is None:
            ends[stage_type] = stage_id
        else:
            open_stages.append(StageRow(id=stage_id, probability=probability, rotting_days=rotting_days))
    return PipelineRow(open_stages=tuple(open_stages), won_id=ends[StageType.WON], lost_id=ends[StageType.LOST])


def _seed_products(rows: Rows, founded: datetime) -> tuple[ProductRow, ...]:
    products: list[ProductRow] = []
    for name, sku, group, price, recurring, description in _PRODUCTS:
        number = rows.add(
            Product,
            created_at=founded,
            name=name,
            sku=sku,
            description=description,
            price=Decimal(price),
            currency=CURRENCY,
            recurring=recurring,
        )
        products.append(ProductRow(id=number, name=name, group=group, price=Decimal(price), recurring=recurring))
    return tuple(products)


def _seed_rates(rows: Rows, timeline: Timeline, rng: Random) -> dict[tuple[str, date], Decimal]:
    """Monthly rates, a slow random walk, from the month before the demo's first day on."""
    rates: dict[tuple[str, date], Decimal] = {}
    for currency, level in _FOREIGN.items():
        first = timeline.start.year * 12 + timeline.start.month - 2
        for month in range(first, timeline.today.year * 12 + timeline.today.month):
            day = date(month // 12, month % 12 + 1, 1)
            level *= 1 + rng.gauss(0, 0.012)
            rates[currency, day] = Decimal(str(round(level, 4)))
            rows.add(ExchangeRate, currency=currency, day=day, rate=str(rates[currency, day]))
    return rates
