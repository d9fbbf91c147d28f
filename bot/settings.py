"""Settings: the ``rapport:`` part of config.yml, the environment, and the data directory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from actions.desk.policy import USUAL_PROMISES, Assignment
from bot.errors import ConfigError
from crm_store.approvals import ApprovalRule, Needs
from crm_store.insights.commission import CommissionPlan, Tier
from crm_store.models import TicketPriority
from crm_store.proof_kinds import ProofMethod

PROJECT = Path(__file__).resolve().parent.parent
"""Where domain.yml, config.yml and nlu/data lie."""
SLACK_TEAM = r"^[TE][A-Z0-9]+$"
SLACK_CHANNEL = r"^[TE][A-Z0-9]+/[CG][A-Z0-9]+$"
"""A channel in Slack as TEAM/CHANNEL."""


class Understanding(BaseModel):
    """How sure the assistant must be. Documented in config.yml."""

    model_config = ConfigDict(extra="forbid")

    fallback_threshold: float | None = None
    ambiguity_margin: float = Field(default=0.1, ge=0, le=1)
    interruption_threshold: float = Field(default=0.35, ge=0, le=1)
    review_below: float = Field(default=0.7, ge=0, le=1)


class Privacy(BaseModel):
    """What is kept of what people say, for learning from it. Documented in config.yml."""

    model_config = ConfigDict(extra="forbid")

    keep_for_review: Literal["staff", "all", "none"] = "staff"
    review_days: int = Field(default=180, gt=0)
    customer_days: int = Field(default=730, gt=0)
    visitor_days: int = Field(default=90, gt=0)
    trace_days: int = Field(default=365, gt=0)


class Abuse(BaseModel):
    """How many messages of customers are answered. Documented in config.yml."""

    model_config = ConfigDict(extra="forbid")

    per_person_a_minute: int = Field(default=20, gt=0)
    in_all_a_minute: int = Field(default=1200, gt=0)


class Approvers(BaseModel):
    """Who approves a sort of change, and how many of them. Documented in config.yml."""

    model_config = ConfigDict(extra="forbid")

    by: list[str] = Field(default_factory=lambda: ["manager"], min_length=1)
    needs: Needs = "any"

    @property
    def rule(self) -> ApprovalRule:
        """The rule as the store applies it."""
        return ApprovalRule(by=tuple(self.by), needs=self.needs)


class Approvals(BaseModel):
    """Which sorts of changes wait for somebody else's yes. Documented in config.yml."""

    model_config = ConfigDict(extra="forbid")

    amount: Approvers | None = Field(default_factory=Approvers)
    discount: Approvers | None = Field(default_factory=Approvers)
    bulk: Approvers | None = Field(default_factory=Approvers)
    reassign: Approvers | None = Field(default_factory=Approvers)
    delete: Approvers | None = None
    others: Approvers | None = None
    hours: int = Field(default=72, gt=0)

    @property
    def rules(self) -> dict[str, ApprovalRule]:
        """The rules by sort of change."""
        found = {name: getattr(self, name) for name in type(self).model_fields if name != "hours"}
        return {name: each.rule for name, each in found.items() if each is not None}


class CommissionTier(BaseModel):
    """From how much of the quota on which rate is paid, both in percent. Documented in config.yml."""

    model_config = ConfigDict(extra="forbid")

    above: Decimal = Field(gt=0)
    rate: Decimal = Field(ge=0, le=100)


class Commission(BaseModel):
    """A commission plan. Documented in config.yml."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    rate: Decimal = Field(ge=0, le=100)
    tiers: list[CommissionTier] = Field(default_factory=list)
    applies_to: Literal["beyond", "all"] = "beyond"
    cap: Decimal | None = Field(default=None, gt=0)
    pipelines: list[str] = Field(default_factory=list)
    teams: list[str] = Field(default_factory=list)
    people: list[str] = Field(default_factory=list)
    first_quarter: date | None = None
    last_quarter: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        bounds = [tier.above for tier in self.tiers]
        if any(one >= other for one, other in pairwise(bounds)):
            raise ValueError("tiers must begin at more and more of the quota (above: 100, above: 120, ...)")
        for day in (self.first_quarter, self.last_quarter):
            if day is not None and (day.day != 1 or day.month % 3 != 1):
                raise ValueError(f"{day} is not the first day of a calendar quarter")
        if self.first_quarter and self.last_quarter and self.first_quarter > self.last_quarter:
            raise ValueError("first_quarter comes after last_quarter")
        return self

    @property
    def plan(self) -> CommissionPlan:
        """The plan as the store applies it."""
        return CommissionPlan(
            name=self.name,
            rate=self.rate / 100,
            tiers=tuple(Tier(above=tier.above / 100, rate=tier.rate / 100) for tier in self.tiers),
            whole=self.applies_to == "all",
            cap=self.cap,
            pipelines=tuple(self.pipelines),
            teams=tuple(self.teams),
            people=tuple(self.people),
            first=self.first_quarter,
            last=self.last_quarter,
        )


class Company(BaseModel):
    """The company's own rules. Documented in config.yml."""

    model_config = ConfigDict(extra="forbid")

    name: str = "Brightwater"
    currency: str = "USD"
    fiscal_year_start: int = Field(default=1, ge=1, le=12)
    confirm_above: int = Field(default=1_000_000, gt=0)
    proposal_hours: int = Field(default=24, gt=0)
    rep_sees_team: bool = True
    time_zone: str = "America/New_York"
    opening_hours: str = "Mon-Fri 09:00-18:00"


class Web(BaseModel):
    """The web chat. Documented in config.yml."""

    model_config = ConfigDict(extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    demo: bool = True
    base_url: str | None = None
    allowed_origins: list[str] = Field(default_factory=list)


class Slack(BaseModel):
    """The Slack channel; its tokens come from the environment. Documented in config.yml."""

    model_config = ConfigDict(extra="forbid")

    task_emoji: list[str] = Field(default_factory=lambda: ["pushpin"])
    workspaces: list[Annotated[str, Field(pattern=SLACK_TEAM)]] = Field(default_factory=list)
    team_channels: dict[str, Annotated[str, Field(pattern=SLACK_CHANNEL)]] = Field(default_factory=dict)


class Identity(BaseModel):
    """How customers show who they are, and what each way opens for how many days. Documented in config.yml."""

    model_config = ConfigDict(extra="forbid")

    orders: dict[ProofMethod, float] = Field(default_factory=lambda: dict.fromkeys(ProofMethod, 30.0))
    tickets: dict[ProofMethod, float] = Field(default_factory=lambda: dict.fromkeys(ProofMethod, 30.0))
    invoices: dict[ProofMethod, float] = Field(default_factory=lambda: {ProofMethod.EMAIL_CODE: 1.0})
    addresses: dict[ProofMethod, float] = Field(default_factory=lambda: {ProofMethod.EMAIL_CODE: 1.0})
    code_minutes: int = Field(default=10, gt=0, le=60)
    link_days: int = Field(default=3, gt=0)


class Telegram(BaseModel):
    """The Telegram bot. Documented in config.yml."""

    model_config = ConfigDict(extra="forbid")

    bot: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_]{3,32}$")


class SupportPromise(BaseModel):
    """What is promised for one priority, in business minutes. Documented in config.yml."""

    model_config = ConfigDict(extra="forbid")

    first_response: int | None = Field(default=None, gt=0)
    next_response: int | None = Field(default=None, gt=0)
    resolution: int | None = Field(default=None, gt=0)


class Support(BaseModel):
    """The support desk. Documented in config.yml."""

    model_config = ConfigDict(extra="forbid")

    slack_channel: str | None = Field(default=None, pattern=SLACK_CHANNEL)
    hours: str | None = None
    holidays: str | None = Field(default="US", pattern=r"^[A-Z]{2}$")
    promises: dict[TicketPriority, SupportPromise] = Field(
        default_factory=lambda: {
            priority: SupportPromise(
                first_response=usual.first_response, next_response=usual.next_response, resolution=usual.resolution
            )
            for priority, usual in USUAL_PROMISES.items()
        }
    )
    warn_minutes: int = Field(default=30, ge=0)
    assignment: Assignment = "least_busy"
    unsure_limit: int = Field(default=2, ge=1)
    handover_words: list[str] = Field(
        default_factory=lambda: ["lawyer", "attorney", "legal action", "data protection", "cancel our contract"]
    )
    handover_timeout_minutes: int = Field(default=60, gt=0)
    close_warning_days: float = Field(default=3, gt=0)
    close_days: float = Field(default=5, gt=0)
    reopen_days: float = Field(default=14, ge=0)
    csat: bool = True
    csat_minutes: int = Field(default=15, ge=0)
    bad_score: int = Field(default=2, ge=0, le=4)
    nps_days: float = Field(default=90, ge=0)

    @model_validator(mode="after")
    def _warn_before_closing(self) -> Self:
        if self.close_warning_days >= self.close_days:
            raise ValueError("close_warning_days must be less than close_days")
        return self


class Automation(BaseModel):
    """Rules people write. Documented in config.yml."""

    model_config = ConfigDict(extra="forbid")

    webhook_hosts: list[str] = Field(default_factory=list)


class RasaServer(BaseModel):
    """The Rasa server of the engine rasa. Documented in config.yml."""

    model_config = ConfigDict(extra="forbid")

    url: str = "http://127.0.0.1:5005"
    start: bool = True
    environment: Path = Path(".venv-rasa")
    actions_port: int = Field(default=5055, ge=1, le=65535)
    timeout_seconds: float = Field(default=15, gt=0)


class RapportConfig(BaseModel):
    """The ``rapport:`` key of config.yml."""

    model_config = ConfigDict(extra="forbid")

    engine: Literal["embedded", "rasa"] = "embedded"
    rasa: RasaServer = Field(default_factory=RasaServer)
    understanding: Understanding = Field(default_factory=Understanding)
    privacy: Privacy = Field(default_factory=Privacy)
    abuse: Abuse = Field(default_factory=Abuse)
    company: Company = Field(default_factory=Company)
    approvals: Approvals = Field(default_factory=Approvals)
    commission: list[Commission] = Field(default_factory=list)
    web: Web = Field(default_factory=Web)
    slack: Slack = Field(default_factory=Slack)
    identity: Identity = Field(default_factory=Identity)
    telegram: Telegram = Field(default_factory=Telegram)
    support: Support = Field(default_factory=Support)
    automation: Automation = Field(default_factory=Automation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that is decided before the assistant starts."""

    home: Path
    database_url: str
    config: RapportConfig
    project: Path = PROJECT

    @property
    def model_dir(self) -> Path:
        """Where trained models are kept."""
        return self.home / "models"

    @property
    def files_dir(self) -> Path:
        """Where pictures and documents in replies are kept."""
        return self.home / "files"

    @property
    def data_dir(self) -> Path:
        """The training data and rules."""
        return self.project / "nlu" / "data"

    @property
    def learned_path(self) -> Path:
        """What was learned from use: examples beside those of ``data_dir``. Need not exist."""
        return self.home / "learned" / "examples.yml"

    @property
    def domain_path(self) -> Path:
        """The Rasa domain."""
        return self.project / "domain.yml"


def load_settings(*, home: Path | None = None, project: Path = PROJECT) -> Settings:
    """Settings from config.yml, RAPPORT_HOME, RAPPORT_ENGINE and DATABASE_URL; raises ConfigError.

    The data directory is ``home``, else RAPPORT_HOME, else ``var`` in the project; it is created.
    """
    chosen = home or Path(os.environ.get("RAPPORT_HOME") or project / "var")
    chosen = chosen.expanduser().resolve()
    try:
        chosen.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise ConfigError(f"cannot use the data directory {chosen}: {err.strerror}") from err
    url = os.environ.get("DATABASE_URL") or f"sqlite:///{chosen / 'rapport.db'}"
    return Settings(home=chosen, database_url=url, config=_load_config(project / "config.yml"), project=project)


def _load_config(path: Path) -> RapportConfig:
    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as err:
        raise ConfigError(f"{path}: {' '.join(str(err).split())}") from err
    section = data.get("rapport") if isinstance(data, dict) else None
    section = dict(section or {})
    if chosen := os.environ.get("RAPPORT_ENGINE"):
        section["engine"] = chosen
    try:
        return RapportConfig.model_validate(section)
    except ValidationError as err:
        first = err.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: rapport.{place}: {first['msg']}") from err
