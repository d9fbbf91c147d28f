"""Undo."""

from __future__ import annotations

from sqlalchemy.orm import selectinload

from actions.errors import refused
from actions.registry import EVERYONE, skill
from actions.saying_changes import change_texts
from actions.turn import Turn
from crm_store.changes import last_undoable_entry, undo_entry
from crm_store.errors import NothingToUndo
from crm_store.models import RECORDS, JournalEntry
from crm_store.refs import row_number


@skill("action_undo", audience=EVERYONE)
def undo(turn: Turn) -> None:
    """Take back the act the button names, or this person's latest one in this conversation."""
    number = turn.call.first("entry")
    if number is None:
        entry = last_undoable_entry(turn.uow, conversation_id=turn.conversation.id)
    else:
        entry = _entry(turn, number)
    created = [change for change in entry.changes if change.operation == "create"]
    if entry.confirmed_by is not None:
        # Whoever may give a record away after a confirmation may take it back likewise.
        turn.uow.journal.confirm(by=str(turn.actor))
    changes = undo_entry(turn.uow, entry)
    for change in created:
        record = turn.uow.get_even_deleted(RECORDS[change.record_kind], change.record_id)
        name = str(change.after.get("name") or change.after.get("subject") or change.after.get("note") or "")
        if record is not None:
            turn.say("utter_undone_created", record=name or turn.words.label(change.record_kind))
    created_refs = {(change.record_kind, change.record_id) for change in created}
    restored = [change for change in changes if (change.ref.kind, change.ref.id) not in created_refs]
    texts = change_texts(turn, restored)
    if texts or not created:
        turn.say("utter_undone", changes="\n".join(texts))


def _entry(turn: Turn, said: str) -> JournalEntry:
    number = row_number(said)
    if number is None:
        raise NothingToUndo
    entry = turn.session.get(JournalEntry, number, options=[selectinload(JournalEntry.changes)])
    if entry is None or entry.actor != str(turn.actor):
        raise NothingToUndo
    if entry.reversed_by_id is not None:
        raise refused("utter_button_used")
    return entry
