"""What "it" means after the assistant has spoken first."""

from __future__ import annotations

from collections.abc import Sequence

from actions.listing import remember_listed
from actions.turn import Turn
from crm_store.models import Record


def focus_on_told(turn: Turn, records: Sequence[Record]) -> None:
    """Make the one record that was told of the focus; leave alone what a question under way is about.

    "Won it" said to a list of eight could mean any of them: after several it is asked which, and "the second one" is
    known.
    """
    if not records or turn.conversation.pending:
        return
    if len(records) == 1:
        turn.focus_on(records[0])
    else:
        turn.forget_focus()
        remember_listed(turn, records)
