"""What customers decide about being written to unasked."""

from __future__ import annotations

import re

from actions.call import Command
from actions.said import own_words
from actions.turn import Turn
from crm_store.consents import record_consent
from crm_store.models import ConsentPurpose

_YES = re.compile(
    r"\bopt(?:ing)?[ -]?in\b|\b(?:you )?(?:may|can) (?:send|write|message)\b|\bsubscribe me\b|\bi (?:agree|consent)\b"
    r"|\bsend me (?:your )?(?:news|offers)|\bsign me up\b|\bresubscribe\b",
    re.IGNORECASE,
)
_NO = re.compile(r"\b(?:un ?subscribe|don'?t|do not|stop|no more|never|opt(?:ing)?[ -]?out|off)\b", re.IGNORECASE)
_ABOUT = {
    ConsentPurpose.MARKETING: re.compile(
        r"\b(?:offers?|news(?:letters?)?|marketing|adverts?|ads|promotions?|products?|mailing)\b", re.IGNORECASE
    ),
    ConsentPurpose.SURVEY: re.compile(r"\b(?:surveys?|ratings?|rate|feedback|csat|nps)\b", re.IGNORECASE),
}


def decide_consent(turn: Turn) -> None:
    """Take a customer's or visitor's yes or no, for the purpose they name or for all, and say what holds now."""
    words = own_words(turn)
    button = turn.call.first("answer")
    given = button == "on" if button in {"on", "off"} else bool(_YES.search(words)) and not _NO.search(words)
    topic = turn.call.first("topic")
    named = [
        purpose
        for purpose, pattern in _ABOUT.items()
        if purpose.value == topic or (topic is None and pattern.search(words))
    ]
    # A yes to nothing in particular is one to offers: the rest needs none. A no to nothing in particular means all.
    purposes = named or ([ConsentPurpose.MARKETING] if given else list(ConsentPurpose))
    for purpose in purposes:
        record_consent(
            turn.session,
            purpose=purpose,
            given=given,
            now=turn.uow.now,
            source=turn.conversation.channel,
            recorded_by=str(turn.actor),
            contact_id=turn.contact.id if turn.contact is not None else None,
            identity_id=turn.identity_id,
            wording=words[:500],
        )
    names = ", ".join(turn.words.label(f"purpose_{purpose.value}") for purpose in purposes)
    turn.say("utter_consent_given" if given else "utter_consent_withdrawn", purposes=names)
    opposite = {"answer": "off" if given else "on"} | ({"topic": purposes[0].value} if len(purposes) == 1 else {})
    turn.offer_command(turn.words.label("opt_out" if given else "opt_in"), Command("set_nudges", opposite), once=True)
