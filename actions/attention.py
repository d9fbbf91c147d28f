"""How a colleague wants to be spoken to, found or begun."""

from __future__ import annotations

from actions.turn import Turn
from crm_store.models import Attention


def own_wishes(turn: Turn) -> Attention:
    """The wishes of the colleague who speaks; a new row has the defaults."""
    found = turn.session.get(Attention, turn.colleague.id)
    if found is None:
        found = Attention(user_id=turn.colleague.id)
        turn.session.add(found)
    return found
