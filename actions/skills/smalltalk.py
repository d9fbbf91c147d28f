"""Small talk, and help that shows what this person can do here."""

from __future__ import annotations

from actions.asking.handing_over import answered_with_figures
from actions.call import Command
from actions.field_asked import asks_for_a_fact
from actions.german import LANGUAGE, show_ways_on
from actions.registry import CUSTOMER, EVERYONE, VISITOR, all_skills, audience_of, skill, skill_for
from actions.skills.showing import show_record
from actions.skills.showing_tickets import show_tickets
from actions.turn import Turn
from crm_store.models import Role
from nlu.parse import IntentScore

EXAMPLES: dict[str, tuple[str, ...]] = {
    "rep": ("example_pipeline", "example_log_deal", "example_tasks", "example_log_call", "example_reminder"),
    "manager": ("example_forecast", "example_pipeline_chart", "example_what_changed", "example_stale"),
    "support": ("example_tickets", "example_queue", "example_sla", "example_tasks", "example_show_account"),
    "marketer": ("example_customers", "example_segments", "example_show_account", "example_search"),
    "admin": ("example_forecast", "example_pipeline_chart", "example_tickets", "example_search"),
    CUSTOMER: ("example_order", "example_question", "example_ticket", "example_human"),
    VISITOR: ("example_question", "example_hours", "example_human"),
}
"""Labels of messages to try, by audience."""


@skill("action_greet", audience=EVERYONE)
def greet(turn: Turn) -> None:
    """Hello, by first name."""
    person = turn.user or turn.contact
    turn.say("utter_greet", name=person.name.split()[0] if person else turn.words.label("there"))


@skill("action_goodbye", audience=EVERYONE)
def goodbye(turn: Turn) -> None:
    """Bye."""
    turn.say("utter_goodbye")


@skill("action_thank", audience=EVERYONE)
def thank(turn: Turn) -> None:
    """You're welcome."""
    turn.say("utter_thank")


@skill("action_bot_challenge", audience=EVERYONE)
def bot_challenge(turn: Turn) -> None:
    """Never pretend to be a person."""
    turn.say("utter_bot_challenge")


@skill("action_insult", audience=EVERYONE)
def insult(turn: Turn) -> None:
    """Stay calm and offer a way out."""
    turn.say("utter_insult")
    turn.offer(turn.words.label("human"), "talk_to_human")


@skill("action_help", audience=EVERYONE)
def show_help(turn: Turn) -> None:
    """What this person can do here, with examples to press."""
    turn.say(f"utter_help_{audience_of(turn)}")
    offer_examples(turn)


@skill("action_fallback", audience=EVERYONE)
def fallback(turn: Turn) -> None:
    """Not understood: offer the two likeliest meanings when they are likely at all, else what can be done here."""
    if turn.actor.is_staff and turn.last_focus() is not None and asks_for_a_fact(turn.call.text):
        show_record(turn)
        return
    if turn.actor.role is Role.SUPPORT and any(score.name == "refine_report" for score in turn.call.ranking[:2]):
        # "Just mine": the lists of agents are those of tickets.
        show_tickets(turn)
        return
    if turn.call.first("language") == LANGUAGE and not turn.actor.is_staff:
        show_ways_on(turn)
        return
    if answered_with_figures(turn):
        return
    if turn.call.intent == "out_of_scope":
        turn.say("utter_out_of_scope")
        offer_examples(turn)
        return
    strange = turn.call.confidence >= _SURELY_STRANGE
    likely = [] if strange else [score for score in turn.call.ranking[:2] if _worth_offering(turn, score)]
    if likely:
        turn.say("utter_clarify")
        command = turn.call.command()
        for score in likely:
            meant = Command(score.name, command.entities)
            turn.offer_command(turn.words.label(f"intent_{score.name}"), meant, once=True)
        return
    turn.say("utter_fallback")
    offer_examples(turn)


def offer_examples(turn: Turn) -> None:
    """Buttons with example messages; pressing one says it."""
    for name in EXAMPLES[audience_of(turn)]:
        text = turn.words.label(name)
        turn.offer(text, "say", text=text)


_SURELY_STRANGE = 0.75
"""How sure the engine is that a message is out of scope when guessing at it would be silly."""
_LEAST_CONFIDENCE = 0.25
_NEVER_OFFERED = frozenset({"affirm", "deny", "inform", "choose", "cancel", "correct"})
"""Answers: as a button they would mean nothing."""


def _worth_offering(turn: Turn, score: IntentScore) -> bool:
    return (
        score.confidence >= _LEAST_CONFIDENCE
        and score.name not in _NEVER_OFFERED
        and turn.words.has(f"utter_label_intent_{score.name}")
        and _is_for(turn, score.name)
    )


def _is_for(turn: Turn, intent: str) -> bool:
    """Whether this person may do it at all; what nobody declares by the intent's name is left to its own refusal."""
    if f"action_{intent}" not in all_skills():
        return True
    found = skill_for(f"action_{intent}", audience_of(turn))
    return found is not None and (turn.actor.is_staff or intent not in _OF_COLLEAGUES)


_OF_COLLEAGUES = frozenset({"show_record", "refine_report"})
"""Customers may get an answer to them, but would not know them by these names."""
