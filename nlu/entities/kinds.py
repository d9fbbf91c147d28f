"""Which of the assistant's entities are names, values or free text; docs/language.md says what each one means."""

from __future__ import annotations

NAMES = ("account", "contact", "person", "deal", "product")
"""Entities the gazetteer knows by name. When one name is known as several, the earlier kind is the better guess."""

FREE_TEXT = frozenset({"subject", "note", "reason", "query"})
"""Entities that quote the person; names, dates and amounts inside them are part of the quotation."""

VALUES = {"money": "amount", "date": "date", "percent": "percent", "email": "email", "phone": "phone"}
"""Kinds of ``nlu.values`` that are entities wherever they stand, and what the entities are called."""

VALUES_IF_TAGGED = {"number": "amount", "ordinal": "ordinal"}
"""Kinds that say how to read an entity, but are none by themselves ("2" is an amount only as an answer)."""
