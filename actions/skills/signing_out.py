"""No longer being recognised: in this chat, or everywhere."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select

from actions.registry import skill
from actions.sign_in_first import CLIENTS
from actions.turn import Turn
from crm_store.models import ChannelIdentity, Contact
from crm_store.proofs import unlink, unlink_everywhere, unlinked_lately

_EVERYWHERE = re.compile(r"\b(everywhere|every|all|everything|lost|stolen|other)\b", re.IGNORECASE)
_LATELY = timedelta(minutes=15)


@skill("action_sign_out", audience=CLIENTS)
def sign_out(turn: Turn) -> None:
    """Unlink this chat, or every chat and session of the person."""
    everywhere = turn.call.first("everywhere") is not None or _EVERYWHERE.search(turn.call.text) is not None
    contact = turn.contact
    if everywhere:
        _everywhere(turn, contact)
        return
    if contact is None:
        turn.say("utter_not_signed_in")
        return
    turn.conversation.interrupted = None
    identity = turn.session.get_one(ChannelIdentity, turn.identity_id)
    if identity.vouched_at is not None:
        # The page's session says who this is, with every message anew; only the page can end it.
        turn.say("utter_sign_out_on_page")
    else:
        unlink(turn.session, turn.identity_id, now=turn.uow.now)
        turn.say("utter_signed_out_here")
    turn.offer(turn.words.label("sign_out_everywhere"), "sign_out", everywhere="yes", once=True)


def _everywhere(turn: Turn, contact: Contact | None) -> None:
    # Who has just left this chat may still close the others; who they were is read from the store, not from the button.
    contact_id = contact.id if contact is not None else _just_left(turn)
    if contact_id is None:
        turn.say("utter_not_signed_in")
        return
    turn.conversation.interrupted = None
    unlink_everywhere(turn.session, contact_id, now=turn.uow.now)
    turn.say("utter_signed_out_everywhere")


def _just_left(turn: Turn) -> int | None:
    known = turn.session.scalar(select(ChannelIdentity.contact_id).where(ChannelIdentity.id == turn.identity_id))
    if known is not None:
        return known
    return unlinked_lately(turn.session, turn.identity_id, since=turn.uow.now - _LATELY)
