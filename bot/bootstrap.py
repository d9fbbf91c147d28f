"""Putting the parts together. Tests, the command line and the server all start from here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from actions.desk.policy import DeskPolicy, Promise
from actions.help_centre import HelpCentre
from actions.registry import all_skills
from actions.turn import CompanyPolicy
from actions.words import Words
from bot.articles import IndexedHelpCentre
from bot.dialogue.domain import Domain, load_domain
from bot.dialogue.holding import DialogueEngine
from bot.embedded import Dialogue
from bot.errors import ModelMissing
from bot.names import NameDirectory
from bot.opening import Clock, open_store, system_clock
from bot.review import ReviewNotes
from bot.settings import Settings, Support
from bot.turn import OnStep, TurnPipeline
from crm_store.proof_kinds import DataClass
from crm_store.store import Store
from nlu.embedded import EmbeddedEngine
from nlu.encoder import Encoder, load_encoder
from nlu.engine_settings import EngineSettings
from nlu.grouping import group_alike
from nlu.model_store import ModelMissing as NoModel
from nlu.parse import Engine

if TYPE_CHECKING:
    from bot.rasa.assembly import RasaParts


def open_encoder_for(settings: Settings) -> Encoder | None:
    """The sentence encoder, or None when its weights are not installed."""
    return load_encoder(cache_dir=settings.home / "cache")


def open_engine(settings: Settings, encoder: Encoder | None) -> EmbeddedEngine:
    """The embedded engine with the current model; raises ModelMissing."""
    understanding = settings.config.understanding
    engine_settings = (
        EngineSettings()
        if understanding.fallback_threshold is None
        else EngineSettings(least_in_scope=understanding.fallback_threshold)
    )
    try:
        return EmbeddedEngine(settings.model_dir, engine_settings, encoder=encoder)
    except NoModel as err:
        raise ModelMissing(f"{err}; run: rapport train") from err


def company_policy(settings: Settings) -> CompanyPolicy:
    """The company's rules as the actions need them."""
    company, identity = settings.config.company, settings.config.identity
    return CompanyPolicy(
        currency=company.currency,
        confirm_above=company.confirm_above,
        proposal_hours=company.proposal_hours,
        rep_sees_team=company.rep_sees_team,
        approvals=settings.config.approvals.rules,
        approval_hours=settings.config.approvals.hours,
        commission=tuple(each.plan for each in settings.config.commission),
        opening_hours=company.opening_hours,
        time_zone=company.time_zone,
        name=company.name,
        telegram_bot=settings.config.telegram.bot,
        code_lifetime=timedelta(minutes=identity.code_minutes),
        link_lifetime=timedelta(days=identity.link_days),
        proofs={
            kind: {method: timedelta(days=days) for method, days in getattr(identity, kind.value).items()}
            for kind in DataClass
        },
        desk=desk_policy(settings.config.support),
    )


def desk_policy(support: Support) -> DeskPolicy:
    """The rules of the support desk as the actions need them."""
    return DeskPolicy(
        slack_channel=support.slack_channel,
        hours=support.hours,
        holidays=support.holidays,
        promises={
            priority: Promise(
                first_response=promise.first_response,
                next_response=promise.next_response,
                resolution=promise.resolution,
            )
            for priority, promise in support.promises.items()
        },
        warn_before=timedelta(minutes=support.warn_minutes),
        assignment=support.assignment,
        unsure_limit=support.unsure_limit,
        handover_words=tuple(support.handover_words),
        handover_timeout=timedelta(minutes=support.handover_timeout_minutes),
        close_warning_after=timedelta(days=support.close_warning_days),
        close_after=timedelta(days=support.close_days),
        reopen_within=timedelta(days=support.reopen_days),
        csat=support.csat,
        csat_after=timedelta(minutes=support.csat_minutes),
        bad_score=support.bad_score,
        nps_every=timedelta(days=support.nps_days) if support.nps_days else None,
    )


def _always_ready() -> None:
    """The embedded engine is."""


def _nothing_held() -> None:
    """The embedded engine holds nothing that must be let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistant:
    """The assembled assistant."""

    settings: Settings
    store: Store
    engine: Engine
    domain: Domain
    pipeline: TurnPipeline
    release_engine: Callable[[], None] = _nothing_held

    def close(self) -> None:
        """Let go of the engine's and the store's connections."""
        self.release_engine()
        self.store.close()


def bootstrap(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    on_step: OnStep = lambda _step: None,
    store: Store | None = None,
    engine: Engine | None = None,
    dialogue: DialogueEngine | None = None,
    encoder: Encoder | None = None,
    help_centre: HelpCentre | None = None,
) -> Assistant:
    """Assemble the assistant; raises DatabaseNotReady, ModelMissing, ConfigError or DomainError.

    ``store``, ``engine`` (with its ``encoder``), ``dialogue`` and ``help_centre`` replace the ones the settings name,
    for tests.
    """
    store = store or open_store(settings)
    domain = load_domain(settings.domain_path, settings.data_dir)
    rasa: RasaParts | None = None
    if engine is None:
        encoder = open_encoder_for(settings)
        if settings.config.engine == "rasa":
            # Its libraries take half a second to import, which only those who use Rasa are to wait for.
            from bot.rasa.assembly import connect  # noqa: PLC0415

            rasa = connect(settings, domain)
            engine, dialogue = rasa.engine, rasa.dialogue
        else:
            engine = open_engine(settings, encoder)
    all_skills()  # a skill that cannot be imported is found now, not when somebody needs it
    names = NameDirectory()
    with store.unit_of_work(now=clock(), read_only=True) as uow:
        names.load(uow.session, engine)
    pipeline = TurnPipeline(
        store=store,
        engine=engine,
        dialogue=dialogue or Dialogue(domain),
        words=Words(domain.responses),
        settings=settings,
        policy=company_policy(settings),
        names=names,
        help_centre=help_centre or IndexedHelpCentre(encoder, settings.home / "cache"),
        review=ReviewNotes(settings.config),
        alike=partial(group_alike, encoder=encoder),
        clock=clock,
        on_step=on_step,
        require_ready=rasa.require_ready if rasa else _always_ready,
    )
    settings.files_dir.mkdir(parents=True, exist_ok=True)
    return Assistant(
        settings=settings,
        store=store,
        engine=engine,
        domain=domain,
        pipeline=pipeline,
        release_engine=rasa.close if rasa else _nothing_held,
    )
