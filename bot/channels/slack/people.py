"""Who is who: a Slack user becomes a colleague by e-mail and one confirmation of their own, or by an admin.

What somebody unknown writes is held in the inbox. When they have confirmed who they are it is answered; when they are
nobody we know they get a polite no, and it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from actions.call import Command
from actions.reply import Button, Reply, Text
from actions.skills.smalltalk import EXAMPLES
from actions.words import Words
from bot.channels.slack.places import CHANNEL, ConversationKey, is_direct
from bot.notices import queue_notice
from bot.offers import press
from bot.requests import SAY
from crm_store.models import ChannelIdentity, Conversation, Inbox, InboxStatus, Offer, User
from crm_store.store import Store
from crm_store.unit_of_work import UnitOfWork

CONFIRM = "slack_confirm"
"""The command of the buttons that answer "is this you?"; it never reaches a turn."""
ASK_AGAIN_AFTER = timedelta(minutes=10)

Standing = Literal["member", "guest", "outsider", "bot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What Slack says about one of its users. ``email`` is lower-cased, "" when hidden."""

    standing: Standing
    email: str
    name: str


def read_profile(user: Mapping[str, Any], *, team: str) -> Profile:
    """Read the ``user`` of users.info."""
    profile = user.get("profile") or {}
    standing: Standing = "member"
    if user.get("is_bot") or user.get("deleted"):
        standing = "bot"
    elif user.get("is_stranger") or user.get("team_id") not in {None, team}:
        standing = "outsider"
    elif user.get("is_restricted") or user.get("is_ultra_restricted"):
        standing = "guest"
    email = str(profile.get("email") or "").strip().casefold()
    return Profile(standing=standing, email=email, name=str(profile.get("real_name") or user.get("name") or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduced:
    """What came of a held message: the conversations to wake."""

    conversations: tuple[int, ...] = ()


class People:
    """Links Slack users to colleagues. Synchronous; each method is one transaction.

    ``is_own`` tells the company's own workspaces, by id: only there an e-mail address says who somebody is.
    """

    def __init__(
        self,
        store: Store,
        words: Words,
        clock: Callable[[], datetime],
        *,
        is_own: Callable[[str], bool] = lambda _team: False,
    ) -> None:
        self._is_own = is_own
        self._store = store
        self._words = words
        self._clock = clock

    def held(self) -> list[str]:
        """The people whose messages are held, by key."""
        with self._store.unit_of_work(now=self._clock(), read_only=True) as uow:
            found = select(ChannelIdentity.external_id).join(Inbox, Inbox.identity_id == ChannelIdentity.id)
            return list(
                uow.session.scalars(
                    found.where(ChannelIdentity.channel == CHANNEL, Inbox.status == InboxStatus.HELD).distinct()
                )
            )

    def introduce(self, person: str, profile: Profile) -> Introduced:
        """Ask somebody whose messages are held whether they are who their e-mail says, or refuse them politely.

        Guests and people from outside are not answered at all.
        """
        with self._store.unit_of_work(now=self._clock()) as uow:
            identity = _identity(uow.session, person)
            if identity is None:
                return Introduced()
            identity.display_name = profile.name or identity.display_name
            held = _held(uow.session, identity)
            if identity.user is not None and identity.user.active:
                woken = self._release(held)
            elif profile.standing != "member":
                self._drop(uow, held, profile.standing)
                woken = []
            elif identity.user is not None:
                woken = self._refuse(uow, identity, held, "utter_slack_deactivated")
            else:
                woken = self._ask_or_refuse(uow, identity, held, profile)
            uow.commit()
        return Introduced(conversations=tuple(woken))

    def confirm(self, token: str, person: str) -> Introduced | None:
        """Take the answer to "is this you?". None when ``token`` is no such button."""
        now = self._clock()
        with self._store.unit_of_work(now=now) as uow:
            offer = uow.session.scalar(select(Offer).where(Offer.token == token))
            command = Command.from_text(offer.command) if offer is not None else None
            if offer is None or command is None or command.intent != CONFIRM:
                return None
            identity = _identity(uow.session, person)
            if identity is None:
                return Introduced()
            outcome = press(uow.session, token, conversation_id=offer.conversation_id, identity_id=identity.id, now=now)
            if outcome.command is None:
                # A second click finds everything done; somebody else's click was never shown the button.
                return Introduced()
            held = _held(uow.session, identity)
            user = uow.session.get(User, int(command.entities["user"])) if "user" in command.entities else None
            reply = Reply()
            if user is not None and user.active:
                link(uow, identity, user)
                reply.parts.append(Text(self._words.say("utter_slack_welcome", name=user.name)))
                reply.buttons.extend(self._prompts(user))
                woken = self._release(held)
            else:
                reply.parts.append(Text(self._words.say("utter_slack_not_me")))
                self._drop(uow, held, "declined")
                woken = []
            queue_notice(
                uow,
                reply,
                key=f"slack:confirmed:{offer.id}",
                conversation_id=offer.conversation_id,
                identity_id=identity.id,
            )
            uow.commit()
        return Introduced(conversations=tuple(dict.fromkeys([offer.conversation_id, *woken])))

    def _prompts(self, user: User) -> list[Button]:
        """What somebody in this role might ask first; pressing one says it."""
        texts = [self._words.label(name) for name in EXAMPLES[user.role]]
        return [Button(label=text, command=str(Command(SAY, {"text": text}))) for text in texts]

    def unlink(self, person: str) -> None:
        """Slack says that this account was deactivated or made a guest: it speaks for nobody from now on."""
        with self._store.unit_of_work(now=self._clock()) as uow:
            identity = _identity(uow.session, person)
            if identity is not None and identity.user_id is not None:
                identity.user_id, identity.user, identity.proven_at = None, None, None
                uow.commit()

    def _ask_or_refuse(
        self, uow: UnitOfWork, identity: ChannelIdentity, held: list[Inbox], profile: Profile
    ) -> list[int]:
        matches = uow.session.scalars(
            select(User).where(func.lower(User.email) == profile.email, User.active.is_(True))
        ).all()
        own = self._is_own(ConversationKey.parse(identity.external_id).team)
        if not own or not profile.email or len(matches) != 1:
            return self._refuse(uow, identity, held, "utter_slack_unknown")
        if not held or _asked_lately(uow.session, identity, uow.now):
            return []
        (user,) = matches
        asked_in = _where_to_ask(uow, identity, held[-1])
        reply = Reply(
            parts=[Text(self._words.say("utter_slack_is_this_you", name=user.name, email=user.email))],
            buttons=[
                Button(
                    label=self._words.label("slack_thats_me"),
                    command=str(Command(CONFIRM, {"user": str(user.id)})),
                    style="primary",
                    single_use=True,
                ),
                Button(label=self._words.label("slack_not_me"), command=str(Command(CONFIRM)), single_use=True),
            ],
        )
        queue_notice(
            uow,
            reply,
            key=f"slack:is-this-you:{held[-1].id}",
            conversation_id=asked_in.id,
            identity_id=identity.id,
        )
        return [asked_in.id]

    def _refuse(self, uow: UnitOfWork, identity: ChannelIdentity, held: list[Inbox], response: str) -> list[int]:
        for row in held:
            reply = Reply(parts=[Text(self._words.say(response))])
            queue_notice(
                uow,
                reply,
                key=f"slack:refused:{row.id}",
                conversation_id=row.conversation_id,
                identity_id=identity.id,
                inbox_id=row.id,
            )
        self._drop(uow, held, response)
        return [row.conversation_id for row in held]

    @staticmethod
    def _drop(uow: UnitOfWork, held: list[Inbox], why: str) -> None:
        for row in held:
            row.status = InboxStatus.DONE
            row.done_at = uow.now
            row.trace = {"requests": [{"text": "", "intent": None, "actions": [], "error": f"slack_{why}"}]}

    @staticmethod
    def _release(held: list[Inbox]) -> list[int]:
        for row in held:
            row.status = InboxStatus.RECEIVED
        return [row.conversation_id for row in held]


def link(uow: UnitOfWork, identity: ChannelIdentity, user: User) -> None:
    """Make a Slack user speak for a colleague, and open the direct messages where reminders will reach them."""
    identity.user_id, identity.user, identity.contact_id = user.id, user, None
    identity.proven_at = uow.now
    _own_conversation(uow, identity)


def identity_of(uow: UnitOfWork, person: str) -> ChannelIdentity:
    """The identity of a person, made when it is new."""
    found = _identity(uow.session, person)
    if found is None:
        found = ChannelIdentity(channel=CHANNEL, external_id=person, display_name="", created_at=uow.now)
        uow.session.add(found)
        uow.session.flush()
    return found


def _identity(session: Session, person: str) -> ChannelIdentity | None:
    return session.scalar(
        select(ChannelIdentity).where(ChannelIdentity.channel == CHANNEL, ChannelIdentity.external_id == person)
    )


def _held(session: Session, identity: ChannelIdentity) -> list[Inbox]:
    return list(
        session.scalars(
            select(Inbox).where(Inbox.identity_id == identity.id, Inbox.status == InboxStatus.HELD).order_by(Inbox.id)
        )
    )


def _asked_lately(session: Session, identity: ChannelIdentity, now: datetime) -> bool:
    recent = select(Offer.id).where(
        Offer.identity_id == identity.id,
        Offer.command.startswith(f"/{CONFIRM}"),
        Offer.used_at.is_(None),
        Offer.created_at > now - ASK_AGAIN_AFTER,
    )
    return session.scalar(recent.limit(1)) is not None


def _where_to_ask(uow: UnitOfWork, identity: ChannelIdentity, held: Inbox) -> Conversation:
    """In the thread of the direct messages they wrote in, if it was one; never in a channel."""
    channel = ConversationKey.parse(held.conversation.external_id).channel
    if channel is not None and is_direct(channel):
        return held.conversation
    return _own_conversation(uow, identity)


def _own_conversation(uow: UnitOfWork, identity: ChannelIdentity) -> Conversation:
    name = identity.external_id
    ConversationKey.parse(name)
    found = uow.session.scalar(
        select(Conversation).where(Conversation.channel == CHANNEL, Conversation.external_id == name)
    )
    if found is None:
        found = Conversation(
            channel=CHANNEL,
            external_id=name,
            created_at=uow.now,
            last_message_at=uow.now,
            focus={},
            dialogue={},
            pending={},
        )
        uow.session.add(found)
        uow.session.flush()
    return found
