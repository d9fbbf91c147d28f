"""Automation rules in conversation: writing one, listing, turning on and off, and what they did or would have done."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from actions.describing import describe_briefly
from actions.errors import ActionError, refused
from actions.formatting import moment_text
from actions.registry import skill
from actions.reply import Table
from actions.report_periods import ReportPeriod, days_period, period_said
from actions.resolving import by_name, by_ref, resolve_user
from actions.rule_changes_said import change_said
from actions.rule_sentences import read_rule_sentence
from actions.rule_words import rule_text
from actions.rules_meant import ASKS, DELETE, PREVIEW, TALKED_ABOUT, rule_meant
from actions.said import own_words
from actions.turn import Turn
from crm_store.automation.definition import RuleDefinition, RuleInvalid, read_rule
from crm_store.automation.history import WouldHave, would_have_fired
from crm_store.automation.rules import (
    add_rule,
    firings_of,
    install_ready_rules,
    is_harmless,
    rules_there_are,
    times_acted,
    turn_off,
    turn_on,
)
from crm_store.errors import StoreError
from crm_store.models import Account, AutomationRule, Role, Stage, User
from crm_store.rates import Rates

RULE_WRITERS = frozenset({Role.MANAGER.value, Role.ADMIN.value})
LOOK_BACK_DAYS = 30
_ROWS = 15
_ALL = re.compile(r"\ball\b.*\brules\b|\bevery rule\b|\ball automations?\b", re.IGNORECASE)
_OFF = re.compile(r"\b(?:of|off|disable|deactivate|stop|pause|mute|suspend|switch out)\b", re.IGNORECASE)
_ON = re.compile(r"\b(?:on|enable|activate|start|resume|unpause)\b", re.IGNORECASE)
_CHANGE = re.compile(
    r"\b(?:change|set|make|raise|lower|edit|adjust|increase|decrease|rename|call|update|limit|restrict|only)\b",
    re.IGNORECASE,
)
_HOW = re.compile(
    r"\b(?:how do|how can|what can|set ?up|write|create|add|new|make)\b.*\b(?:rules?|automations?)\b", re.IGNORECASE
)
_ONLY = re.compile(
    r"\b(?:rules?|automations?|ones|that|which|are|is|all)\s+(?:(?:are|is|currently|right now|now|turned|switched)\s+)*"
    r"(?P<state>on|active|enabled|off|inactive|disabled)\b"
    r"|\b(?P<state2>active|inactive|disabled|enabled) (?:rules?|automations?)\b",
    re.IGNORECASE,
)
_READY = re.compile(r"\b(?:ready(?:[- ]made)?|library|template)\b", re.IGNORECASE)
_JOURNAL = re.compile(
    r"\bdid\b|\bdone\b|\bhas\b|\bfire[ds]?\b|\bjournal\b|\blog\b|\bhistory\b|\bhow often\b|\bacted\b", re.IGNORECASE
)


@skill("action_add_rule", audience=RULE_WRITERS)
def write_rule(turn: Turn) -> None:
    """Write down the rule that was said; one that only tells colleagues and makes tasks is on at once."""
    said = own_words(turn)
    parts = read_rule_sentence(
        said,
        person=lambda name: _handle(turn, name),
        account=_account_name(turn),
        stages=frozenset(name.casefold() for name in turn.session.scalars(select(Stage.name))),
    )
    if parts.when is None:
        raise refused("utter_rule_not_understood_when")
    if not parts.actions:
        raise refused("utter_rule_not_understood_then")
    name = said if len(said) <= 80 else said[:79] + "…"
    data = {"name": name, "when": parts.when, "if": list(parts.conditions), "then": list(parts.actions)}
    try:
        definition = read_rule(data)
    except RuleInvalid as error:
        raise refused("utter_rule_invalid", why=str(error)) from error
    # A rule that leaves out what was said acts more often than was meant.
    on = is_harmless(definition) and not parts.unread
    rule = add_rule(turn.session, definition, owner_id=turn.colleague.id, on=on, now=turn.uow.now)
    _remember(turn, rule)
    text = rule_text(turn, definition)
    if parts.unread:
        turn.say("utter_rule_added_unread", n=str(rule.id), unread=", ".join(parts.unread), rule=text)
    else:
        turn.say("utter_rule_added_on" if on else "utter_rule_added_off", n=str(rule.id), rule=text)
    period = _last_days(turn)
    _say_times(turn, rule, len(_preview(turn, definition, period)), period)
    _offer_switch(turn, rule)
    turn.offer(turn.words.label("rule_preview"), "manage_rules", rule=str(rule.id), answer="preview")
    turn.offer(turn.words.label("rule_delete"), "manage_rules", rule=str(rule.id), answer="delete")


@skill("action_manage_rules", audience=RULE_WRITERS)
def manage_rules(turn: Turn) -> None:
    """List the rules, or do with one of them what was asked."""
    said, answer = own_words(turn) if turn.call.first("rule") is None else "", turn.call.first("answer") or ""
    install_ready_rules(turn.session, owner_id=turn.colleague.id, now=turn.uow.now)
    if _ALL.search(said) and _OFF.search(said) and not ASKS.search(said):
        _all_off(turn)
        return
    if _ALL.search(said) and DELETE.search(said) and not ASKS.search(said):
        raise refused("utter_one_at_a_time")
    rule = rule_meant(turn, said)
    if rule is None:
        _list(turn, said)
        return
    _remember(turn, rule)
    definition = read_rule(rule.definition)
    wanted = answer or _wanted(said)
    if wanted == "preview":
        _show_preview(turn, rule, definition)
    elif wanted == "journal":
        _show_journal(turn, rule)
    elif wanted in {"on", "off", "delete"}:
        _switch(turn, rule, definition, wanted)
    elif wanted == "change":
        _change(turn, rule, definition, said)
    else:
        state = turn.words.label("on" if rule.on else "off")
        turn.say(
            "utter_rule_state", n=str(rule.id), state=state, owner=_owner(turn, rule), rule=rule_text(turn, definition)
        )
        _offer_switch(turn, rule)
        turn.offer(turn.words.label("rule_preview"), "manage_rules", rule=str(rule.id), answer="preview")


def _remember(turn: Turn, rule: AutomationRule) -> None:
    turn.conversation.focus = {**turn.conversation.focus, TALKED_ABOUT: rule.id}


def _wanted(said: str) -> str:
    if PREVIEW.search(said):
        return "preview"
    if DELETE.search(said):
        return "delete"
    if not ASKS.search(said):
        if _CHANGE.search(said):
            return "change"
        if _OFF.search(said):
            return "off"
        if _ON.search(said):
            return "on"
    return "journal" if _JOURNAL.search(said) else "show"


def _owner(turn: Turn, rule: AutomationRule) -> str:
    if rule.ready_key is not None and rule.on_since is None:
        return turn.words.say("utter_rule_ready")
    return turn.words.say("utter_rule_by", person=turn.session.get_one(User, rule.owner_id).name)


def _require_own(turn: Turn, rule: AutomationRule) -> None:
    is_free = rule.ready_key is not None and rule.on_since is None
    if rule.owner_id != turn.colleague.id and turn.colleague.role is not Role.ADMIN and not is_free:
        owner = turn.session.get_one(User, rule.owner_id)
        raise refused("utter_rule_not_yours", n=str(rule.id), person=owner.name)


def _change(turn: Turn, rule: AutomationRule, definition: RuleDefinition, said: str) -> None:
    _require_own(turn, rule)
    changed = change_said(definition, said)
    if changed is None:
        raise refused("utter_rule_change_unread", n=str(rule.id))
    rule.name, rule.definition = changed.name, changed.to_json()
    turn.say("utter_rule_changed", n=str(rule.id), name=changed.name, rule=rule_text(turn, changed))
    _offer_switch(turn, rule)
    turn.offer(turn.words.label("rule_preview"), "manage_rules", rule=str(rule.id), answer="preview")


def _switch(turn: Turn, rule: AutomationRule, definition: RuleDefinition, wanted: str) -> None:
    _require_own(turn, rule)
    text, number = rule_text(turn, definition), str(rule.id)
    if wanted == "delete":
        rule.on, rule.deleted_at = False, turn.uow.now
        turn.say("utter_rule_deleted", n=number, rule=text)
        return
    if wanted == "on":
        turn_on(rule, by=turn.colleague.id, now=turn.uow.now)
    else:
        turn_off(rule)
    turn.say(f"utter_rule_{wanted}", n=number, rule=text)
    _offer_switch(turn, rule)


def _all_off(turn: Turn) -> None:
    mine = [rule for rule in rules_there_are(turn.session) if rule.on and rule.owner_id == turn.colleague.id]
    for rule in mine:
        turn_off(rule)
    turn.say("utter_rules_all_off", n=str(len(mine)))


def _offer_switch(turn: Turn, rule: AutomationRule) -> None:
    label, answer = ("turn_off", "off") if rule.on else ("turn_on", "on")
    turn.offer(turn.words.label(label), "manage_rules", rule=str(rule.id), answer=answer)


def _list(turn: Turn, said: str) -> None:
    """All rules, or only those that are on or off, ready-made, or have acted, as asked."""
    if _HOW.search(said):
        turn.say("utter_rules_how")
    rules = rules_there_are(turn.session)
    acted = times_acted(turn.session, since=turn.uow.now - timedelta(days=LOOK_BACK_DAYS))
    state = _ONLY.search(said)
    if state is not None:
        wanted = (state["state"] or state["state2"]).casefold() in {"on", "active", "enabled"}
        rules = [rule for rule in rules if rule.on is wanted]
    elif _READY.search(said):
        rules = [rule for rule in rules if rule.ready_key is not None]
    elif _JOURNAL.search(said):
        rules = [rule for rule in rules if acted.get(rule.id)]
    if not rules:
        turn.say("utter_rules_none_such")
        return
    label = turn.words.label
    rows = tuple(
        (
            str(rule.id),
            label("on" if rule.on else "off"),
            rule_text(turn, read_rule(rule.definition)),
            str(acted.get(rule.id, 0)),
        )
        for rule in rules
    )
    example = next((str(rule.id) for rule in rules if not rule.on), "1")
    turn.show(
        Table(
            title=turn.words.say("utter_rules_title"),
            columns=(
                (label("rule"), "number"),
                (label("state"), "text"),
                (label("does"), "text"),
                (label("acted"), "number"),
            ),
            rows=rows,
            note=turn.words.say("utter_rules_note", n=example),
        )
    )


def _show_preview(turn: Turn, rule: AutomationRule, definition: RuleDefinition) -> None:
    period = period_said(turn, prefer="past") or _last_days(turn)
    found = _preview(turn, definition, period)
    _say_times(turn, rule, len(found), period)
    if found:
        label, left_out = turn.words.label, len(found) - _ROWS
        turn.show(
            Table(
                title=rule.name,
                columns=((label("when"), "text"), (label("record"), "text")),
                rows=tuple(
                    (moment_text(each.at, turn.reading), describe_briefly(each.record)) for each in found[-_ROWS:][::-1]
                ),
                note=turn.words.say("utter_more_left_out", n=str(left_out)) if left_out > 0 else "",
            )
        )
    _offer_switch(turn, rule)


def _preview(turn: Turn, definition: RuleDefinition, period: ReportPeriod) -> list[WouldHave]:
    until = min(period.end or turn.uow.now, turn.uow.now)
    since = period.start or until - timedelta(days=365)
    return would_have_fired(
        turn.session,
        definition,
        since=since,
        until=until,
        rates=Rates.load(turn.session, turn.policy.currency),
        zone=ZoneInfo(turn.policy.time_zone),
    )


def _say_times(turn: Turn, rule: AutomationRule, times: int, period: ReportPeriod) -> None:
    if times:
        counted = turn.words.counted("time", times)
        turn.say("utter_rule_would_have", n=str(rule.id), times=counted, period=period.label)
    else:
        turn.say("utter_rule_would_have_none", n=str(rule.id), period=period.label)


def _show_journal(turn: Turn, rule: AutomationRule) -> None:
    period = period_said(turn, prefer="past") or _last_days(turn)
    until = min(period.end or turn.uow.now, turn.uow.now) + timedelta(microseconds=1)
    since = period.start or until - timedelta(days=365)
    firings = firings_of(turn.session, rule.id, since=since, until=until, limit=_ROWS)
    if not firings:
        turn.say("utter_rule_did_none", n=str(rule.id), period=period.label)
        return
    label = turn.words.label
    rows = []
    for firing in firings:
        record = by_ref(turn, firing.ref)
        about = describe_briefly(record) if record is not None else firing.ref
        state = label(f"firing_{firing.status.value}")
        rows.append((moment_text(firing.at, turn.reading), about, state, firing.detail[:120]))
    done = times_acted(turn.session, since=since).get(rule.id, 0)
    turn.say("utter_rule_did", n=str(rule.id), times=turn.words.counted("time", done), period=period.label)
    turn.show(
        Table(
            title=rule.name,
            columns=(
                (label("when"), "text"),
                (label("record"), "text"),
                (label("state"), "text"),
                (label("what"), "text"),
            ),
            rows=tuple(rows),
        )
    )


def _last_days(turn: Turn) -> ReportPeriod:
    return days_period(turn.reading.today - timedelta(days=LOOK_BACK_DAYS), turn.reading.today, turn)


def _handle(turn: Turn, name: str) -> str | None:
    if name in {"me", "my"}:
        return turn.colleague.handle
    if name == "my manager":
        manager = turn.session.get(User, turn.colleague.manager_id) if turn.colleague.manager_id else None
        return manager.handle if manager is not None else None
    try:
        return resolve_user(turn, name).handle
    except (ActionError, StoreError):
        return None


def _account_name(turn: Turn) -> str | None:
    said = turn.call.first("account")
    return by_name(turn, Account, said, entity="account").name if said is not None else None
