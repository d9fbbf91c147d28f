"""What somebody might ask first: by their role, and by what they are looking at."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.registry import SALES
from actions.skills.smalltalk import EXAMPLES
from actions.words import Words
from crm_store.models import Account, Role, User
from crm_store.names import name_key, spelled_words

MOST = 4
_AROUND = frozenset("acct account accounts cust customer client deal deals ext sales support proj project team".split())
"""Words with which companies name the channels about their customers: "acct-initech", "initech-support"."""
_HELPS = frozenset({Role.SUPPORT, Role.ADMIN})


def account_called_as(session: Session, channel_name: str) -> Account | None:
    """The visible account a channel is named after; None when none is, or when it might be one of several."""
    words = spelled_words(channel_name.replace("_", " "))
    keys = {name_key(" ".join(words)), name_key(" ".join(word for word in words if word not in _AROUND))} - {""}
    found = session.scalars(select(Account).where(Account.name_key.in_(sorted(keys))).limit(2)).all()
    return found[0] if len(found) == 1 else None


def first_prompts(user: User, *, words: Words, account: Account | None = None) -> tuple[str, ...]:
    """Messages to say, at most MOST: about ``account`` first, then what people in this role ask."""
    prompts: list[str] = []
    if account is not None:
        prompts.append(words.say("utter_prompt_show_account", account=account.name))
        if user.role in SALES:
            prompts.append(words.say("utter_prompt_open_deals", account=account.name))
        if user.role in _HELPS:
            prompts.append(words.say("utter_prompt_open_tickets", account=account.name))
    return (*prompts, *(words.label(name) for name in EXAMPLES[user.role]))[:MOST]
